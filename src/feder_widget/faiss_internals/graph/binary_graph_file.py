"""One graph of bits taken apart. Outside of Faiss, vectors are zeros and ones, float32, as in any graph.

The Hamming distance of two of them is their squared L2 distance, so maps and pictures need no other rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals.codes import unpacked
from feder_widget.faiss_internals.graph.binary_search import BinarySearch, packed, stored_bytes
from feder_widget.faiss_internals.graph.graph_file import GraphFile
from feder_widget.faiss_internals.unwrap import Stack
from feder_widget.model.top_k import top_k_places
from feder_widget.model.work_pieces import WHOLE, Steps, vectors_per_piece

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


class BinaryGraphFile(GraphFile):
    """One ``faiss.IndexBinaryHNSW`` taken apart. Nothing in it is changed.

    Parameters
    ----------
    stack : Stack
        As ``unwrap`` returns it and ``graph_admission.check`` approves it.
    """

    holds_vectors = True

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.search = BinarySearch(stack.core)

    def distance_name(self, exact: bool) -> str:
        """Return the name of a distance."""
        del exact
        return "Hamming distance"

    def stored_vectors(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes, zeros and ones, float32 (n, dim)."""
        if len(nodes) and int(nodes.max()) >= self.ntotal:
            raise IndexChangedError("the index lost vectors while it was read")
        return unpacked(stored_bytes(self.storage)[nodes])

    def nearest(self, vectors: Float32Array, k: int) -> tuple[Ids, Float32Array]:
        """Return the k nearest nodes by exhaustive search of the storage, nearest first, each (n, k)."""
        distances, nodes = self.storage.search(packed(vectors), k)
        return nodes, distances.astype(np.float32)

    def nearest_steps(
        self, vector: Float32Array, k: int, work: int = WHOLE
    ) -> Steps[tuple[Ids, Float32Array]]:
        """Return ``nearest`` of one vector, float32 (dim,), ``work`` multiplications a piece."""
        most = vectors_per_piece(self.dim, work)
        nodes, distances = np.empty(0, np.int64), np.empty(0, np.float32)
        for start in range(0, self.ntotal, most):
            some = np.arange(start, min(start + most, self.ntotal))
            nodes = np.concatenate([nodes, some])
            distances = np.concatenate([distances, self.search.distances(vector, some)])
            best = top_k_places(nodes, distances, k, False)
            nodes, distances = nodes[best], distances[best]
            yield
        return nodes, distances

    def results(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, npt.NDArray[Any]]:
        """Return Faiss's own results: nodes int64 and distances int32, each (k,); -1 for none."""
        parameters = self.search.parameters(ef_search)
        distances, nodes = self.stack.core.search(packed(query)[None], k, params=parameters)
        return nodes[0], distances[0]
