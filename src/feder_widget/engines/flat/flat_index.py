"""``FlatIndex``: an index that compares a query with all that it holds, and what its codes lose."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.graph.graph_rows import GraphRows
from feder_widget.faiss_internals.flat_file import FlatFile
from feder_widget.model.arguments import as_int, as_rows
from feder_widget.model.flat_trace import FlatTrace
from feder_widget.model.keys import key_of, keys_of
from feder_widget.model.query import Query
from feder_widget.model.work_pieces import PIECE_WORK, WHOLE, Steps, drain
from feder_widget.truth.flat_answers import FlatExplanation, FlatVerdict, FlatWorkload
from feder_widget.truth.job.row_set import RowSet
from feder_widget.truth.ledger import WITHOUT_VECTORS, Basis
from feder_widget.truth.neighbours.nearest_truth import NearestTruth
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.truth.search_stages import Near
from feder_widget.truth.workloads.workload_queries import Queries, open_queries
from feder_widget.workers import Workers

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

BATCH = 128
"""Queries whose true neighbours are looked for at once."""


class FlatIndex:
    """A Faiss index without clusters or a graph: flat, scalar or product codes. Make one with ``open_index``.

    A search compares all vectors, so that it misses nothing by what it stores. Codes can lose a true
    neighbour, which ``explain`` and ``evaluate`` tell where ``open_index`` was given the vectors. The index
    is neither copied nor changed.

    Attributes
    ----------
    flat_file : FlatFile
        The Faiss index taken apart.
    frozen : bool
        True when nobody changes the index.
    """

    def __init__(
        self,
        file: FlatFile,
        *,
        vectors_given: Any = None,
        originals: Originals | None = None,
        frozen: bool = False,
    ) -> None:
        self.flat_file = file
        self.frozen = frozen
        self._truth = NearestTruth(file, originals)
        self._rows = GraphRows(file, vectors_given)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ntotal:,} x {self.dim}, {self.family}, {self.metric}>"

    @property
    def faiss_index(self) -> Any:
        """The caller's index, or the one that was read."""
        return self.flat_file.library_index

    @property
    def engine_name(self) -> str:
        """Library and kind of the index: "Faiss Flat"."""
        return self.flat_file.engine_name

    @property
    def family(self) -> str:
        """The parts of the index, as people write them: "IDMap → SQ8"."""
        return self.flat_file.family

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return self.flat_file.ntotal

    @property
    def dim(self) -> int:
        """Number of dimensions of a query."""
        return self.flat_file.dim

    @property
    def metric(self) -> str:
        """The metric: "L2", "inner product", or another's name."""
        return self.flat_file.metric

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        return self.flat_file.similarity

    @property
    def distance_name(self) -> str:
        """Name of a reported distance: "squared L2 distance", "squared L2 distance to codes", …."""
        return self.flat_file.distance_name(self.flat_file.holds_vectors)

    @property
    def basis(self) -> Basis:
        """Definition of the true neighbours: by the vectors given, the stored ones, or their codes."""
        return self._truth.basis

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added or removed."""
        return self.flat_file.version()

    def query(self, query: Any) -> Query:
        """Return a query, checked, with its vector looked up where it is a row.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If it is no row id that is stored, and no vector of ``dim`` finite numbers.
        """
        return self._rows.query(query)

    def vectors_of(self, ids: npt.ArrayLike) -> Float32Array:
        """Return the vectors of rows as stored, float32 (n, dim); NaN where an id is unknown."""
        nodes = self.flat_file.nodes_of(as_rows(ids, "ids", None))
        vectors = np.full((len(nodes), self.dim), np.nan, np.float32)
        vectors[nodes >= 0] = self.flat_file.vectors_of(nodes[nodes >= 0])
        return vectors

    def sample_ids(self, size: int, rng: np.random.Generator) -> Ids:
        """Return row ids drawn uniformly over the stored vectors, each at most once, int64 (n,)."""
        return drain(self._rows.sample_ids_steps(as_int(size, "size"), rng))

    def trace(self, query: Any, k: int) -> FlatTrace:
        """Search.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector. The row itself is a result, as it is in a Faiss search.
        k : int
            Number of results, at least 1.
        """
        k = as_int(k, "k")
        ids, distances = self.flat_file.search(self.query(query).vector[None], k)
        return FlatTrace(ids[0], distances[0], self.ntotal)

    def explain(
        self,
        query: Any,
        k: int,
        *,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> FlatExplanation:
        """Find the k true neighbours, and which of them a search returns.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        k : int
            Number of neighbours, at least 1.
        include_self : bool
            Whether the row searched for counts among its own neighbours. Unless it does, the search explained
            is one for k + 1 results, without the row.
        executor : concurrent.futures.Executor, optional
            Its workers compare the vectors that ``open_index`` was given, where codes stand for them; the
            answer is the same, bit for bit. Without these it is refused.
        truth : NeighbourTable or path, optional
            What ``ground_truth`` returned or kept for these queries: then nothing is compared. It is refused
            unless it is of the vectors of this index.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong. If ``executor`` is none, or its workers cannot compare what is stored.
        WorkerError
            If a part failed three times, or the executor takes no more work.
        """
        return drain(
            self.explain_steps(
                query, k, include_self=include_self, work=WHOLE, executor=executor, truth=truth
            )
        )

    def explain_steps(
        self,
        query: Any,
        k: int,
        *,
        include_self: bool = False,
        work: int = PIECE_WORK,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> Steps[FlatExplanation]:
        """Do ``explain`` in pieces of ``work`` multiplications."""
        workers = self._workers(executor)
        k = as_int(k, "k")
        self._rows.check_filled()
        k = min(k, self.ntotal)
        asked = self.query(query)
        own = self._rows.own_node(asked, include_self)
        known = None
        if truth is not None:
            known = self._truth.table_check.known(truth, asked.vector[None], k if own < 0 else k + 1)
        near, distances = yield from self._truth.nearest_of_steps(asked.vector, k, own, work, workers, known)
        yield
        file = self.flat_file
        ids = file.external_ids(near.ids)
        return FlatExplanation(
            ids=ids[: near.count],
            distances=distances,
            near=Near(ids, near.clusters, near.tied, near.count),
            returned=self._returned(asked.vector, near, k, own),
            basis=self.basis,
            distance_name=self._truth.distance_name,
        )

    def verdict(self, query: Any, row_id: int, *, include_self: bool = False) -> FlatVerdict:
        """Say where one row stands for a query; ``include_self`` as for ``explain``.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong, or the row's distance to the query is no finite number.
        """
        asked = self.query(query)
        node = self._rows.node(as_int(row_id, "row_id", least=None))
        own = self._rows.own_node(asked, include_self)
        file = self.flat_file
        nodes, distances = file.nearest(file.transform(asked.vector[None]), self.ntotal)
        found = distances[0][nodes[0] == node]
        if not len(found) or not np.isfinite(found[0]):
            raise ValueError(
                f"row_id {row_id}: its distance to the query is no finite number, so that it has no place "
                "among the others; scale the vectors, or choose a metric that is defined for them"
            )
        distance = float(found[0])
        nearer = keys_of(distances[0], self.similarity) < key_of(distance, self.similarity)
        return FlatVerdict(int(row_id), distance, 1 + int(np.count_nonzero(nearer & (nodes[0] != own))))

    def evaluate(
        self,
        queries: Any,
        k: int,
        *,
        seed: int = 0,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> FlatWorkload:
        """Evaluate what the codes lose, over many queries.

        Parameters
        ----------
        queries : int, int array_like (n,) or array_like (n, dim)
            A sample size (rows drawn from the index), row ids, or vectors.
        k : int
            Neighbours of each query, at least 1.
        seed : int
            Seed of a sample.
        include_self : bool
            Whether the row searched for counts among its own neighbours.
        executor : concurrent.futures.Executor, optional
            As for ``explain``.
        truth : NeighbourTable or path, optional
            What ``ground_truth`` returned or kept for these queries: then nothing is compared. It is refused
            unless it is of the vectors of this index.

        Raises
        ------
        ValueError
            Unless true neighbours are by the vectors given: by what is stored, recall is 1.
        TypeError
            If ``executor`` is none.
        WorkerError
            If a part failed three times, or the executor takes no more work.
        """
        workers = Workers.of(executor)
        if self.basis != "vectors":
            stored = "its vectors" if self.basis == "lists" else "its codes"
            more = "" if self.basis == "lists" else f"; {WITHOUT_VECTORS}"
            raise ValueError(
                f"there is nothing to evaluate: a flat index compares all vectors, so that by {stored} its "
                f"recall is 1{more}"
            )
        self._rows.check_filled()
        k = min(as_int(k, "k"), self.ntotal)
        asked = open_queries(self._rows, queries, as_int(seed, "seed", least=0))
        drain(asked.draw_steps())
        leaves_out = asked.ids is not None and not include_self
        known = None
        if truth is not None:
            wanted = k + 1 if leaves_out else k
            known = self._truth.table_check.known(truth, asked.read(slice(0, asked.count)), wanted)
        recalls: list[float] = []
        for start in range(0, asked.count, BATCH):
            some = slice(start, min(start + BATCH, asked.count))
            vectors = asked.read(some)
            own = self._rows.places(asked.ids[some])[1] if leaves_out and asked.ids is not None else None
            part = None if known is None else known.part(some)
            for i, (near, _) in enumerate(self._truth.nearest(vectors, k, own, workers, part)):
                found = self._returned(vectors[i], near, k, -1 if own is None else int(own[i]))
                recalls.append(near.counted(found) / near.count if near.count else 1.0)
        return FlatWorkload(np.array(recalls), k, asked.ids)

    def given_rows(self) -> RowSet:
        """Return the rows that are stored, with the vectors given for them, as ``ground_truth`` reads them.

        Raises
        ------
        ValueError
            If ``open_index`` was given no vectors.
        """
        return self._truth.row_set()

    def workload_queries(self, queries: Any, seed: int) -> Queries:
        """Return the queries of a workload, checked; see ``evaluate``."""
        return open_queries(self._rows, queries, seed)

    def _workers(self, executor: Executor | None) -> Workers | None:
        workers = Workers.of(executor)
        if workers is not None and self._truth.why_not_shared is not None:
            raise ValueError(self._truth.why_not_shared)
        return workers

    def _returned(self, vector: Float32Array, near: Near, k: int, own: int) -> npt.NDArray[np.bool_]:
        """Return which of some nodes a search returns, bool (n,)."""
        file = self.flat_file
        nodes, _ = file.nearest(file.transform(vector[None]), k if own < 0 else k + 1)
        found: npt.NDArray[np.bool_] = np.isin(near.ids, nodes[0][nodes[0] != own][:k])
        return found
