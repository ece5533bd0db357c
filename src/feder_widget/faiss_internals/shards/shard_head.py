"""All of an index file but its inverted lists: the trained index without vectors, and where its lists lie.

Faiss reads a file field by field. When it comes to the inverted lists, it is handed empty ones instead, and
goes on behind them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.faiss_internals import index_file
from feder_widget.faiss_internals.family_name import METRICS
from feder_widget.faiss_internals.shards.head_bytes import HeadBytes, ListPlaces
from feder_widget.faiss_internals.tracing_by_class import family_of, why_refused
from feder_widget.faiss_internals.unwrap import Transform, class_name, unwrap

_NO_MAP = vars(faiss)["DirectMap"].NoMap


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
    bytes_of = HeadBytes(read, size, name)
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
