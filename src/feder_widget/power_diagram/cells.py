"""Cells from positions and sizes: the interface of this package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.power_diagram.bisection import bisect
from feder_widget.power_diagram.check import Check, never_stop
from feder_widget.power_diagram.plane import Floats, Indices, Points, squared
from feder_widget.power_diagram.polygons import Polygons
from feder_widget.power_diagram.round_tiling import round_tiling
from feder_widget.power_diagram.sorted_tiles import sorted_tiles

NEAREST = 4
"""Candidates for the nearest cell, compared in double precision: single precision may not tell them apart."""

ASKED_AT_ONCE = 2048

MANY_PAIRS = 1 << 30
"""Pairs of places from which on the nearest is looked for in some parts of the plane only."""

PARTS_LOOKED_AT = 4


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """n convex cells that tile a rectangle, each with its size's share of the area."""

    points: npt.NDArray[np.float32]
    """(m, 2) x and y of all corners, counter-clockwise where y points up"""
    offsets: npt.NDArray[np.int32]
    """(n + 1,) cell i has the corners ``offsets[i]`` to ``offsets[i + 1]``; none where its size is 0"""
    centres: npt.NDArray[np.float32]
    """(n, 2) centre of area of each cell; for an empty one, that of the cell nearest to its position"""
    inradii: npt.NDArray[np.float32]
    """(n,) radius of the largest circle around the centre inside the cell; 0 for an empty one"""
    aspect: float
    """width / height of the rectangle [0, aspect] by [0, 1]"""

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.inradii)


def bisected_cells(
    positions: npt.ArrayLike,
    sizes: npt.ArrayLike,
    aspect: float,
    *,
    check: Check = never_stop,
) -> Cells:
    """Make cells by recursive cuts: fast for any input, but elongated. See `round_cells`."""
    places, weights = _prepared(positions, sizes, aspect)
    populated = np.flatnonzero(weights > 0)
    parts, order = bisect(places[populated], weights[populated], aspect, check)
    return _made(parts, populated[order], places, aspect, check)


def tiled_cells(
    positions: npt.ArrayLike,
    sizes: npt.ArrayLike,
    aspect: float,
    *,
    check: Check = never_stop,
) -> Cells:
    """Make rectangular cells by sorting: a second for a million of them. See `round_cells`.

    An empty cell has the centre of the one before it in its column, or else of the one after.
    """
    places, weights = _prepared(positions, sizes, aspect)
    populated = weights > 0
    if not populated.any():
        return bisected_cells(positions, sizes, aspect, check=check)
    tiles, order = sorted_tiles(places, weights, aspect, check)
    corners = tiles.corners().astype(np.float32)
    centres = ((corners[:, 0].astype(np.float64) + corners[:, 2]) / 2).astype(np.float32)
    inradii = np.minimum(centres - corners[:, 0], corners[:, 2] - centres).min(axis=1)
    # The last populated one so far, or else the first.
    held = np.flatnonzero(populated[order])
    before = np.maximum(np.cumsum(populated[order]) - 1, 0)
    centres[order] = centres[order][held[before]]
    return Cells(
        corners[populated].reshape(-1, 2),
        np.concatenate([[0], np.cumsum(4 * populated)]).astype(np.int32),
        centres,
        np.where(populated, np.maximum(inradii, 0), np.float32(0)),
        aspect,
    )


def round_cells(
    positions: npt.ArrayLike,
    sizes: npt.ArrayLike,
    aspect: float,
    *,
    check: Check = never_stop,
) -> Cells:
    """Make round cells; those of `bisected_cells` where no power diagram has the areas.

    Parameters
    ----------
    positions : (n, 2) array of numbers
        Stretched to the rectangle from any range. One that is not finite counts as the middle.
    sizes : (n,) array of numbers
        One that is not above 0 and finite counts as 0.
    aspect : float
        Width / height of the rectangle.
    check : function
        Called between steps of a few milliseconds; raises an exception to stop.

    Raises
    ------
    ValueError
        If there are not as many positions as sizes, or `aspect` is not above 0 and finite.
    """
    places, weights = _prepared(positions, sizes, aspect)
    populated = np.flatnonzero(weights > 0)
    parts, order = bisect(places[populated], weights[populated], aspect, check)
    owners = populated[order]
    rounded = round_tiling(parts, places[owners], weights[owners], aspect, check)
    return _made(parts if rounded is None else rounded, owners, places, aspect, check)


def _prepared(positions: npt.ArrayLike, sizes: npt.ArrayLike, aspect: float) -> tuple[Points, Floats]:
    """Return places in the rectangle, (n,), and weights between 0 and 1, (n,)."""
    given, counts = np.asarray(positions, np.float64), np.array(sizes, np.float64)
    if given.shape != (counts.size, 2) or counts.ndim != 1:
        raise ValueError(
            f"positions must have shape ({counts.size}, 2), one for each size, got {given.shape}"
        )
    if not 0 < aspect < np.inf:
        raise ValueError(f"aspect must be above 0 and finite, got {aspect}")
    counts[~((counts > 0) & np.isfinite(counts))] = 0
    places = _stretched(given[:, 0], aspect) + 1j * _stretched(given[:, 1], 1)
    return places, counts / max(counts.max(initial=0), np.finfo(np.float64).tiny)


def _stretched(values: Floats, span: float) -> Floats:
    """Stretch one coordinate, (n,), to [0, span]."""
    is_finite = np.isfinite(values)
    middle = np.full(len(values), span / 2)
    if not is_finite.any():
        return middle
    low, high = values[is_finite].min(), values[is_finite].max()
    if not high > low:
        return middle
    return np.where(is_finite, (np.where(is_finite, values, low) - low) / (high - low) * span, span / 2)


def _made(parts: Polygons, owners: Indices, places: Points, aspect: float, check: Check) -> Cells:
    """Make n cells from k polygons and the place of each among the n, (k,); the others are empty."""
    count = len(places)
    check()
    polygons = parts.scattered(owners, count)
    _, centres = polygons.moments()
    polygons = polygons.in_single_precision()
    has_cell = np.diff(polygons.offsets) > 0
    empty, populated = np.flatnonzero(~has_cell), np.flatnonzero(has_cell)
    centres[empty] = places[empty]
    if len(populated):
        centres[empty] = centres[populated[_nearest(places[empty], places[populated], check)]]
    rounded = _pairs(centres)
    inradii = polygons.clearances(rounded[:, 0].astype(np.float64) + 1j * rounded[:, 1])
    return Cells(
        _pairs(polygons.corners),
        polygons.offsets.astype(np.int32),
        rounded,
        inradii.astype(np.float32),
        aspect,
    )


def _pairs(points: Points) -> npt.NDArray[np.float32]:
    return np.stack([points.real, points.imag], axis=1).astype(np.float32)


def _nearest(points: Points, among: Points, check: Check) -> Indices:
    """Return the nearest of some places to each point; of very many, one as near but for a few."""
    found = np.empty(len(points), np.intp)
    index: Any = faiss.IndexFlatL2(2)
    if len(points) * len(among) > MANY_PAIRS:
        parts = int(len(among) ** 0.5)
        index = faiss.IndexIVFFlat(index, 2, parts)
        index.nprobe = PARTS_LOOKED_AT
        index.train(_pairs(among[:: max(1, len(among) // (64 * parts))]))
    index.add(_pairs(among))
    for first in range(0, len(points), ASKED_AT_ONCE):
        check()
        some = points[first : first + ASKED_AT_ONCE]
        _, near = index.search(_pairs(some), min(NEAREST, len(among)))
        near = np.where(near < 0, near[:, :1], near)
        best = squared(among[near] - some[:, None]).argmin(axis=1)
        found[first : first + len(some)] = near[np.arange(len(some)), best]
    return found
