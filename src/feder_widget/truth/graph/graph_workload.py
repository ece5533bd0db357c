"""Many queries of a graph at once: recall against efSearch, its spread, its cost, and the hardest queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.arguments import as_int
from feder_widget.model.plot_functions import plot
from feder_widget.model.shares import recall_number
from feder_widget.truth.graph.ef_spans import searched_values
from feder_widget.truth.ledger import Basis
from feder_widget.truth.workloads.workload import Source, Workload

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class GraphWorkload:
    """The recall of many queries at every efSearch from 1 to ``ef_max``.

    Attributes
    ----------
    curves : Workload
        The figures behind the properties; its nprobe is efSearch here.
    n_distances : float64 (ef_max,)
        Mean number of distances that a search of the graph computes at efSearch 1 to ``ef_max``, the descent
        included. Those of a second pass, ``k_base`` at most, are not.
    tied : bool (n,)
        Queries that one walk does not tell whole: nodes of one distance were expanded, or a result that was
        pushed out comes back. They were searched for anew at ``searched_at`` where it does not, so that
        ``found_at`` of these may be up to an eighth too large, and recall between these values is that at the
        smaller one. ``n_distances`` counts the beginning of their longest walk.
    """

    curves: Workload
    n_distances: npt.NDArray[np.float64]
    tied: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of queries evaluated."""
        return len(self.curves)

    def __repr__(self) -> str:
        stored = self.curves.nprobe
        recall = (
            f", recall {recall_number(self.recall[stored - 1], 3)} at efSearch {stored}" if len(self) else ""
        )
        return f"<GraphWorkload of {len(self):,} queries, k={self.k}{recall}>"

    @property
    def k(self) -> int:
        """Neighbours asked for."""
        return self.curves.k

    @property
    def ef_max(self) -> int:
        """The largest efSearch evaluated."""
        return self.curves.nlist

    @property
    def ids(self) -> npt.NDArray[np.int64] | None:
        """The row ids of the queries, int64 (n,); None for vectors."""
        return self.curves.ids

    @property
    def source(self) -> Source:
        """Kind of the queries: "sample", "ids" or "vectors"."""
        return self.curves.source

    @property
    def basis(self) -> Basis:
        """Definition of the true neighbours."""
        return self.curves.basis

    @property
    def found_at(self) -> npt.NDArray[np.int32]:
        """For each query the smallest efSearch that finds 1, 2, … of its true neighbours, int32 (n, m).

        ``ef_max + 1`` where none evaluated does. A query with fewer true neighbours begins with zeros.
        """
        return self.curves.found_at

    @property
    def ef_needed(self) -> npt.NDArray[np.int32]:
        """The smallest efSearch that finds all true neighbours of each query, int32 (n,).

        ``ef_max + 1`` where none evaluated does.
        """
        return self.curves.nprobe_needed

    @property
    def searched_at(self) -> npt.NDArray[np.int64]:
        """The values of efSearch at which ``tied`` queries have the engine's own results, int64 (s,).

        Every one up to 64, eight from one power of two to the next beyond, the index's own and ``ef_max``.
        All of them where no query is tied.
        """
        if not self.tied.any():
            return np.arange(1, self.ef_max + 1)
        return np.union1d(searched_values(self.ef_max), [self.curves.nprobe])

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Mean recall at efSearch 1 to ``ef_max``, float64 (ef_max,): ``recall[ef - 1]``."""
        return self.curves.recall

    def recall_of(self, ef_search: int) -> npt.NDArray[np.float64]:
        """Return the recall of each query at one efSearch, 1 to ``ef_max``, float64 (n,)."""
        return self.curves.recall_of(self._ef(ef_search))

    def reached(self, share: float) -> npt.NDArray[np.float64]:
        """Return the recall that a share of the queries reach or exceed, at efSearch 1 to ``ef_max``.

        ``share`` is above 0, up to 1: 0.5 is the median query, 1 the worst. float64 (ef_max,).
        """
        return self.curves.reached(share)

    def ef_for(self, *, recall: float, share: float | None = None) -> int | None:
        """Return the smallest efSearch that gives a recall; None where none evaluated does.

        Parameters
        ----------
        recall : float
            Above 0, up to 1.
        share : float, optional
            The share of the queries that must reach it, above 0, up to 1; otherwise the mean must.
        """
        return self.curves.nprobe_for(recall=recall, share=share)

    def hardest(self, n: int = 10, *, ef_search: int | None = None) -> npt.NDArray[np.int64]:
        """Return the positions in the workload of the hardest queries, the hardest first, int64 (n,).

        By the lowest recall at ``ef_search`` where it is given; otherwise, and where recall is the same, by
        the largest efSearch needed.
        """
        return self.curves.hardest(n, nprobe=None if ef_search is None else self._ef(ef_search))

    def to_pandas(self, ef_search: int | None = None) -> Any:
        """Return a frame with one row per query, in order: ``id``, ``ef_needed``, ``recall`` and ``tied``.

        ``ef_search`` is that of ``recall``; the index's own unless given.
        """
        import pandas

        columns: dict[str, Any] = {} if self.ids is None else {"id": self.ids}
        columns["ef_needed"] = self.ef_needed
        columns["recall"] = self.recall_of(self.curves.nprobe if ef_search is None else ef_search)
        columns["tied"] = self.tied
        return pandas.DataFrame(columns)

    def _ef(self, ef_search: Any) -> int:
        return as_int(ef_search, "ef_search", most=self.ef_max, most_name="ef_max")

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw mean recall at every efSearch, its spread and its cost; see ``figures.workload``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``ef_search`` and ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("workload", self, ax, options)
