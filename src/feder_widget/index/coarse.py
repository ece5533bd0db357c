"""Ranking every cluster for one query exactly as Faiss's coarse search would."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.search import CoarseStep

BLAS_NLIST = 10_000
"""From this many centroids on Faiss may use BLAS for one query; its last digits differ from the kernels'."""


def rank_clusters(
    quantizer: Any, vector: npt.NDArray[np.float32], nprobe: int | None, similarity: bool
) -> tuple[CoarseStep, int]:
    """Rank all centroids of a flat quantizer.

    Parameters
    ----------
    quantizer : faiss.Index
        The centroids, in an ``IndexFlat``; as its base class will do.
    vector : float32 (dim,)
        The query.
    nprobe : int or None
        The first ``nprobe`` clusters are the ones ``quantizer.search(vector, nprobe)`` returns, in its order,
        even where Faiss chooses among equally distant centroids in its own way. None: no such prefix is
        wanted.
    similarity : bool
        True when a larger distance is nearer.

    Returns
    -------
    CoarseStep
        All clusters.
    int
        How many clusters of the prefix a search probes: ``nprobe``, or fewer where distances overflow
        float32.
    """
    nlist = quantizer.ntotal
    distances = _all_distances(quantizer, vector, similarity)
    order = _nearest_first(distances, similarity)
    ranked = distances[order]
    wanted = nlist if nprobe is None else nprobe
    if nlist < BLAS_NLIST and (nprobe is None or _prefix_is_unique(ranked, nprobe)):
        return CoarseStep(order, ranked), wanted
    found, probed = quantizer.search(vector[None], wanted)
    valid = probed[0] >= 0
    probed, found = probed[0][valid], found[0][valid]
    rest = np.ones(nlist, bool)
    rest[probed] = False
    others = rest[order]
    return (
        CoarseStep(np.concatenate([probed, order[others]]), np.concatenate([found, ranked[others]])),
        len(probed),
    )


def _all_distances(
    quantizer: Any, vector: npt.NDArray[np.float32], similarity: bool
) -> npt.NDArray[np.float32]:
    """Return the distance to every centroid, float32 (nlist,).

    A range search without a limit runs the kernels of ``search``, which ``fvec_L2sqr_ny`` does not at 2 to 12
    dimensions. What overflowed or is not a number is infinitely far.
    """
    nlist = quantizer.ntotal
    worst = -np.inf if similarity else np.inf
    result = faiss.RangeSearchResult(1)
    result.buffer_size = nlist
    quantizer.range_search_c(1, faiss.swig_ptr(vector), worst, result)
    found = int(faiss.rev_swig_ptr(result.lims, 2)[1])
    distances = np.full(nlist, worst, np.float32)
    if found:
        distances[faiss.rev_swig_ptr(result.labels, found)] = faiss.rev_swig_ptr(result.distances, found)
    return distances


def _nearest_first(distances: npt.NDArray[np.float32], similarity: bool) -> npt.NDArray[np.int64]:
    """Return the positions sorted by distance, then position, int64 (n,).

    The bits of a float, read as an integer and with the magnitude flipped below zero, sort like the float; an
    L2 distance is never below zero. With the position in the low half, one sort of integers replaces a slower
    stable argsort.
    """
    if similarity:
        # Subtracting, unlike negating, gives no -0.0, whose bits differ from those of the 0.0 that it equals.
        bits = (np.float32(0) - distances).view(np.int32)
        bits ^= (bits >> 31) & 0x7FFFFFFF
    else:
        bits = distances.view(np.int32)
    keys: npt.NDArray[np.int64] = bits.astype(np.int64)
    keys <<= 32
    keys |= np.arange(len(distances))
    keys.sort()
    keys &= 0xFFFFFFFF
    return keys


def _prefix_is_unique(ranked: npt.NDArray[np.float32], nprobe: int) -> bool:
    """Say whether any correct search must return the first ``nprobe`` of ``ranked`` in this order."""
    head = ranked[: nprobe + 1]
    return bool(np.isfinite(ranked[nprobe - 1])) and not bool((head[1:] == head[:-1]).any())
