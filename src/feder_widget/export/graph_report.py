"""What one search of a graph returned and missed: as Markdown, as JSON, as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feder_widget.export.report import Report
from feder_widget.export.reported_neighbours import (
    ReportedNeighbour,
    reported_neighbours,
    reported_results,
)
from feder_widget.export.reported_rows import Label
from feder_widget.figures.graph_text import graph_remedy_sentence, graph_settings_line
from feder_widget.figures.graph_walk.shown_walk import ShownWalk
from feder_widget.truth.graph.graph_loss import is_tied, known_found_at


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphReport(Report[ReportedNeighbour]):
    """One search of a graph.

    Attributes
    ----------
    family, metric, distance : str
        The index's parts, its metric, and the distance of true neighbours.
    ntotal : int
        Vectors.
    row : int or None
        The query's row id; None for a vector from elsewhere.
    title : str or None
        What a vector from elsewhere stands for.
    ef_search, ef_used, k : int
        The efSearch asked for, the one that the engine uses, and results asked for.
    include_self : bool
        Whether the row searched for counts among its own results and true neighbours.
    distances : int
        Computed in the search, as Faiss counts them: in the descent and on level 0. Those of a re-ranking
        are not among them.
    results : list of ReportedNeighbour
        What came back, nearest first.
    neighbours : list of ReportedNeighbour
        The true neighbours.
    unexplained : None
        The true neighbours of a graph are always known.
    has_vectors : bool
        Whether they are by original vectors that were given.
    found_at : list of int
        The least efSearch that returns 1, 2, … of them, ntotal + 1 where none does, or where only a search
        tells.
    is_tied : bool
        Whether beyond some efSearch only a search tells: distances tie, or a re-ranking returns a row that
        it has lost.
    handed_over : int
        Nodes that the first pass hands to a second one; 0 where there is none.
    findings : list of Finding
        What stands out in the graph, as far as its structure was read; see ``GraphIndex.check``.
    """

    ef_search: int
    ef_used: int
    is_tied: bool
    handed_over: int

    @classmethod
    def of(cls, search: ShownWalk, label: Label) -> GraphReport:
        """Report on a search."""
        index, explanation = search.index, search.explanation
        return cls(
            family=index.family,
            metric=index.metric,
            distance=index.distance_name if explanation is None else explanation.distance_name,
            ntotal=index.ntotal,
            row=search.query.row_id,
            title=search.query.title,
            ef_search=search.ef_search,
            ef_used=search.ef_used,
            k=search.k,
            include_self=search.include_self,
            distances=search.trace.n_distances,
            results=reported_results(search.results, label),
            neighbours=[]
            if explanation is None
            else reported_neighbours(explanation, search.losses, search.ef_used, search.handed_over, label),
            unexplained=None,
            has_vectors=index.basis == "vectors",
            found_at=[] if explanation is None else known_found_at(explanation),
            is_tied=explanation is not None and is_tied(explanation),
            handed_over=search.handed_over,
            findings=index.findings,
        )

    @property
    def ef_needed(self) -> int | None:
        """The least efSearch that returns all true neighbours; None where none does, or it is not known."""
        needed = self.found_at[-1] if self.found_at else 1
        return needed if needed <= self.ntotal else None

    @property
    def settings(self) -> str:
        """The index and the search in one line."""
        return graph_settings_line(
            family=self.family,
            metric=self.metric,
            ntotal=self.ntotal,
            ef_search=self.ef_search,
            ef_used=self.ef_used,
            k=self.k,
            distances=self.distances,
            handed_over=self.handed_over,
        )

    @property
    def remedy(self) -> str | None:
        """What returns all true neighbours; None where nothing is missed."""
        if not self.missed:
            return None
        return graph_remedy_sentence(
            found=self.found,
            ef_search=self.ef_search,
            ntotal=self.ntotal,
            found_at=self.found_at or [],
            tied=self.is_tied,
            handed_over=self.handed_over,
        )

    @property
    def code(self) -> str:
        """The Python that shows the same."""
        return self._code(f"ef_search={self.ef_search}")

    @property
    def located(self) -> tuple[str, ...]:
        """What tells where the index has a row."""
        return ("from efSearch",)

    @property
    def _columns(self) -> Sequence[str]:
        return "missed", "row", "label", "distance", "needs efSearch", "why"

    def _json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {"ef_search": self.ef_search, "ef_used": self.ef_used, "ef_needed": self.ef_needed}
