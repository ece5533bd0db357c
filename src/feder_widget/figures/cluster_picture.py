"""The map of the clusters, as the view Clusters shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path

from feder_widget.engines import IvfIndex
from feder_widget.figures.canvas import Canvas, look_of
from feder_widget.figures.cell_colours import cell_colours
from feder_widget.figures.fonts import shown_text
from feder_widget.figures.map_cells import map_of, opened
from feder_widget.figures.numbers import grouped
from feder_widget.figures.palette import rank_colour
from feder_widget.figures.placer import BoxPlacer, box_around
from feder_widget.figures.shapes import circle, inset_cell
from feder_widget.figures.shown_search import ShownSearch, shown_search
from feder_widget.figures.thumbnails import pill_height, pill_width, put_pill
from feder_widget.map import ClusterMap

GAP = 0.9
"""Half of the gap between two cells, in CSS pixels."""

ROUND_LIMIT = 3000
"""Corners are rounded where there are fewer cells than this."""

SMALL = 8
"""Cells of a smaller radius wear their rank beside them."""

MOST_RANKS = 100
MOST_MARKS = 40
REACHES = (15, 24, 36, 50)
"""How far beside a small cell its rank may be, in CSS pixels."""

DIRECTIONS = 12
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
    canvas = Canvas.open(ax, style, 0.74)
    canvas.in_pixels()
    if len(drawn.cells.points) == 0:
        canvas.remark("The index holds no vectors yet.")
        return canvas.axes
    picture = _MapPicture(canvas, drawn)
    picture.cells(search)
    if search is not None:
        picture.missed(search)
        picture.ranks(search)
    canvas.title(map_title(index, search))
    return canvas.axes


def map_title(index: IvfIndex, search: ShownSearch | None) -> str:
    """Return what a map shows, in words."""
    if search is None:
        return f"{shown_text(index.family)}: {index.ntotal:,} vectors in {index.nlist:,} clusters"
    return shown_text(
        f"{search.query_name}, nprobe {search.nprobe:,} of {index.nlist:,}: {recall_text(search)}"
    )


def recall_text(search: ShownSearch) -> str:
    """Return how many true neighbours came back, in words."""
    if search.explanation is None:
        return f"{len(search.results):,} results"
    total = len(search.explanation)
    return f"{search.found:,} of {total:,} true neighbour{'' if total == 1 else 's'}"


class _MapPicture:
    """A map on a canvas: cells are measured in CSS pixels."""

    def __init__(self, canvas: Canvas, drawn: ClusterMap) -> None:
        self._canvas = canvas
        cells = drawn.cells
        scale = min(canvas.width / cells.aspect, canvas.height)
        middle = np.array([canvas.width / 2, canvas.height / 2])
        shift = middle - scale * np.array([cells.aspect, 1]) / 2
        self._points = cells.points.astype(float) * scale + shift
        self._centres = cells.centres.astype(float) * scale + shift
        self._radii = cells.inradii.astype(float) * scale
        self._offsets = cells.offsets.astype(int)
        self._is_round = len(cells) <= ROUND_LIMIT

    def cells(self, search: ShownSearch | None) -> None:
        """Fill all cells, and outline the probed ones."""
        canvas = self._canvas
        given: tuple[Any, ...] = ()
        if search is not None:
            coarse = search.trace.coarse
            given = coarse.clusters, coarse.distances, search.probed
        colours = cell_colours(canvas.palette, len(self._radii), *given)
        filled = np.flatnonzero(np.diff(self._offsets)).tolist()
        canvas.paths(
            [self._path(cell, GAP) for cell in filled], fill=[colours.fills[cell] for cell in filled]
        )
        probed = [cell for cell in colours.edges if self._offsets[cell] < self._offsets[cell + 1]]
        widths = np.clip(self._radii[probed] / 6, 0.75, 2)
        canvas.paths(
            [self._path(cell, GAP + width / 2) for cell, width in zip(probed, widths, strict=True)],
            edge=[colours.edges[cell] for cell in probed], width=widths, order=2,
        )  # fmt: skip

    def missed(self, search: ShownSearch) -> None:
        """Outline the cells that hold missed neighbours."""
        lost = np.unique(search.missed.clusters).tolist()
        paths = [self._path(cell, 0 if self._radii[cell] <= 4 else 1.5) for cell in lost]
        self._canvas.paths(paths, edge=self._canvas.palette.danger, width=2.5, dash=MISSED_DASH, order=3)

    def ranks(self, search: ShownSearch) -> None:
        """Write the ranks of the probed clusters and of missed neighbours, as far as there is room."""
        order = search.trace.coarse.clusters
        lost = dict(zip(*np.unique(search.missed.ranks, return_counts=True), strict=True))
        ranks = [*search.probed.tolist()[:MOST_RANKS], *(rank for rank in lost if rank > len(search.probed))]
        ranked = [(rank, int(order[rank - 1])) for rank in ranks if rank <= len(order)]
        shown = [(rank, cell) for rank, cell in ranked if self._radii[cell] > 0]
        small = [self._centres[cell] for _, cell in shown if self._radii[cell] < SMALL]
        labels = _RankLabels(self._canvas, small)
        for rank, cell in shown:
            is_probed = rank <= len(search.probed)
            labels.add(rank, self._centres[cell], self._radii[cell], int(lost.get(rank, 0)), is_probed)

    def _path(self, cell: int, inset: float) -> Path:
        corners = self._points[self._offsets[cell] : self._offsets[cell + 1]]
        return inset_cell(corners, self._centres[cell], self._radii[cell], inset, self._is_round)


class _RankLabels:
    """Ranks that do not cover each other, as ``js/src/views/clusters/rankLabels.ts`` places them.

    Nor do they cover the dots of cells that are too small for a rank: nobody can move a figure.
    """

    def __init__(self, canvas: Canvas, small: list[Any]) -> None:
        self._canvas = canvas
        self._placer = BoxPlacer([box_around(x, y, 5, 5) for x, y in small], gap=2)
        self._marks = 0
        self._height = pill_height(canvas)

    def add(self, rank: int, centre: Any, radius: float, lost: int, is_probed: bool) -> None:
        """Write a rank on its cell, or beside a cell that is too small."""
        canvas, (x, y) = self._canvas, centre
        colour = rank_colour(canvas.palette, rank) if is_probed else canvas.palette.danger
        if rank == 1 and is_probed:
            self._target(x, y, colour)
        elif radius < SMALL:
            self._beside(grouped(rank), x, y, colour, is_probed)
            return
        else:
            text = grouped(rank)
            width = pill_width(canvas, text)
            first = y - 0.55 * self._height if lost else y
            places = [(x, first), (x, y - radius / 2), (x, y + radius / 2)]
            at = self._free(places, width)
            if at is not None:
                self._pill(text, at, colour, is_probed)
        if lost:
            text = f"\N{MULTIPLICATION SIGN}{lost:,}"
            below = [(x, y + step * self._height) for step in (0.6, 1.3, -0.7)]
            at = self._free(below, pill_width(canvas, text))
            if at is not None:
                danger, ground = canvas.palette.danger, canvas.palette.background
                put_pill(canvas, text, *at, edge=danger, fill=danger, colour=ground)

    def _beside(self, text: str, x: float, y: float, colour: Any, is_probed: bool) -> None:
        canvas = self._canvas
        dot = circle(x, y, 3.5)
        canvas.paths([dot], fill=[colour], edge=canvas.palette.background, width=1.5, order=5)
        self._marks += 1
        if self._marks > MOST_MARKS:
            return
        angles = 2 * np.pi * (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
        places = [
            (x + reach * np.cos(angle), y + reach * np.sin(angle)) for reach in REACHES for angle in angles
        ]
        at = self._free(places, pill_width(canvas, text))
        if at is None:
            return
        line = np.array([[x, y], at])
        for ink, width in ((canvas.palette.background, 3.0), (colour, 1.25)):
            canvas.paths([Path(line)], edge=[ink], width=width, order=4)
        self._pill(text, at, colour, is_probed)

    def _target(self, x: float, y: float, colour: Any) -> None:
        canvas = self._canvas
        radius = 0.4 * self._height
        self._placer.take(box_around(x, y, 2 * radius + 5, 2 * radius + 5))
        canvas.paths(
            [circle(x, y, radius)], fill=canvas.palette.background, edge=canvas.palette.text, width=3, order=7
        )
        canvas.paths([circle(x, y, radius + 2.5)], edge=[colour], order=7)

    def _pill(self, text: str, at: tuple[float, float], colour: Any, is_probed: bool) -> None:
        danger = None if is_probed else self._canvas.palette.danger
        put_pill(self._canvas, text, *at, edge=colour, colour=danger, dash=None if is_probed else LABEL_DASH)

    def _free(self, places: list[tuple[float, float]], width: float) -> tuple[float, float] | None:
        """Take the first free place for a pill of this width, moved into the canvas."""
        half_width, half_height = width / 2, self._height / 2
        inside = [
            (
                float(np.clip(x, half_width, max(half_width, self._canvas.width - half_width))),
                float(np.clip(y, half_height, max(half_height, self._canvas.height - half_height))),
            )
            for x, y in places
        ]
        chosen = self._placer.place_free([box_around(x, y, width, self._height) for x, y in inside])
        return None if chosen is None else inside[chosen]
