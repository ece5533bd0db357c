"""Sites spread evenly over the rectangle, neighbours staying neighbours."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.checkpoint import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.plane import Floats, Points
from feder_widget.power_diagram.regular import LostCells
from feder_widget.power_diagram.sites import Sites, nudged
from feder_widget.power_diagram.transport import Goal, fit_areas

OFF, PRECISION = 1.0, 1e-3
"""How far an area may be off, in mean areas, for the centres need no more; and how precise steps are."""

STEPS, SHORTEST = 24, 1 / 1024
"""When to give it up.

Layouts that take longer are lumps far apart, or their sizes so unlike that the start hardly matters.
"""

PARTING = 0.05
"""How far the sites start from their positions, as a share of the way to their own place.

That parts those whose positions are equal.
"""

THIN = 1e-3
"""Width of the positions, as a share of their length, below which they are a line.

Folding it keeps more together.
"""


def spread(positions: Points, own: Points, wanted: Floats, width: float, check: Check) -> Points | None:
    """Spread sites so that each has about the area that is wanted around it.

    Optimal transport from the rectangle to the sites: of all ways to deal out the area, the one that takes it
    the least far.

    Parameters
    ----------
    positions : (n,) complex128
        Inside the rectangle [0, width] by [0, 1].
    own : (n,) complex128
        A place for each site, distinct, strictly inside the rectangle.
    wanted : (n,) float64
        Areas, above 0, that add up to the rectangle's.
    width : float
    check : function
        Called between steps.

    Returns
    -------
    (n,) complex128 or None
        The centres of the sites' parts; None where they are not found quickly, or are of no use.
    """
    if _is_thin(positions):
        return None
    places = nudged(positions + PARTING * (own - positions), width)
    try:
        diagram = Diagram.of(Sites.inside(width, places), check)
    except LostCells:
        return None
    count = len(places)
    goal = Goal(wanted, np.full(count, OFF * width / count), PRECISION, STEPS, SHORTEST)
    fitted = fit_areas(diagram, goal, check)
    return None if fitted is None else places + fitted.centres()


def _is_thin(positions: Points) -> bool:
    """Say whether all positions lie on a line, or in one place."""
    x, y = positions.real - positions.real.mean(), positions.imag - positions.imag.mean()
    xx, xy, yy = float((x * x).sum()), float((x * y).sum()), float((y * y).sum())
    # The product of the variances along and across the longest axis, beside the square of about the greater.
    return xx * yy - xy * xy <= THIN**2 * (xx + yy) ** 2
