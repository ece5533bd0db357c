"""The second pass of a ``faiss.IndexRefine`` around a graph: nodes of the walk, compared once more."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.flat_file import FlatFile
from feder_widget.faiss_internals.graph.hnsw_search import HnswSearch
from feder_widget.faiss_internals.layers import refinement
from feder_widget.faiss_internals.unwrap import Shard, Stack, derived

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


def refining_stack(stack: Stack) -> Stack:
    """Return the refining index in the layers outside it, as an index of its own."""
    refining = Shard(derived(stack.refine.refine_index))
    return Stack(stack.root, stack.outside_refine, (refining,), owners=stack.owners)


class SecondPass:
    """The re-ranking of a graph index. Queries are before all transforms, float32 (dim,).

    Parameters
    ----------
    stack : Stack
        With a ``refine``, as ``graph_admission`` approves it.
    search : HnswSearch
        Makes the parameters of a search of the graph.

    Attributes
    ----------
    vectors : FlatFile
        The refining index: its node i is node i of the graph.
    """

    def __init__(self, stack: Stack, search: HnswSearch) -> None:
        self._refine = stack.refine
        self._base = derived(stack.refine.base_index)
        self._n_transforms = len(stack.inside_refine)
        self._search = search
        self.vectors = FlatFile(refining_stack(stack))

    @property
    def k_factor(self) -> float:
        """Nodes that the first pass hands over for each result, now."""
        return float(self._refine.k_factor)

    def k_base(self, k: int) -> int:
        """Return how many nodes the first pass is asked for where k results are wanted.

        Raises
        ------
        ValueError
            If that is fewer than ``k``, as Faiss does not allow.
        """
        return refinement.k_base(self._refine, k)

    def handed_over(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return the results of the first pass, nearest first: at most ``k_base(k)`` nodes, and distances."""
        seen, parameters = self._seen(query), self._parameters(ef_search)
        distances, nodes = self._base.search(seen, self.k_base(k), params=parameters)
        is_found = nodes[0] >= 0
        return nodes[0][is_found], distances[0][is_found]

    def distances(self, query: Float32Array, nodes: Ids) -> Float32Array:
        """Return the distances of nodes in the second pass, float32 (n,), as a search computes them."""
        rows = np.ascontiguousarray(nodes, np.int64)
        return refinement.distances_to(self._refine, self._seen(query)[0], rows)

    def results(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return Faiss's own results: nodes and distances, each (k,); -1 for none."""
        self.k_base(k)
        parameters = faiss.IndexRefineSearchParameters(
            k_factor=self._refine.k_factor, base_index_params=self._parameters(ef_search)
        )
        distances, nodes = self._refine.search(self._seen(query), k, params=parameters)
        return nodes[0], distances[0]

    def _parameters(self, ef_search: int) -> Any:
        """Return the parameters of the index that is re-ranked."""
        parameters = self._search.parameters(ef_search)
        for _ in range(self._n_transforms):
            parameters = faiss.SearchParametersPreTransform(index_params=parameters)
        return parameters

    def _seen(self, query: Float32Array) -> Float32Array:
        """Return a query as the re-ranking sees it, float32 (1, dim)."""
        return self.vectors.transform(query[None])
