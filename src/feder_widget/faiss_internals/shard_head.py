"""All of an index file but its inverted lists: the trained index without vectors, and where its lists lie.

Faiss reads a file field by field. When it comes to the inverted lists, it is handed empty ones instead, and
goes on behind them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.faiss_internals import index_file
from feder_widget.faiss_internals.family_name import METRICS
from feder_widget.faiss_internals.tracing_by_class import family_of, why_refused
from feder_widget.faiss_internals.unwrap import Transform, class_name, unwrap

READ_AHEAD = 8192
"""Bytes that are read from a file at least, so that its small fields need few requests."""

MOST_HELD = 4 << 30
"""Bytes of a shard that is read whole, where its lists cannot be read one by one."""

ID_BYTES = 8

_NO_MAP = vars(faiss)["DirectMap"].NoMap
_LISTS = b"ilar"
_LISTS_ELSEWHERE = b"ilod"
_LISTS_WHOLE = (b"ilbl", b"ilpn", b"ilp2")

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ShardHead:
    """An index file without its lists.

    Attributes
    ----------
    index : faiss.Index, faiss.IndexBinary or None
        Trained and without vectors; with them where ``lists`` is None. None once it is not needed.
    ntotal : int
        Vectors in the file, by what it says.
    nprobe : int
        As the file says; 1 in ``index``.
    lists : ListPlaces or None
        Where the lists lie; None where they cannot be read one by one.
    """

    index: Any
    ntotal: int
    nprobe: int
    lists: ListPlaces | None

    @property
    def ivf(self) -> Any:
        """The IVF index inside."""
        return unwrap(self.index).ivf

    def set_ntotal(self, ntotal: int) -> None:
        """Set the number of vectors that the index and those inside say."""
        inner = self.index
        while type(inner).__name__ == "IndexPreTransform":
            inner.ntotal = ntotal
            inner = faiss.downcast_index(inner.index)
        inner.ntotal = ntotal

    def marks(self) -> dict[str, Any]:
        """Return what all shards of one index have in common, by the names that errors give it."""
        stack = unwrap(self.index)
        ivf = stack.ivf
        is_binary = stack.is_binary
        return {
            "class": class_name(ivf),
            "metric": "Hamming" if is_binary else METRICS.get(ivf.metric_type, (ivf.metric_type,))[0],
            "number of dimensions": self.index.d,
            "number of clusters": ivf.nlist,
            "number of dimensions of the lists": ivf.d,
            "size of a code": ivf.code_size,
            "centroids": _digest(_written(ivf.quantizer)),
            "by_residual": getattr(ivf, "by_residual", None),
            "codes or transforms": None if self.lists is None else _digest(_written(self.index)),
        }


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


def read_head(read: Callable[[int, int], bytes], size: int, name: str) -> ShardHead:
    """Read an index file without its lists.

    Parameters
    ----------
    read : function
        Returns the bytes from one position up to but not another.
    size : int
        Bytes of the file.
    name : str
        Names it in errors.

    Raises
    ------
    IndexFileError
        If it is no readable index, or ends too early.
    UnsupportedIndexError
        If it is no IVF index, or has layers that shards must not have.
    """
    index, lists = read_without_lists(read, size, name)
    try:
        stack = unwrap(index)
    except UnsupportedIndexError as error:
        raise UnsupportedIndexError(f"{name}: {error}") from error
    ivf = stack.ivf
    if not isinstance(ivf, (faiss.IndexIVF, faiss.IndexBinaryIVF)):
        raise UnsupportedIndexError(f"{name}: a shard must be a Faiss IVF index, got {class_name(ivf)}")
    if stack.sharded is not None or not all(isinstance(layer, Transform) for layer in stack.layers):
        raise UnsupportedIndexError(
            f"{name}: a shard must be an IVF index, alone or behind transforms, got {class_name(index)} "
            "around it: store row ids in the lists (add_with_ids), and re-rank by the original vectors"
        )
    if family_of(ivf) is None:
        raise UnsupportedIndexError(f"{name}: {class_name(ivf)}: {why_refused(ivf)}")
    if not ivf.is_trained:
        raise ValueError(f"{name}: the index is not trained")
    if lists is not None and (len(lists.sizes) != ivf.nlist or lists.code_size != ivf.code_size):
        raise IndexFileError(f"{name} is damaged: its lists are not those of its index")
    head = ShardHead(index, int(ivf.ntotal), int(ivf.nprobe), lists)
    if lists is not None:
        head.set_ntotal(0)
        # Faiss makes a map of what the lists hold, which is nothing here.
        ivf.set_direct_map_type(_NO_MAP)
    ivf.nprobe = 1
    return head


def read_without_lists(
    read: Callable[[int, int], bytes], size: int, name: str
) -> tuple[Any, ListPlaces | None]:
    """Read an index of any kind, with empty lists where it has some, and say where these are."""
    if size == 0:
        raise IndexFileError(f"{name} is empty, so it holds no faiss index")
    bytes_of = _HeadBytes(read, size, name)
    is_binary = bytes_of.peek(2) == b"IB"
    return index_file.read_through(bytes_of, size, name, is_binary), bytes_of.lists


def same_bytes(one: Any, other: Any) -> bool:
    """Return whether Faiss writes two indexes alike."""
    return np.array_equal(_written(one), _written(other))


def _written(index: Any) -> npt.NDArray[np.uint8]:
    is_binary = isinstance(index, faiss.IndexBinary)
    found: Any = faiss.serialize_index_binary(index) if is_binary else faiss.serialize_index(index)
    written: npt.NDArray[np.uint8] = found
    return written


def _digest(written: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(written).data).hexdigest()


class _HeadBytes:
    """The bytes of an index file as Faiss asks for them, with empty lists in place of those in the file."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, name: str) -> None:
        self._read = read
        self._size = size
        self._name = name
        self._at = 0
        self._held, self._held_from = b"", 0
        self._instead = b""
        self.lists: ListPlaces | None = None

    def peek(self, count: int) -> bytes:
        return self._bytes(0, count)

    def __call__(self, count: int) -> bytes:
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
