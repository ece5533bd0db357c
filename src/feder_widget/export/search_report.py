"""What one search returned and missed, why, and what finds it: as Markdown, as JSON, as plain lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from feder_widget.export.reported_rows import Label, ReportedRow, losses_steps, reported_rows
from feder_widget.figures.answer_text import (
    answer_sentence,
    as_markdown,
    query_name,
    recall_text,
    remedy_sentence,
    settings_line,
)
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.model.finding import Finding
from feder_widget.model.pieces import Steps, drain

SCHEMA = 1
"""Grows when a field of the JSON changes its meaning or goes."""

MOST_LINES = 20
"""Missed rows that plain lines name."""


@dataclass(frozen=True, slots=True)
class SearchReport:
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

    family: str
    metric: str
    distance: str
    ntotal: int
    nlist: int
    row: int | None
    title: str | None
    nprobe: int
    k: int
    include_self: bool
    distances: int
    coarse_exact: bool
    results: list[ReportedRow]
    neighbours: list[ReportedRow] | None
    unexplained: str | None
    has_vectors: bool
    found_at: list[int] | None
    no_curve: str | None
    findings: list[Finding]

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
    def missed(self) -> list[ReportedRow]:
        """The true neighbours that did not come back."""
        return [row for row in self.neighbours or [] if row.lost_to is not None]

    @property
    def recall(self) -> float | None:
        """The share of the true neighbours that came back, 0 to 1; None where they are not known."""
        if self.neighbours is None:
            return None
        total = len(self.neighbours)
        return (total - len(self.missed)) / total if total else 1.0

    @property
    def nprobe_needed(self) -> int | None:
        """The least nprobe that returns all true neighbours; None where none does, or it is not known."""
        if self.found_at is None:
            return None
        needed = self.found_at[-1] if self.found_at else 1
        return needed if needed <= self.nlist else None

    @property
    def query_name(self) -> str:
        """The query in words."""
        return query_name(self.row, self.title)

    @property
    def found(self) -> int:
        """How many true neighbours came back."""
        return len(self.neighbours or []) - len(self.missed)

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        total = None if self.neighbours is None else len(self.neighbours)
        return answer_sentence(self.query_name, len(self.results), self.found, total)

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
        self_too = ", include_self=True" if self.include_self else ""
        lines = ["import feder_widget as fw", ""]
        if self.has_vectors:
            lines.append("index = fw.open_index(index, vectors=vectors)")
        return "\n".join(
            [
                *lines,
                f"w = fw.FederWidget(index, nprobe={self.nprobe}, k={self.k}{self_too})",
                f"w.search({'vector' if self.row is None else self.row})",
                "w",
            ]
        )

    def markdown(self) -> str:
        """Return it as Markdown: sentence, numbers, missed rows, remedy, code. Labels stay text."""
        parts = [f"**{as_markdown(self.sentence)}**", as_markdown(self.settings)]
        if self.neighbours is not None:
            parts[0] += f" {recall_text(self.k, self.found, len(self.neighbours))}"
        if self.missed:
            head = "| missed | row | label | distance | cluster | rank | why |"
            lines = [row.markdown() for row in self.missed]
            parts.append("\n".join([head, "|---" * 7 + "|", *lines]))
        if self.remedy is not None:
            parts.append(as_markdown(self.remedy))
        parts += [f"- {as_markdown(one.sentence)}" for one in self.findings if one.severity != "info"]
        parts.append(f"```python\n{self.code}\n```")
        return "\n\n".join(parts) + "\n"

    def lines(self) -> list[str]:
        """Return it as plain lines."""
        lines = [self.sentence, self.settings + "."]
        if self.unexplained is not None:
            lines.append(f"No true neighbours to compare with: {self.unexplained}.")
        lines += [f"  {row.line(self.distance)}" for row in self.missed[:MOST_LINES]]
        if len(self.missed) > MOST_LINES:
            lines.append(f"  and {len(self.missed) - MOST_LINES:,} more")
        if self.remedy is not None:
            lines.append(self.remedy)
        lines += [f"{one.severity}: {one.sentence}" for one in self.findings if one.severity != "info"]
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return it as an object of JSON; ``docs/EXPLAIN.md`` says what each field means."""
        return {
            "schema": SCHEMA,
            "index": {
                "family": self.family,
                "metric": self.metric,
                "vectors": self.ntotal,
                "nlist": self.nlist,
            },
            "query": {"row": self.row},
            "nprobe": self.nprobe,
            "k": self.k,
            "include_self": self.include_self,
            "distances_computed": self.distances,
            "distance": self.distance,
            "recall": self.recall,
            "nprobe_needed": self.nprobe_needed,
            "results": [_without_loss(row) for row in self.results],
            "true_neighbours": None if self.neighbours is None else [asdict(row) for row in self.neighbours],
            "unexplained": self.unexplained,
            "findings": [
                {
                    "code": one.code,
                    "severity": one.severity,
                    "sentence": one.sentence,
                    "evidence": {name: np.asarray(value).tolist() for name, value in one.evidence.items()},
                    "remedy": one.remedy,
                }
                for one in self.findings
            ],
        }


def _distances(search: ShownSearch) -> int:
    trace, index = search.trace, search.index
    own = search.query.left_out(search.include_self)
    again = 0 if trace.refine is None else sum(row != own for row in trace.refine.ids.tolist())
    return (index.nlist if index.coarse_is_exact else 0) + len(trace.fine.scan.ids) + again


def _without_loss(row: ReportedRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "lost_to"}
