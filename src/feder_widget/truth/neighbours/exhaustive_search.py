"""The nearest of all vectors for one query, out of the inverted lists themselves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.scans import range_scan
from feder_widget.faiss_internals.shards.joined_lists import have
from feder_widget.model.keys import infinitely_far, key_of, keys_of
from feder_widget.model.list_runs import runs
from feder_widget.model.places import pack, unpack
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.top_k import top_k_places
from feder_widget.model.work_pieces import RESULT_WORK, WHOLE, Steps, vectors_per_piece
from feder_widget.truth.neighbours import list_rows
from feder_widget.truth.neighbours.own_row import OwnRow
from feder_widget.workers import Workers

COUNTED = 1 << 20
"""Vectors per piece at most: each may hold as many ids and distances."""

FIRST_RUN = 16_384
"""Vectors in the first piece: their best ones exclude most of the vectors in later pieces."""

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Some vectors of an index, with their row ids, distances and places.

    Attributes
    ----------
    ids : int64 (n,)
        Row ids.
    distances : float32 (n,)
        Distances to the query.
    clusters, offsets : int64 (n,)
        The inverted list of each, and its place there.
    """

    ids: Ids
    distances: Distances
    clusters: Ids
    offsets: Ids

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self.ids)

    def at(self, which: npt.NDArray[Any]) -> Stored:
        """Return the vectors at these positions, or under this mask."""
        return Stored(self.ids[which], self.distances[which], self.clusters[which], self.offsets[which])

    def named(self, file: InvertedFile) -> Stored:
        """Return them with the ids that the whole index reports."""
        return Stored(file.external_ids(self.ids), self.distances, self.clusters, self.offsets)

    @classmethod
    def joined(cls, parts: list[Stored]) -> Stored:
        """Return the vectors of all parts, in order."""
        if not parts:
            none = np.empty(0, np.int64)
            return cls(none, np.empty(0, np.float32), none, none)
        return cls(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.distances for part in parts]),
            np.concatenate([part.clusters for part in parts]),
            np.concatenate([part.offsets for part in parts]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest vectors of an index.

    Attributes
    ----------
    best : Stored
        The k nearest, nearest first, as a Faiss search of all clusters returns them; fewer where there are
        fewer.
    near : Stored
        All vectors no farther than the last of them: more than k where several tie for its place.
    """

    best: Stored
    near: Stored


def nearest_steps(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    coarse: CoarseStep,
    k: int,
    own: OwnRow | None = None,
    work: int = WHOLE,
    workers: Workers | None = None,
) -> Steps[Nearest]:
    """Find the k nearest of all vectors by one pass over the lists.

    Parameters
    ----------
    file : InvertedFile
        The index.
    vector : float32 (inner dim,), or uint8 (bytes,) of a binary index
        The query behind the index's transforms.
    coarse : CoarseStep
        All clusters by rank.
    k : int
        Neighbours wanted, at least 1.
    own : OwnRow, optional
        A row that is left out of a search for so many more.
    work : int
        Multiplications per piece. A ``WHOLE`` pass uses as many threads as Faiss has.
    workers : Workers, optional
        Compare the vectors, in parts; only where ``list_rows.why_not_shared`` says nothing against it.
    """
    wanted = k if own is None else k + own.copies
    if workers is None:
        found = yield from _not_farther_steps(file, vector, coarse, wanted, work)
    else:
        places = yield from list_rows.not_farther_steps(file, vector, coarse, wanted, workers)
        found = stored_at(file.stack.ivf, pack(*places[:2]), places[2])
    return settled(file, coarse, found, k, own)


def settled(file: InvertedFile, coarse: CoarseStep, found: Stored, k: int, own: OwnRow | None) -> Nearest:
    """Return the nearest of vectors among which all of these are, with the ids in the lists.

    Parameters as for ``nearest_steps``.
    """
    wanted = k if own is None else k + own.copies
    rank_of = np.empty(len(coarse.clusters), np.int64)
    rank_of[coarse.clusters] = np.arange(len(coarse.clusters))
    # In the order in which a search meets them, which decides among ties.
    near = found.at(np.lexsort((found.offsets, rank_of[found.clusters])))
    best = near.at(top_k_places(near.ids, near.distances, wanted, file.similarity)).named(file)
    near = near.at(near.ids != -1).named(file)
    if own is not None:
        best, near = best.at(own.others(best.ids, k)), near.at(near.ids != own.row_id)
    if not len(best):
        return Nearest(best, best)
    last = keys_of(best.distances[-1:], file.similarity)
    return Nearest(best, near.at(keys_of(near.distances, file.similarity) <= last))


def count_nearer_steps(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    coarse: CoarseStep,
    distance: float,
    work: int = WHOLE,
) -> Steps[int]:
    """Count the vectors of an index that are strictly nearer than a distance."""
    count = 0
    if file.has_one_scanner:
        for places, _ in _ranged(file, vector, coarse, lambda: distance, work):
            count += len(places)
            yield
        return count
    key = key_of(distance, file.similarity)
    for found in _scanned(file, vector, coarse, work):
        count += int(np.count_nonzero(keys_of(found.distances, file.similarity) < key))
        yield
    return count


def within(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    coarse: CoarseStep,
    limit: Callable[[], float],
    work: int = WHOLE,
) -> Iterator[Stored]:
    """Yield the vectors of some clusters that are no farther than a limit, piece by piece.

    Parameters
    ----------
    file, vector
        As for ``nearest_steps``.
    coarse : CoarseStep
        The clusters.
    limit : function
        Returns the largest key (see ``model.keys``) that is of interest. It is called before each piece and
        may shrink.
    work : int
        Multiplications per piece.

    Yields
    ------
    Stored
        In the order of the scan, with the ids in the lists. A list that is longer than a piece comes in
        several where the family is sliceable; all clusters come at once where a distance depends on them all.
    """
    similarity = file.similarity
    if not file.has_one_scanner:
        for found in _scanned(file, vector, coarse, work):
            yield found.at(keys_of(found.distances, similarity) <= limit())
        return

    def radius() -> float:
        farthest = np.float32(key_of(limit(), similarity))
        return float(np.nextafter(farthest, np.float32(infinitely_far(similarity))))

    for places, distances in _ranged(file, vector, coarse, radius, work):
        yield stored_at(file.stack.ivf, places, distances)


def _ranged(
    file: InvertedFile, vector: npt.NDArray[Any], coarse: CoarseStep, radius: Callable[[], float], work: int
) -> Iterator[tuple[Ids, Distances]]:
    """Yield the places of the vectors that are strictly nearer than a radius, and their distances."""
    most = vectors_per_piece(_work_per_vector(file), _work_at_once(file, work))
    begin = 0
    for part, some in _pieces(file, coarse, most):
        have(file.stack.ivf.invlists, part.clusters, coarse.clusters[begin:])
        begin += len(part.clusters) if some is None else 0
        if some is None:
            yield range_scan.nearer(file.stack.ivf, vector, part.clusters, part.distances, radius())
        else:
            cluster, to_centroid = int(part.clusters[0]), float(part.distances[0])
            yield range_scan.nearer_in_slice(file.stack.ivf, vector, cluster, to_centroid, some, radius())


def _work_per_vector(file: InvertedFile) -> int:
    """Return the multiplications that comparing one vector counts for."""
    return max(RESULT_WORK, file.work_per_vector)


def _work_at_once(file: InvertedFile, work: int) -> int:
    """Return the multiplications of a piece of ``work`` that memory has room for."""
    return min(work, min(COUNTED, file.vectors_at_once) * _work_per_vector(file))


def _pieces(file: InvertedFile, coarse: CoarseStep, most: int) -> Iterator[tuple[CoarseStep, slice | None]]:
    """Cut a ranking into runs of clusters, a short one first, and a long list into slices."""
    clusters, distances = np.ascontiguousarray(coarse.clusters), np.ascontiguousarray(coarse.distances)
    sizes = file.sizes()[clusters]
    head = next(runs(sizes, min(FIRST_RUN, most)), (0, 0))
    for first, last in itertools.chain([head], runs(sizes, most, head[1])):
        part = CoarseStep(clusters[first:last], distances[first:last])
        if last > first + 1 or sizes[first] <= most or file.family.slice is None:
            yield part, None
        else:
            for begin in range(0, int(sizes[first]), most):
                yield part, slice(begin, begin + most)


def _scanned(file: InvertedFile, vector: npt.NDArray[Any], coarse: CoarseStep, work: int) -> Iterator[Stored]:
    """Yield all vectors where Faiss cannot search for places, or several indexes are searched."""
    cluster, before = -1, 0
    work = _work_at_once(file, work)
    for scan in file.scan_steps(vector, coarse.clusters, coarse.distances, work):
        counts = np.diff(scan.lims)
        # A long list comes in several pieces.
        before = before if scan.clusters.tolist() == [cluster] else 0
        offsets = np.arange(len(scan.ids)) - np.repeat(scan.lims[:-1], counts) + before
        yield Stored(scan.ids, scan.distances, np.repeat(scan.clusters, counts), offsets)
        cluster, before = int(scan.clusters[-1]), before + int(counts[-1])


def _not_farther_steps(
    file: InvertedFile, vector: npt.NDArray[Any], coarse: CoarseStep, k: int, work: int
) -> Steps[Stored]:
    """Return the k nearest, and all as near as the last of them; all vectors where there are fewer.

    With the ids in the lists.
    """
    # One call reads all lists, and ties take another: not from a disk.
    if work >= WHOLE and file.has_one_scanner and not file.is_on_disk:
        ivf, similarity = file.stack.ivf, file.similarity
        distances, labels = _search(ivf, vector, coarse, k + 1, similarity)
        if len(labels) <= k or distances[k] != distances[k - 1]:
            return stored_at(ivf, labels[:k], distances[:k])
        last = key_of(float(distances[k - 1]), similarity)
        return Stored.joined(list(within(file, vector, coarse, lambda: last)))
    held, last = Stored.joined([]), np.inf
    pieces = within(file, vector, coarse, lambda: last, work)
    for found in pieces:
        held = Stored.joined([held, found] if len(held) else [found])
        if len(held) > k:
            keys = keys_of(held.distances, file.similarity)
            last = float(np.partition(keys, k - 1)[k - 1])
            held = held.at(keys <= last)
        yield
    return held


def _search(
    index: Any, vector: npt.NDArray[np.float32], coarse: CoarseStep, k: int, similarity: bool
) -> tuple[Distances, Ids]:
    """Return distances and places of the k nearest, in order.

    Each thread searches a share of the lists: Faiss parallelises over queries.
    """
    have(index.invlists, np.sort(coarse.clusters))
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
    order = np.argsort(keys_of(distances, similarity), kind="stable")[:k]
    return distances[order], labels[order]


def stored_at(index: Any, places: Ids, distances: Distances) -> Stored:
    """Return the vectors of an IVF index at some places, with the ids that are stored there."""
    clusters, offsets = unpack(places)
    ids = np.empty(len(places), np.int64)
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    for here in np.split(order, starts[1:]) if len(order) else ():
        with inverted_lists.borrowed_ids(index.invlists, int(clusters[here[0]])) as stored:
            ids[here] = stored[offsets[here]]
    return Stored(ids, distances, clusters, offsets)
