"""Weighted sites in a rectangle, whose sides count as sites at infinity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.plane import Floats, Indices, Points, squared

SIDES = np.array([-1, -1j, 1, 1j])
"""Directions of the left, bottom, right and top side: counter-clockwise."""

NUDGE = 1e-6
"""Displacement of a site by `nudged`, in sizes of a mean cell."""


@dataclass(frozen=True, eq=False, slots=True)
class Sites:
    """n weighted sites in the rectangle [0, width] by [0, 1], numbered from 0, and its sides, n to n + 3.

    The cell of a site holds the points p of the rectangle where ``|p - place|² - weight`` is least.
    """

    places: Points
    """(n + 4,) place of each site, then direction of each side"""
    weights: Floats
    """(n + 4,) 0 for the sides"""
    width: float

    @classmethod
    def inside(cls, width: float, places: Points, weights: Floats | None = None) -> Sites:
        """Make sites from places, (n,), strictly inside the rectangle, and weights, (n,), by default 0."""
        weights = np.zeros(len(places)) if weights is None else weights
        return cls(np.concatenate([places, SIDES]), np.concatenate([weights, np.zeros(4)]), width)

    @property
    def count(self) -> int:
        """Number of sites without the sides."""
        return len(self.weights) - 4

    @property
    def own_places(self) -> Points:
        """(n,) places of the sites proper."""
        return self.places[:-4]

    @property
    def own_weights(self) -> Floats:
        """(n,) weights of the sites proper."""
        return self.weights[:-4]

    def seen(self, anchor: Indices, other: Indices) -> tuple[Points, Floats]:
        """Return the half-plane that each anchor has against another site, or inside a side.

        It holds the points p, relative to the anchor, with ``2 p · towards <= limit``. The anchor must not be
        a side. Relative places keep the digits of near sites.

        Returns
        -------
        towards : (k,) complex128
        limit : (k,) float64
        """
        here = self.places.take(anchor)
        towards = self.places.take(other)
        at_side = (other >= self.count).nonzero()[0]
        directions = towards[at_side]
        towards -= here
        limit = squared(towards)
        limit += self.weights.take(anchor)
        limit -= self.weights.take(other)
        if len(at_side):
            reach = np.array([0, 0, self.width, 1])[other[at_side] - self.count]
            towards[at_side] = directions
            limit[at_side] = 2 * (reach - (here[at_side] * directions.conj()).real)
        return towards, limit


def nudged(places: Points, width: float) -> Points:
    """Move places in the rectangle, (n,), by about a millionth of a cell, each towards an inner point.

    Rounding would otherwise decide the order of sites on one line, as on a grid.
    """
    count = len(places)
    # Squares, because multiples of one number would lie on lines themselves.
    turns = np.arange(count, dtype=np.float64) ** 2
    inside = width * (0.7548776662466927 * turns % 1) + 1j * (0.5698402909980532 * turns % 1)
    return np.asarray(places + NUDGE / max(1.0, count**0.5) * (inside - places))
