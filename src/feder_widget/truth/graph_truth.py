"""What the searches of a graph should have found, and at which efSearch they do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_source import GraphSource
from feder_widget.model.graph_walk import Descent, Walk
from feder_widget.model.keys import key_of, keys_of
from feder_widget.model.pieces import WHOLE, Steps, drain
from feder_widget.truth.graph_explanation import Approach, EfSpans, GraphExplanation
from feder_widget.truth.graph_verdict import GraphVerdict
from feder_widget.truth.level_places import LevelPlaces, level_places
from feder_widget.truth.nearest_truth import NearestTruth
from feder_widget.truth.original_vectors import Originals
from feder_widget.truth.search_stages import Near

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

FIRST_EF = 64
"""efSearch of the first walk to look for true neighbours."""

FAR = 4096
"""efSearch beyond which it is asked whether any path leads to a neighbour."""


class GraphTruth(NearestTruth):
    """The true neighbours of queries in a graph.

    Queries are float32 vectors before the transforms of the index; ``own`` is a node that does not count.

    Parameters
    ----------
    file : GraphSource
        The index. Not changed.
    originals : Originals, optional
        The original vectors, row i for row id i; they count where the index holds codes.
    """

    def __init__(self, file: GraphSource, originals: Originals | None = None) -> None:
        super().__init__(file, originals)
        self._file = file

    @property
    def file(self) -> GraphSource:
        """The index."""
        return self._file

    def explain_steps(
        self, query: Float32Array, k: int, own: int, work: int = WHOLE
    ) -> Steps[GraphExplanation]:
        """Find the k true neighbours of one query, float32 (dim,), ``work`` multiplications a piece."""
        file = self._file
        vector = file.transform(query[None])[0]
        near, distances = yield from self.nearest_of_steps(query, k, own, work)
        yield
        walk = self._walk_to(vector, near.ids)
        spans = self._spans(walk, vector, near, k, own)
        external = Near(file.external_ids(near.ids), near.clusters, near.tied, near.count)
        _, places = _needs(walk, near.ids, file.ntotal)
        return GraphExplanation(
            ids=external.ids[: near.count],
            distances=distances,
            approaches=tuple(
                None if place < 0 else self._approach(walk, place) for place in places[: near.count].tolist()
            ),
            spans=replace(spans, near=external),
            basis=self.basis,
            distance_name=self.distance_name,
        )

    def approaches(self, query: Float32Array, row_ids: Ids) -> list[Approach | None]:
        """Return how a walk comes to some rows; None where no path leads to one."""
        file = self._file
        nodes = file.nodes_of(row_ids)
        walk = self._walk_to(file.transform(query[None])[0], nodes)
        _, places = _needs(walk, nodes, file.ntotal)
        return [None if place < 0 else self._approach(walk, place) for place in places.tolist()]

    def level_places(self, query: Float32Array, descent: Descent) -> LevelPlaces:
        """Return the nearest node of each upper level, and at which place the descent left it."""
        return level_places(self._file, self._file.transform(query[None])[0], descent)

    def found_in(self, walk: Walk, vector: Float32Array, near: Near, k: int, own: int, ef_max: int) -> Ids:
        """Return the smallest efSearch that finds 1, 2, … of the true neighbours, int64 (m,).

        ``ntotal + 1`` for more than ``ef_max``, which is the efSearch of ``walk``. ``vector`` is behind the
        transforms.
        """
        return self._spans(walk, vector, near, k, own).found_at(ef_max)

    def verdict_steps(
        self, query: Float32Array, node: int, count: bool, own: int, work: int = WHOLE
    ) -> Steps[GraphVerdict]:
        """Say where a node stands for one query, float32 (dim,), ``work`` multiplications a piece."""
        file = self._file
        vector = file.transform(query[None])[0]
        walk = self._walk_to(vector, np.array([node]))
        yield
        _, places = _needs(walk, np.array([node]), file.ntotal)
        distance = file.distance(vector, node)
        position = None
        if count:
            nearer = yield from self.count_nearer_steps(vector, distance, work)
            if own >= 0:
                own_key = key_of(file.distance(vector, own), file.similarity)
                nearer -= own_key < key_of(distance, file.similarity)
            position = 1 + nearer
        return GraphVerdict(
            id=int(file.external_ids(np.array([node]))[0]),
            distance=distance,
            position=position,
            approach=None if places[0] < 0 else self._approach(walk, int(places[0])),
            holds_until=walk.holds_until if walk.is_tied else file.ntotal,
            in_links=file.external_ids(file.links.in_links(node)),
        )

    def _walk_to(self, vector: Float32Array, nodes: Ids) -> Walk:
        """Return a walk that visits some nodes, those aside to which no path leads."""
        ef = FIRST_EF
        while True:
            walk = self._file.walk(vector, ef)
            sought = nodes[~np.isin(nodes, walk.nodes)]
            if walk.is_exhausted or not len(sought):
                return walk
            if ef == FAR:
                reached = drain(self._file.links.reached_from_steps(walk.nodes[:1]))
                nodes = nodes[reached[nodes]]
            ef *= 2

    def _approach(self, walk: Walk, place: int) -> Approach:
        file = self._file
        expansion = int(walk.led_by[place])
        need = int(walk.need[place])
        row_id = int(file.external_ids(walk.nodes[place : place + 1])[0])
        if expansion < 0:
            return Approach(row_id, need, None, None)
        steps = walk.expanded[[expansion, int(np.argmax(walk.nearer[: expansion + 1]))]]
        led_by, gate = file.external_ids(walk.nodes[steps]).tolist()
        return Approach(row_id, need, led_by, None if need == 1 else gate)

    def _spans(self, walk: Walk, vector: Float32Array, near: Near, k: int, own: int) -> EfSpans:
        """Return the spans of efSearch at which a search finds each of some nodes, as far as a walk goes."""
        file = self._file
        need, places = _needs(walk, near.ids, file.ntotal)
        least = file.least_ef(k if own < 0 else k + 1)
        until = np.full(len(near.ids), file.ntotal + 1)
        if self._given is not None:
            keys = keys_of(walk.distances, file.similarity)
            counts = walk.nodes != own
            for i, place in enumerate(places.tolist()):
                nearer = np.flatnonzero((keys < keys[place]) & counts) if place >= 0 else places[:0]
                if len(nearer) >= k:
                    # Visits are in the order of the efSearch that they need.
                    until[i] = walk.need[nearer[k - 1]]

        def search(ef_search: int) -> npt.NDArray[np.bool_]:
            nodes, _ = file.results(vector, k if own < 0 else k + 1, ef_search)
            found: npt.NDArray[np.bool_] = np.isin(near.ids, nodes[nodes != own][:k])
            return found

        holds = walk.holds_until if walk.is_tied else file.ntotal
        # A search below the least efSearch is one at the least.
        need = np.where(need <= least, 1, need)
        until = np.where(until <= least, 1, until)
        return EfSpans(
            near=near,
            visited_from=need,
            returned_from=np.where(until > need, need, file.ntotal + 1),
            returned_until=until,
            ntotal=file.ntotal,
            holds_until=holds if holds >= least else 0,
            search=search,
        )


def _needs(walk: Walk, nodes: Ids, ntotal: int) -> tuple[Ids, Ids]:
    """Return the efSearch that visits each node, and its place in a walk; ``ntotal + 1`` and -1 for none."""
    order = np.argsort(walk.nodes)
    at = np.minimum(np.searchsorted(walk.nodes, nodes, sorter=order), len(order) - 1)
    places = order[at]
    is_visited = walk.nodes[places] == nodes
    return np.where(is_visited, walk.need[places], ntotal + 1), np.where(is_visited, places, -1)
