"""A vector drawn as a grid: one cell per component."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from feder_widget.media.thumbnail import Thumbnail, placeholder

MAX_CELLS = 1024
"""Most cells: 32 by 32 still show at 64 pixels. More components are averaged in groups of neighbours."""

# Blue for negative, orange for positive: distinct with any colour vision. The ends show on a dark page, and
# zero on a white one.
_ANCHORS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
_COLOURS = np.array([(31, 95, 168), (127, 176, 216), (226, 226, 226), (240, 168, 96), (179, 88, 6)], float)
_LEVELS = 255
_ABSENT = 255


def render_strip(vector: NDArray[np.float32], size: int) -> Thumbnail:
    """Draw a vector as a grid, its components in reading order.

    Zero is light grey; positive components run to orange, negative ones to blue. Full colour is the vector's
    own largest absolute component, so the picture depends on nothing but the vector. The colour follows the
    square root of the absolute value: in real embeddings (CLIP's among them) a few components are ten times
    the others, which would be blank on a straight scale. A component that is not finite is transparent.

    Parameters
    ----------
    vector : array of shape (dim,), float32
        Components beyond `MAX_CELLS` are averaged in groups of neighbours.
    size : int
        Longest side at most, in pixels.

    Returns
    -------
    Thumbnail
        A palette PNG whose cells are squares of whole pixels; a placeholder without a finite component, as
        for an id that is not in the index.
    """
    values = _averaged(np.asarray(vector, np.float64))
    if not np.isfinite(values).any():
        return placeholder("there is no vector to draw")
    columns = _columns(values.size)
    rows = -(-values.size // columns)
    cells = np.full(rows * columns, _ABSENT, np.uint8)
    cells[: values.size] = _levels(values)
    side = max(1, size // max(rows, columns))
    grid = cells.reshape(rows, columns).repeat(side, axis=0).repeat(side, axis=1)
    image = Image.fromarray(grid)
    image.putpalette(_palette())
    stream = io.BytesIO()
    image.save(stream, "PNG", transparency=_ABSENT)
    return Thumbnail("image/png", stream.getvalue(), width=image.width, height=image.height)


def _averaged(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    if vector.size <= MAX_CELLS:
        return vector
    starts = np.arange(MAX_CELLS + 1) * vector.size // MAX_CELLS
    return np.asarray(np.add.reduceat(vector, starts[:-1]) / np.diff(starts))


def _columns(count: int) -> int:
    """Return the width of the squarest full grid of `count` cells, else of a square one with cells unused."""
    root = math.isqrt(count - 1) + 1
    full = (columns for columns in range(root, math.isqrt(2 * count) + 1) if count % columns == 0)
    return next(full, root)


def _levels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    finite = np.isfinite(values)
    largest = np.abs(values[finite]).max(initial=0.0)
    share = np.divide(values, largest, out=np.zeros_like(values), where=finite & (largest > 0))
    middle = _LEVELS // 2
    levels = np.rint(middle + middle * np.sign(share) * np.sqrt(np.abs(share)))
    return np.where(finite, levels, _ABSENT).astype(np.uint8)


def _palette() -> bytes:
    positions = np.linspace(-1, 1, _LEVELS)
    colours = [np.interp(positions, _ANCHORS, channel) for channel in _COLOURS.T]
    table: NDArray[np.uint8] = np.rint(np.stack(colours, axis=1)).astype(np.uint8)
    return table.tobytes() + bytes(3)
