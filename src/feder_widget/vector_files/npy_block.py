"""A block of vectors in a ``.npy`` file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import VectorFileError
from feder_widget.model.file_stamp import FileStamp


@dataclass(frozen=True, slots=True)
class NpyBlock:
    """Vectors as ``numpy.save`` writes them.

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
    def of(cls, path: str | os.PathLike[str]) -> NpyBlock:
        """Look at a file.

        Raises
        ------
        VectorFileError
            If it is cut, or holds anything but an array (n, dim) in C order.
        """
        stamp = FileStamp.of(path)
        try:
            mapped = np.lib.format.open_memmap(path, mode="r")
        except ValueError as error:
            raise VectorFileError(f"{path} must hold an array of numpy.save, whole: {error}") from error
        if mapped.ndim != 2:
            raise VectorFileError(f"{path} must hold vectors (n, dim), got an array of shape {mapped.shape}")
        if not mapped.flags.c_contiguous:
            raise VectorFileError(
                f"{path} must be in C order, row by row, and is in Fortran order; save "
                "numpy.ascontiguousarray(vectors)"
            )
        rows, dim = mapped.shape
        return cls(stamp, mapped.dtype.str, (rows, dim), int(mapped.offset))

    @property
    def path(self) -> str:
        """The path of the file."""
        return self.file.path

    @property
    def stamps(self) -> tuple[FileStamp, ...]:
        """The file."""
        return (self.file,)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows ``start`` up to but not ``stop``, (n, dim)."""
        self.file.check()
        dtype, dim = np.dtype(self.dtype), self.shape[1]
        count, begin = (stop - start) * dim, self.offset + start * dim * dtype.itemsize
        # Read rather than mapped: pages of a map count as memory of this process until others need it.
        numbers = np.fromfile(self.path, dtype, count, offset=begin)
        if len(numbers) != count:
            raise VectorFileError(
                f"{self.path} ends before row {stop - 1:,}, of {self.shape[0]:,} in its header"
            )
        return numbers.reshape(-1, dim)

    def some(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return rows in the order asked for, (n, dim)."""
        self.file.check()
        mapped = np.memmap(self.path, self.dtype, "r", self.offset, self.shape)
        return np.array(mapped[rows])
