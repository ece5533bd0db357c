"""One pass over all rows for some queries, block by block on this machine or part by part by workers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.omp_threads import omp_threads
from feder_widget.truth.job.block_search import BlockSearch, too_many
from feder_widget.truth.job.memory_plan import ALIGN, MemoryPlan
from feder_widget.truth.job.pass_state import PassState
from feder_widget.truth.job.row_set import Block, JobRows, RowsPart
from feder_widget.truth.job.spans import missing
from feder_widget.truth.neighbours.nearest_rows import NearestRows, NearRows
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.row_parts import CARRIED_BYTES
from feder_widget.workers import Part, Workers

PART_WORK = 20_000_000_000
"""Multiplications of a part that workers compute: 0.5 to 1 s on one core."""

PART_BYTES = 64 << 20
"""Vectors of such a part at most."""

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PartFound:
    """What one part found.

    Attributes
    ----------
    start, stop : int
        Its rows.
    near : NearRows
        The nearest of these.
    digest : RowDigest
        Of those among them that count.
    """

    start: int
    stop: int
    near: NearRows
    digest: RowDigest


class TruthPass:
    """A pass that can be ended at any time and taken up again.

    Parameters
    ----------
    rows : JobRows
        The rows.
    points : float32 (n, dim)
        The transformed queries. Contiguous.
    k : int
        Rows wanted of each.
    plan : MemoryPlan
        How it is cut.
    state : PassState
        Where it begins.
    reads_ahead : bool
        Whether another thread may read the rows while they are compared.

    Attributes
    ----------
    state : PassState
        How far it is.
    """

    def __init__(
        self,
        rows: JobRows,
        points: Float32Array,
        k: int,
        plan: MemoryPlan,
        state: PassState,
        *,
        reads_ahead: bool = True,
    ) -> None:
        self.state = state
        self._reads_ahead = reads_ahead
        self._rows = rows
        self._plan = plan
        self._nearest = NearestRows(len(points), k, rows.comparison.similarity)
        self._nearest.join(state.near)
        self._nearest.near()
        origin = np.zeros(points.shape[1], np.float32)
        self._search = BlockSearch(rows.comparison, points, k, origin, plan.most_pairs)

    def steps(self, workers: Workers | None) -> Iterator[int]:
        """Compare the rows that are missing; yields the rows of each part, and 0 before it waits for one."""
        if not self._rows.count or self.state.rows == len(self._rows):
            return
        if not self._rows.comparison.similarity:
            self._search = replace(self._search, origin=self._rows.origin())
        parts = self._shared(workers) if workers is not None else self._alone()
        yield from parts

    def found(self) -> list[tuple[npt.NDArray[np.int64], Float32Array]]:
        """Return rows, ascending, and distances of each query, of the rows done."""
        return self._nearest.found()

    def compare(self, block: Block, limits: Float32Array) -> NearRows:
        """Return the rows of a block that may be near to the queries."""
        return near_in_block(self._search, block, limits)

    def first_block(self, rows: int) -> Block:
        """Return a block of at most so many rows: the first of those that are missing."""
        start, stop = next(missing(self.state.spans, len(self._rows), max(ALIGN, rows // ALIGN * ALIGN)))
        return self._rows.block(start, stop)

    def _alone(self) -> Iterator[int]:
        """Compare on this thread, while another one reads ahead."""
        spans = missing(self.state.spans, len(self._rows), self._plan.block_rows)
        if not self._reads_ahead:
            for begin, end in spans:
                block, digest = self._read(begin, end)
                self._take(PartFound(begin, end, self.compare(block, self._nearest.limits()), digest))
                yield end - begin
            return
        with ThreadPoolExecutor(1, "read-ahead") as reader:
            span = next(spans, None)
            waiting = None if span is None else reader.submit(self._read, *span)
            while span is not None and waiting is not None:
                block, digest = waiting.result()
                begin, end = span
                span = next(spans, None)
                waiting = None if span is None else reader.submit(self._read, *span)
                near = self.compare(block, self._nearest.limits())
                self._take(PartFound(begin, end, near, digest))
                yield end - begin

    def _read(self, start: int, stop: int) -> tuple[Block, RowDigest]:
        block = self._rows.block(start, stop)
        return block, block.digest

    def _shared(self, workers: Workers) -> Iterator[int]:
        done: list[PartFound] = []
        for _ in workers.results_steps(self._parts(), done.append):
            if not done:
                # It waits: see ``Workers.waits_for``.
                yield 0
            for found in done:
                self._take(found)
                yield found.stop - found.start
            done.clear()

    def _parts(self) -> Iterator[Part[PartFound]]:
        rows, search, size = self._rows, self._search, self._plan.block_rows
        copied = replace(search, comparison=rows.comparison.copy())
        blocks = min(
            self._plan.part_rows // size,
            PART_WORK // max(1, size * search.points.size),
            (CARRIED_BYTES if rows.is_carried else PART_BYTES) // max(1, size * rows.row_bytes),
        )
        for start, stop in missing(self.state.spans, len(rows), max(1, blocks) * size):
            part = rows.part(start, stop)
            yield Part(
                part.name,
                near_in_part,
                (part, copied, start, stop, size, self._nearest.limits()),
                part.carried_bytes,
            )

    def _take(self, found: PartFound) -> None:
        self._nearest.join(found.near)
        near = self._nearest.near()
        if len(near.queries) > self._plan.most_pairs:
            raise too_many(near, self._search.k)
        # At once: whatever ends the pass finds a part in it or not.
        self.state = self.state.with_part((found.start, found.stop), near, found.digest)


def near_in_block(search: BlockSearch, block: Block, limits: Float32Array) -> NearRows:
    """Return the rows of a block that may be near to the queries, by their ids."""
    near = search.near(block.vectors, limits)
    return NearRows(near.queries, block.ids[near.rows], near.keys)


def near_in_part(
    part: RowsPart, search: BlockSearch, start: int, stop: int, size: int, limits: Float32Array
) -> PartFound:
    """Return the nearest of some rows, which are read ``size`` at a time; a worker calls it."""
    digest = RowDigest()
    nearest = NearestRows(len(search.points), search.k, search.comparison.similarity, limits)
    # One thread for each worker, in a forked process too.
    with omp_threads(1):
        for block in part.blocks(size):
            digest += block.digest
            nearest.join(near_in_block(search, block, nearest.limits()))
            nearest.near()
    return PartFound(start, stop, nearest.near(), digest)


def transformed_alone(comparison: RowComparison, queries: Float32Array) -> Float32Array:
    """Return queries as they are compared, each transformed as a search for it alone transforms it."""
    if not comparison.has_transforms:
        return comparison.transformed(queries)
    return np.concatenate([comparison.transformed(query[None]) for query in queries])
