"""Shapes as paths: cells with rounded corners, boxes, sectors, arcs. Angles run clockwise from 12 o'clock."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from matplotlib.path import Path

Points = npt.NDArray[np.float64]

ARC_STEP = 0.03
"""Radians between two points of an arc: less than a tenth of a pixel from a circle."""


def rounded(corners: Points, corner: float) -> Path:
    """Return a convex polygon, (n, 2), whose corners are rounded off over this length at most."""
    if corner <= 0:
        return Path(np.vstack([corners, corners[:1]]), closed=True)
    before, after = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
    starts = corners + (before - corners) * _share(before - corners, corner)
    ends = corners + (after - corners) * _share(after - corners, corner)
    points = np.stack([starts, corners, ends], axis=1).reshape(-1, 2)
    codes = np.tile([Path.LINETO, Path.CURVE3, Path.CURVE3], len(corners))
    codes[0] = Path.MOVETO
    return Path(np.vstack([points, points[:1]]), np.append(codes, Path.CLOSEPOLY))


def _share(sides: Points, corner: float) -> Points:
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    return np.minimum(0.5, corner / np.where(lengths > 0, lengths, 1))[:, None]


ROUND = 0.5523
"""How far the handles of a cubic curve reach that is nearest to a quarter of a circle."""


def box(left: float, top: float, right: float, bottom: float, corner: float) -> Path:
    """Return a box whose corners are quarters of circles."""
    r, h = corner, corner * (1 - ROUND)
    points = [
        (left + r, top), (right - r, top), (right - h, top), (right, top + h), (right, top + r),
        (right, bottom - r), (right, bottom - h), (right - h, bottom), (right - r, bottom),
        (left + r, bottom), (left + h, bottom), (left, bottom - h), (left, bottom - r),
        (left, top + r), (left, top + h), (left + h, top), (left + r, top), (left + r, top),
    ]  # fmt: skip
    side = [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    return Path(points, [Path.MOVETO, *side * 4, Path.CLOSEPOLY])


def arc(x: float, y: float, radius: float, start: float, end: float) -> Path:
    """Return a part of a circle."""
    return Path(arc_points(x, y, radius, start, end))


def sector(x: float, y: float, radius: float, start: float, end: float) -> Path:
    """Return a sector of a disc."""
    return Path(np.vstack([[[x, y]], arc_points(x, y, radius, start, end), [[x, y]]]), closed=True)


def circle(x: float, y: float, radius: float) -> Path:
    """Return a circle."""
    return Path.circle((x, y), radius)


def arc_points(x: float, y: float, radius: float, start: float, end: float) -> Points:
    """Return points on a part of a circle, (n, 2)."""
    angles = np.linspace(start, end, max(2, math.ceil((end - start) / ARC_STEP) + 1))
    return np.stack([x + radius * np.sin(angles), y - radius * np.cos(angles)], axis=1)
