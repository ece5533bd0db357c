"""The height of a distance in the picture of a walk, as ``walkScale.ts`` has it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LINEAR = 0.74
"""Share of the height that the linear part takes."""

ABOVE = 0.28
"""How far the linear part goes beyond the bar, in shares of its height below it."""

APART = 0.8
"""A nearest key that is this many times as far below the second as that is below the bar is apart."""

BREAK = 16
"""CSS pixels between the broken axis and the linear part."""

LEAST = 1e-30


@dataclass(frozen=True, slots=True)
class HeightTick:
    """A line that helps to read heights: its key, and whether it is in the compressed part."""

    key: float
    is_compressed: bool


@dataclass(frozen=True, slots=True, eq=False)
class HeightScale:
    """Linear from just under the nearest neighbour up to a limit above where the walk stops, then compressed.

    A key far below all others, as the query's own, stands on a line of its own.

    Attributes
    ----------
    low, high : float
        Keys, smaller for the nearer, between which it is linear.
    last : float
        The largest key.
    top, bottom, floor, ceiling : float
        Heights of the ends of the whole and of the linear part, in CSS pixels, y pointing down.
    is_broken : bool
        Whether some key stands below the linear part, on the broken axis.
    """

    low: float
    high: float
    last: float
    top: float
    bottom: float
    floor: float
    ceiling: float
    is_broken: bool

    @classmethod
    def of(cls, keys: Sequence[float], bar: float, top: float, bottom: float) -> HeightScale:
        """Return the scale of ascending keys, where the walk stops at the key ``bar``."""
        first = keys[0] if keys else 0.0
        second = keys[1] if len(keys) > 1 else first
        last = keys[-1] if keys else first
        # A walk that stops at the nearest key has nothing below it to stand apart from.
        reach = max(bar, second)
        is_broken = bar >= second and second - first > APART * max(bar - second, 1e-12) and len(keys) > 2
        nearest = second if is_broken else first
        span = max(reach - nearest, 1e-9 * max(1, abs(bar)), LEAST)
        low = nearest - 0.06 * span
        high = min(max(bar + ABOVE * span, low + LEAST), max(last, bar))
        floor = bottom - BREAK if is_broken else bottom
        ceiling = floor - LINEAR * (floor - top) if last > high else top + 4
        return cls(low, high, last, top, bottom, floor, ceiling, is_broken)

    def y(self, keys: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the heights of keys, float64 of their shape."""
        wanted = np.asarray(keys, np.float64)
        unit = self.high - self.low
        linear = self.floor - (wanted - self.low) / unit * (self.floor - self.ceiling)
        rest = np.log1p(np.maximum(wanted - self.high, 0) / unit)
        whole = math.log1p(max(self.last - self.high, 0) / unit)
        above = self.ceiling - (rest / whole if whole else rest) * (self.ceiling - self.top - 4)
        heights = np.where(wanted <= self.high, linear, above)
        return np.asarray(np.where(wanted < self.low, self.bottom - 3, heights))

    @property
    def ticks(self) -> list[HeightTick]:
        """The lines that help to read heights."""
        step = _nice_step((self.high - self.low) / 4)
        found = []
        key = math.ceil(self.low / step) * step
        while key <= self.high:
            found.append(HeightTick(key, False))
            key += step
        if self.last > self.high:
            highest, factor = self.ceiling, 2.0
            while factor < 1e9:
                key = float(f"{self.low + factor * (self.high - self.low):.1e}")
                if key > self.last:
                    break
                height = float(self.y(key))
                if highest - height > 16 and height > self.top + 8:
                    found.append(HeightTick(key, True))
                    highest = height
                factor *= 2
        return found


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    share = rough / power
    return power * (1 if share < 1.5 else 2 if share < 3.5 else 5 if share < 7.5 else 10)
