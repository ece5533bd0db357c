"""Where the descent through a graph left each upper level, and which node there was the nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_source import GraphSource
from feder_widget.model.graph_walk import Descent
from feder_widget.model.keys import keys_of

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LevelPlaces:
    """How well the descent did on each upper level; place 0 of the arrays is level 1.

    Attributes
    ----------
    nearest : int64 (levels,)
        Row id of the node of each level that is nearest to the query: where several are equally near and the
        descent ended at one of them, that one, else the first.
    distances : float32 (levels,)
        Distances of these nodes.
    places : int64 (levels,)
        The place of the node at which the descent left each level, among all nodes of the level: 1 = nearest.
        Equally near nodes share a place.
    """

    nearest: Ids
    distances: Float32Array
    places: Ids

    def __len__(self) -> int:
        """Return the number of upper levels."""
        return len(self.places)


def level_places(file: GraphSource, vector: Float32Array, descent: Descent) -> LevelPlaces:
    """Compare a query with all nodes of the upper levels.

    Parameters
    ----------
    file : GraphSource
        The graph.
    vector : float32 (dim,)
        The query, behind the transforms.
    descent : Descent
        Its descent.
    """
    # The last hop of each level ends where the level is left.
    ends = {hop.level: hop.to for hop in descent.hops}
    levels = max(ends, default=0)
    nearest, places = np.zeros(levels, np.int64), np.zeros(levels, np.int64)
    distances = np.zeros(levels, np.float32)
    # Whatever is on an upper level is on level 1, so that one comparison serves all levels.
    nodes = file.links.nodes_of(1) if levels else nearest
    found = file.distances(vector, nodes)
    for level in range(1, levels + 1):
        on_level = file.links.levels[nodes] > level
        nodes, found = nodes[on_level], found[on_level]
        keys = keys_of(found, file.similarity)
        end = int(np.searchsorted(nodes, ends[level]))
        nearer = int(np.count_nonzero(keys < keys[end]))
        at = int(np.argmin(keys)) if nearer else end
        nearest[level - 1], distances[level - 1] = nodes[at], found[at]
        places[level - 1] = 1 + nearer
    return LevelPlaces(file.external_ids(nearest), distances, places)
