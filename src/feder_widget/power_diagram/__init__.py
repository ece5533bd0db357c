"""The map's cells: convex polygons that tile a rectangle, with the clusters' shares as their areas.

Round ones are the cells of a power diagram whose weights are fitted so that the areas are right. All is
deterministic: no random number is drawn anywhere.
"""

from feder_widget.power_diagram.cells import Cells, bisected_cells, round_cells

__all__ = ["Cells", "bisected_cells", "round_cells"]
