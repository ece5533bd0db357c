"""One hnswlib index as a ``GraphSource``."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.hnswlib_internals import library
from feder_widget.hnswlib_internals.searching import HnswlibSearch
from feder_widget.hnswlib_internals.state import HnswlibState
from feder_widget.hnswlib_internals.stored_links import InconsistentStateError
from feder_widget.model.graph_links import GraphLinks
from feder_widget.model.graph_walk import Descent, Walk
from feder_widget.model.keys import no_result
from feder_widget.model.top_k import top_k_places
from feder_widget.model.work_pieces import WHOLE, Steps, drain, vectors_per_piece

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

NAMES = {
    "l2": ("L2", "squared L2 distance"),
    "ip": ("inner product", "1 - inner product"),
    "cosine": ("cosine", "cosine distance"),
}
"""Spaces of hnswlib -> name of the metric, name of a distance."""


class HnswlibGraph:
    """An hnswlib index, read as a copy of its state and searched in a copy of it.

    The copies are made anew when the index has grown. The index itself is asked for nothing but its state,
    its size and its ef: a search in it would need another ef, which others would see.

    Parameters
    ----------
    index : hnswlib.Index
        Not changed. It must not change while it is read.
    state : HnswlibState, optional
        Its state, where it is known.

    Raises
    ------
    ValueError
        If it is empty, or its parts contradict each other.
    """

    similarity = False
    engine_name = "hnswlib"
    is_binary = False
    holds_vectors = True
    second_pass = None

    def __init__(self, index: Any, state: HnswlibState | None = None) -> None:
        self._index = index
        self._state = HnswlibState.of(index.__getstate__()[0]) if state is None else state
        self._copy: tuple[HnswlibState, Any] | None = None
        self._searching = threading.Lock()

    @property
    def state(self) -> HnswlibState:
        """The state of the index, read anew when its size has changed."""
        if len(self._state) != self.ntotal:
            try:
                self._state = HnswlibState.of(self._index.__getstate__()[0])
            except InconsistentStateError as error:
                raise IndexChangedError(
                    f"the index changed while it was read ({error}); read it when add_items() has ended"
                ) from error
        return self._state

    @property
    def library_index(self) -> Any:
        """The ``hnswlib.Index``: the caller's, or the one that was read."""
        return self._index

    @property
    def family(self) -> str:
        """The parts of the index: "HNSW16,Flat", with M as hnswlib counts it."""
        return f"HNSW{self._state.m},Flat"

    @property
    def metric(self) -> str:
        """The metric: "L2", "inner product" or "cosine"."""
        return NAMES[self._state.space][0]

    @property
    def dim(self) -> int:
        """Dimensions of a query."""
        return self._state.dim

    @property
    def stored_dim(self) -> int:
        """Dimensions of a vector that is stored."""
        return self._state.dim

    @property
    def ntotal(self) -> int:
        """Number of elements, now; those marked as deleted among them."""
        return int(self._index.get_current_count())

    @property
    def stored_ef(self) -> int:
        """The index's own ef, now."""
        return int(self._index.ef)

    @property
    def links(self) -> GraphLinks:
        """The links of the graph."""
        return self.state.links

    def version(self) -> tuple[float, ...]:
        """Return the number of elements: hnswlib tells of no other change."""
        return (self.ntotal,)

    def distance_name(self, exact: bool) -> str:
        """Return the name of a distance."""
        del exact
        return NAMES[self._state.space][1]

    def least_ef(self, k: int) -> int:
        """Return k: hnswlib keeps at least as many nodes as it has to return."""
        return k

    @property
    def all_ids(self) -> Ids:
        """Labels of all nodes, int64 (ntotal,)."""
        return self.state.labels

    def extremes(self) -> tuple[int, int] | None:
        """Return the smallest and the largest label."""
        labels = self.state.labels
        return int(labels.min()), int(labels.max())

    def external_ids(self, nodes: Ids) -> Ids:
        """Return the labels of nodes; -1 for none."""
        return np.where(nodes >= 0, self.state.labels[nodes], -1)

    def nodes_of(self, ids: Ids) -> Ids:
        """Return the nodes that labels stand for; -1 for one that is unknown, or whose node is deleted."""
        state = self.state
        places = np.searchsorted(state.labels, ids, sorter=state.by_label)
        nodes = state.by_label[np.minimum(places, len(state) - 1)]
        return np.where((state.labels[nodes] == ids) & ~state.deleted[nodes], nodes, -1)

    def can_be_found(self, nodes: Ids) -> npt.NDArray[np.bool_]:
        """Return which nodes are not deleted, bool (n,)."""
        return ~self.state.deleted[nodes]

    def vectors_of(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes, float32 (n, dim); normalised under cosine, as they are stored."""
        return self.stored_vectors(nodes)

    def stored_vectors(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes as they are compared, float32 (n, dim)."""
        return np.ascontiguousarray(self.state.vectors[nodes])

    def transform(self, vectors: Float32Array) -> Float32Array:
        """Return queries as they are: what cosine does to them belongs to a search."""
        return np.ascontiguousarray(vectors, np.float32)

    def descend(self, vector: Float32Array) -> Descent:
        """Search the upper levels."""
        return HnswlibSearch(self.state, vector).descend()

    def walk(self, vector: Float32Array, ef_search: int, k: int = 1, descent: Descent | None = None) -> Walk:
        """Search level 0 behind the descent; hnswlib keeps no more nodes than ef, whatever k is."""
        del k
        return HnswlibSearch(self.state, vector).walk(ef_search, descent)

    def distance(self, vector: Float32Array, node: int) -> float:
        """Return the distance of one node."""
        return float(self.distances(vector, np.array([node]))[0])

    def distances(self, vector: Float32Array, nodes: Ids) -> Float32Array:
        """Return the distances of some nodes, float32 (n,)."""
        return HnswlibSearch(self.state, vector).distances(nodes)

    def results(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return what ``knn_query`` returns: nodes and distances, each (k,); -1 where it finds fewer."""
        state = self.state
        nodes = np.full(k, -1, np.int64)
        distances = np.full(k, no_result(np.dtype(np.float32), False), np.float32)
        found = min(k, len(state.live))
        ef = max(ef_search, k)
        with self._searching:
            index = self._searched(state)
            index.set_ef(ef)
            try:
                labels, at = index.knn_query(query[None], found, num_threads=1)
            except RuntimeError:
                # It returns no fewer than it is asked for, and no path may lead to so many.
                visited = HnswlibSearch(state, query).walk(ef).nodes
                found = min(found, int(np.count_nonzero(~state.deleted[visited])))
                if not found:
                    return nodes, distances
                labels, at = index.knn_query(query[None], found, num_threads=1)
        nodes[:found], distances[:found] = self.nodes_of(labels[0].astype(np.int64)), at[0]
        return nodes, distances

    def nearest(self, vectors: Float32Array, k: int) -> tuple[Ids, Float32Array]:
        """Return the k nearest nodes by comparing all that are not deleted, each (n, k); -1 for none."""
        found = [drain(self.nearest_steps(vector, k)) for vector in vectors]
        return np.stack([nodes for nodes, _ in found]), np.stack([distances for _, distances in found])

    def nearest_steps(
        self, vector: Float32Array, k: int, work: int = WHOLE
    ) -> Steps[tuple[Ids, Float32Array]]:
        """Return ``nearest`` of one vector, ``work`` multiplications a piece; of equals, the first nodes."""
        state = self.state
        search = HnswlibSearch(state, vector)
        most = min(vectors_per_piece(state.dim, work), 1 << 16)
        nodes, distances = np.empty(0, np.int64), np.empty(0, np.float32)
        for start in range(0, len(state), most):
            some = np.arange(start, min(start + most, len(state)))
            kept = ~state.deleted[some]
            nodes = np.concatenate([nodes, some[kept]])
            distances = np.concatenate([distances, search.distances(slice(start, start + most))[kept]])
            best = top_k_places(nodes, distances, k, False)
            nodes, distances = nodes[best], distances[best]
            yield
        missing = k - len(nodes)
        far = np.full(missing, no_result(np.dtype(np.float32), False), np.float32)
        return np.append(nodes, np.full(missing, -1)), np.append(distances, far)

    def _searched(self, state: HnswlibState) -> Any:
        """Return an index of the same state to search in."""
        if self._copy is None or self._copy[0] is not state:
            self._copy = state, library.like(self._index, state.parts())
        return self._copy[1]
