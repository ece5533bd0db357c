"""Reading inverted lists: every borrowed pointer is given back, and nothing returned points into Faiss.

Cluster numbers are not checked here: Faiss reads out of bounds without a word, so callers check first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt


def sizes(invlists: Any) -> npt.NDArray[np.int64]:
    """Return the number of vectors in every list, int64 (nlist,)."""
    return np.fromiter(map(invlists.list_size, range(invlists.nlist)), np.int64, invlists.nlist)


def are_on_disk(invlists: Any) -> bool:
    """Say whether the lists are not in memory but mapped from a file."""
    held: Any = faiss.downcast_InvertedLists(invlists)
    if type(held).__name__ == "OnDiskInvertedLists":
        return True
    if type(held).__name__ != "ArrayInvertedLists" or not held.nlist:
        return False
    # The codes are copied to be looked at.
    filled = [(size, cluster) for cluster, size in enumerate(sizes(held).tolist()) if size]
    return bool(filled) and not getattr(held.codes.at(min(filled)[1]), "is_owned", True)


@contextmanager
def borrowed_ids(invlists: Any, cluster: int) -> Iterator[npt.NDArray[np.int64]]:
    """Lend the row ids of one list, int64 (n,); dead when the block is left."""
    size = invlists.list_size(cluster)
    if size == 0:
        yield np.empty(0, np.int64)
        return
    pointer = invlists.get_ids(cluster)
    try:
        yield faiss.rev_swig_ptr(pointer, size)
    finally:
        invlists.release_ids(cluster, pointer)


def copy_ids(invlists: Any, cluster: int, begin: int = 0, end: int | None = None) -> npt.NDArray[np.int64]:
    """Return the row ids of one list, or of a slice of it, int64 (n,)."""
    with borrowed_ids(invlists, cluster) as ids:
        copy: npt.NDArray[np.int64] = ids[begin:end].copy()
        return copy


@contextmanager
def borrowed_codes(invlists: Any, cluster: int, code_size: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Lend the codes of one list, uint8 (n, code_size); dead when the block is left.

    For lists that keep one code after the other, which those of fast-scan indexes do not.
    """
    size = invlists.list_size(cluster)
    if size * code_size == 0:
        yield np.empty((size, code_size), np.uint8)
        return
    pointer = invlists.get_codes(cluster)
    try:
        yield faiss.rev_swig_ptr(pointer, size * code_size).reshape(size, code_size)
    finally:
        invlists.release_codes(cluster, pointer)


@contextmanager
def borrowed_vectors(invlists: Any, cluster: int, dim: int) -> Iterator[npt.NDArray[np.float32]]:
    """Lend the vectors of one list that stores them whole, float32 (n, dim); dead when the block is left."""
    with borrowed_codes(invlists, cluster, dim * 4) as codes:
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
