"""Arrays in a file that is there whole or not at all, on the disk and not only in its cache."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import TruthFileError

FACTS = "facts"
"""Name of the array that holds what is no array, as JSON."""

Arrays = dict[str, npt.NDArray[Any]]


def write_arrays(path: Path, facts: Mapping[str, Any], arrays: Arrays) -> None:
    """Write facts and arrays beside their place, have the disk take them, and move them there.

    Raises
    ------
    OSError
        If they cannot be written: an older file stays as it was. A full disk is told with what is wanted.
    """
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{FACTS: np.array(json.dumps(facts))}, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        wanted = sum(array.nbytes for array in arrays.values())
        raise OSError(
            error.errno,
            f"the disk is full: {path} takes {wanted:,} bytes. What was kept there before is whole; make "
            "room and call again",
            str(path),
        ) from error
    finally:
        with suppress(OSError):
            Path(beside).unlink()
    _settle(path.parent)


def read_arrays(path: Path, what: str) -> tuple[dict[str, Any], Arrays]:
    """Read what ``write_arrays`` wrote.

    Raises
    ------
    TruthFileError
        If the file is damaged, or holds something else than ``what``.
    OSError
        If it cannot be read.
    """
    try:
        # Opened here: NumPy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        facts = json.loads(str(arrays.pop(FACTS)))
    except (ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise TruthFileError(f"{path} must hold {what}, and is damaged or something else: {error}") from error
    if not isinstance(facts, dict):
        raise TruthFileError(f"{path} must hold {what}, got facts that are {type(facts).__name__}")
    return facts, arrays


def _settle(folder: Path) -> None:
    """Have the disk take the name of a new file."""
    with suppress(OSError):
        # Windows opens no folders.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
