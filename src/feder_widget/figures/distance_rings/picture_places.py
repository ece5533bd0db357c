"""Where found rows stand as pictures, as ``js/src/views/distances/pictures.ts`` places them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.figures.distance_rings.distance_layout import Circle, Layout, on_circle
from feder_widget.figures.distance_rings.sectors import Sectors
from feder_widget.figures.placer import BoxPlacer, box_around

SIDES = (46, 41, 37, 33, 30, 27, 24, 22, 20, 18)
"""Sides of the pictures; the largest that finds room is taken."""

LARGEST = 0.19
"""Share of the circle's radius that a picture may take."""

LAP = 0.22
"""Share of the smaller picture's side by which two may overlap."""

MOST_ANGLES = 72
QUERY = 22
"""Side of the box that the query takes in the middle."""

MOST_PICTURES = 40
"""More found points than this are dots with a ring; fewer are pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Positions, float64 (n, 2), and the side of each picture, 0 for a dot with a ring."""

    positions: npt.NDArray[np.float64]
    sides: npt.NDArray[np.float64]


def place_pictures(
    points: Sequence[int],
    missed: Sequence[bool],
    places: npt.NDArray[np.int64],
    layout: Layout,
    sectors: Sectors,
    circle: Circle,
) -> Pictures:
    """Place pictures at their exact radius: each moves along it, in its sector, until it covers no other.

    The pictures of a sector are as large as finds room, and those of results no larger than those of missed
    neighbours; one that finds none at the least size is a dot.

    Parameters
    ----------
    points : sequence of int
        Points of the layout, the most important first.
    missed : sequence of bool
        Of each, whether it is a missed neighbour.
    places : int64 (n,)
        The sector of each point of the layout, from 0.
    """
    found = np.asarray(points, np.intp)
    positions = layout.positions[found].copy()
    if not 0 < len(found) <= MOST_PICTURES:
        return Pictures(positions, np.zeros(len(found)))
    homes = places[found].tolist()
    fitting = [i for i, side in enumerate(SIDES) if side <= LARGEST * circle.radius]
    smallest = len(SIDES) - 1
    levels = dict.fromkeys(homes, fitting[0] if fitting else smallest)
    while True:
        sides = [SIDES[levels[home]] for home in homes]
        angles, covers = _spots(layout.radii[found].tolist(), homes, sides, sectors)
        crowded = {homes[i] for i in covers}
        shrinkable = [home for home in crowded if levels[home] < smallest]
        if not shrinkable:
            break
        for home in shrinkable:
            levels[home] += 1
        most = max((levels[home] for home, lost in zip(homes, missed, strict=True) if lost), default=0)
        levels = {home: max(level, most) for home, level in levels.items()}
    held = np.array([angle is not None for angle in angles])
    chosen = np.array([angle for angle in angles if angle is not None])
    positions[held] = on_circle(circle, layout.radii[found][held], chosen)
    return Pictures(positions, np.where(held, sides, 0.0))


def _spots(
    radii: list[float], homes: list[int], sides: list[int], sectors: Sectors
) -> tuple[list[float | None], set[int]]:
    """Return an angle for each picture, None where it finds no room; and which crowd each other."""
    placer = BoxPlacer([box_around(0, 0, QUERY, QUERY)], lap=LAP)
    # The picture of each box that is taken; the query's first.
    owners = [-1]
    found: list[float | None] = []
    crowding: set[int] = set()
    for i, (radius, home, side) in enumerate(zip(radii, homes, sides, strict=True)):
        angles = _angles_in(float(sectors.start[home]), float(sectors.end[home]), radius)
        middles = radius * np.stack([np.sin(angles), -np.cos(angles)], axis=1)
        boxes = np.hstack([middles - side / 2, middles + side / 2])
        chosen, covered = placer.choose(boxes)
        if covered > 0:
            found.append(None)
            crowding.add(i)
            crowding.update(owners[at] for at in placer.covered_by(boxes[chosen]) if owners[at] >= 0)
        else:
            placer.take(boxes[chosen])
            owners.append(i)
            found.append(float(angles[chosen]))
    return found, crowding


def _angles_in(start: float, end: float, radius: float) -> npt.NDArray[np.float64]:
    """Return angles of a sector from its middle to its sides."""
    middle, reach = (start + end) / 2, (end - start) / 2
    steps = min(MOST_ANGLES // 2, math.ceil(reach * radius / 2))
    aside = reach * np.arange(1, steps + 1) / steps if steps else np.zeros(0)
    return np.concatenate([[middle], np.stack([middle - aside, middle + aside], axis=1).ravel()])
