"""The nearest vectors for a batch of queries: matrix products choose candidates, a search's kernels decide.

``faiss.contrib.exhaustive_search`` merges blocks likewise, but reports distances of matrix products, which
differ from a search's in the last digits and so can order near neighbours otherwise. Here products only
choose some more candidates than are wanted; these are compared by the kernels that a search uses, and a bound
of the products' rounding error says for which queries the choice was certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.model.keys import keys_of
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.job.one_reading import PRODUCT_SPEED
from feder_widget.truth.neighbours.list_blocks import ListBlocks
from feder_widget.truth.neighbours.product_parts import (
    BLOCK_BYTES,
    ProductPass,
    ProductsFound,
    best_by_products,
)
from feder_widget.truth.neighbours.row_parts import Cut
from feder_widget.truth.workloads.rankings import blas_work
from feder_widget.workers import Workers

SPARE = 8
"""Candidates beyond the k nearest that the kernels of a search compare again."""

FINISHED_WORK = 10_000_000_000
"""Multiplications with which the first queries of an ended batch are finished: a quarter of a second."""

EPSILON = 2.0**-24

_KERNELS = (faiss.fvec_L2sqr_by_idx, faiss.fvec_inner_products_by_idx)

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The nearest candidates of each query, in no order.

    Attributes
    ----------
    ids, distances, clusters : (n, width)
        Row ids int64, distances float32 as a search reports them, clusters int64.
    is_certain : bool (n,)
        Whether no other vector can be as near as the k-th, and a search returns each of these. Nothing else
        is true of a query where this is False.
    """

    ids: Ids
    distances: Float32Array
    clusters: Ids
    is_certain: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Best:
    """The best so far by key and position, (n, width) each, and the number of vectors compared."""

    keys: Float32Array
    positions: Ids
    compared: int


class BatchSearch:
    """One pass over all vectors for some queries. Ended at any time, it can be finished for the first ones.

    Parameters
    ----------
    blocks : ListBlocks
        The vectors.
    queries : float32 (n, dim)
        Contiguous.
    own : int64 (n,) or None
        A row id for each query that does not count.
    k : int
        Neighbours wanted.
    similarity : bool
        True when a larger distance is nearer.
    """

    def __init__(
        self, blocks: ListBlocks, queries: Float32Array, own: Ids | None, k: int, similarity: bool
    ) -> None:
        self._blocks = blocks
        self._queries = queries
        self._centred = np.ascontiguousarray(queries - blocks.origin)
        self._own = own
        self._k = k
        self.similarity = similarity
        self._width = min(k + SPARE, blocks.total)
        none = np.empty((len(queries), 0))
        self._best = _Best(none.astype(np.float32), none.astype(np.int64), 0)

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self._queries)

    def steps(self, work: int = WHOLE) -> Iterator[float]:
        """Compare the queries with all vectors; yields the share of the vectors compared in each piece."""
        total, dim = self._blocks.total, self._queries.shape[1]
        count = len(self._queries)
        if count * dim >= blas_work():
            work *= PRODUCT_SPEED
        # Keeping the best of a piece takes some time for each query too.
        most = max(2 * self._width, min(BLOCK_BYTES // (4 * dim), work // (count * dim)))
        while self._best.compared < total:
            before = self._best.compared
            self._compare(most)
            yield (self._best.compared - before) / total

    def shared_steps(
        self, workers: Workers, cut: Cut, row_bytes: int, progress: Callable[[float], None]
    ) -> Steps[None]:
        """Do ``steps`` by the workers of an executor; the products round as those of one thread.

        Parameters
        ----------
        workers : Workers
            Compare the vectors.
        cut : function
            Returns the vectors from one position up to but not another, as stored; called on this thread.
        row_bytes : int
            Bytes of a vector that is carried to them; 0 where a file holds it.
        progress : function
            Called with the share of the vectors compared since the last call.
        """

        def take(found: ProductsFound) -> None:
            self._merge(found.keys, found.positions, found.compared)
            self._blocks.largest = max(self._blocks.largest, found.largest)
            progress(found.compared / self._blocks.total)

        products = ProductPass(
            self._centred, self._blocks.origin, self._width, self.similarity, self._blocks.total, row_bytes
        )
        yield from workers.results_steps(products.parts(cut), take)

    def finish(self, most_work: int = FINISHED_WORK) -> bool:
        """Compare the first queries with all vectors, after ``steps`` was ended.

        They are no greater a share of all than the vectors compared are, and few enough to be finished with
        this many multiplications.

        Returns
        -------
        bool
            False where no query is finished: also where the vectors would have to be read from a file, which
            takes too long.
        """
        total, best = self._blocks.total, self._best
        left = (total - best.compared) * self._queries.shape[1]
        few = min(len(self) * best.compared // max(1, total), most_work // max(1, left))
        if few == 0 or inverted_lists.are_on_disk(self._blocks.index.invlists):
            return False
        self._queries, self._centred = self._queries[:few], self._centred[:few]
        self._own = None if self._own is None else self._own[:few]
        self._best = _Best(best.keys[:few], best.positions[:few], best.compared)
        for _ in self.steps():
            pass
        return True

    def _compare(self, most: int) -> None:
        """Compare the queries with the next vectors."""
        start = self._best.compared
        block = self._blocks.read(start, min(start + most, self._blocks.total))
        keys, rows = best_by_products(self._centred, block, self._width, self.similarity)
        self._merge(keys, np.where(rows >= 0, rows + start, -1), len(block))

    def _merge(self, near: Float32Array, rows: Ids, compared: int) -> None:
        """Keep the best of those known and of others, (n, width) both."""
        best = self._best
        keys = np.concatenate([best.keys, near], axis=1)
        positions = np.concatenate([best.positions, rows], axis=1)
        if keys.shape[1] > self._width:
            kept = np.argpartition(keys, self._width - 1, axis=1)[:, : self._width]
            keys, positions = np.take_along_axis(keys, kept, 1), np.take_along_axis(positions, kept, 1)
        # At once: an interrupt leaves the whole piece done or not begun.
        self._best = _Best(keys, positions, best.compared + compared)

    def candidates_steps(self, work: int = WHOLE) -> Steps[Candidates]:
        """Compare the best candidates as a search does, after the pass is done or finished."""
        are_known = (self._best.positions >= 0).all(axis=1)
        clusters, offsets = self._blocks.places(np.maximum(self._best.positions, 0))
        ids, stored = yield from self._stored_steps(clusters.ravel(), offsets.ravel(), work)
        n, width = clusters.shape
        dim = self._queries.shape[1]
        distances = np.empty((n, width), np.float32)
        rows = np.arange(n * width).reshape(n, width)
        compare = _KERNELS[self.similarity]
        compare(*(faiss.swig_ptr(array) for array in (distances, self._queries, stored, rows)), dim, n, width)
        ids = ids.reshape(n, width)
        # A search that comes to a row without an id returns nothing in its place.
        are_known &= np.isfinite(distances).all(axis=1) & (ids != -1).all(axis=1)
        return Candidates(ids, distances, clusters, are_known & self._certain(ids, distances))

    def _stored_steps(self, clusters: Ids, offsets: Ids, work: int) -> Steps[tuple[Ids, Float32Array]]:
        """Return the row ids and the vectors at some places, int64 (n,) and float32 (n, dim)."""
        invlists, dim = self._blocks.index.invlists, self._queries.shape[1]
        ids = np.empty(len(clusters), np.int64)
        vectors = np.empty((len(clusters), dim), np.float32)
        order = np.lexsort((offsets, clusters))
        starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
        done = 0
        for some in np.split(order, starts[1:]) if len(order) else ():
            if done >= work:
                done = 0
                yield
            cluster, at = int(clusters[some[0]]), offsets[some]
            with inverted_lists.borrowed_ids(invlists, cluster) as held:
                if len(held) != self._blocks.sizes[cluster]:
                    raise self._blocks.changed(cluster, len(held))
                ids[some] = held[at]
            with inverted_lists.borrowed_vectors(invlists, cluster, dim) as stored:
                vectors[some] = stored[at]
            done += inverted_lists.LIST_WORK + len(some) * dim
        return ids, vectors

    def _certain(self, ids: Ids, distances: Float32Array) -> npt.NDArray[np.bool_]:
        left_out = np.zeros(ids.shape, bool) if self._own is None else ids == self._own[:, None]
        if self._width == self._blocks.total:
            return np.asarray(np.count_nonzero(~left_out, axis=1) >= self._k)
        keys = keys_of(distances, self.similarity).astype(np.float64)
        keys[left_out] = np.inf
        kth = np.partition(keys, self._k - 1, axis=1)[:, self._k - 1]
        centred = self._centred.astype(np.float64)
        norms = np.einsum("ij,ij->i", centred, centred)
        # The bound of a sum of dim products, each term rounded, on both sides of the comparison.
        slack = 2 * (self._queries.shape[1] + 8) * EPSILON * 2 * (norms + self._blocks.largest)
        # Where numbers overflowed, the comparison is one with NaN: not certain.
        with np.errstate(invalid="ignore"):
            return np.asarray(kth + slack < self._best.keys.max(axis=1))
