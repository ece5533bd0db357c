"""A search of a Faiss HNSW index, and the steps that it took.

Visits on level 0 come from the engine: a range search without a bound returns every node whose distance it
computed, in that order, with its bits. The descent is computed anew with Faiss's own distance computer, in
groups of four as Faiss does (``node_distances``).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from contextlib import suppress
from math import isfinite, isnan
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.graph.hnsw_links import HeldLinks
from feder_widget.faiss_internals.graph.minimax_queue import MinimaxQueue
from feder_widget.faiss_internals.graph.node_distances import NodeDistances, alike_distances, node_distances
from feder_widget.faiss_internals.omp_threads import omp_threads
from feder_widget.faiss_internals.unwrap import derived, refusal
from feder_widget.model.graph_links import GraphLinks
from feder_widget.model.graph_walk import Descent, Hop, UntoldWalkError, Walk, walk_of
from feder_widget.model.keys import key_of, keys_of
from feder_widget.model.quick_walk import quick_walk_of


def check_settings(index: Any) -> None:
    """Raise if a ``faiss.IndexHNSW`` is set to search in a way whose steps are not known.

    Raises
    ------
    UnsupportedIndexError
        With the setting, and what to set.
    """
    graph = index.hnsw
    if not graph.check_relative_distance:
        raise refusal(index, "its search stops after efSearch steps; set hnsw.check_relative_distance = True")
    if not graph.search_bounded_queue:
        raise refusal(
            index,
            "its search raises efSearch to k, and does not report the nodes that it visits; set "
            "hnsw.search_bounded_queue = True",
        )
    if getattr(graph, "search_method", faiss.HNSW.SM_DEFAULT) != faiss.HNSW.SM_DEFAULT:
        raise refusal(index, "its hnsw.search_method leaves distances unfinished; set it to SM_DEFAULT")


class HnswSearch:
    """Searches of one ``faiss.IndexHNSW``, by nodes and in the space of the graph.

    Parameters
    ----------
    index : faiss.IndexHNSW
        Sound, as ``admission`` says. Not changed.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self.similarity = bool(faiss.is_similarity_metric(index.metric_type))
        self._links = HeldLinks(index.hnsw)
        self._parameters: tuple[int, Any] | None = None
        # A deque hands each array to one thread.
        self._spare: deque[npt.NDArray[np.int32]] = deque(maxlen=2)

    def descend(self, vector: npt.NDArray[np.float32]) -> Descent:
        """Search the upper levels, float32 (dim,)."""
        with omp_threads(1):
            return self._descend(self._links(), self.distances_from(vector))

    def distances_from(self, vector: npt.NDArray[np.float32]) -> NodeDistances:
        """Return what computes the distances of nodes from a query, float32 (dim,)."""
        return node_distances(derived(self._index.storage), vector)

    def _descend(self, links: GraphLinks, computed: NodeDistances) -> Descent:
        node, similarity = links.entry_point, self.similarity
        hops: list[Hop] = []
        distance = entry_distance = computed.one(node)
        for level in range(links.max_level, 0, -1):
            while True:
                linked = links.of_node(node, level)
                distances = computed.many(linked)
                before, place = node, _nearest(keys_of(distances, similarity))
                if place is not None:
                    found = float(distances[place])
                    if key_of(found, similarity) < key_of(distance, similarity):
                        node, distance = int(linked[place]), found
                hops.append(Hop(level, before, linked, distances, node, distance))
                if node == before:
                    break
        return Descent(links.entry_point, entry_distance, tuple(hops))

    def distance(self, vector: npt.NDArray[np.float32], node: int) -> float:
        """Return the distance of one node."""
        with omp_threads(1):
            return self.distances_from(vector).one(node)

    def distances(
        self, vector: npt.NDArray[np.float32], nodes: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Return the distances of some nodes, float32 (n,), all computed in one way."""
        with omp_threads(1):
            return alike_distances(derived(self._index.storage), vector, nodes)

    def walk(
        self,
        vector: npt.NDArray[np.float32],
        ef_search: int,
        kept: int = 1,
        descent: Descent | None = None,
    ) -> Walk:
        """Search level 0 behind the descent, float32 (dim,); where ``descent`` is known, in less time.

        ``kept`` is the number of results of the search. Faiss's queue has room for as many nodes, even where
        efSearch is smaller, which matters where distances tie.
        """
        nodes, distances = self.visits(vector, ef_search)
        links = self._links()
        begin = self.distance(vector, links.entry_point) if descent is None else descent.entry_distance
        if not isfinite(begin):
            # Faiss may not have reported the node at which the walk begins.
            end = (descent or self.descend(vector)).end
            if not len(nodes) or nodes[0] != end:
                raise self._no_order(vector, np.array([end])) or UntoldWalkError("a walk has no beginning")
        walk = self._walk_by(vector, ef_search, nodes, distances, ef_search, links)
        if kept <= ef_search or not walk.is_tied:
            return walk
        return self._walk_by(vector, ef_search, *self.visits_by_queue(vector, ef_search, kept), kept, links)

    def _walk_by(
        self,
        vector: npt.NDArray[np.float32],
        ef_search: int,
        nodes: npt.NDArray[np.int64],
        distances: npt.NDArray[np.float32],
        room: int,
        links: GraphLinks,
    ) -> Walk:
        """Return the walk of some visits, with a queue that has room for so many nodes."""
        places = self._places(len(links))
        places[nodes] = np.arange(len(nodes), dtype=np.int32)

        def linked(some: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
            # The last entry answers -1, which stands in slots that are not used.
            found: npt.NDArray[np.int32] = places[links.level0(nodes[some])]
            return found

        walk = None
        try:
            # More room matters only where distances tie.
            if room == ef_search:
                with suppress(UntoldWalkError):
                    walk = quick_walk_of(nodes, distances, linked, ef_search, self.similarity)
            if walk is None or walk.is_tied:
                queue = MinimaxQueue(room, nodes, self.similarity)
                walk = walk_of(nodes, distances, linked, ef_search, self.similarity, queue)
            return walk
        except UntoldWalkError as error:
            reason = self._no_order(vector, nodes)
            if reason is None:
                raise
            raise reason from error
        finally:
            places[nodes] = -1
            self._spare.append(places)

    def _no_order(self, vector: npt.NDArray[np.float32], nodes: npt.NDArray[np.int64]) -> ValueError | None:
        """Return the error that tells of distances without an order near some nodes; None without any.

        Faiss does not report visits whose distance is infinite or no number.
        """
        links = self._links()
        near = np.unique(np.concatenate([nodes, *(links.of_node(int(node), 0) for node in nodes)]))
        found = self.distances(vector, near)
        unordered, endless = near[np.isnan(found)], int(np.isinf(found).sum())
        if len(unordered):
            storage = derived(self._index.storage)
            rows = storage.reconstruct_batch(unordered)
            if np.isfinite(rows).all():
                return ValueError(
                    f"this search came near {len(unordered):,} vectors whose distances to the query are no "
                    "numbers (NaN): they have no order, so its steps cannot be told; scale the vectors, or "
                    "choose a metric that is defined for them"
                )
            return ValueError(
                f"this search came near {len(unordered):,} vectors with components that are no numbers "
                "(NaN): distances to them have no order, so its steps cannot be told; leave them out of the "
                "index"
            )
        if endless:
            return ValueError(
                f"this search came near {endless:,} vectors whose distances are beyond float32: they "
                "have no order, so its steps cannot be told; scale the vectors"
            )
        return None

    def visits(
        self, vector: npt.NDArray[np.float32], ef_search: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the nodes visited on level 0 in order, and their distances."""
        radius = -np.inf if self.similarity else np.inf
        _, distances, nodes = self._index.range_search(
            vector[None], radius, params=self.parameters(ef_search)
        )
        return nodes, distances

    def visits_by_queue(
        self, vector: npt.NDArray[np.float32], ef_search: int, room: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return ``visits`` of a search whose queue has room for so many nodes, computed anew."""
        with omp_threads(1):
            return self._queued(self._links(), self.distances_from(vector), ef_search, room)

    def _queued(
        self, links: GraphLinks, computed: NodeDistances, ef_search: int, room: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        descent = self._descend(links, computed)
        # Here a place is the number of a node.
        queue = MinimaxQueue(room, np.arange(len(links)), self.similarity)
        is_visited = np.zeros(len(links), np.bool_)
        new = np.array([descent.end])
        found = np.array([descent.hops[-1].distance if descent.hops else descent.entry_distance], np.float32)
        nodes, distances, expanded = [new], [found], list[float]()
        while True:
            is_visited[new] = True
            for key, node in zip(keys_of(found, self.similarity).tolist(), new.tolist(), strict=True):
                queue.push(key, node)
            nearest = queue.pop()
            if nearest is None or bisect_left(expanded, nearest[0]) >= ef_search:
                return np.concatenate(nodes), np.concatenate(distances)
            insort(expanded, nearest[0])
            linked = links.of_node(nearest[1], 0)
            new = linked[~is_visited[linked]]
            found = computed.many(new)
            nodes.append(new)
            distances.append(found)

    def parameters(self, ef_search: int) -> Any:
        """Return the parameters of a search at one efSearch.

        Raises
        ------
        UnsupportedIndexError
            If the index was set since to search in a way whose steps are not known.
        """
        check_settings(self._index)
        held = self._parameters
        if held is None or held[0] != ef_search:
            held = self._parameters = ef_search, faiss.SearchParametersHNSW(efSearch=ef_search)
        return held[1]

    def _places(self, size: int) -> npt.NDArray[np.int32]:
        try:
            places = self._spare.pop()
        except IndexError:
            places = np.empty(0, np.int32)
        return places if len(places) == size + 1 else np.full(size + 1, -1, np.int32)


def _nearest(keys: npt.NDArray[np.float32]) -> int | None:
    """Return the place of the least key, the first of several; None where none is a number."""
    if not len(keys):
        return None
    place = int(keys.argmin())
    if isnan(keys[place]):
        numbers = np.flatnonzero(~np.isnan(keys))
        return int(numbers[keys[numbers].argmin()]) if len(numbers) else None
    return place
