"""The power diagram of sites: the edges, areas and centres of its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.edge_flips import LostCells, make_regular
from feder_widget.power_diagram.first_triangulation import triangulate
from feder_widget.power_diagram.plane import Floats, Indices, Points, cross, summed, summed_points
from feder_widget.power_diagram.polygons import Polygons
from feder_widget.power_diagram.sites import Sites
from feder_widget.power_diagram.triangulation import Triangulation


@dataclass(frozen=True, eq=False, slots=True)
class Diagram:
    """The cells of n sites in the rectangle; `Sites` defines them."""

    sites: Sites
    triangulation: Triangulation
    cell: Indices
    """(m,) the cell of each edge; an edge between two cells is listed once for each"""
    beyond: Indices
    """(m,) the site, or side, beyond the edge"""
    following: Indices
    """(m,) the next edge around the cell, counter-clockwise"""
    start: Points
    """(m,) start of the edge, relative to the cell's own site to keep its digits"""
    end: Points
    """(m,) end of the edge, relative likewise"""
    area: Floats
    """(n,) area of each cell"""

    @classmethod
    def of(cls, sites: Sites, check: Check) -> Diagram:
        """Make the diagram of sites; raises `LostCells` if one has no cell."""
        return cls._dual(sites, triangulate(sites, check))

    def changed(self, sites: Sites) -> Diagram:
        """Make the diagram of the same sites with other weights or places, fast where little changes.

        Raises `LostCells` if a site has no cell.
        """
        triangulation = self.triangulation.copy()
        make_regular(triangulation, sites, triangulation.edges())
        return Diagram._dual(sites, triangulation)

    @classmethod
    def _dual(cls, sites: Sites, triangulation: Triangulation) -> Diagram:
        site = triangulation.site
        corners = np.flatnonzero(site < sites.count)
        cell, beyond = site[corners], site[triangulation.before[corners]]
        place = np.empty(len(site), np.intp)
        place[corners] = np.arange(len(corners))
        following = place[triangulation.turned(corners)]
        first, at_first = sites.seen(cell, site[triangulation.after[corners]])
        second, at_second = first[following], at_first[following]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # The vertex p of the diagram solves 2 p · first = at_first and 2 p · second = at_second.
            start = 0.5j * (at_second * first - at_first * second) / cross(first, second)
            end = start[following]
            area = summed(cell, cross(start, end), sites.count) / 2
        lost = np.flatnonzero(~(area > 0))
        if len(lost):
            raise LostCells(lost)
        return cls(sites, triangulation, cell, beyond, following, start, end, area)

    def centres(self) -> Points:
        """Return the centre of area of each cell, (n,), relative to its site."""
        moments = (self.start + self.end) * cross(self.start, self.end) / 6
        return np.asarray(summed_points(self.cell, moments, self.sites.count) / self.area)

    def between(self) -> Indices:
        """Return the edges between two cells."""
        return np.flatnonzero(self.beyond < self.sites.count)

    def polygons(self) -> Polygons:
        """Return the cells as polygons, their corners in order."""
        order = self._in_order()
        cell, start = self.cell[order], self.start[order]
        corners = self.sites.places[cell] + start
        corners = np.clip(corners.real, 0, self.sites.width) + 1j * np.clip(corners.imag, 0, 1)
        return Polygons.of(cell, corners, self.sites.count)

    def _in_order(self) -> Indices:
        """Return the edges, cell by cell and counter-clockwise around each."""
        count = self.sites.count
        sides = np.bincount(self.cell, minlength=count)
        starts = np.cumsum(sides) - sides
        by_sides = np.argsort(-sides, kind="stable")
        fewest_last = -sides[by_sides]
        current = np.empty(count, np.intp)
        current[self.cell] = np.arange(len(self.cell))
        order = np.empty(len(self.cell), np.intp)
        for k in range(int(sides.max())):
            longer = by_sides[: np.searchsorted(fewest_last, -k)]
            order[starts[longer] + k] = current[longer]
            current[longer] = self.following[current[longer]]
        return order
