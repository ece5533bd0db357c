"""The map of a graph and the nodes that a search came to, as the view Map shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from feder_widget.engines import GraphIndex, open_graph
from feder_widget.figures.canvas import PX, Canvas, look_of
from feder_widget.figures.canvas_pen import CanvasPen
from feder_widget.figures.cluster_map.map_cells import ScaledCells
from feder_widget.figures.district_map.districts_drawn import drawn_districts
from feder_widget.figures.district_map.scene import MapScene, map_scene
from feder_widget.figures.fonts import TITLE_LIMIT, shown_text
from feder_widget.figures.graph_text import walk_title
from feder_widget.figures.graph_walk.legend import ROW, Legend, LegendEntry, crosses
from feder_widget.figures.graph_walk.painter import WalkInks
from feder_widget.figures.graph_walk.scene import EXPANDED, MISSED, RESULT, VISITED
from feder_widget.figures.graph_walk.shown_walk import ShownWalk, shown_walk
from feder_widget.figures.placer import BoxPlacer, box_around
from feder_widget.figures.shapes import rounded
from feder_widget.map import DrawnGraph
from feder_widget.palette import Palette, Rgb, mix, ramp_colour, rgb_of

GAP = 0.625
"""Half of the street between two districts, in CSS pixels."""

ROUND_LIMIT = 3000
"""Corners are rounded where there are fewer districts than this."""

ALL_EDGES = 900
"""Of more edges, those to nodes that were expanded or returned are drawn alone."""

FEW_EDGES = 150
"""Up to so many of them, edges are as strong as they can be."""

STOP = 9
"""Radius of a node of the descent, in CSS pixels."""


def graph_map(
    index: GraphIndex | object,
    query: Any = None,
    ef_search: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the districts of a graph, and on them the nodes that a search came to.

    Districts are near vectors, as large as their share of all, darker the nearer the query is. Places are
    rough. Each visited node has a line from the one that led to it; the black line is the descent.

    Parameters
    ----------
    index : GraphIndex
        An opened graph, or what ``open_index`` opens. The map of an opened one is made at the first call (a
        second for 100,000 vectors) and kept until the graph changes.
    query : int, array_like (dim,) or Query, optional
        A row id or a vector; without it, the map alone.
    ef_search : int, optional
        By default the index's own.
    k : int
        Number of results and of true neighbours.
    include_self : bool
        Whether the row searched for counts among its own neighbours.
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
    UnknownIdError, UnsupportedIndexError, TypeError, ValueError
        If an argument is wrong; if the index is no graph.
    """
    look_of(style)
    opened = open_graph(index)
    search = None if query is None else shown_walk(opened, query, ef_search, k, include_self=include_self)
    drawn = None if opened.ntotal == 0 else drawn_districts(opened)
    return draw_graph_map(opened, drawn, search, ax=ax, style=style)


def draw_graph_map(
    index: GraphIndex, drawn: DrawnGraph | None, search: ShownWalk | None, *, ax: Axes | None, style: str
) -> Axes:
    """Draw a map that is laid out, with a search where there is one."""
    canvas = Canvas.open(ax, style, 0.755, 0.8)
    canvas.in_pixels()
    if drawn is None or len(drawn.map.cells.points) == 0:
        canvas.remark("The index holds no vectors yet.")
        return canvas.axes
    scene = None if search is None else map_scene(search, drawn)
    pen, palette, small = CanvasPen(canvas), canvas.palette, canvas.look.small / PX
    entries = [] if scene is None else _entries(scene, palette)
    legend = Legend.of(entries, pen.width, 0.6 * small, canvas.width, small)
    room = canvas.height - ROW * small * len(legend.rows)
    cells = ScaledCells(drawn.map.cells, canvas.width, room - 4)
    _put_districts(canvas, cells, None if scene is None else scene.shares)
    if scene is not None:
        _Painting(pen, canvas, cells, scene, small).paint()
    legend.paint(pen, palette, room, small)
    canvas.title(shown_text(walk_title(index, search), TITLE_LIMIT))
    return canvas.axes


def _entries(scene: MapScene, palette: Palette) -> list[LegendEntry]:
    inks = WalkInks.of(palette)
    return [
        LegendEntry("visited", "dot", inks.pale),
        LegendEntry("expanded (larger: result)", "dot", inks.walk),
        *([LegendEntry("missed", "ring", palette.danger)] if (scene.kinds == MISSED).any() else []),
        *([LegendEntry("deleted: never returned", "cross", palette.muted)] if scene.deleted.any() else []),
        LegendEntry("descent", "line", palette.text),
    ]


def _put_districts(canvas: Canvas, cells: ScaledCells, shares: Any) -> None:
    """Fill all districts, by their nearness to the query where there is one."""
    palette, is_round = canvas.palette, len(cells) <= ROUND_LIMIT
    filled = cells.filled
    fills = [palette.plain if shares is None else _colour(palette, float(shares[cell])) for cell in filled]
    paths = []
    for cell in filled:
        corner = min(9.0, 0.35 * float(cells.radii[cell])) if is_round else 0.0
        paths.append(rounded(cells.corners(cell, GAP), corner))
    canvas.paths(paths, fill=fills, order=0.5)


def _colour(palette: Palette, share: float) -> Rgb:
    """Return the colour of a district, as ``js/src/graph/views/map/districtPainter.ts`` chooses it."""
    is_dark = rgb_of(palette.background)[1] < 128
    return mix(ramp_colour(palette, share), rgb_of(palette.accent), (0.14 if is_dark else 0.3) * share)


class _Painting:
    """A search being painted on its map."""

    def __init__(
        self, pen: CanvasPen, canvas: Canvas, cells: ScaledCells, scene: MapScene, small: float
    ) -> None:
        self._pen, self._scene, self._small = pen, scene, small
        self._palette, self._inks = canvas.palette, WalkInks.of(canvas.palette)
        self._at = cells.at(scene.places)
        self._query = cells.at(scene.query[None])[0]
        stops = np.array([(stop.x, stop.y) for stop in scene.descent])
        self._stops = cells.at(stops)
        self._size = cells.size
        count = max(1, len(scene.places))
        room = (cells.size[0] * cells.size[1] / count) ** 0.5
        self._dot = max(1.2, min(3.6, 0.07 * room))

    def paint(self) -> None:
        """Paint edges, the descent, nodes, and their names."""
        self._edges()
        self._descent()
        self._nodes()
        self._names()

    def _edges(self) -> None:
        scene, background = self._scene, self._inks.background
        lines = np.hstack([self._at[scene.edges[:, 0]], self._at[scene.edges[:, 1]]])
        strong = int(scene.is_strong.sum())
        if len(lines) <= ALL_EDGES:
            pale = mix(background, self._inks.walk, 0.32 * min(1.0, (FEW_EDGES / max(1, len(lines))) ** 0.5))
            self._pen.strokes(lines[~scene.is_strong], pale, 0.8)
        share = min(1.0, (FEW_EDGES / max(1, strong)) ** 0.5)
        ink = mix(background, self._inks.walk, 0.25 + 0.4 * share)
        self._pen.strokes(lines[scene.is_strong], ink, 0.6 + share)
        for start, end in scene.gates.tolist():
            ends = [tuple(self._at[start]), tuple(self._at[end])]
            self._pen.line(ends, self._palette.background, 5)
            self._pen.dashed(ends, self._palette.danger, 2, (5, 4), is_open=True)

    def _descent(self) -> None:
        if len(self._stops) < 2:
            return
        way = [tuple(place) for place in self._stops]
        self._pen.line(way, self._palette.background, 5)
        self._pen.line(way, self._palette.text, 2)

    def _nodes(self) -> None:
        scene, pen, palette, inks, dot = self._scene, self._pen, self._palette, self._inks, self._dot

        def of(kind: int, is_deleted: bool = False) -> list[tuple[float, float]]:
            found = self._at[(scene.kinds == kind) & (scene.deleted == is_deleted)]
            return [(x, y) for x, y in found.tolist()]

        pen.circles(of(VISITED), dot, fill=inks.pale, edge=palette.background, width=0.4 * dot)
        pen.circles(of(EXPANDED), dot + 1.4, fill=inks.walk, edge=palette.background, width=0.4 * dot)
        for kind, colour in ((VISITED, palette.muted), (EXPANDED, inks.walk)):
            crossed, radius = of(kind, is_deleted=True), max(3.0, dot + 1)
            pen.circles(crossed, radius, fill=palette.background, edge=colour, width=1)
            if crossed:
                pen.strokes(crosses(np.array(crossed), radius * 0.5**0.5), colour, 1)
        pen.circles(of(RESULT), dot + 2.6, fill=inks.walk, edge=palette.background, width=1.25)
        pen.circles(of(MISSED), 5.5, fill=palette.background, edge=palette.danger, width=2, dash=(3, 2))
        pen.circles([tuple(self._query)], 7, fill=palette.background, edge=palette.text, width=3)
        pen.circles([tuple(self._query)], 2.5, fill=palette.text)

    def _names(self) -> None:
        """Name the stops of the descent, the query, and the places of results and missed ones, where free."""
        scene, pen, palette, small = self._scene, self._pen, self._palette, self._small
        shown = np.flatnonzero(np.isin(scene.kinds, (RESULT, MISSED)))
        taken = [box_around(x, y, 9, 9) for x, y in self._at[shown].tolist()]
        query_x, query_y = self._query.tolist()
        placer = BoxPlacer(np.array([*taken, box_around(query_x, query_y, 16, 16)]), gap=1)
        for stop, (x, y) in reversed(list(zip(scene.descent, self._stops.tolist(), strict=True))):
            box = box_around(x, y, 2 * STOP, 2 * STOP)
            is_named = placer.place_free([box]) is not None
            radius = STOP if is_named else 4.5
            pen.circles([(x, y)], radius, fill=palette.background, edge=palette.text, width=2)
            if is_named:
                pen.write(x, y, f"L{stop.level}", 0.9 * small, palette.text, "mm")
        self._beside(placer, query_x, query_y, "query", palette.text, 12)
        named = sorted(shown.tolist(), key=lambda i: (scene.kinds[i] != MISSED, scene.ranks[i] or 1e9))
        for i in named:
            if scene.ranks[i]:
                ink = palette.danger if scene.kinds[i] == MISSED else self._inks.walk
                x, y = self._at[i].tolist()
                self._beside(placer, x, y, str(scene.ranks[i]), ink, 9)

    def _beside(self, placer: BoxPlacer, x: float, y: float, text: str, ink: Any, away: float) -> None:
        wide, tall = self._pen.width(text, self._small), 1.1 * self._small
        across = away + wide / 2
        around = [(across, 0), (0, -away - 4), (-across, 0), (0, away + 4), (across, -away), (-across, -away)]
        width, height = self._size
        around = [
            (dx, dy)
            for dx, dy in around
            if wide / 2 < x + dx < width - wide / 2 and tall / 2 < y + dy < height - tall / 2
        ]
        boxes = [box_around(x + dx, y + dy, wide, tall) for dx, dy in around]
        chosen = placer.place_free(boxes) if boxes else None
        if chosen is not None:
            dx, dy = around[chosen]
            self._pen.write_edged(x + dx, y + dy, text, self._small, ink, "mm", bold=True)
