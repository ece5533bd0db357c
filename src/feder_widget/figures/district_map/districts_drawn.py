"""The districts of a graph for a figure: the same ones as on the page, kept until the graph changes."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from feder_widget.engines import GraphIndex
from feder_widget.map import DistrictPlaces, DrawnGraph, Members, drawn_at, neighbour_layout
from feder_widget.map.districts import (
    centroids_of,
    comparable,
    count_for,
    nearest_districts,
    sample_nodes,
)

AT_ONCE = 4096
"""Vectors that are read and assigned at once."""

BY_ANGLE = ("cosine", "inner product")
"""Metrics under which the districts are of directions."""

_known: WeakKeyDictionary[GraphIndex, tuple[tuple[float, ...], DrawnGraph]] = WeakKeyDictionary()


def drawn_districts(index: GraphIndex) -> DrawnGraph:
    """Return the map of a graph as it is now; a second for 100,000 vectors at the first call."""
    version = index.version()
    found = _known.get(index)
    if found is None or found[0] != version:
        found = _known[index] = version, _drawn(index)
    return found[1]


def _drawn(index: GraphIndex) -> DrawnGraph:
    file, by_angle = index.graph_file, index.metric in BY_ANGLE
    numbers = sample_nodes(file.ntotal)
    sample = comparable(_read(index, numbers), by_angle)
    centroids = centroids_of(sample, count_for(file.ntotal), by_angle)
    districts, squared = [], []
    for first in range(0, file.ntotal, AT_ONCE):
        vectors = file.stored_vectors(np.arange(first, min(first + AT_ONCE, file.ntotal)))
        nearest, apart = nearest_districts(comparable(vectors, by_angle), centroids)
        districts.append(nearest)
        squared.append(apart)
    members = Members.of(np.concatenate(districts), np.concatenate(squared), len(centroids))
    final = drawn_at(neighbour_layout(centroids, normalise=by_angle), members.sizes)
    place = DistrictPlaces(final.cells, centroids, sample, members.districts[numbers])
    return DrawnGraph(final, centroids, members, place, 0, by_angle)


def _read(index: GraphIndex, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    starts = range(0, len(nodes), AT_ONCE)
    return np.concatenate([index.graph_file.stored_vectors(nodes[at : at + AT_ONCE]) for at in starts])
