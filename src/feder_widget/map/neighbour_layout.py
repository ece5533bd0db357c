"""The map people look at: a neighbour embedding of the centroids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from feder_widget.map.affinities import Affinities, neighbour_affinities
from feder_widget.map.linear_layout import (
    Float32Array,
    Float64Array,
    into_unit_square,
    prepared,
    principal_components,
)
from feder_widget.map.repulsion import EXACT_POINTS, Complex64Array, forget_kernels, repulsion

DIMENSIONS = 32
"""Principal components kept for the neighbour search."""

MANY_POINTS = 4096
NEIGHBOURS = 45
NEIGHBOURS_OF_MANY = 30

START_SPREAD = 1e-2
"""Standard deviation of the first positions, in the unit of the kernel 1 / (1 + r²)."""

EXAGGERATION = 12.0
GAIN_UP, GAIN_DOWN, GAIN_LEAST = 0.2, 0.8, 0.01


class LayoutCancelled(Exception):  # noqa: N818 - an outcome that was asked for, not an error
    """Raised when `cancelled()` turned true before the layout was finished."""


def _never() -> bool:
    return False


def neighbour_layout(
    centroids: npt.ArrayLike,
    *,
    normalise: bool = False,
    cancelled: Callable[[], bool] = _never,
) -> Float32Array:
    """Lay the centroids out so that near ones lie together, by t-SNE started from the principal components.

    van der Maaten & Hinton 2008, with the repulsion of Linderman et al. 2019; no random numbers. The result
    is turned (never bent) to match `linear_layout`, so that the one can be replaced by the other on screen.

    Parameters
    ----------
    centroids : (n, d) array of numbers
        Rows that hold a NaN or an infinity are placed at the mean of the others before they are laid out.
    normalise : bool
        Compare directions, not lengths: for the inner-product metric.
    cancelled : function
        Asked before every iteration.

    Returns
    -------
    (n, 2) float32, in [0, 1]², scaled as by `linear_layout`

    Raises
    ------
    ValueError
        If `centroids` is not two-dimensional.
    LayoutCancelled
        If `cancelled()` was true.
    """
    components = principal_components(prepared(centroids, normalise=normalise), DIMENSIONS)
    start = components[:, :2]
    n = len(components)
    if n <= 3 or not start.any():
        return into_unit_square(start)
    if cancelled():
        raise LayoutCancelled
    wanted = NEIGHBOURS if n <= MANY_POINTS else NEIGHBOURS_OF_MANY
    points = np.ascontiguousarray(components, dtype=np.float32)
    affinities = neighbour_affinities(points, min(wanted, n - 1))
    try:
        positions = _descend(affinities, start, cancelled)
    finally:
        forget_kernels()
    return into_unit_square(_turned(positions, start))


def _descend(affinities: Affinities, start: Float64Array, cancelled: Callable[[], bool]) -> Float64Array:
    """Move the points down the gradient of t-SNE's divergence: first all together, then apart."""
    n = len(start)
    scaled = _bent(start * (START_SPREAD / start[:, 0].std()))
    positions = (scaled[:, 0] + 1j * scaled[:, 1]).astype(np.complex64)
    velocity = np.zeros((n, 2), np.float32)
    gains = np.ones((n, 2), np.float32)
    early, late = _iterations(n)
    for iteration in range(early + late):
        if cancelled():
            raise LayoutCancelled
        is_early = iteration < early
        exaggeration = EXAGGERATION if is_early else 1.0
        push, total = repulsion(positions)
        step = np.complex64(exaggeration) * _attraction(affinities, positions) - push / np.float32(total)
        gradient = step.view(np.float32).reshape(n, 2)
        against = (gradient > 0) != (velocity > 0)
        gains = np.maximum(np.where(against, gains + GAIN_UP, gains * GAIN_DOWN), GAIN_LEAST)
        rate = 4 * max(n / EXAGGERATION, 12.5)
        momentum = 0.5 if is_early else 0.8
        velocity = np.float32(momentum) * velocity - np.float32(rate) * gains * gradient
        positions = positions + np.ascontiguousarray(velocity).view(np.complex64).ravel()
        positions -= positions.mean()
    return positions.view(np.float32).reshape(n, 2).astype(np.float64)


def _bent(start: Float64Array) -> Float64Array:
    """Lift points off a straight line, where no force could ever lead out of it."""
    if start[:, 1].any():
        return start
    along = start[:, 0] / np.abs(start[:, 0]).max()
    return np.column_stack([start[:, 0], START_SPREAD / 10 * along**2])


def _attraction(affinities: Affinities, positions: Complex64Array) -> Complex64Array:
    """Return Σ_j p_ij (y_i - y_j) / (1 + |y_i - y_j|²), (n,) complex64."""
    apart = positions[affinities.rows] - positions[affinities.columns]
    pull = apart * (affinities.weights / (1 + apart.real**2 + apart.imag**2))
    return np.asarray(np.add.reduceat(pull, affinities.starts))


def _iterations(n: int) -> tuple[int, int]:
    """Return the iterations spent with and without exaggeration: more where they cost nothing to speak of."""
    if n <= EXACT_POINTS:
        return 100, 400
    return (80, 170) if n <= MANY_POINTS else (70, 160)


def _turned(positions: Float64Array, like: Float64Array) -> Float64Array:
    """Rotate or mirror positions to lie as much as possible like others (orthogonal Procrustes)."""
    centred = positions - positions.mean(axis=0)
    u, _, vt = np.linalg.svd(centred.T @ (like - like.mean(axis=0)))
    return np.asarray(centred @ (u @ vt))
