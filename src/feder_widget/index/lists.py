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


def copy_ids(invlists: Any, cluster: int) -> npt.NDArray[np.int64]:
    """Return the row ids of one list, int64 (n,)."""
    with borrowed_ids(invlists, cluster) as ids:
        copy: npt.NDArray[np.int64] = ids.copy()
        return copy


@contextmanager
def borrowed_vectors(invlists: Any, cluster: int, dim: int) -> Iterator[npt.NDArray[np.float32]]:
    """Lend the vectors of one list, float32 (n, dim); dead when the block is left."""
    size = invlists.list_size(cluster)
    if size == 0:
        yield np.empty((0, dim), np.float32)
        return
    pointer = invlists.get_codes(cluster)
    try:
        yield faiss.rev_swig_ptr(pointer, size * dim * 4).view(np.float32).reshape(size, dim)
    finally:
        invlists.release_codes(cluster, pointer)


def copy_vectors(
    invlists: Any, cluster: int, dim: int, offsets: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.float32]:
    """Return the vectors of one list, or those at ``offsets``, float32 (n, dim)."""
    with borrowed_vectors(invlists, cluster, dim) as stored:
        chosen: npt.NDArray[np.float32] = stored.copy() if offsets is None else stored[offsets]
        return chosen
