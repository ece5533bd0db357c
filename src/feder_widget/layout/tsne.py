"""t-SNE, started from given positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feder_widget.layout.affinities import Affinities, neighbour_affinities, row_blocks
from feder_widget.layout.arrays import Complex64Array, Float64Array
from feder_widget.layout.cancellation import LayoutCancelled, never
from feder_widget.layout.plane import nearest_turn
from feder_widget.layout.repulsion import forget_kernels, repulsion

START_SPREAD = 1e-2
"""Standard deviation of the first positions, in the unit of the kernel 1 / (1 + r²)."""

LINE = 1e-9
"""Width of the start relative to its length, below which it is a straight line."""

EXAGGERATION = 12.0
GAIN_UP, GAIN_DOWN, GAIN_LEAST = 0.2, 0.8, 0.01


def tsne(
    points: Float64Array,
    start: Float64Array,
    *,
    neighbours: int,
    iterations: tuple[int, int],
    cancelled: Callable[[], bool] = never,
) -> Float64Array:
    """Lay points out so that near ones lie together.

    van der Maaten & Hinton 2008, with the repulsion of Linderman et al. 2019, without random numbers.

    Parameters
    ----------
    points : (n, d) float64
        Finite, of magnitude at most about 1; principal components, where d would be large.
    start : (n, 2) float64
        First positions, in any scale. The result is rotated or mirrored, never bent, to match them: on screen
        the result can replace them without a jump. Returned as they are if n <= 3 or all are equal.
    neighbours : int
        Neighbours of each point, at least 1; the perplexity is a third of it.
    iterations : (int, int)
        With exaggerated attraction, which gathers neighbours, and then without.
    cancelled : function
        Asked before every iteration.

    Returns
    -------
    (n, 2) float64

    Raises
    ------
    LayoutCancelled
        If ``cancelled()`` was true.
    """
    if len(points) <= 3 or not np.ptp(start, axis=0).any():
        return start
    if cancelled():
        raise LayoutCancelled
    centred = start - start.mean(axis=0)
    vectors = np.ascontiguousarray(points, dtype=np.float32)
    affinities = neighbour_affinities(vectors, min(neighbours, len(points) - 1))
    try:
        positions = _descend(affinities, centred, iterations, cancelled)
    finally:
        forget_kernels()
    positions -= positions.mean(axis=0)
    return np.asarray(positions @ nearest_turn(positions, centred))


def _descend(
    affinities: Affinities,
    start: Float64Array,
    iterations: tuple[int, int],
    cancelled: Callable[[], bool],
) -> Float64Array:
    """Move the points down the gradient of t-SNE's divergence: first all together, then apart."""
    n = len(start)
    scaled = _bent(start * (START_SPREAD / start.std(axis=0).max()))
    positions = (scaled[:, 0] + 1j * scaled[:, 1]).astype(np.complex64)
    velocity = np.zeros((n, 2), np.float32)
    gains = np.ones((n, 2), np.float32)
    early, late = iterations
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
    """Lift centred points off a straight line: the forces between them would never leave it."""
    _, spread, axes = np.linalg.svd(start, full_matrices=False)
    if spread[1] > LINE * spread[0]:
        return start
    along = start @ axes[0]
    height = START_SPREAD / 10 * (along / np.abs(along).max()) ** 2
    return np.asarray(start + height[:, None] * axes[1])


def _attraction(affinities: Affinities, positions: Complex64Array) -> Complex64Array:
    """Return Σ_j p_ij (y_i - y_j) / (1 + |y_i - y_j|²), (n,) complex64."""
    starts, summed = affinities.starts, np.empty_like(positions)
    counts = np.diff(starts)
    for rows in row_blocks(len(positions), -(-int(starts[-1]) // len(positions))):
        entries = slice(starts[rows.start], starts[rows.stop])
        apart = positions[rows].repeat(counts[rows]) - positions[affinities.columns[entries]]
        pull = apart * (affinities.weights[entries] / (1 + apart.real**2 + apart.imag**2))
        summed[rows] = np.add.reduceat(pull, starts[rows] - starts[rows.start])
    return summed
