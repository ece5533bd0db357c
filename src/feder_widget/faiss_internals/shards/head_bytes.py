"""The bytes of an index file as Faiss asks for them, field by field, with empty lists in place of its own."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexFileError, UnsupportedIndexError

READ_AHEAD = 8192
"""Bytes that are read from a file at least, so that its small fields need few requests."""

MOST_HELD = 4 << 30
"""Bytes of a shard that is read whole, where its lists cannot be read one by one."""

ID_BYTES = 8

_LISTS = b"ilar"
_LISTS_ELSEWHERE = b"ilod"
_LISTS_WHOLE = (b"ilbl", b"ilpn", b"ilp2")

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ListPlaces:
    """Where the lists of one file lie: of each its codes, then its ids, one list after the other.

    Attributes
    ----------
    start : int
        First byte of the first list.
    sizes : int64 (nlist,)
        Vectors in each.
    code_size : int
        Bytes of a code.
    """

    start: int
    sizes: Ids
    code_size: int

    @property
    def starts(self) -> Ids:
        """First byte of each list, int64 (nlist,)."""
        each = self.sizes * (self.code_size + ID_BYTES)
        return self.start + np.cumsum(each) - each

    @property
    def stop(self) -> int:
        """The byte behind the last list."""
        return self.start + int(self.sizes.sum()) * (self.code_size + ID_BYTES)


class HeadBytes:
    """A reader for Faiss, which is handed empty lists when it comes to those in the file.

    Parameters
    ----------
    read : function
        Returns the bytes from one position up to but not another.
    size : int
        Bytes of the file.
    name : str
        Names it in errors.

    Attributes
    ----------
    lists : ListPlaces or None
        Where its lists lie, once Faiss has come to them; None where they cannot be read one by one.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int, name: str) -> None:
        self._read = read
        self._size = size
        self._name = name
        self._at = 0
        self._held, self._held_from = b"", 0
        self._instead = b""
        self.lists: ListPlaces | None = None

    def peek(self, count: int) -> bytes:
        """Return the first bytes of the file."""
        return self._bytes(0, count)

    def __call__(self, count: int) -> bytes:
        """Return the next bytes."""
        if self._instead:
            given, self._instead = self._instead[:count], self._instead[count:]
            return given
        found = self._bytes(self._at, self._at + count)
        if count == 4 and found == _LISTS:
            return self._empty_lists()
        if count == 4 and found == _LISTS_ELSEWHERE:
            raise UnsupportedIndexError(
                f"{self._name}: its lists are in a file of their own (OnDiskInvertedLists); write shards "
                "that hold their lists, or open the index alone"
            )
        if count == 4 and found in _LISTS_WHOLE and self._size > MOST_HELD:
            raise UnsupportedIndexError(
                f"{self._name}: its lists are in blocks that must be read whole, and it has "
                f"{self._size:,} bytes, more than {MOST_HELD:,}"
            )
        self._at += len(found)
        return found

    def _empty_lists(self) -> bytes:
        """Note where the lists lie, and return the first bytes of empty ones."""
        if self.lists is not None:
            raise UnsupportedIndexError(
                f"{self._name}: its coarse quantizer is an IVF index, which shards must not have"
            )
        at = self._at
        nlist, code_size, kind, count = struct.unpack("<QQ4sQ", self._whole(at + 4, 28))
        is_sparse = kind == b"sprs"
        if (
            kind not in (b"full", b"sprs")
            or count > (2 * nlist if is_sparse else nlist)
            or count * 8 > self._size
        ):
            raise IndexFileError(f"{self._name} is damaged: the sizes of its lists cannot be read")
        numbers = np.frombuffer(self._whole(at + 32, 8 * count), "<i8").astype(np.int64)
        if is_sparse:
            sizes = np.zeros(nlist, np.int64) if nlist * 8 <= 64 * self._size else None
            if sizes is None or count % 2 or (numbers[::2] >= nlist).any() or (numbers[::2] < 0).any():
                raise IndexFileError(f"{self._name} is damaged: the sizes of its lists cannot be read")
            sizes[numbers[::2]] = numbers[1::2]
        else:
            sizes = numbers
        each = code_size + ID_BYTES
        needed = float(sizes.astype(np.float64).sum()) * each
        if (sizes < 0).any() or needed > self._size:
            raise self._ends_early(at + needed)
        self.lists = ListPlaces(at + 32 + 8 * count, sizes, code_size)
        if self.lists.stop > self._size:
            raise self._ends_early(self.lists.stop)
        self._at = self.lists.stop
        self._instead = struct.pack("<QQ4sQ", nlist, code_size, b"sprs", 0)
        return _LISTS

    def _ends_early(self, needed: float) -> IndexFileError:
        return IndexFileError(
            f"{self._name} is truncated or damaged: its lists need {needed:,.0f} bytes, and it has "
            f"{self._size:,}"
        )

    def _whole(self, at: int, count: int) -> bytes:
        found = self._bytes(at, at + count)
        if len(found) < count:
            raise self._ends_early(at + count)
        return found

    def _bytes(self, start: int, stop: int) -> bytes:
        begin = start - self._held_from
        if begin >= 0 and stop <= self._held_from + len(self._held):
            return self._held[begin : begin + stop - start]
        self._held_from = start
        self._held = self._read(start, min(self._size, max(stop, start + READ_AHEAD)))
        return self._held[: stop - start]
