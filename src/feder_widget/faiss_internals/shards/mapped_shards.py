"""The lists of shards on this machine: mapped from their files and joined by Faiss, not copied."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.shards.head_bytes import ListPlaces

CHECK_EVERY = 0.05
"""Seconds within which the files are not looked at twice."""

Ids = npt.NDArray[np.int64]


class MappedShards:
    """Lists of several files as ``faiss.HStackInvertedLists``: of each list, the first file's part is first.

    Parameters
    ----------
    paths : sequence of str
        The files.
    places : sequence of ListPlaces
        Where the lists lie in each.
    check : function
        Raises if a file has changed.
    """

    def __init__(self, paths: Sequence[str], places: Sequence[ListPlaces], check: Callable[[], None]) -> None:
        self._parts = [mapped(path, each) for path, each in zip(paths, places, strict=True)]
        self._sizes = np.stack([each.sizes for each in places])
        self._code_size = places[0].code_size
        self._check = check
        self._checked = time.monotonic()
        self._lock = threading.Lock()
        pointers: Any = vars(faiss)["InvertedListsPtrVector"]()
        for part in self._parts:
            pointers.push_back(part)
        self.invlists: Any = faiss.HStackInvertedLists(len(self._parts), pointers.data())
        self.sizes: Ids = self._sizes.sum(axis=0)

    @property
    def maps(self) -> Sequence[Any]:
        """The lists of each file."""
        return self._parts

    @property
    def missing_bytes(self) -> int:
        """None: all lists are here."""
        return 0

    def have(self, clusters: Ids, then: Ids, *, only_ids: bool) -> None:  # noqa: ARG002
        """Look whether the files are as they were; all lists are there."""
        now = time.monotonic()
        with self._lock:
            if now - self._checked < CHECK_EVERY:
                return
            self._checked = now
        try:
            self._check()
        except BaseException:
            # Whoever asks next is told too.
            self._checked = -np.inf
            raise

    def fetching(self, clusters: Ids, *, only_ids: bool) -> None:
        """Return nothing: all lists are here."""

    def ids_at(self, cluster: int, some: slice) -> Ids | None:
        """Return a copy of the ids of a part of one list; None for the whole, which Faiss copies itself."""
        if self._is_whole(cluster, some):
            return None
        pieces = [
            np.array(faiss.rev_swig_ptr(part.get_ids(cluster), end)[begin:end])
            for part, begin, end in self._within(cluster, some)
        ]
        return np.concatenate([np.empty(0, np.int64), *pieces])

    def codes_at(self, cluster: int, some: slice) -> npt.NDArray[np.uint8] | None:
        """Return a copy of the codes of a part of one list likewise, uint8 (n, code_size)."""
        if self._is_whole(cluster, some):
            return None
        width = self._code_size
        pieces = [
            np.array(faiss.rev_swig_ptr(part.get_codes(cluster), end * width)[begin * width :])
            for part, begin, end in self._within(cluster, some)
        ]
        return np.concatenate([np.empty(0, np.uint8), *pieces]).reshape(-1, width)

    def _is_whole(self, cluster: int, some: slice) -> bool:
        size = int(self.sizes[cluster])
        return some.indices(size)[:2] == (0, size)

    def _within(self, cluster: int, some: slice) -> list[tuple[Any, int, int]]:
        """Return the files that hold a part of a list, and where in theirs it begins and ends."""
        first, last, _ = some.indices(int(self.sizes[cluster]))
        found, before = [], 0
        for part, size in zip(self._parts, self._sizes[:, cluster].tolist(), strict=True):
            begin, stop = max(0, first - before), min(size, last - before)
            if begin < stop:
                found.append((part, begin, stop))
            before += size
        return found


def mapped(path: str, places: ListPlaces) -> Any:
    """Return the lists of one file, mapped where they lie; ``faiss.OnDiskInvertedLists``.

    Raises
    ------
    OSError
        If the file cannot be mapped.
    """
    return mapped_at(path, places.sizes, places.starts, places.code_size, places.stop)


def mapped_at(path: str, sizes: Ids, starts: Ids, code_size: int, stop: int) -> Any:
    """Return lists that lie in a file at any places, mapped; ``faiss.OnDiskInvertedLists``.

    Parameters
    ----------
    path : str
        The file; not needed any more once this returns.
    sizes : int64 (nlist,)
        Vectors in each list.
    starts : int64 (nlist,)
        First byte of each: its codes, which its ids follow.
    code_size : int
        Bytes of a code.
    stop : int
        Bytes of the file that are mapped.
    """
    lists: Any = faiss.OnDiskInvertedLists()
    lists.nlist, lists.code_size = len(sizes), code_size
    lists.filename, lists.totsize, lists.read_only = path, stop, True
    lists.lists.resize(len(sizes))
    # Each is a struct of three numbers of eight bytes; one call per number would take seconds.
    rows = np.stack([sizes, sizes, starts], axis=1).astype(np.uint64)
    if len(rows):
        faiss.memcpy(lists.lists.data(), faiss.swig_ptr(rows.reshape(-1)), rows.nbytes)
    if stop > 0 and sizes.any():
        try:
            lists.do_mmap()
        except RuntimeError as error:
            raise OSError(f"{path} cannot be mapped: {error}") from error
    # As Faiss leaves it where it maps an index file itself: nothing is looked for by this name again.
    lists.filename = ""
    return lists
