"""The sizes of all clusters, the largest first."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from feder_widget.engines import IvfIndex
from feder_widget.figures.canvas import Canvas
from feder_widget.figures.cluster_map.map_cells import opened
from feder_widget.figures.fonts import text_options


def cluster_sizes(index: IvfIndex | object, *, ax: Axes | None = None, style: str = "light") -> Axes:
    """Draw the number of vectors in every cluster, the largest cluster first, and the mean.

    Parameters
    ----------
    index : IvfIndex
        An opened index, or what ``open_index`` opens.
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
    searched = opened(index)
    canvas = Canvas.open(ax, style, 0.45)
    axes, palette, look = canvas.axes, canvas.palette, canvas.look
    sizes = np.sort(searched.list_sizes)[::-1]
    canvas.with_axes("clusters, the largest first", "vectors")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    steps = np.arange(len(sizes) + 1)
    heights = np.append(sizes, sizes[-1:])
    axes.fill_between(steps, heights, step="post", color=palette.accent, alpha=0.25, linewidth=0)
    axes.plot(steps, heights, color=palette.accent, linewidth=1.5 * look.line, drawstyle="steps-post")
    axes.set_xlim(0, len(sizes))
    axes.set_ylim(0, max(1, float(sizes[0]) * 1.05))
    mean = float(sizes.mean())
    axes.axhline(mean, color=palette.text, linestyle=(0, (3, 3)), linewidth=0.9 * look.line)
    empty = int(np.count_nonzero(sizes == 0))
    also = f", {empty:,} empty" if empty else ""
    axes.annotate(
        f"mean {mean:,.0f}{also}", (1, mean), xycoords=("axes fraction", "data"), xytext=(-3, 3), ha="right",
        textcoords="offset points", va="bottom", fontsize=look.small, color=palette.text, **text_options(),
    )  # fmt: skip
    canvas.title(f"{searched.ntotal:,} vectors in {searched.nlist:,} clusters")
    return axes
