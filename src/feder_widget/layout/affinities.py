"""The attraction between near points in t-SNE."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float32Array, Float64Array

CALIBRATION_ROUNDS = 32


@dataclass(frozen=True)
class Affinities:
    """A sparse symmetric matrix of affinities: row i holds the entries ``starts[i]`` to ``starts[i + 1]``.

    Every row has at least one entry.
    """

    starts: npt.NDArray[np.intp]
    """(n,) first entry of each row"""
    rows: npt.NDArray[np.intp]
    """(m,) row of each entry"""
    columns: npt.NDArray[np.intp]
    """(m,) column of each entry"""
    weights: Float32Array
    """(m,) affinity of each entry; they sum to 1"""


def neighbour_affinities(points: Float32Array, neighbours: int) -> Affinities:
    """Return the affinities between each point and its nearest neighbours.

    The perplexity is a third of the neighbours. Equal points are neighbours at distance 0.

    Parameters
    ----------
    points : (n, d) float32, n >= 2, finite
    neighbours : int
        Neighbours of each point, from 1 to n - 1.
    """
    n = len(points)
    squared, nearest = _nearest_others(points, neighbours)
    given = _conditional(squared, max(1.0, neighbours / 3))
    rows = np.repeat(np.arange(n), neighbours)
    columns = nearest.ravel()
    # Entry (i, j) is p(j|i) + p(i|j): both directions go into one list, and equal places are summed.
    places = np.concatenate([rows * n + columns, columns * n + rows])
    unique, inverse = np.unique(places, return_inverse=True)
    weights = np.bincount(inverse.ravel(), weights=np.concatenate([given.ravel(), given.ravel()]))
    rows, columns = np.divmod(unique, n)
    return Affinities(
        starts=np.searchsorted(rows, np.arange(n)),
        rows=rows,
        columns=columns,
        weights=(weights / weights.sum()).astype(np.float32),
    )


def _nearest_others(points: Float32Array, neighbours: int) -> tuple[Float64Array, npt.NDArray[np.int64]]:
    """Return squared distances and indices, (n, neighbours), of each point's nearest others."""
    n = len(points)
    squared, nearest = faiss.knn(points, points, neighbours + 1)
    # A point may follow its duplicates, or be missing where there are many.
    drop = nearest == np.arange(n)[:, None]
    drop[~drop.any(axis=1), -1] = True
    keep = (n, neighbours)
    return np.maximum(squared[~drop].reshape(keep), 0).astype(np.float64), nearest[~drop].reshape(keep)


def _conditional(squared: Float64Array, perplexity: float) -> Float64Array:
    """Return p(j|i), rows summing to 1, with bandwidths that give every row the same perplexity.

    van der Maaten & Hinton 2008, equation 1; found by bisection of all rows at once.
    """
    wanted = np.log(perplexity)
    excess = squared - squared.min(axis=1, keepdims=True)
    scale = excess.mean(axis=1, keepdims=True)
    excess /= np.where(scale > 0, scale, 1)
    low = np.full((len(squared), 1), -12.0)
    high = np.full((len(squared), 1), 12.0)
    given = np.empty_like(excess)
    for _ in range(CALIBRATION_ROUNDS):
        log_precision = (low + high) / 2
        np.multiply(excess, -np.exp(log_precision), out=given)
        weights = np.exp(given)
        total = weights.sum(axis=1, keepdims=True)
        entropy = np.log(total) - (weights * given).sum(axis=1, keepdims=True) / total
        too_wide = entropy > wanted
        low = np.where(too_wide, log_precision, low)
        high = np.where(too_wide, high, log_precision)
    return np.asarray(weights / total)
