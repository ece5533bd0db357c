"""The numbers of a column: the ends of its scale, levels on it, and what each cluster holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ENDS = (0.02, 0.98)
"""Shares of all values below the ends of a scale: a few outliers must not take its colours."""

TOP = 252
"""The level of the upper end."""

NO_VALUE = 254
"""The level of a row without a value. The page keeps 253 and 255 for itself, as with labels."""


@dataclass(frozen=True, slots=True)
class ScaleEnds:
    """The values where a scale begins and ends, and the extremes; None where there is no finite value."""

    low: float | None
    high: float | None
    least: float | None
    greatest: float | None


@dataclass(frozen=True, slots=True, eq=False)
class ClusterValues:
    """The finite values of each cluster, arrays of shape (clusters,): 0 where there is none."""

    valued: NDArray[np.int32]
    means: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]


def scale_ends(
    values: NDArray[np.float64], clusters: NDArray[np.int64], sizes: NDArray[np.int64]
) -> ScaleEnds:
    """Return the ends of the scale of some rows' values.

    Parameters
    ----------
    values : array of shape (n,), float64
        The value of each row read; those that are not finite do not count.
    clusters : array of shape (n,), int64
        Its cluster. A row stands for as many rows as its cluster holds to each one read of it.
    sizes : array of shape (clusters,), int64
        The rows that each cluster holds.
    """
    read = np.bincount(clusters, minlength=sizes.size)
    is_finite = np.isfinite(values)
    if not is_finite.any():
        return ScaleEnds(None, None, None, None)
    finite, homes = values[is_finite], clusters[is_finite]
    order = np.argsort(finite)
    ordered = finite[order]
    weights = np.cumsum((sizes[homes] / read[homes])[order])
    places = np.searchsorted(weights, np.array(ENDS) * weights[-1])
    low, high = ordered[np.minimum(places, ordered.size - 1)].tolist()
    least, greatest = float(ordered[0]), float(ordered[-1])
    if low == high:
        low, high = least, greatest
    return ScaleEnds(low, high, least, greatest)


def levels(values: NDArray[np.float64], ends: ScaleEnds) -> NDArray[np.uint8]:
    """Return the place of each value between the ends, 0 to `TOP`, and `NO_VALUE` for NaN: uint8 (n,).

    A value beyond an end has the level of that end, an infinite one too. Where both ends are one value, that
    has the level in the middle.
    """
    found = np.full(values.size, NO_VALUE, np.uint8)
    is_value = ~np.isnan(values)
    told = values[is_value]
    if ends.low is None or ends.high is None:
        shares = np.where(told < 0, 0.0, 1.0)
    # Halves, because the difference of two large numbers may overflow.
    elif (span := ends.high / 2 - ends.low / 2) > 0:
        shares = np.clip((told / 2 - ends.low / 2) / span, 0, 1)
    else:
        shares = (1 + np.sign(told - ends.low)) / 2
    found[is_value] = np.rint(TOP * shares)
    return found


def cluster_values(values: NDArray[np.float64], clusters: NDArray[np.int64], count: int) -> ClusterValues:
    """Return the mean and the extremes of the finite values of each of ``count`` clusters."""
    is_finite = np.isfinite(values)
    finite, homes = values[is_finite], clusters[is_finite]
    valued = np.bincount(homes, minlength=count)
    # Shares of the mean are added up, because the sum of large numbers may overflow.
    means = np.bincount(homes, finite / valued[homes], minlength=count)
    least, greatest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(least, homes, finite)
    np.maximum.at(greatest, homes, finite)
    least[valued == 0] = greatest[valued == 0] = 0
    # Rounding must not take a mean out of its range.
    return ClusterValues(valued.astype(np.int32), np.clip(means, least, greatest), least, greatest)
