"""The inverted lists of one IVF index: their sizes, ids and codes, and the places of rows in them.

Every borrowed pointer is given back, nothing returned points into Faiss, and no pointer is held between the
pieces of a stepped read. Cluster numbers are not checked here: Faiss reads out of bounds silently, so callers
check first.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.mapped_pages import pages_of
from feder_widget.faiss_internals.shards.joined_lists import have, joined_in
from feder_widget.model.places import unpack_one
from feder_widget.model.work_pieces import ID_WORK, WHOLE, Steps

# Not in the type stubs that come with faiss.
_DIRECT_MAP: Any = vars(faiss)["DirectMap"]
_INT64 = np.iinfo(np.int64)

WRITTEN_FROM = 64
"""Lists from which on Faiss writes all sizes faster than SWIG returns them one by one."""

COUNTED = 8192
"""Lists up to which ``checksum`` asks for the sizes one by one, in 3 ms."""

LIST_WORK = 32_000
"""Multiplications that borrowing one list counts for."""

LOOKUP_WORK = 6_000
"""Multiplications that one look-up in a direct map counts for."""

FEW_IDS = 32
"""Ids up to which NumPy finds them in a list by one comparison each; more are eight times as slow."""

Ids = npt.NDArray[np.int64]


def sizes(invlists: Any) -> Ids:
    """Return the number of vectors in every list, int64 (nlist,)."""
    joined = joined_in(invlists)
    if joined is not None:
        return np.array(joined.sizes)
    written = _written_sizes(invlists)
    return _sizes_one_by_one(invlists) if written is None else written


def checksum(invlists: Any) -> int:
    """Return a number that differs once the sizes of the lists do.

    Of more than ``COUNTED`` lists whose sizes Faiss does not write, as those of fast-scan indexes, only the
    imbalance counts: it is the same where two lists exchange their sizes.
    """
    joined = joined_in(invlists)
    held = _written_sizes(invlists) if joined is None else joined.sizes
    if held is None and invlists.nlist <= COUNTED:
        held = _sizes_one_by_one(invlists)
    return zlib.crc32((np.float64(invlists.imbalance_factor()) if held is None else held).tobytes())


def are_on_disk(invlists: Any) -> bool:
    """Return whether the lists are mapped from a file rather than held in memory."""
    held: Any = faiss.downcast_InvertedLists(invlists)
    if joined_in(invlists) is not None or type(held).__name__ == "OnDiskInvertedLists":
        return True
    if type(held).__name__ != "ArrayInvertedLists" or not held.nlist:
        return False
    # SWIG copies the codes, so take the smallest list.
    filled = [(size, cluster) for cluster, size in enumerate(sizes(held).tolist()) if size]
    return bool(filled) and not getattr(held.codes.at(min(filled)[1]), "is_owned", True)


@contextmanager
def borrowed_ids(invlists: Any, cluster: int, some: slice = slice(None)) -> Iterator[Ids]:
    """Lend the row ids of one list, or of a part of it, int64 (n,); dead when the block is left."""
    size = invlists.list_size(cluster)
    if size == 0:
        yield np.empty(0, np.int64)
        return
    joined = have(invlists, (cluster,), only_ids=True)
    held = None if joined is None else joined.ids_at(cluster, some)
    if held is not None:
        yield held
        return
    pointer = invlists.get_ids(cluster)
    try:
        yield faiss.rev_swig_ptr(pointer, size)[some]
    finally:
        invlists.release_ids(cluster, pointer)


def copy_ids(invlists: Any, cluster: int, offsets: slice | Ids = slice(None)) -> Ids:
    """Return the row ids of one list, or of those at ``offsets``, int64 (n,)."""
    some = offsets if isinstance(offsets, slice) else slice(None)
    with borrowed_ids(invlists, cluster, some) as ids:
        copy: Ids = np.array(ids if isinstance(offsets, slice) else ids[offsets])
        return copy


def copy_ids_among(invlists: Any, first: int, last: int) -> Ids:
    """Return the row ids of all lists from ``first`` up to but not ``last``, int64 (n,), in order."""
    parts = [np.empty(0, np.int64)]
    have(invlists, range(first, last), only_ids=True)
    pages = pages_of(invlists)
    # Without a context for each of many short lists, which takes longer than reading it.
    for cluster in range(first, last):
        if size := invlists.list_size(cluster):
            if pages is not None:
                pages.reading(np.array([cluster]))
            pointer = invlists.get_ids(cluster)
            try:
                parts.append(np.array(faiss.rev_swig_ptr(pointer, size)))
            finally:
                invlists.release_ids(cluster, pointer)
    return np.concatenate(parts)


@contextmanager
def borrowed_codes(
    invlists: Any, cluster: int, code_size: int, some: slice = slice(None)
) -> Iterator[npt.NDArray[np.uint8]]:
    """Lend the codes of one list, or of a part of it, uint8 (n, code_size); dead when the block is left.

    For lists that store one code after the other, unlike those of fast-scan indexes.
    """
    size = invlists.list_size(cluster)
    if size * code_size == 0:
        yield np.empty((size, code_size), np.uint8)[some]
        return
    joined = have(invlists, (cluster,))
    held = None if joined is None else joined.codes_at(cluster, some)
    if held is not None:
        yield held
        return
    pointer = invlists.get_codes(cluster)
    try:
        yield faiss.rev_swig_ptr(pointer, size * code_size).reshape(size, code_size)[some]
    finally:
        invlists.release_codes(cluster, pointer)


@contextmanager
def borrowed_vectors(
    invlists: Any, cluster: int, dim: int, some: slice = slice(None)
) -> Iterator[npt.NDArray[np.float32]]:
    """Lend the vectors of one list that stores them whole, float32 (n, dim); dead when the block is left.

    Or of a part of the list.
    """
    with borrowed_codes(invlists, cluster, dim * 4, some) as codes:
        yield codes.view(np.float32)


@contextmanager
def borrowed_blocks(invlists: Any, cluster: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Lend the codes of one list of a ``faiss.BlockInvertedLists``, uint8 (blocks, block_size)."""
    blocks = -(-invlists.list_size(cluster) // invlists.n_per_block)
    if blocks == 0:
        yield np.empty((0, invlists.block_size), np.uint8)
        return
    pointer = invlists.get_codes(cluster)
    try:
        yield faiss.rev_swig_ptr(pointer, blocks * invlists.block_size).reshape(blocks, invlists.block_size)
    finally:
        invlists.release_codes(cluster, pointer)


def places_steps(ivf: Any, ids: Ids, homes: Ids | None = None, work: int = WHOLE) -> Steps[tuple[Ids, Ids]]:
    """Find rows by the ids in the lists.

    Parameters
    ----------
    ivf : faiss.IndexIVF or faiss.IndexBinaryIVF
    ids : int64 (n,)
        Ids as they stand in the lists.
    homes : int64 (n,), optional
        The cluster of each: then only these lists are read. Otherwise the direct map is asked, or, without
        one, every list is read until all ids are found.
    work : int
        Multiplications per piece.

    Returns
    -------
    clusters, offsets : int64 (n,)
        -1 for an unknown id. Of an id that is stored twice, the first place.
    """
    clusters = np.full(len(ids), -1, np.int64)
    offsets = np.full(len(ids), -1, np.int64)
    if homes is None and ivf.direct_map.type != _DIRECT_MAP.NoMap:
        for i, row_id in enumerate(ids.tolist()):
            if i and i % max(1, work // LOOKUP_WORK) == 0:
                yield
            clusters[i], offsets[i] = _mapped(ivf, row_id) or (-1, -1)
        return clusters, offsets
    missing = np.arange(len(ids))
    done = 0
    for cluster in range(ivf.nlist) if homes is None else np.unique(homes).tolist():
        if not len(missing):
            break
        sought = missing if homes is None else np.flatnonzero(homes == cluster)
        each = ID_WORK if len(sought) <= FEW_IDS else 8 * ID_WORK
        begin, most = 0, max(1, work // each)
        while len(sought) and (begin == 0 or begin < ivf.invlists.list_size(cluster)):
            if done >= work:
                done = 0
                yield
            read, found = _first_offsets(ivf.invlists, cluster, ids[sought], begin, begin + most)
            here = found >= 0
            clusters[sought[here]] = cluster
            offsets[sought[here]] = found[here]
            sought = sought[~here]
            begin += most
            done += LIST_WORK + read * each
        if homes is None:
            missing = sought
    return clusters, offsets


def extremes(ivf: Any) -> tuple[int, int] | None:
    """Return the smallest and the largest row id, or None when there is none. One pass over all ids."""
    smallest, largest = _INT64.max, _INT64.min
    for cluster in range(ivf.nlist):
        with borrowed_ids(ivf.invlists, cluster) as ids:
            if len(ids):
                smallest, largest = min(smallest, int(ids.min())), max(largest, int(ids.max()))
    return None if largest < smallest else (smallest, largest)


def _mapped(ivf: Any, row_id: int) -> tuple[int, int] | None:
    """Look a row id up in the direct map."""
    direct_map = ivf.direct_map
    if direct_map.type == _DIRECT_MAP.Array and not 0 <= row_id < direct_map.array.size():
        return None
    try:
        place = direct_map.get(row_id)
    except RuntimeError:
        # SWIG does not wrap the hash table, so asking is the only way to learn that a key is missing.
        return None
    if place < 0:
        return None
    cluster, offset = unpack_one(place)
    # A map from a damaged file may point anywhere.
    if cluster >= ivf.nlist or offset >= ivf.invlists.list_size(cluster):
        return None
    return cluster, offset


def _first_offsets(invlists: Any, cluster: int, ids: Ids, begin: int, end: int) -> tuple[int, Ids]:
    """Return how many ids a slice of a list holds, and where each id comes first in it, or -1."""
    with borrowed_ids(invlists, cluster, slice(begin, end)) as stored:
        hits = np.flatnonzero(np.isin(stored, ids))
        held, read = stored[hits], len(stored)
    if not len(held):
        return read, np.full(len(ids), -1, np.int64)
    held, first = np.unique(held, return_index=True)
    at = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return read, np.where(held[at] == ids, begin + hits[first[at]], -1)


def _sizes_one_by_one(invlists: Any) -> Ids:
    return np.fromiter(map(invlists.list_size, range(invlists.nlist)), np.int64, invlists.nlist)


class _StopWritingError(Exception):
    """Ends the writing of inverted lists once their sizes have come."""


def _written_sizes(invlists: Any) -> Ids | None:
    """Return the sizes that Faiss writes ahead of many lists, or None where it writes them otherwise.

    SWIG shows one size per call, which takes 10 ms for 10,000 lists; the head of the written form takes
    0.2 ms. The writing is stopped before any list is written.
    """
    fields = {"ArrayInvertedLists": (b"ilar", 32, 1), "OnDiskInvertedLists": (b"ilod", 28, 3)}
    nlist, lists = invlists.nlist, faiss.downcast_InvertedLists(invlists)
    kind = type(lists).__name__
    if nlist < WRITTEN_FROM or kind not in fields:
        return None
    magic, head, width = fields[kind]
    written = bytearray()

    def count() -> int:
        return int.from_bytes(written[head - 8 : head], "little")

    def write(data: bytes) -> None:
        written.extend(data)
        if len(written) >= head + 8 * width * min(count(), nlist):
            raise _StopWritingError

    with suppress(_StopWritingError):
        faiss.write_InvertedLists(lists, faiss.PyCallbackIOWriter(write))
    # Where most lists are empty, the number and the size of each other list is written.
    is_sparse = kind == "ArrayInvertedLists" and written[20:24] == b"sprs"
    is_full = width == 3 or written[20:24] == b"full"
    counted = count()
    if written[:4] != magic or counted > nlist or len(written) < head + 8 * width * counted:
        return None
    numbers: Ids = np.frombuffer(written, np.int64, width * counted, head)
    if is_full and counted == nlist:
        return np.ascontiguousarray(numbers[::width])
    if is_sparse and counted % 2 == 0 and (numbers[::2] < nlist).all():
        held = np.zeros(nlist, np.int64)
        held[numbers[::2]] = numbers[1::2]
        return held
    return None
