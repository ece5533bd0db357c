"""A walk beside its results as a small PNG, for places where no widget runs; painted by Pillow."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from feder_widget.figures.cell_output.pixel_pen import PixelPen
from feder_widget.figures.cell_output.small_png import SCALES, colours_of, small_png
from feder_widget.figures.cell_output.tiles import SMALL, TEXT, paint_tiles
from feder_widget.figures.graph_text import missed_tags, walk_title
from feder_widget.figures.graph_walk.legend import Legend, walk_legend
from feder_widget.figures.graph_walk.painter import WalkInks, frame_in, paint_walk
from feder_widget.figures.graph_walk.scene import Frame, walk_scene
from feder_widget.figures.graph_walk.shown_walk import ShownWalk, ahead_of
from feder_widget.media.one_line import one_line
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.palette import PALETTES, Mode, Palette, mix, rgb_of

WIDTH, HEIGHT = 880, 420
"""Of the picture, in CSS pixels."""

WALK_WIDTH = 560
MARGIN = 10
TITLE = 26


def static_walk(
    search: ShownWalk,
    images: Sequence[Image.Image | None] = (),
    *,
    ahead: GraphTrace | None = None,
    mode: Mode = "light",
    scales: Sequence[float] = SCALES,
) -> bytes:
    """Paint the walk, and beside it the results and the missed neighbours.

    Parameters
    ----------
    search : ShownWalk
        The search.
    images : sequence of PIL images or None
        The pictures of the ``shown_rows``, RGBA, one after the other.
    ahead : GraphTrace, optional
        What ``ahead_of`` returns of the search, where a thread paints it that may not read the index.
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
    inks = WalkInks.of(palette)
    ahead = ahead_of(search) if ahead is None else ahead
    captions = {} if search.explanation is None else missed_tags(search.explanation, search.losses)
    marks = len(search.missed) > 0, bool(ahead.deleted.any())
    entries = walk_legend(palette, inks.bar, search.ef_used, search.k, *marks)

    def paint(scale: float) -> Image.Image:
        pen = PixelPen((WIDTH, HEIGHT), scale, palette)
        pen.write(
            MARGIN, MARGIN + TITLE / 2 - 2, one_line(walk_title(search.index, search), 110), TEXT, anchor="lm"
        )
        plot = frame_in(WALK_WIDTH, HEIGHT - TITLE, SMALL, 1)
        frame = Frame(plot.left, plot.top + TITLE, plot.right - 8, plot.bottom + TITLE)
        scene = walk_scene(search.trace, ahead, search.k, search.results.ids, search.marks, frame)
        legend = Legend.of(entries, pen.width, plot.left, WALK_WIDTH, SMALL)
        paint_walk(pen, scene, palette, TEXT, SMALL, legend)
        room = WIDTH - WALK_WIDTH - MARGIN, HEIGHT - 2 * MARGIN
        paint_tiles(pen, palette, WALK_WIDTH, MARGIN, *room, search.results, search.missed, images, captions)
        return pen.image

    return small_png(paint, _colours(palette, inks, images), scales)


def _colours(palette: Palette, inks: WalkInks, images: Sequence[Image.Image | None]) -> Image.Image:
    """Return an image that has the colours of a walk and those that the pictures need most."""
    background = inks.background
    # Every hundredth that stems may have of their colours.
    stems = [
        mix(background, ink, share / 100) for ink in (inks.pale, inks.beyond) for share in range(12, 56, 4)
    ]
    lines = [inks.walk, inks.pale, inks.bar, inks.beyond, inks.line, rgb_of(palette.control)]
    areas = [inks.bar_fill, rgb_of(palette.raised), mix(background, inks.line, 0.6), *stems]
    return colours_of(palette, lines, areas, images)
