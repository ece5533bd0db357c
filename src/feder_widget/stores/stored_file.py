"""A file that lies anywhere: ranges of its bytes, and whether it has changed since it was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from feder_widget.model.file_stamp import FileStamp
from feder_widget.stores import addresses
from feder_widget.stores.local_file import LocalFile
from feder_widget.stores.remote_file import RemoteFile

StoredFile: TypeAlias = LocalFile | RemoteFile
"""A file, wherever it lies."""


def stored_file(address: str, options: Mapping[str, Any]) -> StoredFile:
    """Look at a file.

    Raises
    ------
    OSError
        If it cannot be looked at: missing, refused, or the store does not answer; with its address.
    """
    if addresses.is_remote(address):
        return RemoteFile.of(address, options)
    path = addresses.local_path(address)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; a pattern such as {path}/*.faiss names files")
    try:
        return LocalFile(FileStamp.of(path))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} does not exist") from error
    except PermissionError as error:
        raise PermissionError(f"{path} cannot be read: {error.strerror}") from error


def stored_files(places: Sequence[str], options: Mapping[str, Any]) -> list[StoredFile]:
    """Look at several files side by side; see ``stored_file``."""
    with ThreadPoolExecutor(min(8, len(places))) as threads:
        return list(threads.map(lambda address: stored_file(address, options), places))
