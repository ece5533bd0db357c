"""Positions in the plane: fitted into a square, turned like others."""

from __future__ import annotations

import numpy as np

from feder_widget.layout.arrays import Float32Array, Float64Array


def into_unit_square(positions: Float64Array) -> Float32Array:
    """Scale positions so that the longer axis spans [0, 1] and the other is centred.

    Both axes share one scale. Equal positions all become (0.5, 0.5).

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


def nearest_turn(some: Float64Array, others: Float64Array) -> Float64Array:
    """Return the rotation or reflection that brings ``some`` nearest to ``others``, (2, 2) float64.

    Both are (n, 2); row i of one corresponds to row i of the other (orthogonal Procrustes).
    """
    u, _, vt = np.linalg.svd(some.T @ others)
    return np.asarray(u @ vt)
