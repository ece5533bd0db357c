"""A figure of what a widget shows: one view, or the map beside the results."""

from __future__ import annotations

from matplotlib.figure import Figure

from feder_widget.engines import IvfIndex
from feder_widget.figures.canvas import look_of, root_of, two_parts
from feder_widget.figures.charts.recall_chart import recall
from feder_widget.figures.charts.workload_chart import workload as draw_workload
from feder_widget.figures.cluster_map.cluster_picture import draw_clusters
from feder_widget.figures.cluster_map.map_cells import map_of
from feder_widget.figures.distance_rings.distance_picture import draw_distances
from feder_widget.figures.projection_picture import draw_projection
from feder_widget.figures.result_tiles import draw_results
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import ShownSearch, shown_search
from feder_widget.map import ClusterMap
from feder_widget.model.query import Query
from feder_widget.truth import Workload

VIEWS = ("clusters", "distances", "projection", "recall", "workload", "results")


def widget_figure(
    index: IvfIndex,
    query: Query | None,
    nprobe: int,
    k: int,
    *,
    view: str | None,
    include_self: bool,
    workload: Workload | None,
    drawn: ClusterMap | None,
    pictures: RowPictures,
    style: str,
) -> Figure:
    """Return the figure of a view; see ``FederWidget.figure``.

    Parameters
    ----------
    query : Query or None
        The query on the page; None before the first search.
    workload : Workload or None
        The last one evaluated.
    drawn : ClusterMap or None
        The map on the page, as far as it is drawn.
    """
    look_of(style)
    if view is not None and (not isinstance(view, str) or view not in VIEWS):
        raise ValueError(f"view must be one of {', '.join(VIEWS)}, or None, got {view!r}")
    if view == "workload":
        if workload is None:
            raise ValueError("a figure of the workload needs one: call evaluate(queries) first")
        return root_of(draw_workload(workload, nprobe=nprobe, style=style))
    if query is None and view not in (None, "clusters"):
        raise ValueError(f"a figure of {view} needs a search: call search(query) first")
    search = None if query is None else shown_search(index, query, nprobe, k, include_self=include_self)
    if view in (None, "clusters"):
        if drawn is None or not drawn.is_final:
            drawn = map_of(index)
        if view is None and search is not None:
            return _map_and_results(search, drawn, pictures, style)
        return root_of(draw_clusters(index, drawn, search, ax=None, style=style))
    assert search is not None
    if view == "distances":
        axes = draw_distances(search, pictures, ax=None, style=style)
    elif view == "projection":
        axes = draw_projection(search, pictures, None, ax=None, style=style)
    elif view == "results":
        axes = draw_results(search.results, search.missed, pictures, ax=None, style=style)
    else:
        if search.explanation is None:
            raise ValueError(f"the recall of a query is unavailable: {index.why_unexplained}")
        axes = recall(search.explanation, nprobe=nprobe, style=style)
    return root_of(axes)


def _map_and_results(search: ShownSearch, drawn: ClusterMap, pictures: RowPictures, style: str) -> Figure:
    """Return the map beside the results; above them where the style has the width of one column."""
    figure, axes = two_parts(look_of(style), 4.2, (1.25, 1))
    draw_clusters(search.index, drawn, search, ax=axes[0], style=style)
    draw_results(search.results, search.missed, pictures, ax=axes[1], style=style)
    return figure
