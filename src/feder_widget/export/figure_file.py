"""A view of the search on screen as a file, drawn by matplotlib between cells."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from feder_widget.map import ClusterMap
from feder_widget.model.work_pieces import Steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIECE = 0.002
"""Seconds that a piece waits for the map: others may have their turn."""

PNG_DPI = 192


def svg_of(
    draw: Callable[[ClusterMap | None], Figure],
    map_within: Callable[[float], ClusterMap | None],
    patience: float,
) -> Steps[str]:
    """Wait some seconds for the map that a thread draws, then draw a figure in one piece; text stays text.

    Matplotlib has settings that hold for all of a program, so drawing is no work for a thread.
    """
    deadline = time.monotonic() + patience
    drawn = map_within(0)
    while (drawn is None or not drawn.is_final) and time.monotonic() < deadline:
        yield
        drawn = map_within(PIECE)
    yield
    return as_svg(draw(drawn)).decode("utf-8")


def as_svg(figure: Figure) -> bytes:
    """Return a figure as SVG, its text as text."""
    target = io.BytesIO()
    # Without a time of its own, the same search is the same text but for the names of clips.
    figure.savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue()


def as_png(figure: Figure) -> bytes:
    """Return a figure as PNG, two pixels for each of CSS's."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=PNG_DPI)
    return target.getvalue()
