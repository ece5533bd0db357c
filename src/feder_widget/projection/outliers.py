"""Points far from all others: found, and drawn in so that they leave room for the rest."""

from __future__ import annotations

import numpy as np

from feder_widget.layout.arrays import Float32Array, Float64Array
from feder_widget.layout.plane import into_unit_square

FAR = 4.0
"""A point is an outlier beyond this many times the radius that holds 95 % of the points."""

BULK = 1.5
"""Where there are outliers, points beyond this many times that radius are drawn in."""


def reach_of(radii: Float64Array) -> float:
    """Return the radius beyond which a point is an outlier; 0 if 95 % of the points are at the middle."""
    return FAR * float(np.percentile(radii, 95, method="lower"))


def drawn_in(points: Float64Array) -> tuple[Float64Array, int]:
    """Return points about their median, with outliers moved towards it.

    Parameters
    ----------
    points : (n, d) float64
        Finite.

    Returns
    -------
    (n, d) float64
        A moved point keeps its direction and its order of distance, and ends at most half as far again as the
        points that stay.
    int
        Number of points moved; 0 without outliers.
    """
    if len(points) == 0:
        return points, 0
    apart = points - np.median(points, axis=0)
    radii = np.linalg.norm(apart, axis=1)
    reach = reach_of(radii)
    if not radii.max() > reach > 0:
        return apart, 0
    limit = reach * BULK / FAR
    far = radii > limit
    share = limit / radii[far]
    apart[far] *= (share * (1.5 - 0.5 * share))[:, None]
    return apart, int(far.sum())


def into_picture(positions: Float64Array) -> tuple[Float32Array, int]:
    """Fit positions, (n, 2), into the unit square; outliers are drawn in.

    Returns
    -------
    (n, 2) float32
        In [0, 1]², with one scale for both axes.
    int
        Number of positions drawn in.
    """
    apart, count = drawn_in(positions)
    return into_unit_square(apart), count
