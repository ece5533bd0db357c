"""A sector of the circle for each cluster, as ``js/src/views/distances/sectors.ts`` cuts them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

AXIS = 0.14
"""Room for the labels of the rings, at 12 o'clock."""

EVEN = 0.12
"""Share of the circle that all sectors get evenly, so that small clusters stay visible."""

LEAST = 0.045
LARGEST_GAP = 0.035

ASIDE = 0.9
"""Angle of the sector of the clusters that are not probed."""


@dataclass(frozen=True, slots=True, eq=False)
class Sectors:
    """Angles in radians, clockwise from 12 o'clock: sector i is ``start[i]`` to ``end[i]``."""

    start: npt.NDArray[np.float64]
    end: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of sectors."""
        return len(self.start)


def sectors_of(sizes: npt.ArrayLike, has_more: bool = False) -> Sectors:
    """Return one sector per cluster in rank order, as wide as its share of the vectors, but not too narrow.

    Parameters
    ----------
    sizes : int (n,)
        Vectors in each cluster.
    has_more : bool
        Whether one for everything else comes last.
    """
    counts = np.asarray(sizes, np.float64)
    n = len(counts)
    end = 2 * math.pi - AXIS / 2
    whole = end - AXIS / 2 - (ASIDE if has_more else 0)
    total = float(counts.sum())
    least = whole / max(1, n) if total == 0 else min(LEAST, EVEN * whole / n)
    shares = np.zeros(n) if total == 0 else (whole - n * least) * counts / total
    widths = least + shares
    starts = AXIS / 2 + np.concatenate([[0.0], np.cumsum(widths)[:-1]]) if n else np.zeros(0)
    gaps = np.minimum(LARGEST_GAP, 0.14 * widths)
    first, last = starts + gaps / 2, starts + widths - gaps / 2
    if has_more:
        first, last = np.append(first, end - ASIDE + LARGEST_GAP), np.append(last, end)
    return Sectors(first, last)
