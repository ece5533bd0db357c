"""``open_hnswlib``: a file of hnswlib, or a Chroma collection, becomes a graph whose searches are traced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.hnswlib_internals import hnswlib_file
from feder_widget.hnswlib_internals.hnswlib_graph import HnswlibGraph
from feder_widget.hnswlib_internals.library import index_class


def open_hnswlib(path: str | os.PathLike[str], *, space: str) -> GraphIndex:
    """Make the searches of an hnswlib file traceable. An index in memory is opened by :func:`open_index`.

    Needs hnswlib: ``pip install feder-widget[hnswlib]``.

    Parameters
    ----------
    path : str or os.PathLike
        A file that ``save_index`` of hnswlib wrote; or the folder of a Chroma collection, with its
        ``header.bin``, ``data_level0.bin`` and ``link_lists.bin``. Row ids are hnswlib's labels, which in
        Chroma are numbers from 1 on, and not the ids of its documents.
    space : "l2", "ip" or "cosine"
        How vectors are compared, which the file does not say. Chroma uses "l2" unless it is told otherwise.

    Returns
    -------
    GraphIndex
        Its efSearch is 10, as in hnswlib after ``load_index``.

    Raises
    ------
    ImportError
        If hnswlib is not installed.
    ValueError
        If ``space`` is another, or the index is empty.
    IndexFileError
        (an ``OSError``) If nothing there is a readable index of hnswlib, or its parts contradict each other.
        A damaged file does not end the process: every size and link is checked before hnswlib is given any.
        Missing or unreadable files raise Python's own ``FileNotFoundError`` and ``PermissionError``.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"path must be a path, got {type(path).__name__}; open_index() opens an index in memory"
        )
    state = hnswlib_file.read(Path(path), hnswlib_file.checked_space(space))
    index: Any = index_class()(params=state.parts())
    return GraphIndex(HnswlibGraph(index, state), frozen=True)
