"""Vectors in files, row after row, as one array of which only what is asked for is read."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.file_stamp import FileStamp
from feder_widget.vector_files.vector_block import VectorBlock

_Piece = tuple[VectorBlock, int, int]


@dataclass(frozen=True, slots=True)
class VectorRows:
    """Some rows of ``VectorFiles``, as a worker gets them.

    Attributes
    ----------
    pieces : tuple of (VectorBlock, int, int)
        Blocks, and the rows of each from one up to but not another.
    """

    pieces: tuple[_Piece, ...]

    @property
    def name(self) -> str:
        """The path of the file, or of the first and the last one."""
        paths = [block.path for block, _, _ in self.pieces]
        return paths[0] if len(paths) == 1 else f"{paths[0]} to {paths[-1]}"

    @property
    def carried_bytes(self) -> int:
        """None."""
        return 0

    def read(self) -> npt.NDArray[Any]:
        """Return the rows, (n, dim).

        Raises
        ------
        IndexChangedError
            If a file has changed.
        OSError
            If one cannot be read.
        """
        parts = [block.read(start, stop) for block, start, stop in self.pieces]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def load(self) -> npt.NDArray[Any]:
        """Return the rows, as ``read``."""
        return self.read()

    def part(self, start: int, stop: int) -> VectorRows:
        """Return some of them."""
        pieces, before = [], 0
        for block, first, last in self.pieces:
            begin, end = max(start, before), min(stop, before + last - first)
            if begin < end:
                pieces.append((block, first + begin - before, first + end - before))
            before += last - first
        return VectorRows(tuple(pieces))


class VectorFiles:
    """Vectors in one or more files, which are read when rows are asked for. Made by ``open_vectors``.

    It has what an array of vectors has: ``shape``, ``dtype``, ``len``, ``vectors[i]``, ``vectors[a:b]`` and
    ``vectors[rows]``. ``numpy.asarray`` reads all of it into memory.

    Parameters
    ----------
    blocks : sequence of VectorBlock
        All of one dimension and one type of numbers, in order.
    """

    ndim = 2

    def __init__(self, blocks: Sequence[VectorBlock]) -> None:
        self._blocks = tuple(blocks)
        self._ends = np.cumsum([block.shape[0] for block in self._blocks])
        self.dtype = np.dtype(self._blocks[0].dtype)

    def __repr__(self) -> str:
        files = len(self._blocks)
        return (
            f"<VectorFiles: {len(self):,} x {self.shape[1]} {self.dtype} in {files} file{'s'[: files > 1]}>"
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self._ends[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions."""
        return len(self), self._blocks[0].shape[1]

    @property
    def itemsize(self) -> int:
        """Bytes of one number."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows in memory."""
        return len(self) * self.shape[1] * self.itemsize

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, or the folder of a Zarr array, in the order of their rows."""
        return tuple(block.path for block in self._blocks)

    @property
    def stamps(self) -> tuple[FileStamp, ...]:
        """The files, as they were when they were looked at."""
        return tuple(stamp for block in self._blocks for stamp in block.stamps)

    def rows(self, start: int, stop: int) -> VectorRows:
        """Return the rows ``start`` up to but not ``stop``, to be read elsewhere."""
        return VectorRows(tuple(self._pieces(start, stop)))

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Read rows: one, a slice, or an array of row numbers or of flags.

        Raises
        ------
        IndexError
            If a row is not there.
        TypeError
            If the key is anything else.
        IndexChangedError
            If a file has changed since it was looked at.
        OSError
            If a file cannot be read.
        """
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._run(start, max(start, stop))
            return self._some(np.arange(start, stop, step))
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            (row,) = self._some(np.array([operator.index(key)]))
            return np.asarray(row)
        rows = np.asarray(key)
        if rows.size == 0:
            rows = rows.astype(np.int64)
        if rows.dtype == np.bool_ and rows.shape == (len(self),):
            rows = np.flatnonzero(rows)
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise TypeError(
                f"rows must be a number, a slice, or an array of row numbers, got {type(key).__name__}"
                f"{f' of {rows.dtype}, shape {rows.shape}' if isinstance(key, np.ndarray) else ''}"
            )
        return self._some(rows.astype(np.int64))

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        for row in range(len(self)):
            yield self[row]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Read all rows into memory."""
        del copy
        whole = self[:]
        return whole if dtype is None else whole.astype(dtype)

    def _run(self, start: int, stop: int) -> npt.NDArray[Any]:
        if stop == start:
            return np.empty((0, self.shape[1]), self.dtype)
        return self.rows(start, stop).read()

    def _some(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        beyond = rows[(rows < -len(self)) | (rows >= len(self))]
        if len(beyond):
            raise IndexError(f"row {beyond[0]} is not there, of {len(self):,} rows")
        rows = np.where(rows < 0, rows + len(self), rows)
        found = np.empty((len(rows), self.shape[1]), self.dtype)
        homes = np.searchsorted(self._ends, rows, side="right")
        for home in np.unique(homes).tolist():
            here = np.flatnonzero(homes == home)
            block = self._blocks[home]
            found[here] = block.some(rows[here] - (self._ends[home] - block.shape[0]))
        return found

    def _pieces(self, start: int, stop: int) -> Iterator[_Piece]:
        for block, end in zip(self._blocks, self._ends.tolist(), strict=True):
            first = end - block.shape[0]
            begin, finish = max(start, first), min(stop, end)
            if begin < finish:
                yield block, begin - first, finish - first
