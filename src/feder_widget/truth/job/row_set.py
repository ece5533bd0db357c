"""The rows that a job compares queries with: where they are read, which count, and how they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.row_source import HeldRows, RowSource, row_file
from feder_widget.truth.job.memory_plan import ALIGN
from feder_widget.truth.row_comparison import RowComparison
from feder_widget.truth.row_digest import RowDigest
from feder_widget.truth.truth_fingerprint import Compared, ids_digest

DIGEST_BYTES = 8 << 20
"""Vectors read at once to tell them from others."""

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some of the rows that count, as they are compared.

    Attributes
    ----------
    vectors : float32 (n, dim)
        Behind the transforms of the metric.
    ids : int64 (n,)
        Their ids.
    """

    vectors: Float32Array
    ids: Ids

    @property
    def digest(self) -> RowDigest:
        """The digest of the rows."""
        return RowDigest.of(self.vectors, self.ids)


class RowSet:
    """Vectors, row i for row id i.

    Parameters
    ----------
    vectors : array, memory map or VectorFiles (n, dim)
        Of any real type.
    counted : bool (n,)
        Which rows count.
    comparison : RowComparison
        How they are compared.
    """

    def __init__(self, vectors: Any, counted: Flags, comparison: RowComparison) -> None:
        self.vectors = vectors
        self.counted = counted
        self.comparison = comparison
        self.file = row_file(vectors)

    def __len__(self) -> int:
        """Return the number of rows, those that do not count among them."""
        return len(self.counted)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return int(self.vectors.shape[1] * self.vectors.dtype.itemsize)

    def compared(self) -> Compared:
        """Describe the rows, without reading them."""
        files = () if self.file is None else self.file.stamps
        ids = ids_digest(np.flatnonzero(self.counted))
        return Compared.of(self.comparison, int(self.vectors.shape[1]), ids, files)

    def source(self, start: int, stop: int) -> RowSource:
        """Return some rows as a worker gets them."""
        if self.file is not None:
            return self.file.rows(start, stop)
        return HeldRows(self.vectors[start:stop], "vectors")

    def block(self, start: int, stop: int) -> Block:
        """Read some rows."""
        return block_of(self.source(start, stop).load(), start, self.counted[start:stop], self.comparison)

    def digest_of_all(self) -> RowDigest:
        """Return the digest of all rows, which are read."""
        return self.digest(0, len(self), max(ALIGN, DIGEST_BYTES // max(1, self.row_bytes) // ALIGN * ALIGN))

    def digest(self, start: int, stop: int, size: int) -> RowDigest:
        """Return the digest of some rows, which are read, ``size`` at a time."""
        found = RowDigest()
        for begin in range(start, stop, size):
            found += self.block(begin, min(begin + size, stop)).digest
        return found


def block_of(rows: npt.NDArray[Any], start: int, counted: Flags, comparison: RowComparison) -> Block:
    """Return those of some rows that count, as they are compared; ``start`` is the id of the first one."""
    if not comparison.has_transforms:
        held = rows if counted.all() else rows[counted]
        return Block(comparison.transformed(held), start + np.flatnonzero(counted))
    # By runs of rows that are the same in every block: matrix products round by their numbers of rows.
    runs = [comparison.transformed(rows[at : at + ALIGN]) for at in range(0, len(rows), ALIGN)]
    return Block(np.concatenate(runs)[counted], start + np.flatnonzero(counted))
