"""What is beyond the probed clusters of one search, as messages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.session.messages import Request, RowId
from feder_widget.session.messages.to_page import Bounds, TrueNeighbours, Verdict
from feder_widget.session.searcher import Begun
from feder_widget.truth import Explanation
from feder_widget.truth.findings import distance_findings
from feder_widget.truth.search_stages import Spans

MOST_TIED = 65_536
"""Vectors as far as the last true neighbour that are told of at most."""


def bounds(index: IvfIndex, begun: Begun) -> Bounds | None:
    """Return the best distance that anything in each cluster can have.

    None before the index is measured, and where a search stops at ``max_codes``: that a cluster was probed
    does not say then that all in it was compared.
    """
    vector = begun.query.vector
    best = None if index.limited else index.known_bounds(vector)
    if best is None:
        return None
    order = index.rank(vector, begun.nprobe).clusters
    return Bounds(
        request=f"bounds:{begun.serial}",
        serial=begun.serial,
        findings=[finding.sentence for finding in distance_findings(best, index.similarity)],
        bounds=best[order],
    )


def verdict(index: IvfIndex, request: Request, begun: Begun, row_id: int, count: bool) -> Verdict:
    """Return where a row stands; ``count`` says whether to count the vectors that are nearer."""
    found = index.verdict(begun.query.vector, row_id, count=count)
    return Verdict(
        request=request,
        serial=begun.serial,
        id=RowId(row_id),
        cluster=found.cluster,
        rank=_rank_as_searched(index, begun, found.cluster),
        distance=found.distance,
        position=found.position,
    )


class Neighbours:
    """The true neighbours by the vectors given, and what a search does with them. The last ones are kept.

    Parameters
    ----------
    index
        The opened index; its ``basis`` is "vectors".
    """

    def __init__(self, index: IvfIndex) -> None:
        self._index = index
        self._kept: tuple[int, int, Explanation] | None = None

    def message(self, request: Request, begun: Begun, nprobe: int, k: int) -> TrueNeighbours:
        """Return them for a search, at any nprobe where one pass tells, else at this one."""
        index, kept = self._index, self._kept
        if kept is None or kept[:2] != (begun.serial, k):
            kept = begun.serial, k, index.explain(begun.query.vector, k)
            self._kept = kept
        found = kept[2]
        presence = found.presence
        near = presence.near
        n = min(len(near.ids), near.count + MOST_TIED)
        never = np.full(n, index.nlist + 1)
        if isinstance(presence, Spans):
            at, handed = 0, never
            fates = (
                presence.compared_from[:n],
                handed,
                presence.returned_from[:n],
                presence.returned_until[:n],
            )
        else:
            at, stages = nprobe, presence.stages(nprobe)
            reached = [
                np.where(mask[:n], nprobe, never)
                for mask in (stages.compared, stages.handed_over, stages.returned)
            ]
            fates = reached[0], reached[1] if index.refines else never, reached[2], never
        compared_from, handed_from, returned_from, returned_until = fates
        return TrueNeighbours(
            request=request,
            serial=begun.serial,
            k=k,
            nprobe=at,
            count=near.count,
            ids=near.ids[:n],
            distances=np.pad(found.distances, (0, n - near.count), "edge"),
            rank_of=self._ranks(begun, found, near.ids[near.count : n]),
            compared_from=compared_from,
            handed_from=handed_from,
            returned_from=returned_from,
            returned_until=returned_until,
        )

    def _ranks(self, begun: Begun, found: Explanation, tied: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ranks of the clusters of the true neighbours and of those that tie with the last."""
        order = self._index.rank(begun.query.vector, begun.nprobe).clusters
        rank_of = np.empty(len(order), np.int64)
        rank_of[order] = np.arange(1, len(order) + 1)
        homes = self._index.places(tied)[0] if len(tied) else tied
        ranks: NDArray[np.int64] = rank_of[np.concatenate([found.clusters, homes])]
        return ranks


def _rank_as_searched(index: IvfIndex, begun: Begun, cluster: int) -> int:
    order: NDArray[np.int64] = index.rank(begun.query.vector, begun.nprobe).clusters
    return int(np.flatnonzero(order == cluster)[0]) + 1
