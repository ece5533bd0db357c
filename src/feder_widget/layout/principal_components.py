"""Principal components of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float64Array

EXACT_SIDE = 512
"""Most rows or columns of a matrix for exact eigenvectors; beyond, subspace iteration."""

SUBSPACE_ROUNDS = 12
SUBSPACE_SPARE = 8

BLOCK_ROWS = 16_384
"""Vectors that are turned into double precision at once."""

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
        points = _of_length_one(points)
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
    projected = points @ _signed(_axes(points, min(count, n, d)))
    spread = projected.std(axis=0)
    projected[:, spread <= NOISE * spread.max(initial=0)] = 0
    out[:, : projected.shape[1]] = projected
    return out


def components_of_many(
    vectors: npt.NDArray[Any], count: int, sample: int, *, normalise: bool = False
) -> Float64Array:
    """Return ``principal_components`` of very many vectors, along the axes of some of them.

    The sample is spread evenly over the rows. Vectors are read a block at a time.

    Parameters
    ----------
    vectors : (n, d) array of numbers
        A row that holds a NaN or an infinity becomes the mean of the sample.
    count : int
        Number of axes.
    sample : int
        Rows that the axes are taken from.
    normalise : bool
        Scale every row to length 1 first.

    Returns
    -------
    (n, count) float64
    """
    n = len(vectors)
    some = np.array(vectors[np.linspace(0, n - 1, min(sample, n)).astype(np.intp)], np.float64)
    some = some[np.isfinite(some).all(axis=1)]
    out = np.zeros((n, count))
    if not some.size:
        return out
    if normalise:
        some = _of_length_one(some)
    scale = float(_nonzero(np.abs(some).max()))
    some /= scale
    mean = some.mean(axis=0)
    some -= mean
    axes = _signed(_axes(some, min(count, *some.shape)))
    for start in range(0, n, BLOCK_ROWS):
        rows = np.array(vectors[start : start + BLOCK_ROWS], np.float64)
        finite = np.isfinite(rows).all(axis=1)
        if normalise:
            rows[~finite] = 0
            rows = _of_length_one(rows)
        rows /= scale
        rows -= mean
        rows[~finite] = 0
        out[start : start + len(rows), : axes.shape[1]] = rows @ axes
    spread = out.std(axis=0)
    out[:, spread <= NOISE * spread.max(initial=0)] = 0
    return out


def _of_length_one(rows: Float64Array) -> Float64Array:
    # By the largest component first: squares of huge or tiny ones leave the range of float64.
    rows = rows / _nonzero(np.abs(rows).max(axis=1, keepdims=True))
    return np.asarray(rows / _nonzero(np.linalg.norm(rows, axis=1, keepdims=True)))


def _signed(axes: Float64Array) -> Float64Array:
    """Turn each axis so that its largest weight is positive."""
    sign = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return np.asarray(axes * np.where(sign == 0, 1, sign))


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
