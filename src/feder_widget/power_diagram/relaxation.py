"""Round cells of given areas."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.checkpoint import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.plane import Floats, Points, squared
from feder_widget.power_diagram.regular import LostCells
from feder_widget.power_diagram.sites import Sites, nudged
from feder_widget.power_diagram.transport import Goal, fit_areas

ROUNDS = 6
"""Moves of the sites to the centres: more make rounder cells, which stray farther from where they began."""

ROUGHLY = (0.5, 1e-2)
"""How far an area may be off between two moves, as a share of it, and the precision of the linear solver.

The areas need only be right enough for the centres to be; a tiny cell must not wither, though.
"""

CLOSELY = (1e-6, 1e-3)
"""The same in the end. A rougher step does not always arrive where tiny cells lie beside giant ones."""

STEPS, SHORTEST = 60, 1 / 4096

ATTEMPTS = 8
"""Times that a move is shortened before it is given up."""

LEAST_LEFT = 0.1
"""Share of its area that a move must leave to every cell."""

STRIDE = 0.5
"""How far an edge may shift in one move, in square roots of the area of the smaller cell at it."""


def relaxed(places: Points, wanted: Floats, width: float, check: Check) -> Diagram | None:
    """Return a power diagram of these areas whose sites are about the centres of their cells.

    The areas are fitted roughly, the sites move to the centres (Lloyd's algorithm), and so on; in the end
    the areas are fitted to 1e-6 of each. Returns None where they cannot be.

    Parameters
    ----------
    places : (n,) complex128
        Of sites, strictly inside the rectangle [0, width] by [0, 1].
    wanted : (n,) float64
        Areas, above 0, that add up to the rectangle's.
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
    """Move the sites towards the centres of their cells, only so far that all of them keep a cell."""
    sites = diagram.sites
    centres = diagram.centres()
    with np.errstate(divide="ignore", over="ignore"):
        share = np.minimum(1, _leeway(diagram, centres) / np.abs(centres))
    for _ in range(ATTEMPTS):
        check()
        places = sites.own_places + share * centres
        # A cell keeps its pull, |p - site|² - weight, at its centre.
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
    """Return how far each site may move towards its centre, (n,).

    The edge to a site at distance d turns with the move, and shifts by (distance from the centre / d) of it.
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
