"""What one search returned and missed, why, and what finds it: as Markdown, as JSON, as plain lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from feder_widget.engines import IvfIndex
from feder_widget.figures.shown_search import results_of
from feder_widget.media.text import one_line
from feder_widget.model.finding import Finding
from feder_widget.model.pieces import Steps, drain
from feder_widget.model.query import Query
from feder_widget.truth.explanation import Explanation

SCHEMA = 1
"""Grows when a field of the JSON changes its meaning or goes."""

LABEL_LETTERS = 80

MOST_LINES = 20
"""Missed rows that plain lines name."""

Label = Callable[[int], "str | None"]
Loss = Literal["coarse", "ranking", "limit", "unreached", "code", "rerank"]

LOSSES: dict[Loss, str] = {
    "coarse": "its cluster was not probed",
    "ranking": "the coarse quantizer ranked its cluster wrongly",
    "limit": "the search stopped before it",
    "unreached": "the coarse search does not come to its cluster",
    "code": "lost to the code",
    "rerank": "lost in the re-ranking",
}


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A result or a true neighbour.

    Attributes
    ----------
    place : int
        Among the results, or among the true neighbours: 1 = nearest.
    id : int
        Row id.
    distance : float
        As the index reports it, or to the vectors given for a true neighbour.
    cluster : int
        The one that stores it.
    rank : int or None
        That cluster's rank for the query, 1 = nearest; None where the coarse search never comes to it.
    label : str or None
        One line.
    lost_to : "coarse", "ranking", "limit", "unreached", "code", "rerank" or None
        The stage at which a true neighbour was lost; None where it came back, and for a result.
    """

    place: int
    id: int
    distance: float
    cluster: int
    rank: int | None
    label: str | None
    lost_to: Loss | None = None


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
    nprobe, k : int
        Of the search.
    include_self : bool
        Whether the row searched for counts among its own results and true neighbours.
    distances : int
        Computed in the search: n_distances of its trace.
    results : list of ReportedRow
        What came back, nearest first.
    neighbours : list of ReportedRow or None
        The true neighbours; None where they are not known.
    unexplained : str or None
        Why they are not.
    has_vectors : bool
        Whether they are by original vectors that were given.
    nprobe_needed : int or None
        The least nprobe that returns all of them; None where none does, or it is not known. By original
        vectors, a larger one may lose some again.
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
    nprobe: int
    k: int
    include_self: bool
    distances: int
    results: list[ReportedRow]
    neighbours: list[ReportedRow] | None
    unexplained: str | None
    has_vectors: bool
    nprobe_needed: int | None
    no_curve: str | None
    findings: list[Finding]

    @classmethod
    def of(
        cls, index: IvfIndex, query: Query, nprobe: int, k: int, *, include_self: bool, label: Label
    ) -> SearchReport:
        """Search and explain; the calling thread reads the index."""
        return drain(cls.steps(index, query, nprobe, k, include_self=include_self, label=label))

    @classmethod
    def steps(
        cls, index: IvfIndex, query: Query, nprobe: int, k: int, *, include_self: bool, label: Label
    ) -> Steps[SearchReport]:
        """Do ``of`` in pieces; a search is one."""
        own = yield from index.own_row_steps(query, include_self=include_self)
        trace = index.trace(query, nprobe, k if own is None else k + own.copies)
        kept = np.flatnonzero(trace.ids != -1)[:k] if own is None else own.others(trace.ids, k)
        found = results_of(trace, kept)
        results = _rows(found.ids, found.distances, found.clusters, found.ranks, label, nlist=index.nlist)
        neighbours, needed, distance = None, None, index.distance_name
        if index.why_unexplained is None:
            explanation = yield from index.explain_steps(query, k, include_self=include_self)
            lost = yield from _losses(index, query, nprobe, k, explanation, include_self=include_self)
            neighbours = _rows(
                explanation.ids,
                explanation.distances,
                explanation.clusters,
                explanation.ranks,
                label,
                lost,
                nlist=index.nlist,
            )
            if index.why_no_curve is None:
                least = int(explanation.nprobe_needed)
                needed = least if least <= index.nlist else None
            distance = explanation.distance_name
        return cls(
            family=index.family,
            metric=index.metric,
            distance=distance,
            ntotal=index.ntotal,
            nlist=index.nlist,
            row=query.row_id,
            nprobe=nprobe,
            k=k,
            include_self=include_self,
            distances=int(trace.n_distances),
            results=results,
            neighbours=neighbours,
            unexplained=index.why_unexplained,
            has_vectors=index.basis == "vectors",
            nprobe_needed=needed,
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
    def query_name(self) -> str:
        """The query in words."""
        return "a vector" if self.row is None else f"row {self.row}"

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        if self.neighbours is None:
            return f"The search for {self.query_name} returned {_count(len(self.results), 'row')}."
        total, missed = len(self.neighbours), len(self.missed)
        if total == 1:
            return f"The true neighbour of {self.query_name} {'was missed' if missed else 'came back'}."
        if not missed:
            return f"All {_count(total, 'true neighbour')} of {self.query_name} came back."
        return f"{total - missed:,} of {_count(total, 'true neighbour')} of {self.query_name} came back."

    @property
    def settings(self) -> str:
        """The index and the search in one line."""
        share = self.distances / self.ntotal if self.ntotal else 0.0
        return (
            f"{self.family}, {_count(self.ntotal, 'vector')}, {self.metric}; nprobe {self.nprobe:,} of "
            f"{self.nlist:,}, k {self.k:,}; {_count(self.distances, 'distance')} computed, {share:.1%} of "
            "brute force"
        )

    @property
    def remedy(self) -> str | None:
        """What returns all true neighbours; None where nothing is missed."""
        if not self.missed:
            return None
        if self.no_curve is not None:
            return f"Whether a larger nprobe finds them takes a search at each: {self.no_curve}."
        if self.nprobe_needed is None:
            return "No nprobe finds all."
        if self.nprobe_needed > self.nprobe:
            return f"nprobe = {self.nprobe_needed:,} finds all."
        return f"nprobe = {self.nprobe_needed:,} finds all; larger ones lose some to the code."

    @property
    def code(self) -> str:
        """The Python that shows the same."""
        query = "vector" if self.row is None else str(self.row)
        given = ", vectors=vectors" if self.has_vectors else ""
        self_too = ", include_self=True" if self.include_self else ""
        return (
            "import feder_widget as fw\n\n"
            f"opened = fw.open_index(index{given})\n"
            f"w = fw.FederWidget(opened, nprobe={self.nprobe}, k={self.k}{self_too})\n"
            f"w.search({query})\n"
            "w.report()"
        )

    def markdown(self) -> str:
        """Return it as Markdown: sentence, numbers, missed rows, remedy, code. Labels stay text."""
        parts = [f"**{self.sentence}**", _escaped(self.settings)]
        if self.recall is not None:
            parts[0] += f" recall@{self.k} = {self.recall:.3g}"
        if self.missed:
            lines = [
                "| missed | row | label | distance | cluster | rank | why |",
                "|---|---|---|---|---|---|---|",
            ]
            for row in self.missed:
                why = LOSSES[row.lost_to] if row.lost_to is not None else ""
                lines.append(
                    f"| {row.place} | {row.id} | {_escaped(row.label or '')} | {row.distance:.6g} | "
                    f"{row.cluster} | {_rank(row)} | {why} |"
                )
            parts.append("\n".join(lines))
        if self.remedy is not None:
            parts.append(self.remedy)
        parts += [f"- {_escaped(one.sentence)}" for one in self.findings if one.severity != "info"]
        parts.append(f"```python\n{self.code}\n```")
        return "\n\n".join(parts) + "\n"

    def lines(self) -> list[str]:
        """Return it as plain lines."""
        lines = [self.sentence, self.settings + "."]
        if self.unexplained is not None:
            lines.append(f"No true neighbours to compare with: {self.unexplained}.")
        for row in self.missed[:MOST_LINES]:
            why = LOSSES[row.lost_to] if row.lost_to is not None else ""
            label = "" if row.label is None else f" ({row.label})"
            lines.append(
                f"  missed: row {row.id}{label}, {_ordinal(row.place)} nearest, {self.distance} "
                f"{row.distance:.6g}, cluster {row.cluster}, rank {_rank(row)}: {why}"
            )
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


def _losses(
    index: IvfIndex, query: Query, nprobe: int, k: int, explanation: Explanation, *, include_self: bool
) -> Steps[list[Loss | None]]:
    """Return the stage at which each true neighbour was lost; None where it came back."""
    lost: list[Loss | None] = [None] * len(explanation)
    if index.basis == "codes":
        # Codes lose nothing of what they see themselves.
        stages: list[tuple[Loss, Any]] = [("coarse", explanation.missed(nprobe))]
    else:
        ledger = yield from index.ledger_steps(query, k, nprobe, include_self=include_self)
        coarse = ledger.lost_to_coarse
        stages = [
            ("ranking", ledger.wrongly_ranked),
            ("coarse", coarse[~np.isin(coarse, ledger.wrongly_ranked)]),
            ("code", ledger.lost_to_code),
            ("rerank", ledger.lost_to_rerank),
        ]
    # Rows that share an id: the one in the farther cluster is the one that was lost.
    by_rank = np.argsort(-explanation.ranks, kind="stable").tolist()
    for stage, ids in stages:
        for row_id in ids.tolist():
            at = next(i for i in by_rank if explanation.ids[i] == row_id and lost[i] is None)
            lost[at] = _coarse_stage(stage, int(explanation.ranks[at]), nprobe, index.nlist)
    return lost


def _coarse_stage(stage: Loss, rank: int, nprobe: int, nlist: int) -> Loss:
    if stage in ("coarse", "ranking") and rank > nlist:
        return "unreached"
    return "limit" if stage == "coarse" and rank <= nprobe else stage


def columns_of(rows: Sequence[ReportedRow], *, has_losses: bool = False) -> dict[str, Any]:
    """Return rows as columns, each (n,): ``id`` int64, ``distance`` float32, ``rank`` int64 (0 for none)."""
    columns: dict[str, Any] = {
        "id": np.array([row.id for row in rows], np.int64),
        "place": np.array([row.place for row in rows], np.int64),
        "distance": np.array([row.distance for row in rows], np.float32),
        "cluster": np.array([row.cluster for row in rows], np.int64),
        "rank": np.array([row.rank or 0 for row in rows], np.int64),
        "label": [row.label for row in rows],
    }
    if has_losses:
        columns["lost_to"] = [row.lost_to for row in rows]
    return columns


def _rows(
    ids: Any,
    distances: Any,
    clusters: Any,
    ranks: Any,
    label: Label,
    lost: Sequence[Loss | None] | None = None,
    *,
    nlist: int,
) -> list[ReportedRow]:
    stages = lost or [None] * len(ids)
    columns = (ids.tolist(), distances.tolist(), clusters.tolist(), ranks.tolist(), stages)
    return [
        ReportedRow(
            place, row, far, cluster, rank if 1 <= rank <= nlist else None, _one_label(label, row), stage
        )
        for place, (row, far, cluster, rank, stage) in enumerate(zip(*columns, strict=True), 1)
    ]


def _rank(row: ReportedRow) -> str:
    return "none" if row.rank is None else f"{row.rank:,}"


def _one_label(label: Label, row: int) -> str | None:
    text = label(row)
    return None if text is None else one_line(text, LABEL_LETTERS)


def _without_loss(row: ReportedRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "lost_to"}


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _escaped(text: str) -> str:
    """Return a text that Markdown takes as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+!|$~&" else letter for letter in text)
