"""Results and missed neighbours as tiles, painted by Pillow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image

from feder_widget.figures.cell_output.pixel_pen import BADGE, PixelPen
from feder_widget.figures.shown_search import Rows
from feder_widget.figures.tile_grid import TileGrid
from feder_widget.figures.tile_look import tile_caption, tile_edge
from feder_widget.palette import Palette
from feder_widget.wording.numbers import plural

TEXT, SMALL = 13, 11
"""Sizes of texts."""

MOST_RESULTS, MOST_MISSED = 20, 10
"""Tiles that there is room for."""


def paint_tiles(
    pen: PixelPen, palette: Palette, left: float, top: float, width: float, height: float, results: Rows,
    missed: Rows, images: Sequence[Image.Image | None], captions: Mapping[int, str] | None = None,
) -> None:  # fmt: skip
    """Paint the results, then the missed neighbours, as tiles in a box.

    Parameters
    ----------
    results, missed : Rows
        All of them; the first are painted.
    images : sequence of PIL images or None
        The pictures of the ``shown_rows``, RGBA, one after the other.
    captions : mapping of int to str, optional
        Stand below missed rows, by id, in place of their distances.
    """
    found, lost = shown_rows(results, missed)
    counts = len(found), len(lost)
    grid = TileGrid.of(width, SMALL, TEXT, *counts).fitting(width, height, *counts)
    pictures = [*images, *[None] * (sum(counts) - len(images))]
    tiles = _Tiles(pen, palette, grid, left)
    top = tiles.paint(plural(len(results), "result"), found, pictures[: counts[0]], None, top)
    if len(lost):
        tiles.paint(f"{len(missed):,} missed", lost, pictures[counts[0] :], captions or {}, top)


def shown_rows(results: Rows, missed: Rows) -> tuple[Rows, Rows]:
    """Return the results and the missed neighbours that the picture has room for."""
    return results.first(MOST_RESULTS), missed.first(MOST_MISSED)


class _Tiles:
    """A grid being painted."""

    def __init__(self, pen: PixelPen, palette: Palette, grid: TileGrid, left: float) -> None:
        self._pen = pen
        self._palette = palette
        self._grid = grid
        self._left = left

    def paint(
        self, name: str, rows: Rows, pictures: Sequence[Image.Image | None],
        missed_captions: Mapping[int, str] | None, top: float,
    ) -> float:  # fmt: skip
        """Paint tiles below a heading; return where they end. Missed rows have captions, if only none."""
        palette, grid, pen = self._palette, self._grid, self._pen
        is_missed = missed_captions is not None
        ink = palette.danger if is_missed else palette.text
        pen.write(self._left + 2, top + 0.45 * grid.heading, name, TEXT, ink, anchor="lm")
        top += grid.heading
        facts = zip(
            rows.ids.tolist(), rows.distances.tolist(), rows.ranks.tolist(), rows.places.tolist(), strict=True
        )
        for i, (row_id, distance, rank, place) in enumerate(facts):
            x, y = grid.middle(i, top)
            x += self._left
            edge = tile_edge(palette, rank, is_missed)
            picture = pictures[i]
            pen.box(x, y, grid.side, grid.side, 6, fill=palette.raised)
            if picture is None:
                text = f"row {row_id}"
                size = min(SMALL, SMALL * (grid.side - 6) / max(1, pen.width(text, SMALL)))
                pen.write(x, y, text, size, palette.muted)
            else:
                pen.paste(picture, x, y, grid.side - 4)
            pen.frame(x, y, grid.side - 2, edge, is_missed)
            pen.pill(str(place), x - grid.side / 2 + 6, y - grid.side / 2 + 6, edge, 1.55 * BADGE)
            below = y + grid.side / 2 + 0.6 * grid.caption
            caption = (missed_captions or {}).get(row_id) or tile_caption(distance)
            pen.write(x, below, caption, SMALL, palette.muted)
        return top + grid.rows(len(rows))
