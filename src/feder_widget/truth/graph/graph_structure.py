"""The structure of a graph: its levels, its links, and the nodes that no walk comes to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.finding import Finding
from feder_widget.model.graph_links import GraphLinks, nodes_at_once
from feder_widget.model.work_pieces import WHOLE, Steps

Ids = npt.NDArray[np.int64]

MOST_NAMED = 20
"""Rows that a finding names."""


@dataclass(frozen=True, slots=True, eq=False)
class GraphStructure:
    """The structure of one graph.

    Attributes
    ----------
    level_sizes : int64 (levels,)
        Nodes on each level, from level 0 up.
    degrees : int64 (n,)
        Links of each node on level 0.
    in_degrees : int64 (n,)
        Nodes that link to each node on level 0.
    entry_point : int
        The node at which every search begins.
    unreached : int64 (u,)
        Nodes that no links of level 0 lead to from any node of an upper level, ascending: no search finds
        them.
    components : int
        Parts of level 0 that no link joins, in either direction.
    """

    level_sizes: Ids
    degrees: Ids
    in_degrees: Ids
    entry_point: int
    unreached: Ids
    components: int

    @property
    def without_in_links(self) -> Ids:
        """Nodes that no node links to, ascending, int64 (n,)."""
        return np.flatnonzero(self.in_degrees == 0)


def structure_steps(links: GraphLinks, work: int = WHOLE) -> Steps[GraphStructure]:
    """Read all links of a graph, ``work`` multiplications per piece."""
    count = len(links)
    degrees = np.zeros(count, np.int64)
    in_degrees = np.zeros(count, np.int64)
    most = nodes_at_once(links.width, work)
    for start in range(0, count, most):
        some = links.level0(slice(start, start + most))
        is_used = some >= 0
        degrees[start : start + most] = is_used.sum(axis=1)
        in_degrees += np.bincount(some[is_used], minlength=count)
        yield
    reached = yield from links.reached_from_steps(links.starts, work)
    unreached = np.flatnonzero(~reached)
    return GraphStructure(
        level_sizes=np.array([len(links.nodes_of(level)) for level in range(links.max_level + 1)], np.int64),
        degrees=degrees,
        in_degrees=in_degrees,
        entry_point=links.entry_point,
        unreached=unreached,
        components=_components(links, reached, unreached),
    )


def structure_findings(row_ids: Ids) -> list[Finding]:
    """Return what stands out; ``row_ids`` are those of the nodes that no search comes to, int64 (u,)."""
    found = []
    count = len(row_ids)
    if count:
        named = row_ids[:MOST_NAMED].tolist()
        more = "" if count <= MOST_NAMED else ", …"
        what = "row" if count == 1 else "rows"
        found.append(
            Finding(
                "unreached-rows",
                "warning",
                f"{count:,} {what} cannot be found at any efSearch: no path leads there "
                f"({what} {', '.join(map(str, named))}{more}).",
                {"count": count, "row_ids": named},
                "Build the graph with a larger efConstruction or M.",
            )
        )
    return found


def _components(links: GraphLinks, reached: npt.NDArray[np.bool_], unreached: Ids) -> int:
    """Count the parts of level 0: what searches reach counts as one of them."""
    # Only links of nodes that are not reached can join other parts, or lead into the reached one.
    root = {int(node): int(node) for node in unreached}
    whole = -1
    root[whole] = whole

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for node in unreached.tolist():
        for end in links.of_node(node, 0).tolist():
            root[find(node)] = find(whole if reached[end] else end)
    return len({find(node) for node in root})
