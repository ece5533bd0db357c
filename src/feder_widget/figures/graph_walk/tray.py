"""Pictures side by side below a walk, as ``pictureTray.ts`` places them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrayItem:
    """A row below the walk: its id, where its point stands, its place, whether it is missed, its caption.

    The place is that among the true neighbours, 0 for none.
    """

    id: int
    x: float
    place: int
    is_missed: bool
    caption: str = ""


@dataclass(slots=True)
class _Run:
    """Pictures that touch; ``wish`` is the sum of where each would like the first of them to begin."""

    start: float
    count: int
    wish: float


def tray_places(
    items: Sequence[TrayItem], left: float, right: float, side: float
) -> list[tuple[TrayItem, float]]:
    """Place pictures, each as near below its point as it can be; return them with their middles.

    Where there is no room for all, the missed and then the nearest stay.
    """
    room = max(0, int((right - left) // side))
    kept = sorted(items, key=lambda item: (not item.is_missed, item.place == 0, item.place))[:room]
    kept.sort(key=lambda item: (item.x, item.is_missed))
    runs: list[_Run] = []
    for item in kept:
        runs.append(_Run(item.x - side / 2, 1, item.x - side / 2))
        while True:
            last = runs[-1]
            last.start = max(left, min(right - last.count * side, last.wish / last.count))
            if len(runs) < 2 or runs[-2].start + runs[-2].count * side <= last.start:
                break
            before = runs[-2]
            before.wish += last.wish - last.count * before.count * side
            before.count += last.count
            runs.pop()
    middles = [run.start + (i + 0.5) * side for run in runs for i in range(run.count)]
    return list(zip(kept, middles, strict=True))
