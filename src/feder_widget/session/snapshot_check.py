"""The picture that a notebook has to show when it is opened without its kernel. The page makes it.

It shows the last state of the page. The picture in a cell's output (`figures/cell_output/view.py`) is of the
moment when the cell ran.
"""

from __future__ import annotations

import re

MAX_PICTURE = 40_000
"""Characters: the picture is saved with the notebook, once for each widget."""

MAX_CAPTION = 200

_PICTURE = re.compile(r"data:image/(?:webp|png);base64,[A-Za-z0-9+/]+={0,2}")


def checked_snapshot(value: object) -> tuple[str, str] | tuple[()]:
    """Return the picture, empty where there is none, and what it shows; nothing where nothing was taken.

    Raises
    ------
    ValueError
        If it is anything else, or too large.
    """
    if isinstance(value, (list, tuple)) and not value:
        return ()
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError("a snapshot is a picture and a caption")
    picture, caption = value
    if not isinstance(caption, str) or len(caption) > MAX_CAPTION:
        raise ValueError(f"the caption of a snapshot is a text of at most {MAX_CAPTION} characters")
    if not isinstance(picture, str) or len(picture) > MAX_PICTURE:
        raise ValueError(f"the picture of a snapshot has at most {MAX_PICTURE:,} characters")
    if picture and not _PICTURE.fullmatch(picture):
        raise ValueError("the picture of a snapshot is a data:image URL, WebP or PNG")
    return picture, caption
