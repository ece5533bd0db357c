"""What the page asks of the kernel. Nothing that arrives is trusted: ``parse`` checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from feder_widget.session.messages.declare import Request, RowId
from feder_widget.session.messages.limits import (
    MAP_UNITS,
    MAX_BATCH,
    MAX_COLUMNS,
    MAX_SAMPLE,
    MAX_SERIAL,
    MAX_VALUES,
    MAX_WINDOW,
    MAX_WORDS,
    between,
    each_between,
    hint,
    listed,
    text,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ById:
    """A query that is a row of the index; ``cluster`` is a hint where the row is stored."""

    id: RowId
    cluster: int | None = hint(0, "nlist - 1")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ByVector:
    """A query that is the vector in the request's buffer."""

    vector: Literal[True]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ByPicture:
    """A query that is the encoded picture in the request's buffer; its name is the title of the query."""

    picture: str = text(most=MAX_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ByWords:
    """A query that is words."""

    words: str = text(most=MAX_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ByChance:
    """A query that is any row."""

    random: Literal[True]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ByWorkload:
    """The query at this place of the workload last evaluated."""

    workload: int = between(0, MAX_SERIAL)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BySearch:
    """The query that the kernel has already."""

    resume: Literal[True]


QueryChoice: TypeAlias = ById | ByVector | ByPicture | ByWords | ByChance | ByWorkload | BySearch


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchRequest:
    """A query to answer. The buffer holds the vector of a ``ByVector`` or the picture of a ``ByPicture``.

    ``include_self`` says whether a row that is the query is among its own results and neighbours.
    """

    kind: Literal["search"] = "search"
    request: Request
    query: QueryChoice
    nprobe: int = between(1, "nlist")
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkRequest:
    """A query to answer by a graph, as a ``walk`` message; fields as in a ``SearchRequest``.

    The walk goes on to ``ef_max``, so that a larger efSearch can be shown without asking.
    """

    kind: Literal["walk"] = "walk"
    request: Request
    query: QueryChoice
    ef_search: int = between(1, "ef_limit")
    ef_max: int = between("ef_search", "ef_limit")
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkTruthRequest:
    """The true neighbours of search ``serial`` of a graph, as a ``walk_truth`` message."""

    kind: Literal["walk_truth"] = "walk_truth"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkResultsRequest:
    """The results of the graph's own search at this efSearch and k, as a ``walk_results`` message."""

    kind: Literal["walk_results"] = "walk_results"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    ef_search: int = between(1, "ef_limit")
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkVerdictRequest:
    """Where a row stands for search ``serial`` of a graph, as a ``walk_verdict`` message."""

    kind: Literal["walk_verdict"] = "walk_verdict"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    id: RowId
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkPlacesRequest:
    """Where the nodes of search ``serial`` of a graph stand on the map, as a ``walk_places`` message.

    The map must have been sent. ``extra`` are rows that the search did not visit.
    """

    kind: Literal["walk_places"] = "walk_places"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    extra: list[RowId] = listed(most=MAX_BATCH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkProjectionRequest:
    """The visited nodes of search ``serial`` of a graph in the plane; ``walk_projection`` messages answer it.

    ``visits`` counts those that are shown now: all of them have places in the better picture. ``extra`` are
    rows that the search did not visit.
    """

    kind: Literal["walk_projection"] = "walk_projection"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    visits: int = between(0, MAX_SERIAL)
    extra: list[RowId] = listed(most=MAX_BATCH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidatesRequest:
    """Every candidate of the clusters at these ranks of search ``serial``; ``fine`` messages answer it."""

    kind: Literal["candidates"] = "candidates"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    first_rank: int = between(1, "nlist")
    last_rank: int = between("first_rank", "nlist")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClustersRequest:
    """All that can be a result of the clusters at these ranks of search ``serial``, whatever else is probed.

    ``nearest`` messages, one for each rank in the order of ``ranks``, and a ``done`` answer it.
    """

    kind: Literal["clusters"] = "clusters"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    ranks: list[int] = each_between(1, "nlist", most=MAX_BATCH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RestRequest:
    """The clusters of search ``serial`` that its coarse message left out, up to ``last_rank``.

    ``nearest`` messages from the first rank not sent, and a ``done``, answer it.
    """

    kind: Literal["rest"] = "rest"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    last_rank: int = between(1, "nlist")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutcomeRequest:
    """The ``results`` of Faiss at this nprobe and k, or the ``truth`` by the original vectors.

    ``include_self`` as in a ``SearchRequest``.
    """

    kind: Literal["results", "truth"]
    request: Request
    serial: int = between(0, MAX_SERIAL)
    nprobe: int = between(1, "nlist")
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RanksRequest:
    """The ranks of some clusters in search ``serial``, as a ``ranked`` message."""

    kind: Literal["ranks"] = "ranks"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    clusters: list[int] = each_between(0, "nlist - 1", most=MAX_BATCH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VerdictRequest:
    """Where a row stands for search ``serial``.

    ``cluster`` says which of the rows that share the id; ``include_self`` as in a ``SearchRequest``.
    """

    kind: Literal["verdict"] = "verdict"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    id: RowId
    cluster: int | None = hint(0, "nlist - 1")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThumbnailsRequest:
    """Pictures of rows; ``clusters[i]`` stores ``ids[i]``, ``size`` is in device pixels."""

    kind: Literal["thumbnails"] = "thumbnails"
    request: Request
    ids: list[RowId] = listed(most=MAX_BATCH)
    clusters: list[int] | None = each_between(0, "nlist - 1", along="ids")
    size: int = between(1, 4096)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MembersRequest:
    """The same window of the rows of each of these clusters, of at most ``MAX_WINDOW`` rows in all.

    A cluster's rows come nearest to the query first, without a query nearest to the centroid.
    """

    kind: Literal["members"] = "members"
    request: Request
    clusters: list[int] = each_between(0, "nlist - 1", most=MAX_BATCH)
    offset: int = between(0, MAX_SERIAL)
    limit: int = between(1, MAX_WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MedoidsRequest:
    """The row nearest to the centroid of each of these clusters."""

    kind: Literal["medoids"] = "medoids"
    request: Request
    clusters: list[int] = each_between(0, "nlist - 1", most=MAX_BATCH)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelsRequest:
    """The commonest labels of the index, and their numbers in each cluster; ``labels`` messages answer it.

    With a ``column``, its values are the labels.
    """

    kind: Literal["labels"] = "labels"
    request: Request
    column: int | None = hint(0, MAX_COLUMNS - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompositionRequest:
    """The commonest labels of one cluster; with a ``column``, its values are the labels."""

    kind: Literal["composition"] = "composition"
    request: Request
    cluster: int = between(0, "nlist - 1")
    column: int | None = hint(0, MAX_COLUMNS - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowLabelsRequest:
    """The label of each row of these clusters, as a place among the names of the last ``labels`` message.

    With a ``column``, its values are the labels.
    """

    kind: Literal["row_labels"] = "row_labels"
    request: Request
    clusters: list[int] = each_between(0, "nlist - 1", most=MAX_BATCH)
    column: int | None = hint(0, MAX_COLUMNS - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaleRequest:
    """The scale of a column of numbers, and its values in each cluster; ``scale`` messages answer it."""

    kind: Literal["scale"] = "scale"
    request: Request
    column: int = between(0, MAX_COLUMNS - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowLevelsRequest:
    """The value of each row of these clusters, as a level of the last ``scale`` of the column."""

    kind: Literal["row_levels"] = "row_levels"
    request: Request
    clusters: list[int] = each_between(0, "nlist - 1", most=MAX_BATCH)
    column: int = between(0, MAX_COLUMNS - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowValuesRequest:
    """The values of rows in the columns that the index summary names."""

    kind: Literal["row_values"] = "row_values"
    request: Request
    ids: list[RowId] = listed(most=MAX_VALUES)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProjectionRequest:
    """The candidates of the ``ranks`` nearest clusters of search ``serial`` in the plane, for ``k`` results.

    A cluster whose rank is in ``flips`` is left out if it is among these, and added if not. ``extra`` are
    rows of other clusters to show as well; ``extra_clusters[i]`` stores ``extra[i]``. A newer request
    supersedes an older one.
    """

    kind: Literal["projection"] = "projection"
    request: Request
    serial: int = between(0, MAX_SERIAL)
    ranks: int = between(1, "nlist")
    flips: list[int] = each_between(1, "nlist")
    k: int = between(1, "k_max")
    extra: list[RowId] = listed(most=MAX_BATCH)
    extra_clusters: list[int] = each_between(0, "nlist - 1", along="extra")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluateRequest:
    """Evaluate ``sample`` queries drawn from the index with ``seed``.

    ``progress`` and ``workload`` messages answer. A newer request ends an older one; ``cancel`` ends it. Both
    keep what was computed. ``include_self`` says whether each query counts among its own neighbours.
    """

    kind: Literal["evaluate"] = "evaluate"
    request: Request
    sample: int = between(1, MAX_SAMPLE)
    seed: int = between(0, 2**31)
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkloadRequest:
    """The workload last evaluated, as far as it is, if there is one."""

    kind: Literal["workload"] = "workload"
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryRecallsRequest:
    """The recall of each query of the last workload, as ``query_recalls`` messages, if there is one."""

    kind: Literal["query_recalls"] = "query_recalls"
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HardestRequest:
    """The hardest queries of the workload last evaluated, as a ``hardest`` message, if there is a workload.

    By ``order``: those of the lowest "recall" at ``nprobe``, or those that need the largest "nprobe".
    """

    kind: Literal["hardest"] = "hardest"
    request: Request
    order: Literal["recall", "nprobe"]
    nprobe: int = between(1, "nlist")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapShapesRequest:
    """The shapes of the cells of the map ``drawing`` that touch a box, as ``map_shapes`` messages.

    The box is in 65,536ths of the map's width and height, y up.
    """

    kind: Literal["map_shapes"] = "map_shapes"
    request: Request
    drawing: int = between(0, MAX_SERIAL)
    left: int = between(0, MAP_UNITS)
    right: int = between("left", MAP_UNITS)
    bottom: int = between(0, MAP_UNITS)
    top: int = between("bottom", MAP_UNITS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapRequest:
    """The map, now or as soon as it is drawn, and a better one when that is.

    That of a graph is drawn once, when it is first asked for, and a ``districts`` message follows it.
    """

    kind: Literal["map"] = "map"
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageRequest:
    """The search on screen, and the hardest queries of the last workload, as a page of its own.

    ``file_part`` messages answer. ``include_self`` as in a ``SearchRequest``.
    """

    kind: Literal["page"] = "page"
    request: Request
    nprobe: int = between(1, "nlist")
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FigureRequest:
    """A view of the search on screen as a figure, SVG, in the colours of a theme.

    ``file_part`` messages answer. ``include_self`` as in a ``SearchRequest``.
    """

    kind: Literal["figure"] = "figure"
    request: Request
    view: Literal["clusters", "distances", "projection"]
    nprobe: int = between(1, "nlist")
    k: int = between(1, "k_max")
    include_self: bool = False
    style: Literal["light", "dark"] = "light"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkFigureRequest:
    """The walk of the search on screen of a graph as a figure, in the colours of a theme.

    ``file_part`` messages answer. ``include_self`` as in a ``SearchRequest``.
    """

    kind: Literal["walk_figure"] = "walk_figure"
    request: Request
    format: Literal["png", "svg"]
    ef_search: int = between(1, "ef_limit")
    k: int = between(1, "k_max")
    include_self: bool = False
    style: Literal["light", "dark"] = "light"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkPageRequest:
    """The search on screen of a graph, and the hardest queries of the last workload, as a page of its own.

    ``file_part`` messages answer. ``include_self`` as in a ``SearchRequest``.
    """

    kind: Literal["walk_page"] = "walk_page"
    request: Request
    ef_search: int = between(1, "ef_limit")
    k: int = between(1, "k_max")
    include_self: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CancelRequest:
    """End the evaluation of this name at its next piece."""

    kind: Literal["cancel"] = "cancel"
    request: Request


REQUESTS = (
    SearchRequest,
    WalkRequest,
    WalkTruthRequest,
    WalkResultsRequest,
    WalkVerdictRequest,
    WalkPlacesRequest,
    WalkProjectionRequest,
    CandidatesRequest,
    ClustersRequest,
    RestRequest,
    OutcomeRequest,
    RanksRequest,
    VerdictRequest,
    ThumbnailsRequest,
    MembersRequest,
    MedoidsRequest,
    LabelsRequest,
    CompositionRequest,
    RowLabelsRequest,
    ScaleRequest,
    RowLevelsRequest,
    RowValuesRequest,
    ProjectionRequest,
    EvaluateRequest,
    WorkloadRequest,
    QueryRecallsRequest,
    HardestRequest,
    MapRequest,
    MapShapesRequest,
    PageRequest,
    FigureRequest,
    WalkFigureRequest,
    WalkPageRequest,
    CancelRequest,
)
AnyRequest: TypeAlias = (
    SearchRequest
    | WalkRequest
    | WalkTruthRequest
    | WalkResultsRequest
    | WalkVerdictRequest
    | WalkPlacesRequest
    | WalkProjectionRequest
    | CandidatesRequest
    | ClustersRequest
    | RestRequest
    | OutcomeRequest
    | RanksRequest
    | VerdictRequest
    | ThumbnailsRequest
    | MembersRequest
    | MedoidsRequest
    | LabelsRequest
    | CompositionRequest
    | RowLabelsRequest
    | ScaleRequest
    | RowLevelsRequest
    | RowValuesRequest
    | ProjectionRequest
    | EvaluateRequest
    | WorkloadRequest
    | QueryRecallsRequest
    | HardestRequest
    | MapRequest
    | MapShapesRequest
    | PageRequest
    | FigureRequest
    | WalkFigureRequest
    | WalkPageRequest
    | CancelRequest
)
