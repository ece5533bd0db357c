"""Rows of vectors as a worker gets them: carried along, or read there from the file that holds them."""

from __future__ import annotations

import functools
import mmap
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.model.file_stamp import FileStamp


class RowSource(Protocol):
    """Some rows of vectors. It can be pickled."""

    @property
    def name(self) -> str:
        """Where the rows are from, for messages."""
        ...

    @property
    def carried_bytes(self) -> int:
        """Bytes of vectors that are pickled with it."""
        ...

    def read(self) -> npt.NDArray[Any]:
        """Return the rows, (n, dim)."""
        ...

    def load(self) -> npt.NDArray[Any]:
        """Return the rows, (n, dim), in memory: no map of a file."""
        ...

    def part(self, start: int, stop: int) -> RowSource:
        """Return those from ``start`` up to but not ``stop``, counted from the first of these."""
        ...


class RowFile(Protocol):
    """Rows of vectors in files. It can be pickled."""

    @property
    def stamps(self) -> tuple[FileStamp, ...]:
        """The files, as they were when they were looked at."""
        ...

    def rows(self, start: int, stop: int) -> RowSource:
        """Return the rows ``start`` up to but not ``stop``."""
        ...


def row_file(vectors: Any) -> RowFile | None:
    """Return the files that hold some vectors, or None where they are in memory only."""
    if isinstance(vectors, np.ndarray):
        return MappedArray.behind(vectors)
    found: RowFile | None = vectors if hasattr(vectors, "stamps") and hasattr(vectors, "rows") else None
    return found


@dataclass(frozen=True, slots=True, eq=False)
class HeldRows:
    """Rows that are carried along.

    Attributes
    ----------
    rows : array (n, dim)
        A view or a copy.
    name : str
        Where they are from.
    """

    rows: npt.NDArray[Any]
    name: str

    @property
    def carried_bytes(self) -> int:
        """All of them."""
        return int(self.rows.nbytes)

    def read(self) -> npt.NDArray[Any]:
        """Return the rows, (n, dim)."""
        return self.rows

    def load(self) -> npt.NDArray[Any]:
        """Return the rows, (n, dim)."""
        return self.rows

    def part(self, start: int, stop: int) -> HeldRows:
        """Return some of them."""
        return HeldRows(self.rows[start:stop], self.name)


@dataclass(frozen=True, slots=True)
class MappedArray:
    """An array in a file, in C order, as ``numpy.memmap`` maps it.

    Attributes
    ----------
    file : FileStamp
        The file.
    dtype : str
        Type of the numbers, with their byte order.
    shape : (int, int)
        Rows and dimensions.
    offset : int
        Bytes before the first number.
    """

    file: FileStamp
    dtype: str
    shape: tuple[int, int]
    offset: int

    @classmethod
    def behind(cls, array: npt.NDArray[Any]) -> MappedArray | None:
        """Return the file that an array (n, dim) is a view of, or None where there is none.

        None also where the array may differ from the file (a map in mode ``c``), is not in C order, or the
        file has gone or is another now.
        """
        owner: Any = array
        while owner is not None and not hasattr(owner, "_mmap"):
            owner = getattr(owner, "base", None)
        mapped = getattr(owner, "_mmap", None)
        if mapped is None or owner.filename is None or owner.mode == "c" or not array.flags.c_contiguous:
            return None
        # A view keeps the offset of the map that it is a view of.
        start = np.frombuffer(mapped, np.uint8).__array_interface__["data"][0]
        offset = owner.offset - owner.offset % mmap.ALLOCATIONGRANULARITY
        offset += array.__array_interface__["data"][0] - start
        try:
            stamp = FileStamp.of(owner.filename)
        except OSError:
            return None
        if not array.size:
            return None
        rows, dim = array.shape
        found = cls(stamp, array.dtype.str, (rows, dim), offset)
        return found if found.holds(array) else None

    def holds(self, array: npt.NDArray[Any]) -> bool:
        """Return whether the file, now, has some rows of an array: another may have come in its place."""
        last = len(array) - 1
        try:
            return all(
                self.rows(row, row + 1).read().tobytes() == array[row : row + 1].tobytes()
                for row in (0, last // 3, last // 2, last)
            )
        except (OSError, ValueError):
            return False

    @property
    def stamps(self) -> tuple[FileStamp, ...]:
        """The file."""
        return (self.file,)

    def rows(self, start: int, stop: int) -> MappedRows:
        """Return some of the rows."""
        return MappedRows(self, start, stop)


@dataclass(frozen=True, slots=True)
class MappedRows:
    """Rows of an array in a file.

    Attributes
    ----------
    array : MappedArray
        The whole array.
    start, stop : int
        Rows ``start`` up to but not ``stop``.
    """

    array: MappedArray
    start: int
    stop: int

    @property
    def name(self) -> str:
        """The path of the file."""
        return self.array.file.path

    @property
    def carried_bytes(self) -> int:
        """None."""
        return 0

    def read(self) -> npt.NDArray[Any]:
        """Map the file, once per process, and return the rows, (n, dim).

        Raises
        ------
        IndexChangedError
            If the file has changed.
        OSError
            If it cannot be read.
        """
        self.array.file.check()
        return _mapped(self.array)[self.start : self.stop]

    def load(self) -> npt.NDArray[Any]:
        """Read the rows, (n, dim), into memory; errors as ``read``."""
        array = self.array
        array.file.check()
        dtype, dim = np.dtype(array.dtype), array.shape[1]
        count, begin = (self.stop - self.start) * dim, array.offset + self.start * dim * dtype.itemsize
        numbers = np.fromfile(array.file.path, dtype, count, offset=begin)
        if len(numbers) != count:
            raise IndexChangedError(f"{array.file.path} was cut after it was opened; open it again")
        return numbers.reshape(-1, dim)

    def part(self, start: int, stop: int) -> MappedRows:
        """Return some of them."""
        return MappedRows(self.array, self.start + start, self.start + stop)


@functools.lru_cache(maxsize=4)
def _mapped(array: MappedArray) -> npt.NDArray[Any]:
    return np.memmap(array.file.path, array.dtype, "r", array.offset, array.shape)
