"""Pictures of a page, encoded in few bytes."""

from __future__ import annotations

import io

from PIL import Image

QUALITY = 82
"""Of JPEG: at the sizes that tiles have, nothing is to be seen of it. WebP takes ten times as long."""

FEW_BYTES = 600
"""A smaller picture stays as it is."""


def smaller(mime: str, data: bytes) -> tuple[str, bytes]:
    """Return a picture as JPEG where that is smaller; else, and where it is transparent, as it is.

    ``data`` is a picture that this package has encoded. The page knows transparent ones by their PNG.
    """
    if len(data) <= FEW_BYTES:
        return mime, data
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        if picture.has_transparency_data:
            return mime, data
        picture.convert("RGB").save(encoded, "JPEG", quality=QUALITY)
    packed = encoded.getvalue()
    return ("image/jpeg", packed) if len(packed) < len(data) else (mime, data)
