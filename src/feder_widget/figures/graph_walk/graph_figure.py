"""A figure of what the widget of a graph shows: one view, or the walk beside the results."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from feder_widget.engines import GraphIndex
from feder_widget.figures.canvas import look_of, root_of, two_parts
from feder_widget.figures.charts.recall_chart import recall
from feder_widget.figures.charts.workload_chart import draw_workload
from feder_widget.figures.district_map.districts_drawn import drawn_districts
from feder_widget.figures.district_map.picture import draw_graph_map
from feder_widget.figures.graph_text import missed_tags
from feder_widget.figures.graph_walk.picture import draw_shown_walk
from feder_widget.figures.graph_walk.shown_walk import ShownWalk, shown_walk
from feder_widget.figures.result_tiles import draw_results
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.map import DrawnGraph
from feder_widget.model.query import Query
from feder_widget.truth import Workload

VIEWS = ("map", "walk", "recall", "workload", "results")


def graph_figure(
    index: GraphIndex,
    query: Query | None,
    ef_search: int,
    k: int,
    *,
    view: str | None,
    include_self: bool,
    workload: Workload | None,
    pictures: RowPictures,
    drawn: DrawnGraph | None,
    style: str,
) -> Figure:
    """Return the figure of a view; see ``GraphWidget.figure``.

    Parameters
    ----------
    query : Query or None
        The query on the page; None before the first search.
    workload : Workload or None
        The curves of the last one evaluated, efSearch in the place of nprobe.
    drawn : DrawnGraph or None
        The map on the page; None where it is not drawn yet.
    """
    look_of(style)
    if view is not None and (not isinstance(view, str) or view not in VIEWS):
        raise ValueError(f"view must be one of {', '.join(VIEWS)}, or None, got {view!r}")
    if view == "workload":
        if workload is None:
            raise ValueError("a figure of the workload needs one: call evaluate(queries) first")
        at = min(ef_search, workload.nlist)
        return root_of(draw_workload(workload, "efSearch", at, ax=None, style=style))
    if view == "map" and drawn is None and index.ntotal:
        drawn = drawn_districts(index)
    if view == "map" and query is None:
        return root_of(draw_graph_map(index, drawn, None, ax=None, style=style))
    if query is None:
        name = "a search" if view is None else view
        raise ValueError(f"a figure of {name} needs a search: call search(query) first")
    search = shown_walk(index, query, ef_search, k, include_self=include_self)
    if view is None:
        return _walk_and_results(search, pictures, style)
    if view == "walk":
        return root_of(draw_shown_walk(search, pictures, ax=None, style=style))
    if view == "map":
        return root_of(draw_graph_map(index, drawn, search, ax=None, style=style))
    if view == "results":
        return root_of(_results(search, pictures, None, style))
    if search.explanation is None:
        raise ValueError("the recall of a query is unavailable: the index is empty")
    return root_of(recall(search.explanation, ef_search=ef_search, style=style))


def _walk_and_results(search: ShownWalk, pictures: RowPictures, style: str) -> Figure:
    """Return the walk beside the results; above them where the style has the width of one column."""
    figure, axes = two_parts(look_of(style), 5.3, (1.3, 1))
    draw_shown_walk(search, None, ax=axes[0], style=style)
    _results(search, pictures, axes[1], style)
    return figure


def _results(search: ShownWalk, pictures: RowPictures, ax: Axes | None, style: str) -> Axes:
    tags = {} if search.explanation is None else missed_tags(search.explanation, search.losses)
    return draw_results(search.results, search.missed, pictures, tags, ax=ax, style=style)
