"""Colours by a picture's ICC profile → sRGB, which browsers show."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any, Literal

from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4 << 20
"""Profiles of printers have up to 2 MiB; a longer one is ignored."""

_SRGB: Literal["sRGB"] = "sRGB"


def in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Convert a picture to sRGB by its profile.

    A profile that is damaged, that belongs to another kind of picture or that is sRGB itself is ignored.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode L, RGB, RGBA or CMYK.
    profile : object
        The bytes of its ICC profile, as Pillow keeps them in ``image.info["icc_profile"]``.

    Returns
    -------
    PIL.Image.Image
        Mode RGB or RGBA where the profile was used, else the same image.
    """
    if not isinstance(profile, bytes) or not 0 < len(profile) <= MAX_PROFILE_BYTES:
        return image
    if image.mode == "RGBA":
        opaque = in_srgb(image.convert("RGB"), profile)
        opaque.putalpha(image.getchannel("A"))
        return opaque
    try:
        transform = _transform(profile, image.mode)
        return image if transform is None else transform.apply(image)
    except Exception:  # a damaged profile is no reason to refuse the picture
        return image


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """Return the transform to sRGB; None where the profile is sRGB or unfit, so that it is parsed once."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith(_SRGB):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile(_SRGB), mode, "RGB")
    except Exception:
        return None
