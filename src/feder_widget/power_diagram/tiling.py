"""Round cells about where the clusters' positions are."""

from __future__ import annotations

from feder_widget.power_diagram.checkpoint import Check
from feder_widget.power_diagram.plane import Floats, Points
from feder_widget.power_diagram.polygons import Polygons
from feder_widget.power_diagram.relaxation import relaxed
from feder_widget.power_diagram.spreading import spread

MOST_ROUND = 20_000
"""More cells than this are a few pixels each, and their shape does not show."""


def round_tiling(
    parts: Polygons, places: Points, weights: Floats, width: float, check: Check
) -> Polygons | None:
    """Return cells of the same areas as parts of the rectangle [0, width] by [0, 1], but rounder.

    Parameters
    ----------
    parts : Polygons
        n of them, by cuts.
    places : (n,) complex128
        Where each cell should about lie, in the rectangle.
    weights : (n,) float64
        Above 0.
    width : float
    check : function
        Called between steps.

    Returns
    -------
    Polygons or None
        None where there are too many, or their areas cannot be had.
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
