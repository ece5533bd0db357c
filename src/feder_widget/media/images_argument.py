"""The `images` argument → a lookup from row id to one image, undecoded."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import numpy as np
from PIL import Image

from feder_widget.media.entries import IdRange, Lookup, open_entries
from feder_widget.media.pixels import ArrayStack
from feder_widget.model.array_like import is_tensor
from feder_widget.model.natural_order import natural_key

_WANTED = (
    "None, a glob, an array of shape (n, h, w), (n, h, w, 1 | 3 | 4) or (n, 1 | 3 | 4, h, w), or a sequence, "
    "a mapping or a function of the row id that gives paths, URLs, encoded bytes, arrays or PIL images"
)


def open_images(images: object, index_ids: IdRange) -> Lookup | None:
    """Open the `images` argument, without reading an image or an entry; see `feder_widget.media.Media`.

    Raises
    ------
    TypeError, ValueError
        If it cannot hold one image per row id, has the wrong shape or length, or is a glob without a match.
    """
    if images is None:
        return None
    if isinstance(images, (str, os.PathLike)):
        return _open_glob(os.fspath(images), index_ids)
    if isinstance(images, Image.Image):
        raise TypeError("images must hold one image per row id, got one PIL image; pass a list")
    if is_tensor(images) or _is_number_array(images):
        stack = ArrayStack(images)
        index_ids.check_length("images", len(stack))
        return stack
    return open_entries("images", images, index_ids, _WANTED)


def _is_number_array(images: object) -> bool:
    dtype = getattr(images, "dtype", None)
    if dtype is None or not hasattr(images, "shape") or hasattr(images, "iloc"):
        return False
    try:
        kind = np.dtype(dtype).kind
    except TypeError:  # another library's dtype, such as torch's: its items are converted one by one
        return False
    if kind == "S":
        # NumPy drops trailing zero bytes from this type, which would damage encoded images.
        raise TypeError("images must not be an array of type 'S'; pass a list of bytes, or dtype=object")
    return kind not in "OUT"


def _open_glob(pattern: str | bytes, index_ids: IdRange) -> Lookup:
    pattern = os.path.expanduser(os.fsdecode(pattern))  # noqa: PTH111  (a glob is no path: Path would rewrite it)
    if pattern.lower().startswith(("http:", "https:", "data:")):
        raise ValueError(
            "images must hold one image per row id, got one URL; pass a list or a function of the row id"
        )
    if Path(pattern).is_dir():
        raise ValueError(
            f"images must be a glob that matches files, got the directory {pattern!r}; "
            f"try {str(Path(glob.escape(pattern)) / '**' / '*.jpg')!r}"
        )
    if not glob.has_magic(pattern):
        raise ValueError(
            f"images must be a glob such as 'photos/**/*.jpg', got {pattern!r}; pass a list for one path"
        )
    # Files only, or '**' would count every directory as a row.
    paths = [path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)]  # noqa: PTH113, PTH207
    paths.sort(key=natural_key)
    if not paths:
        raise ValueError(f"images must be a glob that matches files, got {pattern!r}, which matches none")
    index_ids.check_length("images", len(paths))
    # A Path: a name with a colon in it is a file here, never a URL.
    return lambda row_id: Path(paths[row_id]) if 0 <= row_id < len(paths) else None
