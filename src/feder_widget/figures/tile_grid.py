"""A grid of tiles under headings, in CSS pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

GAP = 8
"""Room between two tiles."""

SMALLEST, USUAL, LARGEST = 24.0, 54.0, 96.0
"""Side of a tile: at least, where nothing else is asked for, at most."""

FEWEST = 5
"""Tiles that a row has room for at least."""

CAPTION = 1.35
"""Height of the line below a tile, in heights of its text."""

HEADING = 1.7
"""Height of a heading, in heights of its text."""


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Tiles of one size, so many in a row, with a line below each; ``heading`` is the height of a heading."""

    side: float
    across: int
    caption: float
    heading: float

    @classmethod
    def of(cls, width: float, small: float, size: float, found: int, missed: int) -> TileGrid:
        """Return a grid as wide as this, of tiles of the usual size, with texts of these sizes."""
        across = max(1, min(max(found, missed, FEWEST), int((width + GAP) // (USUAL + GAP))))
        side = min(LARGEST, (width - 4 - GAP * (across - 1)) / across)
        return cls(side, across, CAPTION * small, HEADING * size)

    def fitting(self, width: float, height: float, found: int, missed: int) -> TileGrid:
        """Return the grid whose tiles are as large as all find room."""
        grid = self
        while grid.height(found, missed) > height and grid.side > SMALLEST:
            side = 0.96 * grid.side
            grid = replace(grid, side=side, across=max(1, int((width + GAP) // (side + GAP))))
        return grid

    def height(self, found: int, missed: int) -> float:
        """Return the height of so many results and missed neighbours."""
        return self.rows(found) + self.rows(missed) + self.heading * (1 + (missed > 0))

    def rows(self, count: int) -> float:
        """Return the height of so many tiles."""
        return math.ceil(count / self.across) * (self.side + self.caption + GAP)

    def middle(self, i: int, top: float) -> tuple[float, float]:
        """Return the middle of the i-th tile below a height."""
        x = (i % self.across) * (self.side + GAP) + self.side / 2 + 2
        return x, top + (i // self.across) * (self.side + self.caption + GAP) + self.side / 2
