"""What is known of a graph that an engine searches, whichever engine that is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_links import GraphLinks
from feder_widget.model.graph_walk import Descent, Walk
from feder_widget.model.vector_source import VectorSource

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


class GraphSource(VectorSource, Protocol):
    """One graph index of any engine. Vectors are behind ``transform``, float32 (inner dim,)."""

    @property
    def stored_ef(self) -> int:
        """The index's own efSearch, now."""
        ...

    @property
    def links(self) -> GraphLinks:
        """The links of the graph; they may be dead when the index grows."""
        ...

    def least_ef(self, k: int) -> int:
        """Return the efSearch that a search for k results uses at least, whatever it is given."""
        ...

    def descend(self, vector: Float32Array) -> Descent:
        """Search the upper levels."""
        ...

    def walk(self, vector: Float32Array, ef_search: int) -> Walk:
        """Search level 0 behind the descent."""
        ...

    def results(self, vector: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return what the engine's own search returns: nodes and distances, each (k,); -1 for none."""
        ...

    def distance(self, vector: Float32Array, node: int) -> float:
        """Return the distance of one node."""
        ...

    def distances(self, vector: Float32Array, nodes: Ids) -> Float32Array:
        """Return the distances of some nodes, float32 (n,), all computed in one way."""
        ...
