"""The nearest of the vectors that a caller gave, for one query or many: one pass, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import keys_of
from feder_widget.model.pieces import WHOLE, Steps

BLOCK_BYTES = 64 << 20
"""Vectors compared at once. Vectors that are not float32, or that are transformed, are copied."""

BLOCK_PAIRS = 1 << 20
"""Distances held at once."""

READ_WORK = 4
"""Multiplications per dimension that reading and converting one vector counts for."""

SPARE = 64
"""Candidates beyond twice k that each query may have before the worst are dropped."""

_KERNELS = {
    faiss.METRIC_L2: faiss.fvec_L2sqr_by_idx,
    faiss.METRIC_INNER_PRODUCT: faiss.fvec_inner_products_by_idx,
}

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


class Originals:
    """Vectors, row i for row id i, and how they are compared.

    Parameters
    ----------
    vectors : array or numpy.memmap (n, dim)
        Of any real type; read block by block, and compared as float32.
    chain : sequence of faiss.VectorTransform
        Transforms of vectors and queries before they are compared; see ``original_space.metric_chain``.
    metric, metric_arg
        Faiss's number of the metric, and its argument.
    """

    def __init__(
        self, vectors: npt.NDArray[Any], chain: Sequence[Any], metric: int, metric_arg: float
    ) -> None:
        self._vectors = vectors
        self._chain = chain
        self._metric = metric
        self._metric_arg = metric_arg
        self.similarity = bool(faiss.is_similarity_metric(metric))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._vectors)

    def nearest_steps(
        self,
        queries: Float32Array,
        present: npt.NDArray[np.bool_],
        k: int,
        work: int = WHOLE,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Steps[list[tuple[Ids, Float32Array]]]:
        """Return the k nearest rows of each query, and all as near as the last of them.

        Parameters
        ----------
        queries : float32 (n, dim)
            Not yet transformed.
        present : bool (rows,)
            Which rows count.
        k : int
            Rows wanted, at least 1.
        work : int
            Multiplications per piece.
        progress : function
            Called with the share of the rows compared since the last call.

        Returns
        -------
        list of (int64 (m,), float32 (m,))
            Rows, ascending, and their distances, bit for bit those of a ``faiss.IndexFlat`` that searches for
            one query. A distance that is no finite float32 is none.
        """
        points = self._transformed(queries)
        nearest = _Nearest(len(points), k, self.similarity)
        dim, count = self._vectors.shape[1], len(points)
        most = work // (dim * (count + READ_WORK))
        width = max(1, min(BLOCK_BYTES // (4 * dim), BLOCK_PAIRS // count, most))
        for start in range(0, len(self._vectors), width):
            rows = slice(start, start + width)
            counted = present[rows]
            if counted.any():
                nearest.take(self._distances(points, self._vectors[rows], counted), start)
            progress(len(counted) / len(self._vectors))
            yield
        return nearest.found()

    def _distances(
        self, points: Float32Array, block: npt.NDArray[Any], counted: npt.NDArray[np.bool_]
    ) -> Float32Array:
        """Return all distances to a block, float32 (n, rows); infinitely far to a row that does not count."""
        with np.errstate(over="ignore"):
            vectors = self._transformed(np.ascontiguousarray(block, np.float32))
        if self._metric not in _KERNELS:
            found = faiss.pairwise_distances(
                points, vectors, metric=self._metric, metric_arg=self._metric_arg
            )
            found[:, ~counted] = -np.inf if self.similarity else np.inf
            return np.asarray(found, np.float32)
        # Faiss shares the queries among its threads, so that fewer of them come in several with a share of
        # the rows.
        shares = -(-faiss.omp_get_max_threads() // len(points))
        width = -(-len(vectors) // shares)
        wanted = np.full(shares * width, -1, np.int64)
        wanted[: len(vectors)] = np.where(counted, np.arange(len(vectors)), -1)
        asking = np.repeat(points, shares, axis=0)
        rows = np.tile(wanted.reshape(shares, width), (len(points), 1))
        distances = np.empty(rows.shape, np.float32)
        _KERNELS[self._metric](
            *(faiss.swig_ptr(array) for array in (distances, asking, vectors, rows)),
            points.shape[1],
            len(asking),
            width,
        )
        return distances.reshape(len(points), -1)[:, : len(vectors)]

    def _transformed(self, vectors: Float32Array) -> Float32Array:
        for step in self._chain:
            vectors = step.apply(vectors)
        return np.ascontiguousarray(vectors, np.float32)


class _Nearest:
    """The candidates for the k nearest of each query, while blocks come in."""

    def __init__(self, count: int, k: int, similarity: bool) -> None:
        self._k = k
        self._similarity = similarity
        self._limits = np.full(count, np.inf, np.float32)
        self._room = count * (2 * k + SPARE)
        self._held = 0
        self._parts = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]

    def take(self, distances: Float32Array, first_row: int) -> None:
        """Look at the distances to the next rows, float32 (queries, rows)."""
        keys = keys_of(distances, self._similarity)
        # Nothing that is infinitely far or no number passes.
        near = (keys <= self._limits[:, None]) & (keys < np.inf)
        if np.count_nonzero(near) > self._room and keys.shape[1] > self._k:
            kth = np.partition(np.where(near, keys, np.inf), self._k - 1, axis=1)[:, self._k - 1]
            near &= keys <= kth[:, None]
        query, row = np.nonzero(near)
        self._parts.append((query, row + first_row, keys[query, row]))
        self._held += len(query)
        if self._held > self._room:
            self._drop()

    def found(self) -> list[tuple[Ids, Float32Array]]:
        """Return rows, ascending, and distances of each query."""
        self._drop()
        query, rows, keys = self._parts[0]
        order = np.lexsort((rows, query))
        ends = np.searchsorted(query[order], np.arange(1, len(self._limits)))
        distances = keys_of(keys[order], self._similarity)
        return list(zip(np.split(rows[order], ends), np.split(distances, ends), strict=True))

    def _drop(self) -> None:
        """Keep the k nearest of each query and those as near as the last of them."""
        query, rows, keys = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.lexsort((keys, query))
        query, rows, keys = query[order], rows[order], keys[order]
        starts = np.searchsorted(query, np.arange(len(self._limits)))
        counts = np.diff(np.append(starts, len(query)))
        full = np.flatnonzero(counts >= self._k)
        self._limits[full] = keys[starts[full] + self._k - 1]
        kept = keys <= self._limits[query]
        self._parts = [(query[kept], rows[kept], keys[kept])]
        self._held = int(np.count_nonzero(kept))
        # Where many tie, they must not be looked through again at every block.
        self._room = max(self._room, 2 * self._held)
