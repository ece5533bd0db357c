"""Points of the plane as complex numbers, x + iy."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.complex128]
Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]


def cross(a: Points, b: Points) -> Floats:
    """Return twice the area of each triangle 0, a, b: positive where b lies to the left of a."""
    return np.asarray(a.real * b.imag - a.imag * b.real)


def summed(group: Indices, values: Floats, count: int) -> Floats:
    """Sum values, (m,), within each of `count` groups; ``group`` is (m,)."""
    return np.bincount(group, weights=values, minlength=count).astype(np.float64, copy=False)


def summed_points(group: Indices, values: Points, count: int) -> Points:
    """Sum points, (m,), within each of `count` groups; ``group`` is (m,)."""
    return summed(group, values.real, count) + 1j * summed(group, values.imag, count)


def squared(a: Points) -> Floats:
    """Return the squared length of each point."""
    return np.asarray(a.real**2 + a.imag**2)
