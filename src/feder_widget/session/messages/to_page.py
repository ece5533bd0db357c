"""What the kernel says to the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from feder_widget.model.finding import Finding
from feder_widget.session.messages.declare import Array, Request, RowId, buffer
from feder_widget.session.messages.graph_to_page import (
    Districts,
    Walk,
    WalkPlaces,
    WalkProjection,
    WalkResults,
    WalkTruth,
    WalkVerdict,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coarse:
    """The coarse search: the clusters by rank, all of them or, of very many, the nearest.

    ``serial`` grows with every search of a widget: the page adopts a coarse message only when its serial is
    the largest so far. ``complete`` says whether ``nearest`` messages hold enough for any set of clusters, or
    (nlist in the thousands) only for prefixes of the ranking. ``exhaustive`` says whether ``nearest`` covers
    all clusters unasked, or ends with the probed ones until the page asks for the rest. ``index_version``
    counts the changes of the index that this widget has noticed. ``copies`` is the number of vectors stored
    under ``id``, mostly 1, and 0 without an ``id``: a search without that row is one for k + ``copies``. No
    search probes a cluster behind rank ``reach``, however large nprobe is. ``title`` names a query from
    elsewhere, null for none, and ``picture`` is a small encoded picture of it, empty for none. ``tied`` says
    whether two centroids that some search comes to are at one distance. Where the search ends with the probed
    clusters and true neighbours are by the original vectors, a pass over these has a price: ``truth_bytes``
    to read, in about ``truth_seconds``; else both are 0.

    Where clusters are left out, every message that is about rows in one of them comes after a ``ranked`` one
    that names it. ``nearest`` is then, where the coarse search is approximate, the rank of each cluster by
    the distance to its centroid: the number of centroids that are as near or nearer. Else it is empty.
    """

    kind: Literal["coarse"] = "coarse"
    request: Request
    serial: int
    index_version: int
    id: RowId | None
    copies: int
    label: str | None
    title: str | None
    nprobe: int
    reach: int
    k: int
    k_max: int
    complete: bool
    exhaustive: bool
    tied: bool
    truth_bytes: int
    truth_seconds: float
    clusters: Array = buffer("int32", "ranked")
    distances: Array = buffer("float32", "ranked")
    vector: Array = buffer("float32", "dim")
    nearest: Array = buffer("int32", "by distance")
    picture: Array = buffer("uint8", "bytes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedClusters:
    """Ranks of some clusters that the ``coarse`` message of search ``serial`` leaves out.

    Answers a ``ranks`` request, and comes before messages about rows in these clusters. ``nearest`` as in a
    ``coarse`` message, for every coarse search.
    """

    kind: Literal["ranked"] = "ranked"
    request: Request
    serial: int
    ranks: Array = buffer("int32", "clusters")
    clusters: Array = buffer("int32", "clusters")
    distances: Array = buffer("float32", "clusters")
    nearest: Array = buffer("int32", "clusters")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Candidates of consecutive clusters, from ``first_rank`` on (1 = nearest), in list order.

    ``fine`` holds every candidate of its clusters, ``nearest`` all that can be a result at any k <= k_max,
    with or without the row that is the query.
    Where ``continues`` is true, the last cluster goes on in the next message, whose ``first_rank`` is that
    cluster's.
    """

    kind: Literal["fine", "nearest"]
    request: Request
    first_rank: int
    continues: bool
    counts: Array = buffer("int32", "clusters")
    ids: Array = buffer("int64", "rows")
    distances: Array = buffer("float32", "rows")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaissResults:
    """The results of Faiss for search ``serial``, where the candidates do not tell them.

    Follows the ``fine`` messages of such a search, and answers a ``results`` request. ``rank_of`` is the rank
    of each result's cluster. An index that re-ranks hands ``handed_over`` rows, nearest first, to its second
    pass, which was asked for ``first_k`` of them (0 without a second pass). ``compared`` counts the vectors
    compared in the lists. Unless ``include_self``, a row that is the query is left out of all of these, and
    the search was one for more.
    """

    kind: Literal["results"] = "results"
    request: Request
    serial: int
    nprobe: int
    k: int
    include_self: bool
    first_k: int
    compared: int
    ids: Array = buffer("int64", "results")
    distances: Array = buffer("float32", "results")
    rank_of: Array = buffer("int32", "results")
    handed_over: Array = buffer("int64", "handed")
    first_pass: Array = buffer("float32", "handed")
    second_pass: Array = buffer("float32", "handed")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueNeighbours:
    """The ``count`` true neighbours by the original vectors, and the rows that tie with the last of them.

    Nearest first. ``distances`` are to the original vectors, ``rank_of`` the ranks of their clusters.
    ``compared_from``, ``handed_from`` and ``returned_from`` are the least nprobe at which a search compares
    each row with the query, hands it to a second pass, and returns it; from ``returned_until`` on it returns
    it no more. nlist + 1 is never. ``nprobe`` is the only one that this holds for, or 0 where it holds for
    all. ``include_self`` says whether a row that is the query counts.
    """

    kind: Literal["truth"] = "truth"
    request: Request
    serial: int
    k: int
    include_self: bool
    nprobe: int
    count: int
    ids: Array = buffer("int64", "rows")
    distances: Array = buffer("float32", "rows")
    rank_of: Array = buffer("int32", "rows")
    compared_from: Array = buffer("int32", "rows")
    handed_from: Array = buffer("int32", "rows")
    returned_from: Array = buffer("int32", "rows")
    returned_until: Array = buffer("int32", "rows")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TruthProgress:
    """Of the original vectors, ``done`` of ``asked`` were compared with the query of search ``serial``.

    ``dashboard`` is the address of the page on which the workers' cluster shows its work; null without one.
    """

    kind: Literal["truth_progress"] = "truth_progress"
    request: Request
    serial: int
    done: int
    asked: int
    dashboard: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """The best distance that any vector of each cluster can have, by geometry alone, by rank.

    ``bounds`` are of the clusters in the ``coarse`` message; ``beyond`` are the best bounds of the others,
    best first, of which there may be more. Sent as soon as the survey of the index tells, at any time in a
    search, and again when it tells more.
    """

    kind: Literal["bounds"] = "bounds"
    request: Request
    serial: int
    findings: list[Finding]
    bounds: Array = buffer("float32", "ranked")
    beyond: Array = buffer("float32", "best of the others")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Remarks:
    """Findings about the query of search ``serial`` that came after its answer."""

    kind: Literal["remarks"] = "remarks"
    request: Request
    serial: int
    findings: list[Finding]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """Where one row stands: its distance, its cluster and that cluster's rank.

    ``position`` is one more than the number of vectors that are strictly nearer, null where they were not
    counted; of these, a row that is the query counts as the request says.
    """

    kind: Literal["verdict"] = "verdict"
    request: Request
    serial: int
    id: RowId
    cluster: int
    rank: int
    distance: float
    position: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seconds:
    """Seconds of work in the kernel, by step."""

    coarse: float
    fine: float
    nearest: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Done:
    """The search is complete; ``bytes`` counts its buffers."""

    kind: Literal["done"] = "done"
    request: Request
    seconds: Seconds
    bytes: int
    findings: list[Finding]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Progress:
    """An evaluation has finished ``done`` of ``asked`` queries, the last of them perhaps in part.

    ``cancellable`` is false while a cell evaluates: the kernel hears no cancel until the cell ends.
    ``dashboard`` is the address of the page on which the workers' cluster shows its work; null without one.
    """

    kind: Literal["progress"] = "progress"
    request: Request
    done: float
    asked: int
    cancellable: bool
    dashboard: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workload:
    """A workload as far as it is evaluated: ``computed`` of ``asked`` queries.

    At each of ``nprobes``, ascending: the mean ``recall``, the recall that each of ``shares`` of the queries
    ``reached``, the share ``without_any`` of the queries that find no true neighbour, and the share of the
    vectors ``compared``. Where recall takes a search at each nprobe, these are ``apart``: the only ones that
    anything is known of. ``reason`` says why the evaluation ended early.
    """

    kind: Literal["workload"] = "workload"
    request: Request
    k: int
    seed: int | None
    source: Literal["sample", "ids", "vectors"]
    computed: int
    asked: int
    final: bool
    include_self: bool
    reason: str | None
    apart: bool
    shares: list[float]
    nprobes: Array = buffer("int32", "points")
    recall: Array = buffer("float32", "points")
    reached: Array = buffer("float32", "shares", "points")
    compared: Array = buffer("float32", "points")
    without_any: Array = buffer("float32", "points")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryRecalls:
    """The recall of a workload's queries from ``offset`` on, of ``rows`` queries, at every nprobe.

    Of each query the cluster at rank 1 (-1 for none), the number of its true neighbours, and how many of them
    it finds: query i of these finds ``changes[j]`` more, or fewer, from ``nprobes[j]`` on, for j from
    ``offsets[i]`` to before ``offsets[i + 1]``. Of a very large workload, ``rows`` is less than its queries.
    """

    kind: Literal["query_recalls"] = "query_recalls"
    request: Request
    rows: int
    offset: int
    clusters: Array = buffer("int32", "queries")
    counts: Array = buffer("int32", "queries")
    offsets: Array = buffer("int32", "queries + 1")
    nprobes: Array = buffer("int32", "changes")
    changes: Array = buffer("int32", "changes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hardest:
    """The hardest queries of a workload, the hardest first, as a ``HardestRequest`` orders them.

    Their places in the workload, their row ids (none for vectors), how many of the ``counts`` true neighbours
    of each are ``found`` at ``nprobe``, and the least nprobe that finds all; nlist + 1 for never. ``nprobe``
    is the one asked for, or the next smaller one that the workload was evaluated at; there ``missing``
    queries of the whole workload miss a true neighbour.
    """

    kind: Literal["hardest"] = "hardest"
    request: Request
    order: str
    nprobe: int
    missing: int
    labels: list[str | None]
    places: Array = buffer("int32", "labels")
    ids: Array = buffer("int64", "named")
    found: Array = buffer("int32", "labels")
    counts: Array = buffer("int32", "labels")
    needed: Array = buffer("int32", "labels")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThumbnailItem:
    """One picture: ``length`` bytes of the buffer, or a ``url`` for the browser, or a ``reason`` for none.

    Of a row without a picture that has a ``label``, none of these: the label is shown. A ``note`` says that
    the picture is one of several: the first frame of an animation.
    """

    id: RowId
    label: str | None
    mime: str | None
    offset: int
    length: int
    url: str | None
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thumbnails:
    """Pictures of some of the rows of a request, as they are ready, ``size`` device pixels at most.

    ``places[i]`` is the place of ``items[i]`` in the request. ``data`` holds the encoded images, back to
    back. The last message of a request is ``final``: all its rows have been sent.
    """

    kind: Literal["thumbnails"] = "thumbnails"
    request: Request
    size: int
    final: bool
    places: list[int]
    items: list[ThumbnailItem]
    data: Array = buffer("uint8", "bytes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """The rows of some clusters from ``offset`` on: ``counts[i]`` of the ``totals[i]`` of ``clusters[i]``.

    They come nearest to the query of search ``serial`` first. Before any search (``serial`` 0) they come
    nearest to the centroid first, and distances are NaN.
    """

    kind: Literal["members"] = "members"
    request: Request
    offset: int
    serial: int
    clusters: Array = buffer("int32", "clusters")
    totals: Array = buffer("int32", "clusters")
    counts: Array = buffer("int32", "clusters")
    ids: Array = buffer("int64", "rows")
    distances: Array = buffer("float32", "rows")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Medoids:
    """The row nearest to each cluster's centroid; empty clusters are left out."""

    kind: Literal["medoids"] = "medoids"
    request: Request
    clusters: Array = buffer("int32", "clusters")
    ids: Array = buffer("int64", "clusters")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """The commonest labels, ``names``, and how often each occurs in the clusters from ``offset`` on.

    ``rows`` is nlist. A first count comes from a few rows of each cluster, the final one from at most
    ``limit``, drawn at random: ``counted`` of the index's ``total`` rows. ``distinct`` counts the different
    labels among these, ``unlabelled`` the rows without one, ``failed`` those whose label could not be read.
    ``counts`` of a cluster are by name, then of all other labels together. ``commonest`` is the place of its
    commonest label among the names: the number of names for a label that is not among them, one more for no
    label at all. ``most`` is how often that occurs. With a ``column``, its values are the labels.
    """

    kind: Literal["labels"] = "labels"
    request: Request
    column: int | None = None
    index_version: int
    final: bool
    names: list[str]
    distinct: int
    counted: int
    total: int
    limit: int
    unlabelled: int
    failed: int
    rows: int
    offset: int
    counts: Array = buffer("int32", "clusters", "names + 1")
    commonest: Array = buffer("uint8", "clusters")
    most: Array = buffer("int32", "clusters")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Composition:
    """The commonest labels of a cluster, ``names``, and how often each occurs among ``counted`` of its rows.

    These are all of its ``total`` rows, or drawn at random. ``distinct`` counts their different labels,
    ``unlabelled`` the rows without one, ``failed`` those whose label could not be read.
    """

    kind: Literal["composition"] = "composition"
    request: Request
    cluster: int
    names: list[str]
    counts: list[int]
    distinct: int
    counted: int
    total: int
    unlabelled: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowLabels:
    """The labels of rows, ``counts[i]`` of them in ``clusters[i]``, as places among ``names``.

    The number of names stands for another label, one more for none. Clusters that were asked for and are
    left out can be asked for again; of one whose rows are too many, some are left out.
    """

    kind: Literal["row_labels"] = "row_labels"
    request: Request
    names: list[str]
    clusters: Array = buffer("int32", "clusters")
    counts: Array = buffer("int32", "clusters")
    ids: Array = buffer("int64", "rows")
    codes: Array = buffer("uint8", "rows")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale:
    """The scale of a column, and its values in the clusters from ``offset`` on.

    ``rows`` is nlist. At most ``limit`` rows of each cluster are read, drawn at random: ``counted`` of the
    index's ``total`` rows. The scale goes from ``low`` to ``high``, the 2nd and the 98th percentile of all
    rows by these, or from ``least`` to ``greatest`` where the percentiles are equal; these four are of finite
    values, and null without one. ``missing`` counts the rows read without a value, ``infinite`` those whose
    value is infinite. Dates and times are seconds since 1970. ``means``, ``least_values`` and
    ``greatest_values`` are of the ``valued`` finite values of a cluster, 0 without one.
    """

    kind: Literal["scale"] = "scale"
    request: Request
    column: int
    index_version: int
    unit: Literal["number", "date", "time"]
    low: float | None
    high: float | None
    least: float | None
    greatest: float | None
    counted: int
    total: int
    limit: int
    missing: int
    infinite: int
    rows: int
    offset: int
    valued: Array = buffer("int32", "clusters")
    means: Array = buffer("float64", "clusters")
    least_values: Array = buffer("float64", "clusters")
    greatest_values: Array = buffer("float64", "clusters")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowLevels:
    """The values of rows, ``counts[i]`` of them in ``clusters[i]``, as levels of a column's scale.

    Levels go from 0 at ``low`` and below to 252 at ``high`` and above; 254 stands for no value. Clusters that
    were asked for and are left out can be asked for again; of one whose rows are too many, some are left out.
    """

    kind: Literal["row_levels"] = "row_levels"
    request: Request
    column: int
    low: float | None
    high: float | None
    clusters: Array = buffer("int32", "clusters")
    counts: Array = buffer("int32", "clusters")
    ids: Array = buffer("int64", "rows")
    levels: Array = buffer("uint8", "rows")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowValues:
    """The values of some rows: ``values[i]`` of ``ids[i]``, one for each column of the index summary.

    They are short texts, null for a missing value; a row without metadata has none at all. ``numbers`` are
    the same values by row and column where the column has a scale, NaN elsewhere.
    """

    kind: Literal["row_values"] = "row_values"
    request: Request
    ids: list[RowId]
    values: list[list[str | None]]
    numbers: Array = buffer("float64", "ids", "columns")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapPart:
    """The map's cells from ``offset`` on, of ``rows``, which is nlist: a first map, then the final one.

    Cells lie in the rectangle [0, ``aspect``] by [0, 1], y up. Cell i of these has the corners ``offsets[i]``
    to ``offsets[i + 1]`` of ``points``, counter-clockwise, none if it holds no vectors. ``inradii`` are of
    circles around ``centres`` that fit in the cells. ``method`` names the layout of the centroids.
    """

    kind: Literal["map"] = "map"
    request: Request
    method: str
    final: bool
    aspect: float
    rows: int
    offset: int
    points: Array = buffer("float32", "corners", 2)
    offsets: Array = buffer("int32", "cells + 1")
    centres: Array = buffer("float32", "cells", 2)
    inradii: Array = buffer("float32", "cells")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapCentres:
    """The map of very many clusters without the shapes of its cells: those from ``offset`` on, of ``rows``.

    Comes in place of a ``map`` message; fields as there. ``centres`` are x and y in 65,536ths of the
    rectangle's width and height. ``drawing`` is the number of the map, for which shapes can be asked.
    """

    kind: Literal["map_centres"] = "map_centres"
    request: Request
    drawing: int
    method: str
    final: bool
    aspect: float
    rows: int
    offset: int
    centres: Array = buffer("uint16", "cells", 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapShapes:
    """The cells of the map ``drawing`` that touch a box, from ``offset`` on, of ``rows``.

    Answers a ``map_shapes`` request. ``clusters`` are their numbers; all else as in a ``map`` message.
    """

    kind: Literal["map_shapes"] = "map_shapes"
    request: Request
    drawing: int
    rows: int
    offset: int
    clusters: Array = buffer("int32", "cells")
    points: Array = buffer("float32", "corners", 2)
    offsets: Array = buffer("int32", "cells + 1")
    centres: Array = buffer("float32", "cells", 2)
    inradii: Array = buffer("float32", "cells")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """Candidates in the plane, from ``offset`` on of ``rows``, by rank and in list order.

    Positions are in the unit square. A linear picture comes first, then a better one (``final`` when none
    follows). ``ranks`` and ``flips`` repeat the request. ``sampled`` when these are not all ``total``
    candidates; the ``drawn_in`` farthest are shown nearer than they are. A picture that cannot be made is an
    ``error``; the one before it stays.
    """

    kind: Literal["projection"] = "projection"
    request: Request
    serial: int
    ranks: int
    flips: list[int]
    method: str
    final: bool
    sampled: bool
    total: int
    drawn_in: int
    rows: int
    offset: int
    ids: Array = buffer("int64", "shown")
    rank_of: Array = buffer("int32", "shown")
    distances: Array = buffer("float32", "shown")
    positions: Array = buffer("float32", "shown", 2)
    query: Array = buffer("float32", 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilePart:
    """The bytes of a page or a figure from ``offset`` on, UTF-8. The last message is ``final``.

    A file that is made anew, because the index has changed, begins at 0 again.
    """

    kind: Literal["file_part"] = "file_part"
    request: Request
    offset: int
    final: bool
    data: Array = buffer("uint8", "bytes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Failure:
    """A request that failed; the answer before it stays valid.

    ``code`` is "invalid" (the request), "superseded" (it is about a search that is over), "changed" (it is
    about a search older than the index), "cancelled", "interrupted" (from the keyboard) or "internal".
    """

    kind: Literal["error"] = "error"
    request: Request | None
    code: str
    message: str


MESSAGES = (
    Coarse,
    RankedClusters,
    Walk,
    WalkTruth,
    WalkResults,
    WalkVerdict,
    WalkPlaces,
    WalkProjection,
    Districts,
    Candidates,
    FaissResults,
    TrueNeighbours,
    TruthProgress,
    Bounds,
    Remarks,
    Verdict,
    Done,
    Progress,
    Workload,
    QueryRecalls,
    Hardest,
    Thumbnails,
    Members,
    Medoids,
    Labels,
    Composition,
    RowLabels,
    Scale,
    RowLevels,
    RowValues,
    MapPart,
    MapCentres,
    MapShapes,
    Projection,
    FilePart,
    Failure,
)
Message: TypeAlias = (
    Coarse
    | RankedClusters
    | Walk
    | WalkTruth
    | WalkResults
    | WalkVerdict
    | WalkPlaces
    | WalkProjection
    | Districts
    | Candidates
    | FaissResults
    | TrueNeighbours
    | TruthProgress
    | Bounds
    | Remarks
    | Verdict
    | Done
    | Progress
    | Workload
    | QueryRecalls
    | Hardest
    | Thumbnails
    | Members
    | Medoids
    | Labels
    | Composition
    | RowLabels
    | Scale
    | RowLevels
    | RowValues
    | MapPart
    | MapCentres
    | MapShapes
    | Projection
    | FilePart
    | Failure
)
