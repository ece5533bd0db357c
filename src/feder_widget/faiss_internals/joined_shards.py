"""Shards that lie in several files as one index: their heads compared, their lists joined."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from platformdirs import user_cache_path

from feder_widget.errors import ShardError
from feder_widget.faiss_internals import joined_lists, shard_ids
from feder_widget.faiss_internals.fetched_lists import FarLists, FetchedLists
from feder_widget.faiss_internals.mapped_shards import MappedShards
from feder_widget.faiss_internals.shard_head import ShardHead, read_head
from feder_widget.faiss_internals.unwrap import Stack, unwrap
from feder_widget.stores.shard_files import ShardFile, ShardFiles
from feder_widget.stores.stored_file import LocalFile, StoredFile

HEADS_AT_ONCE = 8
"""Shards whose heads are read side by side."""

MOST_READ_AHEAD = 64 << 20
"""Bytes of a head up to which several are held at once."""


def join(files: ShardFiles, *, check_ids: bool = True) -> Stack:
    """Open shards as one index, which holds the lists of each one after those of the shard before.

    Parameters
    ----------
    files : ShardFiles
        The shards.
    check_ids : bool
        Look for row ids that two shards share.

    Raises
    ------
    ShardError
        If they are not parts of one index, or the manifest says of one what it is not.
    OSError, IndexChangedError
        If one cannot be read, or is no readable index.
    UnsupportedIndexError
        If one is no IVF index.
    """
    shards = files.shards
    heads = _heads(shards)
    marks = heads[0].marks()
    for shard, head in zip(shards[1:], heads[1:], strict=True):
        _refuse_others(shard.name, head.marks(), shards[0].name, marks)
    if files.quantizer is not None:
        _check_quantizer(files.quantizer, heads[0].ivf, shards[0].name)
    _check_totals(files, heads)
    root = heads[0]
    if all(head.lists is not None for head in heads):
        invlists, joined = _lists(files, heads)
        joined_lists.put_in(root.index, root.ivf, invlists, joined)
        root.set_ntotal(sum(head.ntotal for head in heads))
        if check_ids:
            shard_ids.check(root.ivf.invlists, [head.lists.sizes for head in heads if head.lists], shards)
    else:
        if check_ids:
            shard_ids.check_held([head.ivf.invlists for head in heads], shards)
        root = _merged(shards, heads)
    root.ivf.nprobe = heads[0].nprobe
    return replace(unwrap(root.index), file=files)


def _heads(shards: tuple[ShardFile, ...]) -> list[ShardHead]:
    """Read all shards without their lists, the later ones ahead of Faiss, which reads one by one."""
    heads = [_head(shards[0].file)]
    begins = heads[0].lists.start if heads[0].lists is not None else 0
    at_once = HEADS_AT_ONCE if 0 < begins <= MOST_READ_AHEAD else 1
    with ThreadPoolExecutor(at_once) as threads:
        for first in range(1, len(shards), at_once):
            some = [shard.file for shard in shards[first : first + at_once]]
            fronts = threads.map(lambda file: file.read(0, min(begins, file.size)), some)
            heads += [_head(file, front) for file, front in zip(some, fronts, strict=True)]
    return heads


def _head(file: StoredFile, front: bytes = b"") -> ShardHead:
    def read(start: int, stop: int) -> bytes:
        if stop <= len(front):
            return front[start:stop]
        return file.read(start, stop) if start >= len(front) else front[start:] + file.read(len(front), stop)

    head = read_head(read, file.size, file.name)
    file.check()
    return head


def _refuse_others(name: str, marks: dict[str, Any], first_name: str, first: dict[str, Any]) -> None:
    """Raise if what all shards have in common is another in one of them."""
    for mark, value in marks.items():
        if value == first[mark]:
            continue
        if isinstance(value, str) and mark in ("centroids", "codes or transforms"):
            raise ShardError(
                f"{name} has other {mark} than {first_name}, so they are not parts of one index: train one "
                "index, clone it empty for each shard, and add to the clones"
            )
        raise ShardError(f"{name} has another {mark} than {first_name}: {value}, not {first[mark]}")


def _check_quantizer(file: StoredFile, ivf: Any, first_name: str) -> None:
    """Raise if the centroids in a file are not those of the shards."""
    size, name = file.size, file.name
    data = np.frombuffer(file.read(0, size), np.uint8)
    try:
        found: Any = faiss.deserialize_index(data)
    except RuntimeError as error:
        raise ShardError(
            f"{name}, the quantizer of the manifest, is no readable faiss index: {error}"
        ) from error
    if isinstance(found, faiss.IndexPreTransform):
        found = unwrap(found).ivf
    quantizer = found.quantizer if isinstance(found, faiss.IndexIVF) else found
    if not np.array_equal(faiss.serialize_index(quantizer), faiss.serialize_index(ivf.quantizer)):
        raise ShardError(f"{first_name} has other centroids than {name}, the quantizer of the manifest")


def _check_totals(files: ShardFiles, heads: list[ShardHead]) -> None:
    """Raise if the manifest says of the shards other numbers of vectors than they hold."""
    for shard, head in zip(files.shards, heads, strict=True):
        if shard.ntotal is not None and shard.ntotal != head.ntotal:
            raise ShardError(
                f"{shard.name} holds {head.ntotal:,} vectors, and {shard.ntotal:,} by the manifest"
            )
        if shard.rows is not None and shard.rows[1] - shard.rows[0] < head.ntotal:
            raise ShardError(
                f"{shard.name} holds {head.ntotal:,} vectors, and by the manifest only "
                f"{shard.rows[1] - shard.rows[0]:,} rows"
            )
    total = sum(head.ntotal for head in heads)
    if files.ntotal is not None and files.ntotal != total:
        raise ShardError(f"the shards hold {total:,} vectors, and {files.ntotal:,} by the manifest")


def _lists(files: ShardFiles, heads: list[ShardHead]) -> tuple[Any, joined_lists.JoinedLists]:
    """Return the lists of all shards joined: where they lie, if all are here and keep their ids."""
    shards = files.shards
    places = [head.lists for head in heads if head.lists is not None]
    local = [shard.file.name for shard in shards if isinstance(shard.file, LocalFile) and not shard.first_row]
    if len(local) == len(shards):
        mapped = MappedShards(local, places, files.check)
        return mapped.invlists, mapped
    far = [
        FarLists(shard.file, each, shard.first_row or 0, shard.rows)
        for shard, each in zip(shards, places, strict=True)
    ]
    folder = user_cache_path("feder_widget", appauthor=False) / "lists"
    fetched = FetchedLists(far, folder if files.cache is None else Path(files.cache))
    return fetched.invlists, fetched


def _merged(shards: tuple[ShardFile, ...], heads: list[ShardHead]) -> ShardHead:
    """Return one index in memory that holds the vectors of all shards."""
    total = sum(head.ntotal for head in heads)
    whole = replace(heads[0], index=faiss.clone_index(heads[0].index))
    whole.ivf.reset()
    for shard, head in zip(shards, heads, strict=True):
        whole.ivf.merge_from(head.ivf, shard.first_row or 0)
    whole.set_ntotal(total)
    return whole
