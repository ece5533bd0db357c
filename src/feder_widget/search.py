"""One search as data: the coarse step, the fine steps, and what came out of them.

Distances are the ones Faiss reports: squared for L2, the inner product itself for inner product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class CoarseStep:
    """Every cluster in the order in which the coarse search ranks it.

    Attributes
    ----------
    clusters : int64 (nlist,)
        Cluster numbers, nearest first.
    distances : float32 (nlist,)
        Distance from the query to the centroid of each of ``clusters``.
    """

    clusters: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]


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
class SearchTrace:
    """One query from the coarse ranking to its k results.

    Attributes
    ----------
    coarse : CoarseStep
        The ranking of all clusters.
    fine : sequence of FineStep
        One step per probed cluster, in rank order.
    ids : int64 (k,)
        The results, nearest first, exactly as ``faiss_index.search`` returns them; -1 where there are fewer
        than k.
    distances : float32 (k,)
        Their distances; the largest float32 (L2) or its negative (inner product) where there is no result.
    n_distances : int
        Distances computed: nlist in the coarse search plus one per candidate.
    """

    coarse: CoarseStep
    fine: Sequence[FineStep]
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    n_distances: int
