"""Where the candidates lie in Distances, as ``js/src/views/distances/layout.ts`` places them.

The unit is a CSS pixel, 1/96 inch; x points right, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.figures.distance_rings.radial_scale import RadialScale, Room
from feder_widget.figures.distance_rings.sectors import Sectors
from feder_widget.figures.placer import GOLDEN, DiscPlacer

SPREAD = 4000
"""Up to this many points get angles that keep them apart; more show their density."""

NARROW = 520
DIRECTIONS = 16_384
"""Directions that many points are spread over: a fraction of a pixel apart."""

LARGEST_DOT = 3.6
SMALLEST_DOT = 1.1
COVERAGE = 0.06
"""Share of the picture that dots may cover."""


@dataclass(frozen=True, slots=True)
class Circle:
    """The circle of the picture."""

    x: float
    y: float
    radius: float


def circle_in(width: float, height: float) -> Circle:
    """Return the circle that the picture has room for, with labels around it."""
    aside = 34 if width < NARROW else 80
    return Circle(width / 2, height / 2, max(10, min(width / 2 - aside, height / 2 - 24)))


def room_in(circle: Circle) -> Room:
    """Return radii for a scale: results, as pictures, need room around the query."""
    radius = circle.radius
    return Room(
        near=min(max(24, 0.16 * radius), 0.3 * radius),
        start=min(max(40, 0.33 * radius), 0.45 * radius),
        outer=radius,
    )


def dot_radius(count: int, width: float, height: float) -> float:
    """Return the radius of a dot: smaller where there are many."""
    room = width * height * COVERAGE / max(1, count)
    return min(LARGEST_DOT, max(SMALLEST_DOT, math.sqrt(room / math.pi)))


def dot_opacity(count: int) -> float:
    """Return the opacity of a dot: lower where many overlap, so that density shows."""
    return min(0.82, max(0.32, 0.82 - 0.125 * math.log10(max(1, count / 200))))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Positions, float64 (n, 2), and the scale's radius of each point, float64 (n,)."""

    positions: npt.NDArray[np.float64]
    radii: npt.NDArray[np.float64]


def layout_distances(
    distances: npt.ArrayLike,
    places: npt.NDArray[np.int64],
    order: npt.NDArray[np.intp],
    scale: RadialScale,
    sectors: Sectors,
    circle: Circle,
    dot: float,
) -> Layout:
    """Place each candidate at the radius of its distance, in the sector of its cluster.

    Only the angle is free: it keeps a few points apart, and spreads many evenly.

    Parameters
    ----------
    distances : float32 (n,)
        As the engine reports them.
    places : int64 (n,)
        The sector of each, from 0, ascending.
    order : int (n,)
        Places from the nearest to the farthest.
    dot : float
        Radius of a dot.
    """
    radii = scale.radii(distances)
    start, end = sectors.start[places], sectors.end[places]
    margin = np.minimum(dot / np.maximum(radii, 1), 0.25 * (end - start))
    if len(radii) <= SPREAD:
        angles = _apart(radii, places, order, start + margin, end - margin, dot, circle)
    else:
        first = np.searchsorted(places, np.arange(len(sectors)))
        turns = (0.5 + (np.arange(len(places)) - first[places]) * GOLDEN) % 1
        even = start + margin + turns * (end - start - 2 * margin)
        # The page rounds to a direction of its table: halves go up.
        angles = np.floor(even / (2 * math.pi) * DIRECTIONS + 0.5) * (2 * math.pi / DIRECTIONS)
    return Layout(on_circle(circle, radii, angles), radii)


def on_circle(circle: Circle, radii: npt.ArrayLike, angles: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the places at these radii and angles, float64 (n, 2)."""
    radius, angle = np.asarray(radii), np.asarray(angles)
    return np.stack([circle.x + radius * np.sin(angle), circle.y - radius * np.cos(angle)], axis=-1)


def _apart(
    radii: npt.NDArray[np.float64],
    places: npt.NDArray[np.int64],
    order: npt.NDArray[np.intp],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    dot: float,
    circle: Circle,
) -> npt.NDArray[np.float64]:
    """Return angles that keep points apart, given from the query outward."""
    placers: dict[int, DiscPlacer] = {}
    angles = np.zeros(len(radii))
    for i, place in zip(order.tolist(), places[order].tolist(), strict=True):
        placer = placers.setdefault(place, DiscPlacer(circle.radius / 200))
        angles[i] = placer.place(float(radii[i]), dot, float(start[i]), float(end[i]))
    return angles
