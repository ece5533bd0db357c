"""One search of a graph as data: the descent through the upper levels, and the walk on level 0.

The walk always expands the nearest visited node that is not expanded yet. efSearch only says when it stops:
before the first node to which ``efSearch`` visited ones are strictly nearer. So where no two visited nodes
are at one distance, the walk of a smaller efSearch is the beginning of that of a larger one, and one walk
tells what every smaller efSearch visits.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import keys_of

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]

AT_ONCE = 4096
"""Nodes whose links are gathered at once."""

NO_NODE = -1
"""Stands where there is no node."""


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One step of the descent: the query against the links of one node on an upper level.

    Attributes
    ----------
    level : int
        The level, 1 or more.
    node : int
        The node whose links are followed.
    links : int64 (n,)
        The nodes compared.
    distances : float32 (n,)
        Their distances to the query.
    to : int
        The nearest node so far; ``node`` itself where no link is nearer, which ends the level.
    distance : float
        The distance of ``to``.
    """

    level: int
    node: int
    links: Ids
    distances: Distances
    to: int
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """The greedy search of the upper levels.

    Attributes
    ----------
    entry : int
        The entry point of the graph.
    entry_distance : float
        Its distance to the query.
    hops : tuple of Hop
        From the top level down; none in a graph of one level.
    """

    entry: int
    entry_distance: float
    hops: tuple[Hop, ...]

    @property
    def end(self) -> int:
        """The node at which the walk on level 0 begins."""
        return self.hops[-1].to if self.hops else self.entry

    @property
    def n_distances(self) -> int:
        """Distances computed, as Faiss counts them: that of the entry point is not among them."""
        return sum(len(hop.links) for hop in self.hops)


@dataclass(frozen=True, eq=False)
class Walk:
    """The walk on level 0 up to one efSearch.

    A visited node is one whose distance was computed; an expanded one is a visited node whose links were
    followed. Places are positions in ``nodes``.

    Attributes
    ----------
    nodes : int64 (v,)
        Visited nodes in the order of their visits; the first is the end of the descent.
    distances : float32 (v,)
        Their distances to the query.
    expanded : int64 (e,)
        Places of the expanded nodes, in the order of expansion.
    first : int64 (e + 1,)
        Expansion i visited the nodes at places ``first[i]`` to ``first[i + 1]``.
    nearer : int64 (e,)
        Visited nodes that are strictly nearer than each expanded node, when its turn came.
    stopped_at : int
        Place of the node that the search would have expanded next; -1 where none waited any more.
    is_exhausted : bool
        True when no larger efSearch visits another node.
    ef_search : int
        The efSearch of the walk.
    similarity : bool
        True when a larger distance is nearer.
    """

    nodes: Ids
    distances: Distances
    expanded: Ids
    first: Ids
    nearer: Ids
    stopped_at: int
    is_exhausted: bool
    ef_search: int
    similarity: bool

    def __len__(self) -> int:
        """Return the number of visited nodes."""
        return len(self.nodes)

    @cached_property
    def gates(self) -> Ids:
        """For each expansion, the smallest efSearch that makes it, int64 (e,)."""
        return np.maximum.accumulate(self.nearer) + 1

    @cached_property
    def led_by(self) -> Ids:
        """For each visited node, the expansion that visited it, int64 (v,); -1 for the first node."""
        return np.repeat(np.arange(-1, len(self.expanded)), np.diff(self.first, prepend=0))

    @cached_property
    def need(self) -> Ids:
        """For each visited node, the smallest efSearch that visits it, int64 (v,), ascending."""
        return np.concatenate([[1], self.gates])[self.led_by + 1]

    @cached_property
    def holds_until(self) -> int:
        """The largest efSearch up to which this walk tells what a smaller one visits.

        ``ef_search`` itself, unless a node was expanded that is as far as another visited one: their order,
        and whether both stay in the queue, then depends on efSearch. The figures hold up to where the first
        of them comes.
        """
        ascending = np.sort(self.distances)
        # Differences of infinite distances are no numbers.
        if (ascending[1:] > ascending[:-1]).all():
            return self.ef_search
        _, groups, counts = np.unique(self.distances, return_inverse=True, return_counts=True)
        tied = np.flatnonzero(counts[groups[self.expanded]] > 1)
        if not len(tied):
            return self.ef_search
        return min(self.ef_search, int(self.nearer[: tied[0] + 1].max()))

    @property
    def is_tied(self) -> bool:
        """True when a node was expanded that is as far as another visited one."""
        return self.holds_until < self.ef_search

    def visited_by(self, ef_search: int) -> int:
        """Return how many nodes a search at a smaller efSearch visits; see ``holds_until``."""
        return int(np.searchsorted(self.need, ef_search, side="right"))

    def expanded_by(self, ef_search: int) -> int:
        """Return how many nodes a search at a smaller efSearch expands; see ``holds_until``."""
        return int(np.searchsorted(self.gates, ef_search, side="right"))

    def up_to(self, ef_search: int) -> Walk:
        """Return the walk of a smaller efSearch; see ``holds_until``."""
        if ef_search >= self.ef_search:
            return self
        visited, expanded = self.visited_by(ef_search), self.expanded_by(ef_search)
        stopped = int(self.expanded[expanded]) if expanded < len(self.expanded) else self.stopped_at
        return Walk(
            self.nodes[:visited],
            self.distances[:visited],
            self.expanded[:expanded],
            self.first[: expanded + 1],
            self.nearer[:expanded],
            stopped,
            self.is_exhausted and stopped == NO_NODE,
            ef_search,
            self.similarity,
        )


class UntoldWalkError(RuntimeError):
    """The visits of a search do not follow from the links of the graph."""


class Queue(Protocol):
    """The nodes that wait to be expanded."""

    @property
    def has_dropped(self) -> bool:
        """True when a node was dropped because the queue was full."""
        ...

    def push(self, key: float, place: int) -> None:
        """Add a node; a full queue may drop it, or another."""
        ...

    def pop(self) -> tuple[float, int] | None:
        """Take the node with the smallest key; None where none waits."""
        ...


class Nearest:
    """A queue of any length, for walks in which no two keys that matter are equal."""

    has_dropped = False

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []

    def push(self, key: float, place: int) -> None:
        """Add a node."""
        heapq.heappush(self._heap, (key, place))

    def pop(self) -> tuple[float, int] | None:
        """Take the node with the smallest key; None where none waits."""
        return heapq.heappop(self._heap) if self._heap else None


LinksOf = Callable[[Ids], npt.NDArray[np.int32]]
"""Places among visited nodes, int64 (n,) → places of the nodes that each links to, int32 (n, width).

-1 stands for nodes that were never visited.
"""


def walk_of(
    nodes: Ids,
    distances: Distances,
    linked: LinksOf,
    ef_search: int,
    similarity: bool,
    waiting: Queue,
) -> Walk:
    """Tell which expansion visited which node, from the visits of a search.

    Parameters
    ----------
    nodes, distances
        Visited nodes and their distances, in the order of the visits.
    linked
        Leads from nodes to those that they link to.
    ef_search : int
        The efSearch of the search.
    similarity : bool
        True when a larger distance is nearer.
    waiting : Queue
        Empty; orders equal keys as the engine does.

    Raises
    ------
    UntoldWalkError
        If the visits are others than the links lead to.
    """
    keys: list[float] = keys_of(distances, similarity).tolist()
    expanded: list[int] = []
    expanded_keys: list[float] = []
    nearer: list[int] = []
    stopped_at = NO_NODE
    done = min(1, len(keys))
    first = [done]
    for key in keys[:1]:
        waiting.push(key, 0)
    while (nearest := waiting.pop()) is not None:
        key, place = nearest
        # All that is nearer than the nearest that waits has been expanded.
        before = bisect_left(expanded_keys, key)
        if before >= ef_search:
            stopped_at = place
            break
        links = linked(np.array([place]))
        new = int(np.count_nonzero(links >= done))
        if done + new > len(keys):
            raise UntoldWalkError(f"the links of node {nodes[place]} lead to other nodes than were visited")
        expanded.append(place)
        nearer.append(before)
        insort(expanded_keys, key)
        for visited in range(done, done + new):
            waiting.push(keys[visited], visited)
        done += new
        first.append(done)
    walk = Walk(
        nodes,
        distances,
        np.array(expanded, np.int64),
        np.array(first, np.int64),
        np.array(nearer, np.int64),
        stopped_at,
        stopped_at == NO_NODE and not waiting.has_dropped,
        ef_search,
        similarity,
    )
    check_visits(walk, linked)
    return walk


def check_visits(walk: Walk, linked: LinksOf) -> None:
    """Raise unless the links of each expanded node lead to the nodes that were visited next.

    Raises
    ------
    UntoldWalkError
        If they lead to others.
    """
    before, counts = walk.first[:-1], np.diff(walk.first)
    for start in range(0, len(before), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        led_to = (linked(walk.expanded[some]) >= before[some, None]).sum(axis=1)
        wrong = np.flatnonzero(led_to != counts[some])
        if len(wrong):
            node = walk.nodes[walk.expanded[start + wrong[0]]]
            raise UntoldWalkError(f"the links of node {node} lead to other nodes than were visited")
    if walk.first[-1] < len(walk.nodes):
        left = len(walk.nodes) - walk.first[-1]
        raise UntoldWalkError(f"{left} of {len(walk.nodes)} visits follow from no expansion")
