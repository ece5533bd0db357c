"""One Faiss HNSW index taken apart: the layers around the graph, the graph, and the vectors of its nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.graph.hnsw_links import links_of
from feder_widget.faiss_internals.graph.hnsw_search import HnswSearch
from feder_widget.faiss_internals.graph.second_pass import SecondPass
from feder_widget.faiss_internals.stored_vectors import StoredVectors
from feder_widget.faiss_internals.unwrap import Stack, derived
from feder_widget.model.graph_links import GraphLinks
from feder_widget.model.graph_walk import Descent, Walk

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


class GraphFile(StoredVectors):
    """One graph index taken apart. Nothing in it is changed.

    Parameters
    ----------
    stack : Stack
        As ``unwrap`` returns it and ``graph_admission.check`` approves it.
    """

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.search = HnswSearch(stack.core)
        self.second_pass = None if stack.refine is None else SecondPass(stack, self.search)

    @property
    def engine_name(self) -> str:
        """Library and kind of the index."""
        return "Faiss HNSW"

    def least_ef(self, k: int) -> int:
        """Return 1: Faiss stops by efSearch also where more results are asked for."""
        del k
        return 1

    @property
    def storage(self) -> Any:
        """The index that holds the vectors of the nodes."""
        return derived(self.stack.core.storage)

    @property
    def links(self) -> GraphLinks:
        """The links of the graph as views: dead when the index grows."""
        return links_of(self.stack.core.hnsw)

    @property
    def stored_ef(self) -> int:
        """The index's own efSearch, now."""
        return int(self.stack.core.hnsw.efSearch)

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added or removed, or a setting was changed."""
        graph = self.stack.core.hnsw
        settings = (graph.search_bounded_queue, graph.check_relative_distance)
        again = self.second_pass
        refined = () if again is None else (again.k_factor, again.vectors.ntotal)
        return (self.ntotal, graph.entry_point, graph.max_level, graph.neighbors.size(), *settings, *refined)

    def descend(self, vector: Float32Array) -> Descent:
        """Search the upper levels, float32 (inner dim,)."""
        return self.search.descend(vector)

    def walk(self, vector: Float32Array, ef_search: int, k: int = 1, descent: Descent | None = None) -> Walk:
        """Search level 0 behind the descent, float32 (inner dim,), for k results."""
        kept = k if self.second_pass is None else self.second_pass.k_base(k)
        return self.search.walk(vector, ef_search, kept, descent)

    def distance(self, vector: Float32Array, node: int) -> float:
        """Return the distance of one node."""
        return self.search.distance(vector, node)

    def distances(self, vector: Float32Array, nodes: Ids) -> Float32Array:
        """Return the distances of some nodes, float32 (n,), all computed in one way."""
        return self.search.distances(vector, nodes)

    def results(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return Faiss's own results, float32 (dim,): nodes and distances, each (k,); -1 for none."""
        if self.second_pass is not None:
            return self.second_pass.results(query, k, ef_search)
        parameters = self.search.parameters(ef_search)
        distances, nodes = self.stack.core.search(self.transform(query[None]), k, params=parameters)
        return nodes[0], distances[0]
