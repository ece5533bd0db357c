"""How rows of vectors are compared with queries: transforms, then a metric, bit for bit as a flat index."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.omp_threads import omp_threads

_KERNELS = {
    faiss.METRIC_L2: faiss.fvec_L2sqr_by_idx,
    faiss.METRIC_INNER_PRODUCT: faiss.fvec_inner_products_by_idx,
}

Float32Array = npt.NDArray[np.float32]


class RowComparison:
    """Transforms of vectors and queries, and the metric behind them.

    It can be pickled, with copies of the transforms.

    Parameters
    ----------
    chain : sequence of faiss.VectorTransform
        Transforms of vectors and queries before they are compared; see ``original_space.metric_chain``.
    metric, metric_arg
        Faiss's number of the metric, and its argument.
    """

    def __init__(self, chain: Sequence[Any], metric: int, metric_arg: float) -> None:
        self._chain = chain
        self._metric = metric
        self._metric_arg = metric_arg
        self.similarity = bool(faiss.is_similarity_metric(metric))

    @property
    def metric(self) -> int:
        """Faiss's number of the metric."""
        return self._metric

    @property
    def metric_arg(self) -> float:
        """The argument of the metric."""
        return self._metric_arg

    @property
    def has_transforms(self) -> bool:
        """Whether vectors are transformed before they are compared."""
        return len(self._chain) > 0

    @property
    def is_by_products(self) -> bool:
        """Whether blocks of any size are compared by products, with the same bits.

        By L2 or inner product, and without transforms that multiply matrices, which round by their blocks.
        """
        return self._metric in _KERNELS and all(
            type(step).__name__ == "NormalizationTransform" for step in self._chain
        )

    @property
    def chain_bytes(self) -> tuple[bytes, ...]:
        """The transforms as Faiss writes them."""
        return tuple(map(_bytes_of, self._chain))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (tuple(map(_bytes_of, self._chain)), self._metric, self._metric_arg)

    def copy(self) -> RowComparison:
        """Return one that reads nothing of the caller's index.

        Raises
        ------
        ValueError
            If Faiss cannot write one of the transforms.
        """
        restore, arguments = self.__reduce__()
        copied: RowComparison = restore(*arguments)
        return copied

    def transformed(self, vectors: npt.NDArray[Any]) -> Float32Array:
        """Return vectors of any real type as they are compared, float32 (n, dim) and contiguous.

        By one thread: several round the matrix products of a transform otherwise, by their number.
        """
        with np.errstate(over="ignore"):
            found = np.ascontiguousarray(vectors, np.float32)
        if self._chain:
            with omp_threads(1):
                for step in self._chain:
                    found = step.apply(found)
        return np.ascontiguousarray(found, np.float32)

    def distances(
        self, points: Float32Array, block: npt.NDArray[Any], counted: npt.NDArray[np.bool_]
    ) -> Float32Array:
        """Return all distances to a block, float32 (n, rows); infinitely far to a row that does not count.

        ``points`` are transformed queries, float32 (n, dim). Each distance is computed by itself, so it is
        the same in a block of any size, unless a transform multiplies matrices.
        """
        return self.transformed_distances(points, self.transformed(block), counted)

    def transformed_distances(
        self, points: Float32Array, vectors: Float32Array, counted: npt.NDArray[np.bool_] | None = None
    ) -> Float32Array:
        """Return ``distances`` to transformed vectors, float32 (rows, dim); all of them count by default."""
        if counted is None:
            counted = np.ones(len(vectors), np.bool_)
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


def _bytes_of(step: Any) -> bytes:
    writer = faiss.VectorIOWriter()
    try:
        faiss.write_VectorTransform(step, writer)
    except RuntimeError as error:
        raise ValueError(
            f"executor cannot be used with a faiss.{type(step).__name__}, which Faiss cannot write: {error}"
        ) from error
    return faiss.vector_to_array(writer.data).tobytes()  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=4)
def _restored(chain: tuple[bytes, ...], metric: int, metric_arg: float) -> RowComparison:
    return RowComparison([_step_of(data) for data in chain], metric, metric_arg)


def _step_of(data: bytes) -> Any:
    reader = faiss.VectorIOReader()
    faiss.copy_array_to_vector(np.frombuffer(data, np.uint8), reader.data)
    # Not downcast: that object would not own what was read.
    return faiss.read_VectorTransform(reader)
