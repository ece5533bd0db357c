"""The true neighbours by the original vectors, and what a search does with them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import closing

import numpy as np
from cachetools import LRUCache

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import TrueNeighbours, TruthProgress
from feder_widget.truth import Explanation
from feder_widget.truth.search_stages import Spans
from feder_widget.workers import Workers

MOST_TIED = 65_536
"""Rows as near as the last true neighbour that are sent at most."""

REPORTED = 0.25
"""Seconds between two reports of progress."""

KEPT = 2
"""Explanations kept, so that nprobe can be dragged without another pass over the vectors."""


class Truths:
    """Explains searches by the vectors given to ``open_index``, once for each k.

    Parameters
    ----------
    index
        The opened index.
    workers
        Compare the vectors; None for the owner's thread.
    """

    def __init__(self, index: IvfIndex, workers: Workers | None = None) -> None:
        self._index = index
        self._workers = workers
        self._kept: LRUCache[tuple[int, int, bool], Explanation] = LRUCache(KEPT)

    def forget(self) -> None:
        """Drop what is kept."""
        self._kept.clear()

    def answer(
        self, search: ActiveSearch, request: Request, nprobe: int, k: int, include_self: bool
    ) -> Iterator[TrueNeighbours | TruthProgress | Future[None] | None]:
        """Send them for a search, at any nprobe where one pass tells, else at this one.

        A future is what the workers compute: there is nothing to do until it is done.
        """
        key = search.serial, k, include_self
        found = self._kept.get(key)
        if found is None:
            found = yield from self._explained(search, request, k, include_self)
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

    def _explained(
        self, search: ActiveSearch, request: Request, k: int, include_self: bool
    ) -> Generator[TruthProgress | Future[None] | None, None, Explanation]:
        """Explain a search by one pass over the vectors."""
        compared, reported = 0.0, time.monotonic()
        rows = len(self._index.vectors_given)

        def progress(share: float) -> None:
            nonlocal compared
            compared += share

        steps = self._index.explain_steps(
            search.query, k, include_self=include_self, executor=self._workers, progress=progress
        )
        with closing(steps):
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    explanation: Explanation = end.value
                    return explanation
                if time.monotonic() - reported >= REPORTED:
                    reported = time.monotonic()
                    yield TruthProgress(
                        request=request,
                        serial=search.serial,
                        done=min(rows, round(compared * rows)),
                        asked=rows,
                        dashboard=None if self._workers is None else self._workers.dashboard,
                    )
                yield None if self._workers is None else self._workers.waits_for
