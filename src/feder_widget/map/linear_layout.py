"""Principal components, and what every layout does to its input and output."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]

EXACT_SIDE = 512
"""Smaller side of a matrix up to which eigenvectors are computed outright; above, by subspace iteration."""

SUBSPACE_ROUNDS = 12
SUBSPACE_SPARE = 8

NOISE = 1e-6
"""Spread of a component, relative to the first, below which it is rounding and counts as none.

Above float32's own rounding of centred data: equal centroids must come out as equal.
"""


def linear_layout(centroids: npt.ArrayLike, *, normalise: bool = False) -> Float32Array:
    """Lay the centroids out by their first two principal components.

    Parameters
    ----------
    centroids : (n, d) array of numbers
        Rows that hold a NaN or an infinity are placed at the mean of the others.
    normalise : bool
        Compare directions, not lengths: for the inner-product metric.

    Returns
    -------
    (n, 2) float32, in [0, 1]², with one scale for both axes: the longer one spans [0, 1], the other is
    centred. Equal centroids get equal positions; if all are equal, (0.5, 0.5).

    Raises
    ------
    ValueError
        If `centroids` is not two-dimensional.
    """
    points = prepared(centroids, normalise=normalise)
    return into_unit_square(principal_components(points, 2))


def prepared(centroids: npt.ArrayLike, *, normalise: bool) -> Float64Array:
    """Return the centroids as finite, centred float64 of at most unit magnitude.

    Returns
    -------
    (n, d) float64

    Raises
    ------
    ValueError
        If `centroids` is not two-dimensional.
    """
    points = np.array(centroids, dtype=np.float64)
    if points.ndim != 2:
        raise ValueError(f"centroids must have shape (n, d), got {points.shape}")
    if points.size == 0:
        return points
    finite = np.isfinite(points).all(axis=1)
    points[~finite] = 0
    if normalise:
        points /= _nonzero(np.abs(points).max(axis=1, keepdims=True))
        points /= _nonzero(np.linalg.norm(points, axis=1, keepdims=True))
    if finite.any():
        largest = np.abs(points).max()
        points /= _nonzero(largest)
        points -= points[finite].mean(axis=0)
        # Rows equal to their mean but for rounding are equal: without this, noise would be blown up to a map.
        points[:, np.ptp(points[finite], axis=0) <= NOISE / 10] = 0
        points[~finite] = 0
        points /= _nonzero(np.abs(points).max())
    return points


def principal_components(points: Float64Array, count: int) -> Float64Array:
    """Project centred points on their first principal axes, each signed to make its largest weight positive.

    Parameters
    ----------
    points : (n, d) float64, finite, mean about 0
    count : int
        Axes wanted. Where the points have fewer, the remaining columns are 0.

    Returns
    -------
    (n, count) float64, by falling variance
    """
    n, d = points.shape
    out = np.zeros((n, count))
    if n == 0 or d == 0:
        return out
    axes = _axes(points, min(count, n, d))
    sign = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    projected = points @ (axes * np.where(sign == 0, 1, sign))
    spread = projected.std(axis=0)
    projected[:, spread <= NOISE * spread.max(initial=0)] = 0
    out[:, : projected.shape[1]] = projected
    return out


def into_unit_square(positions: Float64Array) -> Float32Array:
    """Scale positions, both axes alike, so that the longer one spans [0, 1] and the other is centred.

    Returns
    -------
    (n, 2) float32
    """
    if len(positions) == 0:
        return np.zeros((0, 2), np.float32)
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = float((high - low).max())
    if not span > 0:
        return np.full((len(positions), 2), 0.5, np.float32)
    unit = (positions - (low + high) / 2) / span + 0.5
    return np.asarray(np.clip(unit, 0, 1), dtype=np.float32)


def _axes(points: Float64Array, count: int) -> Float64Array:
    """Return the first right singular vectors, (d, count), of an (n, d) matrix."""
    n, d = points.shape
    if d <= min(n, EXACT_SIDE):
        return _leading(points.T @ points, count)
    if n <= EXACT_SIDE:
        axes = points.T @ _leading(points @ points.T, count)
        return np.asarray(axes / _nonzero(np.linalg.norm(axes, axis=0)))
    # Halko, Martinsson & Tropp 2011 (algorithm 4.4), started from some of the rows instead of noise.
    width = min(count + SUBSPACE_SPARE, n, d)
    basis = points[np.linspace(0, n - 1, width).astype(int)].T
    basis, _ = np.linalg.qr(basis)
    for _ in range(SUBSPACE_ROUNDS):
        basis, _ = np.linalg.qr(points.T @ (points @ basis))
    image = points @ basis
    return np.asarray(basis @ _leading(image.T @ image, count))


def _leading(symmetric: Float64Array, count: int) -> Float64Array:
    _, vectors = np.linalg.eigh(symmetric)
    return np.asarray(vectors[:, ::-1][:, :count])


def _nonzero(values: npt.ArrayLike) -> Float64Array:
    array = np.asarray(values, dtype=np.float64)
    return np.where(array > 0, array, 1.0)
