"""A walk through a graph: every distance computed, in order, as the view Walk shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from feder_widget.figures.canvas import PX, Canvas, look_of
from feder_widget.figures.canvas_pen import CanvasPen
from feder_widget.figures.fonts import TITLE_LIMIT, shown_text
from feder_widget.figures.graph_text import ef_text, walk_title
from feder_widget.figures.graph_walk.legend import Legend, walk_legend
from feder_widget.figures.graph_walk.painter import LEFT, TICKS, WalkInks, frame_in, paint_walk
from feder_widget.figures.graph_walk.scene import MissedMark, WalkScene, walk_scene
from feder_widget.figures.graph_walk.shown_walk import ShownWalk, ahead_of, missed_marks, results_in
from feder_widget.figures.graph_walk.tray import TrayItem, tray_places
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import Rows, placed_among
from feder_widget.figures.thumbnails import put_framed, put_pill
from feder_widget.figures.tile_grid import CAPTION
from feder_widget.figures.tile_look import tile_caption
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_loss import graph_losses
from feder_widget.wording.numbers import plural

SIDE = 40
"""Side of a picture below the walk, in CSS pixels."""

STEP = 46
"""From one to the next."""

TRAY_GAP = 10
"""CSS pixels above and below the pictures with their captions."""


def walk(
    trace: GraphTrace,
    *,
    ahead: GraphTrace | None = None,
    explanation: GraphExplanation | None = None,
    images: object = None,
    labels: object = None,
    pixels: int = 128,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the search of a graph: each distance that it computes, in order, at its height.

    The blue line is the node that is expanded, the ochre one the efSearch-th nearest so far: the search stops
    where blue would rise above ochre.

    Parameters
    ----------
    trace : GraphTrace
        The search: ``index.trace(query, k, ef_search)``.
    ahead : GraphTrace, optional
        The same query at a larger efSearch: what that visits besides is grey, and missed neighbours among it
        are marked. Left out where distances tie, since the walks then differ.
    explanation : GraphExplanation, optional
        The true neighbours, ``index.explain(query, k)``. For a query that is a row, pass
        ``include_self=True`` there, as a trace holds the row itself.
    images, labels
        The pictures and labels of rows, as ``FederWidget`` takes them: those of results and missed neighbours
        stand below the walk.
    pixels
        Longest side of the pictures in the figure, up to 1,024.
    ax : matplotlib Axes, optional
        Axes to draw on; by default, those of a new figure.
    style : "light", "dark" or "print"
        The page's colours; "print" is 3.3 inches wide, one column of a paper, in text of 8 pt.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; if ``ahead`` does not begin with the walk of ``trace``.
    """
    for name, given, wanted in (
        ("trace", trace, GraphTrace),
        ("ahead", ahead, GraphTrace),
        ("explanation", explanation, GraphExplanation),
    ):
        if not isinstance(given, wanted) and (given is not None or name == "trace"):
            raise TypeError(f"{name} must be a {wanted.__name__}, got {type(given).__name__}")
    longer = trace if ahead is None else _checked(trace, ahead)
    found, marks = results_in(trace), {}
    if explanation is not None:
        found = placed_among(found, explanation.ids)
        marks = missed_marks(explanation, graph_losses(explanation, trace.ef_search, trace.walk.ef_search))
    has_tray = images is not None or labels is not None
    pictures = RowPictures.open(None, images, labels, pixels) if has_tray else None
    lost = f", {len(marks):,} missed (dashed)" if marks else ""
    at = ef_text(trace.ef_search, trace.walk.ef_search)
    title = f"efSearch {at}: {plural(trace.n_distances, 'distance')} computed{lost}"
    return draw_walk(trace, longer, len(trace.ids), found, marks, title, pictures, ax=ax, style=style)


def draw_shown_walk(search: ShownWalk, pictures: RowPictures | None, *, ax: Axes | None, style: str) -> Axes:
    """Draw a search that is shown, as far as a larger efSearch tells more."""
    title = walk_title(search.index, search)
    return draw_walk(
        search.trace, ahead_of(search), search.k, search.placed_results, search.marks, title, pictures,
        ax=ax, style=style,
    )  # fmt: skip


def draw_walk(
    trace: GraphTrace, ahead: GraphTrace, k: int, results: Rows, missed: Mapping[int, MissedMark], title: str,
    pictures: RowPictures | None, *, ax: Axes | None, style: str,
) -> Axes:  # fmt: skip
    """Draw a walk, with pictures of results and missed neighbours below it where there are any."""
    look = look_of(style)
    canvas = Canvas.open(ax, style, 0.64, 0.9)
    canvas.in_pixels()
    pen, palette = CanvasPen(canvas), canvas.palette
    size, small = look.size / PX, look.small / PX
    has_deleted = bool(ahead.deleted.any())
    bar = WalkInks.of(palette).bar
    entries = walk_legend(palette, bar, trace.walk.ef_search, k, bool(missed), has_deleted)
    legend = Legend.of(entries, pen.width, LEFT * small, canvas.width, small)
    tray = 0.0 if pictures is None else SIDE + CAPTION * small + 2 * TRAY_GAP
    frame = frame_in(canvas.width, canvas.height, small, len(legend.rows), tray)
    scene = walk_scene(trace, ahead, k, results.ids, missed, frame)
    top = frame.bottom + TICKS * small + TRAY_GAP
    placed = (
        [] if pictures is None else tray_places(_items(scene, results, missed), frame.left, frame.right, STEP)
    )
    # Under the numbers of the axis.
    for item, x in placed:
        if item.id not in scene.ids:
            continue
        line = [(item.x, frame.bottom), (item.x, frame.bottom + 5), (x, top)]
        if item.is_missed:
            pen.dashed(line, palette.danger, 1, (4, 3), is_open=True)
        else:
            pen.line(line, WalkInks.of(palette).pale, 1)
    paint_walk(pen, scene, palette, size, small, legend, tray)
    if pictures is not None:
        _put_tray(canvas, placed, top + SIDE / 2, pictures)
    canvas.title(shown_text(title, TITLE_LIMIT))
    return canvas.axes


def _checked(trace: GraphTrace, ahead: GraphTrace) -> GraphTrace:
    """Return a longer walk where it begins with another, the other one where distances tie."""
    if ahead.walk.ef_search <= trace.walk.ef_search:
        raise ValueError(
            f"ahead must be a search at a larger efSearch than {trace.walk.ef_search}, "
            f"got {ahead.walk.ef_search}"
        )
    count = len(trace.walk)
    same = np.array_equal(ahead.walk.distances[:count], trace.walk.distances)
    if same and np.array_equal(ahead.visited[:count], trace.visited):
        return ahead.up_to(max(trace.walk.ef_search, ahead.walk.holds_until))
    if ahead.walk.is_tied:
        return trace
    raise ValueError("ahead must be a search for the same query as trace, its walk begins differently")


def _items(scene: WalkScene, results: Rows, missed: Mapping[int, MissedMark]) -> list[TrayItem]:
    """Return results and missed neighbours; one that no efSearch shown visits stands at the right end."""
    at = {row: float(x) for row, x in zip(scene.ids.tolist(), scene.points[:, 0], strict=True) if row >= 0}
    columns = zip(results.ids.tolist(), results.places.tolist(), results.distances.tolist(), strict=True)
    found = [(row, place, False, tile_caption(far)) for row, place, far in columns]
    lost = [(row, mark.place, True, mark.tag) for row, mark in missed.items()]
    return [
        TrayItem(row, at.get(row, scene.frame.right), place, is_missed, caption)
        for row, place, is_missed, caption in (*found, *lost)
    ]


def _put_tray(
    canvas: Canvas, placed: Sequence[tuple[TrayItem, float]], y: float, pictures: RowPictures
) -> None:
    """Put pictures in a row, each with its place among the true neighbours."""
    images = pictures.arrays(np.array([item.id for item, _ in placed], np.int64))
    palette = canvas.palette
    for (item, x), image in zip(placed, images, strict=True):
        edge = palette.danger if item.is_missed else palette.accent
        label = pictures.label(item.id)
        text = f"row {item.id}" if image is None and label is None else label
        put_framed(canvas, image, text, x, y, SIDE, edge, item.is_missed)
        canvas.write(
            x, y + SIDE / 2 + 0.7 * CAPTION * canvas.look.small / PX, item.caption, size=canvas.look.small,
            colour=palette.danger if item.is_missed else palette.muted,
        )  # fmt: skip
        if item.place:
            put_pill(canvas, str(item.place), x - SIDE / 2 + 5, y - SIDE / 2 + 3, edge=edge)
