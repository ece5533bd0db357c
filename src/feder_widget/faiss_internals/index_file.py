"""Reading an index file that may be damaged, alien or larger than memory."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from feder_widget.errors import IndexFileError
from feder_widget.faiss_internals.unwrap import Stack

MAPPED_FROM = 4 << 30
"""Bytes from which on the lists of a file are mapped rather than read, unless the caller decides."""

HARDENED = (1, 15, 1)
"""The first version of faiss whose readers check the sizes in a file."""

READ_AT_ONCE = 64 << 20
"""Bytes that Faiss asks a function for at most."""

_HARDENED_NAME = ".".join(map(str, HARDENED))

# A table of products of centroids, which is left out, may be larger than the file many times over.
FLAGS = faiss.IO_FLAG_ONDISK_SAME_DIR | faiss.IO_FLAG_READ_ONLY | faiss.IO_FLAG_SKIP_PRECOMPUTE_TABLE

# The limits are global to the process, so that two files opened at once would restore each other's.
_limits_lock = threading.Lock()


def read(path: Path, mmap: bool | None) -> Any:
    """Read an index file.

    Parameters
    ----------
    path : Path
        A file that ``faiss.write_index`` or ``faiss.write_index_binary`` wrote.
    mmap : bool or None
        Map its inverted lists into memory, or not; None maps from ``MAPPED_FROM`` bytes on, if they can be.

    Returns
    -------
    faiss.Index or faiss.IndexBinary
        Inverted lists in a file of their own are looked for beside ``path``, whatever folder ``path`` names.

    Raises
    ------
    OSError
        That names the file.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        magic = file.read(4)
    if size == 0:
        raise IndexFileError(f"{path} is empty, so it holds no faiss index")
    _warn_of_old_readers()
    # The magic numbers of binary indexes, and of no others, begin with IB.
    read_file = faiss.read_index_binary if magic[:2] == b"IB" else faiss.read_index
    with _limits_lock, _allocations_up_to(size):
        try:
            if mmap is None and size >= MAPPED_FROM:
                return _mapped_or_read(read_file, path)
            # Not IO_FLAG_MMAP_IFC, whose reader runs past the end of a file that ends within a number.
            return read_file(os.fspath(path), FLAGS | faiss.IO_FLAG_MMAP if mmap else FLAGS)
        except (RuntimeError, MemoryError) as error:
            raise IndexFileError(f"{path} ({size:,} bytes) is no readable faiss index: {error}") from error


def read_bytes(data: Any) -> Any:
    """Read an index from the bytes that ``faiss.serialize_index`` or ``serialize_index_binary`` made.

    Parameters
    ----------
    data : bytes, bytearray, memoryview or uint8 (n,)
        Copied.

    Raises
    ------
    IndexFileError
        If they hold no readable index.
    """
    array = np.ascontiguousarray(data) if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)
    _warn_of_old_readers()
    reader = faiss.VectorIOReader()
    faiss.copy_array_to_vector(array, reader.data)
    read_any = faiss.read_index_binary if array[:2].tobytes() == b"IB" else faiss.read_index
    with _limits_lock, _allocations_up_to(array.size):
        try:
            return read_any(reader, FLAGS)
        except (RuntimeError, MemoryError) as error:
            raise IndexFileError(f"{array.size:,} bytes are no readable faiss index: {error}") from error


def read_through(read: Callable[[int], bytes], size: int, name: str, binary: bool) -> Any:
    """Read an index from the bytes that a function returns, so many at each call.

    Parameters
    ----------
    read : function
        Returns the next bytes; fewer than asked for only at the end.
    size : int
        Bytes that there are.
    name : str
        Where they come from, for errors.
    binary : bool
        The index is one of bits.

    Raises
    ------
    IndexFileError
        If they hold no readable index. What ``read`` raises is passed on.
    """
    _warn_of_old_readers()
    raised: list[BaseException] = []

    def noting(count: int) -> bytes:
        try:
            return read(count)
        except BaseException as error:
            raised.append(error)
            raise

    reader = faiss.PyCallbackIOReader(noting, READ_AT_ONCE)
    with _limits_lock, _allocations_up_to(size):
        try:
            return (faiss.read_index_binary if binary else faiss.read_index)(reader, FLAGS)
        except (RuntimeError, MemoryError) as error:
            if raised:
                raise raised[0] from None
            raise IndexFileError(f"{name} ({size:,} bytes) is no readable faiss index: {error}") from error


def are_index_bytes(source: Any) -> bool:
    """Return whether an object is bytes that begin with ``I``, as those of every serialised index do."""
    if isinstance(source, np.ndarray):
        return source.dtype == np.uint8 and source.ndim == 1 and source[:1].tobytes() == b"I"
    return isinstance(source, (bytes, bytearray, memoryview)) and bytes(source[:1]) == b"I"


def _mapped_or_read(read_file: Callable[[str, int], Any], path: Path) -> Any:
    """Map the lists where Faiss can, and read them otherwise, which it reports only while it reads."""
    try:
        return read_file(os.fspath(path), FLAGS | faiss.IO_FLAG_MMAP)
    except RuntimeError:
        return read_file(os.fspath(path), FLAGS)


def complete(stack: Stack) -> None:
    """Make the table that the reader leaves out, once the index is known to be sound.

    That is the table by which a search of residual product codes is faster, if Faiss would make it: it is not
    made where it is large.
    """
    for shard in stack.shards:
        if type(shard.ivf).__name__ == "IndexIVFPQ" and shard.ivf.by_residual:
            shard.ivf.precompute_table()


def _warn_of_old_readers() -> None:
    if _version() < HARDENED:
        warnings.warn(
            f"faiss {faiss.__version__} does not check all that an index file says of itself: a damaged one "
            f"can end the process. Open only files that you trust, or upgrade to faiss-cpu {_HARDENED_NAME}.",
            RuntimeWarning,
            stacklevel=5,
        )


def _version() -> tuple[int, ...]:
    return tuple(int(part) for part in faiss.__version__.split(".")[:3] if part.isdecimal())


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
