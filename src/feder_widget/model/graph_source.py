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


class SecondPass(Protocol):
    """The re-ranking of a graph index. Queries are before all transforms, float32 (dim,)."""

    @property
    def vectors(self) -> VectorSource:
        """What nodes are compared with in the second pass."""
        ...

    @property
    def k_factor(self) -> float:
        """Nodes that the first pass hands over for each result, now."""
        ...

    def k_base(self, k: int) -> int:
        """Return how many nodes the first pass is asked for where k results are wanted."""
        ...

    def handed_over(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return the results of the first pass, nearest first: at most ``k_base(k)`` nodes, and distances."""
        ...

    def distances(self, query: Float32Array, nodes: Ids) -> Float32Array:
        """Return the distances of nodes in the second pass, float32 (n,), as a search computes them."""
        ...


class GraphSource(VectorSource, Protocol):
    """One graph index of any engine. Vectors are behind ``transform``, float32 (inner dim,).

    The walk compares with the vectors of this source; results are compared with ``ranked_by``.
    """

    @property
    def second_pass(self) -> SecondPass | None:
        """The re-ranking of the results; None where there is none."""
        ...

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

    def walk(self, vector: Float32Array, ef_search: int, k: int = 1, descent: Descent | None = None) -> Walk:
        """Search level 0 behind the descent, for k results: their number can matter where distances tie.

        A ``descent`` that is known is not done again.
        """
        ...

    def results(self, query: Float32Array, k: int, ef_search: int) -> tuple[Ids, Float32Array]:
        """Return the engine's own results, each (k,): nodes and distances; -1 for none.

        ``query`` is before ``transform``, float32 (dim,).
        """
        ...

    def distance(self, vector: Float32Array, node: int) -> float:
        """Return the distance of one node."""
        ...

    def distances(self, vector: Float32Array, nodes: Ids) -> Float32Array:
        """Return the distances of some nodes, float32 (n,), all computed in one way."""
        ...


def ranked_by(file: GraphSource) -> VectorSource:
    """Return the vectors by which results are ordered: those of the second pass where there is one."""
    return file if file.second_pass is None else file.second_pass.vectors
