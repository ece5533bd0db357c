"""The clusters by rank for many queries, as a Faiss search of all these queries ranks them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.work_pieces import WHOLE, Steps

RANKING_BYTES = 128 << 20
"""Bytes held while clusters are ranked, and bytes of the rankings that are kept."""

BLOCK_BYTES = 16 << 20
"""Bytes held while rankings are looked through."""

ALIGNED = 1024
"""Queries ranked together are as many as a multiple of this: then BLAS rounds as in a search of them all."""

LEAST_BATCH = 256
"""Queries in a batch where there are so many."""

SORT_WORK = 128
"""Multiplications that sorting one centroid into a ranking counts for."""

RANK_WORK = 32
"""Multiplications that looking one centroid up in a ranking counts for."""

Orders = npt.NDArray[np.int32]


def blas_work() -> int:
    """Return the queries times dimensions from which on Faiss compares by matrix products."""
    return int(faiss.cvar.distance_compute_blas_threshold)


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
    enough = max(LEAST_BATCH, -(-blas_work() // dim))
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
    """Cut a run of queries where BLAS rounds as without the cut, or else evenly; return the first of each."""
    if most < ALIGNED:
        pieces = -(-(stop - start) // most)
        return [start + (stop - start) * piece // pieces for piece in range(pieces)]
    begins = list(range(start, stop, most))
    if len(begins) > 1 and stop - begins[-1] < ALIGNED:
        begins.pop()
    return begins


def rankings_steps(
    file: InvertedFile, queries: npt.NDArray[np.float32], parts: list[slice], work: int = WHOLE
) -> Steps[Orders]:
    """Return the clusters by rank for each query, int32 (n, nlist); -1 where a search finds no more.

    Parameters
    ----------
    file : InvertedFile
        The index.
    queries : float32 (n, inner dim)
        Behind the index's transforms.
    parts : list of slice
        The queries that are ranked together.
    work : int
        Multiplications per piece. Where a part takes more, its queries are ranked as single searches rank
        them. That may order centroids otherwise whose distances agree but for the last digits.
    """
    nlist, dim = file.centroids.nlist, queries.shape[1]
    most = max(1, min(work // (nlist * (dim + SORT_WORK)), (blas_work() - 1) // dim))
    orders = np.empty((len(queries), nlist), np.int32)
    for part in parts:
        count = part.stop - part.start
        is_piece = count * nlist * (dim + SORT_WORK) <= work
        for start in range(part.start, part.stop, count if is_piece else most):
            some = slice(start, min(part.stop, start + (count if is_piece else most)))
            orders[some] = file.stack.ivf.quantizer.search(queries[some], nlist)[1]
            yield
    return orders


def query_blocks(count: int, nlist: int, work: int = WHOLE) -> Iterator[slice]:
    """Cut queries into blocks, so that a few numbers per query and cluster take bounded memory."""
    size = max(1, min(BLOCK_BYTES // (16 * nlist), work // (nlist * RANK_WORK)))
    for start in range(0, count, size):
        yield slice(start, min(count, start + size))


def ranks_among(orders: Orders, clusters: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the ranks of some clusters, int64 (n, width), from 1; nlist + 1 where a search finds it not.

    ``orders`` are the rankings of n queries, ``clusters`` is int64 (n, width).
    """
    n, nlist = orders.shape
    # The last column takes the rank of cluster -1.
    rank_of = np.full((n, nlist + 1), nlist + 1, np.int32)
    np.put_along_axis(rank_of, orders, np.arange(1, nlist + 1, dtype=np.int32)[None], axis=1)
    return np.take_along_axis(rank_of, clusters, axis=1).astype(np.int64)


def compared_at(orders: Orders, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the vectors compared at nprobe 1 to nlist, summed over the queries, float64 (nlist,)."""
    held = np.append(sizes, 0)
    by_rank = np.zeros(orders.shape[1])
    for some in query_blocks(*orders.shape):
        by_rank += held[orders[some]].sum(axis=0)
    return np.cumsum(by_rank)
