"""The axes of matplotlib as a pen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from feder_widget.figures.canvas import PX, Canvas, ink
from feder_widget.figures.fonts import text_options
from feder_widget.figures.pen import Ink, Points

ACROSS = {"l": "left", "m": "center", "r": "right"}

RASTERISED = 20_000
"""More shapes than this are pixels in a vector file, which would take seconds to show otherwise."""


class CanvasPen:
    """Paints on a canvas in CSS pixels, each call over the ones before.

    Parameters
    ----------
    canvas : Canvas
        Axes whose unit is the CSS pixel.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._order = 1.0

    def polygon(self, corners: Points, *, fill: Ink) -> None:
        """Paint a polygon."""
        self._canvas.paths([Path([*corners, corners[0]], closed=True)], fill=fill, order=self._next())

    def line(self, points: Points, ink: Ink, width: float) -> None:
        """Paint a line."""
        self._canvas.paths([Path(points)], edge=ink, width=self._thick(width), order=self._next())

    def strokes(self, strokes: npt.NDArray[np.float64], ink: Ink, width: float) -> None:
        """Paint separate lines, (n, 4): from x, y to x, y."""
        drawn = LineCollection(
            list(strokes.reshape(-1, 2, 2)), colors=[_mpl(ink)], linewidths=self._thick(width) * PX,
            zorder=self._next(), rasterized=len(strokes) > RASTERISED,
        )  # fmt: skip
        self._add(drawn)

    def dashed(
        self, corners: Points, ink: Ink, width: float, dash: tuple[float, float], *, is_open: bool
    ) -> None:
        """Paint a line of dashes."""
        points = corners if is_open else [*corners, corners[0]]
        width = self._thick(width)
        self._canvas.paths([Path(points)], edge=ink, width=width, dash=dash, order=self._next())

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
        if not len(places):
            return
        width = self._thick(width)
        radius *= self._canvas.look.line**0.5
        drawn = PathCollection(
            [Path.unit_circle()], sizes=[(radius * PX) ** 2], offsets=np.asarray(places),
            offset_transform=self._canvas.axes.transData, facecolors=[_mpl(fill)],
            edgecolors="face" if edge is None else [_mpl(edge)],
            linewidths=0 if edge is None else width * PX, zorder=self._next(),
            linestyles="-" if dash is None else [self._canvas.dash(dash, width)],
            rasterized=len(places) > RASTERISED,
        )  # fmt: skip
        # `sizes` scale the unit circle, of radius 1, by their square root; it is in points as it stands.
        drawn.set_transform(IdentityTransform())
        self._add(drawn)

    def write(self, x: float, y: float, text: str, size: float, ink: Ink | None, anchor: str) -> None:
        """Write a text; its anchor is "l", "m" or "r", then "m"."""
        self._canvas.write(
            x, y, text, size=size * PX, colour=ink, across=ACROSS[anchor[0]], order=self._next()
        )

    def write_edged(
        self, x: float, y: float, text: str, size: float, ink: Ink, anchor: str, *, bold: bool
    ) -> None:
        """Write a text with an edge in the colour of the ground."""
        self._canvas.write(
            x, y, text, size=size * PX, colour=ink, across=ACROSS[anchor[0]], halo=True, bold=bold,
            order=self._next(),
        )  # fmt: skip

    def write_upward(self, x: float, y: float, text: str, size: float, ink: Ink) -> None:
        """Write a text around a place that reads upward."""
        written = self._canvas.axes.text(
            x, y, text, color=_mpl(ink), fontsize=size * PX, rotation=90, ha="center", va="center",
            zorder=self._next(), clip_on=False, **text_options(),
        )  # fmt: skip
        written.set_in_layout(False)

    def width(self, text: str, size: float) -> float:
        """Return the width of a text."""
        return self._canvas.text_width(text, size * PX)

    def _add(self, drawn: LineCollection | PathCollection) -> None:
        drawn.set_in_layout(False)
        self._canvas.axes.add_collection(drawn, autolim=False)

    def _thick(self, width: float) -> float:
        return width * self._canvas.look.line

    def _next(self) -> float:
        self._order += 0.001
        return self._order


def _mpl(colour: Ink) -> object:
    return ink(colour)
