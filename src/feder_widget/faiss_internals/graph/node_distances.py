"""Distances from one query to nodes of a graph, with the bits of Faiss's own search.

A search computes distances in groups of four, and those that are left over one by one. Groups round in
another way than single calls.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, Protocol

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.admission.supported_quantizers import FLAT

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

GROUP = 4
"""Distances that Faiss computes at once."""

SUBSET_METRICS = (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT)
"""Metrics by which a flat index compares a query with some of its vectors in one call."""

PROBES = 64
"""Vectors by which it is found out how that call rounds."""


class NodeDistances(Protocol):
    """Distances from one query to nodes."""

    def one(self, node: int) -> float:
        """Return the distance of one node."""
        ...

    def many(self, nodes: Ids) -> Float32Array:
        """Return the distances of the nodes that one node links to, float32 (n,)."""
        ...


def node_distances(storage: Any, vector: Float32Array) -> NodeDistances:
    """Return the distances from a query, float32 (dim,), to vectors of a storage.

    One call of Faiss computes many where that rounds as a search does; more threads than one slow it down.
    Else Faiss's computer does, a group at a time.
    """
    if _are_whole(storage) and _have_no_norms(storage) and rounds_in_groups(storage.metric_type, storage.d):
        return _Subset(storage, vector)
    return _Computer(storage, vector)


def alike_distances(storage: Any, vector: Float32Array, nodes: Ids) -> Float32Array:
    """Return the distances of any nodes, float32 (n,), all computed in one way.

    In one call of Faiss where vectors are stored whole and compared by L2 or inner product; else by its
    computer, some two million a second.
    """
    if _are_whole(storage):
        return _Subset(storage, vector).many(np.ascontiguousarray(nodes, np.int64))
    # Whole groups only: a single call may round in another way.
    filled = np.append(nodes, np.repeat(nodes[-1:], -len(nodes) % GROUP))
    return _Computer(storage, vector).many(filled)[: len(nodes)]


@cache
def rounds_in_groups(metric: int, dim: int) -> bool:
    """Return whether ``compute_distance_subset`` has the bits of groups of four, on this processor.

    It depends on the vector instructions that Faiss uses: with AVX-512 it has, with AVX2 it has not. The
    dimension fixes the order of the sums, so that another order shows in many of these random vectors.
    """
    rng = np.random.default_rng(0)
    storage = faiss.IndexFlat(dim, metric)
    storage.add(rng.standard_normal((PROBES, dim)).astype(np.float32))
    # Not a multiple of the group: the rest is computed one by one.
    nodes = np.arange(PROBES - 1)
    return all(
        _Subset(storage, query).many(nodes).tobytes() == _Computer(storage, query).many(nodes).tobytes()
        for query in rng.standard_normal((PROBES // 4, dim)).astype(np.float32)
    )


def _are_whole(storage: Any) -> bool:
    return type(storage).__name__ in FLAT and storage.metric_type in SUBSET_METRICS


def _have_no_norms(storage: Any) -> bool:
    """Return whether a search computes L2 from differences: where norms are kept, it takes products."""
    return not (hasattr(storage, "cached_l2norms") and storage.cached_l2norms.size())


class _Subset:
    """Distances by ``compute_distance_subset``."""

    def __init__(self, storage: Any, vector: Float32Array) -> None:
        self._held = storage, vector
        self._compute = storage.compute_distance_subset
        self._query = faiss.swig_ptr(vector)

    def one(self, node: int) -> float:
        return float(self.many(np.array([node]))[0])

    def many(self, nodes: Ids) -> Float32Array:
        found = np.empty(len(nodes), np.float32)
        if len(nodes):
            self._compute(1, self._query, len(nodes), faiss.swig_ptr(found), faiss.swig_ptr(nodes))
        return found


class _Slots(threading.local):
    """Where Faiss's computer writes distances, with a pointer to each: one set for each thread."""

    def __init__(self) -> None:
        self.found = np.zeros(16 * GROUP, np.float32)
        self.pointers = [faiss.swig_ptr(self.found[at : at + 1]) for at in range(len(self.found))]


_slots = _Slots()


class _Computer:
    """Distances by Faiss's computer for the storage."""

    def __init__(self, storage: Any, vector: Float32Array) -> None:
        self._held = storage, vector
        self._computer = storage.get_distance_computer()
        self._computer.set_query(faiss.swig_ptr(vector))

    def one(self, node: int) -> float:
        return float(self._computer(node))

    def many(self, nodes: Ids) -> Float32Array:
        found = np.empty(len(nodes), np.float32)
        for begin in range(0, len(nodes), len(_slots.found)):
            part = nodes[begin : begin + len(_slots.found)]
            self._write(part.tolist())
            found[begin : begin + len(part)] = _slots.found[: len(part)]
        return found

    def _write(self, nodes: list[int]) -> None:
        """Write the distances of nodes into the first slots, in groups as far as they are whole."""
        pointers, in_groups = _slots.pointers, self._computer.distances_batch_4
        whole = len(nodes) // GROUP * GROUP
        for at in range(0, whole, GROUP):
            in_groups(*nodes[at : at + GROUP], *pointers[at : at + GROUP])
        for at in range(whole, len(nodes)):
            _slots.found[at] = self._computer(nodes[at])
