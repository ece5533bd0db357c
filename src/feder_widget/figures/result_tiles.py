"""Results and missed neighbours as tiles: picture or label, rank, distance."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes

from feder_widget.figures.canvas import PX, Canvas, Ink, Look, look_of
from feder_widget.figures.fonts import shown_text
from feder_widget.figures.numbers import distance_text, plural
from feder_widget.figures.palette import rank_colour
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import Rows, neighbours_at, no_rows, results_of
from feder_widget.figures.thumbnails import put_framed, put_pill
from feder_widget.model.search_trace import SearchTrace
from feder_widget.truth import Explanation

GAP = 8
"""Room between two tiles, in CSS pixels."""

HEADING = 1.7
"""Height of a heading, in heights of its text."""

MOST_TILES = 200
"""More could not be told apart."""

SMALLEST, USUAL, LARGEST = 24.0, 54.0, 96.0
"""Side of a tile, in CSS pixels: at least, where nothing else is asked for, at most."""

FEWEST = 5
"""Tiles that a row has room for at least."""

CAPTION = 1.35
"""Height of the distance below a tile, in heights of its text."""


def results(
    trace: SearchTrace,
    *,
    explanation: Explanation | None = None,
    images: object = None,
    labels: object = None,
    pixels: int = 128,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the results of a search as pictures with rank and distance, and what it missed, dashed.

    Parameters
    ----------
    trace : SearchTrace
        The search: ``index.trace(query, nprobe, k)``.
    explanation : Explanation, optional
        The true neighbours, ``index.explain(query, k)``: those that are no results follow. For a query that
        is a row, pass ``include_self=True`` there, as a trace holds the row itself.
    images, labels
        The pictures and labels of rows, as ``FederWidget`` takes them; a row without either is named.
    pixels
        Longest side of the pictures in the figure, up to 1,024; PDF and SVG files hold them whole.
    ax, style
        As for :func:`clusters`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.
    """
    if not isinstance(trace, SearchTrace):
        raise TypeError(f"trace must be a SearchTrace, as index.trace returns it, got {type(trace).__name__}")
    if explanation is not None and not isinstance(explanation, Explanation):
        raise TypeError(f"explanation must be an Explanation, got {type(explanation).__name__}")
    pictures = RowPictures.open(None, images, labels, pixels)
    found = rows_of(trace)
    missed = no_rows() if explanation is None else missed_of(trace, explanation)
    return draw_results(found, missed, pictures, ax=ax, style=style)


def draw_results(found: Rows, missed: Rows, pictures: RowPictures, *, ax: Axes | None, style: str) -> Axes:
    """Draw rows as tiles."""
    found, left_out = _first(found, MOST_TILES), max(0, len(found) - MOST_TILES)
    missed = _first(missed, MOST_TILES)
    look = look_of(style)
    width = 96 * look.width - 8
    usual = _Grid.of(look, width, len(found), len(missed))
    canvas = Canvas.open(ax, style, (usual.height(len(found), len(missed)) + 12) / width)
    # Without a title.
    canvas = replace(canvas, height=canvas.height + (22 if ax is None and look.has_title else 0))
    canvas.in_pixels()
    if len(found) + len(missed) == 0:
        canvas.remark("The search found nothing: the clusters probed are empty.")
        return canvas.axes
    grid = _Grid.of(look, canvas.width, len(found), len(missed)).fitting(canvas, len(found), len(missed))
    more = f", {left_out:,} more are left out" if left_out else ""
    top = grid.put(canvas, plural(len(found), "result") + more, found, pictures, False, 0.0)
    if len(missed):
        grid.put(
            canvas, f"{len(missed):,} missed, by place among the true neighbours", missed, pictures, True, top
        )
    return canvas.axes


def rows_of(trace: SearchTrace) -> Rows:
    """Return the results of a trace, without filling."""
    return results_of(trace, np.flatnonzero(trace.ids != -1))


def missed_of(trace: SearchTrace, explanation: Explanation) -> Rows:
    """Return the true neighbours that a search at the nprobe of a trace does not find."""
    return neighbours_at(explanation, explanation.missed(max(1, len(trace.fine))))


def _first(rows: Rows, count: int) -> Rows:
    some = slice(count)
    return Rows(
        rows.ids[some], rows.distances[some], rows.clusters[some], rows.ranks[some], rows.places[some]
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Tiles of one size, so many in a row."""

    side: float
    across: int
    caption: float
    heading: float

    @classmethod
    def of(cls, look: Look, width: float, found: int, missed: int) -> _Grid:
        """Return a grid as wide as this, of tiles of the usual size."""
        across = max(1, min(max(found, missed, FEWEST), int((width + GAP) // (USUAL + GAP))))
        side = min(LARGEST, (width - 4 - GAP * (across - 1)) / across)
        return cls(side, across, CAPTION * look.small / PX, HEADING * look.size / PX)

    def fitting(self, canvas: Canvas, found: int, missed: int) -> _Grid:
        """Return the grid whose tiles are as large as all find room."""
        grid = self
        while grid.height(found, missed) > canvas.height and grid.side > SMALLEST:
            side = 0.96 * grid.side
            grid = replace(grid, side=side, across=max(1, int((canvas.width + GAP) // (side + GAP))))
        return grid

    def height(self, found: int, missed: int) -> float:
        """Return the height of so many results and missed neighbours."""
        rows = math.ceil(found / self.across) + math.ceil(missed / self.across)
        return rows * (self.side + self.caption + GAP) + self.heading * (1 + (missed > 0))

    def put(
        self, canvas: Canvas, name: str, rows: Rows, pictures: RowPictures, is_missed: bool, top: float
    ) -> float:
        """Draw tiles below a heading; return where they end."""
        palette, look = canvas.palette, canvas.look
        colour = palette.danger if is_missed else palette.text
        middle = top + 0.45 * self.heading
        canvas.write(2, middle, name, size=look.size, bold=True, colour=colour, across="left")
        top += self.heading
        images = pictures.arrays(rows.ids, rows.clusters)
        for i, (row_id, distance, rank, place) in enumerate(
            zip(
                rows.ids.tolist(),
                rows.distances.tolist(),
                rows.ranks.tolist(),
                rows.places.tolist(),
                strict=True,
            )
        ):
            x = (i % self.across) * (self.side + GAP) + self.side / 2 + 2
            y = top + (i // self.across) * (self.side + self.caption + GAP) + self.side / 2
            edge: Ink = palette.danger if is_missed else rank_colour(palette, max(1, rank))
            label = pictures.label(row_id)
            text = f"row {row_id}" if images[i] is None and label is None else label
            put_framed(canvas, images[i], text, x, y, self.side, edge, is_missed)
            put_pill(canvas, str(place), x - self.side / 2 + 6, y - self.side / 2 + 6, edge=edge)
            under = "" if math.isnan(distance) else distance_text(distance, 3)
            if self.side >= 1.5 * canvas.text_width(under, look.small) / 1.6:
                canvas.write(
                    x, y + self.side / 2 + 0.62 * self.caption, shown_text(under), size=look.small,
                    colour=palette.muted,
                )  # fmt: skip
        return top + math.ceil(len(rows) / self.across) * (self.side + self.caption + GAP)
