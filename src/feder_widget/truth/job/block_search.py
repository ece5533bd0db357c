"""The nearest rows in one block for many queries: matrix products choose, the kernels of a search decide.

A product rounds otherwise than a kernel, by an amount that has a bound. Rows whose products are within the
bound of the k-th distance are compared again, so that which rows are found, and their distances, do not
depend on the products: not on blocks, threads or processors.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.omp_threads import omp_threads
from feder_widget.model.keys import keys_of
from feder_widget.truth.job.products import LONGEST, Products
from feder_widget.truth.neighbours.nearest_rows import NearestRows, NearRows
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.workloads.rankings import blas_work

HEAD = 1024
"""Rows that are compared by kernels alone where nothing bounds yet what is near."""

MOST_QUERIES = 2048
"""Queries that are multiplied at once."""

ROWS = 1024, 1 << 16
"""Rows that are multiplied at once, at least and at most."""

PAIRS = 1 << 20
"""Pairs of these that are wanted, so that few queries are multiplied with many rows."""

FAR = 16
"""Times the median of squared norms beyond which a row is compared by kernels: bounds grow with norms."""

FEW = 64
"""One row in so many at most is compared so for its length."""

FEW_QUERIES = 32
"""Queries up to which a search by kernels takes less time than products and what they need."""

EXACT_BYTES = 8 << 20
"""Distances by kernels alone that are held at once."""

LITTLE_WORK = 10_000_000
"""Multiplications that one thread does alone."""

_INDEXED = {
    faiss.METRIC_L2: faiss.pairwise_indexed_L2sqr,
    faiss.METRIC_INNER_PRODUCT: faiss.pairwise_indexed_inner_product,
}

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BlockSearch:
    """Queries that are compared with block after block.

    Attributes
    ----------
    comparison : RowComparison
        How queries and rows are compared.
    points : float32 (n, dim)
        The transformed queries. Contiguous.
    k : int
        Rows wanted of each, at least 1.
    origin : float32 (dim,)
        Subtracted from queries and rows before products by L2: smaller numbers lose less. Anything will do.
    most_pairs : int
        Pairs of a query and a row that may be held at once.
    """

    comparison: RowComparison
    points: Float32Array
    k: int
    origin: Float32Array
    most_pairs: int = 1 << 62

    def near(self, vectors: Float32Array, limits: Float32Array) -> NearRows:
        """Return the pairs of a query and a row that may be among its k nearest.

        Parameters
        ----------
        vectors : float32 (rows, dim)
            Transformed, contiguous.
        limits : float32 (n,)
            Keys beyond which no row is of interest to a query; infinite at first.

        Returns
        -------
        NearRows
            All rows of the block that are among its k nearest, ties included, and within the limits. Others
            may be there too. Rows count from 0.

        Raises
        ------
        ValueError
            If there are more than ``most_pairs``, since so many rows are equally near.
        """
        if not len(vectors):
            return NearRows.none()
        every = np.arange(len(self.points))
        if self.comparison.metric not in _INDEXED:
            return self._by_kernels(every, vectors, np.arange(len(vectors)), limits)
        if len(self.points) <= FEW_QUERIES and self.points.size < blas_work():
            return self._by_search(vectors, limits)
        points, rows = self._centred(self.points), self._centred(vectors)
        norms, lengths = _squared(points), _squared(rows)
        if norms.max(initial=0) > LONGEST:
            return self._by_kernels(every, vectors, np.arange(len(vectors)), limits)
        nearest = NearestRows(len(points), self.k, self.comparison.similarity, limits)
        alone = _compared_alone(lengths)
        if np.isinf(limits).any():
            # The first rows bound what can be near.
            alone[: max(HEAD, 4 * self.k)] = True
        if alone.any():
            nearest.join(self._by_kernels(every, vectors, np.flatnonzero(alone), limits))
            nearest.near()
        held = np.flatnonzero(~alone)
        size = min(max(ROWS[0], PAIRS // len(points)), ROWS[1])
        for start in range(0, len(held), size):
            some = held[start : start + size]
            chunk = Products(rows[some], lengths[some], self.comparison.similarity)
            for first in range(0, len(points), MOST_QUERIES):
                asking = slice(first, first + MOST_QUERIES)
                bounds = nearest.limits()[asking]
                query, place = chunk.within(points[asking], norms[asking], bounds)
                nearest.join(self._pairs(query + first, some[place], vectors))
            self._check(nearest)
        return nearest.near()

    def _by_search(self, vectors: Float32Array, limits: Float32Array) -> NearRows:
        """Return the pairs of a few queries by Faiss's own search, which keeps only k of those that tie."""
        wanted = min(self.k + 1, len(vectors))
        distances, rows = faiss.knn(self.points, vectors, wanted, metric=self.comparison.metric)
        keys = keys_of(distances, self.comparison.similarity)
        near = (rows >= 0) & (keys < np.inf) & (keys <= limits[:, None])
        tied = np.zeros(len(keys), np.bool_)
        if wanted > self.k:
            # Others may be as near, unless the last one is farther than the k-th, or beyond the limit.
            tied = near[:, self.k] & (keys[:, self.k] == keys[:, self.k - 1])
        near[tied] = False
        query, place = np.nonzero(near)
        found = NearRows(query, rows[query, place], keys[query, place])
        if not tied.any():
            return found
        again = self._by_kernels(np.flatnonzero(tied), vectors, np.arange(len(vectors)), limits)
        return _joined([found, again])

    def _pairs(self, queries: Ids, rows: Ids, vectors: Float32Array) -> NearRows:
        """Return pairs of a query and a row with their keys, as a search computes them."""
        found = np.empty(len(queries), np.float32)
        points = self.points
        if len(queries):
            # Few pairs take less time than threads that wait for one another.
            is_little = len(queries) * points.shape[1] < LITTLE_WORK
            with omp_threads(1) if is_little else nullcontext():
                _INDEXED[self.comparison.metric](
                    points.shape[1],
                    len(queries),
                    *(faiss.swig_ptr(array) for array in (points, queries, vectors, rows, found)),
                )
        keys = keys_of(found, self.comparison.similarity)
        near = keys < np.inf
        return NearRows(queries[near], rows[near], keys[near])

    def _check(self, nearest: NearestRows) -> None:
        """Raise if more pairs are held than may be, though the nearest alone are kept."""
        if nearest.held > self.most_pairs and len(nearest.near().queries) > self.most_pairs:
            raise too_many(nearest.near(), self.k)

    def _by_kernels(self, queries: Ids, vectors: Float32Array, rows: Ids, limits: Float32Array) -> NearRows:
        """Return the pairs of some queries and rows within the limits, comparing all."""
        parts, pairs = [], 0
        compared = vectors if len(rows) == len(vectors) else vectors[rows]
        size = max(1, EXACT_BYTES // (4 * max(1, len(rows))))
        for start in range(0, len(queries), size):
            some = queries[start : start + size]
            distances = self.comparison.transformed_distances(
                np.ascontiguousarray(self.points[some]), compared
            )
            keys = keys_of(distances, self.comparison.similarity)
            within = limits[some]
            if len(rows) > self.k:
                # Not a number sorts as the farthest.
                kth = np.partition(keys, self.k - 1, axis=1)[:, self.k - 1]
                within = np.fmin(limits[some], kth)
            # Nothing that is infinitely far or no number passes.
            query, row = np.nonzero((keys <= within[:, None]) & (keys < np.inf))
            parts.append(NearRows(some[query], rows[row], keys[query, row]))
            pairs += len(query)
            if pairs > self.most_pairs:
                raise too_many(_joined(parts), self.k)
        return _joined(parts)

    def _centred(self, vectors: Float32Array) -> Float32Array:
        return vectors if self.comparison.similarity else np.subtract(vectors, self.origin)


def too_many(near: NearRows, k: int) -> ValueError:
    """Return the error that says that too many rows tie."""
    counts = np.bincount(near.queries)
    return ValueError(
        f"{counts.max():,} rows are as near to query {counts.argmax()} as its {k} nearest, too many to be "
        "held within memory_limit: are most rows equal? Leave them out, or raise memory_limit"
    )


def _compared_alone(lengths: Float64Array) -> Flags:
    """Return which rows are compared by kernels, bool (n,): of no finite length, or far longer than most."""
    far = ~(lengths <= min(LONGEST, FAR * float(np.median(lengths))))
    return far if far.sum() * FEW <= len(far) else ~(lengths <= LONGEST)


def _squared(vectors: Float32Array) -> Float64Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.einsum("ij,ij->i", vectors, vectors), np.float64)


def _joined(parts: list[NearRows]) -> NearRows:
    return NearRows(
        np.concatenate([part.queries for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.keys for part in parts]),
    )
