"""Distance → radius, and rings, as ``js/src/views/distances/radialScale.ts`` has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.figures.distance_rings.distance_domain import Domain, keys_outward, round_step
from feder_widget.wording.numbers import distance_text, grouped, in_powers

RING_ROOM = 15
"""Least room between two rings."""

LINEAR = 0.86
"""Share of the radius that is linear when the farthest are compressed."""

SLACK = 0.25
"""Outliers up to this much of the linear part beyond it do not need to be compressed."""


@dataclass(frozen=True, slots=True)
class Room:
    """Radii that a scale may use: for the nearest of all, where the scale begins, and the outermost."""

    near: float
    start: float
    outer: float


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring at a round distance."""

    radius: float
    label: str
    is_compressed: bool


class RadialScale:
    """Distances as radii: linear for the bulk, compressed for the farthest where these are outliers.

    Parameters
    ----------
    domain : Domain
        The distances to show.
    room : Room
        The radii to use.
    """

    def __init__(self, domain: Domain, room: Room) -> None:
        self.domain = domain
        self.room = room
        self._bends = domain.last - domain.bulk > SLACK * (domain.bulk - domain.start)
        self._bulk = domain.bulk if self._bends else domain.last
        self._rim = LINEAR * room.outer if self._bends else room.outer
        self._span = self._bulk - domain.start
        self._bend = 0.0
        if self._bends and domain.step > 0:
            most = (domain.last - self._bulk) / self._span
            self._bend = _bend_of((self._rim - room.start) / (room.outer - self._rim), most)

    def radii(self, distances: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the radius of each distance, which never falls from a nearer to a farther one."""
        return self._at(keys_outward(distances, self.domain.similarity))

    def radius(self, distance: float) -> float:
        """Return the radius at one distance."""
        return float(self.radii([distance])[0])

    @property
    def rings(self) -> list[Ring]:
        """Rings at round values: evenly spaced, then at rounder ones where distances are compressed."""
        domain, sign = self.domain, -1 if self.domain.similarity else 1
        if domain.step == 0:
            return [Ring(self._middle, distance_text(sign * domain.start), False)]
        found: list[Ring] = []
        if domain.best < domain.start:
            found.append(Ring(self.room.near, distance_text(sign * domain.best), True))
        found.append(Ring(self._of(domain.start), round_label(sign * domain.start, domain.step), False))
        before, wide = domain.start, domain.step
        while True:
            following = (math.floor(before / wide + 1e-9) + 1) * wide
            if not following <= domain.last + 1e-9 * abs(domain.last):
                return found
            radius = self._of(following)
            if radius - self._of(before) < RING_ROOM:
                wide = round_step(1.5 * wide)
                continue
            found.append(Ring(radius, round_label(sign * following, wide), following > self._bulk))
            before = following

    @property
    def _middle(self) -> float:
        """The radius of candidates that are all equally far."""
        return (self.room.start + self.room.outer) / 2

    def _of(self, key: float) -> float:
        return float(self._at(np.array([key]))[0])

    def _at(self, keys: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        domain, room = self.domain, self.room
        if domain.step == 0:
            return np.where(keys < domain.start, room.near, self._middle)
        radii = room.start + (keys - domain.start) / self._span * (self._rim - room.start)
        if domain.best < domain.start:
            inner = (keys - domain.best) / (domain.start - domain.best)
            radii = np.where(keys < domain.start, room.near + inner * (room.start - room.near), radii)
        else:
            radii = np.where(keys < domain.start, room.start, radii)
        if self._bends:
            beyond = np.maximum(keys - self._bulk, 0)
            compressed = math.log1p(self._bend * ((domain.last - self._bulk) / self._span))
            bent = (
                self._rim + (room.outer - self._rim) * np.log1p(self._bend * beyond / self._span) / compressed
            )
            radii = np.where(keys > self._bulk, bent, radii)
        return np.asarray(np.where(keys >= domain.last, room.outer, radii))


def _bend_of(slope: float, most: float) -> float:
    """Return the bend at which the logarithmic part continues the linear part's slope.

    The equation has no closed form. A symlog scale would bend the linear part too, and a rational one would
    lose the order of far outliers to rounding.
    """
    low, high = 0.0, 1.0
    while high / math.log1p(high * most) < slope:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if middle / math.log1p(middle * most) < slope:
            low = middle
        else:
            high = middle
    return high


def round_label(value: float, step: float) -> str:
    """Return a multiple of ``step`` in words, with no more digits than it has."""
    size = abs(value)
    if size < step / 2:
        return "0"
    if step >= 1e6 or size >= 1e9 or size < 1e-4:
        return in_powers(value, min(9, max(0, math.ceil(math.log10(size / step) - 1e-9))))
    return grouped(value, min(9, max(0, math.ceil(-math.log10(step) - 1e-9))))
