"""One search as data: the ranking, the fine steps, a re-ranking where there is one, and the results.

Distances are the ones Faiss reports: squared for L2, the inner product itself for inner product; float32, and
int32 where the index is binary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from feder_widget.model.plot_functions import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class CoarseStep:
    """Every cluster in the order in which the coarse search ranks it.

    Attributes
    ----------
    clusters : int64 (nlist,)
        Cluster numbers, nearest first.
    distances : float32 (nlist,)
        Distance from the query to the centroid of each of ``clusters``, under the coarse quantizer's metric.
    """

    clusters: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Ranking:
    """The clusters that a search probes, and the ranking of all clusters that begins with them.

    An approximate coarse search does not compare the query with most centroids, so that the rest of the
    ranking is computed when it is first read.

    Attributes
    ----------
    clusters : int64 (n,)
        The clusters to probe; fewer than nprobe where the quantizer found no more. A multi-index may name one
        twice, and Faiss then scans it twice.
    distances : float32 (n,)
        Their distances as the quantizer reports them.
    rank_all : function
        Returns the ranking of all clusters.
    """

    clusters: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    rank_all: Callable[[], CoarseStep]

    @cached_property
    def step(self) -> CoarseStep:
        """All clusters by rank."""
        return self.rank_all()

    @cached_property
    def ranks(self) -> npt.NDArray[np.int64]:
        """Every cluster's rank, int64 (nlist,); nlist + 1 where a search of all never comes to it."""
        clusters = self.step.clusters
        ranks = np.full(len(clusters), len(clusters) + 1)
        returned = np.unique(self.clusters)
        ranks[clusters[: len(returned)]] = np.arange(1, len(returned) + 1)
        return ranks


@dataclass(frozen=True, slots=True, eq=False)
class FineStep:
    """The query against every vector of one probed cluster.

    Attributes
    ----------
    cluster : int
        Cluster number.
    rank : int
        The cluster's place in the coarse ranking, 1 = nearest.
    ids : int64 (n,)
        Row ids of the candidates, in the order of the inverted list.
    distances : float32 (n,)
        Their distances to the query.
    """

    cluster: int
    rank: int
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Candidates of several clusters, one cluster after the other.

    Attributes
    ----------
    clusters : int64 (n,)
        Cluster numbers in the order scanned.
    lims : int64 (n + 1,)
        ``ids[lims[i]:lims[i + 1]]`` are the candidates of ``clusters[i]``, in list order.
    ids : int64 (lims[-1],)
        Row ids.
    distances : float32 (lims[-1],)
        Distances to the query.
    """

    clusters: npt.NDArray[np.int64]
    lims: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]

    def at(self, places: npt.NDArray[np.intp]) -> Scan:
        """Return the clusters at these places, in this order."""
        lims = np.concatenate([[0], np.cumsum(np.diff(self.lims)[places])])
        if lims[-1] == 0:
            return Scan(self.clusters[places], lims, self.ids[:0], self.distances[:0])
        # Slices are copied many times faster than single elements.
        parts = [slice(self.lims[i], self.lims[i + 1]) for i in places.tolist()]
        ids = np.concatenate([self.ids[part] for part in parts])
        return Scan(
            self.clusters[places], lims, ids, np.concatenate([self.distances[part] for part in parts])
        )

    def followed_by(self, other: Scan) -> Scan:
        """Return the clusters of both, one after the other."""
        return Scan(
            np.concatenate([self.clusters, other.clusters]),
            np.concatenate([self.lims, self.lims[-1] + other.lims[1:]]),
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.distances, other.distances]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class FineSteps(Sequence[FineStep]):
    """The fine steps of a scan, each made when it is asked for.

    A trace of 128 clusters would spend more time on 128 objects than on its top k.

    Attributes
    ----------
    scan : Scan
        The clusters in rank order.
    first_rank : int
        Rank of the scan's first cluster.
    """

    scan: Scan
    first_rank: int = 1

    def __len__(self) -> int:
        """Return the number of clusters scanned."""
        return len(self.scan.clusters)

    @overload
    def __getitem__(self, index: int) -> FineStep: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FineStep, ...]: ...
    def __getitem__(self, index: int | slice) -> FineStep | tuple[FineStep, ...]:
        """Return one step (views into the scan), or a tuple of them for a slice."""
        at = range(len(self))[index]
        if isinstance(at, range):
            return tuple(self[i] for i in at)
        start, stop = int(self.scan.lims[at]), int(self.scan.lims[at + 1])
        return FineStep(
            cluster=int(self.scan.clusters[at]),
            rank=self.first_rank + at,
            ids=self.scan.ids[start:stop],
            distances=self.scan.distances[start:stop],
        )


@dataclass(frozen=True, slots=True, eq=False)
class RefineStep:
    """The second pass of an index that re-ranks: the best of the first pass, compared once more.

    Attributes
    ----------
    ids : int64 (n,)
        Results of the first pass, nearest first by its distances.
    first_distances : float32 (n,)
        Their distances in the first pass.
    distances : float32 (n,)
        Their distances by the index that refines; the results are the best of these.
    k_base : int
        Results that the first pass was asked for; n is smaller where it found fewer.
    """

    ids: npt.NDArray[np.int64]
    first_distances: npt.NDArray[np.float32]
    distances: npt.NDArray[np.float32]
    k_base: int


@dataclass(frozen=True, slots=True, eq=False)
class SearchTrace:
    """One query from the coarse ranking to its k results.

    Attributes
    ----------
    ranking : Ranking
        The clusters probed, and all others behind them.
    fine : FineSteps
        One step per probed cluster, in rank order.
    ids : int64 (k,)
        The results, nearest first, exactly as ``faiss_index.search`` returns them; -1 where there are fewer
        than k.
    distances : float32 (k,)
        Their distances; where there is no result, Faiss's filling: the largest float32 (L2) or its
        negative (inner product) in most indexes.
    n_distances : int
        Distances computed: nlist in the coarse search, or the number of clusters it returned where it is
        approximate; one per candidate; one per row that is compared once more.
    refine : RefineStep or None
        The re-ranking, where the index has one.
    """

    ranking: Ranking
    fine: FineSteps
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    n_distances: int
    refine: RefineStep | None = None

    @property
    def coarse(self) -> CoarseStep:
        """The ranking of all clusters."""
        return self.ranking.step

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the results, as pictures where ``images`` are given; see ``figures.results``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``explanation``, ``images``, ``labels``, ``pixels`` and ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("results", self, ax, options)
