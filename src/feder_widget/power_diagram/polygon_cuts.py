"""Many convex polygons cut at once, each by a line.

The polygons are rows of an array, (..., m) complex128, counter-clockwise; a row with fewer corners repeats
its last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from feder_widget.power_diagram.plane import Flags, Floats, Indices, Points

Number = TypeVar("Number", np.float64, np.complex128)


@dataclass(frozen=True, eq=False, slots=True)
class Turned:
    """Polygons turned so that the cut is level: edges from (level0, across0) to (level, across).

    ``across`` grows to the left of upward. The area below a level is the integral of -across d(level) along
    the parts of the edges below it; the cut itself adds nothing.
    """

    level: Floats
    across: Floats
    level0: Floats
    across0: Floats
    slope: Floats
    """d(across) / d(level); 0 on an edge along the cut"""

    @classmethod
    def by(cls, polygons: Points, upward: Points) -> Turned:
        """Turn polygons, (..., m), so that a unit vector for each, (...,), points upward."""
        seen = (polygons - polygons[..., :1]) * upward.conj()[..., None]
        level, across = seen.real.copy(), seen.imag.copy()
        level0, across0 = _before(level), _before(across)
        rise = level - level0
        is_steep = rise != 0
        slope = np.where(is_steep, (across - across0) / np.where(is_steep, rise, 1), 0)
        return cls(level, across, level0, across0, slope)

    def area(self) -> Floats:
        """Return the areas, (...,)."""
        return np.asarray(-((self.level - self.level0) * (self.across + self.across0)).sum(axis=-1) / 2)

    def moments_below(self, height: Floats) -> tuple[Floats, Floats]:
        """Return the integrals of level and across over the parts below a height each, (...,)."""
        a, b, across_a, across_b = self._below(height)
        rise = b - a
        first = a * (2 * across_a + across_b) + b * (across_a + 2 * across_b)
        second = across_a**2 + across_a * across_b + across_b**2
        return -(rise * first).sum(axis=-1) / 6, -(rise * second).sum(axis=-1) / 6

    def height_for(self, area: Floats) -> Floats:
        """Return the height below which each polygon has this area, (...,).

        Between the levels of two successive corners the area below is quadratic in the height.
        """
        low, high, below = self._slab(area)
        middle = ((low + high) / 2)[..., None]
        goes_up = (self.level0 < middle) & (middle < self.level)
        goes_down = (self.level < middle) & (middle < self.level0)
        sign = goes_down.astype(np.float64) - goes_up
        width = (sign * (self.across0 + self.slope * (middle - self.level0))).sum(axis=-1)
        widening = (sign * self.slope).sum(axis=-1)
        height = high - low
        start = width - widening * height / 2
        rest = np.maximum(area - below, 0)
        # The stable root of widening/2 · h² + start · h = rest.
        divisor = start + np.sqrt(np.maximum(start**2 + 2 * widening * rest, 0))
        is_wide = divisor > 0
        h = np.where(is_wide, 2 * rest / np.where(is_wide, divisor, 1), 0)
        return np.asarray(low + np.clip(h, 0, height))

    def _slab(self, area: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the levels of the two successive corners around each area, and the area below the first."""
        heights = np.sort(self.level, axis=-1)
        first = np.zeros(area.shape, np.intp)
        last = np.full(area.shape, heights.shape[-1] - 1)
        below = np.zeros(area.shape)
        while (last - first > 1).any():
            middle = (first + last) // 2
            a, b, across_a, across_b = self._below(_taken(heights, middle))
            reached = -((b - a) * (across_a + across_b)).sum(axis=-1) / 2
            is_open = last - first > 1
            is_above = is_open & (reached <= area)
            first = np.where(is_above, middle, first)
            below = np.where(is_above, reached, below)
            last = np.where(is_open & ~is_above, middle, last)
        return _taken(heights, first), _taken(heights, last), below

    def _below(self, height: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the ends of each edge's part below a height: two levels, two values of across."""
        top = height[..., None]
        a, b = np.minimum(self.level0, top), np.minimum(self.level, top)
        return (
            a,
            b,
            self.across0 + self.slope * (a - self.level0),
            self.across0 + self.slope * (b - self.level0),
        )


def clipped(polygons: Points, sides: Indices, depth: Floats) -> tuple[Points, Indices]:
    """Cut off the part of each polygon with a negative depth.

    Parameters
    ----------
    polygons : (n, m) complex128
    sides : (n,) intp
        Number of corners of each.
    depth : (n, m) float64
        Depth of each corner below the cut.

    Returns
    -------
    polygons : (n, m') complex128
    sides : (n,) intp
    """
    count = len(polygons)
    before, depth0 = _before(polygons), _before(depth)
    is_corner = np.arange(polygons.shape[1]) < sides[:, None]
    crosses = is_corner & (np.minimum(depth0, depth) < 0) & (np.maximum(depth0, depth) > 0)
    share = np.where(crosses, depth0 / np.where(crosses, depth0 - depth, 1), 0)
    crossing = before + (polygons - before) * share
    is_kept = np.stack([crosses, is_corner & (depth >= 0)], axis=2).reshape(count, -1)
    corners = np.stack([crossing, polygons], axis=2).reshape(count, -1)
    return packed(corners, is_kept)


def packed(corners: Points, is_kept: Flags) -> tuple[Points, Indices]:
    """Move the kept corners to the front of each row, and fill the row with the last of them."""
    sides = is_kept.sum(axis=1)
    rows, places = is_kept.nonzero()
    out = np.zeros((len(corners), max(1, int(sides.max(initial=0)))), np.complex128)
    out[rows, (np.cumsum(is_kept, axis=1) - 1)[rows, places]] = corners[rows, places]
    last = _taken(out, np.maximum(sides - 1, 0))
    return np.where(np.arange(out.shape[1]) < sides[:, None], out, last[:, None]), sides


def _before(values: NDArray[Number]) -> NDArray[Number]:
    """Return the value of the previous corner of each; for the first corner that of the last."""
    return np.roll(values, 1, axis=-1)


def _taken(values: NDArray[Number], places: Indices) -> NDArray[Number]:
    """Return one value of each row."""
    taken: NDArray[Number] = np.take_along_axis(values, places[..., None], axis=-1)[..., 0]
    return taken
