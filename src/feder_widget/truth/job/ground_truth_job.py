"""Ground truth as a job: its cost, its passes, what it keeps on disk, and its result."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals.omp_threads import faiss_threads
from feder_widget.truth.job.job_cost import GroundTruthCost, seconds_per_row
from feder_widget.truth.job.memory_plan import MemoryPlan
from feder_widget.truth.job.pass_state import PassState, difference_of_queries, refuse
from feder_widget.truth.job.row_set import JobRows
from feder_widget.truth.job.spans import total
from feder_widget.truth.job.truth_pass import TruthPass, transformed_alone
from feder_widget.truth.neighbours.nearest_rows import SPARE
from feder_widget.truth.neighbours.neighbour_table import FILE, NeighbourTable
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.truth_fingerprint import Compared, query_hashes
from feder_widget.workers import Workers

SAVE_SECONDS = 10.0
"""Seconds between two states that are kept."""

SAVE_SHARE = 20
"""Times as long as keeping a state took, until the next one is."""

PAIR_BYTES = 20
"""Of a pair of a query and a row in a file."""

Found = list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]
Progress = Callable[[float, int], None]


@dataclass(frozen=True, eq=False)
class GroundTruthJob:
    """The exact neighbours of queries among rows, computed in passes that can be taken up again.

    Attributes
    ----------
    rows : JobRows
        The rows.
    queries : float32 (n, dim)
        Not yet transformed.
    k : int
        Rows wanted of each, at most as many as count.
    plan : MemoryPlan
        How the work is cut.
    folder : Path or None
        Where states and the result are kept.
    workers : Workers or None
        Compare the rows.
    """

    rows: JobRows
    queries: npt.NDArray[np.float32]
    k: int
    plan: MemoryPlan
    folder: Path | None
    workers: Workers | None = None

    @cached_property
    def cost(self) -> GroundTruthCost:
        """What is still to do, from a rate measured on some of the rows."""
        n, dim = self.queries.shape
        rows, counted = len(self.rows), self.rows.count
        work = [(part.stop - part.start, self._state(part)[0].rows) for part in self._parts()]
        left = sum(count * (rows - done) for count, done in work)
        part = next(self._parts())
        measured = TruthPass(self.rows, self._points(part), self.k, self.plan, PassState())
        rate = seconds_per_row(measured, part.stop - part.start, dim, self.plan.block_rows)
        share = left / max(1, n * rows)
        cores = faiss_threads() if self.workers is None else self.workers.count or 1
        return GroundTruthCost(
            queries=n,
            k=self.k,
            rows=counted,
            passes=len(work),
            read_bytes=sum(rows - done for _, done in work) * self.rows.row_bytes,
            multiplications=int(share * n * counted * dim),
            core_seconds=rate * counted * len(work) * share,
            cores=cores,
            disk_bytes=self._disk_bytes() if self.folder is not None else 0,
            memory_bytes=self.plan.limit,
            done=1 - share,
        )

    def kept(self) -> NeighbourTable | None:
        """Return the result of an earlier run with the same arguments, or None where there is none.

        Raises
        ------
        ValueError
            If the folder holds the ground truth of other rows or queries.
        OSError
            If it cannot be read.
        """
        path = None if self.folder is None else self.folder / FILE
        if path is None or not path.exists():
            return None
        table = NeighbourTable.load(path)
        compared = self.rows.compared()
        refuse(path, table.compared.difference(compared))
        refuse(path, difference_of_queries(table.k, table.hashes, self.k, query_hashes(self.queries)))
        if not table.compared.has_files_of(compared):
            read = self.rows.digest(0, len(self.rows), self.plan.block_rows)
            refuse(path, table.compared.difference(compared.read_as(read)))
        return table

    def check_disk(self) -> None:
        """Make the folder, and raise an ``OSError`` if its disk has no room for what is kept."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        free, wanted = shutil.disk_usage(self.folder).free, self._disk_bytes()
        if free < wanted:
            raise OSError(
                errno.ENOSPC,
                f"folder must have room for {wanted:,} bytes, and its disk has {free:,}",
                str(self.folder),
            )

    def run(self, progress: Progress = lambda _done, _all: None) -> NeighbourTable:
        """Compute what is missing.

        Whatever ends it, what was computed is kept in the folder.

        Parameters
        ----------
        progress : function
            Called with the rows done and their number, summed over the passes. What it raises ends the job.
        """
        parts = list(self._parts())
        every = len(parts) * len(self.rows)
        found: Found = []
        digest, compared = RowDigest(), self.rows.compared()
        for number, part in enumerate(parts):
            state = self._taken_up(part)
            work = TruthPass(self.rows, self._points(part), self.k, self.plan, state)
            before = number * len(self.rows)
            self._run_pass(work, part, lambda done, before=before: progress(before + done, every))  # type: ignore[misc]
            if number and work.state.digest != digest:
                raise IndexChangedError("vectors were changed between two passes over them; begin anew")
            digest = work.state.digest
            found += work.found()
        _refuse_repeated(found)
        table = NeighbourTable.of(
            found,
            self.k,
            query_hashes(self.queries),
            compared.read_as(digest),
            self.rows.comparison.similarity,
        )
        if self.folder is not None:
            table.save(self.folder / FILE)
            for part in parts:
                self._path(part).unlink(missing_ok=True)
        return table

    def _run_pass(self, work: TruthPass, part: slice, progress: Callable[[int], None]) -> None:
        progress(work.state.rows)
        saved, latest, rest = work.state, time.monotonic(), SAVE_SECONDS
        try:
            for _ in work.steps(self.workers):
                begin = time.monotonic()
                if self.folder is not None and begin - latest > rest:
                    self._save(work.state, part)
                    saved, latest = work.state, time.monotonic()
                    # A large state on a slow disk takes a small share of the time all the same.
                    rest = max(SAVE_SECONDS, SAVE_SHARE * (latest - begin))
                progress(work.state.rows)
        finally:
            # Also when it was ended: then this is what the next run begins with.
            if self.folder is not None and work.state is not saved:
                self._save(work.state, part)

    def _taken_up(self, part: slice) -> PassState:
        """Return the state of an earlier run, after a look whether its rows are still the same."""
        state, before = self._state(part)
        if before is not None and not before.has_files_of(self.rows.compared()):
            read = RowDigest()
            for begin, end in state.spans:
                read += self.rows.digest(begin, end, self.plan.block_rows)
            if read != state.digest:
                refuse(self._path(part), "other vectors")
        return state

    def _state(self, part: slice) -> tuple[PassState, Compared | None]:
        if self.folder is None or not self._path(part).exists():
            return PassState(), None
        hashes = query_hashes(self.queries[part])
        state, before = PassState.load(self._path(part), self.rows.compared(), self.k, hashes)
        if total(state.spans) > len(self.rows):
            refuse(self._path(part), f"more than {len(self.rows):,} rows")
        return state, before

    def _save(self, state: PassState, part: slice) -> None:
        hashes = query_hashes(self.queries[part])
        state.save(self._path(part), self.rows.compared(), self.k, hashes)

    def _path(self, part: slice) -> Path:
        return Path(self.folder or "") / f"unfinished-{part.start}-{part.stop}.npz"

    def _parts(self) -> Iterator[slice]:
        n = len(self.queries)
        for start in range(0, n, self.plan.together):
            yield slice(start, min(start + self.plan.together, n))

    def _points(self, part: slice) -> npt.NDArray[np.float32]:
        return transformed_alone(self.rows.comparison, self.queries[part])

    def _disk_bytes(self) -> int:
        """Return what states and result take at most, rows that tie aside: a new state beside an old one."""
        n = len(self.queries)
        state = n * (self.k * PAIR_BYTES + 16)
        return 2 * state + n * ((2 * self.k + SPARE) * PAIR_BYTES)


def _refuse_repeated(found: Found) -> None:
    """Raise if two rows near to one query go by one id; rows are ascending."""
    for rows, _ in found:
        again = np.flatnonzero(rows[1:] == rows[:-1])
        if len(again):
            raise ValueError(
                f"source must hold each row id once, and {rows[again[0]]} is stored several times: ground "
                "truth names neighbours by their ids"
            )
