"""A search of hnswlib's, step by step, over a copy of its graph.

hnswlib tells no more of a search than its results, so that the steps are computed anew. Distances are summed
in float64: hnswlib's own, in float32, differ in the last bits.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np
import numpy.typing as npt

from feder_widget.hnswlib_internals.state import HnswlibState
from feder_widget.hnswlib_internals.std_queue import StdQueue
from feder_widget.model.graph_walk import NO_NODE, Descent, Hop, Nearest, Queue, Walk

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]


class HnswlibSearch:
    """Searches for one query.

    Parameters
    ----------
    state : HnswlibState
        The index.
    vector : float32 (dim,)
        The query as it is asked: under cosine it is normalised here.
    """

    def __init__(self, state: HnswlibState, vector: Float32Array) -> None:
        self._state = state
        self._query: Float64Array = vector.astype(np.float64)
        if state.space == "cosine":
            # As in hnswlib, which leaves a query of length 0 as it is; squares are float32's.
            with np.errstate(over="ignore", under="ignore"):
                length = np.sqrt(np.square(vector, dtype=np.float32).sum(dtype=np.float32))
                self._query *= np.float64(np.float32(1) / (length + np.float32(1e-30)))

    def distances(self, nodes: Ids | slice) -> Float32Array:
        """Return the distances of some nodes, float32 (n,)."""
        vectors = self._state.vectors[nodes]
        with np.errstate(over="ignore"):
            if self._state.space == "l2":
                apart = vectors - self._query
                found = np.einsum("ij,ij->i", apart, apart)
            else:
                found = 1 - vectors @ self._query
            return np.asarray(found, np.float32)

    def descend(self) -> Descent:
        """Search the upper levels."""
        links = self._state.links
        node = links.entry_point
        distance = entry_distance = float(self.distances(np.array([node]))[0])
        hops: list[Hop] = []
        for level in range(links.max_level, 0, -1):
            while True:
                linked = links.of_node(node, level)
                distances = self.distances(linked)
                before = node
                for each, found in zip(linked.tolist(), distances.tolist(), strict=True):
                    if found < distance:
                        node, distance = each, found
                hops.append(Hop(level, before, linked, distances, node, distance))
                if node == before:
                    break
        return Descent(links.entry_point, entry_distance, tuple(hops))

    def walk(self, ef_search: int, descent: Descent | None = None) -> Walk:
        """Search level 0 behind the descent."""
        start = (descent or self.descend()).end
        walk = self._walk(start, ef_search, Nearest())
        if not walk.is_tied:
            return walk
        places: list[int] = []
        deleted = self._state.deleted
        queue = StdQueue(ef_search, lambda place: not deleted[places[place]])
        return self._walk(start, ef_search, queue, places)

    def _walk(self, start: int, ef_search: int, waiting: Queue, nodes: list[int] | None = None) -> Walk:
        """Walk from a node on; ``nodes``, empty at first, is filled with those visited."""
        links, deleted = self._state.links, self._state.deleted
        seen = np.zeros(len(links), np.bool_)
        nodes = [] if nodes is None else nodes
        keys: list[float] = []
        expanded: list[int] = []
        nearer: list[int] = []
        first: list[int] = []
        # Keys of the nodes that were expanded and can be results: all that are nearer than one that waits.
        kept: list[float] = []
        stopped_at = NO_NODE

        def visit(new: Ids) -> None:
            seen[new] = True
            for node, key in zip(new.tolist(), self.distances(new).tolist(), strict=True):
                nodes.append(node)
                keys.append(key)
                waiting.push(key, len(nodes) - 1)
            first.append(len(nodes))

        visit(np.array([start]))
        while (nearest := waiting.pop()) is not None:
            key, place = nearest
            before = bisect_left(kept, key)
            if before >= ef_search:
                stopped_at = place
                break
            node = nodes[place]
            expanded.append(place)
            nearer.append(before)
            if not deleted[node]:
                insort(kept, key)
            linked = links.of_node(node, 0)
            # A link may be there twice.
            visit(np.array(list(dict.fromkeys(linked[~seen[linked]].tolist())), np.int64))
        return Walk(
            np.array(nodes, np.int64),
            np.array(keys, np.float32),
            np.array(expanded, np.int64),
            np.array(first, np.int64),
            np.array(nearer, np.int64),
            stopped_at,
            stopped_at == NO_NODE and not waiting.has_dropped,
            ef_search,
            False,
        )
