"""Round cells of given areas, by Lloyd's algorithm."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.area_fit import Goal, fit_areas
from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.edge_flips import LostCells
from feder_widget.power_diagram.plane import Floats, Points, squared
from feder_widget.power_diagram.sites import Sites, nudged

ROUNDS = 6
"""Moves of the sites to the centres: more moves make rounder cells, farther from their start."""

ROUGHLY = (0.5, 1e-2)
"""Tolerance of each area between two moves, relative, and the precision of the linear solver.

The centres need no exact areas, but tiny cells must not vanish.
"""

CLOSELY = (1e-6, 1e-3)
"""The same for the last fit. With rougher steps it may fail where tiny cells lie beside giant ones."""

STEPS, SHORTEST = 60, 1 / 4096

ATTEMPTS = 8
"""Most times that one move is shortened."""

LEAST_LEFT = 0.1
"""Share of its area that every cell must keep in a move."""

STRIDE = 0.5
"""Most that an edge may shift in one move, in square roots of the smaller adjacent area."""


def relaxed(places: Points, wanted: Floats, width: float, check: Check) -> Diagram | None:
    """Return a power diagram of these areas with its sites near the centres of their cells.

    Fits the areas roughly, moves the sites to the centres (Lloyd's algorithm), and repeats; then fits the
    areas to 1e-6 of each. Returns None where the fit fails.

    Parameters
    ----------
    places : (n,) complex128
        Sites strictly inside the rectangle [0, width] by [0, 1].
    wanted : (n,) float64
        Areas above 0; they sum to the rectangle's.
    width : float
    check : function
        Called between steps.
    """
    try:
        diagram = Diagram.of(Sites.inside(width, nudged(places, width)), check)
    except LostCells:
        return None
    roughly, closely = (
        Goal(wanted, off * wanted, precision, STEPS, SHORTEST) for off, precision in (ROUGHLY, CLOSELY)
    )
    fitted = fit_areas(diagram, roughly, check)
    for _ in range(ROUNDS):
        if fitted is None:
            break
        diagram = fitted
        fitted = fit_areas(_recentred(diagram, check), roughly, check)
    return fit_areas(diagram if fitted is None else fitted, closely, check)


def _recentred(diagram: Diagram, check: Check) -> Diagram:
    """Move the sites towards the centres of their cells, as far as all keep a cell."""
    sites = diagram.sites
    centres = diagram.centres()
    with np.errstate(divide="ignore", over="ignore"):
        share = np.minimum(1, _leeway(diagram, centres) / np.abs(centres))
    for _ in range(ATTEMPTS):
        check()
        places = sites.own_places + share * centres
        # The power of the centre, |centre - site|² - weight, stays the same.
        weights = sites.own_weights - share * (2 - share) * squared(centres)
        crushed = np.zeros(sites.count, np.bool_)
        try:
            moved = diagram.changed(Sites.inside(sites.width, places, weights))
        except LostCells as lost:
            crushed[lost.sites] = True
        else:
            crushed = moved.area < LEAST_LEFT * diagram.area
            if not crushed.any():
                return moved
        share *= np.where(crushed, LEAST_LEFT, 0.5)
    return diagram


def _leeway(diagram: Diagram, centres: Points) -> Floats:
    """Return the most that each site may move towards its centre, (n,).

    A move by m shifts the edge to a site at distance d by m · (edge's distance from the centre) / d.
    """
    places, area = diagram.sites.places, diagram.area
    edges = diagram.between()
    here, there = diagram.cell[edges], diagram.beyond[edges]
    middle = (diagram.start[edges] + diagram.end[edges]) / 2
    room = STRIDE * np.sqrt(np.minimum(area[here], area[there]))
    with np.errstate(divide="ignore", over="ignore"):
        way = room * np.abs(places[there] - places[here]) / np.abs(middle - centres[here])
    least = np.full(diagram.sites.count, np.inf)
    np.minimum.at(least, here, way)
    return least
