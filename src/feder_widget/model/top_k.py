"""The k best of many candidates, with ties ordered exactly as Faiss orders them.

Faiss feeds the candidates, in scan order, to a heap of k entries. A candidate enters only when it is
strictly better than the worst entry, and evicts the entry that is worst by (distance, id), where the larger
id (L2) or the smaller id (inner product) counts as worse. With δ the k-th best distance this comes to: the
first k candidates that are not worse than δ all enter; of those after them, only the strictly better ones
do, each in place of a tied one. Worse candidates never matter. So no heap is needed here, and no loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.search_trace import Scan

HEAD = 2048
"""Candidates whose k-th best tells how far others can be at most."""

_LARGEST_FLOAT = np.finfo(np.float32).max
_LARGEST_INT = np.iinfo(np.int32).max


def top_k(
    ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return what a Faiss search for k results gives over these candidates.

    Parameters
    ----------
    ids : int64 (n,)
        Row ids in scan order.
    distances : float32 or int32 (n,)
        Their distances. No NaN.
    k : int
        Number of results, at least 1.
    similarity : bool
        True when a larger distance is nearer (inner product).

    Returns
    -------
    ids : int64 (k,)
        Nearest first, -1 where there are fewer than k results.
    distances : float32 or int32 (k,)
        The largest float32 or int32 (its negative for a similarity) where there is no result.
    """
    places = top_k_places(ids, distances, k, similarity)
    if len(places) == k:
        return ids[places], distances[places]
    found_ids = np.full(k, -1, np.int64)
    found = np.full(k, _worst(distances.dtype, similarity), distances.dtype)
    found_ids[: len(places)] = ids[places]
    found[: len(places)] = distances[places]
    return found_ids, found


def top_k_places(
    ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> npt.NDArray[np.int64]:
    """Return where among the candidates the results of ``top_k`` stand, nearest first, int64 (at most k,)."""
    chosen = _in_contention(distances, k, similarity)
    if len(chosen) > k:
        near = -distances[chosen] if similarity else distances[chosen]
        tied = near == near.max()
        entered = tied[:k]
        room = k - int(np.count_nonzero(~tied))
        tied_rows = chosen[:k][entered]
        by_id = np.argsort(ids[tied_rows], kind="stable")
        chosen = np.concatenate([chosen[~tied], tied_rows[by_id[::-1] if similarity else by_id][:room]])
    found_ids, found = ids[chosen], distances[chosen]
    order = np.lexsort((found_ids, found))
    if similarity:
        order = order[::-1]
    # Faiss's heap starts full of (worst distance, -1): nothing that bad can enter, and an id of -1 reads as
    # no entry.
    empty = _worst(distances.dtype, similarity)
    real = (found > empty if similarity else found < empty) & (found_ids != -1)
    best: npt.NDArray[np.int64] = chosen[order[real[order]]]
    return best


def keep(scan: Scan, k_max: int, similarity: bool, worst: float | None = None) -> Scan:
    """Drop the candidates that no search for up to ``k_max`` results returns, whichever clusters it probes.

    Per cluster, with δ its ``k_max``-th best distance: all candidates strictly better than δ stay, and of
    those equal to δ the ones that are among the first ``k_max`` candidates not worse than δ. A cluster of at
    most ``k_max`` candidates stays whole. Then ``top_k`` over what is kept of any clusters, in any order,
    for any k up to ``k_max``, is what it is over all their candidates.

    Parameters
    ----------
    scan : Scan
        Whole clusters.
    k_max : int
        The largest k that will be asked for, at least 1.
    similarity : bool
        True when a larger distance is nearer (inner product).
    worst : float, optional
        A distance; candidates strictly worse than it are dropped as well.

    Returns
    -------
    Scan
        The same clusters with fewer candidates, still in list order.
    """
    sizes = np.diff(scan.lims)
    limits = np.full(len(sizes), -np.inf if similarity else np.inf, np.float32)
    for i in np.flatnonzero(sizes > k_max):
        limits[i] = _kth(scan.distances[scan.lims[i] : scan.lims[i + 1]], k_max, similarity)
    if worst is not None:
        limits = np.maximum(limits, worst) if similarity else np.minimum(limits, worst)
    limit = np.repeat(limits, sizes)
    kept = np.flatnonzero(scan.distances >= limit if similarity else scan.distances <= limit)
    lims = np.searchsorted(kept, scan.lims)
    crowded = np.flatnonzero(np.diff(lims) > k_max)
    if len(crowded):
        stays = np.ones(len(kept), bool)
        for i in crowded:
            late = slice(lims[i] + k_max, lims[i + 1])
            stays[late] = scan.distances[kept[late]] != limits[i]
        kept = kept[stays]
        lims = np.searchsorted(kept, scan.lims)
    return Scan(scan.clusters, lims.astype(np.int64, copy=False), scan.ids[kept], scan.distances[kept])


def _worst(dtype: np.dtype[Any], similarity: bool) -> Any:
    """Return the number that stands for no distance."""
    largest = _LARGEST_FLOAT if dtype.kind == "f" else _LARGEST_INT
    return -largest if similarity else largest


def _in_contention(distances: npt.NDArray[np.float32], k: int, similarity: bool) -> npt.NDArray[np.int64]:
    """Return the positions, in order, of the distances at least as good as the k-th best."""
    limit = _kth(distances[: max(HEAD, k)], k, similarity)
    chosen = np.flatnonzero(distances >= limit if similarity else distances <= limit)
    if len(distances) <= max(HEAD, k):
        return chosen
    # What is worse than the k-th best of some is worse than that of all, and the first come from near
    # clusters.
    near = distances[chosen]
    limit = _kth(near, k, similarity)
    return chosen[near >= limit if similarity else near <= limit]


def _kth(distances: npt.NDArray[np.float32], k: int, similarity: bool) -> float:
    """Return the k-th best distance, or one that nothing is worse than when there are at most k."""
    n = len(distances)
    if n <= k:
        return -np.inf if similarity else np.inf
    at = n - k if similarity else k - 1
    return float(np.partition(distances, at)[at])
