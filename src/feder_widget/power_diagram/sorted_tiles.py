"""Rectangular cells by sorting: columns of equal weight from left to right, and rows in each column.

Leutenegger, Lopez & Edgington 1997 pack boxes so ("sort-tile-recursive"). It takes two sorts, however many
points there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.plane import Floats, Indices, Points, summed


@dataclass(frozen=True, eq=False, slots=True)
class Tiles:
    """n rectangles; one of no weight has no height."""

    left: Floats
    right: Floats
    bottom: Floats
    top: Floats

    def corners(self) -> Floats:
        """Return x and y of the corners of each, (n, 4, 2), counter-clockwise where y points up."""
        xs = np.stack([self.left, self.right, self.right, self.left], axis=1)
        ys = np.stack([self.bottom, self.bottom, self.top, self.top], axis=1)
        return np.stack([xs, ys], axis=2)


def sorted_tiles(places: Points, weights: Floats, width: float, check: Check) -> tuple[Tiles, Indices]:
    """Divide the rectangle [0, width] by [0, 1] among weighted points, by their shares of the weight.

    Parameters
    ----------
    places : (n,) complex128
    weights : (n,) float64
        At or above 0, with a sum above 0.
    width : float
    check : function
        Called between steps.

    Returns
    -------
    tiles : Tiles
    order : (n,) intp
        The points column after column, from the bottom up.
    """
    count = len(places)
    columns = max(1, round((np.count_nonzero(weights) * width) ** 0.5))
    from_left = np.argsort(places.real, kind="stable")
    check()
    middles = np.cumsum(weights[from_left]) - weights[from_left] / 2
    column = np.empty(count, np.intp)
    column[from_left] = np.minimum((middles / weights.sum() * columns).astype(np.intp), columns - 1)
    order = np.lexsort((places.imag, column))
    check()
    held = summed(column, weights, columns)
    edges = np.concatenate([[0], np.cumsum(held)]) / held.sum() * width
    sorted_column, sorted_weights = column[order], weights[order]
    # Sums begin anew in each column, whose rows then end at 1 but for rounding.
    tops = np.cumsum(sorted_weights) - np.concatenate([[0], np.cumsum(held)])[sorted_column]
    full = np.where(held > 0, held, 1)[sorted_column]
    top, bottom = np.empty(count), np.empty(count)
    top[order] = np.clip(tops / full, 0, 1)
    bottom[order] = np.clip((tops - sorted_weights) / full, 0, 1)
    return Tiles(edges[column], edges[column + 1], bottom, top), order
