"""Figures of what the widget shows, for papers, reports and pull requests; drawn by matplotlib.

Each function draws on the axes given as ``ax``, or on those of a new figure, and returns them. None uses
pyplot or changes matplotlib's settings. A figure that a function makes is shown by a notebook, and keeps text
as text in PDF and SVG; for axes of your own, set ``pdf.fonttype`` to 42 and ``svg.fonttype`` to "none".
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feder_widget.figures.charts.ledger_chart import ledger
    from feder_widget.figures.charts.recall_chart import recall
    from feder_widget.figures.charts.size_chart import cluster_sizes
    from feder_widget.figures.charts.workload_chart import workload
    from feder_widget.figures.cluster_map.cluster_picture import clusters
    from feder_widget.figures.distance_rings.distance_picture import distances
    from feder_widget.figures.district_map.picture import graph_map
    from feder_widget.figures.graph_walk.picture import walk
    from feder_widget.figures.projection_picture import projection
    from feder_widget.figures.result_tiles import results

__all__ = [
    "cluster_sizes",
    "clusters",
    "distances",
    "graph_map",
    "ledger",
    "projection",
    "recall",
    "results",
    "walk",
    "workload",
]

_HOMES = {
    "cluster_sizes": "charts.size_chart",
    "clusters": "cluster_map.cluster_picture",
    "distances": "distance_rings.distance_picture",
    "graph_map": "district_map.picture",
    "ledger": "charts.ledger_chart",
    "projection": "projection_picture",
    "recall": "charts.recall_chart",
    "results": "result_tiles",
    "walk": "graph_walk.picture",
    "workload": "charts.workload_chart",
}
"""Functions by the module that holds them: matplotlib is imported when one is first asked for."""


def __getattr__(name: str) -> object:
    """Import what draws a figure when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
