"""Charts against a search parameter, on the page's axis: powers of two, up to a largest value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from feder_widget.figures.canvas import Canvas
from feder_widget.figures.fonts import text_options

TICK_ROOM = 34
"""Least room between two ticks, in CSS pixels."""

AROUND = 70
"""Room that the names of the axes take beside a chart, in CSS pixels."""


def ticks(most: int, width: float) -> list[int]:
    """Return powers of two that find room in a width in CSS pixels, and the largest value."""
    pixels = width / max(math.log(most), 1e-9)
    found: list[int] = []
    tick = 1
    while tick < most:
        is_free = not found or pixels * math.log(tick / found[-1]) >= TICK_ROOM
        if is_free and pixels * math.log(most / tick) >= TICK_ROOM:
            found.append(tick)
        tick *= 2
    return [*found, most]


def with_parameter(canvas: Canvas, name: str, most: int, y_name: str) -> None:
    """Give the axes a search parameter, up to its largest value, to the right and a share upward."""
    axes = canvas.axes
    canvas.with_axes(name, y_name)
    axes.set_xscale("log", base=2)
    axes.set_xlim(1, max(most, 1.5))
    axes.xaxis.set_major_locator(FixedLocator(ticks(most, canvas.width - AROUND)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def changes(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the values of the parameter at which a curve changes, and its last one; and its values there."""
    kept = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    at = np.union1d(kept, [len(values) - 1]).astype(np.int64)
    return at + 1, values[at]


def put_now(canvas: Canvas, value: int, height: float, text: str) -> None:
    """Mark a value of the parameter, with what holds there in words."""
    axes, palette, look = canvas.axes, canvas.palette, canvas.look
    low, high = axes.get_xlim()
    axes.axvline(value, color=palette.text, linestyle=(0, (3, 3)), linewidth=0.9 * look.line, zorder=3)
    size = 5.5 * look.line**0.5
    ends: dict[str, Any] = {
        "markeredgecolor": palette.background,
        "markeredgewidth": 1,
        "clip_on": False,
        "zorder": 5,
    }
    axes.plot([value], [height], "o", color=palette.text, markersize=size, **ends)
    is_left = math.log(max(value, 1) / low) > 0.55 * math.log(high / low)
    written = axes.annotate(
        text, (value, height), xytext=(-7 if is_left else 7, -9 if height > 0.15 else 9),
        textcoords="offset points", ha="right" if is_left else "left",
        va="top" if height > 0.15 else "bottom",
        fontsize=look.size, color=palette.text, zorder=6, annotation_clip=False, **text_options(),
    )  # fmt: skip
    written.set_path_effects([withStroke(linewidth=2.5, foreground=palette.background)])
