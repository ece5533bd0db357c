"""The rows that a job compares queries with: where they are read, which count, and how they are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.model.row_source import HeldRows, RowSource, row_file
from feder_widget.truth.job.memory_plan import ALIGN
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.truth_fingerprint import Compared, ids_digest

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


class RowsPart(Protocol):
    """Some of the rows as a worker gets them. It can be pickled."""

    @property
    def name(self) -> str:
        """Where the rows are from, for messages."""
        ...

    @property
    def carried_bytes(self) -> int:
        """Bytes of vectors that are pickled with it."""
        ...

    def blocks(self, size: int) -> Iterator[Block]:
        """Read the rows, ``size`` at a time."""
        ...


class JobRows(Protocol):
    """The rows of a job, in the order in which they are read: those of a ``RowSet``, or of inverted lists."""

    @property
    def comparison(self) -> RowComparison:
        """How queries are compared with them."""
        ...

    @property
    def count(self) -> int:
        """Number of rows that count."""
        ...

    @property
    def dim(self) -> int:
        """Dimensions of a row as it is stored."""
        ...

    @property
    def item_bytes(self) -> int:
        """Bytes of one number of it."""
        ...

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        ...

    @property
    def is_carried(self) -> bool:
        """Whether workers get the rows themselves, because no file holds them."""
        ...

    def __len__(self) -> int:
        """Return the number of rows, those that do not count among them."""
        ...

    def compared(self) -> Compared:
        """Describe the rows, without reading vectors."""
        ...

    def origin(self) -> Float32Array:
        """Return a point amidst the rows as they are compared, float32 (inner dim,)."""
        ...

    def block(self, start: int, stop: int) -> Block:
        """Read some rows."""
        ...

    def part(self, start: int, stop: int) -> RowsPart:
        """Return some rows as a worker gets them."""
        ...

    def digest(self, start: int, stop: int, size: int) -> RowDigest:
        """Return the digest of some rows, which are read, ``size`` at a time."""
        ...

    def digest_of_all(self) -> RowDigest:
        """Return the digest of all rows, which are read."""
        ...


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
    def count(self) -> int:
        """Number of rows that count."""
        return int(np.count_nonzero(self.counted))

    @property
    def dim(self) -> int:
        """Dimensions of a row."""
        return int(self.vectors.shape[1])

    @property
    def item_bytes(self) -> int:
        """Bytes of one number."""
        return int(self.vectors.dtype.itemsize)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.dim * self.item_bytes

    @property
    def is_carried(self) -> bool:
        """Whether workers get the rows themselves, because no file holds them."""
        return self.file is None

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

    def origin(self) -> Float32Array:
        """Return the mean of the first rows that count, float32 (inner dim,); zeros where these have none."""
        some = self.block(0, min(len(self), ALIGN)).vectors
        finite = some[np.isfinite(some).all(axis=1)].astype(np.float64)
        if not len(finite):
            return np.zeros(some.shape[1], np.float32)
        return np.asarray(finite.mean(axis=0), np.float32)

    def part(self, start: int, stop: int) -> SetPart:
        """Return some rows as a worker gets them."""
        return SetPart(self.source(start, stop), start, self.counted[start:stop], self.comparison.copy())

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


@dataclass(frozen=True, slots=True, eq=False)
class SetPart:
    """Some rows of a ``RowSet``.

    Attributes
    ----------
    source : RowSource
        The rows.
    first : int
        The id of the first one.
    counted : bool (n,)
        Which of them count.
    comparison : RowComparison
        How they are compared.
    """

    source: RowSource
    first: int
    counted: Flags
    comparison: RowComparison

    @property
    def name(self) -> str:
        """The rows, and where they are from."""
        last = self.first + len(self.counted) - 1
        return f"rows {self.first:,} to {last:,} of {self.source.name}"

    @property
    def carried_bytes(self) -> int:
        """Bytes of vectors that are pickled with it."""
        return self.source.carried_bytes

    def blocks(self, size: int) -> Iterator[Block]:
        """Read the rows; they are compared ``size`` at a time."""
        rows = self.source.load()
        for start in range(0, len(rows), size):
            some = slice(start, start + size)
            yield block_of(rows[some], self.first + start, self.counted[some], self.comparison)


def block_of(rows: npt.NDArray[Any], start: int, counted: Flags, comparison: RowComparison) -> Block:
    """Return those of some rows that count, as they are compared; ``start`` is the id of the first one."""
    if not comparison.has_transforms:
        held = rows if counted.all() else rows[counted]
        return Block(comparison.transformed(held), start + np.flatnonzero(counted))
    # By runs of rows that are the same in every block: matrix products round by their numbers of rows.
    runs = [comparison.transformed(rows[at : at + ALIGN]) for at in range(0, len(rows), ALIGN)]
    return Block(np.concatenate(runs)[counted], start + np.flatnonzero(counted))
