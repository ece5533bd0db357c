"""What a thread does for the map of a graph, on copies."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.map import ClusterMap, DistrictPlaces, Members, draw
from feder_widget.map.districts import centroids_of, comparable, nearest_districts
from feder_widget.session.freed_memory import give_back

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnGraph:
    """The map, the district of every node, and what gives nodes their places."""

    map: ClusterMap
    centroids: Float32Array
    members: Members
    place: DistrictPlaces
    index_version: int


def centroids_for(vectors: Float32Array, count: int, by_angle: bool) -> tuple[Float32Array, Float32Array]:
    """Return vectors as they are compared, and the centroids of so many districts of them."""
    sample = comparable(vectors, by_angle)
    return sample, centroids_of(sample, count, by_angle)


def assigned(
    vectors: Float32Array, centroids: Float32Array, by_angle: bool
) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return the districts of vectors, and their squared distances from the centroids."""
    return nearest_districts(comparable(vectors, by_angle), centroids)


def drawn_graph(
    pieces: list[tuple[npt.NDArray[np.int32], Float32Array]],
    centroids: Float32Array,
    sample: Float32Array,
    numbers: Ids,
    by_angle: bool,
    index_version: int,
    stop: threading.Event,
) -> DrawnGraph:
    """Draw the map of districts whose members are known."""
    districts = np.concatenate([districts for districts, _ in pieces])
    squared = np.concatenate([squared for _, squared in pieces])
    members = Members.of(districts, squared, len(centroids))
    for drawn in draw(centroids, members.sizes, by_angle=by_angle, cancelled=stop.is_set):
        final = drawn
    place = DistrictPlaces(final.cells, centroids, sample, districts[numbers])
    give_back()
    return DrawnGraph(final, centroids, members, place, index_version)
