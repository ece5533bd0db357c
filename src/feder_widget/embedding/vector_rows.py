"""The vectors as they come: an array, or a memory map where they are many."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAP_FROM_BYTES = 1 << 30
"""Vectors of more bytes are kept in a temporary file that is mapped into memory."""


class VectorRows:
    """One vector per row, float32 (count, width), written in any order.

    Parameters
    ----------
    count : int
        Rows.
    folder : Path or None
        Where a temporary file goes; None for the system's folder. It has no name where the system allows
        that, and ends with the array.
    """

    def __init__(self, count: int, folder: Path | None) -> None:
        self._count = count
        self._folder = folder
        self._vectors: NDArray[np.float32] | None = None

    @property
    def width(self) -> int | None:
        """Numbers in a vector; None before the first."""
        return None if self._vectors is None else int(self._vectors.shape[1])

    def put(self, rows: list[int], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors of some rows, float32 (n, width)."""
        if self._vectors is None:
            self._vectors = self._empty(vectors.shape[1])
        self._vectors[rows] = vectors

    def finish(self, missing: list[int]) -> NDArray[np.float32] | None:
        """Return all vectors, NaN in the missing rows; None where no vector came."""
        if self._vectors is not None and missing:
            self._vectors[missing] = np.nan
        return self._vectors

    def _empty(self, width: int) -> NDArray[np.float32]:
        shape = self._count, width
        if 4 * self._count * width <= MAP_FROM_BYTES:
            return np.empty(shape, np.float32)
        with tempfile.TemporaryFile(dir=self._folder, prefix="vectors-") as file:
            self._reserve(file.fileno(), 4 * self._count * width)
            # The map keeps the file for as long as it is used.
            return np.memmap(file, np.float32, "w+", shape=shape)

    def _reserve(self, file: int, size: int) -> None:
        """Take the room on the disk now: a write to a map ends the process where the disk is full.

        Raises
        ------
        OSError
            If there is no room.
        """
        if not hasattr(os, "posix_fallocate"):
            return
        try:
            os.posix_fallocate(file, 0, size)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # not on this file system
                return
            folder = self._folder or tempfile.gettempdir()
            raise OSError(
                error.errno,
                f"the vectors take {size:,} bytes in a temporary file, and {folder} has no room for them "
                f"({error.strerror}); name a folder by cache=",
            ) from error
