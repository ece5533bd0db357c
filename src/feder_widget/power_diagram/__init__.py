"""Convex cells of given areas that tile a rectangle: a power diagram, its weights fitted to the areas.

Deterministic: it draws no random number. See README.md in this folder.
"""

from feder_widget.power_diagram.cells import Cells, bisected_cells, round_cells, tiled_cells

__all__ = ["Cells", "bisected_cells", "round_cells", "tiled_cells"]
