"""The layers around an index that compares a query with whole vectors or their codes, and these vectors.

A query goes in through ``transform``; row ids come out through ``external_ids``. In between, rows are nodes,
0 to ntotal - 1, and vectors are in the space of the storage.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals import family_name
from feder_widget.faiss_internals.admission.supported_quantizers import FLAT
from feder_widget.faiss_internals.layers import id_maps, transforms
from feder_widget.faiss_internals.unwrap import IdMap, Stack
from feder_widget.model.top_k import top_k_places
from feder_widget.model.work_pieces import WHOLE, Steps, vectors_per_piece

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


class StoredVectors:
    """The vectors of one index, and what is around it. Nothing in it is changed.

    Parameters
    ----------
    stack : Stack
        As ``unwrap`` returns it, checked.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.similarity = bool(faiss.is_similarity_metric(stack.core.metric_type))
        self._ntotal_as_read = int(stack.core.ntotal)

    @property
    def storage(self) -> Any:
        """The index that holds the vectors."""
        return self.stack.core

    @property
    def library_index(self) -> Any:
        """The caller's index, or the one that was read."""
        return self.stack.root

    @property
    def family(self) -> str:
        """The parts of the index, as people write them: "IDMap → HNSW32,Flat"."""
        return family_name.family(self.stack)

    @property
    def metric(self) -> str:
        """The metric: "L2", "inner product", or another's name."""
        return family_name.metric(self.stack)

    def distance_name(self, exact: bool) -> str:
        """Return the name of a distance: to a vector, or unless ``exact``, to its code."""
        return family_name.of_codes(family_name.exact_distance(self.index, self.stack.chain), exact)

    @property
    def index(self) -> Any:
        """The index inside all layers."""
        return self.stack.core

    @property
    def dim(self) -> int:
        """Dimensions of a query before ``transform``."""
        return int(self.stack.root.d)

    @property
    def stored_dim(self) -> int:
        """Dimensions behind ``transform``."""
        return int(self.stack.core.d)

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return int(self.stack.core.ntotal)

    @property
    def is_binary(self) -> bool:
        """True when vectors are bits: zeros and ones, float32."""
        return self.stack.is_binary

    @property
    def holds_vectors(self) -> bool:
        """True when the storage holds vectors whole, and no transform dropped a part of them."""
        is_whole = all(step.d_out >= step.d_in for step in self.stack.chain)
        return type(self.storage).__name__ in FLAT and is_whole

    def transform(self, vectors: Float32Array) -> Float32Array:
        """Return queries as the storage sees them, float32 (n, dim) to float32 (n, inner dim)."""
        for step in self.stack.chain:
            vectors = step.apply(vectors)
        return np.ascontiguousarray(vectors, np.float32)

    def external_ids(self, nodes: Ids) -> Ids:
        """Return the row ids of nodes; -1 for none."""
        return id_maps.outward_all(self._id_maps, nodes)

    def nodes_of(self, ids: Ids) -> Ids:
        """Return the nodes that row ids stand for, -1 for an unknown id; one pass over an id map."""
        nodes, known = id_maps.inward_all(self._id_maps, ids)
        return np.where(known & (nodes >= 0) & (nodes < self.ntotal), nodes, -1)

    def can_be_found(self, nodes: Ids) -> npt.NDArray[np.bool_]:
        """Return which nodes can be results, bool (n,): all of them."""
        return np.ones(len(nodes), np.bool_)

    def vectors_of(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes as queries, float32 (n, dim): whole, or decoded from their codes.

        Raises
        ------
        ValueError
            If the transforms cannot be reversed.
        """
        vectors = self.stored_vectors(nodes)
        return transforms.backward(self.stack.chain, vectors) if self.stack.chain else vectors

    def stored_vectors(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes behind the transforms, float32 (n, inner dim): whole, or decoded."""
        if len(nodes) and int(nodes.max()) >= self.ntotal:
            raise IndexChangedError("the index lost vectors while it was read")
        vectors = np.empty((len(nodes), self.stack.core.d), np.float32)
        if len(nodes):
            self.storage.reconstruct_batch(nodes, vectors)
        return vectors

    def nearest(self, vectors: Float32Array, k: int) -> tuple[Ids, Float32Array]:
        """Return the k nearest nodes by exhaustive search of the storage, nearest first, each (n, k)."""
        distances, nodes = self.storage.search(vectors, k)
        return nodes, distances

    def nearest_steps(
        self, vector: Float32Array, k: int, work: int = WHOLE
    ) -> Steps[tuple[Ids, Float32Array]]:
        """Return ``nearest`` of one vector, float32 (inner dim,), ``work`` multiplications a piece.

        Product codes are compared in one piece: Faiss searches no part of them.
        """
        most = vectors_per_piece(self.storage.d, work)
        if self.ntotal <= most or type(self.storage).__name__ == "IndexPQ":
            yield
            nodes, distances = self.nearest(vector[None], k)
            return nodes[0], distances[0]
        nodes, distances = np.empty(0, np.int64), np.empty(0, np.float32)
        for start in range(0, self.ntotal, most):
            some = faiss.IDSelectorRange(start, min(start + most, self.ntotal))
            found, at = self.storage.search(vector[None], k, params=faiss.SearchParameters(sel=some))[::-1]
            nodes, distances = np.concatenate([nodes, found[0]]), np.concatenate([distances, at[0]])
            best = top_k_places(nodes, distances, k, self.similarity)
            nodes, distances = nodes[best], distances[best]
            yield
        return nodes, distances

    def extremes(self) -> tuple[int, int] | None:
        """Return the smallest and the largest row id, or None when there is none."""
        if not self.ntotal:
            return None
        maps = self._id_maps
        return id_maps.extremes(maps[0]) if maps else (0, self.ntotal - 1)

    @property
    def all_ids(self) -> Ids:
        """Row ids of all nodes, int64 (ntotal,)."""
        return self.external_ids(np.arange(self.ntotal))

    @property
    def is_renamed(self) -> bool:
        """True when row ids are others than the numbers of the nodes."""
        return bool(self._id_maps)

    @property
    def _id_maps(self) -> list[IdMap]:
        return [layer for layer in self.stack.layers if isinstance(layer, IdMap)]
