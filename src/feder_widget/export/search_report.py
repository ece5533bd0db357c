"""What one search of an inverted file returned and missed: as Markdown, as JSON, as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feder_widget.export.report import Report
from feder_widget.export.reported_rows import Label, ReportedRow, losses_steps, reported_rows
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.model.work_pieces import Steps, drain
from feder_widget.wording.answer_text import remedy_sentence, settings_line


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReport(Report[ReportedRow]):
    """One search.

    Attributes
    ----------
    family, metric, distance : str
        The index's parts, its metric, and the distance of true neighbours, of results where there are none.
    ntotal, nlist : int
        Vectors and clusters.
    row : int or None
        The query's row id; None for a vector from elsewhere.
    title : str or None
        What a vector from elsewhere stands for: words, or the name of a picture.
    nprobe, k : int
        Of the search.
    include_self : bool
        Whether the row searched for counts among its own results and true neighbours.
    distances : int
        Computed in the search: to the centroids where the coarse search is exact, to the vectors in the
        clusters, and to the rows that are re-ranked, besides the query's own.
    coarse_exact : bool
        Whether the coarse search compares all centroids.
    results : list of ReportedRow
        What came back, nearest first.
    neighbours : list of ReportedRow or None
        The true neighbours; None where they are not known.
    unexplained : str or None
        Why they are not.
    has_vectors : bool
        Whether they are by original vectors that were given.
    found_at : list of int or None
        The least nprobe that returns 1, 2, … of them, nlist + 1 where none does; None where that is not
        known. By original vectors, a larger one may lose some again.
    no_curve : str or None
        Why it takes a search at each nprobe to know.
    findings : list of Finding
        What stands out in the index.
    """

    nlist: int
    nprobe: int
    coarse_exact: bool
    no_curve: str | None

    @classmethod
    def of(cls, search: ShownSearch, label: Label) -> SearchReport:
        """Report on a search; the calling thread reads the index."""
        return drain(cls.steps(search, label))

    @classmethod
    def steps(cls, search: ShownSearch, label: Label) -> Steps[SearchReport]:
        """Do ``of`` in pieces."""
        index, explanation = search.index, search.explanation
        neighbours: list[ReportedRow] | None = None
        found_at: list[int] | None = None
        if explanation is not None:
            lost = yield from losses_steps(search, explanation)
            neighbours = reported_rows(explanation, label, index.nlist, lost)
            if index.why_no_curve is None:
                found_at = explanation.found_at.tolist()
        elif index.why_unexplained is None:
            neighbours, found_at = [], []
        return cls(
            family=index.family,
            metric=index.metric,
            distance=index.distance_name if explanation is None else explanation.distance_name,
            ntotal=index.ntotal,
            nlist=index.nlist,
            row=search.query.row_id,
            title=search.query.title,
            nprobe=search.nprobe,
            k=search.k,
            include_self=search.include_self,
            distances=_distances(search),
            coarse_exact=index.coarse_is_exact,
            results=reported_rows(search.results, label, index.nlist),
            neighbours=neighbours,
            unexplained=index.why_unexplained,
            has_vectors=index.basis == "vectors",
            found_at=found_at,
            no_curve=index.why_no_curve,
            findings=index.findings,
        )

    @property
    def nprobe_needed(self) -> int | None:
        """The least nprobe that returns all true neighbours; None where none does, or it is not known."""
        if self.found_at is None:
            return None
        needed = self.found_at[-1] if self.found_at else 1
        return needed if needed <= self.nlist else None

    @property
    def settings(self) -> str:
        """The index and the search in one line."""
        return settings_line(
            family=self.family,
            metric=self.metric,
            ntotal=self.ntotal,
            nlist=self.nlist,
            nprobe=self.nprobe,
            k=self.k,
            distances=self.distances,
            coarse_exact=self.coarse_exact,
        )

    @property
    def remedy(self) -> str | None:
        """What returns all true neighbours; None where nothing is missed."""
        if not self.missed:
            return None
        return remedy_sentence(
            found=self.found,
            nprobe=self.nprobe,
            nlist=self.nlist,
            found_at=self.found_at,
            why_unknown=self.no_curve,
        )

    @property
    def code(self) -> str:
        """The Python that shows the same."""
        return self._code(f"nprobe={self.nprobe}")

    @property
    def located(self) -> tuple[str, ...]:
        """What tells where the index has a row."""
        return "cluster", "rank"

    @property
    def _columns(self) -> Sequence[str]:
        return "missed", "row", "label", "distance", "cluster", "rank", "why"

    def _json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"nlist": self.nlist}, {"nprobe": self.nprobe, "nprobe_needed": self.nprobe_needed}


def _distances(search: ShownSearch) -> int:
    trace, index = search.trace, search.index
    own = search.query.left_out(search.include_self)
    again = 0 if trace.refine is None else sum(row != own for row in trace.refine.ids.tolist())
    return (index.nlist if index.coarse_is_exact else 0) + len(trace.fine.scan.ids) + again
