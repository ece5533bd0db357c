"""A small PNG that is saved with a notebook: in few colours, within a number of bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence

from PIL import Image

from feder_widget.palette import Palette, Rgb, mix, rgb_of

MOST_BYTES = 120_000
"""The picture is saved with the notebook."""

SCALES = (2, 1)
"""Pixels for each CSS pixel, the best first."""

FINER = 2
"""Pixels painted for each one that is kept: Pillow paints shapes with rough edges."""

SAMPLED = 24
"""Side of the pictures that colours are chosen by."""

APART = 12
"""Least distance of the colours of pictures from those of the ground and the cells: Pillow, which compares in
steps of four levels, would take one for the other.
"""

BETWEEN = (0.25, 0.5, 0.75)


def small_png(paint: Callable[[float], Image.Image], colours: Image.Image, scales: Sequence[float]) -> bytes:
    """Return a picture as a PNG of at most ``MOST_BYTES`` bytes, unless the least size is larger.

    Parameters
    ----------
    paint : function
        Paints the picture with so many pixels for each CSS pixel, RGB.
    colours : PIL image
        Holds the colours of the picture, as ``colours_of`` returns it.
    scales : sequence of float
        Pixels for each CSS pixel, the best first: the first that makes it small enough is taken.
    """
    for scale in scales:
        found = _encoded(paint(scale * FINER).reduce(FINER), colours)
        if len(found) <= MOST_BYTES:
            break
    return found


def colours_of(
    palette: Palette, lines: Sequence[Rgb], areas: Sequence[Rgb], images: Sequence[Image.Image | None]
) -> Image.Image:
    """Return an image that has the colours of the theme and those that the pictures need most.

    Parameters
    ----------
    palette : Palette
        The theme.
    lines : sequence of Rgb
        Colours of lines and letters besides: their edges are between them and the ground.
    areas : sequence of Rgb
        Colours of areas besides, of which those of pictures keep off.
    images : sequence of PIL images or None
        The pictures, RGBA.
    """
    background = rgb_of(palette.background)
    texts = [rgb_of(ink) for ink in (palette.text, palette.muted, palette.danger)]
    raised = rgb_of(palette.raised)
    between = [mix(background, ink, share) for ink in (*texts, *lines) for share in BETWEEN]
    own = list(dict.fromkeys([background, *areas, *texts, raised, *lines, *between]))
    seen = [image.resize((SAMPLED, SAMPLED)).convert("RGB") for image in images if image is not None]
    if seen and len(own) < 256:
        sheet = Image.new("RGB", (SAMPLED, SAMPLED * len(seen)))
        for i, image in enumerate(seen):
            sheet.paste(image, (0, SAMPLED * i))
        found = sheet.quantize(256 - len(own), Image.Quantize.MEDIANCUT).getpalette() or []
        grounds = (background, *areas)
        own += [
            colour
            for colour in zip(*[iter(found)] * 3, strict=True)
            if min(math.dist(colour, ground) for ground in grounds) > APART
        ]
    held = Image.new("P", (1, 1))
    held.putpalette([part for colour in own[:256] for part in colour])
    return held


def _encoded(image: Image.Image, colours: Image.Image) -> bytes:
    """Return an image in these colours as a PNG: one byte for each pixel, before it is compressed."""
    target = io.BytesIO()
    image.quantize(palette=colours, dither=Image.Dither.NONE).save(target, "PNG")
    return target.getvalue()
