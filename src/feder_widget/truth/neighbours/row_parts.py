"""A pass over rows of vectors by the workers of an executor: parts of it, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.omp_threads import omp_threads
from feder_widget.model.row_source import RowSource
from feder_widget.model.work_pieces import Steps
from feder_widget.truth.neighbours.nearest_rows import NearestRows, NearRows
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.workers import Part, Workers

PART_WORK = 2_000_000_000
"""Multiplications of one part: 0.2 to 0.7 s on one core."""

CARRIED_BYTES = 32 << 20
"""Vectors that one part carries where no file holds them."""

Float32Array = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Cut = Callable[[int, int], RowSource]
"""Returns the rows from a first up to but not a last."""


@dataclass(frozen=True, slots=True, eq=False)
class RowPass:
    """One pass over all rows.

    Attributes
    ----------
    comparison : RowComparison
        How they are compared.
    points : float32 (n, dim)
        The transformed queries.
    counted : bool (rows,)
        Which rows count.
    k : int
        Rows wanted for each query, at least 1.
    width : int
        Rows compared at once. Parts are multiples of it, so that their transforms round as in one pass.
    row_work : int
        Multiplications that one row takes.
    row_bytes : int
        Bytes of one row, where parts carry them; else 0.
    """

    comparison: RowComparison
    points: Float32Array
    counted: Flags
    k: int
    width: int
    row_work: int
    row_bytes: int

    def nearest_steps(
        self,
        workers: Workers,
        cut: Cut,
        progress: Callable[[float], None] = lambda _: None,
        head: npt.NDArray[Any] | None = None,
    ) -> Steps[NearestRows]:
        """Have the workers compare all rows that count.

        Parameters
        ----------
        workers : Workers
            Compare them.
        cut : function
            Called on this thread for each part.
        progress : function
            Called with the share of the rows compared since the last call.
        head : array (at most width, dim), optional
            The first rows, which this thread compares: of many queries, they spare each part to sort out all
            pairs of its own first rows.
        """
        similarity = self.comparison.similarity
        nearest = NearestRows(len(self.points), self.k, similarity)

        first = 0
        if head is not None:
            first = len(head)
            counted = self.counted[:first]
            if counted.any():
                nearest.take(self.comparison.distances(self.points, head, counted), 0)
                nearest.near()
            progress(first / len(self.counted))

        def take(found: tuple[int, NearRows]) -> None:
            rows, near = found
            nearest.join(near)
            progress(rows / len(self.counted))

        yield from workers.results_steps(self._parts(nearest, first, cut, progress), take)
        return nearest

    def _parts(
        self, nearest: NearestRows, first: int, cut: Cut, progress: Callable[[float], None]
    ) -> Iterator[Part[tuple[int, NearRows]]]:
        comparison = self.comparison.copy()
        total, rows = len(self.counted), self._rows_per_part()
        for start in range(first, total, rows):
            stop = min(start + rows, total)
            counted = self.counted[start:stop]
            if not counted.any():
                progress((stop - start) / total)
                continue
            source = cut(start, stop)
            yield Part(
                f"rows {start:,} to {stop - 1:,} of {source.name}",
                nearest_in_part,
                (source, comparison, self.points, counted, start, self.width, self.k, nearest.limits()),
                source.carried_bytes,
            )

    def _rows_per_part(self) -> int:
        blocks = PART_WORK // (self.row_work * self.width)
        if self.row_bytes:
            blocks = min(blocks, CARRIED_BYTES // (self.row_bytes * self.width))
        return max(1, blocks) * self.width


def nearest_in_part(
    source: RowSource,
    comparison: RowComparison,
    points: Float32Array,
    counted: Flags,
    first_row: int,
    width: int,
    k: int,
    limits: Float32Array,
) -> tuple[int, NearRows]:
    """Return the number of some rows, and the nearest of them; a worker calls it.

    ``limits`` are the largest keys that can still be among the nearest, float32 (n,).
    """
    nearest = NearestRows(len(points), k, comparison.similarity, limits)
    # One thread for each worker, in a forked process too.
    with omp_threads(1):
        for start in range(0, len(counted), width):
            some = slice(start, min(start + width, len(counted)))
            if counted[some].any():
                rows = source.part(some.start, some.stop).load()
                nearest.take(comparison.distances(points, rows, counted[some]), first_row + start)
    return len(counted), nearest.near()
