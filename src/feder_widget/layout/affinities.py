"""The attraction between near points in t-SNE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float32Array, Float64Array

CALIBRATION_ROUNDS = 32

Indices = npt.NDArray[np.unsignedinteger[Any]]
"""Of the smallest type that holds them: up to 16 bits, NumPy sorts by digits, twenty times as fast."""

BLOCK_ENTRIES = 1 << 16
"""Affinities that are computed at once: what a block needs for a moment stays at a few megabytes."""


@dataclass(frozen=True)
class Affinities:
    """A sparse symmetric matrix of affinities: row i holds the entries ``starts[i]`` to ``starts[i + 1]``.

    Every row has at least one entry.
    """

    starts: npt.NDArray[np.intp]
    """(n + 1,) first entry of each row, and the number of entries, m"""
    columns: npt.NDArray[np.int32]
    """(m,) column of each entry, ascending within a row"""
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
    squared, nearest = _nearest_others(points, neighbours)
    given = _conditional(squared, max(1.0, neighbours / 3))
    del squared
    counts, columns, weights = _symmetrised(given, nearest)
    del given, nearest
    weights /= weights.sum()
    return Affinities(
        starts=np.concatenate([[0], np.cumsum(counts)]), columns=columns, weights=weights.astype(np.float32)
    )


def _nearest_others(points: Float32Array, neighbours: int) -> tuple[Float32Array, Indices]:
    """Return squared distances and indices, (n, neighbours), of each point's nearest others."""
    n = len(points)
    squared, nearest = faiss.knn(points, points, neighbours + 1)
    # A point may follow its duplicates, or be missing where there are many.
    keep = nearest != np.arange(n)[:, None]
    keep[keep.all(axis=1), -1] = False
    shape = (n, neighbours)
    return squared[keep].reshape(shape), nearest[keep].astype(np.min_scalar_type(n - 1)).reshape(shape)


def _conditional(squared: Float32Array, perplexity: float) -> Float64Array:
    """Return p(j|i), rows summing to 1, with bandwidths that give every row the same perplexity."""
    given = np.empty(squared.shape)
    for rows in row_blocks(*squared.shape):
        given[rows] = _calibrated(np.maximum(squared[rows], 0).astype(np.float64), np.log(perplexity))
    return given


def _calibrated(squared: Float64Array, wanted: float) -> Float64Array:
    """Return p(j|i) of some rows, with bandwidths that give every row the wanted entropy.

    van der Maaten & Hinton 2008, equation 1; found by bisection of these rows at once.
    """
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


def _symmetrised(
    given: Float64Array, nearest: Indices
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32], Float64Array]:
    """Return p(j|i) + p(i|j) wherever one of them is given: entries per row, their columns, and the sums."""
    n, neighbours = given.shape
    # The same entries column by column: those of column i are p(i|j), in the order of j.
    turned = np.argsort(nearest, axis=None, kind="stable")
    ends = np.cumsum(np.bincount(nearest.ravel(), minlength=n))
    counts, columns, sums = [], [], []
    for rows in row_blocks(n, neighbours):
        here = np.arange(rows.start, rows.stop).repeat(neighbours)
        back = turned[ends[rows.start - 1] if rows.start else 0 : ends[rows.stop - 1]]
        there = nearest.ravel()[back].astype(np.int64)
        places = np.concatenate([here * n + nearest[rows].ravel(), there * n + back // neighbours])
        unique, inverse = np.unique(places, return_inverse=True)
        weights = np.concatenate([given[rows].ravel(), given.ravel()[back]])
        row, column = np.divmod(unique, n)
        counts.append(np.bincount(row - rows.start))
        columns.append(column.astype(np.int32))
        sums.append(np.bincount(inverse.ravel(), weights=weights))
    return np.concatenate(counts), np.concatenate(columns), np.concatenate(sums)


def row_blocks(rows: int, entries_per_row: int) -> Iterator[slice]:
    """Cut the rows of a matrix to blocks of at most ``BLOCK_ENTRIES`` entries."""
    size = max(1, BLOCK_ENTRIES // entries_per_row)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
