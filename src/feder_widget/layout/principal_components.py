"""Principal components of vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float64Array

EXACT_SIDE = 512
"""Most rows or columns of a matrix for exact eigenvectors; beyond, subspace iteration."""

SUBSPACE_ROUNDS = 12
SUBSPACE_SPARE = 8

NOISE = 1e-6
"""Spread of a component, relative to the first, below which it is rounding and becomes 0.

It exceeds the rounding of centred float32 data: equal vectors must get equal components.
"""


def prepared(vectors: npt.ArrayLike, *, normalise: bool = False, name: str = "vectors") -> Float64Array:
    """Return vectors as finite, centred float64 of magnitude at most 1.

    Parameters
    ----------
    vectors : (n, d) array of numbers
        A row that holds a NaN or an infinity becomes the mean of the others.
    normalise : bool
        Scale every row to length 1 first: the inner product compares directions.
    name : str
        Name of the argument, for the message.

    Returns
    -------
    (n, d) float64

    Raises
    ------
    ValueError
        If `vectors` is not two-dimensional.
    """
    points = np.array(vectors, dtype=np.float64)
    if points.ndim != 2:
        raise ValueError(f"{name} must have shape (n, d), got {points.shape}")
    if points.size == 0:
        return points
    finite = np.isfinite(points).all(axis=1)
    points[~finite] = 0
    if normalise:
        # By the largest component first: squares of huge or tiny ones leave the range of float64.
        points /= _nonzero(np.abs(points).max(axis=1, keepdims=True))
        points /= _nonzero(np.linalg.norm(points, axis=1, keepdims=True))
    if finite.any():
        points /= _nonzero(np.abs(points).max())
        points -= points[finite].mean(axis=0)
        # Rows may differ from their mean by rounding alone; scaling would turn that noise into a layout.
        points[:, np.ptp(points[finite], axis=0) <= NOISE / 10] = 0
        points[~finite] = 0
        points /= _nonzero(np.abs(points).max())
    return points


def principal_components(points: Float64Array, count: int) -> Float64Array:
    """Project centred points on their first principal axes.

    Parameters
    ----------
    points : (n, d) float64
        Finite, mean about 0.
    count : int
        Number of axes. Columns beyond the rank of the points are 0.

    Returns
    -------
    (n, count) float64
        By falling variance. Each axis is signed so that its largest weight is positive.
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
