"""The first picture of the candidates: principal components, unaffected by outliers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float64Array
from feder_widget.layout.plane import nearest_turn
from feder_widget.layout.principal_components import principal_components
from feder_widget.projection.outliers import reach_of

ROUNDING = 3e-7
"""Differences below this share of the largest value are float32 rounding."""


class LinearMap:
    """The map to the first two principal components of some vectors without their outliers.

    Parameters
    ----------
    rows : (n, d) array of numbers
        Vectors that the axes are fitted to. Rows that are not finite are left out.
    normalise : bool
        Compare directions, not lengths: for the inner-product metric, where a query may have any length.
    like : (m, d) array of numbers, optional
        Vectors whose own picture this one is rotated or mirrored to match. Principal components have no
        orientation, and a few vectors more or less may swap or flip them.
    """

    def __init__(self, rows: npt.ArrayLike, *, normalise: bool, like: npt.ArrayLike | None = None) -> None:
        self._normalise = normalise
        points = self._prepared(rows)
        finite = np.isfinite(points).all(axis=1)
        # Rows are copied only where some are left out: there may be thousands.
        if not finite.all():
            points = points[finite]
        if len(points):
            radii = np.linalg.norm(points - points.mean(axis=0), axis=1)
            reach = reach_of(radii)
            if 0 < reach < radii.max():
                points = points[radii <= reach]
        self._centre = points.mean(axis=0) if len(points) else np.zeros(points.shape[1])
        centred = points - self._centre
        if len(points):
            largest = np.abs(points).max(initial=0)
            centred[:, np.ptp(points, axis=0) <= ROUNDING * largest] = 0
        # For a singular vector v, X'Xv is v up to its length.
        axes = centred.T @ principal_components(centred, 2)
        lengths = np.linalg.norm(axes, axis=0)
        self._axes = axes / np.where(lengths > 0, lengths, 1)
        if like is not None:
            other = LinearMap(like, normalise=normalise)
            self._axes = self._axes @ nearest_turn(self._axes, other._axes)

    def __call__(self, rows: npt.ArrayLike) -> Float64Array:
        """Return the positions of vectors, (n, 2) float64; (0, 0) for a vector that is not finite."""
        points = self._prepared(rows) - self._centre
        points[~np.isfinite(points).all(axis=1)] = 0
        return np.asarray(points @ self._axes)

    def _prepared(self, rows: npt.ArrayLike) -> Float64Array:
        points = np.array(rows, dtype=np.float64)
        return directions(points) if self._normalise else points


def directions(rows: Float64Array) -> Float64Array:
    """Return vectors scaled to length 1, (n, d) float64; a zero vector stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1))
