"""What a job costs, said before it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from feder_widget.truth.job.memory_plan import ALIGN
from feder_widget.truth.job.truth_pass import TruthPass

PIECE_WORK = 2_000_000_000
"""Multiplications that are measured: a tenth of a second or so."""


@dataclass(frozen=True, slots=True)
class GroundTruthCost:
    """What a ground truth costs, without what was kept of an earlier run.

    Attributes
    ----------
    queries, k, rows : int
        Its size; ``rows`` are those that count, and ``k`` is what is kept of each query.
    passes : int
        How often the vectors are read: once, unless the queries take more than half of the memory limit.
    read_bytes : int
        Bytes of vectors to read.
    multiplications : int
        Multiplications to do.
    core_seconds : float
        Processor time, at the rate that was measured on a piece of these vectors.
    cores : int
        Threads that share it: Faiss's, or the executor's workers where it says how many; else 1.
    disk_bytes : int
        What the folder takes at most; 0 without one.
    memory_bytes : int
        What the job may hold in memory.
    done : float
        Share of the work that an earlier run has kept, 0 to 1.
    """

    queries: int
    k: int
    rows: int
    passes: int
    read_bytes: int
    multiplications: int
    core_seconds: float
    cores: int
    disk_bytes: int
    memory_bytes: int
    done: float

    @property
    def seconds(self) -> float:
        """Time that it takes if it has all cores to itself."""
        return self.core_seconds / self.cores

    def __str__(self) -> str:
        kept = f", {self.done:.0%} of which is kept already" if self.done else ""
        passes = "" if self.passes == 1 else f" in {self.passes} passes"
        disk = f", {_size(self.disk_bytes)} on disk" if self.disk_bytes else ""
        return (
            f"ground truth of {self.queries:,} queries among {self.rows:,} rows{kept}: reads "
            f"{_size(self.read_bytes)}{passes}, {self.multiplications:.2g} multiplications, about "
            f"{_time(self.core_seconds)} of processor time ({_time(self.seconds)} on {self.cores} "
            f"core{'s'[: self.cores > 1]}), at most {_size(self.memory_bytes)} in memory{disk}"
        )


def seconds_per_row(work: TruthPass, queries: int, dim: int, most_rows: int) -> float:
    """Measure the processor time that comparing one row with all queries takes; reads some rows."""
    rows = PIECE_WORK // max(1, queries * dim)
    block = work.first_block(max(ALIGN, min(rows, most_rows)))
    if not len(block.ids):
        return 0.0
    limits = np.full(queries, np.inf, np.float32)
    near = work.compare(block, limits)
    # Most blocks are compared when near rows are known already.
    np.minimum.at(limits, near.queries, near.keys)
    begin = time.process_time()
    work.compare(block, limits)
    _ = block.digest
    return (time.process_time() - begin) / len(block.ids)


def _size(count: int) -> str:
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count} bytes"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
