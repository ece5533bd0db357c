"""At which nprobe the nearest vectors of all are found, for many queries: one pass over the lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.inverted_file import Engine
from feder_widget.truth.explanation import found_at
from feder_widget.truth.gathered import Gathered
from feder_widget.truth.pool import SPARE, Pool

RANKING_BYTES = 128 << 20
"""Size of what is held while clusters are ranked, and of the rankings that are kept."""

BLOCK_BYTES = 16 << 20
"""Size of what is held while rankings are looked through."""

COMPARED_BYTES = 64 << 20
"""Size of the candidates that are compared once more at once."""

ALIGNED = 1024
"""Queries ranked together are as many as a multiple of this, so that BLAS goes about them in the same way."""

LEAST_BATCH = 256
"""Queries in a batch where there are so many."""

LEAST_CHUNK = 256
"""Queries that are finished together where they are too few for products of matrices."""

FINISHED_WORK = 10_000_000_000
"""Multiplications by which the first queries are finished when all are ended: a quarter of a second."""


def batches(count: int, dim: int, nlist: int) -> list[list[slice]]:
    """Cut queries into batches, and each of them into parts that are ranked together.

    Faiss cuts the queries of a search evenly among its threads, and their number decides on the arithmetic
    that ranks the clusters. The parts are the same; where they are large they are cut as Faiss's own products
    of matrices are, or smaller where their rankings would take too much memory. A batch is large enough to be
    compared by matrix products where there are enough queries.
    """
    threads = max(1, min(faiss.omp_get_max_threads(), count))
    most = max(1, min(int(faiss.cvar.distance_compute_blas_query_bs), RANKING_BYTES // (32 * nlist)))
    most -= most % ALIGNED if most > ALIGNED else 0
    enough = max(LEAST_BATCH, -(-_blas_work() // dim))
    room = RANKING_BYTES // (4 * nlist)
    done: list[list[slice]] = []
    batch: list[slice] = []
    for thread in range(threads):
        start, stop = count * thread // threads, count * (thread + 1) // threads
        for begin, end in itertools.pairwise([*_begins(start, stop, most), stop]):
            batch.append(slice(begin, end))
            if end - batch[0].start >= min(enough, room):
                done.append(batch)
                batch = []
    few = min(enough // 2, room - (done[-1][-1].stop - done[-1][0].start)) if done else 0
    if batch and batch[-1].stop - batch[0].start < few:
        done[-1].extend(batch)
    elif batch:
        done.append(batch)
    return done


def _begins(start: int, stop: int, most: int) -> list[int]:
    """Cut a run of queries where that does not matter to BLAS, or else evenly; return where pieces begin."""
    if most < ALIGNED:
        pieces = -(-(stop - start) // most)
        return [start + (stop - start) * piece // pieces for piece in range(pieces)]
    begins = list(range(start, stop, most))
    if len(begins) > 1 and stop - begins[-1] < ALIGNED:
        begins.pop()
    return begins


def chunks(count: int, dim: int, k: int) -> Iterator[slice]:
    """Cut the queries of a batch into parts that are finished one after the other.

    What ends early then leaves something. A part reads all lists, so it is as large as Faiss needs to compare
    by products of matrices, where there are so many, unless its candidates would take too much memory.
    """
    enough = -(-_blas_work() // dim)
    size = max(enough, LEAST_CHUNK) if count >= enough else LEAST_CHUNK
    pieces = min(count, max(1, count // size, -(-count * 4 * dim * (k + SPARE) // COMPARED_BYTES)))
    for begin, end in itertools.pairwise([count * piece // pieces for piece in range(pieces + 1)]):
        yield slice(begin, end)


def can_batch(engine: Engine) -> bool:
    """Say whether ``find_batch`` serves: for vectors stored whole in one index, under L2 or inner product.

    Not where a limit on the vectors compared decides whether a search comes to one of them.
    """
    ivf, centroids = engine.stack.ivf, engine.centroids
    return (
        engine.has_one_scanner
        and engine.stack.refine is None
        and type(ivf).__name__ == "IndexIVFFlat"
        and ivf.max_codes <= 0
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
) -> Iterator[tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]]:
    """Find where the k nearest vectors of each query are, some queries after the others.

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
        Called now and then with the share that is done since the last call; what it raises ends the work,
        after the first queries were finished if that does not take long.
    find_one : function
        Gives the answer for one query by its place, int64 (k,), where matrix products are too coarse to tell.

    Yields
    ------
    found : int32 (m, k)
        For the next m queries: the nprobe at which the first of them is found, the second and so on,
        ascending.
    scanned : float64 (nlist,)
        Vectors compared at nprobe 1 to nlist, summed over these queries.
    """
    orders = rankings(index, vectors, parts)
    gathered = Gathered(index, centred=not similarity)
    for some in chunks(len(vectors), vectors.shape[1], k):
        mine = None if own is None else own[some]
        pool = Pool(gathered, np.ascontiguousarray(vectors[some]), mine, k, similarity)
        ended = _fill(pool, gathered, progress, (some.stop - some.start) / len(vectors))
        best = pool.compared()
        order = orders[some.start : some.start + len(pool)]
        ranks, distances = ranks_among(order, best.clusters), best.distances
        if mine is not None:
            left_out = best.ids == mine[: len(pool), None]
            distances[left_out] = -np.inf if similarity else np.inf
            ranks[left_out] = index.nlist + 1
        found = found_at(ranks, distances, k, similarity).astype(np.int32)
        doubtful = np.flatnonzero(~best.is_certain)
        if ended is None:
            ended, found = _settle(found, doubtful, some.start, find_one, progress)
        elif len(doubtful):
            found = found[: doubtful[0]]
        if len(found):
            yield found, compared_at(order[: len(found)], gathered.sizes)
        if ended is not None:
            raise ended


def _fill(
    pool: Pool, gathered: Gathered, progress: Callable[[float], None], part: float
) -> BaseException | None:
    """Fill a pool; if something is raised, finish the first queries alone and return what that was.

    They are no greater a share of all than the work that was done is, and few enough to be finished soon.
    """
    try:
        for share in pool.fill():
            progress(share * part)
    except BaseException as error:
        left = (1 - pool.share) * gathered.total * gathered.index.d
        few = int(min(len(pool) * pool.share, FINISHED_WORK // max(1, left)))
        # What would have to be read from a file first takes too long.
        if few == 0 or inverted_lists.are_on_disk(gathered.index.invlists) or not pool.finish(few):
            raise
        return error
    return None


def _settle(
    found: npt.NDArray[np.int32],
    doubtful: npt.NDArray[np.intp],
    start: int,
    find_one: Callable[[int], npt.NDArray[np.int64]],
    progress: Callable[[float], None],
) -> tuple[BaseException | None, npt.NDArray[np.int32]]:
    """Find rows one by one, the first of all being query ``start``.

    Returns
    -------
    What was raised on the way, if anything, and the rows before it.
    """
    row = 0
    try:
        for row in doubtful.tolist():
            found[row] = find_one(start + row)
            progress(0.0)
    except BaseException as error:
        return error, found[:row]
    return None, found


def rankings(index: Any, vectors: npt.NDArray[np.float32], parts: list[slice]) -> npt.NDArray[np.int32]:
    """Return the clusters by rank for each query, int32 (n, nlist); -1 beyond those that a search finds."""
    orders = np.empty((len(vectors), index.nlist), np.int32)
    for part in parts:
        orders[part] = index.quantizer.search(vectors[part], index.nlist)[1]
    return orders


def ranks_among(orders: npt.NDArray[np.int32], clusters: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the ranks of some clusters, int64 (n, width), from 1; nlist + 1 where a search finds it not.

    ``orders`` are the ``rankings`` of n queries, ``clusters`` is int64 (n, width).
    """
    n, nlist = orders.shape
    ranks = np.empty(clusters.shape, np.int64)
    for some in _blocks(n, nlist):
        # The last column takes what is said of cluster -1.
        rank_of = np.full((len(orders[some]), nlist + 1), nlist + 1, np.int32)
        np.put_along_axis(rank_of, orders[some], np.arange(1, nlist + 1, dtype=np.int32)[None], axis=1)
        ranks[some] = np.take_along_axis(rank_of, clusters[some], axis=1)
    return ranks


def compared_at(orders: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the vectors compared at nprobe 1 to nlist, summed over the queries, float64 (nlist,)."""
    n, nlist = orders.shape
    compared = np.zeros(nlist)
    held = np.append(sizes, 0)
    for some in _blocks(n, nlist):
        compared += np.cumsum(held[orders[some]], axis=1).sum(axis=0)
    return compared


def _blocks(n: int, nlist: int) -> Iterator[slice]:
    """Cut queries so that a few numbers for each of their clusters fit into ``BLOCK_BYTES``."""
    size = max(1, BLOCK_BYTES // (16 * nlist))
    for start in range(0, n, size):
        yield slice(start, start + size)


def _blas_work() -> int:
    """Return the queries times dimensions from which on Faiss compares by matrix products."""
    return int(faiss.cvar.distance_compute_blas_threshold)
