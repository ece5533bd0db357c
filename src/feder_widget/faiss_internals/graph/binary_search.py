"""A search of a Faiss graph of bits, and the steps that it took.

Faiss reports no visits of such a graph (it has no range search), so the walk is done anew, with Faiss's queue
slot by slot. Hamming distances are whole numbers, so it makes no difference how many are computed at once.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.graph.hnsw_search import HnswSearch, check_settings
from feder_widget.faiss_internals.graph.node_distances import NodeDistances
from feder_widget.faiss_internals.unwrap import derived

ONES = np.array([number.bit_count() for number in range(256)], np.uint8)
"""Number of ones in each byte."""


class BinarySearch(HnswSearch):
    """Searches of one ``faiss.IndexBinaryHNSW``; queries are zeros and ones, float32 (dim,)."""

    def visits(
        self, vector: npt.NDArray[np.float32], ef_search: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the nodes visited on level 0 in order, and their distances."""
        check_settings(self._index)
        return self.visits_by_queue(vector, ef_search, ef_search)

    def distances(
        self, vector: npt.NDArray[np.float32], nodes: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Return the distances of some nodes, float32 (n,)."""
        return self.distances_from(vector).many(nodes)

    def distances_from(self, vector: npt.NDArray[np.float32]) -> NodeDistances:
        """Return what computes the distances of nodes from a query, float32 (dim,)."""
        return _HammingComputer(stored_bytes(derived(self._index.storage)), packed(vector))


class _HammingComputer:
    """Hamming distances from one query, uint8 (bytes,), to codes, uint8 (n, bytes)."""

    def __init__(self, codes: npt.NDArray[np.uint8], query: npt.NDArray[np.uint8]) -> None:
        self._codes, self._query = codes, query

    def one(self, node: int) -> float:
        return float(ONES[self._codes[node] ^ self._query].sum())

    def many(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        found: npt.NDArray[np.float32] = ONES[self._codes[nodes] ^ self._query].sum(axis=1, dtype=np.float32)
        return found


def stored_bytes(storage: Any) -> npt.NDArray[np.uint8]:
    """Return a view of the vectors of a ``faiss.IndexBinaryFlat``, uint8 (n, bytes): dead when it grows."""
    size = storage.ntotal * storage.code_size
    held = faiss.rev_swig_ptr(storage.xb.data(), size) if size else np.empty(0, np.uint8)
    return held.reshape(-1, storage.code_size)


def packed(bits: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return zeros and ones as bytes, the first in the highest bit, (…, dim) to uint8 (…, dim / 8)."""
    return np.packbits(bits.astype(np.uint8), axis=-1)
