"""hnswlib's queue of nodes to expand, slot by slot: of equal distances, its layout says which comes first.

It is a ``std::priority_queue``, laid out as by the C++ library of GNU. A node enters it unless efSearch nodes
that can be results are kept already and none of them is farther.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

Slot = tuple[float, int]


class StdQueue:
    """A ``Queue`` in the order of hnswlib's.

    Parameters
    ----------
    size : int
        Nodes kept at most: efSearch.
    is_kept : function
        Says whether the node at a place can be a result.
    """

    def __init__(self, size: int, is_kept: Callable[[int], bool]) -> None:
        self._size = size
        self._is_kept = is_kept
        # The nearest on top.
        self._slots: list[Slot] = []
        # Keys of the nodes kept, negated: the farthest on top.
        self._kept: list[float] = []
        self.has_dropped = False

    def push(self, key: float, place: int) -> None:
        """Add a node unless the queue is full and nothing kept is farther."""
        if len(self._kept) >= self._size and not -self._kept[0] > key:
            self.has_dropped = True
            return
        self._slots.append((key, place))
        self._rise(len(self._slots) - 1, (key, place))
        if self._is_kept(place):
            heapq.heappush(self._kept, -key)
            if len(self._kept) > self._size:
                heapq.heappop(self._kept)

    def pop(self) -> Slot | None:
        """Take the nearest node; None where none waits."""
        if not self._slots:
            return None
        nearest, last = self._slots[0], self._slots.pop()
        if self._slots:
            self._rise(self._sink(), last)
        return nearest

    def _sink(self) -> int:
        """Move the nearer of each two slots up, from the top on; return the slot that becomes free."""
        slots, free = self._slots, 0
        while (below := 2 * free + 2) < len(slots):
            if slots[below][0] > slots[below - 1][0]:
                below -= 1
            slots[free] = slots[below]
            free = below
        if 2 * free + 2 == len(slots):
            slots[free] = slots[2 * free + 1]
            free = 2 * free + 1
        return free

    def _rise(self, slot: int, node: Slot) -> None:
        """Put a node at a slot, or above it as far as nodes there are farther."""
        slots = self._slots
        while slot and slots[above := (slot - 1) // 2][0] > node[0]:
            slots[slot] = slots[above]
            slot = above
        slots[slot] = node
