"""Results and missed neighbours as tiles: picture or label, rank, distance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from feder_widget.figures.canvas import PX, Canvas, look_of
from feder_widget.figures.fonts import shown_text
from feder_widget.figures.graph_text import missed_tags
from feder_widget.figures.graph_walk.shown_walk import missed_rows, results_in
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import Rows, neighbours_at, no_rows, results_of
from feder_widget.figures.thumbnails import put_framed, put_pill
from feder_widget.figures.tile_grid import TileGrid
from feder_widget.figures.tile_look import tile_caption, tile_edge
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.model.search_trace import SearchTrace
from feder_widget.truth import Explanation
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_loss import graph_losses
from feder_widget.wording.numbers import plural

MOST_TILES = 200
"""More could not be told apart."""


def results(
    trace: SearchTrace | GraphTrace,
    *,
    explanation: Explanation | GraphExplanation | None = None,
    images: object = None,
    labels: object = None,
    pixels: int = 128,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the results of a search as pictures with rank and distance, and what it missed, dashed.

    Parameters
    ----------
    trace : SearchTrace or GraphTrace
        The search: ``index.trace(query, nprobe, k)``, or of a graph ``index.trace(query, k, ef_search)``.
    explanation : Explanation or GraphExplanation, optional
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
    if not isinstance(trace, (SearchTrace, GraphTrace)):
        raise TypeError(
            "trace must be a SearchTrace or a GraphTrace, as index.trace returns them, "
            f"got {type(trace).__name__}"
        )
    wanted = Explanation if isinstance(trace, SearchTrace) else GraphExplanation
    if explanation is not None and not isinstance(explanation, wanted):
        raise TypeError(f"explanation must be {_with_article(wanted)}, got {type(explanation).__name__}")
    pictures = RowPictures.open(None, images, labels, pixels)
    captions: Mapping[int, str] = {}
    if isinstance(trace, SearchTrace):
        found = rows_of(trace)
        missed = missed_of(trace, explanation) if isinstance(explanation, Explanation) else no_rows()
    else:
        found, missed = results_in(trace), no_rows()
        if isinstance(explanation, GraphExplanation):
            losses = graph_losses(explanation, trace.ef_search, trace.walk.ef_search)
            missed = missed_rows(explanation, losses)
            captions = missed_tags(explanation, losses)
    return draw_results(found, missed, pictures, captions, ax=ax, style=style)


def _with_article(wanted: type) -> str:
    return f"{'an' if wanted.__name__[0] in 'AEIOU' else 'a'} {wanted.__name__}"


def draw_results(
    found: Rows, missed: Rows, pictures: RowPictures, captions: Mapping[int, str] | None = None, *,
    ax: Axes | None, style: str,
) -> Axes:  # fmt: skip
    """Draw rows as tiles; ``captions`` stand below missed rows, by id, in place of their distances."""
    found, left_out = found.first(MOST_TILES), max(0, len(found) - MOST_TILES)
    missed = missed.first(MOST_TILES)
    look = look_of(style)
    counts = len(found), len(missed)
    texts = look.small / PX, look.size / PX
    width = 96 * look.width - 8
    tall = TileGrid.of(width, *texts, *counts).height(*counts)
    canvas = Canvas.open(ax, style, (tall + 12) / width, has_title=False)
    canvas.in_pixels()
    if sum(counts) == 0:
        canvas.remark("The search found nothing.")
        return canvas.axes
    grid = TileGrid.of(canvas.width, *texts, *counts).fitting(canvas.width, canvas.height, *counts)
    more = f", {left_out:,} more are left out" if left_out else ""
    top = _put(canvas, grid, plural(len(found), "result") + more, found, pictures, None, 0.0)
    if len(missed):
        name = f"{len(missed):,} missed, by place among the true neighbours"
        _put(canvas, grid, name, missed, pictures, captions or {}, top)
    return canvas.axes


def rows_of(trace: SearchTrace) -> Rows:
    """Return the results of a trace, without filling."""
    return results_of(trace, np.flatnonzero(trace.ids != -1))


def missed_of(trace: SearchTrace, explanation: Explanation) -> Rows:
    """Return the true neighbours that a search at the nprobe of a trace does not find."""
    return neighbours_at(explanation, explanation.missed(max(1, len(trace.fine))))


def _put(
    canvas: Canvas, grid: TileGrid, name: str, rows: Rows, pictures: RowPictures,
    missed_captions: Mapping[int, str] | None, top: float,
) -> float:  # fmt: skip
    """Draw tiles below a heading; return where they end. Missed rows have captions, if only none."""
    palette, look = canvas.palette, canvas.look
    is_missed = missed_captions is not None
    colour = palette.danger if is_missed else palette.text
    middle = top + 0.45 * grid.heading
    canvas.write(2, middle, name, size=look.size, bold=True, colour=colour, across="left")
    top += grid.heading
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
        x, y = grid.middle(i, top)
        edge = tile_edge(palette, rank, is_missed)
        label = pictures.label(row_id)
        text = f"row {row_id}" if images[i] is None and label is None else label
        put_framed(canvas, images[i], text, x, y, grid.side, edge, is_missed)
        put_pill(canvas, str(place), x - grid.side / 2 + 6, y - grid.side / 2 + 6, edge=edge)
        under = (missed_captions or {}).get(row_id) or tile_caption(distance)
        if grid.side >= 1.5 * canvas.text_width(under, look.small) / 1.6:
            canvas.write(
                x, y + grid.side / 2 + 0.62 * grid.caption, shown_text(under), size=look.small,
                colour=palette.muted,
            )  # fmt: skip
    return top + grid.rows(len(rows))
