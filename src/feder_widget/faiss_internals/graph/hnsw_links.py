"""The links of a Faiss HNSW graph, read where they are: nothing is copied."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_links import GraphLinks


class HeldLinks:
    """The links of one ``faiss.HNSW``, looked up anew only when its arrays have moved.

    Parameters
    ----------
    graph : faiss.HNSW
        Not changed.
    """

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._arrays = (graph.neighbors, graph.offsets, graph.levels)
        self._held: tuple[tuple[int, ...], GraphLinks] | None = None

    def __call__(self) -> GraphLinks:
        """Return views of the arrays as they are now: dead when the index grows."""
        graph, held = self._graph, self._held
        links, offsets, levels = self._arrays
        key = (
            int(links.data() or 0), links.size(), int(offsets.data() or 0), offsets.size(),
            int(levels.data() or 0), levels.size(), graph.entry_point, graph.max_level,
        )  # fmt: skip
        if held is None or held[0] != key:
            held = self._held = key, links_of(graph)
        return held[1]


def links_of(graph: Any) -> GraphLinks:
    """Return views of the arrays of a ``faiss.HNSW``: dead when the index grows."""
    return GraphLinks(
        _view(graph.neighbors, np.int32),
        _view(graph.offsets, np.uint64),
        faiss.vector_to_array(graph.cum_nneighbor_per_level).astype(np.int64),
        _view(graph.levels, np.int32),
        int(graph.entry_point),
        int(graph.max_level),
    )


def _view(vector: Any, dtype: type[np.generic]) -> npt.NDArray[Any]:
    size = vector.size()
    return faiss.rev_swig_ptr(vector.data(), size) if size else np.empty(0, dtype)
