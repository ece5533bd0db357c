"""The map beside the results as a small PNG, for places where no widget runs.

Painted by Pillow, which decodes the pictures anyway: the import of matplotlib alone may take longer than a
cell may wait for its output.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from feder_widget.figures.cell_colours import SHADES, cell_colours
from feder_widget.figures.map_cells import ScaledCells, edge_widths
from feder_widget.figures.numbers import distance_text, plural
from feder_widget.figures.palette import PALETTES, Mode, Palette, mix, ramp_colour, rank_colour, rgb_of
from feder_widget.figures.pixel_pen import BADGE, Ink, PixelPen
from feder_widget.figures.rank_labels import DOT, RankLabel, RankLabels
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shown_search import Rows, ShownSearch
from feder_widget.figures.tile_grid import TileGrid
from feder_widget.map import ClusterMap
from feder_widget.media.text import one_line

WIDTH, HEIGHT = 880, 420
"""Of the picture, in CSS pixels."""

MAP_WIDTH = 540
MARGIN = 10
TITLE = 26
TEXT, SMALL = 13, 11
"""Sizes of texts."""

MOST_BYTES = 120_000
"""The picture is saved with the notebook."""

SCALES = (2, 1)
"""Pixels for each CSS pixel, the best first."""

FINER = 2
"""Pixels painted for each one that is kept: Pillow paints shapes with rough edges."""

MOST_CELLS = 8192
"""Cells painted: of more, each has a few pixels, and all of them take too long."""

MOST_RESULTS, MOST_MISSED = 20, 10
COARSE_FROM = 3000
GAP = 0.9
"""Half of the gap between two cells."""

THUMBNAIL_PIXELS = 128
SAMPLED = 24
"""Side of the pictures that colours are chosen by."""

APART = 12
"""Least distance of the colours of pictures from those of the ground and the cells: Pillow, which compares in
steps of four levels, would take one for the other.
"""

BETWEEN = (0.25, 0.5, 0.75)


def shown_rows(search: ShownSearch) -> tuple[Rows, Rows]:
    """Return the results and the missed neighbours that the picture has room for."""
    return search.results.first(MOST_RESULTS), search.missed.first(MOST_MISSED)


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
    # Many small cells compress badly.
    for scale in scales if len(drawn.cells) <= COARSE_FROM else scales[-1:]:
        picture = _Painting(drawn, PALETTES[mode], scale * FINER, search is None)
        picture.map(search)
        picture.title(title if search is None else map_title(search.index, search))
        if search is not None:
            picture.tiles(search, images)
        found = _encoded(picture.image.reduce(FINER), _colours(PALETTES[mode], images))
        if len(found) <= MOST_BYTES:
            break
    return found


def _encoded(image: Image.Image, colours: Image.Image) -> bytes:
    """Return an image in these colours as a PNG: one byte for each pixel, before it is compressed."""
    target = io.BytesIO()
    image.quantize(palette=colours, dither=Image.Dither.NONE).save(target, "PNG")
    return target.getvalue()


def _colours(palette: Palette, images: Sequence[Image.Image | None]) -> Image.Image:
    """Return an image that has the colours of the theme and those that the pictures need most."""
    background = rgb_of(palette.background)
    inks = [rgb_of(ink) for ink in (palette.text, palette.muted, palette.danger, palette.raised)]
    fills = [mix(background, colour, palette.fill) for colour in palette.ranks]
    ramp = [ramp_colour(palette, shade / (SHADES - 1)) for shade in range(SHADES)]
    # Edges of shapes and letters are between two colours.
    between = [mix(background, ink, share) for ink in (*inks[:3], *palette.ranks) for share in BETWEEN]
    own = list(dict.fromkeys([background, palette.plain, *inks, *palette.ranks, *fills, *ramp, *between]))
    seen = [image.resize((SAMPLED, SAMPLED)).convert("RGB") for image in images if image is not None]
    if seen:
        sheet = Image.new("RGB", (SAMPLED, SAMPLED * len(seen)))
        for i, image in enumerate(seen):
            sheet.paste(image, (0, SAMPLED * i))
        found = sheet.quantize(256 - len(own), Image.Quantize.MEDIANCUT).getpalette() or []
        seen_colours = list(zip(*[iter(found)] * 3, strict=True))
        grounds = (background, palette.plain, *ramp, *fills)
        own += [colour for colour in seen_colours if min(map(_from(colour), grounds)) > APART]
    held = Image.new("P", (1, 1))
    held.putpalette([part for colour in own[:256] for part in colour])
    return held


def _from(colour: Sequence[float]) -> Callable[[Sequence[float]], float]:
    return lambda other: math.dist(colour, other)


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
        found, missed = shown_rows(search)
        counts = len(found), len(missed)
        width, height = WIDTH - MAP_WIDTH - MARGIN, HEIGHT - 2 * MARGIN
        grid = TileGrid.of(width, SMALL, TEXT, *counts).fitting(width, height, *counts)
        pictures = [*images, *[None] * (sum(counts) - len(images))]
        results = plural(len(search.results), "result")
        top = self._tiles(grid, results, found, pictures[: counts[0]], False, float(MARGIN))
        if len(missed):
            lost = f"{len(search.missed):,} missed"
            self._tiles(grid, lost, missed, pictures[counts[0] :], True, top)

    def _tiles(
        self, grid: TileGrid, name: str, rows: Rows, pictures: Sequence[Image.Image | None], is_missed: bool,
        top: float,
    ) -> float:  # fmt: skip
        palette = self._palette
        ink = palette.danger if is_missed else palette.text
        self._pen.write(MAP_WIDTH + 2, top + 0.45 * grid.heading, name, TEXT, ink, anchor="lm")
        top += grid.heading
        facts = zip(
            rows.ids.tolist(), rows.distances.tolist(), rows.ranks.tolist(), rows.places.tolist(), strict=True
        )
        for i, (row_id, distance, rank, place) in enumerate(facts):
            x, y = grid.middle(i, top)
            x += MAP_WIDTH
            edge: Ink = palette.danger if is_missed else rank_colour(palette, max(1, rank))
            picture = pictures[i]
            self._pen.box(x, y, grid.side, grid.side, 6, fill=palette.raised)
            if picture is None:
                text = f"row {row_id}"
                size = min(SMALL, SMALL * (grid.side - 6) / max(1, self._pen.width(text, SMALL)))
                self._pen.write(x, y, text, size, palette.muted)
            else:
                self._pen.paste(picture, x, y, grid.side - 4)
            self._pen.frame(x, y, grid.side - 2, edge, is_missed)
            self._pen.pill(str(place), x - grid.side / 2 + 6, y - grid.side / 2 + 6, edge, 1.55 * BADGE)
            if np.isfinite(distance):
                below = y + grid.side / 2 + 0.6 * grid.caption
                self._pen.write(x, below, distance_text(distance, 3), SMALL, palette.muted)
        return top + grid.rows(len(rows))

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
