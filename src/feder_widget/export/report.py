"""What one search returned and missed, why, and what finds it: the part that every kind of index has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from feder_widget.model.finding import Finding
from feder_widget.wording.answer_text import answer_sentence, as_markdown, query_name, recall_text

SCHEMA = 1
"""Grows when a field of the JSON changes its meaning or goes."""

MOST_LINES = 20
"""Missed rows that plain lines name."""

OF_NEIGHBOURS = ("lost_to", "ef_needed", "why")
"""Fields that only true neighbours have."""


class Row(Protocol):
    """A result or a true neighbour."""

    @property
    def lost_to(self) -> str | None:
        """The stage at which a true neighbour was lost; None where it came back, and for a result."""
        ...

    @property
    def id(self) -> int:
        """Row id."""
        ...

    @property
    def place(self) -> int:
        """Among the results, or among the true neighbours: 1 = nearest."""
        ...

    @property
    def distance(self) -> float:
        """As the index reports it, or to the vectors given for a true neighbour."""
        ...

    @property
    def label(self) -> str | None:
        """One line."""
        ...

    @property
    def why(self) -> str:
        """Why a true neighbour was missed, in words; empty where it came back."""
        ...

    @property
    def located(self) -> tuple[str, ...]:
        """Where the index has it, a text for each of the report's ``located``."""
        ...

    def markdown(self) -> str:
        """Return a missed row as a line of a table; labels stay text."""
        ...

    def line(self, distance_name: str) -> str:
        """Return a missed row as a line of plain text."""
        ...


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(ABC, Generic[AnyRow]):
    """One search of an index of any kind; the kinds say what their attributes are."""

    family: str
    metric: str
    distance: str
    ntotal: int
    row: int | None
    title: str | None
    k: int
    include_self: bool
    distances: int
    results: list[AnyRow]
    neighbours: list[AnyRow] | None
    unexplained: str | None
    has_vectors: bool
    found_at: list[int] | None
    findings: list[Finding]

    @property
    def missed(self) -> list[AnyRow]:
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
    @abstractmethod
    def settings(self) -> str:
        """The index and the search in one line."""

    @property
    @abstractmethod
    def remedy(self) -> str | None:
        """What returns all true neighbours; None where nothing is missed."""

    @property
    @abstractmethod
    def code(self) -> str:
        """The Python that shows the same."""

    @property
    @abstractmethod
    def located(self) -> tuple[str, ...]:
        """Names of what tells where the index has a row."""

    @property
    @abstractmethod
    def _columns(self) -> Sequence[str]:
        """Names of the columns of the table of missed rows."""

    @abstractmethod
    def _json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what this kind of index adds to the JSON: to the index, and to the search."""

    def _code(self, parameter: str) -> str:
        """Return the Python that shows the search, with the search parameter as an option of the widget."""
        self_too = ", include_self=True" if self.include_self else ""
        given = ["index = fw.open_index(index, vectors=vectors)"] if self.has_vectors else []
        return "\n".join(
            [
                "import feder_widget as fw",
                "",
                *given,
                f"w = fw.FederWidget(index, {parameter}, k={self.k}{self_too})",
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
            head = f"| {' | '.join(self._columns)} |"
            lines = [row.markdown() for row in self.missed]
            parts.append("\n".join([head, "|---" * len(self._columns) + "|", *lines]))
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
        of_index, of_search = self._json()
        rows: list[Any] | None = self.neighbours
        return {
            "schema": SCHEMA,
            "index": {"family": self.family, "metric": self.metric, "vectors": self.ntotal, **of_index},
            "query": {"row": self.row},
            **of_search,
            "k": self.k,
            "include_self": self.include_self,
            "distances_computed": self.distances,
            "distance": self.distance,
            "recall": self.recall,
            "results": [_as_result(row) for row in self.results],
            "true_neighbours": None if rows is None else [asdict(row) for row in rows],
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


def _as_dict(row: Any) -> dict[str, Any]:
    return asdict(row)


def _as_result(row: Any) -> dict[str, Any]:
    """Return a result without what only a true neighbour has."""
    return {name: value for name, value in asdict(row).items() if name not in OF_NEIGHBOURS}
