"""Round cells near given positions."""

from __future__ import annotations

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.even_spread import spread
from feder_widget.power_diagram.lloyd_relaxation import relaxed
from feder_widget.power_diagram.plane import Floats, Points
from feder_widget.power_diagram.polygons import Polygons

MOST_ROUND = 20_000
"""Most cells that are made round: more are a few pixels each, and their shape does not show."""


def round_tiling(
    parts: Polygons, places: Points, weights: Floats, width: float, check: Check
) -> Polygons | None:
    """Return cells of the rectangle [0, width] by [0, 1] with areas in proportion to weights.

    Parameters
    ----------
    parts : Polygons
        The n cells by bisection, whose centres are the start where the positions are not.
    places : (n,) complex128
        Wanted place of each cell, in the rectangle.
    weights : (n,) float64
        Above 0.
    width : float
    check : function
        Called between steps.

    Returns
    -------
    Polygons or None
        None for more than ``MOST_ROUND``, or where the fit of the areas fails.
    """
    count = len(parts)
    if not 0 < count <= MOST_ROUND:
        return None
    wanted = weights / weights.sum() * width
    if not wanted.min() > 0:
        return None
    _, centres = parts.moments()
    even = spread(places, centres, wanted, width, check)
    diagram = None if even is None else relaxed(even, wanted, width, check)
    if diagram is None:
        diagram = relaxed(centres, wanted, width, check)
    return None if diagram is None else diagram.polygons()
