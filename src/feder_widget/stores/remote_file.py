"""A file that ``fsspec`` opens, as it was when it was looked at: ranges of its bytes, asked for again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from feder_widget.errors import IndexChangedError, IndexFileError
from feder_widget.stores import addresses

ATTEMPTS = 4
"""Times that a store is asked for the same bytes before its error is passed on."""

FIRST_PAUSE = 0.1
"""Seconds before a store is asked again; four times as long before each further attempt."""

MOST_PER_REQUEST = 8 << 20
"""Bytes that one request asks for at most."""

_MARKS = (
    "ETag",
    "etag",
    "generation",
    "version_id",
    "mtime",
    "LastModified",
    "last_modified",
    "updated",
    "created",
)

Range = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that ``fsspec`` opens. It can be pickled, with the options that open it.

    Attributes
    ----------
    address : str
        Such as ``s3://bucket/shard0.faiss``.
    size : int
        In bytes.
    mark : str
        What the store tells one state of the file from another by; empty where it says nothing but the size.
    options : dict
        ``storage_options`` of ``fsspec``.
    """

    address: str
    size: int
    mark: str
    options: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The address, as errors name it."""
        return self.address

    @classmethod
    def of(cls, address: str, options: Mapping[str, Any]) -> RemoteFile:
        """Look at a file.

        Raises
        ------
        FileNotFoundError, PermissionError, OSError
            With the address and the reason.
        """
        info = _asked(address, lambda: _info(address, options))
        if info.get("type") == "directory":
            raise IsADirectoryError(f"{address} is a folder; a pattern such as {address}/*.faiss names files")
        if not isinstance(info.get("size"), int):
            raise IndexFileError(f"{address}: the store does not say how large it is")
        return cls(address, info["size"], _mark(info), dict(options))

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to but not ``stop``; fewer where the file ends before."""
        stop = min(stop, self.size)
        cuts = [*range(start, stop, MOST_PER_REQUEST), stop]
        return b"".join(self._ranges(list(pairwise(cuts))))

    def read_many(self, ranges: Sequence[Range]) -> list[bytes]:
        """Return the bytes of several ranges, each whole, by requests side by side.

        Raises
        ------
        IndexChangedError
            If the file has changed since it was looked at.
        OSError
            If the store does not answer, with the address and its last error.
        """
        cut = [
            (begin, min(begin + MOST_PER_REQUEST, stop))
            for start, stop in ranges
            for begin in range(start, stop, MOST_PER_REQUEST)
        ]
        pieces = iter(self._ranges(cut))
        found = [
            b"".join(next(pieces) for _ in range(start, stop, MOST_PER_REQUEST)) for start, stop in ranges
        ]
        self.check()
        return found

    def check(self) -> None:
        """Raise ``IndexChangedError`` if the file has changed."""
        now = RemoteFile.of(self.address, self.options)
        if now != self:
            size = f": it had {self.size:,} bytes and has {now.size:,} now" if now.size != self.size else ""
            raise IndexChangedError(f"{self.address} was changed after it was opened{size}; open it again")

    def _ranges(self, ranges: list[Range]) -> list[bytes]:
        """Return the bytes of ranges, asking again for those that fail."""
        if not ranges:
            return []
        found: dict[Range, bytes] = {}

        def ask() -> None:
            files, path = addresses.file_system(self.address, self.options)
            missing = [each for each in ranges if each not in found]
            starts, stops = [start for start, _ in missing], [stop for _, stop in missing]
            answers = files.cat_ranges([path] * len(missing), starts, stops, on_error="return")
            failed = None
            for each, answer in zip(missing, answers, strict=True):
                if isinstance(answer, BaseException):
                    failed = answer
                elif len(answer) != each[1] - each[0]:
                    failed = EOFError(f"it sent {len(answer):,} of {each[1] - each[0]:,} bytes")
                else:
                    found[each] = bytes(answer)
            if failed is not None:
                raise failed

        try:
            _asked(self.address, ask)
        except OSError:
            # A store that has a shorter file now says no more than that there are no such bytes.
            with suppress(OSError):
                self.check()
            raise
        return [found[each] for each in ranges]


def _info(address: str, options: Mapping[str, Any]) -> dict[str, Any]:
    files, path = addresses.file_system(address, options)
    # Listings that fsspec keeps say how a file was.
    files.invalidate_cache()
    found: dict[str, Any] = files.info(path)
    return found


def _mark(info: Mapping[str, Any]) -> str:
    return next((str(info[name]) for name in _MARKS if info.get(name) is not None), "")


def _status(error: BaseException | None) -> int | None:
    """Return the status of the answer behind an error of a web server; ``fsspec`` calls them all missing."""
    while error is not None:
        status = getattr(error, "status", None)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None


def _asked(address: str, ask: Callable[[], T]) -> T:
    """Ask a store, again where it fails for a reason that may pass; errors name the address."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_PAUSE * 4 ** (attempt - 1))
        try:
            return ask()
        except (ImportError, IndexFileError, ValueError):
            raise
        except Exception as error:
            status = _status(error)
            if isinstance(error, PermissionError) or status in (401, 403):
                raise PermissionError(f"{address}: access was refused: {error}") from error
            if isinstance(error, FileNotFoundError) and status in (None, 404, 410):
                raise FileNotFoundError(f"{address} does not exist") from error
            last = error
    reason = str(last) or type(last).__name__
    raise OSError(
        f"{address} cannot be read: the store failed {ATTEMPTS} times, at last by: {reason}"
    ) from last
