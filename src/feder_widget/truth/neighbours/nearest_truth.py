"""The true neighbours of queries, by what an index holds or by the vectors given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import key_of, keys_of
from feder_widget.model.vector_source import VectorSource
from feder_widget.model.work_pieces import WHOLE, Steps, drain
from feder_widget.truth.job.row_set import RowSet
from feder_widget.truth.ledger import Basis
from feder_widget.truth.neighbours.known_neighbours import WITHOUT_VECTORS, KnownNeighbours, TableCheck
from feder_widget.truth.neighbours.node_vectors import NodeVectors
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.truth.search_stages import Near
from feder_widget.workers import Workers

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

NO_VECTORS = (
    "executor needs codes with the original vectors, open_index(source, vectors=...): what the index itself "
    "holds is compared by Faiss, whose products round by the number of threads; leave executor out"
)

FIRST_COUNTED = 1024
"""Nearest vectors that are looked through first where nearer ones are counted."""


class NearestTruth:
    """The true neighbours of queries in an index.

    Queries are float32 vectors before the transforms of the index; ``own`` is a node that does not count.

    Parameters
    ----------
    file : VectorSource
        The index. Not changed.
    originals : Originals, optional
        The original vectors, row i for row id i; they count where the index holds codes.

    Attributes
    ----------
    table_check : TableCheck
        Takes neighbours that were computed before.
    """

    def __init__(self, file: VectorSource, originals: Originals | None = None) -> None:
        self._vectors = file
        self._originals = originals
        self.table_check = TableCheck(
            lambda: self._rows_compared().compared(),
            lambda: self._rows_compared().digest_of_all(),
            file.version,
        )
        self._given = None if file.holds_vectors else originals

    @property
    def basis(self) -> Basis:
        """Definition of the true neighbours: by the vectors given, the stored ones, or their codes."""
        if self._given is not None:
            return "vectors"
        return "lists" if self._vectors.holds_vectors else "codes"

    @property
    def distance_name(self) -> str:
        """Name of the distances of true neighbours."""
        return self._vectors.distance_name(self.basis != "codes")

    @property
    def why_not_shared(self) -> str | None:
        """Why the workers of an executor cannot compare the vectors, or None where they can."""
        return None if self._given is not None else NO_VECTORS

    def row_set(self) -> RowSet:
        """Return the rows that are stored, with the vectors given for them.

        Raises
        ------
        ValueError
            If none were given.
        """
        if self._originals is None:
            raise ValueError(
                "source must be an index that was opened with its vectors, open_index(source, vectors=...)"
            )
        present = np.zeros(len(self._originals), np.bool_)
        present[self._vectors.all_ids] = True
        return self._originals.row_set(present)

    def _rows_compared(self) -> RowSet | NodeVectors:
        """Return the rows that define the true neighbours."""
        if self.basis == "codes":
            raise ValueError(WITHOUT_VECTORS)
        return self.row_set() if self.basis == "vectors" else NodeVectors(self._vectors)

    def nearest(
        self,
        queries: Float32Array,
        k: int,
        own: Ids | None,
        workers: Workers | None = None,
        known: KnownNeighbours | None = None,
    ) -> list[tuple[Near, Float32Array]]:
        """Return the true neighbours of some queries, by nodes, and the distances of the first ones.

        Parameters
        ----------
        queries : float32 (n, dim)
            Before the transforms.
        k : int
            Neighbours wanted.
        own : int64 (n,) or None
            A node for each query that does not count; -1 for none.
        workers : Workers, optional
            Compare the vectors; only where ``why_not_shared`` says nothing against it.
        known : KnownNeighbours, optional
            What was computed before: then nothing is compared.
        """
        return drain(self.nearest_steps(queries, k, own, WHOLE, workers, known))

    def nearest_steps(
        self,
        queries: Float32Array,
        k: int,
        own: Ids | None,
        work: int,
        workers: Workers | None = None,
        known: KnownNeighbours | None = None,
    ) -> Steps[list[tuple[Near, Float32Array]]]:
        """Return ``nearest`` in pieces of ``work`` multiplications: query by query where one takes more."""
        if known is not None:
            yield
            return self._by_rows(known.nearest(k if own is None else k + 1), k, own)
        if self._given is not None:
            return (yield from self._by_originals_steps(self._given, queries, k, own, work, workers))
        vectors = self._vectors.transform(queries)
        if self._vectors.ntotal * vectors.shape[1] <= work:
            yield
            return self._by_storage(queries, k, own)
        found = []
        for i, vector in enumerate(vectors):
            found.append(
                (yield from self._nearest_steps(vector, k, -1 if own is None else int(own[i]), work))
            )
        return found

    def nearest_of_steps(
        self,
        query: Float32Array,
        k: int,
        own: int,
        work: int = WHOLE,
        workers: Workers | None = None,
        known: KnownNeighbours | None = None,
    ) -> Steps[tuple[Near, Float32Array]]:
        """Return ``nearest`` of one query, float32 (dim,); ``own`` is -1 for none.

        ``work`` multiplications a piece.
        """
        if known is not None:
            left_out = None if own < 0 else np.array([own])
            return (yield from self.nearest_steps(query[None], k, left_out, work, None, known))[0]
        if self._given is None:
            vector = self._vectors.transform(query[None])[0]
            return (yield from self._nearest_steps(vector, k, own, work))
        left_out = np.array([own])
        return (yield from self._by_originals_steps(self._given, query[None], k, left_out, work, workers))[0]

    def count_nearer_steps(
        self, vector: Float32Array, node: int, distance: float, own: int, work: int = WHOLE
    ) -> Steps[int]:
        """Count the vectors but ``own`` that are strictly nearer than a node, by exhaustive search, in steps.

        All are compared as that search computes them: of codes, a search of the graph may round its
        ``distance`` in another way, which counts only where the exhaustive one does not return the node.
        """
        file = self._vectors
        wanted = FIRST_COUNTED
        while True:
            wanted = min(wanted, file.ntotal)
            nodes, distances = yield from file.nearest_steps(vector, wanted, work)
            at = np.flatnonzero(nodes == node)
            if len(at) or wanted == file.ntotal:
                limit = key_of(float(distances[at[0]]) if len(at) else distance, file.similarity)
                is_nearer = (keys_of(distances, file.similarity) < limit) & (nodes >= 0) & (nodes != own)
                return int(np.count_nonzero(is_nearer))
            wanted *= 8

    def _by_storage(self, queries: Float32Array, k: int, own: Ids | None) -> list[tuple[Near, Float32Array]]:
        file = self._vectors
        vectors = file.transform(queries)
        found: list[tuple[Near, Float32Array] | None] = [None] * len(vectors)
        left = np.arange(len(vectors))
        wanted = k + 2
        while len(left):
            wanted = min(wanted, file.ntotal)
            every = zip(left.tolist(), *file.nearest(vectors[left], wanted), strict=True)
            again = []
            for row, nodes, distances in every:
                keep = nodes >= 0 if own is None else (nodes >= 0) & (nodes != own[row])
                kept, at = nodes[keep], distances[keep]
                if wanted < file.ntotal and len(kept) >= k and at[-1] == at[k - 1]:
                    again.append(row)
                    continue
                found[row] = _near(kept, at, k)
            left = np.array(again, np.int64)
            wanted *= 2
        return [each for each in found if each is not None]

    def _nearest_steps(
        self, vector: Float32Array, k: int, own: int, work: int
    ) -> Steps[tuple[Near, Float32Array]]:
        """Return the true neighbours of one query by the storage, in steps."""
        wanted = k + 2
        while True:
            wanted = min(wanted, self._vectors.ntotal)
            nodes, distances = yield from self._vectors.nearest_steps(vector, wanted, work)
            keep = (nodes >= 0) & (nodes != own)
            nodes, distances = nodes[keep], distances[keep]
            # All that tie with the last neighbour must be among them.
            if wanted == self._vectors.ntotal or len(nodes) < k or distances[-1] != distances[k - 1]:
                return _near(nodes, distances, k)
            wanted *= 2

    def _by_originals_steps(
        self,
        originals: Originals,
        queries: Float32Array,
        k: int,
        own: Ids | None,
        work: int,
        workers: Workers | None = None,
    ) -> Steps[list[tuple[Near, Float32Array]]]:
        ids = self._vectors.all_ids
        present = np.zeros(len(originals), np.bool_)
        present[ids] = True
        wanted = k if own is None else k + 1
        found = yield from originals.nearest_steps(queries, present, wanted, work, workers=workers)
        return self._by_rows(found, k, own)

    def _by_rows(
        self, found: list[tuple[Ids, Float32Array]], k: int, own: Ids | None
    ) -> list[tuple[Near, Float32Array]]:
        """Return the true neighbours by nodes, of the nearest rows of some queries and their distances."""
        ids, nears = self._vectors.all_ids, []
        node_of = np.full(int(ids.max(initial=-1)) + 1, -1, np.int64)
        node_of[ids] = np.arange(len(ids))
        for i, (rows, distances) in enumerate(found):
            nodes = node_of[rows]
            order = np.lexsort((nodes, keys_of(distances, self._vectors.similarity)))
            if own is not None:
                order = order[nodes[order] != own[i]]
            nears.append(_near(nodes[order], distances[order], k))
        return nears


def _near(nodes: Ids, distances: Float32Array, k: int) -> tuple[Near, Float32Array]:
    """Return the first k of some nodes, nearest first, and all others as near as the last of them."""
    count = min(k, len(nodes))
    last = distances[count - 1] if count else np.float32(np.nan)
    tied = distances == last
    size = max(count, int(np.flatnonzero(tied)[-1]) + 1) if count else 0
    return Near(nodes[:size], np.zeros(size, np.int64), tied[:size], count), distances[:count]
