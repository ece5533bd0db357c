"""The true neighbours by the original vectors, and what a search does with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from cachetools import LRUCache

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import TrueNeighbours
from feder_widget.truth import Explanation
from feder_widget.truth.search_stages import Spans

MOST_TIED = 65_536
"""Rows as near as the last true neighbour that are sent at most."""

KEPT = 2
"""Explanations kept, so that nprobe can be dragged without another pass over the vectors."""


class Truths:
    """Explains searches by the vectors given to ``open_index``, once for each k."""

    def __init__(self, index: IvfIndex) -> None:
        self._index = index
        self._kept: LRUCache[tuple[int, int, bool], Explanation] = LRUCache(KEPT)

    def forget(self) -> None:
        """Drop what is kept."""
        self._kept.clear()

    def answer(
        self, search: ActiveSearch, request: Request, nprobe: int, k: int, include_self: bool
    ) -> Iterator[TrueNeighbours | None]:
        """Return them for a search, at any nprobe where one pass tells, else at this one."""
        key = search.serial, k, include_self
        found = self._kept.get(key)
        if found is None:
            found = yield from self._index.explain_steps(search.query, k, include_self=include_self)
            self._kept[key] = found
        presence = found.presence
        near = presence.near
        n = min(len(near.ids), near.count + MOST_TIED)
        never = np.full(n, self._index.nlist + 1)
        if isinstance(presence, Spans):
            holds_at, handed = 0, never
            compared = presence.compared_from[:n]
            returned, until = presence.returned_from[:n], presence.returned_until[:n]
        else:
            stages = presence.stages(nprobe)
            holds_at, until = nprobe, never
            compared, handed, returned = (
                np.where(mask[:n], nprobe, never)
                for mask in (stages.compared, stages.handed_over, stages.returned)
            )
            if not self._index.guarantees.refines:
                handed = never
        yield TrueNeighbours(
            request=request,
            serial=search.serial,
            k=k,
            include_self=include_self,
            nprobe=holds_at,
            count=near.count,
            ids=near.ids[:n],
            distances=np.pad(found.distances, (0, n - near.count), "edge"),
            rank_of=search.rank_of[near.clusters[:n]],
            compared_from=compared,
            handed_from=handed,
            returned_from=returned,
            returned_until=until,
        )
