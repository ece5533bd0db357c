"""``open_index``: from a faiss index or a file to an ``IvfIndex``, or to the reason why not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.index import given, reading
from feder_widget.index.ivf import IvfIndex
from feder_widget.index.soundness import InconsistentIndexError, check
from feder_widget.index.unwrap import unwrap


def open_index(source: Any, *, vectors: Any = None, mmap: bool | None = None) -> IvfIndex:
    """Make the searches of a Faiss IVF index traceable.

    Parameters
    ----------
    source : faiss.Index, faiss.IndexBinary, str or os.PathLike
        An index in memory, or the path of a file written by ``faiss.write_index`` or ``write_index_binary``.
        An IVF index of any family in docs/FAMILIES.md, alone or inside ``IndexPreTransform``, ``IndexIDMap``,
        ``IndexRefine`` or ``IndexShards``. It is neither copied nor changed, and is kept alive with all that
        it keeps alive itself. That does not include its parent: where ``source`` is a child (``outer.index``,
        ``extract_index_ivf(outer)``, ``outer.at(0)``), hold the parent yourself, or pass it instead.
    vectors : array_like (n, dim), optional
        The original vectors, row i for row id i, as an array or a ``numpy.memmap``; not copied.
    mmap : bool, optional
        Map the file into memory rather than read it; by default from 4 GiB on. A file that is mapped must not
        change.

    Returns
    -------
    IvfIndex

    Raises
    ------
    UnsupportedIndexError
        (a ``TypeError``) If a search of ``source`` cannot be traced, with the reason and what to do.
    ValueError
        If the index is untrained or empty, if its parts contradict each other, or if ``vectors`` do not fit
        it.
    IndexFileError
        (an ``OSError``) If the file holds no readable index, or one whose parts contradict each other.
        Missing or unreadable files raise Python's own ``FileNotFoundError``, ``IsADirectoryError`` and
        ``PermissionError``.

    Notes
    -----
    Inverted lists that are in a file of their own (``OnDiskInvertedLists``) are looked for in the folder of
    the index file, whatever folder it names. To read them from elsewhere, read the index with
    ``faiss.read_index`` and pass it.
    """
    if not isinstance(source, (str, os.PathLike)):
        if mmap is not None:
            raise ValueError(f"mmap says how a file is opened, but source is {type(source).__name__}")
        return _opened(source, vectors)
    path = Path(source)
    index, mapped = reading.read(path, mmap)
    try:
        return _opened(index, vectors, on_disk=mapped)
    except InconsistentIndexError as error:
        raise IndexFileError(f"{path} is damaged: {error}") from error
    except UnsupportedIndexError as error:
        raise UnsupportedIndexError(f"{path}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _opened(index: Any, vectors: Any, *, on_disk: bool = False) -> IvfIndex:
    stack = unwrap(index)
    check(stack)
    opened = IvfIndex(stack, on_disk=on_disk)
    return (
        opened
        if vectors is None
        else IvfIndex(stack, on_disk=on_disk, vectors_given=given.as_vectors(vectors, opened))
    )
