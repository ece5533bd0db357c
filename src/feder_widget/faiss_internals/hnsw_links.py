"""The links of a Faiss HNSW graph, read where they are: nothing is copied."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_links import GraphLinks


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
