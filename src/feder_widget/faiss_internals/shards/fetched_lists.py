"""The lists of shards that lie elsewhere: fetched when they are first read, into one file on this machine.

The file is laid out as that of one merged index, and mapped. It is sparse: a list takes no room before it is
fetched. It has no name, so that it is gone when the index is, or the process.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.errors import ShardError
from feder_widget.faiss_internals.shards.head_bytes import ID_BYTES, ListPlaces
from feder_widget.faiss_internals.shards.mapped_shards import mapped_at

FETCHED_AHEAD = 16 << 20
"""Bytes of lists that are fetched at most beside those that are needed at once."""

FETCHED_AT_ONCE = 64 << 20
"""Bytes that are held in memory between the store and the file."""

GAP = 4096
"""Bytes between two ranges up to which one request for both costs less than two."""

SURE = 7
"""Lists that would be fetched ahead before any is: three right guesses, of one, three and seven."""

IDS, CODES = 1, 2

Ids = npt.NDArray[np.int64]


class Readable(Protocol):
    """Reads ranges of bytes of one file."""

    @property
    def name(self) -> str:
        """Path or address."""
        ...

    def read_many(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of several ranges, each whole."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FarLists:
    """The lists of one shard where they lie.

    Attributes
    ----------
    file : Readable
        The shard's file.
    places : ListPlaces
        Where the lists are in it.
    first_row : int
        Added to each row id.
    rows : (int, int) or None
        The range of its row ids, the end excluded, where it is known.
    """

    file: Readable
    places: ListPlaces
    first_row: int = 0
    rows: tuple[int, int] | None = None


class FetchedLists:
    """Lists of several files as those of one: of each list the first shard's part comes first.

    Any number of threads may call.

    Parameters
    ----------
    shards : sequence of FarLists
        Of the same clusters and the same codes.
    folder : Path
        Holds the file.

    Attributes
    ----------
    fetched_bytes : int
        Bytes of lists that were fetched by now.
    """

    def __init__(self, shards: Sequence[FarLists], folder: Path) -> None:
        self._shards = shards
        self._folder = folder
        self._code_size = shards[0].places.code_size
        self._part_sizes = np.stack([shard.places.sizes for shard in shards])
        self._part_starts = np.stack([shard.places.starts for shard in shards])
        self._befores = np.cumsum(self._part_sizes, axis=0) - self._part_sizes
        self.sizes: Ids = self._part_sizes.sum(axis=0)
        self._bytes = self.sizes * (self._code_size + ID_BYTES)
        self._starts = np.cumsum(self._bytes) - self._bytes
        self._has = np.where(self.sizes > 0, 0, IDS | CODES).astype(np.uint8)
        # The list behind the last one that was asked for alone, of ids and of all; and lists fetched ahead.
        self._next = {IDS: (-1, 0), IDS | CODES: (-1, 0)}
        self._lock = threading.RLock()
        self._thread = ThreadPoolExecutor(1, "fetch")
        weakref.finalize(self, self._thread.shutdown, wait=False)
        self.fetched_bytes = 0
        stop = int(self._bytes.sum())
        folder.mkdir(parents=True, exist_ok=True)
        self._file, name = tempfile.mkstemp(prefix="lists-", dir=folder)
        weakref.finalize(self, os.close, self._file)
        try:
            os.truncate(self._file, stop)
            self.invlists: Any = mapped_at(name, self.sizes, self._starts, self._code_size, stop)
        finally:
            Path(name).unlink()

    @property
    def maps(self) -> Sequence[Any]:
        """The lists."""
        return [self.invlists]

    @property
    def missing_bytes(self) -> int:
        """Bytes of the lists of which ids or codes were not fetched."""
        return int(self._bytes[self._has != IDS | CODES].sum())

    def have(self, clusters: Ids, then: Ids, *, only_ids: bool) -> None:
        """Fetch what is missing of some lists.

        Where something is, those that are read next are fetched too, as far as ``FETCHED_AHEAD`` goes: the
        ones in ``then``, or, of lists that are asked for one after the other, the next ones.
        """
        want = IDS if only_ids else IDS | CODES
        is_run = not len(then) and len(clusters) == 1
        if not len(self._missing(clusters, want)):
            # Not behind a thread that fetches others; two that note the order at once cost a guess.
            if is_run:
                self._next_in_order(int(clusters[0]), want, is_missing=False)
            return
        with self._lock:
            missing = self._missing(clusters, want)
            if is_run:
                then = self._next_in_order(int(clusters[0]), want, bool(len(missing)))
            if not len(missing):
                return
            ahead = self._missing(then, want)
            ahead = ahead[np.cumsum(self._bytes[ahead]) <= FETCHED_AHEAD]
            self._fetch_all(np.unique(np.concatenate([missing, ahead])), want)

    def fetching(self, clusters: Ids, *, only_ids: bool) -> Future[None] | None:
        """Have a thread fetch what is missing of some lists; None where nothing is."""
        want = IDS if only_ids else IDS | CODES
        if not len(self._missing(clusters, want)):
            return None
        return self._thread.submit(self._have_these, clusters, want)

    def _have_these(self, clusters: Ids, want: int) -> None:
        with self._lock:
            self._fetch_all(np.unique(self._missing(clusters, want)), want)

    def ids_at(self, cluster: int, some: slice) -> None:
        """Return nothing: Faiss lends these lists without a copy."""

    def codes_at(self, cluster: int, some: slice) -> None:
        """Return nothing likewise."""

    def _missing(self, clusters: Ids, want: int) -> Ids:
        missing: Ids = clusters[(self._has[clusters] & want) != want]
        return missing

    def _next_in_order(self, cluster: int, want: int, is_missing: bool) -> Ids:
        """Return the lists that are probably read next: twice as many each time that the guess was right."""
        expected, ahead = self._next[want]
        if cluster != expected:
            ahead = 0
        elif is_missing:
            ahead = 2 * ahead + 1
        self._next[want] = cluster + 1, ahead
        if ahead < SURE:
            return np.empty(0, np.int64)
        return np.arange(cluster + 1, min(len(self.sizes), cluster + 1 + ahead))

    def _fetch_all(self, clusters: Ids, want: int) -> None:
        """Fetch lists, ascending, as many at a time as memory has room for."""
        ends = np.cumsum(self._bytes[clusters]) // FETCHED_AT_ONCE
        for some in np.split(clusters, np.flatnonzero(np.diff(ends)) + 1):
            if len(some):
                self._fetch(some, want)

    def _fetch(self, clusters: Ids, want: int) -> None:
        """Fetch some lists, ascending, from all shards side by side, and then count them as there."""
        parts = list(range(len(self._shards)))
        if len(parts) == 1:
            self._fetch_part(0, clusters, want)
        else:
            with ThreadPoolExecutor(min(8, len(parts))) as threads:
                for _ in threads.map(lambda part: self._fetch_part(part, clusters, want), parts):
                    pass
        self._has[clusters] |= want

    def _fetch_part(self, part: int, clusters: Ids, want: int) -> None:
        """Fetch one shard's part of some lists and write it where it belongs."""
        shard, width = self._shards[part], self._code_size
        clusters = clusters[self._part_sizes[part, clusters] > 0]
        if not len(clusters):
            return
        sizes, starts = self._part_sizes[part, clusters], self._part_starts[part, clusters]
        ids_at, stops = starts + sizes * width, starts + sizes * (width + ID_BYTES)
        # Of lists whose ids are there, only the codes are missing; they are read with the ids all the same.
        begins = ids_at if want == IDS else starts
        ranges, which = _merged(begins, stops)
        blocks = shard.file.read_many(ranges)
        self.fetched_bytes += sum(map(len, blocks))
        for i, cluster in enumerate(clusters.tolist()):
            block, first = memoryview(blocks[which[i]]), ranges[which[i]][0]
            size, before = int(sizes[i]), int(self._befores[part, cluster])
            raw = block[int(ids_at[i]) - first : int(stops[i]) - first]
            ids = np.frombuffer(raw, "<i8")
            if shard.first_row:
                ids = np.where(ids >= 0, ids + shard.first_row, ids)
            self._check_rows(shard, cluster, ids)
            start = int(self._starts[cluster])
            self._write(start + int(self.sizes[cluster]) * width + before * ID_BYTES, ids.tobytes())
            if want & CODES:
                at = int(starts[i]) - first
                self._write(start + before * width, block[at : at + size * width])

    def _check_rows(self, shard: FarLists, cluster: int, ids: npt.NDArray[Any]) -> None:
        if shard.rows is None:
            return
        first, stop = shard.rows
        outside = ids[(ids < first) | (ids >= stop)]
        if len(outside):
            raise ShardError(
                f"{shard.file.name} holds row {outside[0]:,} in cluster {cluster}; by the manifest its rows "
                f"are {first:,} to {stop - 1:,}"
            )

    def _write(self, at: int, data: Any) -> None:
        view = memoryview(data)
        try:
            while len(view):
                done = os.pwrite(self._file, view, at)
                view, at = view[done:], at + done
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise OSError(
                error.errno,
                f"the disk is full: {self._folder} holds the lists that were fetched, up to "
                f"{int(self._bytes.sum()):,} bytes where all are read. Free some room and go on, or open the "
                "index again with cache= in a folder that has it",
            ) from error


def _merged(begins: Ids, stops: Ids) -> tuple[list[tuple[int, int]], Ids]:
    """Return ascending ranges with those joined that lie near each other, and the one that holds each."""
    is_new = np.ones(len(begins), bool)
    is_new[1:] = begins[1:] - stops[:-1] > GAP
    which = np.cumsum(is_new) - 1
    firsts = np.flatnonzero(is_new)
    lasts = np.append(firsts[1:], len(begins)) - 1
    return list(zip(begins[firsts].tolist(), stops[lasts].tolist(), strict=True)), which
