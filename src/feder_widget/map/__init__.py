"""Where each cluster lies on the map: a layout of the centroids in the plane, at once and then better.

Both layouts are deterministic: no random number is drawn anywhere. They are equal between processes on one
machine; another BLAS may differ in the last digits, which a neighbour embedding amplifies. So keep the
coordinates with whatever refers to them.
"""

from feder_widget.map.linear_layout import linear_layout
from feder_widget.map.neighbour_layout import LayoutCancelled, neighbour_layout

__all__ = ["LayoutCancelled", "linear_layout", "neighbour_layout"]
