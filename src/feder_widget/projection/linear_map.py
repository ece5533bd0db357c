"""The linear picture: principal components of the candidates, undisturbed by a few that are far away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.map.linear_layout import Float32Array, Float64Array, into_unit_square, principal_components

FAR = 4.0
"""Beyond this many times the distance that 95 % stay within, a vector is an outlier."""

BULK = 1.5
"""Where there are outliers, whatever lies beyond this many times that distance is drawn in."""

ROUNDING = 3e-7
"""Differences below this share of the largest value are float32's rounding."""


class LinearMap:
    """The map to the first two principal components of some vectors, without their outliers.

    Parameters
    ----------
    rows : (n, d) array of numbers
        What the axes are fitted to; rows that are not finite are left out.
    normalise : bool
        Compare directions, not lengths: for the inner-product metric, where a query may have any length.
    like : (m, d) array of numbers, optional
        What the picture is turned, or mirrored, to lie like: principal components have no direction of their
        own, and a few vectors more or less may swap them or turn them round.
    """

    def __init__(self, rows: npt.ArrayLike, *, normalise: bool, like: npt.ArrayLike | None = None) -> None:
        self._normalise = normalise
        points = self._prepared(rows)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            radii = np.linalg.norm(points - points.mean(axis=0), axis=1)
            reach = _reach(radii)
            points = points[radii <= reach] if reach > 0 else points
        self._centre = points.mean(axis=0) if len(points) else np.zeros(points.shape[1])
        centred = points - self._centre
        if len(points):
            largest = np.abs(points).max(initial=0)
            centred[:, np.ptp(points, axis=0) <= ROUNDING * largest] = 0
        # For singular vectors v, X'Xv is v again but for its length.
        axes = centred.T @ principal_components(centred, 2)
        lengths = np.linalg.norm(axes, axis=0)
        self._axes = axes / np.where(lengths > 0, lengths, 1)
        if like is not None:
            other = LinearMap(like, normalise=normalise)
            self._axes = self._axes @ nearest_turn(self._axes, other._axes)

    def __call__(self, rows: npt.ArrayLike) -> Float64Array:
        """Return the positions of vectors, (n, 2) float64; the middle for one that is not finite."""
        points = self._prepared(rows) - self._centre
        points[~np.isfinite(points).all(axis=1)] = 0
        return np.asarray(points @ self._axes)

    def _prepared(self, rows: npt.ArrayLike) -> Float64Array:
        points = np.array(rows, dtype=np.float64)
        return directions(points) if self._normalise else points


def nearest_turn(some: Float64Array, others: Float64Array) -> Float64Array:
    """Return the rotation or reflection that takes ``some`` nearest to ``others``, (2, 2) float64.

    Both (n, 2), row i of one to lie like row i of the other (orthogonal Procrustes).
    """
    u, _, vt = np.linalg.svd(some.T @ others)
    return np.asarray(u @ vt)


def directions(rows: Float64Array) -> Float64Array:
    """Return vectors scaled to length 1; a zero vector stays, (n, d) float64."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1))


def into_picture(positions: Float64Array) -> tuple[Float32Array, int]:
    """Fit positions into the unit square, drawn in where outliers would squeeze the rest to a dot.

    Returns
    -------
    (n, 2) float32
        In [0, 1]², with one scale for both axes. What is drawn in keeps its direction and its order of
        distance from the middle, and ends up within half as far again as what is not.
    int
        How many were drawn in.
    """
    if len(positions) == 0:
        return np.zeros((0, 2), np.float32), 0
    middle = np.median(positions, axis=0)
    apart = positions - middle
    radii = np.linalg.norm(apart, axis=1)
    reach = _reach(radii)
    if not radii.max() > reach > 0:
        return into_unit_square(positions), 0
    limit = reach * BULK / FAR
    far = radii > limit
    share = limit / radii[far]
    apart[far] *= (share * (1.5 - 0.5 * share))[:, None]
    return into_unit_square(apart), int(far.sum())


def _reach(radii: Float64Array) -> float:
    """Return the distance beyond which a vector is an outlier; 0 when none can be told."""
    return FAR * float(np.percentile(radii, 95, method="lower"))
