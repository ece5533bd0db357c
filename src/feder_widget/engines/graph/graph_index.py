"""``GraphIndex``: how an HNSW graph answers one query, and what it should have found."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.graph.graph_rows import GraphRows
from feder_widget.model.arguments import as_int, as_rows
from feder_widget.model.finding import Finding
from feder_widget.model.graph_source import GraphSource, ranked_by
from feder_widget.model.graph_trace import Expansion, GraphTrace
from feder_widget.model.graph_walk import Descent, Hop, Walk
from feder_widget.model.query import Query
from feder_widget.model.query_vector import bits_of_many
from feder_widget.model.search_parameter import SearchParameter
from feder_widget.model.search_trace import RefineStep
from feder_widget.model.work_pieces import PIECE_WORK, WHOLE, Steps, drain
from feder_widget.truth.graph.graph_evaluation import GraphEvaluation
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_structure import GraphStructure, structure_findings, structure_steps
from feder_widget.truth.graph.graph_truth import GraphTruth
from feder_widget.truth.graph.graph_verdict import GraphVerdict
from feder_widget.truth.graph.graph_workload import GraphWorkload
from feder_widget.truth.job.row_set import RowSet
from feder_widget.truth.ledger import Basis
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.truth.workloads.evaluation import Progress
from feder_widget.truth.workloads.workload_queries import Queries, open_queries
from feder_widget.workers import Workers

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

EF_EVALUATED = 512
"""The largest efSearch at which a workload is evaluated, unless the caller says otherwise."""


class GraphIndex:
    """An HNSW index of Faiss or hnswlib whose searches can be traced. Make one with ``open_index``.

    The index is not changed, and may grow between calls. It must not change during one. Of a Faiss index
    nothing is copied: links are read from the caller's index when asked for. hnswlib shows its graph as a
    copy only, which is taken anew when the index has grown. Elements that are marked as deleted, or updated
    in place, do not show in the size of the index: open it again after that.

    A query of a binary index is uint8 (dim / 8,), or the same bits as zeros and ones.

    Distances are the ones that the engine reports; ``distance_name`` names them. A node is a vector's number
    in the graph, its row id the one that the whole index reports: hnswlib's label, and another one behind an
    ``IndexIDMap`` of Faiss.

    Attributes
    ----------
    graph_file : GraphSource
        The engine's index taken apart.
    truth : GraphTruth
        What its searches should have found.
    frozen : bool
        True when nobody changes the index.
    """

    def __init__(
        self,
        file: GraphSource,
        *,
        vectors_given: Any = None,
        originals: Originals | None = None,
        frozen: bool = False,
    ) -> None:
        self.graph_file = file
        self.truth = GraphTruth(file, originals)
        self.frozen = frozen
        self._vectors_given = vectors_given
        self._rows = GraphRows(file, vectors_given, ranked_by(file))
        self._structure: tuple[tuple[float, ...], GraphStructure] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ntotal:,} x {self.dim}, {self.family}, {self.metric}>"

    # Facts. Those that can change are read from the index every time.

    @property
    def library_index(self) -> Any:
        """The engine's own object: the caller's index, or the one that was read."""
        return self.graph_file.library_index

    @property
    def faiss_index(self) -> Any:
        """``library_index`` of a Faiss index."""
        if not self.engine_name.startswith("Faiss"):
            raise AttributeError(f"faiss_index: this is an index of {self.engine_name}; see library_index")
        return self.library_index

    @property
    def engine_name(self) -> str:
        """Library and kind of the index: "Faiss HNSW" or "hnswlib"."""
        return self.graph_file.engine_name

    @property
    def family(self) -> str:
        """The parts of the index, as people write them: "IDMap → HNSW32,Flat"."""
        return self.graph_file.family

    @property
    def ntotal(self) -> int:
        """Number of vectors, now; of hnswlib with those that are marked as deleted."""
        return self.graph_file.ntotal

    @property
    def dim(self) -> int:
        """Number of dimensions of a query."""
        return self.graph_file.dim

    @property
    def metric(self) -> str:
        """The metric: "L2", "inner product", or another's name."""
        return self.graph_file.metric

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        return self.graph_file.similarity

    @property
    def distance_name(self) -> str:
        """Name of a reported distance: "squared L2 distance", "squared L2 distance to codes", …."""
        reported = ranked_by(self.graph_file)
        return reported.distance_name(reported.holds_vectors)

    @property
    def walk_distance_name(self) -> str:
        """Name of a distance that the walk compares: another than ``distance_name`` before a second pass."""
        return self.graph_file.distance_name(self.graph_file.holds_vectors)

    @property
    def parameter(self) -> SearchParameter:
        """The search parameter: efSearch (hnswlib's ef), 1 to ntotal, with the index's own value, now."""
        return SearchParameter("efSearch", 1, max(1, self.ntotal), self.stored_ef, "log", "ntotal")

    @property
    def stored_ef(self) -> int:
        """The index's own efSearch, now."""
        return self.graph_file.stored_ef

    @property
    def basis(self) -> Basis:
        """Definition of the true neighbours: by the vectors given, the stored ones, or their codes."""
        return self.truth.basis

    @property
    def vectors_given(self) -> Any:
        """The original vectors that ``open_index`` was given, (n, dim), row i for row id i; or None."""
        return self._vectors_given

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added or removed, or a setting was changed."""
        return self.graph_file.version()

    # Rows.

    def query(self, query: Any) -> Query:
        """Return a query, checked, with its vector looked up where it is a row.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If it is no row id that is stored, and no vector of ``dim`` finite numbers.
        """
        return self._rows.query(query)

    def query_steps(self, query: Any) -> Steps[Query]:
        """Return ``query`` in one step."""
        yield
        return self._rows.query(query)

    def ids_of(self, nodes: npt.ArrayLike) -> Ids:
        """Return the row ids of nodes, int64 (n,)."""
        return self.graph_file.external_ids(as_rows(nodes, "nodes", self.ntotal))

    def node_of(self, row_id: int) -> int:
        """Return the node that a row id stands for.

        Raises
        ------
        UnknownIdError
            If the id is not in the index.
        """
        return self._rows.node(as_int(row_id, "row_id", least=None))

    def vector(self, row_id: int) -> npt.NDArray[np.float32 | np.uint8]:
        """Return the vector of a row, float32 (dim,): as it is stored, or decoded from its code.

        Of an index that re-ranks it is the one of the second pass; of a binary index uint8 (dim / 8,).
        """
        found: Float32Array = ranked_by(self.graph_file).vectors_of(np.array([self.node_of(row_id)]))[0]
        return np.packbits(found.astype(np.uint8)) if self.graph_file.is_binary else found

    def vectors_of(self, ids: npt.ArrayLike) -> Float32Array:
        """Return the vectors of rows, as ``vector`` does, float32 (n, dim); NaN where an id is unknown.

        Zeros and ones for a binary index.
        """
        nodes = self.graph_file.nodes_of(as_rows(ids, "ids", None))
        vectors = np.full((len(nodes), self.dim), np.nan, np.float32)
        vectors[nodes >= 0] = ranked_by(self.graph_file).vectors_of(nodes[nodes >= 0])
        return vectors

    def vectors_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[Float32Array]:
        """Return ``vectors_of`` in one step; a graph has no clusters."""
        del clusters
        yield
        return self.vectors_of(ids)

    def sample_ids(self, size: int, rng: np.random.Generator) -> Ids:
        """Return row ids drawn uniformly over the stored vectors, each at most once, int64 (n,)."""
        return drain(self._rows.sample_ids_steps(as_int(size, "size"), rng))

    def random_id(self, rng: np.random.Generator | None = None) -> int:
        """Return one row id drawn uniformly."""
        return int(self.sample_ids(1, rng or np.random.default_rng())[0])

    # Searches.

    def trace(self, query: Any, k: int, ef_search: int | None = None) -> GraphTrace:
        """Search, and return every node that was compared and expanded.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector. The row itself is a result, as it is in the engine's own search.
        k : int
            Number of results, at least 1.
        ef_search : int, optional
            efSearch, 1 to ntotal; the index's own unless given. hnswlib takes k where this is less.

        Returns
        -------
        GraphTrace
            Its ``ids`` and ``distances`` are those of ``search`` of Faiss, or ``knn_query`` of hnswlib; its
            ``n_distances`` and ``n_hops`` those of ``faiss.cvar.hnsw_stats``.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong.
        """
        ef, k = self._ef(ef_search), as_int(k, "k")
        vector = self.transform(query)
        asked = self.query(query).vector
        file = self.graph_file
        nodes, distances = file.results(asked, k, ef)
        descent = file.descend(vector)
        walk = file.walk(vector, max(ef, file.least_ef(k)), k, descent)
        return GraphTrace(
            descent, walk, file.external_ids(walk.nodes),
            file.external_ids(nodes), distances, ef, ~file.can_be_found(walk.nodes),
            self._refine_step(asked, k, ef),
        )  # fmt: skip

    def steps(
        self, query: Any, k: int, ef_search: int | None = None
    ) -> Iterator[Hop | Expansion | RefineStep]:
        """Search step by step: the hops of the descent, the expansions of the walk, the re-ranking."""
        trace = self.trace(query, k, ef_search)
        yield from trace.descent.hops
        yield from trace.expansions
        if trace.refine is not None:
            yield trace.refine

    def descend(self, query: Any) -> Descent:
        """Search the upper levels only."""
        return self.graph_file.descend(self.transform(query))

    def walk(self, query: Any, ef_search: int) -> Walk:
        """Search level 0 behind the descent: one walk tells what every smaller efSearch visits."""
        return self.graph_file.walk(self.transform(query), self._ef(ef_search))

    def transform(self, query: Any) -> Float32Array:
        """Return a query as the graph sees it, float32 (inner dim,)."""
        self._rows.check_filled()
        found: Float32Array = self.graph_file.transform(self.query(query).vector[None])[0]
        return found

    # What should have been found.

    def explain(
        self,
        query: Any,
        k: int,
        *,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> GraphExplanation:
        """Find the k true neighbours, and the efSearch that finds each.

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

        Returns
        -------
        GraphExplanation
            By exhaustive search of what ``basis`` says.

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
    ) -> Steps[GraphExplanation]:
        """Do ``explain`` in pieces of ``work`` multiplications; a walk is one piece."""
        workers = self.workers(executor)
        k = as_int(k, "k")
        self._rows.check_filled()
        asked = self.query(query)
        own = self._rows.own_node(asked, include_self)
        k, known = min(k, self.ntotal), None
        if truth is not None:
            known = self.truth.table_check.known(truth, asked.vector[None], k if own < 0 else k + 1)
        return (yield from self.truth.explain_steps(asked.vector, k, own, work, workers, known))

    def verdict(
        self, query: Any, row_id: int, *, count: bool = True, include_self: bool = False
    ) -> GraphVerdict:
        """Say where one row stands for a query.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        row_id : int
            The row in question.
        count : bool
            Whether to count the vectors that are nearer, by one pass over all of them.
        include_self : bool
            Whether the row searched for counts among these.
        """
        return drain(self.verdict_steps(query, row_id, count=count, include_self=include_self, work=WHOLE))

    def verdict_steps(
        self,
        query: Any,
        row_id: int,
        *,
        count: bool = True,
        include_self: bool = False,
        work: int = PIECE_WORK,
    ) -> Steps[GraphVerdict]:
        """Do ``verdict`` in pieces of ``work`` multiplications; a walk is one piece."""
        asked = self.query(query)
        node = self.node_of(row_id)
        own = self._rows.own_node(asked, include_self)
        return (yield from self.truth.verdict_steps(asked.vector, node, count, own, work))

    def evaluate(
        self,
        queries: Any,
        k: int,
        *,
        ef_max: int | None = None,
        seed: int = 0,
        include_self: bool = False,
        progress: bool | Progress = True,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> GraphWorkload:
        """Evaluate many queries at every efSearch: recall, its spread, its cost, and the hardest queries.

        One exhaustive search of all queries, and one walk for each.

        Parameters
        ----------
        queries : int, int array_like (n,) or array_like (n, dim)
            A sample size (rows drawn from the index), row ids, or vectors.
        k : int
            Neighbours of each query, at least 1.
        ef_max : int, optional
            The largest efSearch evaluated; by default 512, or the index's own where that is larger.
        seed : int
            Seed of a sample.
        include_self : bool
            Whether the row searched for counts among its own neighbours.
        progress : bool or function
            True shows a bar for what takes longer than a moment. A function is called with the queries done
            and their number.
        executor : concurrent.futures.Executor, optional
            As for ``explain``. Walks stay on the caller's thread.
        truth : NeighbourTable or path, optional
            What ``ground_truth`` returned or kept for these queries: then nothing is compared. It is refused
            unless it is of the vectors of this index.

        Returns
        -------
        GraphWorkload
            When interrupted from the keyboard, what was computed by then, with a ``RuntimeWarning``.

        Raises
        ------
        TypeError, ValueError
            If there are no queries, or one is unknown. If ``executor`` cannot be used; see ``explain``.
        WorkerError
            If a part failed three times, or the executor takes no more work.
        """
        evaluation = self.evaluation(
            queries, k, ef_max=ef_max, seed=seed, include_self=include_self, executor=executor, truth=truth
        )
        return evaluation.run_whole(progress)

    def workers(self, executor: Executor | None) -> Workers | None:
        """Return the workers of an executor, checked; None for None.

        Raises
        ------
        TypeError, ValueError
            If it is no executor, or its workers cannot compare what the index holds; see ``explain``.
        """
        workers = Workers.of(executor)
        if workers is not None and self.truth.why_not_shared is not None:
            raise ValueError(self.truth.why_not_shared)
        return workers

    def evaluation(
        self,
        queries: Any,
        k: int,
        *,
        ef_max: int | None = None,
        seed: int = 0,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> GraphEvaluation:
        """Prepare an ``evaluate`` to be run in steps; arguments as there."""
        self._rows.check_filled()
        wanted = max(EF_EVALUATED, self.stored_ef) if ef_max is None else as_int(ef_max, "ef_max")
        return GraphEvaluation(
            self.truth,
            self._rows,
            self._as_numbers(queries),
            as_int(k, "k"),
            ef_max=min(wanted, max(1, self.ntotal)),
            seed=as_int(seed, "seed", least=0),
            include_self=include_self,
            workers=self.workers(executor),
            known=truth,
        )

    def given_rows(self) -> RowSet:
        """Return the rows that are stored, with the vectors given for them, as ``ground_truth`` reads them.

        Raises
        ------
        ValueError
            If ``open_index`` was given no vectors.
        """
        return self.truth.row_set()

    def workload_queries(self, queries: Any, seed: int) -> Queries:
        """Return the queries of a workload, checked; see ``evaluate``."""
        return open_queries(self._rows, self._as_numbers(queries), seed)

    def certainty(self, *_: Any, **__: Any) -> None:
        """Refused: nothing bounds the distances of nodes that a walk has not visited.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "nothing bounds the distances of nodes that a graph has not visited; explain() compares them all"
        )

    # The graph.

    def structure(self) -> GraphStructure:
        """Return the levels and links of the graph, and what no search comes to. Kept until it changes."""
        return drain(self.structure_steps(WHOLE))

    def structure_steps(self, work: int = PIECE_WORK) -> Steps[GraphStructure]:
        """Do ``structure`` in pieces of ``work`` multiplications."""
        version = self.version()
        if self._structure is None or self._structure[0] != version:
            self._structure = version, (yield from structure_steps(self.graph_file.links, work))
        return self._structure[1]

    @property
    def findings(self) -> list[Finding]:
        """What stands out in the graph, as far as its structure is known; see ``check``."""
        if self._structure is None or self._structure[0] != self.version():
            return []
        unreached, file = self._structure[1].unreached, self.graph_file
        return structure_findings(file.external_ids(unreached[file.can_be_found(unreached)]))

    def check(self) -> list[Finding]:
        """Read the structure, and return the ``findings``."""
        self.structure()
        return self.findings

    def links(self, row_id: int, level: int = 0) -> Ids:
        """Return the row ids that a row links to on one of its levels, int64 (n,)."""
        node = self.node_of(row_id)
        links = self.graph_file.links
        level = as_int(level, "level", least=0, most=int(links.levels[node]) - 1, most_name="its top level")
        return self.graph_file.external_ids(links.of_node(node, level))

    def in_links(self, row_id: int) -> Ids:
        """Return the row ids that link to a row on level 0, int64 (n,), by one pass over all links."""
        return self.graph_file.external_ids(self.graph_file.links.in_links(self.node_of(row_id)))

    def _as_numbers(self, queries: Any) -> Any:
        """Return the queries of a workload, the bits of a binary index's as zeros and ones."""
        return bits_of_many(queries, self.dim) if self.graph_file.is_binary else queries

    def _refine_step(self, query: Float32Array, k: int, ef_search: int) -> RefineStep | None:
        second = self.graph_file.second_pass
        if second is None:
            return None
        nodes, first_distances = second.handed_over(query, k, ef_search)
        ids = self.graph_file.external_ids(nodes)
        return RefineStep(ids, first_distances, second.distances(query, nodes), second.k_base(k))

    def _ef(self, ef_search: Any) -> int:
        if ef_search is None:
            return self.stored_ef
        return as_int(ef_search, "ef_search", most=max(1, self.ntotal), most_name="ntotal")
