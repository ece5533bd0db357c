"""Pictures of rows on axes: whole in vector files, smooth in raster ones; frames and ranks around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.image import AxesImage
from matplotlib.path import Path
from matplotlib.transforms import TransformedPath

from feder_widget.figures.canvas import Canvas, Ink
from feder_widget.figures.fonts import shown_text
from feder_widget.figures.shapes import box

MISSED_DASH = (3.5, 2.5)
FRAME = 0.07
"""Width of a frame as a share of its picture's side."""


class RowImage(AxesImage):
    """A picture that a vector file holds with all its pixels, and that a raster one holds smoothed."""

    def draw(self, renderer: Any) -> None:
        """Draw the picture."""
        self.set_interpolation("none" if renderer.option_scale_image() else "antialiased")
        super().draw(renderer)

    def can_composite(self) -> bool:
        """Return whether neighbours may be merged into one picture: they would lose their pixels."""
        return False


def put_picture(
    canvas: Canvas, pixels: npt.NDArray[np.uint8], x: float, y: float, side: float, clip: Path, order: float
) -> None:
    """Put a whole picture in a square around a place, cut to a shape."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width, 1) / 2
    placed = RowImage(
        canvas.axes,
        extent=(x - width * scale, x + width * scale, y + height * scale, y - height * scale),
        origin="upper",
        zorder=order,
    )
    placed.set_data(pixels)
    placed.set_clip_path(TransformedPath(clip, canvas.axes.transData))
    placed.set_in_layout(False)
    canvas.axes.add_image(placed)


def put_framed(
    canvas: Canvas, pixels: npt.NDArray[np.uint8] | None, label: str | None, x: float, y: float, side: float,
    colour: Ink, is_missed: bool, order: float = 4,
) -> None:  # fmt: skip
    """Put a row's picture in a frame, or the beginning of its label where it has none."""
    palette = canvas.palette
    width = min(2.5, max(1.5, side * FRAME))
    corner = min(6.0, side / 6)

    def square(inner: float, inner_corner: float) -> Path:
        return box(x - inner / 2, y - inner / 2, x + inner / 2, y + inner / 2, inner_corner)

    canvas.paths([square(side, corner)], fill=palette.raised, order=order)
    if pixels is not None:
        inner = side - 2 * width
        put_picture(canvas, pixels, x, y, inner, square(inner, max(1, corner - width)), order + 0.01)
    elif label is not None:
        put_lines(canvas, label, x, y, side - 8, order + 0.01)
    canvas.paths(
        [square(side - width, corner)], edge=colour, width=width, order=order + 0.02,
        dash=MISSED_DASH if is_missed else None,
    )  # fmt: skip


def put_lines(canvas: Canvas, label: str, x: float, y: float, width: float, order: float) -> None:
    """Write the beginning of a text in three lines at most."""
    size = canvas.look.small * 0.85
    step = canvas.pixels(size) * 1.15
    lines = wrapped(canvas, shown_text(label), width, size, min(3, int(width // step)))
    for i, line in enumerate(lines):
        canvas.write(x, y + step * (i - (len(lines) - 1) / 2), line, size=size, order=order)


def wrapped(canvas: Canvas, text: str, width: float, size: float, most: int) -> list[str]:
    """Return a text in lines of this width in CSS pixels; what does not fit is cut."""
    lines: list[str] = []
    rest = text.split(" ")
    while rest and len(lines) < most:
        line = rest.pop(0)
        while rest and canvas.text_width(f"{line} {rest[0]}", size) <= width:
            line += f" {rest.pop(0)}"
        lines.append(_cut(canvas, line + ("…" if rest and len(lines) == most - 1 else ""), width, size))
    return lines


def _cut(canvas: Canvas, line: str, width: float, size: float) -> str:
    """Return as much of a line as fits."""
    if canvas.text_width(line, size) <= width:
        return line
    while len(line) > 1 and canvas.text_width(f"{line}…", size) > width:
        line = line[:-1]
    return f"{line}…"


def put_pill(
    canvas: Canvas, text: str, x: float, y: float, *, edge: Ink, order: float = 7, height: float = 0,
    fill: Ink | None = None, colour: Ink | None = None, dash: tuple[float, float] | None = None,
) -> None:  # fmt: skip
    """Write a rank in a pill around a place."""
    size = canvas.look.badge if not height else min(canvas.look.badge, (height - 4) * 0.75)
    tall = height or pill_height(canvas)
    wide = max(tall, canvas.text_width(text, size, bold=True) + 0.45 * tall)
    shape = box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, tall / 2)
    canvas.paths(
        [shape], fill=fill or canvas.palette.background, edge=edge, width=1.25, dash=dash, order=order
    )
    canvas.write(x, y, text, size=size, bold=True, colour=colour, order=order + 0.01)


def pill_height(canvas: Canvas) -> float:
    """Return the height of a pill for the small text, in CSS pixels."""
    return canvas.pixels(canvas.look.badge) * 1.55


def pill_width(canvas: Canvas, text: str) -> float:
    """Return the width of a pill for a text, in CSS pixels."""
    tall = pill_height(canvas)
    return max(tall, canvas.text_width(text, canvas.look.badge, bold=True) + 0.45 * tall)
