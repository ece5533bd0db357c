"""The nearest rows in one block for many queries: matrix products choose, the kernels of a search decide.

A product rounds otherwise than a kernel, by an amount that has a bound. Rows whose products are within the
bound of the k-th distance are compared again, so that which rows are found, and their distances, do not
depend on the products: not on blocks, threads or processors.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import keys_of
from feder_widget.truth.nearest_rows import NearRows
from feder_widget.truth.row_comparison import RowComparison

SPARE = 8
"""Rows of a block, beyond k, that are read off the products of a query."""

EPSILON = 2.0**-24
"""Unit roundoff of float32."""

TINY = 2.0**-126
"""The smallest number that float32 holds in full."""

LONGEST = 1e36
"""Squared norm up to which products stay finite numbers."""

FAR = 16
"""Times the median of squared norms beyond which a row is compared by kernels: bounds grow with norms."""

FEW = 64
"""One row in so many at most is compared so for its length."""

EXACT_BYTES = 8 << 20
"""Distances by kernels alone that are held at once."""

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
            All rows of the block that are among the k nearest of the block, ties included, and within the
            limits. Others may be there too. Rows count from 0.

        Raises
        ------
        ValueError
            If there are more than ``most_pairs``, since so many rows are equally near.
        """
        none = NearRows.none()
        if not len(vectors):
            return none
        every = np.arange(len(self.points))
        if self.comparison.metric not in _INDEXED:
            return self._by_kernels(every, vectors, np.arange(len(vectors)), limits)
        near, rows = self._centred(self.points), self._centred(vectors)
        norms, lengths = _squared(near), _squared(rows)
        if norms.max(initial=0) > LONGEST:
            return self._by_kernels(every, vectors, np.arange(len(vectors)), limits)
        alone = _compared_alone(lengths)
        found, open_queries, limits = none, every[:0], limits.copy()
        held = np.flatnonzero(~alone)
        if len(held):
            slack = self._slack(norms, float(lengths[held].max()))
            block = rows if len(held) == len(rows) else rows[held]
            found, open_queries = self._by_products(near, block, vectors, held, slack, limits)
        parts = [found]
        if len(open_queries):
            # The products do not tell which rows of the block are within the limits of these.
            parts.append(self._by_kernels(open_queries, vectors, held, limits))
        if alone.any():
            parts.append(self._by_kernels(every, vectors, np.flatnonzero(alone), limits))
        return _joined(parts)

    def _by_products(
        self,
        points: Float32Array,
        block: Float32Array,
        vectors: Float32Array,
        held: Ids,
        slack: Float64Array,
        limits: Float32Array,
    ) -> tuple[NearRows, Ids]:
        """Return the pairs of the queries for which products are enough, and the other queries.

        ``held`` are the rows of ``vectors`` in the block. Lowers ``limits``.
        """
        width = min(self.k + SPARE, len(block))
        metric = self.comparison.metric
        distances, places = faiss.knn(points, block, width, metric=metric)
        products = keys_of(distances, self.comparison.similarity).astype(np.float64)
        products[places < 0] = np.inf
        query, column = np.nonzero(products <= (limits + slack)[:, None])
        rows = held[places[query, column]]
        keys = np.full(products.shape, np.inf, np.float32)
        keys[query, column] = self._keys(query, rows, vectors)
        if width >= self.k:
            kth = np.partition(keys, self.k - 1, axis=1)[:, self.k - 1]
            np.minimum(limits, kth, out=limits)
        # No row that is not among these can be within the limit.
        is_told = (products.max(axis=1) > limits + slack) | (width == len(block))
        told = keys[query, column]
        kept = is_told[query] & (told <= limits[query]) & (told < np.inf)
        pairs = NearRows(query[kept], rows[kept], told[kept])
        return pairs, np.flatnonzero(~is_told)

    def _by_kernels(self, queries: Ids, vectors: Float32Array, rows: Ids, limits: Float32Array) -> NearRows:
        """Return the pairs of some queries and rows within the limits, comparing all; lowers ``limits``."""
        parts, pairs = [], 0
        compared = vectors if len(rows) == len(vectors) else vectors[rows]
        size = max(1, EXACT_BYTES // (4 * max(1, len(rows))))
        for start in range(0, len(queries), size):
            some = queries[start : start + size]
            distances = self.comparison.transformed_distances(
                np.ascontiguousarray(self.points[some]), compared
            )
            keys = keys_of(distances, self.comparison.similarity)
            if len(rows) > self.k:
                # Not a number sorts as the farthest.
                kth = np.partition(keys, self.k - 1, axis=1)[:, self.k - 1]
                limits[some] = np.fmin(limits[some], kth)
            # Nothing that is infinitely far or no number passes.
            query, row = np.nonzero((keys <= limits[some][:, None]) & (keys < np.inf))
            pairs += len(query)
            if pairs > self.most_pairs:
                raise ValueError(
                    f"too many rows are as near to query {some[query[-1]]} as its {self.k} nearest, to be "
                    "held within memory_limit: are most rows equal? Leave them out, or raise memory_limit"
                )
            parts.append(NearRows(some[query], rows[row], keys[query, row]))
        return _joined(parts)

    def _keys(self, queries: Ids, rows: Ids, vectors: Float32Array) -> Float32Array:
        """Return the key of each pair, as a search computes it."""
        found = np.empty(len(queries), np.float32)
        points, queries, rows = self.points, np.ascontiguousarray(queries), np.ascontiguousarray(rows)
        if len(queries):
            _INDEXED[self.comparison.metric](
                points.shape[1],
                len(queries),
                *(faiss.swig_ptr(array) for array in (points, queries, vectors, rows, found)),
            )
        return keys_of(found, self.comparison.similarity)

    def _centred(self, vectors: Float32Array) -> Float32Array:
        return vectors if self.comparison.similarity else np.subtract(vectors, self.origin)

    def _slack(self, norms: Float64Array, largest: float) -> Float64Array:
        """Return by how much a product may differ from a kernel, for each query, float64 (n,).

        Sums of dim terms, each rounded, on both sides: 2 dim roundings of the kernel and as many of the
        products, and some of what stands around them.
        """
        roundings = 4 * (self.points.shape[1] + 8)
        if self.comparison.similarity:
            return np.asarray(roundings * (EPSILON * np.sqrt(norms * largest) + TINY))
        return np.asarray(roundings * (EPSILON * (norms + largest) + TINY))


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
