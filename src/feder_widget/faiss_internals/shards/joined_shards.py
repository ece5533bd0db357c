"""Shards that lie in several files as one index: their heads compared, their lists joined."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
from platformdirs import user_cache_path

from feder_widget.errors import ShardError, UnsupportedIndexError
from feder_widget.faiss_internals.shards import joined_lists, shard_ids
from feder_widget.faiss_internals.shards.fetched_lists import FarLists, FetchedLists
from feder_widget.faiss_internals.shards.head_bytes import ListPlaces
from feder_widget.faiss_internals.shards.mapped_shards import MappedShards
from feder_widget.faiss_internals.shards.shard_head import (
    ShardHead,
    read_head,
    read_without_lists,
    same_bytes,
)
from feder_widget.faiss_internals.unwrap import Stack, class_name, unwrap
from feder_widget.stores.local_file import LocalFile
from feder_widget.stores.shard_files import ShardFile, ShardFiles
from feder_widget.stores.stored_file import StoredFile

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
        If one is no IVF index, or its lists cannot be joined.
    """
    shards = files.shards
    if not hasattr(faiss, "OnDiskInvertedLists"):
        raise UnsupportedIndexError(
            "shards need lists that are mapped, which Faiss does not offer on this system"
        )
    heads = _alike(shards)
    if files.quantizer is not None:
        _check_quantizer(files.quantizer, heads[0].ivf, shards[0].name)
    _check_totals(files, heads)
    root = heads[0]
    places = [head.lists for head in heads if head.lists is not None]
    if len(places) == len(heads):
        invlists, joined = _lists(files, places)
        joined_lists.put_in(root.index, root.ivf, invlists, joined)
        root.set_ntotal(sum(head.ntotal for head in heads))
        if check_ids:
            shard_ids.check(root.ivf.invlists, [each.sizes for each in places], shards)
    elif len(heads) > 1 or shards[0].first_row:
        # Its merge_from writes beyond the blocks.
        raise UnsupportedIndexError(
            f"{shards[0].name}: the lists of a {class_name(root.ivf)} are in blocks, which Faiss cannot "
            "join; read the shards by faiss.read_index, put them into a faiss.IndexShards, and open that"
        )
    root.ivf.nprobe = heads[0].nprobe
    return replace(unwrap(root.index), file=files)


def _alike(shards: tuple[ShardFile, ...]) -> list[ShardHead]:
    """Read all shards without their lists, and compare them with the first; only its index is kept."""
    first = _head(shards[0].file)
    marks, heads = first.marks(), [first]
    for shard, head in zip(shards[1:], _later_heads(shards, first), strict=True):
        _refuse_others(shard.name, head.marks(), shards[0].name, marks)
        heads.append(replace(head, index=None))
    return heads


def _later_heads(shards: tuple[ShardFile, ...], first_head: ShardHead) -> Iterator[ShardHead]:
    """Read the shards behind the first, some ahead of Faiss, which reads one by one."""
    begins = first_head.lists.start if first_head.lists is not None else 0
    at_once = HEADS_AT_ONCE if 0 < begins <= MOST_READ_AHEAD else 1
    with ThreadPoolExecutor(at_once) as threads:
        for first in range(1, len(shards), at_once):
            some = [shard.file for shard in shards[first : first + at_once]]
            fronts = threads.map(lambda file: file.read(0, min(begins, file.size)), some)
            yield from (_head(file, front) for file, front in zip(some, fronts, strict=True))


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
    """Raise if a file, of an IVF index or of a quantizer alone, has other centroids than the shards."""
    root, _ = read_without_lists(file.read, file.size, file.name)
    inner = unwrap(root).ivf if isinstance(root, faiss.IndexPreTransform) else root
    is_ivf = isinstance(inner, (faiss.IndexIVF, faiss.IndexBinaryIVF))
    quantizer = inner.quantizer if is_ivf else inner
    if not same_bytes(quantizer, ivf.quantizer):
        raise ShardError(f"{first_name} has other centroids than {file.name}, the quantizer of the manifest")


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


def _lists(files: ShardFiles, places: list[ListPlaces]) -> tuple[Any, joined_lists.JoinedLists]:
    """Return the lists of all shards joined: where they lie, if all are here and keep their ids."""
    shards = files.shards
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
