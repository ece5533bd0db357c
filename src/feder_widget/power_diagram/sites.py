"""Sites of a power diagram in a rectangle, whose sides count as sites infinitely far away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.plane import Floats, Indices, Points, squared

SIDES = np.array([-1, -1j, 1, 1j])
"""Directions of the rectangle's left, bottom, right and top, counter-clockwise."""

NUDGE = 1e-6
"""How far a site may be off its place, in about the size of a mean cell."""


@dataclass(frozen=True, eq=False, slots=True)
class Sites:
    """n weighted sites in the rectangle [0, width] by [0, 1], from 0 on, and its sides, n to n + 3.

    The cell of site i holds the points p of the rectangle where ``|p - place|² - weight`` is least.
    """

    places: Points
    """(n + 4,) where each site is, and the direction of each side"""
    weights: Floats
    """(n + 4,) 0 for the sides"""
    width: float

    @classmethod
    def inside(cls, width: float, places: Points, weights: Floats | None = None) -> Sites:
        """Make sites of places, (n,) strictly inside the rectangle, and weights, (n,), all 0 if not given."""
        weights = np.zeros(len(places)) if weights is None else weights
        return cls(np.concatenate([places, SIDES]), np.concatenate([weights, np.zeros(4)]), width)

    @property
    def count(self) -> int:
        """How many there are without the sides."""
        return len(self.weights) - 4

    @property
    def own_places(self) -> Points:
        """(n,) the places, without the sides."""
        return self.places[:-4]

    @property
    def own_weights(self) -> Floats:
        """(n,) the weights, without the sides."""
        return self.weights[:-4]

    def seen(self, anchor: Indices, other: Indices) -> tuple[Points, Floats]:
        """Say what part of the plane each anchor wins against another site, or a side leaves to it.

        Relative to the anchor, which must not be a side, these are the points p with ``2 p · towards <=
        limit``. Near sites keep their digits, for nothing here is measured from afar.

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

    Nothing else tells rounding from order where many lie on a line, as on a grid.
    """
    count = len(places)
    # Squares: multiples of one number would lie on lines themselves.
    turns = np.arange(count, dtype=np.float64) ** 2
    inside = width * (0.7548776662466927 * turns % 1) + 1j * (0.5698402909980532 * turns % 1)
    return np.asarray(places + NUDGE / max(1.0, count**0.5) * (inside - places))
