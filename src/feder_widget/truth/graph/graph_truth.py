"""What the searches of a graph should have found, and at which efSearch they do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_source import GraphSource, ranked_by
from feder_widget.model.graph_walk import Descent, Walk
from feder_widget.model.work_pieces import WHOLE, Steps, drain
from feder_widget.truth.graph.ef_results import results_by_ef
from feder_widget.truth.graph.ef_spans import EfSpans
from feder_widget.truth.graph.graph_explanation import Approach, GraphExplanation
from feder_widget.truth.graph.graph_verdict import GraphVerdict
from feder_widget.truth.graph.level_places import LevelPlaces, level_places
from feder_widget.truth.graph.result_spans import ResultSpans, are_settled, limits_steps, result_spans
from feder_widget.truth.neighbours.known_neighbours import KnownNeighbours
from feder_widget.truth.neighbours.nearest_truth import NearestTruth
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.truth.search_stages import Near
from feder_widget.workers import Workers

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
        super().__init__(ranked_by(file), originals)
        self._file = file

    @property
    def follows_walk(self) -> bool:
        """True where a true neighbour is a result from the efSearch on that visits it.

        It is not where the results are ordered otherwise than the true neighbours: by codes, or by the
        walk before a second pass.
        """
        return self._file.second_pass is None and self._given is None

    @property
    def file(self) -> GraphSource:
        """The index."""
        return self._file

    def explain_steps(
        self,
        query: Float32Array,
        k: int,
        own: int,
        work: int = WHOLE,
        workers: Workers | None = None,
        known: KnownNeighbours | None = None,
    ) -> Steps[GraphExplanation]:
        """Find the k true neighbours of one query, float32 (dim,), ``work`` multiplications a piece.

        ``workers`` compare the vectors, where ``why_not_shared`` says nothing against it; none does where the
        neighbours are ``known``.
        """
        file = self._file
        vector = file.transform(query[None])[0]
        near, distances = yield from self.nearest_of_steps(query, k, own, work, workers, known)
        walk = yield from self._walk_to_steps(vector, near.ids, work)
        spans = yield from self._whole_spans_steps(walk, query, near, k, own, work)
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
        walk = drain(self._walk_to_steps(file.transform(query[None])[0], nodes))
        _, places = _needs(walk, nodes, file.ntotal)
        return [None if place < 0 else self._approach(walk, place) for place in places.tolist()]

    def level_places(self, query: Float32Array, descent: Descent) -> LevelPlaces:
        """Return the nearest node of each upper level, and at which place the descent left it."""
        return level_places(self._file, self._file.transform(query[None])[0], descent)

    def spans_in(self, walk: Walk, query: Float32Array, near: Near, k: int, own: int) -> EfSpans:
        """Return the spans of efSearch at which a search finds each of some nodes, as far as a walk goes."""
        if self.follows_walk:
            return self._spans(walk, query, near, k, own, None)
        _, places = _needs(walk, near.ids, self._file.ntotal)
        results = results_by_ef(self._file, walk, query, k if own < 0 else k + 1)
        spans = result_spans(results, places, k, own, self._file.ntotal)
        return self._spans(walk, query, near, k, own, spans)

    def verdict_steps(
        self, query: Float32Array, node: int, count: bool, own: int, work: int = WHOLE
    ) -> Steps[GraphVerdict]:
        """Say where a node stands for one query, float32 (dim,), ``work`` multiplications a piece."""
        file = self._file
        vector = file.transform(query[None])[0]
        walk = yield from self._walk_to_steps(vector, np.array([node]), work)
        _, places = _needs(walk, np.array([node]), file.ntotal)
        distance = self._distance(query, node)
        position = None
        if count and not math.isnan(distance):
            compared = ranked_by(file).transform(query[None])[0]
            position = 1 + (yield from self.count_nearer_steps(compared, node, distance, own, work))
        return GraphVerdict(
            id=int(file.external_ids(np.array([node]))[0]),
            distance=distance,
            position=position,
            approach=None if places[0] < 0 else self._approach(walk, int(places[0])),
            holds_until=walk.holds_until if walk.is_tied else file.ntotal,
            in_links=file.external_ids(file.links.in_links(node)),
        )

    def _walk_to_steps(self, vector: Float32Array, nodes: Ids, work: int = WHOLE) -> Steps[Walk]:
        """Return a walk that visits some nodes, those aside to which no path leads; a walk is one piece."""
        ef = FIRST_EF
        while True:
            yield
            walk = self._file.walk(vector, ef)
            sought = nodes[~np.isin(nodes, walk.nodes)]
            if walk.is_exhausted or not len(sought):
                return walk
            if ef == FAR:
                reached = yield from self._file.links.reached_from_steps(walk.nodes[:1], work)
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

    def _distance(self, query: Float32Array, node: int) -> float:
        """Return the distance of one node as a search reports it."""
        second = self._file.second_pass
        if second is not None:
            return float(second.distances(query, np.array([node]))[0])
        return self._file.distance(self._file.transform(query[None])[0], node)

    def _whole_spans_steps(
        self, walk: Walk, query: Float32Array, near: Near, k: int, own: int, work: int
    ) -> Steps[EfSpans]:
        """Return the spans at every efSearch, by a longer walk where that tells more."""
        file = self._file
        if self.follows_walk:
            return self._spans(walk, query, near, k, own, None)
        limits = yield from limits_steps(file, query, k, own, work)
        vector = file.transform(query[None])[0]
        while True:
            _, places = _needs(walk, near.ids, file.ntotal)
            results = results_by_ef(file, walk, query, k if own < 0 else k + 1)
            spans = result_spans(results, places, k, own, file.ntotal)
            is_whole = walk.is_exhausted or walk.is_tied or spans.holds_until < walk.ef_search
            if is_whole or walk.ef_search >= FAR:
                break
            if are_settled(results, limits, places, k, own):
                spans = replace(spans, holds_until=file.ntotal)
                break
            yield
            walk = file.walk(vector, 2 * walk.ef_search)
        return self._spans(walk, query, near, k, own, spans)

    def _spans(
        self, walk: Walk, query: Float32Array, near: Near, k: int, own: int, spans: ResultSpans | None
    ) -> EfSpans:
        """Return the spans of some nodes; without ``spans`` each is a result once it is visited."""
        file = self._file
        asked = k if own < 0 else k + 1
        need, _ = _needs(walk, near.ids, file.ntotal)

        def search(ef_search: int) -> npt.NDArray[np.bool_]:
            nodes, _ = file.results(query, asked, ef_search)
            found: npt.NDArray[np.bool_] = np.isin(near.ids, nodes[nodes != own][:k])
            return found

        if spans is None:
            least = file.least_ef(asked)
            # A search below the least efSearch is one at the least.
            need = np.where(need <= least, 1, need)
            holds = walk.holds_until if walk.is_tied else file.ntotal
            never = np.full(len(need), file.ntotal + 1)
            spans = ResultSpans(need, never, need, never, holds if holds >= least else 0)
        return EfSpans(
            near=near,
            visited_from=need,
            handed_from=spans.handed_from,
            handed_until=spans.handed_until,
            returned_from=spans.returned_from,
            returned_until=spans.returned_until,
            k_base=k if file.second_pass is None else file.second_pass.k_base(asked),
            ntotal=file.ntotal,
            holds_until=spans.holds_until,
            search=search,
        )


def _needs(walk: Walk, nodes: Ids, ntotal: int) -> tuple[Ids, Ids]:
    """Return the efSearch that visits each node, and its place in a walk; ``ntotal + 1`` and -1 for none."""
    order = np.argsort(walk.nodes)
    at = np.minimum(np.searchsorted(walk.nodes, nodes, sorter=order), len(order) - 1)
    places = order[at]
    is_visited = walk.nodes[places] == nodes
    return np.where(is_visited, walk.need[places], ntotal + 1), np.where(is_visited, places, -1)
