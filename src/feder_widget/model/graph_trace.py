"""One search of a graph as data: the descent, the walk, and the results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_walk import NO_NODE, Descent, Walk
from feder_widget.model.plot_functions import plot
from feder_widget.model.search_trace import RefineStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """One step of the walk: the links of a visited node are followed.

    Attributes
    ----------
    row_id : int
        The node expanded, as its row id.
    distance : float
        Its distance to the query.
    nearer : int
        Visited nodes that are strictly nearer; the search stops before a node to which efSearch are.
    ids : int64 (n,)
        Row ids of the nodes that it visits: those of its links that were not visited before.
    distances : float32 (n,)
        Their distances to the query.
    """

    row_id: int
    distance: float
    nearer: int
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class GraphTrace:
    """One query from the entry point to its k results.

    Attributes
    ----------
    descent : Descent
        The greedy search of the upper levels, by numbers of nodes.
    walk : Walk
        The search of level 0, by numbers of nodes.
    visited : int64 (v,)
        Row ids of the nodes that the walk visits, in order.
    ids : int64 (k,)
        The results, nearest first, exactly as the engine's own search returns them at this efSearch; -1 where
        there are fewer than k.
    distances : float32 (k,); int32 (k,) of a binary index
        Their distances; where there is no result, the largest float32 (L2) or its negative (inner product).
    ef_search : int
        The efSearch of the search.
    deleted : bool (v,)
        Which of the visited nodes are marked as deleted: they are walked through and never returned.
    refine : RefineStep or None
        The re-ranking of the walk's nearest nodes, where the index has one.
    """

    descent: Descent
    walk: Walk
    visited: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    ef_search: int
    deleted: npt.NDArray[np.bool_]
    refine: RefineStep | None = None

    @property
    def n_distances(self) -> int:
        """Distances computed, as Faiss counts them (``hnsw_stats.ndis``): all but that of the entry point.

        Those of a re-ranking, ``len(refine.ids)``, are not among them. Nor are distances that are infinite or
        no number, which Faiss counts too, but does not report: beside such rows it computed more.
        """
        return self.descent.n_distances + max(0, len(self.walk) - 1)

    @property
    def n_hops(self) -> int:
        """Nodes whose links were followed, as Faiss counts them (``hnsw_stats.nhops``).

        Without those at an infinite distance or at none, which Faiss does not report.
        """
        return len(self.descent.hops) + len(self.walk.expanded)

    @property
    def stopped_at(self) -> int | None:
        """Row id of the node that would have been expanded next; None where all reachable ones were."""
        return None if self.walk.stopped_at == NO_NODE else int(self.visited[self.walk.stopped_at])

    @property
    def expansions(self) -> list[Expansion]:
        """The steps of the walk, in order."""
        walk, first = self.walk, self.walk.first
        return [
            Expansion(
                row_id=int(self.visited[place]),
                distance=float(walk.distances[place]),
                nearer=int(walk.nearer[step]),
                ids=self.visited[first[step] : first[step + 1]],
                distances=walk.distances[first[step] : first[step + 1]],
            )
            for step, place in enumerate(walk.expanded.tolist())
        ]

    def up_to(self, ef_search: int) -> GraphTrace:
        """Return what a smaller efSearch visits, with the results of this one; see ``Walk.holds_until``."""
        walk = self.walk.up_to(ef_search)
        some = slice(len(walk))
        return replace(self, walk=walk, visited=self.visited[some], deleted=self.deleted[some])

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the walk: every distance computed, in order, and where it stops; see ``figures.walk``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``ahead``, ``explanation``, ``images``, ``labels``, ``pixels`` and ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("walk", self, ax, options)
