"""Sites spread evenly over the rectangle, neighbours kept together."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.area_fit import Goal, fit_areas
from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.edge_flips import LostCells
from feder_widget.power_diagram.plane import Floats, Points
from feder_widget.power_diagram.sites import Sites, nudged

TOLERANCE, PRECISION = 1.0, 1e-3
"""Tolerance of an area, in mean areas: enough for the centres. Then the precision of the linear solver."""

STEPS, SHORTEST = 24, 1 / 1024
"""Most Newton steps, and the shortest.

Positions that take more are lumps far apart, or of sizes so unlike that the start hardly matters.
"""

PARTING = 0.05
"""Share of the way from its position to its own place at which a site starts: it parts equal positions."""

THIN = 1e-3
"""Width of the positions relative to their length below which they count as a line.

The bisection folds a line and keeps more neighbours together.
"""


def spread(positions: Points, own: Points, wanted: Floats, width: float, check: Check) -> Points | None:
    """Spread sites so that each has about its wanted area around it.

    Optimal transport from the rectangle to the sites: of all divisions of the area, the one with the shortest
    ways.

    Parameters
    ----------
    positions : (n,) complex128
        Inside the rectangle [0, width] by [0, 1].
    own : (n,) complex128
        Distinct places, one per site, strictly inside the rectangle.
    wanted : (n,) float64
        Areas above 0; they sum to the rectangle's.
    width : float
    check : function
        Called between steps.

    Returns
    -------
    (n,) complex128 or None
        The centre of each site's part; None for positions on a line, or where the fit takes too long.
    """
    if _is_thin(positions):
        return None
    places = nudged(positions + PARTING * (own - positions), width)
    try:
        diagram = Diagram.of(Sites.inside(width, places), check)
    except LostCells:
        return None
    count = len(places)
    goal = Goal(wanted, np.full(count, TOLERANCE * width / count), PRECISION, STEPS, SHORTEST)
    fitted = fit_areas(diagram, goal, check)
    return None if fitted is None else places + fitted.centres()


def _is_thin(positions: Points) -> bool:
    """Return whether all positions lie on a line, or in one place."""
    x, y = positions.real - positions.real.mean(), positions.imag - positions.imag.mean()
    xx, xy, yy = float((x * x).sum()), float((x * y).sum()), float((y * y).sum())
    # The product of the variances along and across the longest axis, against the square of their sum.
    return xx * yy - xy * xy <= THIN**2 * (xx + yy) ** 2
