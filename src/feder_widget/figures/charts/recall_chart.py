"""Recall of one query against the search parameter, with its missed neighbours where they are found."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from feder_widget.figures.canvas import Canvas
from feder_widget.figures.charts.parameter_axis import changes, put_now, with_parameter
from feder_widget.model.arguments import as_int
from feder_widget.truth import Explanation
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_loss import is_tied, known_from

MOST_SEARCHES = 24
"""Searches made where recall takes one at each nprobe."""


LEAST_TOP = 64
"""The least efSearch at the right end of the axis."""


def recall(
    explanation: Explanation | GraphExplanation,
    *,
    nprobe: int | None = None,
    ef_search: int | None = None,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the recall of one query at every nprobe, or of a graph at every efSearch.

    Where each value takes a search, recall is drawn at 1, 2, 4, 8, … as dots.

    Parameters
    ----------
    explanation : Explanation or GraphExplanation
        The true neighbours: ``index.explain(query, k)``.
    nprobe, ef_search : int, optional
        The search to mark, nprobe of clusters and efSearch of a graph; the neighbours that it misses are
        marked where they are found.
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
    if isinstance(explanation, GraphExplanation):
        if nprobe is not None:
            raise TypeError("nprobe is of clusters: pass ef_search for a graph")
        return _of_graph(explanation, ef_search, ax, style)
    if not isinstance(explanation, Explanation):
        raise TypeError(
            "explanation must be an Explanation or a GraphExplanation, as index.explain returns them, "
            f"got {type(explanation).__name__}"
        )
    if ef_search is not None:
        raise TypeError("ef_search is of graphs: pass nprobe for clusters")
    return _of_clusters(explanation, nprobe, ax, style)


def _of_clusters(explanation: Explanation, nprobe: int | None, ax: Axes | None, style: str) -> Axes:
    nlist = explanation.nlist
    if nprobe is not None:
        nprobe = as_int(nprobe, "nprobe", most=nlist, most_name="nlist")
    canvas = _canvas(ax, style, "nprobe", nlist, explanation)
    if len(explanation) == 0:
        return canvas.axes
    needed = None
    try:
        from_nprobe = explanation.returned_from
    except ValueError:
        # Each takes a search.
        at = np.unique(np.append(2 ** np.arange(min(MOST_SEARCHES, nlist.bit_length())), nlist))
        _put_dots(canvas, at, np.asarray(explanation.recall(at)))
    else:
        _put_steps(canvas, *changes(np.asarray(explanation.recall(np.arange(1, nlist + 1)))))
        if nprobe is not None:
            lost = np.isin(explanation.ids, explanation.missed(nprobe)) & (from_nprobe > nprobe)
            needed = np.unique(from_nprobe[lost & (from_nprobe <= nlist)])
    if needed is not None:
        _put_needed(canvas, needed, np.asarray(explanation.recall(needed)))
    if nprobe is not None:
        _put_search(canvas, "nprobe", nprobe, len(explanation), len(explanation.missed(nprobe)))
    return canvas.axes


def _of_graph(explanation: GraphExplanation, ef_search: int | None, ax: Axes | None, style: str) -> Axes:
    ntotal = max(1, explanation.ntotal)
    if ef_search is not None:
        ef_search = as_int(ef_search, "ef_search", most=ntotal, most_name="ntotal")
    froms = [known_from(explanation, i) for i in range(len(explanation))]
    known = [found for found in froms if found is not None]
    top = min(ntotal, int(2 ** np.ceil(np.log2(max([LEAST_TOP, 2 * (ef_search or 1), *known])))))
    canvas = _canvas(ax, style, "efSearch", top, explanation)
    if len(explanation) == 0:
        return canvas.axes
    # Beyond this each takes a search.
    end = min(top, explanation.holds_until)
    if end > 0:
        spans = explanation.spans
        turns = np.unique(np.concatenate([[1, end], spans.returned_from, spans.returned_until]))
        turns = turns[turns <= end]
        _put_steps(canvas, turns, np.asarray(explanation.recall(turns)))
    if is_tied(explanation) and end < top:
        doubled = np.unique(np.append(1 << np.arange(top.bit_length()), top))
        doubled = doubled[(doubled > end) & (doubled <= top)]
        _put_dots(canvas, doubled, np.asarray(explanation.recall(doubled)))
    if ef_search is not None:
        missed = explanation.missed(ef_search)
        pairs = zip(explanation.ids.tolist(), froms, strict=True)
        needed = np.unique([at for row, at in pairs if row in missed and at is not None and at > ef_search])
        needed = needed[needed <= end].astype(np.int64)
        _put_needed(canvas, needed, np.asarray(explanation.recall(needed)))
        _put_search(canvas, "efSearch", ef_search, len(explanation), len(missed))
    return canvas.axes


def _canvas(
    ax: Axes | None, style: str, name: str, most: int, explanation: Explanation | GraphExplanation
) -> Canvas:
    """Return axes with the search parameter to the right and recall upward."""
    canvas = Canvas.open(ax, style, 0.5)
    with_parameter(canvas, name, most, f"recall@{len(explanation)}")
    if len(explanation) == 0:
        canvas.remark("There are no true neighbours to find.")
    else:
        canvas.title(f"Recall of one query, {explanation.distance_name}")
    return canvas


def _put_steps(canvas: Canvas, at: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
    ink, width = canvas.palette.accent, 1.9 * canvas.look.line
    canvas.axes.plot(at, values, color=ink, linewidth=width, drawstyle="steps-post", zorder=4)


def _put_dots(canvas: Canvas, at: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
    size = 4.5 * canvas.look.line
    canvas.axes.plot(at, values, "o", color=canvas.palette.accent, markersize=size, clip_on=False)


def _put_needed(canvas: Canvas, at: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
    """Mark where missed neighbours are found."""
    palette, line = canvas.palette, canvas.look.line
    canvas.axes.plot(
        at, values, "o", color=palette.background, zorder=5, markeredgecolor=palette.danger,
        markersize=5 * line, markeredgewidth=1.3 * line, clip_on=False,
    )  # fmt: skip


def _put_search(canvas: Canvas, name: str, value: int, total: int, lost: int) -> None:
    """Mark the search that is shown."""
    found = total - lost
    put_now(canvas, value, found / total, f"{found:,} of {total:,} at {name} {value:,}")
