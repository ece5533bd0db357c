"""Mean recall of many queries against the search parameter, its spread, and its cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from feder_widget.figures.canvas import Canvas, root_of
from feder_widget.figures.charts.parameter_axis import AROUND, changes, put_now, with_parameter
from feder_widget.model.arguments import as_int
from feder_widget.model.shares import recall_number
from feder_widget.truth import Workload
from feder_widget.truth.graph.graph_workload import GraphWorkload
from feder_widget.wording.numbers import plural

SHARES = (0.5, 0.95, 0.99, 1.0)
"""Shares of the queries whose recall is drawn, as on the page; areas lie between them."""

OPACITIES = (0.5, 0.34, 0.2)

BESIDE = 3.6
"""Room for the mark of an entry of the legend and around it, in heights of the small text."""

LEGEND_BELOW = 4.2
"""Room for ticks and the name of the axis, in heights of the small text."""


def workload(
    workload: Workload | GraphWorkload,
    *,
    nprobe: int | None = None,
    ef_search: int | None = None,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the mean recall of a workload at every nprobe, or of a graph at every efSearch, and its spread.

    Parameters
    ----------
    workload : Workload or GraphWorkload
        The evaluation: ``index.evaluate(queries, k)``.
    nprobe, ef_search : int, optional
        The search to mark, nprobe of clusters and efSearch of a graph; by default the index's own at the
        time.
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
    if isinstance(workload, GraphWorkload):
        if nprobe is not None:
            raise TypeError("nprobe is of clusters: pass ef_search for a graph")
        if ef_search is not None:
            ef_search = as_int(ef_search, "ef_search", most=workload.ef_max, most_name="ef_max")
        return draw_workload(workload.curves, "efSearch", ef_search, ax=ax, style=style)
    if not isinstance(workload, Workload):
        raise TypeError(
            "workload must be a Workload or a GraphWorkload, as index.evaluate returns them, "
            f"got {type(workload).__name__}"
        )
    if ef_search is not None:
        raise TypeError("ef_search is of graphs: pass nprobe for clusters")
    return draw_workload(workload, "nprobe", nprobe, ax=ax, style=style)


def draw_workload(workload: Workload, name: str, at: int | None, *, ax: Axes | None, style: str) -> Axes:
    """Draw a workload against the search parameter of this name; of a graph its nprobe is efSearch."""
    canvas = Canvas.open(ax, style, 0.55, 0.8)
    axes, palette, line = canvas.axes, canvas.palette, canvas.look.line
    wanted = workload.evaluated_below(workload.nprobe if at is None else at)
    with_parameter(canvas, name, workload.nlist, f"recall@{workload.k}")
    if len(workload) == 0:
        canvas.remark("No query was evaluated.")
        return axes
    evaluated = workload.evaluated_at
    is_apart = len(evaluated) < workload.nlist
    reached = [workload.reached(share) for share in SHARES]
    if is_apart:
        for upper, lower, opacity in zip(reached, reached[1:], OPACITIES, strict=False):
            low, high = lower[evaluated - 1], upper[evaluated - 1]
            axes.vlines(evaluated, low, high, color=palette.accent, alpha=opacity, linewidth=5 * line)
        means = workload.recall[evaluated - 1]
        axes.plot(evaluated, means, "o", color=palette.accent, markersize=5 * line, zorder=4, clip_on=False)
    else:
        steps = np.arange(1, workload.nlist + 1)
        # The line of the cost, under everything: what the recall is paid with.
        axes.fill_between(steps, workload.scanned, step="post", color=palette.line, linewidth=0, zorder=1)
        for i, opacity in enumerate(OPACITIES):
            upper, lower = reached[i : i + 2]
            moves = (np.diff(upper, prepend=np.nan) != 0) | (np.diff(lower, prepend=np.nan) != 0)
            here = np.union1d(np.flatnonzero(moves), [workload.nlist - 1])
            part = f"{100 * SHARES[i]:.0f} to {100 * SHARES[i + 1]:.0f}\N{NO-BREAK SPACE}% of queries"
            area: dict[str, Any] = {
                "step": "post",
                "color": palette.accent,
                "linewidth": 0,
                "zorder": 2,
                "label": part,
            }
            axes.fill_between(steps[here], lower[here], upper[here], alpha=opacity, **area)
        turns, means = changes(workload.recall)
        axes.plot(
            turns,
            means,
            color=palette.accent,
            linewidth=1.9 * line,
            drawstyle="steps-post",
            zorder=4,
            label="mean",
        )
        _put_legend(canvas, "share compared" if name == "nprobe" else "share of brute force")
    mean = float(workload.recall[wanted - 1])
    put_now(canvas, wanted, mean, f"mean {recall_number(mean, 3)} at {name} {wanted:,}")
    canvas.title(f"Recall of {plural(len(workload), 'query', 'queries')}")
    return axes


def _put_legend(canvas: Canvas, cost: str) -> None:
    """Name the curve and the areas, below the axes: inside, they would hide the cost."""
    axes, palette, look = canvas.axes, canvas.palette, canvas.look
    handles, labels = axes.get_legend_handles_labels()
    share = axes.fill_between([1], [0], [0], color=palette.line, linewidth=0)
    handles, labels = [*handles, share], [*labels, cost]
    # The mean first.
    order = sorted(range(len(labels)), key=lambda i: labels[i] != "mean")
    widest = max(canvas.text_width(label, look.small) for label in labels)
    entry = widest + BESIDE * canvas.pixels(look.small)
    columns = int(np.clip((canvas.width - AROUND) / entry, 1, len(labels)))
    below = ScaledTranslation(0, -LEGEND_BELOW * look.small / 72, root_of(axes).dpi_scale_trans)
    axes.legend(
        [handles[i] for i in order], [labels[i] for i in order], loc="upper left", frameon=False,
        bbox_to_anchor=(0, 0), bbox_transform=axes.transAxes + below, ncols=columns,
        labelcolor=palette.muted, fontsize=look.small, borderaxespad=0, handlelength=1.4, columnspacing=1.4,
    )  # fmt: skip
