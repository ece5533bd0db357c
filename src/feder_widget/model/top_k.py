"""The k best of many candidates, with ties ordered exactly as Faiss orders them.

Faiss feeds the candidates, in scan order, to a heap of k entries. A candidate enters only when it is
strictly better than the worst entry, and evicts the entry that is worst by (distance, id), where the larger
id (L2) or the smaller id (inner product) counts as worse. With δ the k-th best distance, the first k
candidates that are not worse than δ all enter; later ones enter only if strictly better, each in place of a
tied one. Worse candidates cannot change the result. So no heap is needed here, and no loop.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import key_of, keys_of, no_result
from feder_widget.model.search_trace import Scan

HEAD = 2048
"""Candidates whose k-th best bounds the k-th best of all: the first ones come from near clusters."""


def top_k(
    ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the results of a Faiss search for k results over these candidates.

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
    found = np.full(k, no_result(distances.dtype, similarity), distances.dtype)
    found_ids[: len(places)] = ids[places]
    found[: len(places)] = distances[places]
    return found_ids, found


def top_k_places(
    ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> npt.NDArray[np.int64]:
    """Return the places of the results of ``top_k`` among the candidates, nearest first, int64 (<= k,)."""
    keys = keys_of(distances, similarity)
    chosen = _in_contention(keys, k)
    if len(chosen) > k:
        near = keys[chosen]
        tied = near == near.max()
        room = k - int(np.count_nonzero(~tied))
        entered = chosen[:k][tied[:k]]
        entered = entered[np.argsort(_tie_keys(ids[entered], similarity), kind="stable")]
        chosen = np.concatenate([chosen[~tied], entered[:room]])
    order = np.lexsort((_tie_keys(ids[chosen], similarity), keys[chosen]))
    # Faiss's heap starts full of (farthest distance, -1): nothing that far can enter, and an id of -1 reads
    # as no entry.
    real = (keys[chosen] < no_result(distances.dtype, False)) & (ids[chosen] != -1)
    best: npt.NDArray[np.int64] = chosen[order[real[order]]]
    return best


def keep(scan: Scan, k_max: int, similarity: bool, worst: float | None = None) -> Scan:
    """Drop the candidates that no search for up to ``k_max`` results returns, whichever clusters it probes.

    Per cluster, with δ its ``k_max``-th best distance: all candidates strictly better than δ stay, and of
    the candidates equal to δ, those among the first ``k_max`` candidates not worse than δ. A cluster of at
    most ``k_max`` candidates stays whole. Then ``top_k`` over the kept candidates of any clusters, in any
    order, for any k up to ``k_max``, equals ``top_k`` over all candidates of these clusters.

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
    keys = keys_of(scan.distances, similarity)
    sizes = np.diff(scan.lims)
    limits = np.full(len(sizes), np.inf, np.float32)
    for i in np.flatnonzero(sizes > k_max):
        limits[i] = _kth(keys[scan.lims[i] : scan.lims[i + 1]], k_max)
    if worst is not None:
        limits = np.minimum(limits, np.float32(key_of(worst, similarity)))
    kept = np.flatnonzero(keys <= np.repeat(limits, sizes))
    lims = np.searchsorted(kept, scan.lims)
    crowded = np.flatnonzero(np.diff(lims) > k_max)
    if len(crowded):
        stays = np.ones(len(kept), bool)
        for i in crowded:
            late = slice(lims[i] + k_max, lims[i + 1])
            stays[late] = keys[kept[late]] != limits[i]
        kept = kept[stays]
        lims = np.searchsorted(kept, scan.lims)
    return Scan(scan.clusters, lims.astype(np.int64, copy=False), scan.ids[kept], scan.distances[kept])


def _tie_keys(ids: npt.NDArray[np.int64], similarity: bool) -> npt.NDArray[np.int64]:
    """Return the ids as keys of candidates at one distance: smaller is better."""
    return ~ids if similarity else ids


def _in_contention(keys: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Return the positions, in order, of the keys at least as good as the k-th best."""
    limit = _kth(keys[: max(HEAD, k)], k)
    chosen = np.flatnonzero(keys <= limit)
    if len(keys) <= max(HEAD, k):
        return chosen
    # A candidate worse than the k-th best of some is worse than the k-th best of all.
    near = keys[chosen]
    return chosen[near <= _kth(near, k)]


def _kth(keys: npt.NDArray[np.float32], k: int) -> float:
    """Return the k-th smallest key, or infinity when there are at most k."""
    return float(np.partition(keys, k - 1)[k - 1]) if len(keys) > k else np.inf
