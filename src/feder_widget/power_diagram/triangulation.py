"""A triangulation of sites, the dual of their diagram, changed in many places at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.plane import Indices

NONE = -1


@dataclass(eq=False, slots=True)
class Triangulation:
    """Triangles that join n sites and, as n to n + 3, the four sides of a rectangle around them.

    It has 2n + 2 triangles. Triangle t has the corners 3t, 3t + 1 and 3t + 2, counter-clockwise. An edge is
    named by either of the two corners that face it.
    """

    site: Indices
    """(6n + 6,) the site, or side, at each corner"""
    twin: Indices
    """(6n + 6,) the corner that faces the same edge from beyond it; `NONE` on an edge between two sides"""
    after: Indices
    """(6n + 6,) the next corner of the same triangle"""
    before: Indices
    """(6n + 6,) the previous corner of the same triangle"""

    @classmethod
    def around(cls, first: int, count: int) -> Triangulation:
        """Join one of `count` sites with the four sides; the other triangles are unused yet."""
        corners = np.arange(6 * count + 6).reshape(-1, 3)
        site = np.zeros(corners.size, np.intp)
        twin = np.full(corners.size, NONE)
        for side in range(4):
            following = (side + 1) % 4
            site[3 * side : 3 * side + 3] = first, count + side, count + following
            twin[3 * side + 1], twin[3 * following + 2] = 3 * following + 2, 3 * side + 1
        return cls(site, twin, np.roll(corners, -1, axis=1).ravel(), np.roll(corners, 1, axis=1).ravel())

    def copy(self) -> Triangulation:
        """Return an independent copy."""
        return Triangulation(self.site.copy(), self.twin.copy(), self.after, self.before)

    @property
    def count(self) -> int:
        """Number of sites without the sides."""
        return len(self.site) // 6 - 1

    def turned(self, corners: Indices) -> Indices:
        """Return the next corner counter-clockwise at the same site, which must not be a side."""
        return self.after[self.twin[self.after[corners]]]

    def edges(self) -> Indices:
        """Return one corner for each edge between two triangles."""
        return np.flatnonzero(self.twin > np.arange(len(self.twin)))

    def facing(self, corners: Indices) -> Indices:
        """Return one corner, the same as `edges`, for each edge that the given corners face."""
        twins = self.twin[corners]
        inner = twins != NONE
        found = np.zeros(len(self.twin), np.bool_)
        found[np.minimum(corners, twins)[inner]] = True
        return found.nonzero()[0]

    def flip(self, corners: Indices) -> Indices:
        """Flip the edges that these corners face; no two may be in one triangle.

        Triangles p q r and s r q, with the corner at p given, become p q s and s r p.

        Returns
        -------
        (4k,) intp
            Corners that face the surrounding edges.
        """
        p, s = corners, self.twin[corners]
        q, r, r_beyond, q_beyond = self.after[p], self.before[p], self.after[s], self.before[s]
        self.site[r] = self.site[s]
        self.site[q_beyond] = self.site[p]
        self._move(np.concatenate([r_beyond, q]), np.concatenate([p, s]))
        self._join(q, r_beyond)
        return np.concatenate([p, s, r, q_beyond])

    def split(self, triangles: Indices, sites: Indices, used: int) -> Indices:
        """Insert a site into each of some triangles; `used` is the number of triangles in use.

        Returns
        -------
        (3k,) intp
            Corners that face the surrounding edges.
        """
        a = 3 * triangles
        b = 3 * (used + 2 * np.arange(len(triangles)))
        c = b + 3
        first, second, third = self.site[a], self.site[a + 1], self.site[a + 2]
        for corners, left, right in ((a, second, third), (b, third, first), (c, first, second)):
            self.site[corners], self.site[corners + 1], self.site[corners + 2] = sites, left, right
        self._move(np.concatenate([a + 1, a + 2]), np.concatenate([b, c]))
        for one, other in ((a, b), (b, c), (c, a)):
            self._join(one + 1, other + 2)
        return np.concatenate([a, b, c])

    def _join(self, one: Indices, other: Indices) -> None:
        self.twin[one] = other
        self.twin[other] = one

    def _move(self, old: Indices, new: Indices) -> None:
        """Give new corners the edges of old ones, which may face each other."""
        moved = np.arange(len(self.twin))
        moved[old] = new
        twins = self.twin[old]
        inner = twins != NONE
        self.twin[new[~inner]] = NONE
        self._join(new[inner], moved[twins[inner]])
