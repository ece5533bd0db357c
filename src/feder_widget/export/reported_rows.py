"""The rows of a report: results, and true neighbours with the stage that lost them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from feder_widget.figures.shown_search import ShownSearch
from feder_widget.model.work_pieces import Steps
from feder_widget.truth.explanation import Explanation
from feder_widget.truth.search_stages import Spans
from feder_widget.wording.answer_text import as_markdown, exact_number
from feder_widget.wording.numbers import ordinal

Label = Callable[[int], "str | None"]
Loss = Literal["coarse", "ranking", "limit", "unreached", "both", "code", "rerank"]

LOSSES: dict[Loss, str] = {
    "coarse": "its cluster was not probed",
    "ranking": "the coarse quantizer ranked its cluster wrongly",
    "limit": "the search stopped before it",
    "unreached": "the coarse search does not come to its cluster",
    "both": "lost to the code at any nprobe; its cluster was not probed either",
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
    lost_to : "coarse", "ranking", "limit", "unreached", "both", "code", "rerank" or None
        The stage at which a true neighbour was lost; None where it came back, and for a result. "both" is
        one whose cluster was not probed, and which the code loses at every nprobe that probes it.
    """

    place: int
    id: int
    distance: float
    cluster: int
    rank: int | None
    label: str | None
    lost_to: Loss | None = None

    @property
    def why(self) -> str:
        """The stage that lost it, in words; empty where it came back."""
        return "" if self.lost_to is None else LOSSES[self.lost_to]

    @property
    def rank_name(self) -> str:
        """Its cluster's rank in words."""
        return "none" if self.rank is None else f"{self.rank:,}"

    @property
    def located(self) -> tuple[str, ...]:
        """Its cluster and the rank of that."""
        return str(self.cluster), self.rank_name

    def markdown(self) -> str:
        """Return a missed row as a line of a table; labels stay text."""
        cells = [
            self.place,
            self.id,
            as_markdown(self.label or ""),
            exact_number(self.distance),
            self.cluster,
            self.rank_name,
            self.why,
        ]
        return f"| {' | '.join(map(str, cells))} |"

    def line(self, distance_name: str) -> str:
        """Return a missed row as a line of plain text."""
        label = "" if self.label is None else f" ({self.label})"
        return (
            f"missed: row {self.id}{label}, {ordinal(self.place)} nearest, {distance_name} "
            f"{exact_number(self.distance)}, cluster {self.cluster}, rank {self.rank_name}: {self.why}"
        )


def reported_rows(
    found: Any, label: Label, nlist: int, lost: Sequence[Loss | None] | None = None
) -> list[ReportedRow]:
    """Return the rows of an explanation, or those of results, with their labels."""
    stages = lost or [None] * len(found.ids)
    columns = (found.ids, found.distances, found.clusters, found.ranks)
    return [
        ReportedRow(place, row, far, cluster, rank if 1 <= rank <= nlist else None, label(row), stage)
        for place, (row, far, cluster, rank, stage) in enumerate(
            zip(*(column.tolist() for column in columns), stages, strict=True), 1
        )
    ]


def losses_steps(search: ShownSearch, explanation: Explanation) -> Steps[list[Loss | None]]:
    """Return the stage at which each true neighbour was lost; None where it came back."""
    index, nprobe = search.index, search.nprobe
    lost: list[Loss | None] = [None] * len(explanation)
    if index.basis == "codes":
        # Codes lose nothing of what they see themselves.
        stages: list[tuple[Loss, Any]] = [("coarse", explanation.missed(nprobe))]
    else:
        ledger = yield from index.ledger_steps(
            search.query, search.k, nprobe, include_self=search.include_self
        )
        coarse = ledger.lost_to_coarse
        stages = [
            ("ranking", ledger.wrongly_ranked),
            ("coarse", coarse[~np.isin(coarse, ledger.wrongly_ranked)]),
            ("code", ledger.lost_to_code),
            ("rerank", ledger.lost_to_rerank),
        ]
    hopeless = _never_returned(explanation)
    # Rows that share an id: the one in the farther cluster is the one that was lost.
    by_rank = np.argsort(-explanation.ranks, kind="stable").tolist()
    for stage, ids in stages:
        for row_id in ids.tolist():
            at = next(i for i in by_rank if explanation.ids[i] == row_id and lost[i] is None)
            lost[at] = _coarse_stage(stage, int(explanation.ranks[at]), nprobe, index.nlist)
            if lost[at] in ("coarse", "ranking") and hopeless[at]:
                lost[at] = "both"
    return lost


def _never_returned(explanation: Explanation) -> npt.NDArray[np.bool_]:
    """Return the true neighbours that some nprobe compares and none returns, bool (m,); none if unknown."""
    presence, n = explanation.presence, len(explanation)
    if not isinstance(presence, Spans):
        return np.zeros(n, np.bool_)
    never = explanation.nlist + 1
    is_never = (presence.returned_from == never) & (presence.compared_from < never)
    tied = presence.near.tied
    # Any of those that tie for the last place serves as the last: none is lost while another one is found.
    found: npt.NDArray[np.bool_] = np.where(tied, is_never[tied].all(), is_never)
    return found[:n]


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
