"""Shapes and texts painted by Pillow, in CSS pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from feder_widget.figures.pen import Ink, Points
from feder_widget.palette import Palette

BADGE = 10
"""Size of the text in a pill."""

WITHOUT_GLYPH = str.maketrans({"\N{MULTIPLICATION SIGN}": "x", "\N{RIGHTWARDS ARROW}": ">"})
"""Signs that the font of Pillow does not have."""


class PixelPen:
    """Paints on a picture.

    Parameters
    ----------
    size : (float, float)
        Width and height in CSS pixels.
    scale : float
        Pixels for each CSS pixel.
    palette : Palette
        The colours of the ground and of texts.

    Attributes
    ----------
    image : PIL image
        The picture, RGB.
    """

    def __init__(self, size: tuple[float, float], scale: float, palette: Palette) -> None:
        self._palette = palette
        self._scale = scale
        self.image = Image.new("RGB", (round(size[0] * scale), round(size[1] * scale)), palette.background)
        self._pen = ImageDraw.Draw(self.image)
        self._fonts: dict[int, Any] = {}

    def _scaled(self, points: Points) -> list[tuple[float, float]]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def polygon(
        self, corners: Points, *, fill: Ink | None = None, edge: Ink | None = None, width: float = 0
    ) -> None:
        """Paint a polygon, its outline or both."""
        points = self._scaled(corners)
        if fill is not None:
            self._pen.polygon(points, fill=fill)
        if edge is not None:
            self._pen.line([*points, *points[:2]], fill=edge, width=self._pixels(width), joint="curve")

    def line(self, points: Points, ink: Ink, width: float) -> None:
        """Paint a line."""
        self._pen.line(self._scaled(points), fill=ink, width=self._pixels(width))

    def strokes(self, strokes: npt.NDArray[np.float64], ink: Ink, width: float) -> None:
        """Paint separate lines, (n, 4): from x, y to x, y."""
        for stroke in (strokes * self._scale).tolist():
            self._pen.line(stroke, fill=ink, width=self._pixels(width))

    def dashed(
        self, corners: Points, ink: Ink, width: float, dash: tuple[float, float], *, is_open: bool = False
    ) -> None:
        """Paint a line of dashes, closed unless it is said to be open."""
        points = np.array([*corners, *([] if is_open else corners[:1])])
        steps = np.hypot(*np.diff(points, axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        if along[-1] == 0:
            return
        count = max(1, round(along[-1] / sum(dash)))
        period = along[-1] / count
        for i in range(count):
            ends = i * period, i * period + period * dash[0] / sum(dash)
            inner = along[(along > ends[0]) & (along < ends[1])]
            stops = np.concatenate([[ends[0]], inner, [ends[1]]])
            x, y = (np.interp(stops, along, points[:, axis]).tolist() for axis in (0, 1))
            self.line(list(zip(x, y, strict=True)), ink, width)

    def circle(self, x: float, y: float, radius: float, *, fill: Ink) -> None:
        """Paint a disc."""
        self._pen.ellipse(self._scaled([(x - radius, y - radius), (x + radius, y + radius)]), fill=fill)

    def circles(
        self, places: Points, radius: float, *, fill: Ink, edge: Ink | None = None, width: float = 0,
        dash: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """Paint discs with an edge, of dashes where these are given."""
        for x, y in places:
            if edge is None or dash is not None:
                self.circle(x, y, radius, fill=fill)
            else:
                self.circle(x, y, radius + width / 2, fill=edge)
                self.circle(x, y, radius - width / 2, fill=fill)
            if edge is not None and dash is not None:
                angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
                ring = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
                self.dashed([(a, b) for a, b in ring.tolist()], edge, width, dash)

    def box(
        self, x: float, y: float, width: float, height: float, corner: float, *, fill: Ink | None = None,
        edge: Ink | None = None, line: float = 0,
    ) -> None:  # fmt: skip
        """Paint a box with round corners around a place."""
        corners = self._scaled([(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)])
        self._pen.rounded_rectangle(
            corners, corner * self._scale, fill=fill, outline=edge, width=self._pixels(line) if edge else 0
        )

    def frame(self, x: float, y: float, side: float, edge: Ink, is_missed: bool) -> None:
        """Paint the frame of a tile, of dashes where its row is missed."""
        if not is_missed:
            self.box(x, y, side + 2, side + 2, 6, edge=edge, line=2)
            return
        half, corner = side / 2, 4
        square = [
            (x + across * (half - (corner if turned else 0)), y + down * (half - (0 if turned else corner)))
            for across, down, turned in (
                (-1, -1, True), (1, -1, True), (1, -1, False), (1, 1, False), (1, 1, True), (-1, 1, True),
                (-1, 1, False), (-1, -1, False),
            )
        ]  # fmt: skip
        self.dashed(square, edge, 2, (5, 3.5))

    def paste(self, picture: Image.Image, x: float, y: float, side: float) -> None:
        """Paint a whole picture in a square around a place."""
        scale = side * self._scale / max(picture.size)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        fitted = picture.resize(size, Image.Resampling.BILINEAR)
        corner = round(x * self._scale - size[0] / 2), round(y * self._scale - size[1] / 2)
        self.image.paste(fitted, corner, fitted)

    def pill(
        self, text: str, x: float, y: float, edge: Ink, tall: float, *, fill: Ink | None = None,
        ink: Ink | None = None,
    ) -> None:  # fmt: skip
        """Write a short text in a pill around a place."""
        wide = self.pill_width(text, tall)
        self.box(x, y, wide, tall, tall / 2, fill=fill or self._palette.background, edge=edge, line=1.25)
        self.write(x, y, text, BADGE, ink or self._palette.text)

    def pill_width(self, text: str, tall: float) -> float:
        """Return the width of a pill."""
        return max(tall, self.width(text, BADGE) + 0.5 * tall)

    def write(
        self, x: float, y: float, text: str, size: float, ink: Ink | None = None, anchor: str = "mm"
    ) -> None:
        """Write a text."""
        at = x * self._scale, y * self._scale
        text = text.translate(WITHOUT_GLYPH)
        self._pen.text(at, text, fill=ink or self._palette.text, font=self._font(size), anchor=anchor)

    def write_edged(
        self, x: float, y: float, text: str, size: float, ink: Ink, anchor: str = "mm", *, bold: bool = False
    ) -> None:
        """Write a text with an edge in the colour of the ground; the font has no bold letters."""
        del bold
        self._pen.text(
            (x * self._scale, y * self._scale), text.translate(WITHOUT_GLYPH), fill=ink, anchor=anchor,
            font=self._font(size), stroke_width=self._pixels(2.5), stroke_fill=self._palette.background,
        )  # fmt: skip

    def write_upward(self, x: float, y: float, text: str, size: float, ink: Ink) -> None:
        """Write a text around a place that reads upward."""
        font = self._font(size)
        left, top, right, bottom = (round(end) for end in self._pen.textbbox((0, 0), text, font=font))
        letters = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(letters).text((-left, -top), text, fill=255, font=font)
        turned = letters.transpose(Image.Transpose.ROTATE_90)
        corner = round(x * self._scale - turned.width / 2), round(y * self._scale - turned.height / 2)
        self._pen.bitmap(corner, turned, fill=ink)

    def width(self, text: str, size: float) -> float:
        """Return the width of a text."""
        return float(self._pen.textlength(text, font=self._font(size))) / self._scale

    def _font(self, size: float) -> Any:
        pixels = round(size * self._scale)
        if pixels not in self._fonts:
            self._fonts[pixels] = ImageFont.load_default(pixels)
        return self._fonts[pixels]

    def _pixels(self, width: float) -> int:
        return max(1, round(width * self._scale))
