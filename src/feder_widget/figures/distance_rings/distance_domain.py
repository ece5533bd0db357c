"""The distances that a radial scale must show, as ``js/src/model/distanceDomain.ts`` finds them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BULK = 0.99
"""Share of the candidates whose distances are drawn to scale; the rest may be compressed."""

RINGS = 5

FARTHEST = 3.5e38
"""Beyond every distance in single precision."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The distances that a scale must show. Keys grow outward: the distance, or the similarity's negative.

    Attributes
    ----------
    similarity : bool
        Whether a larger distance is nearer.
    best : float
        The nearest key of all.
    start : float
        The round value where the scale becomes linear, at or below the nearest candidate but the query.
    bulk : float
        Up to here the scale is linear.
    last : float
        The farthest key.
    step : float
        Between two round values; 0 when all candidates are equally far.
    """

    similarity: bool
    best: float
    start: float
    bulk: float
    last: float
    step: float


def keys_outward(distances: npt.ArrayLike, similarity: bool) -> npt.NDArray[np.float64]:
    """Return keys that grow outward, float64 (n,); NaN and overflowed distances count as the farthest."""
    keys = np.asarray(distances, np.float64) * (-1 if similarity else 1)
    return np.asarray(np.clip(np.where(np.isnan(keys), FARTHEST, keys), -FARTHEST, FARTHEST))


def nearest_first(distances: npt.ArrayLike, similarity: bool) -> npt.NDArray[np.intp]:
    """Return the places from the nearest to the farthest; equal ones in the order in which they come."""
    return np.argsort(keys_outward(distances, similarity), kind="stable")


def domain_of(
    distances: npt.ArrayLike, order: npt.NDArray[np.intp], similarity: bool, own: int = -1
) -> Domain:
    """Return the domain of some distances.

    Parameters
    ----------
    distances : float32 (n,)
        As the engine reports them, at least one.
    order : int (n,)
        Places from the nearest to the farthest.
    similarity : bool
        Whether a larger distance is nearer.
    own : int
        The place of the query's own row, which the linear scale leaves out; -1 for none.
    """
    keys = keys_outward(distances, similarity)[order]
    n = len(order)
    best, last = float(keys[0]), float(keys[-1])
    nearest = float(keys[1]) if n > 1 and order[0] == own else best
    usual = float(keys[math.floor(BULK * (n - 1))])
    bulk = usual if usual > nearest else last
    if not bulk > nearest:
        return Domain(similarity, best, nearest, nearest, nearest, 0)
    step = round_step((bulk - nearest) / RINGS)
    return Domain(similarity, best, math.floor(nearest / step) * step, bulk, last, step)


def round_step(least: float) -> float:
    """Return the least of 1, 2, 5, 10, 20 … and their like that is at least this."""
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1, 2, 5, 10):
        if factor * power >= least * (1 - 1e-9):
            return factor * power
    return 10 * power
