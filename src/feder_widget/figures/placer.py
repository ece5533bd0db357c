"""Boxes and discs that keep off each other, as ``js/src/views/placer.ts`` places them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GOLDEN = (5**0.5 - 1) / 2
"""The fractional part of the golden ratio: its multiples, modulo 1, are far from each other."""

TRIES = 14
BACK = 96
"""Discs compared: earlier ones lie nearer to the middle, or there is no room at all."""


class BoxPlacer:
    """Places boxes, such as labels and pictures, so that they do not cover each other.

    A box is (left, top, right, bottom), y pointing down.

    Parameters
    ----------
    taken : float array_like (n, 4)
        Boxes that are taken from the start.
    gap : float
        Room to keep free around a new box.
    lap : float
        Share of the smaller box's side by which two boxes may overlap.
    """

    def __init__(self, taken: npt.ArrayLike = (), *, gap: float = 0, lap: float = 0) -> None:
        self._taken = np.asarray(taken, np.float64).reshape(-1, 4)
        self._gap = gap
        self._lap = lap

    def choose(self, boxes: npt.ArrayLike) -> tuple[int, float]:
        """Return the place of the first free box, or of the one that covers least; and how much it covers."""
        covered = self._overlaps(np.asarray(boxes, np.float64).reshape(-1, 4)).sum(axis=1)
        free = np.flatnonzero(covered <= 0)
        chosen = int(free[0]) if len(free) else int(covered.argmin())
        return chosen, float(covered[chosen])

    def place_free(self, boxes: npt.ArrayLike) -> int | None:
        """Take the first of these boxes that is free, and return its place; None where none is."""
        chosen, covered = self.choose(boxes)
        if covered > 0:
            return None
        self.take(np.asarray(boxes, np.float64).reshape(-1, 4)[chosen])
        return chosen

    def take(self, box: npt.ArrayLike) -> None:
        """Take a box, free or not."""
        self._taken = np.vstack([self._taken, np.asarray(box, np.float64)])

    def covered_by(self, box: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return which of the taken boxes this one covers, by the order in which they were taken."""
        return np.flatnonzero(self._overlaps(np.asarray(box, np.float64).reshape(1, 4))[0] > 0)

    def _overlaps(self, boxes: Floats) -> Floats:
        """Return the area by which each box overlaps each taken one, float64 (boxes, taken)."""
        low, high = boxes[:, None, :2], boxes[:, None, 2:]
        taken_low, taken_high = self._taken[None, :, :2], self._taken[None, :, 2:]
        slack = self._gap - self._lap * np.minimum(high - low, taken_high - taken_low)
        shared = np.minimum(high, taken_high) - np.maximum(low, taken_low) + slack
        return np.asarray(np.where((shared > 0).all(axis=2), shared.prod(axis=2), 0))


def box_around(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Return the box of this size centred on a place."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


class DiscPlacer:
    """Gives angles to discs that come from the middle outward, so that they keep off each other.

    Successive golden sections of the span are far from each other; the first that is free is taken, or the
    freest.

    Parameters
    ----------
    gap : float
        Room that discs should keep from each other.
    """

    def __init__(self, gap: float) -> None:
        self._gap = gap
        # Rows of x, y, distance from the middle and size; grown by doubling.
        self._discs = np.empty((4, 16))
        self._count = 0
        self._largest = 0.0

    def place(self, radius: float, size: float, start: float, end: float) -> float:
        """Return the angle for a disc of radius ``size`` at ``radius`` from the middle, in a span."""
        turns = (0.5 + (self._count + np.arange(TRIES)) * GOLDEN) % 1
        angles = start + turns * (end - start)
        x, y = radius * np.sin(angles), radius * np.cos(angles)
        chosen = self._freest(x, y, radius, size)
        self._put(float(x[chosen]), float(y[chosen]), radius, size)
        return float(angles[chosen])

    def _freest(self, x: Floats, y: Floats, radius: float, size: float) -> int:
        near = self._discs[:, max(0, self._count - BACK) : self._count]
        apart = np.flatnonzero(radius - near[2] > size + self._largest + self._gap)
        if len(apart):
            near = near[:, apart[-1] + 1 :]
        if near.shape[1] == 0:
            return 0
        dx, dy = near[0] - x[:, None], near[1] - y[:, None]
        free = np.sqrt(dx * dx + dy * dy) - size - near[3]
        covered = (self._gap - free).max(axis=1)
        fits = covered <= 0
        return int(fits.argmax() if fits.any() else covered.argmin())

    def _put(self, x: float, y: float, radius: float, size: float) -> None:
        if self._count == self._discs.shape[1]:
            self._discs = np.hstack([self._discs, np.empty_like(self._discs)])
        self._discs[:, self._count] = x, y, radius, size
        self._count += 1
        self._largest = max(self._largest, size)
