"""The nearest of all vectors for one query, out of the inverted lists themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.inverted_file import Engine
from feder_widget.faiss_internals.scans import range_scan
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.top_k import top_k_places

COUNTED = 1_000_000
"""Vectors compared between two counts: so many ids and distances are held at most."""

_OFFSET_BITS = 32
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Some vectors of an index: what they are called, how far they are, and where they are stored.

    Attributes
    ----------
    ids : int64 (n,)
        Row ids.
    distances : float32 (n,)
        Distances to the query.
    clusters, offsets : int64 (n,)
        The inverted list of each, and its place there.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    clusters: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self.ids)

    def at(self, places: npt.NDArray[np.int64]) -> Stored:
        """Return those at these places."""
        return Stored(self.ids[places], self.distances[places], self.clusters[places], self.offsets[places])


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest vectors of an index.

    Attributes
    ----------
    best : Stored
        The k nearest, nearest first, as a Faiss search of all clusters returns them; fewer where there are
        fewer.
    near : Stored
        All that are no farther than the last of them: more than k where several tie for its place.
    """

    best: Stored
    near: Stored


def nearest_of_all(
    engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, k: int, without: int | None = None
) -> Nearest:
    """Find the k nearest of all vectors by one pass over the lists, on as many threads as Faiss has.

    Parameters
    ----------
    engine : Engine
        The index.
    vector : float32 (inner dim,), or uint8 (bytes,) of a binary index
        The query, as the inverted lists see it.
    coarse : CoarseStep
        All clusters by rank.
    k : int
        Neighbours wanted, at least 1.
    without : int, optional
        A row id, of the whole index, that is left out.
    """
    similarity = engine.similarity
    wanted = k if without is None else k + 1
    while True:
        found = _not_farther(engine, vector, coarse, wanted)
        others = (
            found if without is None else found.at(np.flatnonzero(engine.external_ids(found.ids) != without))
        )
        if len(others) >= k or len(found) < wanted:
            break
        # The row to be left out is stored more than once.
        wanted *= 2
    rank_of = np.empty(len(coarse.clusters), np.int64)
    rank_of[coarse.clusters] = np.arange(len(coarse.clusters))
    # In the order in which a search meets them, which decides among ties.
    others = others.at(np.lexsort((others.offsets, rank_of[others.clusters])))
    best = others.at(top_k_places(others.ids, others.distances, k, similarity))
    if not len(best):
        return Nearest(best, best)
    worst = best.distances[-1]
    near = others.distances >= worst if similarity else others.distances <= worst
    nearby = others.at(np.flatnonzero(near & (others.ids != -1)))
    return Nearest(_named(engine, best), _named(engine, nearby))


def count_nearer(engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, distance: float) -> int:
    """Count the vectors of an index that are strictly nearer than a distance."""
    count = 0
    for part in _batches(engine, coarse):
        if engine.has_one_scanner:
            count += len(_nearer(engine, vector, part, distance)[0])
        else:
            found = engine.scan(vector, part.clusters, part.distances).distances
            nearer = found > distance if engine.similarity else found < distance
            count += int(np.count_nonzero(nearer))
    return count


def not_worse(engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, limit: float) -> Stored:
    """Return all vectors of some clusters that are no farther than a distance, in the order of the scan.

    With the ids in the lists. For an engine that ``has_one_scanner``.
    """
    beyond = np.nextafter(np.float32(limit), np.float32(-np.inf if engine.similarity else np.inf))
    labels, distances = _nearer(engine, vector, coarse, float(beyond))
    return _stored(engine.stack.ivf, labels, distances)


def _not_farther(engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, k: int) -> Stored:
    """Return the k nearest, and all as near as the last of them; all vectors where there are fewer.

    With the ids in the lists.
    """
    if not engine.has_one_scanner:
        return _by_scanning(engine, vector, coarse, k)
    index, similarity = engine.stack.ivf, engine.similarity
    distances, labels = _search(index, vector, coarse, k + 1, similarity)
    if len(labels) <= k or distances[k] != distances[k - 1]:
        return _stored(index, labels[:k], distances[:k])
    return not_worse(engine, vector, coarse, float(distances[k - 1]))


def _by_scanning(engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, k: int) -> Stored:
    """Find the same where Faiss cannot search for places, or several indexes are searched."""
    held: Stored | None = None
    for part in _batches(engine, coarse):
        scan = engine.scan(vector, part.clusters, part.distances)
        counts = np.diff(scan.lims)
        offsets = np.arange(len(scan.ids)) - np.repeat(scan.lims[:-1], counts)
        found = Stored(scan.ids, scan.distances, np.repeat(scan.clusters, counts), offsets)
        if held is not None:
            found = Stored(
                np.concatenate([held.ids, found.ids]),
                np.concatenate([held.distances, found.distances]),
                np.concatenate([held.clusters, found.clusters]),
                np.concatenate([held.offsets, found.offsets]),
            )
        keys = -found.distances if engine.similarity else found.distances
        if len(keys) > k:
            found = found.at(np.flatnonzero(keys <= np.partition(keys, k - 1)[k - 1]))
        held = found
    none = np.empty(0, np.int64)
    return Stored(none, np.empty(0, np.float32), none, none) if held is None else held


def _batches(engine: Engine, coarse: CoarseStep) -> Iterator[CoarseStep]:
    """Cut a ranking into runs of clusters that are compared at once; one where they must be together."""
    ends = np.cumsum(engine.sizes()[coarse.clusters])
    most = COUNTED if engine.is_splittable else int(ends[-1])
    first = 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield CoarseStep(coarse.clusters[first:last], coarse.distances[first:last])
        first = last


def _named(engine: Engine, stored: Stored) -> Stored:
    ids = engine.external_ids(stored.ids)
    return Stored(ids, stored.distances, stored.clusters, stored.offsets)


def _search(
    index: Any, vector: npt.NDArray[np.float32], coarse: CoarseStep, k: int, similarity: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return distances and places (list and offset in one number) of the k nearest, in order.

    Each thread searches a share of the lists; a query for each is how Faiss is told.
    """
    nlist = len(coarse.clusters)
    threads = min(faiss.omp_get_max_threads(), nlist)
    width = -(-nlist // threads)
    clusters = np.full(threads * width, -1, np.int64)
    clusters[:nlist] = coarse.clusters
    to_centroids = np.zeros(threads * width, np.float32)
    to_centroids[:nlist] = coarse.distances
    # Dealt out in rank order, so that every share has near ones, and read in the order of their numbers, in
    # which lists mostly lie in memory.
    clusters = clusters.reshape(width, threads).T
    order = np.argsort(clusters, axis=1)
    clusters = np.take_along_axis(clusters, order, axis=1)
    to_centroids = np.take_along_axis(to_centroids.reshape(width, threads).T, order, axis=1)
    queries = np.repeat(vector[None], threads, axis=0)
    distances = np.empty((threads, k), np.float32)
    labels = np.empty((threads, k), np.int64)
    index.search_preassigned_c(
        threads,
        faiss.swig_ptr(queries),
        k,
        faiss.swig_ptr(clusters),
        faiss.swig_ptr(to_centroids),
        faiss.swig_ptr(distances),
        faiss.swig_ptr(labels),
        True,
        range_scan.probing(width),
    )
    real = labels.ravel() >= 0
    distances, labels = distances.ravel()[real], labels.ravel()[real]
    order = np.argsort(-distances if similarity else distances, kind="stable")[:k]
    return distances[order], labels[order]


def _nearer(
    engine: Engine, vector: npt.NDArray[np.float32], coarse: CoarseStep, limit: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the places of all vectors of some clusters that are strictly nearer, and their distances."""
    clusters, distances = np.ascontiguousarray(coarse.clusters), np.ascontiguousarray(coarse.distances)
    return range_scan.nearer(engine.stack.ivf, vector, clusters, distances, limit)


def _stored(index: Any, labels: npt.NDArray[np.int64], distances: npt.NDArray[np.float32]) -> Stored:
    """Look up what is stored at these places."""
    clusters, offsets = labels >> _OFFSET_BITS, labels & _OFFSET_MASK
    ids = np.empty(len(labels), np.int64)
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    for here in np.split(order, starts[1:]) if len(order) else ():
        with inverted_lists.borrowed_ids(index.invlists, int(clusters[here[0]])) as stored:
            ids[here] = stored[offsets[here]]
    return Stored(ids, distances, clusters, offsets)
