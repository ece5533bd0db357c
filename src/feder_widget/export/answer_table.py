"""The answer to one query in words and a table, for where no script runs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from feder_widget.engines import IvfIndex
from feder_widget.model.finding import Finding
from feder_widget.model.query import Query

Picture = Callable[[int], "tuple[str, bytes] | None"]
"""The type and the bytes of a row's picture; None where there is none."""

Label = Callable[[int], "str | None"]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A true neighbour, or a result where these are not known."""

    place: int
    row_id: int
    distance: float
    clusters: str
    came_back: bool


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A sentence, findings and the true neighbours of a query, or its results where these are not known."""

    sentence: str
    findings: Sequence[Finding]
    distance_name: str
    rows: Sequence[TableRow]
    label: Label
    picture: Picture

    @classmethod
    def of(
        cls,
        index: IvfIndex,
        query: Query,
        nprobe: int,
        k: int,
        *,
        include_self: bool,
        label: Label,
        picture: Picture,
    ) -> AnswerTable:
        """Search and explain."""
        asked = "a vector" if query.row_id is None else f"row {query.row_id}"
        at = f"{index.family}, nprobe {nprobe:,} of {index.nlist:,}, k {k:,}"
        if index.why_unexplained is not None:
            trace = index.trace(query, nprobe, k)
            kept = [
                (int(row), float(far))
                for row, far in zip(trace.ids, trace.distances, strict=True)
                if row >= 0
            ]
            rows = [TableRow(place, row, far, "", True) for place, (row, far) in enumerate(kept, 1)]
            sentence = f"The search for {asked} ({at}) returned {len(rows):,} rows."
            return cls(sentence, index.findings, index.distance_name, rows, label, picture)
        explanation = index.explain(query, k, include_self=include_self)
        missed = set(explanation.missed(nprobe).tolist())
        rows = [
            TableRow(
                place + 1,
                int(row),
                float(far),
                f"{int(cluster)} (rank {int(rank):,})",
                int(row) not in missed,
            )
            for place, (row, far, cluster, rank) in enumerate(
                zip(
                    explanation.ids,
                    explanation.distances,
                    explanation.clusters,
                    explanation.ranks,
                    strict=True,
                )
            )
        ]
        found = sum(row.came_back for row in rows)
        sentence = f"Of the {len(rows):,} true neighbours of {asked}, {found:,} came back ({at})."
        return cls(sentence, index.findings, explanation.distance_name, rows, label, picture)

    def html(self) -> str:
        """Return it as HTML; labels are text."""
        findings = "".join(
            f"<li>{escape(one.sentence)}{' ' + escape(one.remedy) if one.remedy else ''}</li>"
            for one in self.findings
        )
        rows = "\n".join(self._row(row) for row in self.rows)
        heads = "".join(
            f'<th scope="col">{escape(head)}</th>'
            for head in ("", "row", "", "label", self.distance_name, "cluster", "")
        )
        return (
            f"<p>{escape(self.sentence)}</p>\n<ul>{findings}</ul>\n"
            f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
        )

    def _row(self, row: TableRow) -> str:
        found = self.picture(row.row_id)
        image = ""
        if found is not None:
            mime, data = found
            image = f'<img alt="" src="data:{escape(mime)};base64,{base64.b64encode(data).decode("ascii")}">'
        label = self.label(row.row_id) or ""
        said = "came back" if row.came_back else "missed"
        cells = [
            str(row.place),
            str(row.row_id),
            image,
            escape(label),
            f"{row.distance:.6g}",
            row.clusters,
            said,
        ]
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
