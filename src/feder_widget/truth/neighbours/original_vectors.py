"""The nearest of the vectors that a caller gave, for one query or many: one pass, block by block."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.omp_threads import omp_threads
from feder_widget.model.memory_limit import as_memory_limit
from feder_widget.model.row_source import HeldRows, RowFile, RowSource
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.job.one_reading import found_steps
from feder_widget.truth.job.row_set import RowSet
from feder_widget.truth.neighbours.nearest_rows import NearestRows
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_parts import RowPass
from feder_widget.workers import Workers

BLOCK_BYTES = 64 << 20
"""Vectors compared at once. Vectors that are not float32, or that are transformed, are copied."""

BLOCK_SHARE = 8
"""One part in so many of the memory limit is for a block at most: it may be held in two types of numbers."""

BLOCK_PAIRS = 1 << 20
"""Distances held at once."""

MANY_QUERIES = 8
"""Queries for which the caller of an executor compares the first block."""

MEASURED_ROWS = 16_384
"""Rows that tell how long a pass takes: some milliseconds."""

READ_WORK = 4
"""Multiplications per dimension that reading and converting one vector counts for."""

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ReadRows:
    """The nearest rows of some queries, found by one reading.

    Attributes
    ----------
    each : list of (int64 (m,), float32 (m,))
        Rows of each query, ascending, and their distances.
    """

    each: list[tuple[Ids, Float32Array]]

    def part(self, some: slice) -> ReadRows:
        """Return those of some of the queries."""
        return ReadRows(self.each[some])

    def nearest(self, _wanted: int) -> list[tuple[Ids, Float32Array]]:
        """Return them: as many as were asked for when they were read, ties included."""
        return self.each


class Originals:
    """Vectors, row i for row id i, and how they are compared.

    Parameters
    ----------
    vectors : array, numpy.memmap or VectorFiles (n, dim)
        Of any real type; read block by block, and compared as float32.
    chain : sequence of faiss.VectorTransform
        Transforms of vectors and queries before they are compared; see ``original_space.metric_chain``.
    metric, metric_arg
        Faiss's number of the metric, and its argument.
    file : RowFile, optional
        The files that hold the vectors.
    memory_limit : int, optional
        Bytes that a pass may hold of files; by default a quarter of the machine's memory.
    """

    def __init__(
        self,
        vectors: Any,
        chain: Sequence[Any],
        metric: int,
        metric_arg: float,
        file: RowFile | None = None,
        memory_limit: int | None = None,
    ) -> None:
        self._limit = as_memory_limit(memory_limit)
        self._vectors = vectors
        self._comparison = RowComparison(chain, metric, metric_arg)
        self._file = file
        self.similarity = self._comparison.similarity

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._vectors)

    def row_set(self, counted: npt.NDArray[np.bool_]) -> RowSet:
        """Return those rows that count, bool (rows,), as a job compares queries with them."""
        return RowSet(self._vectors, counted, self._comparison)

    def nearest_steps(
        self,
        queries: Float32Array,
        present: npt.NDArray[np.bool_],
        k: int,
        work: int = WHOLE,
        progress: Callable[[float], None] = lambda _: None,
        workers: Workers | None = None,
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
        workers : Workers, optional
            Compare the rows, in parts; whatever ``work`` says.

        Returns
        -------
        list of (int64 (m,), float32 (m,))
            Rows, ascending, and their distances, bit for bit those of a ``faiss.IndexFlat`` that searches for
            one query. A distance that is no finite float32 is none.
        """
        points = self._comparison.transformed(queries)
        dim, count = self._vectors.shape[1], len(points)
        row_work = dim * (count + READ_WORK)
        most = (work if workers is None else WHOLE) // row_work
        block_bytes = min(BLOCK_BYTES, self._limit // BLOCK_SHARE)
        width = max(1, min(block_bytes // (4 * dim), BLOCK_PAIRS // count, most))
        if workers is not None:
            row_bytes = 0 if self._file is not None else dim * self._vectors.itemsize
            whole = RowPass(self._comparison, points, present, k, width, row_work, row_bytes)
            # A caller that has other things to do between pieces leaves them all to the workers.
            head = self._vectors[:width] if count >= MANY_QUERIES and work == WHOLE else None
            return (yield from whole.nearest_steps(workers, self._cut, progress, head)).found()
        nearest = NearestRows(count, k, self.similarity)
        for start in range(0, len(self._vectors), width):
            rows = slice(start, start + width)
            counted = present[rows]
            if counted.any():
                block = self._vectors[rows] if self._file is None else self._read(rows)
                nearest.take(self._comparison.distances(points, block, counted), start)
            progress(len(counted) / len(self._vectors))
            yield
        return nearest.found()

    @property
    def reads_once(self) -> bool:
        """Whether many queries are compared by one reading of files: see ``read_steps``."""
        return self._file is not None and self._comparison.is_by_products

    def read_steps(
        self,
        queries: Float32Array,
        present: npt.NDArray[np.bool_],
        k: int,
        work: int = WHOLE,
        progress: Callable[[float], None] = lambda _: None,
        workers: Workers | None = None,
    ) -> Steps[ReadRows]:
        """Return ``nearest_steps`` of many queries by one reading of the files, where ``reads_once``.

        In several readings where what is known of the queries takes half of the memory limit.
        """
        points = self._comparison.transformed(queries)
        rows = self.row_set(present)
        return ReadRows((yield from found_steps(rows, points, k, self._limit, workers, progress, work)))

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return len(self) * int(self._vectors.shape[1]) * int(self._vectors.dtype.itemsize)

    def seconds_per_row(self) -> float:
        """Measure how long one thread takes to read a row and compare it with a query."""
        count = min(len(self), MEASURED_ROWS)
        begin = time.perf_counter()
        rows = self._read(slice(0, count)) if self._file is not None else self._vectors[:count]
        with omp_threads(1):
            point = self._comparison.transformed(rows[:1])
            self._comparison.distances(point, rows, np.ones(count, np.bool_))
        return (time.perf_counter() - begin) / max(1, count)

    def _read(self, rows: slice) -> npt.NDArray[Any]:
        """Read some rows into memory: what is mapped would stay."""
        assert self._file is not None
        return self._file.rows(rows.start, min(rows.stop, len(self))).load()

    def _cut(self, start: int, stop: int) -> RowSource:
        """Return some rows as a worker gets them."""
        if self._file is not None:
            return self._file.rows(start, stop)
        return HeldRows(self._vectors[start:stop], "vectors")
