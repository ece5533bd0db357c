"""The nearest vectors of all for many queries, and the ranks of their clusters: one pass over the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.index import lists
from feder_widget.index.engine import Engine
from feder_widget.recall.explanation import found_at

SCRATCH_BYTES = 16 << 20
"""Vectors gathered from the lists and compared at once: as much as a cache holds, and BLAS needs."""

SPARE = 8
"""Candidates beyond the k nearest that are compared again by the kernels of a search."""

RANKING_BYTES = 128 << 20
"""Size of the rankings held at once."""

_KERNELS = (faiss.fvec_L2sqr_by_idx, faiss.fvec_inner_products_by_idx)

LEAST_BATCH = 1024
"""Queries in a batch where there are so many: each batch reads all lists once."""

EPSILON = 2.0**-24


def batches(count: int, dim: int, nlist: int) -> list[list[slice]]:
    """Cut queries into batches, and each of them into parts that are ranked together.

    Faiss cuts the queries of a search evenly among its threads, and their number decides on the arithmetic
    that ranks the clusters, so the parts are the same unless their rankings would take too much memory. A
    batch is large enough to be compared by matrix products where there are enough queries.
    """
    threads = max(1, min(faiss.omp_get_max_threads(), count))
    most = max(1, RANKING_BYTES // (32 * nlist))
    enough = max(LEAST_BATCH, -(-_blas_work() // dim))
    done: list[list[slice]] = []
    batch: list[slice] = []
    for thread in range(threads):
        start, stop = count * thread // threads, count * (thread + 1) // threads
        pieces = -(-(stop - start) // most)
        for piece in range(pieces):
            begin = start + (stop - start) * piece // pieces
            batch.append(slice(begin, start + (stop - start) * (piece + 1) // pieces))
            if batch[-1].stop - batch[0].start >= enough:
                done.append(batch)
                batch = []
    if batch and done and batch[-1].stop - batch[0].start < enough // 2:
        done[-1].extend(batch)
    elif batch:
        done.append(batch)
    return done


def can_batch(engine: Engine) -> bool:
    """Say whether ``find_batch`` serves: for vectors stored whole in one index, under L2 or inner product."""
    ivf, centroids = engine.stack.ivf, engine.centroids
    return (
        engine.has_one_scanner
        and engine.stack.refine is None
        and type(ivf).__name__ == "IndexIVFFlat"
        and ivf.metric_type <= faiss.METRIC_L2
        and centroids.is_flat
        and centroids.similarity == engine.similarity
    )


def find_batch(
    index: Any,
    vectors: npt.NDArray[np.float32],
    parts: list[slice],
    own: npt.NDArray[np.int64] | None,
    k: int,
    similarity: bool,
    progress: Callable[[float], None],
    find_one: Callable[[int], npt.NDArray[np.int64]],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Find where the k nearest vectors of each query are.

    Parameters
    ----------
    index : faiss.IndexIVFFlat
        Not changed.
    vectors : float32 (n, dim)
        Queries: contiguous.
    parts : list of slice
        Which of them are ranked together.
    own : int64 (n,) or None
        A row id for each query that is left out.
    k : int
        Neighbours wanted: no more than there are.
    similarity : bool
        True when a larger distance is nearer.
    progress : function
        Called now and then with the share that is done since the last call; what it raises ends the work.
    find_one : function
        Gives the answer for one query by its place, int64 (k,), where matrix products are too coarse to tell.

    Returns
    -------
    found : int32 (n, k)
        The nprobe at which the first of them is found, the second and so on, ascending.
    scanned : float64 (nlist,)
        Vectors compared at nprobe 1 to nlist, summed over the queries.
    """
    pool = _Pool(index, vectors, own, k, similarity)
    for share in pool.fill():
        progress(share)
    ids, distances, clusters, is_certain = pool.compared()
    ranks, scanned = find_ranks(index, vectors, parts, clusters)
    # A search that comes to such a row returns nothing in its place.
    ranks[ids == -1] = index.nlist + 1
    if own is not None:
        left_out = ids == own[:, None]
        distances[left_out] = -np.inf if similarity else np.inf
        ranks[left_out] = index.nlist + 1
    found = found_at(ranks, distances, k, similarity).astype(np.int32)
    # The limit counts vectors, so that a cluster's rank does not say whether a search comes to one of them.
    for i in range(len(found)) if index.max_codes > 0 else np.flatnonzero(~is_certain):
        found[i] = find_one(int(i))
        progress(0.0)
    return found, scanned


class _Pool:
    """The nearest candidates of each query, by matrix products at first."""

    def __init__(
        self,
        index: Any,
        vectors: npt.NDArray[np.float32],
        own: npt.NDArray[np.int64] | None,
        k: int,
        similarity: bool,
    ) -> None:
        self._index = index
        self._vectors = vectors
        self._k = k
        self._similarity = similarity
        self._own = own
        self._sizes = lists.sizes(index.invlists)
        self._width = min(k + SPARE, int(self._sizes.sum()))
        dim = vectors.shape[1]
        # Products of large numbers lose the small differences; L2 distances are the same about any origin.
        self._origin = np.zeros(dim, np.float32) if similarity else _middle(index, dim)
        self._keys = np.full((len(vectors), 0), np.inf, np.float32)
        self._places = np.empty((len(vectors), 0), np.int64)
        self._largest = 0.0

    def fill(self) -> Iterator[float]:
        """Go through all lists; yields the share of the vectors compared since the last time."""
        total = int(self._sizes.sum())
        dim = self._vectors.shape[1]
        queries = np.ascontiguousarray(self._vectors - self._origin)
        metric = faiss.METRIC_INNER_PRODUCT if self._similarity else faiss.METRIC_L2
        room = max(int(self._sizes.max(initial=1)), SCRATCH_BYTES // (4 * dim))
        scratch = np.empty((min(room, total), dim), np.float32)
        first_place = 0
        for first, last in _runs(self._sizes, room):
            count = 0
            for cluster in range(first, last):
                size = int(self._sizes[cluster])
                with lists.borrowed_vectors(self._index.invlists, cluster, dim) as stored:
                    np.subtract(stored, self._origin, out=scratch[count : count + size])
                count += size
            part = scratch[:count]
            self._largest = max(self._largest, float(np.einsum("ij,ij->i", part, part).max(initial=0)))
            distances, rows = faiss.knn(queries, part, min(self._width, count), metric=metric)
            self._take(-distances if self._similarity else distances, rows + first_place)
            first_place += count
            yield count / total

    def _take(self, keys: npt.NDArray[np.float32], places: npt.NDArray[np.int64]) -> None:
        keys = np.concatenate([self._keys, keys], axis=1)
        places = np.concatenate([self._places, places], axis=1)
        if keys.shape[1] > self._width:
            best = np.argpartition(keys, self._width - 1, axis=1)[:, : self._width]
            keys, places = np.take_along_axis(keys, best, 1), np.take_along_axis(places, best, 1)
        self._keys, self._places = keys, places

    def compared(
        self,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Compare the candidates as a search does.

        Returns
        -------
        ids, distances, clusters : (n, width)
            Of each query's candidates.
        is_certain : bool (n,)
            Whether no other vector can be as near as the k-th.
        """
        ends = np.cumsum(self._sizes)
        clusters = np.searchsorted(ends, self._places, side="right")
        offsets = self._places - (ends - self._sizes)[clusters]
        n, width = self._places.shape
        dim = self._vectors.shape[1]
        stored = np.empty((n * width, dim), np.float32)
        ids = np.empty(n * width, np.int64)
        order = np.argsort(self._places, axis=None, kind="stable")
        homes = clusters.ravel()[order]
        starts = np.flatnonzero(np.diff(homes, prepend=-1))
        for some in np.split(order, starts[1:]):
            cluster, at = int(clusters.flat[some[0]]), offsets.ravel()[some]
            with lists.borrowed_ids(self._index.invlists, cluster) as names:
                ids[some] = names[at]
            with lists.borrowed_vectors(self._index.invlists, cluster, dim) as vectors:
                stored[some] = vectors[at]
        distances = np.empty((n, width), np.float32)
        rows = np.arange(n * width).reshape(n, width)
        compare = _KERNELS[self._similarity]
        compare(*(faiss.swig_ptr(array) for array in (distances, self._vectors, stored, rows)), dim, n, width)
        names_of = ids.reshape(n, width)
        return names_of, distances, clusters, self._certain(names_of, distances)

    def _certain(
        self, ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.bool_]:
        if self._width == int(self._sizes.sum()):
            return np.ones(len(ids), bool)
        keys = (-distances if self._similarity else distances).astype(np.float64)
        if self._own is not None:
            keys[ids == self._own[:, None]] = np.inf
        kth = np.partition(keys, self._k - 1, axis=1)[:, self._k - 1]
        centred = (self._vectors - self._origin).astype(np.float64)
        norms = np.einsum("ij,ij->i", centred, centred)
        # The bound of a sum of dim products, each term rounded, on both sides of the comparison.
        slack = 2 * (self._vectors.shape[1] + 8) * EPSILON * 2 * (norms + self._largest)
        return np.asarray(kth + slack < self._keys.max(axis=1))


def _middle(index: Any, dim: int) -> npt.NDArray[np.float32]:
    quantizer: Any = faiss.downcast_index(index.quantizer)
    centroids = faiss.rev_swig_ptr(quantizer.get_xb(), index.nlist * dim).reshape(index.nlist, dim)
    return np.asarray(centroids.mean(axis=0, dtype=np.float64), np.float32)


def _runs(sizes: npt.NDArray[np.int64], room: int) -> Iterator[tuple[int, int]]:
    """Cut the lists into runs that hold at most ``room`` vectors each."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + room, side="right")))
        if ends[last - 1] > before:
            yield first, last
        first = last


def find_ranks(
    index: Any, vectors: npt.NDArray[np.float32], parts: list[slice], clusters: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Rank some clusters for each query, and sum the vectors compared at every nprobe over the queries.

    Parameters
    ----------
    index : faiss.IndexIVFFlat
        Not changed.
    vectors : float32 (n, dim)
        Queries.
    parts : list of slice
        Which of them are ranked together.
    clusters : int64 (n, width)
        Clusters to rank for each of them.

    Returns
    -------
    ranks : int64 (n, width)
        From 1.
    scanned : float64 (nlist,)
    """
    sizes = lists.sizes(index.invlists)
    nlist = index.nlist
    ranks = np.empty(clusters.shape, np.int64)
    scanned = np.zeros(nlist)
    for part in parts:
        _, order = index.quantizer.search(vectors[part], nlist)
        rank_of = np.empty((len(order), nlist), np.int32)
        np.put_along_axis(rank_of, order, np.arange(1, nlist + 1, dtype=np.int32)[None], axis=1)
        ranks[part] = np.take_along_axis(rank_of, clusters[part], axis=1)
        compared = np.cumsum(sizes[order], axis=1)
        if index.max_codes > 0:
            np.minimum(compared, index.max_codes, out=compared)
        scanned += compared.sum(axis=0)
    return ranks, scanned


def _blas_work() -> int:
    """Return the queries times dimensions from which on Faiss compares by matrix products."""
    return int(faiss.cvar.distance_compute_blas_threshold)
