"""Colours and edges of a picture, in 112 numbers: a descriptor, computed by a fixed rule. Nothing is learnt.

The picture is scaled to 48 by 48 pixels and taken to Oklab (Björn Ottosson, 2020), where equal distances look
about equally different. Four parts, which have about the same weight in a distance between photographs:

======================  ====  ==========================================================================
part                    size  numbers
======================  ====  ==========================================================================
places of colours         48  mean L, a and b in each cell of a grid of 4 by 4
contrast                  16  standard deviation of L in each of these cells
colours                   16  share of the pixels near each of 12 hues, and of 4 greys from black to white
edges                     32  orientations of the edges of L, 8 in each cell of a grid of 2 by 2
======================  ====  ==========================================================================

It finds pictures of the same colours in the same places, near copies among them. It does not know what a
picture shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 48
GRID = 4
HUES = 12
GREYS = 4
EDGE_GRID = 2
ORIENTATIONS = 8
WIDTH = GRID * GRID * 4 + HUES + GREYS + EDGE_GRID * EDGE_GRID * ORIENTATIONS

GREY_CHROMA = 0.04
"""Chroma at which a pixel counts half as a colour and half as a grey."""

# Middle and spread of each part over photographs, which are subtracted and divided by.
_MIDDLES = {"places": 0.0, "contrast": 0.11, "colours": 0.18, "edges": 0.09}
_SPREADS = {"places": 1.0, "contrast": 0.26, "colours": 0.7, "edges": 0.17}

# a and b of photographs vary a quarter as much as L.
_LAB_WEIGHTS = np.array([1, 4, 4] * GRID * GRID, np.float32)

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_STEPS = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)

Floats = NDArray[np.float32]


def describe(images: Sequence[Image.Image]) -> Floats:
    """Describe pictures by their colours and edges.

    Parameters
    ----------
    images : sequence of PIL.Image.Image

    Returns
    -------
    float32 array (n, 112)
    """
    small = [
        image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0) for image in images
    ]
    pixels = np.stack([np.asarray(image) for image in small])
    oklab = _oklab(pixels)
    lightness = oklab[..., 0]
    parts = {
        "places": _cells(oklab - np.array([0.6, 0, 0], np.float32), GRID).mean(2).reshape(len(small), -1)
        * _LAB_WEIGHTS,
        "contrast": _cells(lightness[..., None], GRID).std(2).reshape(len(small), -1),
        "colours": _colours(oklab),
        "edges": _edges(lightness),
    }
    scaled = [
        (part - np.float32(_MIDDLES[name])) / np.float32(_SPREADS[name]) for name, part in parts.items()
    ]
    return np.concatenate(scaled, 1)


def _oklab(pixels: NDArray[np.uint8]) -> Floats:
    cones = np.cbrt(_LINEAR[pixels] @ _TO_CONES.T)
    oklab: Floats = cones @ _TO_OKLAB.T
    return oklab


def _cells(values: Floats, grid: int) -> Floats:
    """Return the pixels of each cell of a grid: (n, side, side, c) → (n, cells, pixels, c)."""
    count, side, _, channels = values.shape
    part = side // grid
    split = values.reshape(count, grid, part, grid, part, channels).transpose(0, 1, 3, 2, 4, 5)
    cells: Floats = split.reshape(count, grid * grid, part * part, channels)
    return cells


def _colours(oklab: Floats) -> Floats:
    """Return the share of each hue and grey, square-rooted, (n, 16)."""
    lightness, a, b = np.moveaxis(oklab, -1, 0)
    chroma = np.hypot(a, b)
    coloured = chroma / (chroma + np.float32(GREY_CHROMA))
    hue = np.arctan2(b, a) * np.float32(HUES / (2 * np.pi))
    hues = _histogram(hue, coloured, HUES, circular=True)
    greys = _histogram(lightness * (GREYS - 1), 1 - coloured, GREYS, circular=False)
    shares: Floats = np.sqrt(np.concatenate([hues, greys], 1) / np.float32(SIDE * SIDE))
    return shares


def _edges(lightness: Floats) -> Floats:
    """Return the orientations of edges, (n, 32): a histogram for each cell, square-rooted."""
    down, right = np.gradient(lightness, axis=(1, 2))
    strength = np.hypot(down, right)
    orientation = np.arctan2(down, right) * np.float32(ORIENTATIONS / np.pi)
    count = len(lightness)
    half = [
        _cells(part[..., None], EDGE_GRID).reshape(count * EDGE_GRID**2, -1)
        for part in (orientation, strength)
    ]
    histogram = _histogram(half[0], half[1], ORIENTATIONS, circular=True).reshape(count, -1)
    edges: Floats = np.sqrt(histogram / np.float32(SIDE * SIDE / EDGE_GRID**2))
    return edges


def _histogram(places: Floats, weights: Floats, bins: int, *, circular: bool) -> Floats:
    """Return a weighted histogram per picture, each value shared by the two nearest bins.

    Parameters
    ----------
    places : float32 array (n, ...)
        In bins, from 0 at the middle of the first.
    weights : float32 array (n, ...)

    Returns
    -------
    float32 array (n, bins)
    """
    count = len(places)
    below = np.floor(places)
    share = places - below
    lower = below.astype(np.int64).reshape(count, -1)
    upper = lower + 1
    if circular:
        lower, upper = lower % bins, upper % bins
    else:
        lower, upper = lower.clip(0, bins - 1), upper.clip(0, bins - 1)
    first = np.arange(count)[:, None] * bins
    total = np.bincount((first + lower).ravel(), (weights * (1 - share)).ravel(), count * bins)
    total += np.bincount((first + upper).ravel(), (weights * share).ravel(), count * bins)
    return total.reshape(count, bins).astype(np.float32)
