"""``save_html`` of a graph: from a widget's index, pictures and parameters to a page of its own."""

from __future__ import annotations

from typing import Any

from feder_widget.engines import GraphIndex
from feder_widget.export.answer_table import AnswerTable
from feder_widget.export.graph_page_contents import record_graph
from feder_widget.export.graph_report import GraphReport
from feder_widget.export.page_assembly import PageText, PageWish, assembled, queries_of
from feder_widget.export.recorded_session import RecordedSession
from feder_widget.export.saved_page import row_picture
from feder_widget.export.saved_query import GraphView
from feder_widget.export.walk_contents import SavedRange
from feder_widget.figures.cell_output.output import THUMBNAIL_PIXELS
from feder_widget.figures.cell_output.tiles import shown_rows
from feder_widget.figures.cell_output.walk import static_walk
from feder_widget.figures.graph_walk.shown_walk import ShownWalk, ahead_of, shown_walk_steps
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.media import Media
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.model.query import Query
from feder_widget.model.work_pieces import Steps
from feder_widget.projection import Method
from feder_widget.session.graph.graph_session import GraphSession
from feder_widget.truth import Workload


def saved_graph_page(
    index: GraphIndex,
    media: Media,
    view: GraphView,
    wish: PageWish,
    *,
    k_max: int,
    projection: Method | None,
    workload: Workload | None,
    traits: dict[str, Any],
    summary: dict[str, Any],
) -> Steps[str]:
    """Return a page that answers all that the widget of a graph asks for some queries, as HTML.

    ``traits`` are those that it begins with, besides the view's; ``summary`` describes the graph.

    Raises
    ------
    ValueError
        If there is no query, or too many, or ``max_bytes`` is too few for the search without any picture.
    """
    media = media.in_few_bytes()
    queries = queries_of(index, wish, workload, view.ef_search)
    within = SavedRange.of(index, view, k_max)
    shown = {"ef_search": view.ef_search, "k": view.k, "include_self": view.include_self}
    described = {**summary, "ef_limit": within.ef_limit, "k_max": within.k_max}
    make = lambda send, driver: GraphSession(  # noqa: E731
        index, media, send, k_max=within.k_max, projection=projection, driver=driver
    )
    with RecordedSession(make, workload) as session:
        graph = yield from record_graph(
            session, queries, view, within, has_workload=workload is not None, media=media
        )
        search = yield from _searched(index, queries[-1].query, view)
        ahead = ahead_of(search)
        yield
        figure = yield from session.in_thread(lambda: _figure(search, ahead, media))
        report = GraphReport.of(search, media.label)
        answer = AnswerTable(report, row_picture(media), figure)
        remarks = [f"Shows efSearch up to {within.ef_limit:,} and k up to {within.k_max:,}."]
        if graph.tied:
            named = "one query" if graph.tied == 1 else f"{graph.tied:,} queries"
            told = "from the first tie on it shows efSearch 1, 2, 4, 8, … only."
            remarks.append(f"Distances of {named} tie: {told}")
        text = PageText("graph_page", answer.html(), {**traits, **shown, "_graph": described}, None, remarks)
        return (yield from assembled(session, graph.recorded, text, wish, queries))


def _searched(index: GraphIndex, query: Query, view: GraphView) -> Steps[ShownWalk]:
    """Search, and find the true neighbours."""
    steps = shown_walk_steps(index, query, view.ef_search, view.k, include_self=view.include_self)
    search = next(steps)
    for last in steps:
        search = last
        yield
    return search


def _figure(search: ShownWalk, ahead: GraphTrace, media: Media) -> bytes:
    """Paint the walk with the results beside it."""
    pictures = RowPictures(media, THUMBNAIL_PIXELS)
    rows = shown_rows(search.results, search.missed)
    images = [image for some in rows for image in pictures.images(some.ids, some.clusters)]
    return static_walk(search, images, ahead=ahead)
