"""What became of the true neighbours: found, or lost at which stage."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from feder_widget.figures.canvas import Canvas
from feder_widget.figures.fonts import text_options
from feder_widget.palette import hex_of, mix, rgb_of
from feder_widget.truth import Ledger


def ledger(ledger: Ledger, *, ax: Axes | None = None, style: str = "light") -> Axes:
    """Draw the ledger of a search as one bar: the true neighbours found, and those lost at each stage.

    Parameters
    ----------
    ledger : Ledger
        What became of each true neighbour: ``index.ledger(query, k, nprobe)``.
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
    if not isinstance(ledger, Ledger):
        raise TypeError(f"ledger must be a Ledger, as index.ledger returns it, got {type(ledger).__name__}")
    canvas = Canvas.open(ax, style, 0.18, 0.32)
    axes, palette, look = canvas.axes, canvas.palette, canvas.look
    canvas.with_axes("true neighbours", "")
    axes.set(yticks=[], ylim=(-0.5, 0.5))
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    if len(ledger) == 0:
        canvas.remark("There are no true neighbours to find.")
        return axes
    axes.set_xlim(0, len(ledger))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    background, danger = rgb_of(palette.background), rgb_of(palette.danger)
    left = 0
    stages = (
        (ledger.hits, "found", palette.accent, ""),
        (ledger.lost_to_coarse, "not probed", palette.danger, ""),
        (ledger.lost_to_code, "lost to the code", hex_of(mix(background, danger, 0.6)), "//"),
        (ledger.lost_to_rerank, "lost to the re-ranking", hex_of(mix(background, danger, 0.35)), ".."),
    )
    for rows, name, colour, hatch in stages:
        if len(rows) == 0:
            continue
        axes.barh(
            0, len(rows), left=left, height=0.62, color=colour, hatch=hatch, edgecolor=palette.background,
            linewidth=look.line, label=f"{name}: {len(rows):,}",
        )  # fmt: skip
        left += len(rows)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=4 if look.has_title else 2, frameon=False,
        labelcolor=palette.text, borderaxespad=0.2, handlelength=1,
        prop={"size": look.small, "family": text_options()["fontfamily"]},
    )  # fmt: skip
    return axes
