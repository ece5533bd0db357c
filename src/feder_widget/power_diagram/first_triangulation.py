"""The first triangulation of sites, which are inserted in rounds of twice as many each."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.edge_flips import LostCells, make_regular
from feder_widget.power_diagram.plane import Indices, cross
from feder_widget.power_diagram.sites import Sites
from feder_widget.power_diagram.triangulation import NONE, Triangulation


def triangulate(sites: Sites, check: Check) -> Triangulation:
    """Return the regular triangulation of sites; see `make_regular`.

    Parameters
    ----------
    sites : Sites
        At least one. Fast where consecutive sites lie near one another.
    check : function
        Called between steps.

    Raises
    ------
    LostCells
        If a site has no cell: with equal weights, where two sites coincide.
    """
    count = sites.count
    triangulation = Triangulation.around(0, count)
    used = 4
    step = 1 << max(0, count - 1).bit_length()
    while step > 1:
        step //= 2
        waiting = np.arange(step, count, 2 * step)
        # The search for the triangle of each site starts at the site before it, which is in already.
        some_triangle = np.zeros(count + 4, np.intp)
        some_triangle[triangulation.site[: 3 * used]] = np.arange(3 * used) // 3
        home = some_triangle[waiting - step]
        claims = np.empty(2 * count + 2, np.intp)
        while len(waiting):
            check()
            home = _locate(triangulation, sites, waiting, home)
            turn = np.arange(len(waiting))
            claims[home] = turn
            goes_in = claims[home] == turn
            changed = triangulation.split(home[goes_in], waiting[goes_in], used)
            used += 2 * int(np.count_nonzero(goes_in))
            make_regular(triangulation, sites, triangulation.facing(changed))
            waiting, home = waiting[~goes_in], home[~goes_in]
    return triangulation


def _locate(triangulation: Triangulation, sites: Sites, points: Indices, start: Indices) -> Indices:
    """Return the triangle around each site, by a walk from another triangle.

    In a regular triangulation the walk ends (Edelsbrunner 1990, "An acyclicity theorem for cell complexes in
    d dimensions").
    """
    home: Indices = start.copy()
    walking = np.arange(len(points))
    for _ in range(len(triangulation.site)):
        corners = 3 * home[walking, None] + np.arange(3)
        here = points[walking].repeat(3)
        towards, _ = sites.seen(here, triangulation.site[corners].ravel())
        towards = towards.reshape(-1, 3)
        # Negative where the point lies beyond the edge that the corner faces.
        depth = cross(towards[:, [1, 2, 0]], towards[:, [2, 0, 1]])
        exit_corner = corners[np.arange(len(walking)), depth.argmin(axis=1)]
        beyond = triangulation.twin[exit_corner]
        goes_on = (depth.min(axis=1) < 0) & (beyond != NONE)
        if not goes_on.any():
            return home
        walking = walking[goes_on]
        home[walking] = beyond[goes_on] // 3
    raise LostCells(np.empty(0, np.intp))
