"""Arrays of any number type → 8-bit pixels.

The rule, for one image and for an array of images: uint8 stays, bool becomes black and white. Other types
have a range: 0..1 if all values lie in it, 0..255 if the largest lies in 128..255, 0 to the largest below
that (scikit-learn's digits: 0..16); with negative values, and with any above 255 (16 bits), from the least to
the greatest. NaN counts as 0. A file of 16 bits goes from the least to the greatest whatever these are.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media.errors import BadImage
from feder_widget.model.array_like import as_array, is_tensor

SAMPLED_IMAGES = 256
SAMPLED_VALUES = 1 << 22
"""Most images, and about the most values, that the range of an array comes from, evenly spread: reading 10
million images would take minutes."""

CHANNELS = (1, 3, 4)


def value_range(values: NDArray[Any]) -> tuple[float, float]:
    """Return the values of black and white, by the rule above.

    Parameters
    ----------
    values : array of bool, int or float, any shape
        Values that are not finite are ignored.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if low < 0 or high > 255:
        return extremes(finite)
    if high <= 1:
        return 0.0, 1.0
    return 0.0, 255.0 if high >= 128 else high


def extremes(values: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest of some finite values; 0 and the value where there is one above 0."""
    low, high = float(values.min()), float(values.max())
    if high > low:
        return low, high
    return (0.0, high) if high > 0 else (low, low + 1)


def to_pixels(values: NDArray[Any], black_white: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Turn one image into 8-bit pixels.

    Parameters
    ----------
    values : array of shape (h, w) or (h, w, 1 | 3 | 4), bool, int or float
    black_white : (float, float), optional
        Values of black and white; by default the image's own range. Unused for uint8 and bool.

    Returns
    -------
    uint8 array of shape (h, w) or (h, w, 3 | 4), C-contiguous

    Raises
    ------
    BadImage
        If it has not the shape or type of an image.
    """
    shape = values.shape
    if values.dtype.kind not in "buif":
        raise BadImage(f"an array of type {values.dtype} is no image; wanted uint8, bool, int or float")
    if len(shape) not in (2, 3) or 0 in shape or (len(shape) == 3 and shape[2] not in CHANNELS):
        raise BadImage(f"an array of shape {shape} is no image; wanted (h, w) or (h, w, 1 | 3 | 4)")
    if len(shape) == 3 and shape[2] == 1:
        values = values[:, :, 0]
    if values.dtype == np.uint8:
        exact: NDArray[np.uint8] = np.ascontiguousarray(values)
        return exact
    if values.dtype == np.bool_:
        white: NDArray[np.uint8] = values.astype(np.uint8) * np.uint8(255)
        return white
    low, high = black_white or value_range(values)
    with np.errstate(all="ignore"):
        shown = (np.nan_to_num(values.astype(np.float64)) - low) * (255.0 / (high - low))
    pixels: NDArray[np.uint8] = np.rint(shown.clip(0, 255)).astype(np.uint8)
    return pixels


def channels_last(values: NDArray[Any]) -> NDArray[Any]:
    """Return one image with its channels last.

    Shape (c, h, w), as torch has it, is read as such where w is no number of channels: (3, 8, 8) can mean
    nothing else.
    """
    shape = values.shape
    is_first = len(shape) == 3 and shape[0] in CHANNELS and shape[2] not in CHANNELS
    return np.moveaxis(values, 0, 2) if is_first else values


class ArrayStack:
    """A lookup into one array of images. They share one range, so that they can be compared.

    Parameters
    ----------
    images : array-like of shape (n, h, w), (n, h, w, 1 | 3 | 4) or (n, 1 | 3 | 4, h, w)
        NumPy array, memory map, tensor, or anything with shape, a NumPy dtype and items (h5py, zarr). Read
        one image at a time.

    Raises
    ------
    ValueError, TypeError
        If it has not the shape or type of images.
    """

    def __init__(self, images: Any) -> None:
        shape, dtype = tuple(images.shape), _dtype_of(images)
        wanted = "(n, h, w), (n, h, w, 1 | 3 | 4) or (n, 1 | 3 | 4, h, w)"
        if dtype.kind not in "buif":
            raise TypeError(f"images must be an array of uint8, bool, int or float, got {dtype}")
        if len(shape) == 2:
            raise ValueError(f"images must have shape {wanted}, got {shape}; reshape flat rows to (n, h, w)")
        has_channels = len(shape) == 4 and (shape[3] in CHANNELS or shape[1] in CHANNELS)
        if 0 in shape[1:] or not (len(shape) == 3 or has_channels):
            raise ValueError(f"images must have shape {wanted}, got {shape}")
        self._images = images
        self._dtype = dtype

    def __len__(self) -> int:
        return int(self._images.shape[0])

    def __call__(self, row_id: int) -> NDArray[np.uint8] | None:
        """Return the 8-bit pixels of a row, None for an id outside the array."""
        if not 0 <= row_id < len(self):
            return None
        image = channels_last(self._image(row_id))
        return to_pixels(image, None if self._dtype in (np.uint8, np.bool_) else self._range)

    @cached_property
    def _range(self) -> tuple[float, float]:
        per_image = max(1, int(np.prod(self._images.shape[1:])))
        count = min(len(self), SAMPLED_IMAGES, max(1, SAMPLED_VALUES // per_image))
        step = max(1, per_image // SAMPLED_VALUES)
        rows = np.linspace(0, len(self) - 1, count).astype(np.int64)
        return value_range(np.concatenate([self._image(int(row)).ravel()[::step] for row in rows]))

    def _image(self, row_id: int) -> NDArray[Any]:
        return as_array(self._images[row_id], "images")


def _dtype_of(images: Any) -> np.dtype[Any]:
    """Return the type of the numbers; of a tensor, the type that its numbers have in NumPy."""
    return as_array(images[:0], "images").dtype if is_tensor(images) else np.dtype(images.dtype)
