"""Recall of one query against nprobe, with its missed neighbours where they are found."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from feder_widget.figures.canvas import Canvas
from feder_widget.figures.nprobe_axis import changes, put_now, with_nprobe
from feder_widget.model.arguments import as_int
from feder_widget.truth import Explanation

MOST_SEARCHES = 24
"""Searches made where recall takes one at each nprobe."""


def recall(
    explanation: Explanation, *, nprobe: int | None = None, ax: Axes | None = None, style: str = "light"
) -> Axes:
    """Draw the recall of one query at every nprobe.

    Where each nprobe takes a search, recall is drawn at 1, 2, 4, 8, … as dots.

    Parameters
    ----------
    explanation : Explanation
        The true neighbours: ``index.explain(query, k)``.
    nprobe : int, optional
        The search to mark; the neighbours that it misses are marked where they are found.
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
    if not isinstance(explanation, Explanation):
        raise TypeError(
            "explanation must be an Explanation, as index.explain returns it, "
            f"got {type(explanation).__name__}"
        )
    nlist = explanation.nlist
    if nprobe is not None:
        nprobe = as_int(nprobe, "nprobe", most=nlist, most_name="nlist")
    canvas = Canvas.open(ax, style, 0.5)
    axes, palette, line = canvas.axes, canvas.palette, canvas.look.line
    total = len(explanation)
    with_nprobe(canvas, nlist, f"recall@{total}")
    if total == 0:
        canvas.remark("There are no true neighbours to find.")
        return axes
    try:
        from_nprobe = explanation.returned_from
    except ValueError:
        # Each takes a search.
        at = np.unique(np.append(2 ** np.arange(min(MOST_SEARCHES, nlist.bit_length())), nlist))
        values = np.asarray(explanation.recall(at))
        axes.plot(at, values, "o", color=palette.accent, markersize=4.5 * line, clip_on=False)
    else:
        at, values = changes(np.asarray(explanation.recall(np.arange(1, nlist + 1))))
        axes.plot(at, values, color=palette.accent, linewidth=1.9 * line, drawstyle="steps-post", zorder=4)
        if nprobe is not None:
            lost = np.isin(explanation.ids, explanation.missed(nprobe)) & (from_nprobe > nprobe)
            where = np.unique(from_nprobe[lost & (from_nprobe <= nlist)])
            axes.plot(
                where, np.asarray(explanation.recall(where)), "o", color=palette.background, zorder=5,
                markeredgecolor=palette.danger, markersize=5 * line, markeredgewidth=1.3 * line,
                clip_on=False,
            )  # fmt: skip
    if nprobe is not None:
        found = total - len(explanation.missed(nprobe))
        put_now(canvas, nprobe, found / total, f"{found:,} of {total:,} at nprobe {nprobe:,}")
    canvas.title(f"Recall of one query, {explanation.distance_name}")
    return axes
