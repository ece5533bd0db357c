"""The nearest rows of many queries by one reading of the rows, within a memory limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.job.memory_plan import ALIGN, MemoryPlan
from feder_widget.truth.job.pass_state import PassState
from feder_widget.truth.job.row_set import JobRows
from feder_widget.truth.job.truth_pass import TruthPass
from feder_widget.workers import Workers

PRODUCT_SPEED = 8
"""Multiplications of a matrix product that take as long as one of a kernel."""

Float32Array = npt.NDArray[np.float32]
Found = list[tuple[npt.NDArray[np.int64], Float32Array]]


def found_steps(
    rows: JobRows,
    points: Float32Array,
    k: int,
    limit: int,
    workers: Workers | None = None,
    progress: Callable[[float], None] = lambda _: None,
    work: int = WHOLE,
) -> Steps[Found]:
    """Find the nearest rows of queries; in several readings only where queries take half of the limit.

    Parameters
    ----------
    rows : JobRows
        The rows.
    points : float32 (n, dim)
        The queries as they are compared. Contiguous.
    k : int
        Rows wanted of each, at least 1.
    limit : int
        Bytes that may be held.
    workers : Workers, optional
        Compare the rows.
    progress : function
        Called with the share of the work done since the last call.
    work : int
        Multiplications per piece.

    Returns
    -------
    list of (int64 (m,), float32 (m,))
        For each query its k nearest, and all as near as the last of them: ids, ascending, and distances as a
        search computes them. Fewer where fewer are at a finite distance.
    """
    shared = 1 if workers is None else workers.count or 1
    plan = MemoryPlan.of(limit, len(points), k, rows.dim, rows.item_bytes, shared)
    found: Found = []
    for start in range(0, len(points), plan.together):
        some = points[start : start + plan.together]
        at_once = work * PRODUCT_SPEED // some.size // ALIGN * ALIGN
        pieces = replace(plan, block_rows=max(ALIGN, min(plan.block_rows, at_once)))
        # Another thread may read only while the caller waits for the whole.
        one = TruthPass(rows, some, k, pieces, PassState(), reads_ahead=work >= WHOLE)
        for compared in one.steps(workers):
            progress(compared / len(rows) * len(some) / len(points))
            yield
        found += one.found()
    return found
