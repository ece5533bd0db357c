"""The shards of one index as files: a list of addresses, a pattern, or a manifest that says more of each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from feder_widget.errors import IndexChangedError, ShardError
from feder_widget.stores.addresses import as_addresses, beside, is_glob, is_remote, local_path, matching
from feder_widget.stores.local_file import LocalFile
from feder_widget.stores.stored_file import StoredFile, stored_file, stored_files

MOST_MANIFEST_BYTES = 64 << 20
"""A manifest is text that is read whole."""

_INDEX_FIELDS = ("shards", "ntotal", "quantizer")
_SHARD_FIELDS = ("address", "first_row", "rows", "ntotal", "size")


@dataclass(frozen=True, slots=True)
class ShardFile:
    """One shard, and what a manifest says of it.

    Attributes
    ----------
    file : StoredFile
        An index file.
    first_row : int or None
        The shard counts its rows from 0, and this is added to each; None where it holds the ids themselves.
    rows : (int, int) or None
        Its row ids are in this range, the end excluded.
    ntotal : int or None
        Vectors in it.
    """

    file: StoredFile
    first_row: int | None = None
    rows: tuple[int, int] | None = None
    ntotal: int | None = None

    @property
    def name(self) -> str:
        """Path or address, as errors name it."""
        return self.file.name


@dataclass(frozen=True, slots=True)
class ShardFiles:
    """All shards of one index. It can be pickled: a worker opens the same index by it.

    Attributes
    ----------
    shards : tuple of ShardFile
        In the order in which their lists are joined.
    ntotal : int or None
        Vectors in all of them, by the manifest.
    quantizer : StoredFile or None
        An index file whose centroids the shards must have.
    cache : str or None
        The folder for lists that are fetched; None for the user's own cache.
    """

    shards: tuple[ShardFile, ...]
    ntotal: int | None = None
    quantizer: StoredFile | None = None
    cache: str | None = field(default=None, compare=False)

    @property
    def path(self) -> str:
        """The shards in a few words, as errors name them."""
        first, more = self.shards[0].name, len(self.shards) - 1
        return first if not more else f"{first} and {more} other shard{'s' if more > 1 else ''}"

    def check(self) -> None:
        """Raise ``IndexChangedError`` if a shard on this machine has changed.

        Those elsewhere are checked whenever something is read from them.
        """
        for shard in self.shards:
            if isinstance(shard.file, LocalFile):
                try:
                    shard.file.check()
                except FileNotFoundError as error:
                    raise IndexChangedError(f"{shard.name} was removed after it was opened") from error


def are_shards(source: Any) -> bool:
    """Return whether ``open_index`` is asked for shards: a list, a pattern, a manifest, or a remote file."""
    if isinstance(source, (list, tuple)):
        return not source or any(isinstance(each, (str, os.PathLike)) for each in source)
    if not isinstance(source, (str, os.PathLike)):
        return False
    address = os.fspath(source)
    if not isinstance(address, str):
        return False
    # A file may have the signs of a pattern in its name.
    is_file = not is_remote(address) and local_path(address).exists()
    return is_remote(address) or _is_manifest(address) or (is_glob(address) and not is_file)


def shard_files(source: Any, options: Mapping[str, Any] | None) -> ShardFiles:
    """Look at the shards that a source names.

    Parameters
    ----------
    source : list, str or os.PathLike
        Paths and addresses, a pattern, or the path or address of a manifest (``.json``).
    options : dict or None
        ``storage_options`` of ``fsspec``.

    Raises
    ------
    OSError
        If a shard is missing, refused, or its store does not answer.
    ShardError
        If the manifest says what cannot be, or of a file another size than it has.
    """
    options = {} if options is None else options
    if isinstance(source, (list, tuple)):
        places = as_addresses(source)
    else:
        address = os.fspath(source)
        if _is_manifest(address) and not is_glob(address):
            return _manifest(address, options)
        places = matching(address, options) if is_glob(address) else [address]
    return ShardFiles(tuple(map(ShardFile, stored_files(places, options))))


def _is_manifest(address: str) -> bool:
    return address.lower().endswith(".json")


def _manifest(address: str, options: Mapping[str, Any]) -> ShardFiles:
    """Read a manifest and look at the files that it names."""
    file = stored_file(address, options)
    if file.size > MOST_MANIFEST_BYTES:
        raise ShardError(
            f"{file.name}: a manifest has at most {MOST_MANIFEST_BYTES:,} bytes, got {file.size:,}"
        )
    try:
        said = json.loads(file.read(0, file.size))
    except ValueError as error:
        raise ShardError(f"{file.name} is no manifest: it is not JSON: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("shards"), list) or not said["shards"]:
        raise ShardError(f'{file.name} is no manifest: it must be an object with a list "shards"')
    _refuse_others(said, _INDEX_FIELDS, file.name)
    entries = [_entry(each, number, file.name) for number, each in enumerate(said["shards"])]
    places = as_addresses([beside(entry["address"], file.name) for entry in entries])
    shards = [
        _shard(found, entry, file.name)
        for found, entry in zip(stored_files(places, options), entries, strict=True)
    ]
    _check_numbering(shards, file.name)
    quantizer = said.get("quantizer")
    if quantizer is not None and not isinstance(quantizer, str):
        raise ShardError(f'{file.name}: "quantizer" must be an address, got {quantizer!r}')
    return ShardFiles(
        tuple(shards),
        _whole(said, "ntotal", file.name),
        None if quantizer is None else stored_file(beside(quantizer, file.name), options),
    )


def _entry(said: Any, number: int, name: str) -> dict[str, Any]:
    entry = {"address": said} if isinstance(said, str) else said
    if not isinstance(entry, dict) or not isinstance(entry.get("address"), str) or not entry["address"]:
        raise ShardError(
            f'{name}: shard {number} must be an address or an object with "address", got {said!r}'
        )
    _refuse_others(entry, _SHARD_FIELDS, f"{name}: shard {number}")
    return entry


def _shard(file: StoredFile, entry: Mapping[str, Any], name: str) -> ShardFile:
    where = f"{name}: shard {entry['address']}"
    size = _whole(entry, "size", where)
    if size is not None and size != file.size:
        raise ShardError(f"{where} has {size:,} bytes by the manifest, and {file.size:,} in truth")
    rows = entry.get("rows")
    if rows is not None:
        is_pair = isinstance(rows, list) and len(rows) == 2 and all(type(each) is int for each in rows)
        if not is_pair or not 0 <= rows[0] <= rows[1]:
            raise ShardError(f'{where}: "rows" must be [first, stop], whole numbers in order, got {rows!r}')
    return ShardFile(
        file,
        _whole(entry, "first_row", where),
        None if rows is None else (rows[0], rows[1]),
        _whole(entry, "ntotal", where),
    )


def _check_numbering(shards: Sequence[ShardFile], name: str) -> None:
    """Refuse row ranges that overlap, and first rows that only some shards have."""
    without = [shard.name for shard in shards if shard.first_row is None]
    if without and len(without) < len(shards):
        raise ShardError(f'{name}: either all shards have "first_row" or none; {without[0]} has none')
    ranged = sorted((shard for shard in shards if shard.rows), key=lambda shard: shard.rows or (0, 0))
    for one, other in pairwise(ranged):
        if one.rows and other.rows and other.rows[0] < one.rows[1]:
            raise ShardError(
                f"{name}: the rows of {one.name} and of {other.name} overlap: both hold row {other.rows[0]:,}"
            )


def _whole(said: Mapping[str, Any], name: str, where: str) -> int | None:
    value = said.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise ShardError(f'{where}: "{name}" must be a whole number from 0, got {value!r}')
    return value


def _refuse_others(said: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in said:
        if name not in known:
            raise ShardError(f"{where}: unknown field {name!r}; known are {', '.join(known)}")
