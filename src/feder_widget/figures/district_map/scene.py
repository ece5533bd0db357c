"""What a figure of the map of a graph shows, as plain data in the coordinates of the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.figures.cluster_map.cell_colours import nearness
from feder_widget.figures.graph_walk.scene import EXPANDED, MISSED, RESULT, VISITED
from feder_widget.figures.graph_walk.shown_walk import ShownWalk
from feder_widget.map import DrawnGraph

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stop:
    """A node that the descent came to."""

    x: float
    y: float
    level: int


@dataclass(frozen=True, slots=True, eq=False)
class MapScene:
    """A search on the map.

    Attributes
    ----------
    shares : float64 (districts,)
        How near the query is to the middle of each district, 0 to 1.
    ids : int64 (n,)
        Row ids of the visited nodes in order; the missed ones that were not visited follow.
    places : float64 (n, 2)
        Where they stand.
    kinds : int64 (n,)
        ``VISITED``, ….
    deleted : bool (n,)
        Which are marked as deleted: walked through, never returned.
    ranks : int64 (n,)
        Places among the true neighbours, from 1; of results that are none, and of others, 0.
    edges : int64 (m, 2)
        From the node expanded to each that it visited, as positions in ``ids``.
    is_strong : bool (m,)
        Whether the end of an edge was expanded or is a result.
    gates : int64 (g, 2)
        From the visited row that leads to a missed neighbour to that.
    descent : list of Stop
        From the entry point down.
    query : float64 (2,)
        Where the query stands.
    """

    shares: Floats
    ids: Ids
    places: Floats
    kinds: Ids
    deleted: npt.NDArray[np.bool_]
    ranks: Ids
    edges: Ids
    is_strong: npt.NDArray[np.bool_]
    gates: Ids
    descent: list[Stop]
    query: Floats


def map_scene(search: ShownWalk, drawn: DrawnGraph) -> MapScene:
    """Lay a search out on a map."""
    index, trace, file = search.index, search.trace, search.index.graph_file
    walk, visited = trace.walk, trace.visited
    lost = search.missed.ids[~np.isin(search.missed.ids, visited)]
    ids = np.concatenate([visited, lost])
    nodes = np.concatenate([walk.nodes, file.nodes_of(lost)]).astype(np.int64)
    hops = [hop for hop in trace.descent.hops if hop.to != hop.node]
    stops = np.array([trace.descent.entry, *(hop.to for hop in hops)], np.int64)
    levels = [trace.descent.hops[0].level if trace.descent.hops else 0, *(hop.level for hop in hops)]

    every, at = np.unique(np.concatenate([nodes, stops]), return_inverse=True)
    found = drawn.places(file.stored_vectors(every), every).astype(np.float64)[at]
    places, stop_places = found[: len(nodes)], found[len(nodes) :]

    kinds = np.full(len(ids), VISITED)
    kinds[walk.expanded] = EXPANDED
    kinds[np.isin(ids, search.results.ids)] = RESULT
    kinds[np.isin(ids, search.missed.ids)] = MISSED
    true = [] if search.explanation is None else search.explanation.ids.tolist()
    rank_of = {row: place for place, row in enumerate(true, 1)}

    led = walk.led_by
    ends = np.flatnonzero(led >= 0)
    edges = np.column_stack([walk.expanded[led[ends]], ends]).astype(np.int64)
    is_strong = np.isin(kinds[ends], (EXPANDED, RESULT))
    is_strong |= np.isin(ends, walk.expanded)
    query = file.transform(search.query.vector[None])
    distances = drawn.query_distances(query, is_cosine=index.metric == "cosine", similarity=index.similarity)
    order = np.argsort(-distances if index.similarity else distances, kind="stable")
    shares = np.empty(len(distances))
    shares[order] = nearness(distances[order])
    is_row = search.query.row_id is not None and search.query.row_id in ids
    own = np.flatnonzero(ids == search.query.row_id) if is_row else np.empty(0, np.int64)
    return MapScene(
        shares=shares,
        ids=ids,
        places=places,
        kinds=kinds,
        deleted=np.concatenate([trace.deleted, np.zeros(len(lost), np.bool_)]),
        ranks=np.array([rank_of.get(row, 0) for row in ids.tolist()], np.int64),
        edges=edges,
        is_strong=is_strong,
        gates=_gates(search, ids, len(visited)),
        descent=[Stop(x, y, level) for (x, y), level in zip(stop_places.tolist(), levels, strict=True)],
        query=places[own[0]] if len(own) else drawn.query_place(query).astype(np.float64),
    )


def _gates(search: ShownWalk, ids: Ids, visits: int) -> Ids:
    """Return which visited row leads to each missed neighbour, else at which one the search would go on."""
    if search.explanation is None:
        return np.empty((0, 2), np.int64)
    place_of = {row: place for place, row in enumerate(ids[:visits].tolist())}
    found = []
    for row, approach in zip(search.explanation.ids.tolist(), search.explanation.approaches, strict=True):
        ends = np.flatnonzero(ids[visits:] == row)
        if approach is None or not len(ends):
            continue
        leading = [place_of[each] for each in (approach.led_by, approach.gate) if each in place_of]
        if leading:
            found.append((leading[0], visits + int(ends[0])))
    return np.array(found, np.int64).reshape(-1, 2)
