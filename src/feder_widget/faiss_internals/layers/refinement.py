"""The second pass of a ``faiss.IndexRefine``: the best of the first, compared once more."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.model.work_pieces import DECODE_WORK, WHOLE, Steps


def k_base(refine: Any, k: int) -> int:
    """Return how many results the first pass is asked for.

    Raises
    ------
    ValueError
        If that is fewer than ``k``, as Faiss does not allow.
    """
    # In float32, as Faiss multiplies.
    wanted = int(np.float32(k) * np.float32(refine.k_factor))
    if wanted < k:
        raise ValueError(f"k_factor of the index that refines must be at least 1, got {refine.k_factor}")
    return wanted


def distances_to(
    refine: Any, vector: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return the distances of a query to rows of the refining index, float32 (n,), by Faiss's own calls.

    Raises
    ------
    ValueError
        If there is no such row. Faiss would read past the end.
    """
    index = faiss.downcast_index(refine.refine_index)
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < index.ntotal:
        raise ValueError(
            f"the refining index holds {index.ntotal:,} vectors, but the first pass found rows "
            f"{int(rows.min())} to {int(rows.max())}"
        )
    distances = np.empty(len(rows), np.float32)
    if not len(rows):
        return distances
    if type(refine).__name__ == "IndexRefineFlat":
        index.compute_distance_subset(
            1, faiss.swig_ptr(vector), len(rows), faiss.swig_ptr(distances), faiss.swig_ptr(rows)
        )
        return distances
    computer = index.get_distance_computer()
    computer.set_query(faiss.swig_ptr(vector))
    for i, row in enumerate(rows.tolist()):
        distances[i] = computer(row)
    return distances


def vectors_of_steps(
    refine: Any, rows: npt.NDArray[np.int64], work: int = WHOLE
) -> Steps[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
    """Return the vectors of known rows, float32 (m, d), and which rows the refining index has, bool (n,)."""
    index = refine.refine_index
    stored = (rows >= 0) & (rows < index.ntotal)
    known = rows[stored]
    vectors = np.empty((len(known), index.d), np.float32)
    most = max(1, work // (DECODE_WORK * index.d))
    for begin in range(0, len(known), most):
        if begin:
            yield
        some = known[begin : begin + most]
        if int(some.max()) >= index.ntotal:
            raise IndexChangedError("the refining index lost vectors while it was read")
        vectors[begin : begin + most] = index.reconstruct_batch(some)
    return vectors, stored
