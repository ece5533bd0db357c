"""The map of a graph: its districts, and where nodes and queries stand in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.map.cluster_map import ClusterMap
from feder_widget.map.district_places import DistrictPlaces
from feder_widget.map.districts import Members, comparable, nearest_districts

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
    by_angle: bool

    def places(self, vectors: Float32Array, nodes: Ids) -> Float32Array:
        """Return the places of nodes whose vectors these are, float32 (n, 2)."""
        compared, members = comparable(vectors, self.by_angle), self.members
        return self.place(compared, members.districts[nodes], members.shares[nodes], nodes)

    def query_place(self, query: Float32Array) -> Float32Array:
        """Return where a query, float32 (1, dim), would stand, float32 (2,)."""
        compared = comparable(query, self.by_angle)
        districts, squared = nearest_districts(compared, self.centroids)
        share = self.members.share_of(int(districts[0]), float(squared[0]))
        places = self.place(compared, districts, np.array([share], np.float32), np.zeros(1, np.int64))
        return np.asarray(places[0], np.float32)

    def query_distances(self, query: Float32Array, *, is_cosine: bool, similarity: bool) -> Float32Array:
        """Return the distances of a query, float32 (1, dim), from the middles of all districts."""
        compared = comparable(query, by_angle=is_cosine)
        if self.by_angle:
            products = self.centroids @ compared[0]
            return np.asarray(products if similarity else 1 - products, np.float32)
        return np.asarray(((self.centroids - compared) ** 2).sum(axis=1), np.float32)
