"""Parquet files of rows and Arrow files of the log, read by pyarrow, which is imported when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from feder_widget.errors import IndexFileError

INSTALL = "pip install feder-widget[milvus]"


def arrow(module: str = "pyarrow") -> Any:
    """Return pyarrow or a module of it.

    Raises
    ------
    ImportError
        If it is not installed, with what installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"Milvus Lite keeps keys in Parquet files, and pyarrow cannot be imported ({error}): {INSTALL}"
        ) from error


def parquet_columns(path: Path, names: Sequence[str]) -> Any:
    """Return some columns of a Parquet file, as a ``pyarrow.Table``.

    Raises
    ------
    OSError
        If it is missing, damaged, or has no such columns, with its path.
    """
    parquet = arrow("pyarrow.parquet")
    try:
        with path.open("rb") as file:
            table = parquet.read_table(file, columns=list(names))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        # Errors of Arrow are ValueErrors.
        raise IndexFileError(f"{path} is no readable Parquet file: {error}") from error
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise IndexFileError(f"{path} has no column {missing[0]!r}")
    return table


def logged_columns(path: Path, names: Sequence[str]) -> list[Any]:
    """Return some columns of all batches in a file of the log, as tables.

    A file that is being written may end in the middle of a batch: what is before it counts, as it does for
    Milvus Lite.
    """
    pyarrow = arrow()
    tables: list[Any] = []
    try:
        with pyarrow.OSFile(str(path), "rb") as file:
            for batch in arrow("pyarrow.ipc").open_stream(file):
                batch.validate(full=True)
                tables.append(pyarrow.Table.from_batches([batch]).select(list(names)))
    except pyarrow.ArrowInvalid:
        pass
    except FileNotFoundError:
        # It was written to a segment a moment ago.
        return []
    except KeyError as error:
        raise IndexFileError(f"{path} has no column {error}") from error
    return tables
