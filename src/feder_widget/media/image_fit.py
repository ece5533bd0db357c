"""One image → upright, in a mode that browsers show, no larger than asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from feder_widget.media.colour_profile import in_srgb
from feder_widget.media.image_orientation import upright_turn
from feder_widget.media.pixels import extremes, to_pixels


@dataclass(frozen=True, slots=True, eq=False)
class FittedImage:
    """An image as the page shows it.

    Attributes
    ----------
    image : PIL.Image.Image
        Mode L, RGB or RGBA, upright, in sRGB, without metadata.
    exact : bool
        Whether its pixels are the source's own, not resampled.
    note : str or None
        What the page says of it beside its label.
    """

    image: Image.Image
    exact: bool
    note: str | None = None


def fit(image: Image.Image, size: int, *, own: bool) -> FittedImage:
    """Shrink an image so that its longest side is at most `size`; never enlarge it.

    Parameters
    ----------
    image : PIL.Image.Image
        Open, perhaps not decoded yet.
    size : int
        Pixels.
    own : bool
        Whether the image may be changed. If so, a large JPEG is decoded at a fraction of its size.

    Returns
    -------
    FittedImage
    """
    target = _target(image.size, size)
    if own:
        # Half as large again as needed, so that the final resampling can smooth.
        image.draft(None, (target[0] * 3 // 2, target[1] * 3 // 2))
    image.load()
    turn = upright_turn(image)
    shown = _displayable(image)
    exact = shown.size == target
    if not exact:
        shown = shown.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)
    shown = in_srgb(shown, image.info.get("icc_profile"))
    if shown.mode == "CMYK":
        shown = shown.convert("RGB")
    shown = shown.copy() if turn is None else shown.transpose(turn)
    # Pillow writes comments and colour profiles found here into the thumbnail.
    shown.info = {}
    return FittedImage(shown, exact, _note(image))


def _note(image: Image.Image) -> str | None:
    """Say that an image is one of several; an MPO is a photograph with previews of itself."""
    if image.format == "MPO" or not getattr(image, "is_animated", False):
        return None
    return "first page" if image.format == "TIFF" else "first frame of an animation"


def _target(original: tuple[int, int], size: int) -> tuple[int, int]:
    width, height = original
    scale = min(1.0, size / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _displayable(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        return Image.fromarray(to_pixels(np.asarray(image)))
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image)
        return Image.fromarray(to_pixels(values, extremes(values)))
    if image.mode in ("LA", "La", "PA", "RGBa", "RGBA") or "transparency" in image.info:
        straight = image.convert("LA") if image.mode == "La" else image
        rgba = straight if straight.mode == "RGBA" else straight.convert("RGBA")
        return rgba.convert("RGB") if rgba.getchannel("A").getextrema() == (255, 255) else rgba
    # The colours of CMYK are those of its profile, which needs all four channels.
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")
