"""The ranking of all clusters for one query: the probed clusters in Faiss's order, then all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.centroids import Centroids
from feder_widget.model.keys import keys_of
from feder_widget.model.search_trace import CoarseStep, Ranking

BLAS_NLIST = 10_000
"""From this many centroids on Faiss may use BLAS for one query; its last digits differ from the kernels'."""


def rank_clusters(centroids: Centroids, vector: npt.NDArray[Any], nprobe: int | None) -> Ranking:
    """Rank all clusters of an index.

    Parameters
    ----------
    centroids : Centroids
        Those of the index.
    vector : float32 (inner dim,), or uint8 (bytes,) of a binary index
        The query.
    nprobe : int or None
        The first clusters are those of ``quantizer.search(vector, nprobe)``, in its order, even
        where it is approximate or chooses among equally distant centroids in its own way. None: no such
        prefix is wanted; all are in order of distance, ties in order of their number.
    """
    if nprobe is None:
        step = _by_distance(centroids, vector)
        return Ranking(step.clusters, step.distances, lambda: step)
    if not centroids.is_flat:
        probed, found = centroids.search(vector, nprobe)
        return Ranking(probed, found, lambda: _beginning_with(probed, found, _by_distance(centroids, vector)))
    step = _by_distance(centroids, vector)
    if centroids.nlist < BLAS_NLIST and _prefix_is_unique(step.distances, nprobe):
        return Ranking(step.clusters[:nprobe], step.distances[:nprobe], lambda: step)
    probed, found = centroids.search(vector, nprobe)
    return Ranking(probed, found, lambda: _beginning_with(probed, found, step))


def rank_clusters_for_every(centroids: Centroids, vector: npt.NDArray[Any], nprobe: int) -> Ranking:
    """Rank the clusters that some search probes, at first those that a search at ``nprobe`` probes.

    For a coarse search that is ``steady``: at another nprobe it probes the first of this ranking, except that
    of centroids at one distance it may choose others.
    """
    probed, found = centroids.search(vector, nprobe)
    every, distances = centroids.search(vector, centroids.nlist)
    later = ~np.isin(every, probed)
    clusters = np.concatenate([probed, every[later]])
    reported = np.concatenate([found, distances[later]])
    return Ranking(
        clusters, reported, lambda: _beginning_with(clusters, reported, _by_distance(centroids, vector))
    )


def _by_distance(centroids: Centroids, vector: npt.NDArray[Any]) -> CoarseStep:
    distances = centroids.distances(vector)
    order = _nearest_first(distances, centroids)
    return CoarseStep(order, distances[order])


def _beginning_with(
    probed: npt.NDArray[np.int64], found: npt.NDArray[np.float32], step: CoarseStep
) -> CoarseStep:
    """Return a ranking that begins with the clusters that a search probes, each once."""
    first = np.sort(np.unique(probed, return_index=True)[1])
    rest = np.ones(len(step.clusters), bool)
    rest[probed] = False
    others = rest[step.clusters]
    return CoarseStep(
        np.concatenate([probed[first], step.clusters[others]]),
        np.concatenate([found[first], step.distances[others]]),
    )


def _nearest_first(distances: npt.NDArray[np.float32], centroids: Centroids) -> npt.NDArray[np.int64]:
    """Return the positions sorted by distance, then position, int64 (n,).

    The bits of a float, read as an integer and with the magnitude flipped below zero, sort like the float.
    With the position in the low half, one sort of integers replaces a slower stable argsort.
    """
    if distances.dtype != np.float32:
        return np.argsort(distances, kind="stable")
    if centroids.may_be_negative:
        # Adding zero turns -0.0, whose bits differ from those of the 0.0 it equals, into 0.0.
        bits = (keys_of(distances, centroids.similarity) + np.float32(0)).view(np.int32)
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
    """Return whether any correct search must return the first ``nprobe`` of ``ranked`` in this order."""
    head = ranked[: nprobe + 1]
    return bool(np.isfinite(ranked[nprobe - 1])) and not bool((head[1:] == head[:-1]).any())
