"""Ranks on a map that do not cover each other, as ``js/src/views/clusters/rankLabels.ts`` places them.

Nor do they cover the dots of cells that are too small for a rank: nobody can move a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from feder_widget.figures.cluster_map.map_cells import ScaledCells
from feder_widget.figures.placer import BoxPlacer, box_around
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.wording.numbers import grouped

SMALL = 8
"""Cells of a smaller radius wear their rank beside them, in CSS pixels."""

MOST_RANKS = 100
MOST_MARKS = 40
REACHES = (15, 24, 36, 50)
"""How far beside a small cell its rank may be."""

DIRECTIONS = 12
GAP = 2
DOT = 3.5
"""Radius of the dot on a cell that is too small for its rank."""


@dataclass(frozen=True, slots=True)
class RankLabel:
    """A rank, the mark of the nearest cluster, or a number of missed neighbours, around a place.

    ``dot`` is the mark of a small cell, to which a line leads; a dot without a ``text`` found no room for it.
    """

    kind: Literal["target", "rank", "missed"]
    text: str
    x: float
    y: float
    rank: int
    is_probed: bool
    dot: tuple[float, float] | None = None


class RankLabels:
    """Places the labels of a search on a map.

    Parameters
    ----------
    cells : ScaledCells
        The map in CSS pixels.
    height : float
        Height of a label.
    width_of : function
        Width of a label with a text.
    """

    def __init__(self, cells: ScaledCells, height: float, width_of: Callable[[str], float]) -> None:
        self._cells = cells
        self._height = height
        self._width_of = width_of
        self._placer = BoxPlacer(gap=GAP)
        self._found: list[RankLabel] = []
        self._marks = 0

    def of(self, search: ShownSearch) -> list[RankLabel]:
        """Return the labels of clusters that are probed or hold missed neighbours, while there is room."""
        order = search.trace.coarse.clusters
        counts = zip(*np.unique(search.missed.ranks, return_counts=True), strict=True)
        lost = {int(rank): int(count) for rank, count in counts}
        last = len(search.probed)
        ranks = [*range(1, min(last, MOST_RANKS) + 1), *(rank for rank in lost if rank > last)]
        ranked = [(rank, int(order[rank - 1])) for rank in ranks if rank <= len(order)]
        shown = [(rank, cell) for rank, cell in ranked if self._cells.radii[cell] > 0]
        for _, cell in shown:
            if self._cells.radii[cell] < SMALL:
                x, y = self._cells.centres[cell].tolist()
                self._placer.take(box_around(x, y, 1.4 * DOT, 1.4 * DOT))
        for rank, cell in shown:
            self._add(rank, cell, lost.get(rank, 0), rank <= last)
        return self._found

    def _add(self, rank: int, cell: int, lost: int, is_probed: bool) -> None:
        x, y = self._cells.centres[cell].tolist()
        radius = float(self._cells.radii[cell])
        text = grouped(rank)
        if rank == 1 and is_probed:
            self._placer.take(box_around(x, y, 0.9 * self._height, 0.9 * self._height))
            self._found.append(RankLabel("target", "", x, y, rank, is_probed))
        elif radius < SMALL:
            self._beside(rank, text, x, y, is_probed)
            return
        else:
            first = y - 0.55 * self._height if lost else y
            at = self._free([(x, first), (x, y - radius / 2), (x, y + radius / 2)], text)
            if at is not None:
                self._found.append(RankLabel("rank", text, *at, rank, is_probed))
        if lost:
            text = f"\N{MULTIPLICATION SIGN}{lost:,}"
            at = self._free([(x, y + step * self._height) for step in (0.6, 1.3, -0.7)], text)
            if at is not None:
                self._found.append(RankLabel("missed", text, *at, rank, is_probed))

    def _beside(self, rank: int, text: str, x: float, y: float, is_probed: bool) -> None:
        """Write a rank beside its cell; the number of missed neighbours has no room there."""
        self._marks += 1
        at = None
        if self._marks <= MOST_MARKS:
            angles = 2 * np.pi * (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
            places = [
                (float(x + reach * np.cos(angle)), float(y + reach * np.sin(angle)))
                for reach in REACHES
                for angle in angles
            ]
            at = self._free(places, text)
        label = ("", x, y) if at is None else (text, *at)
        self._found.append(RankLabel("rank", *label, rank, is_probed, (x, y)))

    def _free(self, places: list[tuple[float, float]], text: str) -> tuple[float, float] | None:
        """Take the first free place for a label with this text, moved into the map."""
        width = self._width_of(text)
        room = self._cells.size
        inside = [
            (
                float(np.clip(x, width / 2, max(width / 2, room[0] - width / 2))),
                float(np.clip(y, self._height / 2, max(self._height / 2, room[1] - self._height / 2))),
            )
            for x, y in places
        ]
        chosen = self._placer.place_free([box_around(x, y, width, self._height) for x, y in inside])
        return None if chosen is None else inside[chosen]
