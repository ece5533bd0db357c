"""Faiss's queue of nodes to expand, slot by slot: of equal distances, its layout says which comes first.

It is a heap with the worst node on top, of at most efSearch nodes, or k where that is more. Nodes that were
taken stay in it, so that they count when a worse one would be pushed, until better ones push them out; their
number is -1 from then on. Of several nearest nodes at one distance the one in the last slot is taken.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

TAKEN = math.inf
"""Key of a node that was taken, where the nearest that waits is looked for."""

Slot = tuple[float, int, int]


class MinimaxQueue:
    """A ``Queue`` in the order of Faiss's ``MinimaxHeap``.

    Parameters
    ----------
    size : int
        Most nodes held: the larger of efSearch and k.
    nodes : int64 (v,)
        The node at each place: among equals, the larger number is worse; the smaller for a similarity.
    similarity : bool
        True when a larger distance is nearer.
    """

    def __init__(self, size: int, nodes: npt.NDArray[np.int64], similarity: bool) -> None:
        self._size = size
        self._ranks: list[int] = (-nodes if similarity else nodes).tolist()
        self._taken = 1 if similarity else -1
        # Key, rank among equals and place of the node in each slot, the worst first.
        self._slots: list[Slot] = []
        self._waiting: list[float] = []
        self.has_dropped = False

    def push(self, key: float, place: int) -> None:
        """Add a node unless the queue is full and nothing in it is worse."""
        if len(self._slots) == self._size:
            self.has_dropped = True
            if not self._slots[0][0] > key:
                return
            self._drop_worst()
        node = (key, self._ranks[place], place)
        slot = len(self._slots)
        self._slots.append(node)
        self._waiting.append(key)
        while slot and node[:2] > self._slots[above := (slot - 1) // 2][:2]:
            self._put(slot, self._slots[above], self._waiting[above])
            slot = above
        self._put(slot, node, key)

    def pop(self) -> tuple[float, int] | None:
        """Take the nearest node that waits; None where none does."""
        key = min(self._waiting, default=TAKEN)
        if key == TAKEN:
            return None
        slot = len(self._waiting) - 1 - self._waiting[::-1].index(key)
        self._waiting[slot] = TAKEN
        place = self._slots[slot][2]
        self._slots[slot] = (key, self._taken, place)
        return key, place

    def _drop_worst(self) -> None:
        """Take the top off, and let the last node sink to where it belongs."""
        node, waiting = self._slots.pop(), self._waiting.pop()
        count = len(self._slots)
        if not count:
            return
        slot = 0
        while (below := 2 * slot + 1) < count:
            if below + 1 < count and not self._slots[below][:2] > self._slots[below + 1][:2]:
                below += 1
            if node[:2] > self._slots[below][:2]:
                break
            self._put(slot, self._slots[below], self._waiting[below])
            slot = below
        self._put(slot, node, waiting)

    def _put(self, slot: int, node: Slot, waiting: float) -> None:
        self._slots[slot] = node
        self._waiting[slot] = waiting
