"""Addresses of files: paths, and those that ``fsspec`` opens, such as ``s3://bucket/shard0.faiss``."""

from __future__ import annotations

import importlib
import os
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Two letters at least: one is a drive.
_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+)(?:://|::)")
_LOCAL = ("file", "local")
_DIGITS = re.compile(r"(\d+)")


def is_remote(address: str) -> bool:
    """Return whether ``fsspec`` opens an address rather than this machine's file system."""
    scheme = _SCHEME.match(address)
    return scheme is not None and scheme[1].lower() not in _LOCAL


def is_glob(address: str) -> bool:
    """Return whether an address stands for all that match it."""
    # A question mark begins the query of a web address.
    return any(sign in address for sign in ("*[" if is_remote(address) else "*?["))


def local_path(address: str) -> Path:
    """Return the path that a local address leads to."""
    scheme = _SCHEME.match(address)
    return Path(address[scheme.end() :] if scheme else address).expanduser()


def beside(address: str, other: str) -> str:
    """Return an address that is relative to the folder of ``other`` as a whole one."""
    if _SCHEME.match(address) or Path(address).is_absolute():
        return address
    if is_remote(other):
        return f"{other.rpartition('/')[0]}/{posixpath.normpath(address)}"
    return str(local_path(other).parent / address)


def matching(pattern: str, options: Mapping[str, Any]) -> list[str]:
    """Return the addresses that match a pattern, in natural order: ``shard2`` before ``shard10``.

    Raises
    ------
    FileNotFoundError
        If there are none.
    OSError
        If the folder cannot be read.
    """
    if is_remote(pattern):
        files, path = file_system(pattern, options)
        try:
            found = [str(files.unstrip_protocol(each)) for each in files.glob(path)]
        except PermissionError as error:
            raise PermissionError(f"{pattern}: access was refused: {error}") from error
        except OSError as error:
            raise OSError(f"{pattern} cannot be listed: {error}") from error
    else:
        whole = local_path(pattern)
        # A folder's name may hold the signs of a pattern only behind the first part that does.
        parts = whole.parts
        first = next(i for i, part in enumerate(parts) if is_glob(part))
        found = [str(each) for each in Path(*parts[:first]).glob(str(Path(*parts[first:])))]
    if not found:
        raise FileNotFoundError(f"no file matches {pattern}")
    return sorted(found, key=_natural)


def file_system(address: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the file system of ``fsspec`` that opens an address, and the path there.

    Raises
    ------
    ImportError
        If ``fsspec`` is not installed, or what it needs for this address is not.
    """
    try:
        core: Any = importlib.import_module("fsspec.core")
    except ImportError as error:
        raise ImportError(f"{address} is opened by fsspec: pip install feder-widget[shards]") from error
    try:
        files, path = core.url_to_fs(address, **options)
    except ImportError as error:
        raise ImportError(f"{address} needs another package: {error}") from error
    except ValueError as error:
        raise ValueError(f"{address} is no address that fsspec opens: {error}") from error
    return files, str(path)


def as_addresses(source: Any) -> list[str]:
    """Return a list of paths and addresses as text.

    Raises
    ------
    TypeError
        If one is neither.
    ValueError
        If there are none, or one comes twice.
    """
    addresses = []
    for place, each in enumerate(source):
        if not isinstance(each, (str, os.PathLike)):
            raise TypeError(
                f"a list of shards holds paths and addresses, but number {place} is a {type(each).__name__}"
            )
        addresses.append(os.fspath(each))
    if not addresses:
        raise ValueError("the list of shards is empty")
    for place, address in enumerate(addresses):
        if address in addresses[:place]:
            raise ValueError(f"the list of shards holds {address} twice")
    return addresses


def _natural(address: str) -> list[tuple[int, str]]:
    parts = _DIGITS.split(address)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
