"""Convex polygons in one list of corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.plane import Floats, Indices, Points, cross, summed, summed_points


@dataclass(frozen=True, eq=False, slots=True)
class Polygons:
    """n convex polygons, counter-clockwise; an empty one has no corners."""

    corners: Points
    """(m,) corners of all polygons"""
    offsets: Indices
    """(n + 1,) polygon i has the corners ``offsets[i]`` to ``offsets[i + 1]``"""

    @classmethod
    def of(cls, owner: Indices, corners: Points, count: int) -> Polygons:
        """Make `count` polygons from corners, (m,), in order, and the polygon of each corner, (m,)."""
        return cls(corners, np.concatenate([[0], np.bincount(owner, minlength=count).cumsum()]))

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self.offsets) - 1

    def owner(self) -> Indices:
        """Return the polygon of each corner, (m,)."""
        return np.arange(len(self)).repeat(np.diff(self.offsets))

    def scattered(self, places: Indices, count: int) -> Polygons:
        """Return `count` polygons: these at distinct places, (n,), empty ones elsewhere."""
        sides = np.zeros(count, np.intp)
        sides[places] = np.diff(self.offsets)
        owner = places[self.owner()]
        order = np.argsort(owner, kind="stable")
        return Polygons(self.corners[order], np.concatenate([[0], sides.cumsum()]))

    def moments(self) -> tuple[Floats, Points]:
        """Return areas, (n,), and centres of area, (n,).

        A polygon of no area has the mean of its corners as its centre; one without corners has NaN.
        """
        count, owner = len(self), self.owner()
        # About a corner of its own, so that a tiny polygon far from the origin keeps its digits.
        origin = np.zeros(count, np.complex128)
        origin[owner] = self.corners
        start = self.corners - origin[owner]
        end = start[self._following()]
        twice = cross(start, end)
        area = summed(owner, twice, count) / 2
        is_full = area > 0
        moments = summed_points(owner, (start + end) * twice / 6, count)
        centres = origin + moments / np.where(is_full, area, 1)
        for i in np.flatnonzero(~is_full):
            corners = self.corners[self.offsets[i] : self.offsets[i + 1]]
            centres[i] = corners.mean() if len(corners) else np.nan
        return np.where(is_full, area, 0), centres

    def clearances(self, places: Points) -> Floats:
        """Return the radius of the largest circle around each place, (n,), inside its polygon; else 0."""
        owner = self.owner()
        edge = self.corners[self._following()] - self.corners
        length = np.abs(edge)
        is_long = length > 0
        inside = cross(edge, places[owner] - self.corners)[is_long] / length[is_long]
        least = np.full(len(self), np.inf)
        np.minimum.at(least, owner[is_long], inside)
        return np.where(np.isfinite(least), np.maximum(least, 0), 0)

    def in_single_precision(self) -> Polygons:
        """Round the corners to single precision, and drop those where rounding makes a dent.

        Such a corner lies on the line between its neighbours but for rounding, and its short edges would
        point anywhere. At least three corners stay.
        """
        corners = self.corners.astype(np.complex64).astype(np.complex128)
        rounded = Polygons(corners, self.offsets)
        while True:
            following = rounded._following()
            edge = rounded.corners[following] - rounded.corners
            is_dent = np.zeros(len(edge), np.bool_)
            is_dent[following] = cross(edge, edge[following]) <= 0
            owner = rounded.owner()
            dents = np.flatnonzero(is_dent & (np.diff(rounded.offsets)[owner] > 3))
            if len(dents) == 0:
                return rounded
            # One per polygon and round: once it is gone, the corners beside it may be dents no more.
            _, first = np.unique(owner[dents], return_index=True)
            kept = np.ones(len(edge), np.bool_)
            kept[dents[first]] = False
            rounded = Polygons.of(owner[kept], rounded.corners[kept], len(rounded))

    def _following(self) -> Indices:
        """Return the place of the next corner of the same polygon, (m,)."""
        following = np.arange(1, len(self.corners) + 1)
        has_corners = np.diff(self.offsets) > 0
        following[self.offsets[1:][has_corners] - 1] = self.offsets[:-1][has_corners]
        return following
