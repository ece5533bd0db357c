"""The rows of a report on a graph: results, and true neighbours with the reason why one was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feder_widget.export.reported_rows import Label
from feder_widget.figures.graph_text import loss_text
from feder_widget.figures.shown_search import Rows
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_loss import GraphLoss, Losses, known_from
from feder_widget.wording.answer_text import as_markdown, exact_number
from feder_widget.wording.numbers import ordinal


@dataclass(frozen=True, slots=True)
class ReportedNeighbour:
    """A result or a true neighbour of a search of a graph.

    Attributes
    ----------
    place : int
        Among the results, or among the true neighbours: 1 = nearest.
    id : int
        Row id.
    distance : float
        As the index reports it, or to the vectors given for a true neighbour.
    label : str or None
        One line.
    ef_needed : int or None
        The smallest efSearch that returns a true neighbour; None where none does, where only a search tells,
        and for a result.
    lost_to : "early", "few", "code", "rerank", "unreached", "tied" or None
        Why a true neighbour was missed: the walk ended before it, the search kept too few nodes, its code
        made it look farther, the second pass found others nearer, no path leads to it, or only a search
        tells; None where it came back, and for a result.
    why : str
        That in words; empty where it came back.
    """

    place: int
    id: int
    distance: float
    label: str | None
    ef_needed: int | None = None
    lost_to: GraphLoss | None = None
    why: str = ""

    @property
    def needed_text(self) -> str:
        """The efSearch that returns it in words."""
        if self.ef_needed is not None:
            return f"{self.ef_needed:,}"
        return "unknown" if self.lost_to == "tied" else "none"

    @property
    def located(self) -> tuple[str, ...]:
        """The efSearch that returns it."""
        return (self.needed_text,)

    def markdown(self) -> str:
        """Return a missed row as a line of a table; labels stay text."""
        label = as_markdown(self.label or "")
        cells = [self.place, self.id, label, exact_number(self.distance), self.needed_text, self.why]
        return f"| {' | '.join(map(str, cells))} |"

    def line(self, distance_name: str) -> str:
        """Return a missed row as a line of plain text."""
        label = "" if self.label is None else f" ({self.label})"
        return (
            f"missed: row {self.id}{label}, {ordinal(self.place)} nearest, {distance_name} "
            f"{exact_number(self.distance)}, needs efSearch {self.needed_text}: {self.why}"
        )


def reported_results(rows: Rows, label: Label) -> list[ReportedNeighbour]:
    """Return results with their labels."""
    found = zip(rows.ids.tolist(), rows.distances.tolist(), strict=True)
    return [ReportedNeighbour(place, row, far, label(row)) for place, (row, far) in enumerate(found, 1)]


def reported_neighbours(
    explanation: GraphExplanation, losses: Losses, ef_used: int, handed_over: int, label: Label
) -> list[ReportedNeighbour]:
    """Return true neighbours with their labels and why they were missed."""
    found = zip(explanation.ids.tolist(), explanation.distances.tolist(), losses, strict=True)
    return [
        ReportedNeighbour(
            place,
            row,
            far,
            label(row),
            known_from(explanation, place - 1),
            loss,
            "" if loss is None else loss_text(loss, ef_used, handed_over),
        )
        for place, (row, far, loss) in enumerate(found, 1)
    ]


def neighbour_columns(rows: Sequence[ReportedNeighbour], *, has_losses: bool = False) -> dict[str, Any]:
    """Return rows as columns, each (n,): ``id`` and ``place`` int64, ``distance`` float32, ``label``.

    With losses ``ef_needed`` int64, 0 for none, and ``lost_to``.
    """
    columns: dict[str, Any] = {
        "id": np.array([row.id for row in rows], np.int64),
        "place": np.array([row.place for row in rows], np.int64),
        "distance": np.array([row.distance for row in rows], np.float32),
        "label": [row.label for row in rows],
    }
    if has_losses:
        columns["ef_needed"] = np.array([row.ef_needed or 0 for row in rows], np.int64)
        columns["lost_to"] = [row.lost_to for row in rows]
    return columns
