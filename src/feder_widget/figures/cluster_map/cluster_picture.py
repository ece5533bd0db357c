"""The map of the clusters, as the view Clusters shows it."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.path import Path

from feder_widget.engines import IvfIndex
from feder_widget.figures.canvas import Canvas, look_of
from feder_widget.figures.cluster_map.cell_colours import cell_colours
from feder_widget.figures.cluster_map.map_cells import ScaledCells, edge_widths, map_of, opened
from feder_widget.figures.cluster_map.rank_labels import DOT, RankLabel, RankLabels
from feder_widget.figures.fonts import TITLE_LIMIT, shown_text
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shapes import circle, rounded
from feder_widget.figures.shown_search import ShownSearch, shown_search
from feder_widget.figures.thumbnails import pill_height, pill_width, put_pill
from feder_widget.map import ClusterMap
from feder_widget.palette import rank_colour

GAP = 0.9
"""Half of the gap between two cells, in CSS pixels."""

ROUND_LIMIT = 3000
"""Corners are rounded where there are fewer cells than this."""

SPOT = 4
"""A cell of a smaller radius is a spot, whose outline must not be drawn in."""

MISSED_DASH = (4, 3)
LABEL_DASH = (3, 2)


def clusters(
    index: IvfIndex | object,
    query: Any = None,
    nprobe: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the map of all clusters: the probed ones in the colours of their ranks, missed ones dashed.

    Parameters
    ----------
    index : IvfIndex
        An opened index, or what ``open_index`` opens. The map of an opened one is laid out at the first call
        and kept until its clusters change.
    query : int, array_like (dim,) or Query, optional
        A row id or a vector; without it, the map alone.
    nprobe : int, optional
        Clusters to probe; by default the index's own.
    k : int
        Number of results and of true neighbours.
    include_self : bool
        Whether the row searched for counts among its own neighbours; see ``IvfIndex.explain``.
    ax : matplotlib Axes, optional
        Axes to draw on; by default, those of a new figure.
    style : "light", "dark" or "print"
        The page's colours; "print" is 3.3 inches wide, one column of a paper, in text of 8 pt.

    Returns
    -------
    matplotlib Axes
        ``ax``, or the axes of the new figure.

    Raises
    ------
    UnknownIdError, TypeError, ValueError
        If an argument is wrong.
    """
    look_of(style)
    searched = opened(index)
    search = None if query is None else shown_search(searched, query, nprobe, k, include_self=include_self)
    return draw_clusters(searched, map_of(searched), search, ax=ax, style=style)


def draw_clusters(
    index: IvfIndex, drawn: ClusterMap, search: ShownSearch | None, *, ax: Axes | None, style: str
) -> Axes:
    """Draw a map that is laid out, with a search where there is one."""
    canvas = Canvas.open(ax, style, 0.755, 0.725).shaped(drawn.cells.aspect)
    canvas.in_pixels()
    if len(drawn.cells.points) == 0:
        canvas.remark("The index holds no vectors yet.")
        return canvas.axes
    picture = _MapPicture(canvas, drawn)
    picture.cells(search)
    if search is not None:
        picture.missed(search)
        picture.ranks(search)
    canvas.title(shown_text(map_title(index, search), TITLE_LIMIT))
    return canvas.axes


class _MapPicture:
    """A map on a canvas."""

    def __init__(self, canvas: Canvas, drawn: ClusterMap) -> None:
        self._canvas = canvas
        self._cells = ScaledCells(drawn.cells, canvas.width, canvas.height)
        self._is_round = len(self._cells) <= ROUND_LIMIT

    def cells(self, search: ShownSearch | None) -> None:
        """Fill all cells, and outline the probed ones."""
        canvas, cells = self._canvas, self._cells
        given: tuple[Any, ...] = ()
        if search is not None:
            coarse = search.trace.coarse
            given = coarse.clusters, coarse.distances, search.probed
        colours = cell_colours(canvas.palette, len(cells), *given)
        filled = cells.filled
        canvas.paths(
            [self._path(cell, GAP) for cell in filled], fill=[colours.fills[cell] for cell in filled]
        )
        probed = [cell for cell in filled if cell in colours.edges]
        widths = edge_widths(cells.radii[probed])
        canvas.paths(
            [self._path(cell, GAP + width / 2) for cell, width in zip(probed, widths, strict=True)],
            edge=[colours.edges[cell] for cell in probed], width=widths, order=2,
        )  # fmt: skip

    def missed(self, search: ShownSearch) -> None:
        """Outline the cells that hold missed neighbours."""
        lost = [cell for cell in self._cells.filled if cell in set(search.missed.clusters.tolist())]
        paths = [self._path(cell, 0 if self._cells.radii[cell] <= SPOT else 1.5) for cell in lost]
        self._canvas.paths(paths, edge=self._canvas.palette.danger, width=2.5, dash=MISSED_DASH, order=3)

    def ranks(self, search: ShownSearch) -> None:
        """Write the ranks of the probed clusters and of missed neighbours, as far as there is room."""
        canvas = self._canvas
        labels = RankLabels(self._cells, pill_height(canvas), lambda text: pill_width(canvas, text))
        for label in labels.of(search):
            self._label(label)

    def _label(self, label: RankLabel) -> None:
        canvas, palette = self._canvas, self._canvas.palette
        colour = rank_colour(palette, label.rank) if label.is_probed else palette.danger
        if label.dot is not None:
            line = Path([label.dot, (label.x, label.y)])
            for ink, width in ((palette.background, 3.0), (colour, 1.25)):
                canvas.paths([line], edge=[ink], width=width, order=4)
            dot = circle(*label.dot, DOT)
            canvas.paths([dot], fill=[colour], edge=palette.background, width=1.5, order=5)
        if label.kind == "target":
            radius = 0.4 * pill_height(canvas)
            middle = circle(label.x, label.y, radius)
            canvas.paths([middle], fill=palette.background, edge=palette.text, width=3, order=7)
            canvas.paths([circle(label.x, label.y, radius + 2.5)], edge=[colour], order=7)
        elif label.kind == "missed":
            ground = palette.background
            put_pill(
                canvas, label.text, label.x, label.y, edge=palette.danger, fill=palette.danger, colour=ground
            )
        elif label.text:
            danger, dash = (None, None) if label.is_probed else (palette.danger, LABEL_DASH)
            put_pill(canvas, label.text, label.x, label.y, edge=colour, colour=danger, dash=dash)

    def _path(self, cell: int, inset: float) -> Path:
        corner = min(9.0, 0.35 * float(self._cells.radii[cell])) if self._is_round else 0.0
        return rounded(self._cells.corners(cell, inset), corner)
