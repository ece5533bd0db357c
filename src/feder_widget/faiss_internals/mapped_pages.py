"""The pages of mapped lists: unmapped again after so many bytes, so that a pass over a file stays small.

Whatever of a mapped file was read counts as memory of the process, until the system needs the room. A limit
of a container counts it too. Pages that are unmapped stay in the system's cache of files, so that reading
them again takes no disk.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.shards.head_bytes import ID_BYTES

FAULT_AROUND = 1 << 16
"""Bytes that the system maps around a page that is read."""

_DONTNEED = 4
_LINUX = sys.platform == "linux"

_kept: dict[int, MappedPages] = {}

Ids = npt.NDArray[np.int64]


class MappedPages:
    """The pages of some lists. Any number of threads may read.

    Parameters
    ----------
    lists : faiss.InvertedLists
        As an index holds them.
    maps : sequence of faiss.OnDiskInvertedLists
        What holds them.
    most : int
        Bytes that are read before pages are unmapped.
    """

    def __init__(self, lists: Any, maps: Sequence[Any], most: int) -> None:
        self._lists = lists
        self._maps = maps
        self._entry = int(lists.code_size) + ID_BYTES
        self._most = most
        self._read = 0
        self._lock = threading.Lock()

    def reading(self, clusters: Ids) -> None:
        """Count lists that are about to be read, and unmap what was read before where it is too much."""
        size_of = self._lists.list_size
        count = sum(map(size_of, clusters.tolist()))
        wanted = count * self._entry + len(clusters) * FAULT_AROUND
        with self._lock:
            self._read += wanted
            if self._read <= self._most:
                return
            self._read = wanted
        self.unmap()

    def unmap(self) -> None:
        """Unmap all pages. Whoever reads one meanwhile has it mapped again."""
        for lists in self._maps:
            # Mapped as shared by ``OnDiskInvertedLists.do_mmap``: nothing in a page can get lost.
            address, size = int(lists.ptr or 0), int(lists.totsize)
            if address and size:
                _libc().madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), _DONTNEED)


def keep_within(root: Any, invlists: Any, maps: Sequence[Any], most: int) -> None:
    """Have pages of lists unmapped after every ``most`` bytes, for as long as ``root`` lives.

    Parameters
    ----------
    root : faiss.Index or faiss.IndexBinary
        The whole index.
    invlists : faiss.InvertedLists
        The lists, as an index holds them.
    maps : sequence of faiss.OnDiskInvertedLists
        What holds them; nothing is done without any.
    most : int
        Bytes.
    """
    if not maps or not _LINUX:
        return
    address = int(invlists.this)
    if address not in _kept:
        weakref.finalize(root, _kept.pop, address, None)
    _kept[address] = MappedPages(invlists, maps, most)


def maps_of(invlists: Any) -> list[Any]:
    """Return the lists that Faiss has mapped from one file, or nothing where it has not."""
    held: Any = faiss.downcast_InvertedLists(invlists)
    return [held] if type(held).__name__ == "OnDiskInvertedLists" else []


def pages_of(invlists: Any) -> MappedPages | None:
    """Return the pages that are kept within a limit; None of lists that are not."""
    return _kept.get(int(invlists.this)) if _kept else None


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
