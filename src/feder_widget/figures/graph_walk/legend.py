"""The names of lines and marks below the picture of a walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from feder_widget.figures.pen import Ink, Pen
from feder_widget.palette import Palette
from feder_widget.wording.numbers import ordinal

MARK = 1.6
"""Width of a mark, in heights of the text."""

ROW = 1.5
"""Height of a row, in heights of the text."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A name and its mark."""

    name: str
    mark: Literal["line", "dashes", "dot", "ring", "cross"]
    ink: Ink


def walk_legend(
    palette: Palette, bar: Ink, ef_search: int, k: int, has_missed: bool, has_deleted: bool = False
) -> list[LegendEntry]:
    """Return what a picture of a walk holds; ``bar`` is the colour of the efSearch-th nearest."""
    is_same = ef_search == k
    limit = "efSearch and k" if is_same else "efSearch"
    return [
        LegendEntry("expanded", "line", palette.accent),
        LegendEntry(f"{ordinal(ef_search)} nearest ({limit})", "line", bar),
        *([] if is_same else [LegendEntry(f"{ordinal(k)} nearest (k)", "dashes", palette.text)]),
        LegendEntry("result", "dot", palette.accent),
        *([LegendEntry("missed", "ring", palette.danger)] if has_missed else []),
        *([LegendEntry("deleted: never returned", "cross", palette.muted)] if has_deleted else []),
    ]


def crosses(places: npt.NDArray[np.float64], arm: float) -> npt.NDArray[np.float64]:
    """Return the two lines of a cross at each place, (2 n, 4)."""
    corners = [arm * np.array([1, side]) for side in (1, -1)]
    return np.concatenate([np.hstack([places - corner, places + corner]) for corner in corners])


Measure = Callable[[str, float], float]
Row = Sequence[tuple[float, LegendEntry]]


@dataclass(frozen=True, slots=True)
class Legend:
    """Entries in rows, each with where it begins, from the left."""

    rows: Sequence[Row]
    left: float

    @classmethod
    def of(
        cls, entries: Sequence[LegendEntry], measure: Measure, left: float, right: float, small: float
    ) -> Legend:
        """Lay entries out under a plot; further to the left where that saves a row."""
        rows, outer = _rows(entries, measure, right - left, small), 0.6 * small
        wider = _rows(entries, measure, right - outer, small)
        return cls(wider, outer) if len(wider) < len(rows) else cls(rows, left)

    def paint(self, pen: Pen, palette: Palette, top: float, small: float) -> None:
        """Paint it below a height."""
        for i, row in enumerate(self.rows):
            y = top + (i + 0.5) * ROW * small
            for x, entry in row:
                start, end = self.left + x, self.left + x + MARK * small
                middle = [((start + end) / 2, y)]
                if entry.mark == "line":
                    pen.line([(start, y), (end, y)], entry.ink, 2.25)
                elif entry.mark == "dashes":
                    pen.dashed([(start, y), (end, y)], entry.ink, 1.5, (5, 4), is_open=True)
                elif entry.mark == "dot":
                    pen.circles(middle, 4.5, fill=entry.ink)
                elif entry.mark == "cross":
                    pen.circles(middle, 3.5, fill=palette.background, edge=entry.ink, width=1)
                    pen.strokes(crosses(np.array(middle), 2.5), entry.ink, 1)
                else:
                    ground = palette.background
                    pen.circles(middle, 4.5, fill=ground, edge=entry.ink, width=2, dash=(3, 2))
                pen.write(end + 0.5 * small, y, entry.name, small, palette.muted, "lm")


def _rows(entries: Sequence[LegendEntry], measure: Measure, width: float, small: float) -> list[Row]:
    rows: list[list[tuple[float, LegendEntry]]] = [[]]
    x = 0.0
    for entry in entries:
        wide = (MARK + 0.5) * small + measure(entry.name, small)
        if rows[-1] and x + wide > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, entry))
        x += wide + 1.2 * small
    return list(rows)
