"""``open_vectors``: files of vectors become one array that is read when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from feder_widget.model.natural_order import natural_key
from feder_widget.vector_files.joined_blocks import VectorFiles
from feder_widget.vector_files.npy_block import NpyBlock
from feder_widget.vector_files.parquet_block import ParquetBlock
from feder_widget.vector_files.vector_block import VectorBlock
from feder_widget.vector_files.zarr_block import ZarrBlock, is_zarr

PARQUET = (".parquet", ".pq")


def open_vectors(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, column: str | None = None
) -> VectorFiles:
    """Open vectors in files as rows 0 to n - 1, without reading them.

    Parameters
    ----------
    paths : path, or iterable of paths
        A folder of ``.npy`` files or of Parquet files, whose rows follow on one another in the natural order
        of the names (``x2`` before ``x10``); one such file; a list of them, in its order; or the folder of
        a Zarr array. ``.npy`` files hold (n, dim) in C order. Parquet takes pyarrow
        (``feder-widget[parquet]``), Zarr takes zarr (``feder-widget[zarr]``).
    column : str, optional
        The column of Parquet files that holds the vectors, as lists of numbers of one length. It may be left
        out where there is one such column.

    Returns
    -------
    VectorFiles
        Array-like (n, dim), for ``open_index(source, vectors=...)`` and ``ground_truth``. Only what is asked
        for is read. A file that is changed afterwards is refused when it is read.

    Raises
    ------
    FileNotFoundError
        If a file is missing, or a folder holds none.
    VectorFileError
        (an ``OSError``) If a file is damaged, cut, or holds no vectors.
    ValueError
        If a file has other dimensions or another type of numbers than the first one, or ``column`` fits none.
    TypeError
        If ``paths`` are none, or the numbers are no real ones.
    ImportError
        If pyarrow or zarr is needed and missing.
    """
    blocks = [_block(path, column) for path in _files(paths)]
    blocks = [block for block in blocks if block.shape[0]] or blocks[:1]
    first = blocks[0]
    if np.dtype(first.dtype).kind not in "iuf":
        raise TypeError(f"{first.path} must hold real numbers, got {np.dtype(first.dtype)}")
    for block in blocks[1:]:
        if block.shape[1] != first.shape[1]:
            raise ValueError(
                f"{block.path} must hold vectors of {first.shape[1]} dimensions as {first.path} does, "
                f"got {block.shape[1]}"
            )
        if block.dtype != first.dtype:
            raise ValueError(
                f"{block.path} must hold {np.dtype(first.dtype)} as {first.path} does, "
                f"got {np.dtype(block.dtype)}"
            )
    return VectorFiles(blocks)


def are_paths(value: Any) -> bool:
    """Return whether a value is a path or a list of paths."""
    if isinstance(value, (str, os.PathLike)):
        return True
    is_list = isinstance(value, (list, tuple)) and len(value) > 0
    return is_list and all(isinstance(each, (str, os.PathLike)) for each in value)


def _files(paths: Any) -> list[Path]:
    if isinstance(paths, (str, os.PathLike)):
        return _files_at(Path(paths))
    if isinstance(paths, bytes) or not hasattr(paths, "__iter__"):
        raise TypeError(f"paths must be a path or a list of paths, got {type(paths).__name__}")
    listed = list(paths)
    for each in listed:
        if not isinstance(each, (str, os.PathLike)):
            raise TypeError(f"paths must be a path or a list of paths, got {type(each).__name__} in it")
    if not listed:
        raise ValueError("paths must name at least one file, got none")
    return [Path(each) for each in listed]


def _files_at(path: Path) -> list[Path]:
    if not path.is_dir() or is_zarr(path):
        return [path]
    names = [each for each in path.iterdir() if each.is_file() and not each.name.startswith(".")]
    found = [each for each in names if each.suffix == ".npy" or each.suffix in PARQUET]
    if not found:
        raise FileNotFoundError(f"{path} must hold .npy or .parquet files, or be a Zarr array; it holds none")
    if any(each.suffix == ".npy" for each in found) and any(each.suffix in PARQUET for each in found):
        raise ValueError(f"{path} must hold .npy files or Parquet files, got both; pass a list of files")
    return sorted(found, key=lambda each: natural_key(each.name))


def _block(path: Path, column: str | None) -> VectorBlock:
    if path.is_dir():
        if not is_zarr(path):
            raise IsADirectoryError(f"{path} must be a file or a Zarr array, got a folder; pass it alone")
        return ZarrBlock.of(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing")
    if path.suffix == ".npy":
        return NpyBlock.of(path)
    if path.suffix in PARQUET:
        return ParquetBlock.of(path, column)
    raise ValueError(f"{path} must be a .npy or .parquet file, or the folder of a Zarr array")
