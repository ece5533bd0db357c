"""The true neighbours of one query, and at which nprobe a search finds each of them.

Probing fewer clusters cannot displace a true neighbour, so a search finds it from the nprobe on that is its
cluster's rank. Recall at every nprobe follows from the ranks alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The k true neighbours of one query.

    Attributes
    ----------
    ids : int64 (m,)
        Row ids, nearest first, as an exhaustive search returns them; m is k, or fewer where the index holds
        fewer vectors.
    distances : float32 (m,)
        Their distances as Faiss reports them.
    clusters : int64 (m,)
        The cluster each is in.
    ranks : int64 (m,)
        That cluster's rank for this query, 1 = nearest: the nprobe from which on a search finds the
        neighbour.
    found_at : int64 (m,)
        The nprobe at which the first of them is found, the second and so on, ascending; nlist + 1 for one
        that no nprobe finds. Where several vectors are at the distance of the last neighbour, any of them
        serves as well as those listed, so this can be less than the largest of ``ranks``.
    nlist : int
        Clusters there are.
    exact : bool
        Whether the distances are those to the vectors themselves, not to what a code keeps of them.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    clusters: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    found_at: npt.NDArray[np.int64]
    nlist: int
    exact: bool

    def __len__(self) -> int:
        """Return the number of true neighbours."""
        return len(self.ids)

    @property
    def nprobe_needed(self) -> int:
        """The smallest nprobe that finds all true neighbours; nlist + 1 when none does."""
        return int(self.found_at[-1]) if len(self) else 1

    @overload
    def recall(self, nprobe: int) -> float: ...
    @overload
    def recall(self, nprobe: npt.ArrayLike) -> float | npt.NDArray[np.float64]: ...
    def recall(self, nprobe: npt.ArrayLike) -> float | npt.NDArray[np.float64]:
        """Return the share of the true neighbours that a search finds.

        Parameters
        ----------
        nprobe : int or int array_like (n,)
            Clusters probed, 1 to nlist.

        Returns
        -------
        float, or float64 (n,)
            Between 0 and 1; 1 where there are no neighbours to find.
        """
        wanted = checked_nprobe(nprobe, self.nlist)
        found = np.searchsorted(self.found_at, wanted, side="right")
        share = found / len(self) if len(self) else np.ones(wanted.shape)
        return float(share) if wanted.ndim == 0 else np.asarray(share, np.float64)

    def missed(self, nprobe: int) -> npt.NDArray[np.int64]:
        """Return the row ids of the true neighbours that a search does not find, nearest first, int64 (n,).

        A neighbour whose place is taken by another vector at the same distance is not missed.
        """
        wanted = int(checked_nprobe(nprobe, self.nlist))
        lacking = len(self) - int(np.searchsorted(self.found_at, wanted, side="right"))
        return self.ids[np.flatnonzero(self.ranks > wanted)[:lacking]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where one row stands for a query: why it came back, or why it did not.

    Attributes
    ----------
    id : int
        The row.
    distance : float
        Its distance to the query as Faiss reports it.
    cluster, rank : int
        Its cluster, and that cluster's rank, 1 = nearest. A search looks at the row from nprobe ``rank`` on.
    position : int or None
        One more than the number of vectors in the index that are strictly nearer; None where they were not
        counted.
    """

    id: int
    distance: float
    cluster: int
    rank: int
    position: int | None


@dataclass(frozen=True, slots=True)
class Certainty:
    """What geometry alone says of an answer, without a look at the clusters that were not probed.

    Attributes
    ----------
    open : int
        Clusters that were not probed and could still hold something nearer than the k-th result.
    unprobed : int
        Clusters that were not probed.
    """

    open: int
    unprobed: int

    @property
    def certified(self) -> bool:
        """True when no cluster that was not probed can hold anything nearer: the answer is exact."""
        return self.open == 0


def found_at(
    ranks: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> npt.NDArray[np.int64]:
    """Return the nprobe at which each of the k nearest is found, ascending.

    Parameters
    ----------
    ranks : int (..., n)
        Rank of the cluster of every vector that is at least as near as the k-th, ties included. More may be
        given; of vectors at the same distance those in nearer clusters count.
    distances : float32 (..., n)
        Their distances.
    k : int
        Neighbours wanted, at most n.
    similarity : bool
        True when a larger distance is nearer.

    Returns
    -------
    int (..., k)
    """
    keys = -distances if similarity else distances
    order = np.lexsort((ranks, keys))[..., :k]
    found: npt.NDArray[np.int64] = np.take_along_axis(ranks, order, axis=-1)
    found.sort(axis=-1)
    return found


def checked_nprobe(nprobe: npt.ArrayLike, nlist: int) -> npt.NDArray[np.int64]:
    """Return nprobe as an int64 array, each between 1 and nlist, or raise."""
    values = np.asarray(nprobe)
    if values.dtype.kind not in "iu":
        raise TypeError(f"nprobe must be an int or an array of ints, got {values.dtype}")
    outside = (values < 1) | (values > nlist)
    if outside.any():
        raise ValueError(f"nprobe must be between 1 and nlist={nlist}, got {int(values[outside].flat[0])}")
    return values.astype(np.int64)
