"""The answer to one query in words and a table, for where no script runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from feder_widget.export.report import Report, Row
from feder_widget.wording.answer_text import exact_number

Picture = Callable[[int], "tuple[str, bytes] | None"]
"""The type and the bytes of a row's picture; None where there is none."""


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A report as HTML, with pictures: the true neighbours, or the results where these are not known.

    ``figure`` is a PNG of the search and the results; None for none.
    """

    report: Report[Any]
    picture: Picture
    figure: bytes | None = None

    def html(self) -> str:
        """Return it as HTML; labels are text."""
        report = self.report
        findings = "".join(
            f"<li>{escape(one.sentence)}{' ' + escape(one.remedy) if one.remedy else ''}</li>"
            for one in report.findings
        )
        known = report.neighbours
        rows = "\n".join(self._row(row) for row in (report.results if known is None else known))
        heads = "".join(
            f'<th scope="col">{escape(head)}</th>'
            for head in ("nearest", "row", "picture", "label", report.distance, *report.located, "answer")
        )
        said = [report.sentence, *([report.remedy] if report.remedy else []), f"{report.settings}."]
        figure = ""
        if self.figure is not None:
            data = base64.b64encode(self.figure).decode("ascii")
            figure = f'<img alt="{escape(report.sentence)}" src="data:image/png;base64,{data}">\n'
        return (
            "".join(f"<p>{escape(line)}</p>\n" for line in said)
            + figure
            + f"<ul>{findings}</ul>\n<table>\n<thead><tr>{heads}</tr></thead>\n"
            + f"<tbody>\n{rows}\n</tbody>\n</table>"
        )

    def _row(self, row: Row) -> str:
        found = self.picture(row.id)
        image = ""
        if found is not None:
            mime, data = found
            image = f'<img alt="" src="data:{escape(mime)};base64,{base64.b64encode(data).decode("ascii")}">'
        said = "came back" if row.lost_to is None else f"missed: {row.why}"
        cells = [
            str(row.place),
            str(row.id),
            image,
            escape(row.label or ""),
            exact_number(row.distance),
            *map(escape, row.located),
            said,
        ]
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
