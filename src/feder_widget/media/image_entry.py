"""An entry of ``images`` as data sets give it → the picture alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media.errors import BadImage
from feder_widget.media.one_line import one_line
from feder_widget.media.pixels import channels_last, to_pixels
from feder_widget.model.array_like import as_array

MOST_KEYS = 5
"""Keys of a dict that a message names."""


def bare_image(entry: Any) -> Any:
    """Return the picture of an entry: a path, encoded bytes, an array, a PIL image.

    Parameters
    ----------
    entry : object
        A picture; a dict with ``bytes`` or ``path``, as Hugging Face data sets store one; or a tuple of a
        picture and its label, as torchvision's data sets give.

    Raises
    ------
    BadImage
        If it is a dict or a tuple of another kind.
    """
    if isinstance(entry, dict):
        picture = entry.get("bytes")
        picture = entry.get("path") if picture is None else picture
        if picture is None:
            keys = one_line(", ".join(map(str, list(entry)[:MOST_KEYS])) or "none", 80)
            raise BadImage(f'got dict with the keys {keys}; wanted "bytes" or "path", or a picture')
        return picture
    if isinstance(entry, tuple):
        if not is_pair(entry):
            raise BadImage(f"got tuple of {len(entry)}; wanted a picture, or a picture and its label")
        return entry[0]
    return entry


def is_pair(entry: object) -> bool:
    """Return whether an entry is a picture, or the path of one, and its label."""
    return isinstance(entry, tuple) and len(entry) == 2 and not isinstance(entry[0], (int, float, np.number))


def array_pixels(entry: Any) -> NDArray[np.uint8]:
    """Return the 8-bit pixels of an array or tensor; one with channels first is transposed.

    Raises
    ------
    BadImage
        If it has not the shape or type of an image.
    Exception
        Whatever its own library raises.
    """
    try:
        values = as_array(entry, "the image")
    except TypeError as error:
        raise (error.__cause__ or error) from None
    return to_pixels(channels_last(values))
