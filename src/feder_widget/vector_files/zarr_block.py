"""A block of vectors in a Zarr array."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import VectorFileError
from feder_widget.model.file_stamp import FileStamp

METADATA = ("zarr.json", ".zarray")


@dataclass(frozen=True, slots=True)
class ZarrBlock:
    """Vectors in a Zarr array in a folder.

    Attributes
    ----------
    stamps : tuple of FileStamp
        Its files.
    path : str
        The folder.
    dtype : str
        Type of the numbers.
    shape : (int, int)
        Rows and dimensions.
    """

    stamps: tuple[FileStamp, ...]
    path: str
    dtype: str
    shape: tuple[int, int]

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> ZarrBlock:
        """Look at a folder.

        Raises
        ------
        VectorFileError
            If it holds no array (n, dim).
        """
        folder = str(Path(path).absolute())
        files = sorted(each for each in Path(folder).rglob("*") if each.is_file())
        opened = _opened(folder)
        if getattr(opened, "ndim", 0) != 2:
            raise VectorFileError(f"{path} must hold one Zarr array (n, dim), got {opened}")
        rows, dim = opened.shape
        stamps = tuple(map(FileStamp.of, files))
        return cls(stamps, folder, np.dtype(opened.dtype).str, (int(rows), int(dim)))

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows ``start`` up to but not ``stop``, (n, dim)."""
        for stamp in self.stamps:
            stamp.check()
        return np.asarray(_opened(self.path)[start:stop])

    def some(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return rows in the order asked for, (n, dim)."""
        for stamp in self.stamps:
            stamp.check()
        return np.asarray(_opened(self.path).oindex[rows, :])


def is_zarr(folder: Path) -> bool:
    """Return whether a folder holds a Zarr array or group."""
    return any((folder / name).exists() for name in METADATA)


def _opened(folder: str) -> Any:
    try:
        import zarr
    except ImportError as error:
        raise ImportError(
            "reading vectors from a Zarr array needs zarr: pip install 'feder-widget[zarr]'"
        ) from error
    try:
        return zarr.open(folder, mode="r")
    except Exception as error:  # it raises many kinds of errors for damaged metadata
        raise VectorFileError(f"{folder} cannot be read as a Zarr array: {error}") from error
