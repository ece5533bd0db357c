"""A pass of matrix products over vectors by the workers of an executor: parts of it, and what they find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.omp_threads import omp_threads
from feder_widget.model.keys import keys_of
from feder_widget.model.row_source import RowSource
from feder_widget.truth.neighbours.list_blocks import largest_norm
from feder_widget.truth.neighbours.row_parts import CARRIED_BYTES, Cut
from feder_widget.workers import Part

BLOCK_BYTES = 16 << 20
"""Vectors compared in one piece at most: as much as a cache holds."""

PART_WORK = 10_000_000_000
"""Multiplications of one part: 0.2 to 0.5 s on one core."""

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ProductsFound:
    """What one part found.

    Attributes
    ----------
    keys : float32 (n, width)
        Keys of the best vectors of each query by products, infinite where there are fewer.
    positions : int64 (n, width)
        Their positions; -1 where there are fewer.
    compared : int
        Vectors compared.
    largest : float
        The largest squared norm among these, less the origin.
    """

    keys: Float32Array
    positions: Ids
    compared: int
    largest: float


@dataclass(frozen=True, slots=True, eq=False)
class ProductPass:
    """One pass over all vectors.

    Attributes
    ----------
    queries : float32 (n, dim)
        Less the origin.
    origin : float32 (dim,)
        Subtracted from each vector.
    width : int
        Vectors wanted for each query.
    similarity : bool
        True when a larger distance is nearer.
    total : int
        Number of vectors.
    row_bytes : int
        Bytes of a vector where parts carry them; else 0.
    """

    queries: Float32Array
    origin: Float32Array
    width: int
    similarity: bool
    total: int
    row_bytes: int

    def parts(self, cut: Cut) -> Iterator[Part[ProductsFound]]:
        """Yield the parts; ``cut`` returns the vectors of each."""
        rows = max(2 * self.width, PART_WORK // max(1, self.queries.size))
        if self.row_bytes:
            rows = min(rows, max(2 * self.width, CARRIED_BYTES // self.row_bytes))
        for start in range(0, self.total, rows):
            stop = min(start + rows, self.total)
            source = cut(start, stop)
            yield Part(
                f"vectors {start:,} to {stop - 1:,} of {source.name}",
                found_in_part,
                (source, self.queries, self.origin, start, stop, self.width, self.similarity),
                source.carried_bytes,
            )


def found_in_part(
    source: RowSource,
    queries: Float32Array,
    origin: Float32Array,
    first: int,
    stop: int,
    width: int,
    similarity: bool,
) -> ProductsFound:
    """Return the best of the vectors ``first`` to ``stop - 1`` for each query; a worker calls it."""
    largest = 0.0
    size = max(2 * width, BLOCK_BYTES // (4 * len(origin)))
    keys = np.full((len(queries), width), np.inf, np.float32)
    positions = np.full((len(queries), width), -1, np.int64)
    # One thread for each worker, in a forked process too.
    with omp_threads(1):
        for start in range(0, stop - first, size):
            vectors = source.part(start, min(start + size, stop - first)).load()
            block = np.subtract(vectors, origin, dtype=np.float32)
            largest = max(largest, largest_norm(block))
            near, rows = best_by_products(queries, block, width, similarity)
            keys = np.concatenate([keys, near], axis=1)
            positions = np.concatenate([positions, np.where(rows >= 0, rows + start + first, -1)], axis=1)
            kept = np.argpartition(keys, width - 1, axis=1)[:, :width]
            keys, positions = np.take_along_axis(keys, kept, 1), np.take_along_axis(positions, kept, 1)
    return ProductsFound(keys, positions, stop - first, largest)


def best_by_products(
    queries: Float32Array, block: Float32Array, width: int, similarity: bool
) -> tuple[Float32Array, Ids]:
    """Return keys and rows of the vectors of a block that are best for each query, (n, at most width).

    Infinite and -1 where there is none.
    """
    metric = faiss.METRIC_INNER_PRODUCT if similarity else faiss.METRIC_L2
    distances, rows = faiss.knn(queries, block, min(width, len(block)), metric=metric)
    return np.where(rows >= 0, keys_of(distances, similarity), np.float32(np.inf)), rows
