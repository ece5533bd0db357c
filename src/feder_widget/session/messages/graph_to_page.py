"""What the kernel says to the page of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feder_widget.model.finding import Finding
from feder_widget.session.messages.declare import Array, Request, RowId, buffer
from feder_widget.session.messages.index_summary import Constants


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GraphSummary:
    """The facts of a graph index that the page shows and computes by.

    ``distance`` names the distances of a walk, ``result_distance`` those of results, ``true_distance`` those
    of true neighbours, ``basis`` what these are by. ``k_factor`` is the number of nodes handed to a second
    pass for each result, 0 where there is none; with one, results come in ``walk_results`` only.
    ``level_sizes`` counts the nodes of each level from 0 up, ``width`` the links that a node has on level 0
    at most. ``ef_search`` is the index's own; ``ef_limit`` the largest that the page can show.
    ``least_is_k``: a search for k results uses k where efSearch is less. The rest is as in ``IndexSummary``.
    """

    kind: Literal["graph"] = "graph"
    index_version: int
    ntotal: int
    dim: int
    family: str
    metric: str
    distance: str
    result_distance: str
    true_distance: str
    similarity: bool
    basis: Literal["vectors", "lists", "codes"]
    k_factor: float
    level_sizes: list[int]
    width: int
    ef_search: int
    ef_limit: int
    least_is_k: bool
    k_max: int
    images: bool
    labels: bool
    asks_pictures: bool
    asks_words: bool
    columns: list[str]
    findings: list[Finding]
    constants: Constants


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """One search of a graph: the descent, and the walk on level 0 up to ``ef_max``.

    Hop i of the descent compares the query with the links ``hop_offsets[i]`` to ``hop_offsets[i + 1]`` of
    ``hop_from[i]`` on level ``hop_levels[i]``; ``hop_to[i]`` is the nearest node so far. ``ids`` are the
    visited rows in order, and ``nodes`` their numbers in the graph, by which ties are broken; ``levels`` is
    the highest level of each, and ``deleted`` is 1 for those that are walked through and never returned.
    ``expanded`` are places among them, in the order of expansion: expansion i has
    visited the rows ``first[i]`` to ``first[i + 1]``, and ``nearer[i]`` visited rows were strictly nearer
    than it. ``stopped_at`` is the place of the row that would have been expanded next, -1 for none.

    The walk of a smaller efSearch is the beginning of this one, up to ``holds_until``: the number of all
    rows where no distances tie. Beyond it, rows of one distance were expanded, and only a search tells
    (``walk_results``); ``ef_max`` is ``ef_search`` then, so that the walk itself is right. ``exhausted``:
    no larger efSearch visits another row. ``title`` names a query from elsewhere, and ``picture`` is a
    small encoded picture of it. ``serial`` and ``index_version`` as in ``Coarse``.
    """

    kind: Literal["walk"] = "walk"
    request: Request
    serial: int
    index_version: int
    id: RowId | None
    label: str | None
    title: str | None
    ef_search: int
    ef_max: int
    holds_until: int
    exhausted: bool
    entry: RowId
    entry_distance: Array = buffer("float32", 1)
    stopped_at: int
    hop_levels: Array = buffer("int32", "hops")
    hop_from: Array = buffer("int64", "hops")
    hop_to: Array = buffer("int64", "hops")
    hop_distances: Array = buffer("float32", "hops")
    hop_offsets: Array = buffer("int32", "hops + 1")
    link_ids: Array = buffer("int64", "links")
    link_distances: Array = buffer("float32", "links")
    ids: Array = buffer("int64", "visits")
    nodes: Array = buffer("int32", "visits")
    levels: Array = buffer("uint8", "visits")
    deleted: Array = buffer("uint8", "visits")
    distances: Array = buffer("float32", "visits")
    expanded: Array = buffer("int32", "expansions")
    first: Array = buffer("int32", "expansions + 1")
    nearer: Array = buffer("int32", "expansions")
    vector: Array = buffer("float32", "dim")
    picture: Array = buffer("uint8", "bytes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkTruth:
    """The ``count`` true neighbours of search ``serial``, and the rows that tie with the last of them.

    Nearest first. Each is visited from efSearch ``visited_from`` on, handed to a second pass where
    ``handed_from`` <= efSearch < ``handed_until``, and returned where ``returned_from`` <= efSearch <
    ``returned_until``; 0 stands for none. Without a second pass, those handed over are those returned.
    ``led_by`` is the row whose links lead to it, and ``gate`` the row that a search must not stop at; -2^63
    for none. The rows that link to row i are ``in_offsets[i]`` to ``in_offsets[i + 1]`` of ``in_ids``. All
    this holds up to ``holds_until``, as in ``Walk``. ``level_nearest`` and ``level_distances`` are the node
    of each upper level, from 1 up, that is nearest to the query; ``level_places`` is the place among the
    level's nodes at which the descent left it, 1 = nearest. Nodes of one distance share a place, and are all
    the nearest.
    """

    kind: Literal["walk_truth"] = "walk_truth"
    request: Request
    serial: int
    k: int
    include_self: bool
    count: int
    holds_until: int
    ids: Array = buffer("int64", "rows")
    distances: Array = buffer("float32", "rows")
    visited_from: Array = buffer("int32", "rows")
    handed_from: Array = buffer("int32", "rows")
    handed_until: Array = buffer("int32", "rows")
    returned_from: Array = buffer("int32", "rows")
    returned_until: Array = buffer("int32", "rows")
    led_by: Array = buffer("int64", "rows")
    gate: Array = buffer("int64", "rows")
    in_offsets: Array = buffer("int32", "rows + 1")
    in_ids: Array = buffer("int64", "links")
    level_nearest: Array = buffer("int64", "levels")
    level_distances: Array = buffer("float32", "levels")
    level_places: Array = buffer("int32", "levels")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkResults:
    """The results of the engine's own search, where the visits of the walk do not tell them.

    The results ``offsets[i]`` to ``offsets[i + 1]`` of ``ids`` are those at efSearch ``ef_from[i]`` up to
    before ``ef_from[i + 1]``; the last ones up to ``ef_until``. ``ef_search``, the one asked for, is among
    these. Unless ``include_self``, a row that is the query is left out, and the search was one for more.
    """

    kind: Literal["walk_results"] = "walk_results"
    request: Request
    serial: int
    ef_search: int
    ef_until: int
    k: int
    include_self: bool
    ef_from: Array = buffer("int32", "states")
    offsets: Array = buffer("int32", "states + 1")
    ids: Array = buffer("int64", "results")
    distances: Array = buffer("float32", "results")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkVerdict:
    """Where one row stands for search ``serial``: how near it is, and how a walk comes to it.

    ``position`` is one more than the number of vectors that are strictly nearer. ``need`` is the smallest
    efSearch that visits the row, 0 where no path leads to it; ``led_by`` is the row whose links lead to it,
    ``gate`` the row that a search must not stop at, null for none. Both hold up to ``holds_until``.
    ``in_ids`` are the rows that link to it.
    """

    kind: Literal["walk_verdict"] = "walk_verdict"
    request: Request
    serial: int
    id: RowId
    distance: Array = buffer("float32", 1)
    position: int
    need: int
    led_by: RowId | None
    gate: RowId | None
    holds_until: int
    in_ids: Array = buffer("int64", "links")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Districts:
    """What stands on the map of a graph, after the parts of the map.

    Districts are groups of near vectors, found by k-means: ``sizes`` counts the vectors of each, and
    ``medoids`` are the rows nearest to their middles, -2^63 for none. ``ids`` are the nodes of the upper
    levels that have at most 2,000 nodes, ``levels`` the highest level of each, ``places`` where they stand.
    """

    kind: Literal["districts"] = "districts"
    request: Request
    index_version: int
    sizes: Array = buffer("int32", "districts")
    medoids: Array = buffer("int64", "districts")
    ids: Array = buffer("int64", "nodes")
    levels: Array = buffer("uint8", "nodes")
    places: Array = buffer("float32", "nodes", 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkPlaces:
    """Where the nodes of search ``serial`` stand on the map, in its coordinates.

    ``places`` and ``districts`` are of the visited nodes in order, ``link_places`` of the nodes that the
    descent compared, ``entry_place`` of the entry point, ``extra_places`` and ``extra_districts`` of the rows
    asked for that are in the index. A place does not depend on the query; ``query_place`` is where the query
    itself would stand. ``district_distances`` are those from the query to the middles of all districts:
    squared L2 distances; products for a similarity, or what they leave to one where the engine's distance is
    that.
    """

    kind: Literal["walk_places"] = "walk_places"
    request: Request
    serial: int
    index_version: int
    places: Array = buffer("float32", "visits", 2)
    districts: Array = buffer("int32", "visits")
    link_places: Array = buffer("float32", "links", 2)
    entry_place: Array = buffer("float32", 2)
    query_place: Array = buffer("float32", 2)
    extra_ids: Array = buffer("int64", "extra")
    extra_places: Array = buffer("float32", "extra", 2)
    extra_districts: Array = buffer("int32", "extra")
    district_distances: Array = buffer("float32", "districts")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkProjection:
    """Nodes of search ``serial`` in the plane, in the unit square, first by ``method`` "PCA".

    ``places`` are of the first visited nodes, in their order: of all at first, of fewer in the better
    picture. ``stop_places`` are of the entry point and of the node that each hop of the descent came to,
    ``extra_places`` of the rows asked for that are in the index. ``drawn_in`` counts far points that are
    drawn nearer. After ``final`` nothing follows.
    """

    kind: Literal["walk_projection"] = "walk_projection"
    request: Request
    serial: int
    method: str
    final: bool
    drawn_in: int
    places: Array = buffer("float32", "places", 2)
    stop_places: Array = buffer("float32", "stops", 2)
    extra_ids: Array = buffer("int64", "extra")
    extra_places: Array = buffer("float32", "extra", 2)
    query_place: Array = buffer("float32", 2)
