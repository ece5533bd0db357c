"""Runs of consecutive inverted lists that together hold a bounded number of vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt


def runs(
    sizes: npt.NDArray[np.int64], most: int, first: int = 0, last: int | None = None
) -> Iterator[tuple[int, int]]:
    """Cut ``sizes[first:last]`` into runs of at most ``most`` vectors each.

    Parameters
    ----------
    sizes : int64 (n,)
        Vectors per list, in the order in which the lists are read.
    most : int
        Vectors per run. A list that holds more is a run of its own.
    first, last : int
        The lists to cut; all by default.

    Yields
    ------
    (int, int)
        First list of a run, and the list after its last one: at least one list each, empty ones included.
    """
    last = len(sizes) if last is None else last
    ends = np.cumsum(sizes)
    while first < last:
        before = int(ends[first - 1]) if first else 0
        stop = min(last, max(first + 1, int(np.searchsorted(ends, before + most, side="right"))))
        yield first, stop
        first = stop
