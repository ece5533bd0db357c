"""A file that is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_whole(path: str | os.PathLike[str], text: str) -> Path:
    """Write a text, UTF-8, beside its place and then move it there: an older file stays until then.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written, or the disk is full.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"path must be in a folder that exists, got {os.fspath(path)!r}")
    if target.is_dir():
        raise IsADirectoryError(f"path must be that of a file, got the folder {os.fspath(path)!r}")
    handle, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        # mkstemp lets the owner alone read; a page is for others too.
        umask = os.umask(0)
        os.umask(umask)
        Path(beside).chmod(0o666 & ~umask)
        Path(beside).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise
    return target
