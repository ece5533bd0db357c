"""What is known of the vectors that an index holds, whichever engine it is of.

A node is a number, 0 to ntotal - 1, and stands for a row id; ``transform`` brings a query into the space in
which the engine compares it with nodes.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.model.work_pieces import WHOLE, Steps

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


class VectorSource(Protocol):
    """The vectors of one index of any engine. Facts that can change are read every time."""

    @property
    def library_index(self) -> Any:
        """The engine's own object: the caller's index, or the one that was read."""
        ...

    @property
    def engine_name(self) -> str:
        """Library and kind of the index."""
        ...

    @property
    def family(self) -> str:
        """The parts of the index, as people write them."""
        ...

    @property
    def metric(self) -> str:
        """Name of the metric."""
        ...

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        ...

    @property
    def dim(self) -> int:
        """Dimensions of a query before ``transform``."""
        ...

    @property
    def stored_dim(self) -> int:
        """Dimensions behind ``transform``."""
        ...

    @property
    def ntotal(self) -> int:
        """Number of nodes, now; deleted ones among them."""
        ...

    @property
    def is_binary(self) -> bool:
        """True when vectors are bits: zeros and ones, float32."""
        ...

    @property
    def holds_vectors(self) -> bool:
        """True when vectors are stored whole, rather than as codes."""
        ...

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added or removed, or a setting was changed."""
        ...

    def distance_name(self, exact: bool) -> str:
        """Return the name of a distance: to a vector, or unless ``exact``, to its code."""
        ...

    @property
    def all_ids(self) -> Ids:
        """Row ids of all nodes, int64 (ntotal,)."""
        ...

    def extremes(self) -> tuple[int, int] | None:
        """Return the smallest and the largest row id, or None when there is none."""
        ...

    def external_ids(self, nodes: Ids) -> Ids:
        """Return the row ids of nodes; -1 for none."""
        ...

    def nodes_of(self, ids: Ids) -> Ids:
        """Return the nodes that row ids stand for, -1 for an unknown id."""
        ...

    def can_be_found(self, nodes: Ids) -> npt.NDArray[np.bool_]:
        """Return which nodes can be results, bool (n,): all that are not deleted."""
        ...

    def vectors_of(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes as queries, float32 (n, dim): whole, or decoded from their codes."""
        ...

    def stored_vectors(self, nodes: Ids) -> Float32Array:
        """Return the vectors of nodes behind ``transform``, float32 (n, inner dim): whole, or decoded."""
        ...

    def transform(self, vectors: Float32Array) -> Float32Array:
        """Return queries as the graph sees them, float32 (n, dim) to float32 (n, inner dim)."""
        ...

    def nearest(self, vectors: Float32Array, k: int) -> tuple[Ids, Float32Array]:
        """Return the k nearest nodes that can be found, by comparing all, each (n, k); -1 for none."""
        ...

    def nearest_steps(
        self, vector: Float32Array, k: int, work: int = WHOLE
    ) -> Steps[tuple[Ids, Float32Array]]:
        """Return ``nearest`` of one vector, ``work`` multiplications a piece."""
        ...
