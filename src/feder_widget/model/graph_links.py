"""The links of a graph of several levels, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.work_pieces import WHOLE, Steps

Links = npt.NDArray[np.int32]

LINK_WORK = 16
"""Multiplications that following one link counts for."""

NODES_AT_ONCE = 4096
"""Nodes whose links are read at once, at most: their places take eight bytes a link."""


def nodes_at_once(width: int, work: int) -> int:
    """Return for how many nodes links are read in one piece of so many multiplications."""
    return max(1, min(NODES_AT_ONCE, work // (LINK_WORK * width)))


@dataclass(frozen=True, slots=True, eq=False)
class GraphLinks:
    """The links of one graph. They may be views of an engine's arrays: dead when the index grows.

    Attributes
    ----------
    links : int32 (slots,)
        The nodes that each node links to, node after node, and level after level from 0 on; -1 in slots that
        are not used, which are the last of a level.
    offsets : uint64 (n + 1,)
        Where the slots of each node begin.
    begins : int64 (levels + 1,)
        Slots of a level l of a node are ``begins[l]`` to ``begins[l + 1]`` beyond its offset.
    levels : int32 (n,)
        Number of levels that each node is on, at least 1.
    entry_point, max_level : int
        Where every search begins.
    """

    links: Links
    offsets: npt.NDArray[np.uint64]
    begins: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int32]
    entry_point: int
    max_level: int

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.levels)

    @property
    def width(self) -> int:
        """Slots of a node on level 0."""
        return int(self.begins[1])

    def slots(self, node: int, level: int) -> Links:
        """Return the slots of a node on one of its levels, int32 (n,), a view; -1 where one is not used."""
        offset = int(self.offsets[node])
        return self.links[offset + int(self.begins[level]) : offset + int(self.begins[level + 1])]

    def of_node(self, node: int, level: int) -> npt.NDArray[np.int64]:
        """Return the nodes that a node links to on one of its levels, int64 (n,)."""
        slots = self.slots(node, level)
        # A search reads up to the first slot that is not used.
        if len(slots) and slots[least := slots.argmin()] < 0:
            slots = slots[:least]
        return slots.astype(np.int64)

    def level0(self, nodes: npt.NDArray[np.int64] | slice) -> Links:
        """Return the slots on level 0 of some nodes, int32 (n, width)."""
        offsets = self.offsets[:-1][nodes].astype(np.int64)
        found: Links = self.links[offsets[:, None] + np.arange(self.width)]
        return found

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """The nodes at which a walk on level 0 may begin, int64 (n,): those of upper levels."""
        return self.nodes_of(1) if self.max_level else np.array([self.entry_point])

    def reached_from_steps(
        self, nodes: npt.NDArray[np.int64], work: int = WHOLE
    ) -> Steps[npt.NDArray[np.bool_]]:
        """Return which nodes the links of level 0 lead to from some nodes, bool (n,), in steps.

        ``work`` in multiplications per piece.
        """
        reached = np.zeros(len(self), bool)
        reached[nodes] = True
        frontier = nodes
        most = nodes_at_once(self.width, work)
        while len(frontier):
            before = reached.copy()
            for start in range(0, len(frontier), most):
                ends = self.level0(frontier[start : start + most]).reshape(-1)
                reached[ends[ends >= 0]] = True
                yield
            frontier = np.flatnonzero(reached != before)
        return reached

    def in_links(self, node: int) -> npt.NDArray[np.int64]:
        """Return the nodes that link to a node on level 0, ascending, int64 (n,); reads all links."""
        slots = np.flatnonzero(self.links == node)
        nodes = np.searchsorted(self.offsets, slots.astype(np.uint64), side="right") - 1
        on_level0 = slots - self.offsets[nodes].astype(np.int64) < self.width
        return np.unique(nodes[on_level0]).astype(np.int64)

    def nodes_of(self, level: int) -> npt.NDArray[np.int64]:
        """Return the nodes that are on a level, ascending, int64 (n,)."""
        return np.flatnonzero(self.levels > level)
