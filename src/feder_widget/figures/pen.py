"""What paints shapes and texts, in CSS pixels: Pillow or matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.palette import Rgb

Ink = Rgb | str
Points = Sequence[tuple[float, float]]


class Pen(Protocol):
    """Paints what comes later over what came before. Sizes of texts and widths of lines are CSS pixels."""

    def polygon(self, corners: Points, *, fill: Ink) -> None:
        """Paint a polygon."""
        ...

    def line(self, points: Points, ink: Ink, width: float) -> None:
        """Paint a line."""
        ...

    def strokes(self, strokes: npt.NDArray[np.float64], ink: Ink, width: float) -> None:
        """Paint separate lines, (n, 4): from x, y to x, y."""
        ...

    def dashed(
        self, corners: Points, ink: Ink, width: float, dash: tuple[float, float], *, is_open: bool
    ) -> None:
        """Paint a line of dashes."""
        ...

    def circles(
        self,
        places: Points,
        radius: float,
        *,
        fill: Ink,
        edge: Ink | None = None,
        width: float = 0,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """Paint discs with an edge, of dashes where these are given."""
        ...

    def write(self, x: float, y: float, text: str, size: float, ink: Ink | None, anchor: str) -> None:
        """Write a text; its anchor is "l", "m" or "r", then "m"."""
        ...

    def write_edged(
        self, x: float, y: float, text: str, size: float, ink: Ink, anchor: str, *, bold: bool
    ) -> None:
        """Write a text with an edge in the colour of the ground."""
        ...

    def write_upward(self, x: float, y: float, text: str, size: float, ink: Ink) -> None:
        """Write a text around a place that reads upward."""
        ...

    def width(self, text: str, size: float) -> float:
        """Return the width of a text."""
        ...
