"""The search on the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.model.query import Query
from feder_widget.model.search_trace import CoarseStep
from feder_widget.truth.neighbours.own_row import OwnRow

FULL_CANDIDATES = 1_000_000
"""Candidates that the page gets of the probed clusters at most (12 MB); of clusters beyond, the best."""


MOST_RANKED = 65_536
"""Clusters of more whose ranks the page gets unasked, unless nprobe is larger (0.5 MB)."""


@dataclass(eq=False)
class ActiveSearch:
    """A search under the serial that the page knows, with its ranking.

    Attributes
    ----------
    serial : int
        Grows with every search of a widget.
    query : Query
        The query.
    nprobe, k, include_self : int, int, bool
        As asked.
    own : OwnRow or None
        The row that the query is; None for a vector.
    ranking : CoarseStep
        All clusters, as a search at this nprobe ranks them.
    reach : int
        Clusters, from rank 1 on, that some search probes: an approximate coarse search may not come to all.
    sizes : int64 (nlist,)
        Vectors per cluster, by rank.
    index_version : int
        The number of changes of the index that were noticed before.
    ranked : int
        Clusters, from rank 1 on, whose ranks the page gets with the search: all, or the nearest of very many.
    reached : int
        Clusters, from rank 1 on, that the page has; 0 until the search is done.
    is_answered : bool
        Whether the page has the probed part, from which it shows the results.
    """

    serial: int
    query: Query
    nprobe: int
    k: int
    include_self: bool
    own: OwnRow | None
    ranking: CoarseStep
    reach: int
    sizes: NDArray[np.int64]
    index_version: int
    ranked: int
    reached: int = 0
    is_answered: bool = False

    @classmethod
    def begin(
        cls,
        index: IvfIndex,
        query: Query,
        nprobe: int,
        k: int,
        *,
        serial: int,
        index_version: int,
        include_self: bool = False,
        own: OwnRow | None = None,
        most_ranked: int = MOST_RANKED,
    ) -> ActiveSearch:
        """Rank the clusters for a query; the page gets ``most_ranked`` ranks, more for a larger nprobe."""
        is_for_every = index.guarantees.ranked_once and not index.guarantees.coarse_exact
        ranked = (index.ranking_for_every if is_for_every else index.ranking)(query, nprobe)
        ranking = ranked.step
        return cls(
            serial=serial,
            query=query,
            nprobe=nprobe,
            k=k,
            include_self=include_self,
            own=own,
            ranking=ranking,
            reach=len(ranked.clusters) if is_for_every else index.nlist,
            sizes=index.list_sizes[ranking.clusters],
            index_version=index_version,
            # One more than are probed, since a tie with the next makes results doubtful.
            ranked=min(index.nlist, max(most_ranked, nprobe + 1)),
        )

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        return len(self.sizes)

    def most(self, k: int) -> int:
        """Return the candidates that the k best other rows are among: k and the copies of the query's row."""
        return k if self.own is None else k + self.own.copies

    @property
    def is_whole(self) -> bool:
        """Whether all clusters have been compared."""
        return self.reached == self.nlist

    @cached_property
    def full(self) -> int:
        """Clusters, from rank 1 on, whose candidates are all sent."""
        return int(np.searchsorted(np.cumsum(self.sizes[: self.nprobe]), FULL_CANDIDATES, side="right"))

    @cached_property
    def rank_of(self) -> NDArray[np.int64]:
        """The rank of each cluster, 1 = nearest: int64 (nlist,)."""
        ranks = np.empty(self.nlist, np.int64)
        ranks[self.ranking.clusters] = np.arange(1, self.nlist + 1)
        return ranks

    def by_distance(self, ranks: NDArray[np.integer], similarity: bool) -> NDArray[np.int64]:
        """Return the number of centroids that are as near as those at some ranks, or nearer, int64 (n,).

        The ranks that an exact coarse search gives them. ``similarity`` is that of the coarse distances.
        """
        distances = self._sorted_distances
        own = self.ranking.distances[ranks - 1]
        if similarity:
            return np.asarray(len(distances) - np.searchsorted(distances, own, side="left"))
        return np.asarray(np.searchsorted(distances, own, side="right"))

    @cached_property
    def _sorted_distances(self) -> NDArray[np.float32]:
        return np.sort(self.ranking.distances)
