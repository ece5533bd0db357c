"""The map beside the results as a small PNG, for places where no widget runs.

Painted by Pillow, which decodes the pictures anyway: the import of matplotlib alone may take longer than a
cell may wait for its output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from feder_widget.figures.cell_output.pixel_pen import BADGE, PixelPen
from feder_widget.figures.cell_output.small_png import SCALES, colours_of, small_png
from feder_widget.figures.cell_output.tiles import TEXT, paint_tiles
from feder_widget.figures.cluster_map.cell_colours import SHADES, cell_colours
from feder_widget.figures.cluster_map.map_cells import ScaledCells, edge_widths
from feder_widget.figures.cluster_map.rank_labels import DOT, RankLabel, RankLabels
from feder_widget.figures.pen import Ink
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.map import ClusterMap
from feder_widget.media.one_line import one_line
from feder_widget.palette import PALETTES, Mode, Palette, mix, ramp_colour, rank_colour, rgb_of

WIDTH, HEIGHT = 880, 420
"""Of the picture, in CSS pixels."""

MAP_WIDTH = 540
MARGIN = 10
TITLE = 26

MOST_CELLS = 8192
"""Cells painted: of more, each has a few pixels, and all of them take too long."""

COARSE_FROM = 3000
GAP = 0.9
"""Half of the gap between two cells."""


def static_picture(
    title: str,
    drawn: ClusterMap,
    search: ShownSearch | None = None,
    images: Sequence[Image.Image | None] = (),
    *,
    mode: Mode = "light",
    scales: Sequence[float] = SCALES,
) -> bytes:
    """Paint the map, and beside it the results and the missed neighbours.

    Parameters
    ----------
    title : str
        The title of a map without a search.
    drawn : ClusterMap
        The map.
    search : ShownSearch, optional
        The search; without one, the map alone.
    images : sequence of PIL images or None
        The pictures of the ``shown_rows``, RGBA, one after the other.
    mode : "light" or "dark"
        The colours.
    scales : sequence of float
        Pixels for each CSS pixel, the best first: the first that makes it small enough is taken.

    Returns
    -------
    bytes
        A PNG of at most ``MOST_BYTES`` bytes, unless the least size is larger.
    """
    palette = PALETTES[mode]

    def paint(scale: float) -> Image.Image:
        picture = _Painting(drawn, palette, scale, search is None)
        picture.map(search)
        picture.title(title if search is None else map_title(search.index, search))
        if search is not None:
            picture.tiles(search, images)
        return picture.image

    # Many small cells compress badly.
    return small_png(
        paint, _colours(palette, images), scales if len(drawn.cells) <= COARSE_FROM else scales[-1:]
    )


def _colours(palette: Palette, images: Sequence[Image.Image | None]) -> Image.Image:
    """Return an image that has the colours of a map and those that the pictures need most."""
    background = rgb_of(palette.background)
    fills = [mix(background, colour, palette.fill) for colour in palette.ranks]
    ramp = [ramp_colour(palette, shade / (SHADES - 1)) for shade in range(SHADES)]
    return colours_of(palette, palette.ranks, [palette.plain, *ramp, *fills], images)


def _nearest(search: ShownSearch, filled: set[int]) -> list[int]:
    """Return the clusters nearest to the query that have a cell, and those with missed neighbours."""
    ranked = [*search.trace.coarse.clusters[:MOST_CELLS].tolist(), *search.missed.clusters.tolist()]
    return [cell for cell in dict.fromkeys(ranked) if cell in filled]


class _Painting:
    """A picture being painted, in CSS pixels."""

    def __init__(self, drawn: ClusterMap, palette: Palette, scale: float, is_map_only: bool) -> None:
        self._palette = palette
        self._cells = ScaledCells(drawn.cells, MAP_WIDTH - 2 * MARGIN, HEIGHT - TITLE - 2 * MARGIN)
        size = MAP_WIDTH if is_map_only else WIDTH, HEIGHT
        self._pen = PixelPen(size, scale, palette)
        # Where the map begins.
        self._corner = MARGIN, TITLE + MARGIN

    @property
    def image(self) -> Image.Image:
        """The picture, RGB."""
        return self._pen.image

    def title(self, text: str) -> None:
        """Write the title."""
        self._pen.write(MARGIN, MARGIN + TITLE / 2 - 2, one_line(text, 110), TEXT, anchor="lm")

    def map(self, search: ShownSearch | None) -> None:
        """Paint the cells, the outlines of probed and missed ones, and ranks."""
        cells, palette = self._cells, self._palette
        given: tuple[Any, ...] = ()
        if search is not None:
            coarse = search.trace.coarse
            given = coarse.clusters, coarse.distances, search.probed
        colours = cell_colours(palette, len(cells), *given)
        filled = cells.filled
        if len(filled) > MOST_CELLS:
            # In the colour of the farthest: the cells nearest to the query are painted over it.
            ground = palette.plain if search is None else ramp_colour(palette, 0)
            (left, top), (right, bottom) = cells.bounds
            whole = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            self._pen.polygon(self._at(whole), fill=ground)
            filled = [] if search is None else _nearest(search, set(filled))
        for cell in filled:
            self._pen.polygon(self._at(cells.corners(cell, GAP)), fill=colours.fills[cell])
        widths = edge_widths(cells.radii)
        for cell in filled:
            if cell in colours.edges:
                width = float(widths[cell])
                outline = self._at(cells.corners(cell, GAP + width / 2))
                self._pen.polygon(outline, edge=colours.edges[cell], width=width)
        if search is None:
            return
        lost = set(search.missed.clusters.tolist())
        for cell in filled:
            if cell in lost:
                self._pen.dashed(self._at(cells.corners(cell, 1.5)), palette.danger, 2.5, (6, 4))
        tall = 1.55 * BADGE
        for label in RankLabels(cells, tall, lambda text: self._pen.pill_width(text, tall)).of(search):
            self._label(label, tall)

    def tiles(self, search: ShownSearch, images: Sequence[Image.Image | None]) -> None:
        """Paint the results, then the missed neighbours, as tiles."""
        width, height = WIDTH - MAP_WIDTH - MARGIN, HEIGHT - 2 * MARGIN
        paint_tiles(
            self._pen, self._palette, MAP_WIDTH, MARGIN, width, height, search.results, search.missed, images
        )

    def _label(self, label: RankLabel, tall: float) -> None:
        palette = self._palette
        colour: Ink = rank_colour(palette, label.rank) if label.is_probed else palette.danger
        x, y = label.x + self._corner[0], label.y + self._corner[1]
        if label.dot is not None:
            dot = label.dot[0] + self._corner[0], label.dot[1] + self._corner[1]
            self._pen.line([dot, (x, y)], palette.background, 3)
            self._pen.line([dot, (x, y)], colour, 1.25)
            self._pen.circle(*dot, DOT + 0.75, fill=palette.background)
            self._pen.circle(*dot, DOT, fill=colour)
        if label.kind == "target":
            self._pen.circle(x, y, 0.4 * tall + 3, fill=colour)
            self._pen.circle(x, y, 0.4 * tall + 2, fill=palette.text)
            self._pen.circle(x, y, 0.4 * tall - 1.5, fill=palette.background)
        elif label.kind == "missed":
            self._pen.pill(
                label.text, x, y, palette.danger, tall, fill=palette.danger, ink=palette.background
            )
        elif label.text:
            self._pen.pill(label.text, x, y, colour, tall, ink=None if label.is_probed else palette.danger)

    def _at(self, corners: Any) -> list[tuple[float, float]]:
        return [(x + self._corner[0], y + self._corner[1]) for x, y in corners.tolist()]
