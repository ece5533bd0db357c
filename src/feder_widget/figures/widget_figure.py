"""A figure of what a widget shows: one view, or the map beside the results."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from feder_widget.figures.canvas import WidgetAxes, look_of, new_figure, root_of
from feder_widget.figures.cluster_picture import draw_clusters
from feder_widget.figures.distance_picture import draw_distances
from feder_widget.figures.projection_picture import draw_projection
from feder_widget.figures.recall_chart import recall
from feder_widget.figures.result_tiles import draw_results
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.map import ClusterMap


def search_figure(
    view: str,
    search: ShownSearch,
    drawn: ClusterMap | None,
    pictures: RowPictures,
    *,
    ax: Axes | None,
    style: str,
) -> Figure:
    """Return the figure of one view of a search; ``drawn`` is the map where that is the view."""
    if view == "distances":
        axes = draw_distances(search, pictures, ax=ax, style=style)
    elif view == "projection":
        axes = draw_projection(search, pictures, None, ax=ax, style=style)
    elif view == "results":
        axes = draw_results(search.results, search.missed, pictures, ax=ax, style=style)
    elif view == "recall":
        if search.explanation is None:
            raise ValueError(f"the recall of a query is unavailable: {search.index.why_unexplained}")
        axes = recall(search.explanation, nprobe=search.nprobe, ax=ax, style=style)
    else:
        assert drawn is not None
        axes = draw_clusters(search.index, drawn, search, ax=ax, style=style)
    return root_of(axes)


def map_and_results(search: ShownSearch, drawn: ClusterMap, pictures: RowPictures, *, style: str) -> Figure:
    """Return the map beside the results; above them where the style has the width of one column."""
    look = look_of(style)
    if look.has_title:
        figure = new_figure(look, 4.0, width=9.6)
        parts = figure.add_gridspec(1, 2, width_ratios=(1.62, 1))
    else:
        figure = new_figure(look, 4.2)
        parts = figure.add_gridspec(2, 1, height_ratios=(1.25, 1))
    axes = [figure.add_subplot(parts[i], axes_class=WidgetAxes) for i in range(2)]
    # Places are known once the figure is laid out.
    if look.has_title:
        axes[0].set_title(" ", fontsize=look.size)
    figure.draw_without_rendering()
    draw_clusters(search.index, drawn, search, ax=axes[0], style=style)
    draw_results(search.results, search.missed, pictures, ax=axes[1], style=style)
    return figure
