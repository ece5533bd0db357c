"""What a thread does for the map of a graph, on copies."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt

from feder_widget.map import DistrictPlaces, DrawnGraph, Members, drawn_at, neighbour_layout
from feder_widget.map.districts import centroids_of, comparable, nearest_districts
from feder_widget.session import threads

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


def centroids_for(vectors: Float32Array, count: int, by_angle: bool) -> tuple[Float32Array, Float32Array]:
    """Return vectors as they are compared, and the centroids of so many districts of them."""
    sample = comparable(vectors, by_angle)
    return sample, centroids_of(sample, count, by_angle)


def assigned(
    vectors: Float32Array, centroids: Float32Array, by_angle: bool, laying_out: Future[Float32Array]
) -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Return the districts of vectors, and their squared distances from the centroids.

    A core is left to the layout while that goes on: threads of Faiss would wait for the one that shares it.
    """
    vectors = comparable(vectors, by_angle)
    if laying_out.done():
        return nearest_districts(vectors, centroids)
    with threads.one_less():
        return nearest_districts(vectors, centroids)


def layout_of(centroids: Float32Array, by_angle: bool, stop: threading.Event) -> Float32Array:
    """Return the positions of districts, whose sizes need not be known for that."""
    return neighbour_layout(centroids, normalise=by_angle, cancelled=stop.is_set)


def drawn_graph(
    pieces: list[tuple[npt.NDArray[np.int32], Float32Array]],
    positions: Float32Array,
    centroids: Float32Array,
    sample: Float32Array,
    numbers: Ids,
    index_version: int,
    by_angle: bool,
    stop: threading.Event,
) -> DrawnGraph:
    """Draw the map of districts whose members are known."""
    districts = np.concatenate([districts for districts, _ in pieces])
    squared = np.concatenate([squared for _, squared in pieces])
    members = Members.of(districts, squared, len(centroids))
    final = drawn_at(positions, members.sizes, cancelled=stop.is_set)
    place = DistrictPlaces(final.cells, centroids, sample, districts[numbers])
    return DrawnGraph(final, centroids, members, place, index_version, by_angle)
