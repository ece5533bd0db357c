"""``open_index``: from a faiss index or a file to an ``IvfIndex``, or to the reason why not."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss

from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.index.ivf import IvfIndex

WANTED = "a faiss.IndexIVFFlat (L2 or inner product) with a flat coarse quantizer"
METRICS = {faiss.METRIC_L2: "METRIC_L2", faiss.METRIC_INNER_PRODUCT: "METRIC_INNER_PRODUCT"}
FAMILIES = (faiss.IndexIVFFlat,)
QUANTIZERS = (faiss.IndexFlat, faiss.IndexFlatL2, faiss.IndexFlatIP)

# The limits are global to the process, so that two files opened at once would restore each other's.
_limits_lock = threading.Lock()


def open_index(source: Any) -> IvfIndex:
    """Make the searches of a Faiss index traceable.

    Parameters
    ----------
    source : faiss.IndexIVFFlat, str or os.PathLike
        An index in memory, or the path of a file written by ``faiss.write_index``. An index is neither copied
        nor changed, and is kept alive. A child of another faiss object (``outer.index``,
        ``extract_index_ivf(outer)``) does not keep its parent alive: hold the parent yourself.

    Returns
    -------
    IvfIndex

    Raises
    ------
    UnsupportedIndexError
        (a ``TypeError``) If ``source`` is anything but an IVF,Flat index under L2 or inner product with a
        flat coarse quantizer.
    ValueError
        If the index is untrained or empty.
    IndexFileError
        (an ``OSError``) If the file holds no readable index. Missing or unreadable files raise Python's own
        ``FileNotFoundError``, ``IsADirectoryError`` and ``PermissionError``.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        index = _read(path)
        try:
            return _checked(index, owner=None)
        except _InconsistentIndexError as error:
            raise IndexFileError(f"{path} is damaged: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return _checked(source, owner=source)


class _InconsistentIndexError(ValueError):
    """The parts of an index contradict each other, so that Faiss would read out of bounds."""


def _checked(source: Any, owner: object) -> IvfIndex:
    index = faiss.downcast_index(source) if type(source) in (faiss.Index, faiss.IndexIVF) else source
    reason = _refusal(index)
    if reason:
        raise UnsupportedIndexError(f"index must be {WANTED}, got {_name(index)}: {reason}")
    if not index.is_trained:
        raise ValueError("the index is not trained: call its train() and add() first")
    if index.ntotal == 0:
        raise ValueError("the index is empty: add() vectors to it first")
    contradiction = _contradiction(index)
    if contradiction:
        raise _InconsistentIndexError(contradiction)
    return IvfIndex(index, owner=owner)


def _refusal(index: Any) -> str:
    """Return why an object is not an index that can be traced, or an empty string."""
    if type(index) not in FAMILIES:
        return _family(index)
    if index.metric_type not in METRICS:
        return f"metric_type {index.metric_type} is none of {', '.join(METRICS.values())}"
    if index.quantizer is None:
        return "it has no coarse quantizer"
    quantizer = faiss.downcast_index(index.quantizer)
    if type(quantizer) not in QUANTIZERS:
        return f"its coarse quantizer is a {_name(quantizer)}, which is not flat"
    if quantizer.metric_type != index.metric_type:
        return f"its metric_type is {index.metric_type} but its coarse quantizer's is {quantizer.metric_type}"
    return ""


def _family(index: Any) -> str:
    """Return why an index of another class is not supported."""
    if isinstance(index, faiss.IndexBinary):
        return "binary indexes are not supported"
    if not isinstance(index, faiss.Index):
        return "it is no faiss index"
    if "Gpu" in type(index).__name__:
        return "the inverted lists are on a GPU; pass faiss.index_gpu_to_cpu(index)"
    if isinstance(index, faiss.IndexIVF):
        return "of the IVF indexes only IndexIVFFlat is supported"
    if isinstance(index, (faiss.IndexIDMap, faiss.IndexPreTransform, faiss.IndexRefine)):
        return (
            "an index wrapped in another one is not supported; IndexIVFFlat takes ids itself (add_with_ids)"
        )
    return "it is no IVF index, so it has no clusters to probe"


def _name(thing: Any) -> str:
    """Return the class of an object as a user would write it."""
    kind = type(thing)
    module = kind.__module__.partition(".")[0]
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _contradiction(index: Any) -> str:
    """Return what does not fit together in an IVF,Flat index, or an empty string.

    Faiss checks none of this when it searches: it reads past the end.
    """
    quantizer: Any = faiss.downcast_index(index.quantizer)
    invlists = index.invlists
    dim, nlist = index.d, index.nlist
    if invlists is None:
        return "it has no inverted lists (was it read with IO_FLAG_SKIP_IVF_DATA?)"
    for what, got, wanted in (
        ("dimension of the coarse quantizer", quantizer.d, dim),
        ("number of centroids", quantizer.ntotal, nlist),
        ("bytes of centroids", quantizer.codes.size(), nlist * dim * 4),
        ("number of inverted lists", invlists.nlist, nlist),
        ("bytes per vector", index.code_size, dim * 4),
        ("bytes per vector in the inverted lists", invlists.code_size, dim * 4),
    ):
        if got != wanted:
            return f"{what} must be {wanted}, got {got}"
    return ""


def _read(path: Path) -> Any:
    """Read an index file, or raise an ``OSError`` that names it."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        magic = file.read(4)
    if size == 0:
        raise IndexFileError(f"{path} is empty, so it holds no faiss index")
    if magic[:2] == b"IB":
        raise UnsupportedIndexError(f"{path} must hold {WANTED}, got a binary index")
    with _limits_lock, _allocations_up_to(size):
        try:
            return faiss.read_index(os.fspath(path))
        except (RuntimeError, MemoryError) as error:
            raise IndexFileError(f"{path} ({size:,} bytes) is no readable faiss index: {error}") from error


@contextmanager
def _allocations_up_to(size: int) -> Iterator[None]:
    """Stop Faiss from allocating much more than a file can hold because a damaged header says so."""
    # Anything counted (lists, levels) comes with at least one float or int of its own, so four bytes.
    limits = {"vector_byte": size, "loop": max(1, size // 4)}
    setters = {
        name: getattr(faiss, f"set_deserialization_{name}_limit")
        for name in limits
        if hasattr(faiss, f"set_deserialization_{name}_limit")
    }
    before = {name: getattr(faiss, f"get_deserialization_{name}_limit")() for name in setters}
    try:
        for name, set_limit in setters.items():
            set_limit(limits[name])
        yield
    finally:
        for name, set_limit in setters.items():
            set_limit(before[name])
