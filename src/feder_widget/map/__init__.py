"""The map of the clusters: a position for each centroid, and around it a cell for the cluster's size."""

from feder_widget.layout.cancellation import LayoutCancelled
from feder_widget.map.cluster_map import ClusterMap, draw, drawn_at
from feder_widget.map.district_places import DistrictPlaces
from feder_widget.map.districts import Members
from feder_widget.map.drawn_graph import DrawnGraph
from feder_widget.map.linear_layout import linear_layout
from feder_widget.map.neighbour_layout import neighbour_layout

__all__ = [
    "ClusterMap",
    "DistrictPlaces",
    "DrawnGraph",
    "LayoutCancelled",
    "Members",
    "draw",
    "drawn_at",
    "linear_layout",
    "neighbour_layout",
]
