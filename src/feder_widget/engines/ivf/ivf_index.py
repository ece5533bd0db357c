"""``IvfIndex``: what a Faiss IVF index holds, how it answers one query, and what it should have found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.checks.cluster_sizes import size_findings
from feder_widget.checks.index_checks import IndexChecks
from feder_widget.engines.ivf.rows import Rows
from feder_widget.faiss_internals import family_name, opened_file, traced_search
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.arguments import as_clusters, as_distances, as_int, as_rows
from feder_widget.model.finding import Finding
from feder_widget.model.guarantees import Guarantees
from feder_widget.model.keys import infinitely_far, keys_of
from feder_widget.model.query import Query
from feder_widget.model.query_vector import bits_of_many
from feder_widget.model.search_parameter import SearchParameter
from feder_widget.model.search_trace import CoarseStep, FineStep, Ranking, RefineStep, Scan, SearchTrace
from feder_widget.model.work_pieces import PIECE_WORK, WHOLE, Steps, drain
from feder_widget.truth import (
    Basis,
    Certainty,
    Evaluation,
    Explanation,
    GroundTruth,
    Ledger,
    Verdict,
    Workload,
    cluster_bounds,
    evaluate,
)
from feder_widget.truth.cluster_bounds import Extents
from feder_widget.truth.job.row_set import JobRows
from feder_widget.truth.neighbours.known_neighbours import KnownNeighbours
from feder_widget.truth.neighbours.own_row import OwnRow
from feder_widget.truth.origin import Origin
from feder_widget.truth.survey import Survey
from feder_widget.truth.workloads.evaluation import Progress
from feder_widget.truth.workloads.rankings import batches
from feder_widget.truth.workloads.workload_queries import Queries, open_queries
from feder_widget.workers import Workers


class IvfIndex:
    """A Faiss IVF index whose searches can be traced. Make one with ``open_index``.

    The index is not changed, and nothing is copied that could go stale: sizes, ids and vectors are read from
    the caller's index when asked for, so the index may grow between calls. It must not change during one. Any
    number of threads may call at once.

    Distances are the ones Faiss reports; ``distance_name`` names them. Queries and the vectors of rows are in
    the space of the whole index, ``dim`` dimensions; where the index transforms vectors first (PCA, OPQ, …),
    centroids and codes are in the space behind the transforms, to which ``transform`` takes a query. A query
    of a binary index is uint8 (dim / 8,), or the same bits as zeros and ones; its vectors and centroids are
    zeros and ones.

    A method named ``…_steps`` is a generator that does the same work in pieces of a few milliseconds. It
    yields between pieces, and its return value is the result of the plain method; ``scan_steps`` yields
    pieces of the result. The index may change between two pieces: a read that notices raises
    ``IndexChangedError``, and none reads out of bounds. Compare ``version`` to notice yourself.

    Attributes
    ----------
    inverted_file : InvertedFile
        The Faiss index taken apart.
    truth : GroundTruth
        What its searches should have found.
    frozen : bool
        True when nobody changes the index: it was read from a file, or the caller said so. A frozen index may
        be read by another thread while a cell runs.
    """

    def __init__(self, file: InvertedFile, *, vectors_given: Any = None, frozen: bool = False) -> None:
        self.inverted_file = file
        self.truth = GroundTruth(file, vectors_given)
        self.frozen = frozen
        self._lent = opened_file.lend(file.stack) if frozen else None
        self._vectors_given = vectors_given
        self._rows = Rows(file, vectors_given)
        self._survey = Survey(file)
        self._checks = IndexChecks(
            file, None if file.stores_originals else vectors_given, self.truth.row_copies
        )

    def __repr__(self) -> str:
        facts = f"{self.ntotal:,} x {self.dim}, nlist={self.nlist}, {self.metric}"
        coarse = family_name.other_coarse_metric(
            self.inverted_file.stack, self.inverted_file.centroids.metric
        )
        return f"<{type(self).__name__} {facts}{'' if coarse is None else f', clusters ranked by {coarse}'}>"

    # Facts. Those that can change are read from the index every time.

    @property
    def faiss_index(self) -> Any:
        """The caller's index, or the one that was read.

        Of shards that lie elsewhere, once all of their lists are here: Faiss would search the others as
        zeros. Until then it raises an ``AttributeError``; ``fetch_lists`` fetches them.
        """
        missing = self.inverted_file.missing_bytes
        if missing:
            raise AttributeError(
                f"faiss_index: {missing:,} bytes of the lists of these shards are not here, and Faiss would "
                "search them as zeros; use trace and explain, or call fetch_lists() first"
            )
        return self.inverted_file.stack.root

    def fetch_lists(self) -> None:
        """Fetch all lists of shards that lie elsewhere; nothing happens for any other index.

        Raises
        ------
        OSError, IndexChangedError, ShardError
            If a shard cannot be read, or the disk is full. What was fetched is kept.
        """
        self.inverted_file.fetch()

    @property
    def is_elsewhere(self) -> bool:
        """True while lists of shards lie elsewhere that were not fetched yet."""
        return self.inverted_file.missing_bytes > 0

    def fetching(
        self, clusters: npt.ArrayLike | None = None, *, only_ids: bool = False
    ) -> Future[None] | None:
        """Have a thread fetch lists of shards that lie elsewhere.

        Parameters
        ----------
        clusters : int array_like (n,), optional
            Which lists; all of them if it is not given.
        only_ids : bool
            Fetch their row ids alone.

        Returns
        -------
        Future or None
            Done once they are here, with the errors of ``fetch_lists``; None where they are here.
        """
        wanted = np.arange(self.nlist) if clusters is None else as_clusters(clusters, self.nlist)
        return self.inverted_file.fetching(wanted, only_ids=only_ids)

    @property
    def engine_name(self) -> str:
        """Library and kind of the index: "Faiss IVF"."""
        return "Faiss IVF"

    @property
    def family(self) -> str:
        """The parts of the index, as people write them: "OPQ16_64 → IVF1024,PQ16x8 + RFlat"."""
        return family_name.family(self.inverted_file.stack)

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        return self.inverted_file.nlist

    @property
    def dim(self) -> int:
        """Number of dimensions of a query; bits for a binary index."""
        return self.inverted_file.dim

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return self.inverted_file.ntotal

    @property
    def list_sizes(self) -> npt.NDArray[np.int64]:
        """Number of vectors in every cluster, now: int64 (nlist,). Reads no list."""
        return self.inverted_file.sizes()

    @property
    def max_id(self) -> int:
        """The largest row id, now; -1 when the index is empty. Reads all ids."""
        found = self.inverted_file.extremes()
        return -1 if found is None else found[1]

    @property
    def metric(self) -> str:
        """The metric: "L2", "inner product", or another's name ("L1", "Hamming", …)."""
        return family_name.metric(self.inverted_file.stack)

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        return self.inverted_file.similarity

    @property
    def distance_name(self) -> str:
        """Name of a reported distance: "squared L2 distance", "cosine similarity", …."""
        return family_name.distance(self.inverted_file.stack, self.inverted_file.is_faithful)

    @property
    def compared_distance_name(self) -> str:
        """Name of a distance in the lists, which says where codes stand for vectors."""
        return family_name.of_codes(self.distance_name, self.exact)

    @property
    def refined_distance_name(self) -> str | None:
        """Name of a distance in the second pass of an index that re-ranks; None for others."""
        return family_name.refined_distance(self.inverted_file.stack)

    @property
    def coarse_similarity(self) -> bool:
        """True when a larger distance to a centroid is nearer: a coarse quantizer may have its own metric."""
        return self.inverted_file.centroids.similarity

    @property
    def coarse_distance_name(self) -> str:
        """Name of a distance to a centroid."""
        found = self.inverted_file.centroids
        return family_name.coarse_distance(self.inverted_file.stack, found.metric, found.are_measured)

    @property
    def parameter(self) -> SearchParameter:
        """The search parameter: nprobe, 1 to nlist, with the index's own value, now."""
        return SearchParameter("nprobe", 1, self.nlist, self.stored_nprobe, "log", "nlist")

    @property
    def stored_nprobe(self) -> int:
        """The index's own nprobe, now."""
        return int(self.inverted_file.stack.ivf.nprobe)

    @property
    def on_disk(self) -> bool:
        """True when inverted lists are not in memory, but are read from a file as they are needed."""
        return any(part.on_disk for part in self.inverted_file.parts)

    @property
    def vectors_given(self) -> Any:
        """The original vectors that ``open_index`` was given, (n, dim), row i for row id i; or None."""
        return self._vectors_given

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added, removed or moved between clusters.

        They differ as well once a setting was set that changes answers: ``max_codes``, ``k_factor``, the
        ``efSearch`` of a coarse quantizer. Cheap enough to compare at every request. Vectors replaced by as
        many others of the same clusters leave it as it is: call ``refresh`` after that.
        """
        return self.inverted_file.version()

    # Checks.

    @property
    def findings(self) -> list[Finding]:
        """What stands out in the index: what costs recall or time, and what makes answers wrong.

        Some rows are looked at once after each change. What only a pass over all ids tells (ids that several
        rows share, ids that have moved) is among these once ``check`` has been called; ``open_index`` does so
        for an index in memory of up to a million vectors, a widget for larger ones in memory as well.
        """
        sizes = self.list_sizes
        return [*self._checks.findings(sizes), *size_findings(sizes, self.stored_nprobe)]

    def check(self) -> list[Finding]:
        """Read all ids, unless there are more than 33,554,432, and return the ``findings``."""
        drain(self._checks.steps(WHOLE))
        return self.findings

    def check_steps(self) -> Steps[None]:
        """Do ``check`` in steps."""
        return self._checks.steps(PIECE_WORK)

    # Guarantees. Those that README and docs name can be read here as well.

    @property
    def guarantees(self) -> Guarantees:
        """What holds for every search of this index, now."""
        return replace(self.inverted_file.guarantees, given=self._rows.are_given)

    @property
    def exact(self) -> bool:
        """True when vectors are stored whole; see ``Guarantees``."""
        return self.guarantees.exact

    @property
    def faithful_codes(self) -> bool:
        """True when a distance is the one to the decoded vector, to within rounding; see ``Guarantees``."""
        return self.guarantees.faithful

    @property
    def splittable(self) -> bool:
        """True when a distance is the same whichever clusters are scanned together; see ``Guarantees``."""
        return self.inverted_file.is_splittable

    @property
    def replayable(self) -> bool:
        """True when the results of a search are the k best of its candidates; see ``Guarantees``."""
        return self.guarantees.replayable

    @property
    def coarse_is_exact(self) -> bool:
        """True when the coarse search compares the query with every centroid; see ``Guarantees``."""
        return self.inverted_file.centroids.is_exhaustive

    # Rows and clusters. Nothing that is returned points into Faiss.

    def centroids(self, clusters: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Return a copy of the centroids, or of those of some clusters, in the space of ``transform``.

        Parameters
        ----------
        clusters : int array_like (n,), optional
            All clusters if it is not given.

        Returns
        -------
        float32 (nlist or n, inner dim)
            Zeros and ones for a binary index.

        Raises
        ------
        ValueError
            If a cluster is out of range.
        """
        held = self.inverted_file.centroids
        return held.vectors() if clusters is None else held.some(as_clusters(clusters, self.nlist))

    def locate(self, row_id: int) -> tuple[int, int]:
        """Return the cluster a row id is stored in and its offset in that cluster's list.

        By the direct map where the index has one, otherwise by reading ids list after list until it is found.
        Of an id that was added twice, the first one counts.

        Raises
        ------
        UnknownIdError
            If the id is not in the index.
        """
        return drain(self._rows.place_steps(as_int(row_id, "row_id", least=None), WHOLE))

    def places(self, ids: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the cluster of each row id and its offset there, int64 (n,) both; -1 for an unknown id.

        As ``locate`` for many ids in one pass.
        """
        return self.inverted_file.places(as_rows(ids, "ids", None))

    def places_steps(
        self, ids: npt.ArrayLike, homes: npt.ArrayLike | None = None
    ) -> Steps[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Return ``places`` in steps.

        ``homes``, int array_like (n,), is the cluster each row is in: then only these lists are read.
        """
        return self.inverted_file.places_steps(*self._wanted(ids, homes), PIECE_WORK)

    def vector(self, row_id: int) -> npt.NDArray[Any]:
        """Return the vector of a row as a query, float32 (dim,), or uint8 (dim / 8,) of a binary index.

        What ``faiss_index.reconstruct(row_id)`` returns where Faiss offers it: decoded from its code and
        taken back through the transforms; where the index refines, the vector that it refines with.

        Raises
        ------
        UnknownIdError
            If the id is not in the index.
        ValueError
            If the codes of this index cannot be decoded, or its transforms cannot be reversed.
        """
        return drain(self._rows.vector_steps(as_int(row_id, "row_id", least=None), WHOLE))

    def vectors_of(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.float32]:
        """Return the vectors of rows, as ``vector`` does; of a binary index, zeros and ones.

        Parameters
        ----------
        ids : int array_like (n,)
            Row ids.
        clusters : int array_like (n,), optional
            The cluster each of them is in. Then only these inverted lists are read.

        Returns
        -------
        float32 (n, dim)
            A row of NaN where an id was not found.
        """
        return self.inverted_file.vectors_of(*self._wanted(ids, clusters))[0]

    def vectors_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[npt.NDArray[np.float32]]:
        """Return ``vectors_of`` in steps."""
        wanted, homes = self._wanted(ids, clusters)
        return _first(self.inverted_file.vectors_of_steps(wanted, homes, PIECE_WORK))

    def queries_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[npt.NDArray[np.float32]]:
        """Return the queries that rows stand for in steps: the vectors given, or stored; see ``query``.

        Parameters and result as for ``vectors_of``.
        """
        return self._rows.queries_of_steps(*self._wanted(ids, clusters), PIECE_WORK)

    def list_ids(self, cluster: int) -> npt.NDArray[np.int64]:
        """Return a copy of the row ids of one cluster, int64 (n,), in list order."""
        return self.inverted_file.ids(self._cluster(cluster))

    def ids_by_list(self, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the row ids of the clusters from ``first`` up to but not ``last``, and the cluster of each.

        Both int64 (n,): cluster after cluster, each in list order.
        """
        first = as_int(first, "first", least=0, most=self.nlist, most_name="nlist")
        last = as_int(last, "last", least=first, most=self.nlist, most_name="nlist")
        return self.inverted_file.ids_by_list(first, last)

    def list_vectors(self, cluster: int, offsets: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of one cluster, or of those at ``offsets``, float32 (n, dim).

        Decoded from what the list holds and taken back through the transforms. Where these cannot be
        reversed, in the space of ``transform``, as ``stored_vectors`` returns them.

        Raises
        ------
        ValueError
            If ``cluster`` or an offset is out of range, or the codes of this index cannot be decoded.
        """
        return self._rows.list_vectors(*self._offsets(cluster, offsets))

    def stored_vectors(self, cluster: int, offsets: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of one cluster in the space of the centroids, float32 (n, inner dim)."""
        return self.inverted_file.decode(*self._offsets(cluster, offsets))

    def sample_ids(self, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return row ids drawn uniformly over the stored vectors, each of them at most once, int64 (n,).

        n is ``size``, or the number of vectors where that is less.
        """
        return drain(self._rows.sample_steps(size, rng, WHOLE))

    def sample_ids_steps(self, size: int, rng: np.random.Generator) -> Steps[npt.NDArray[np.int64]]:
        """Return ``sample_ids`` in steps."""
        return self._rows.sample_steps(size, rng, PIECE_WORK)

    def random_id(self, rng: np.random.Generator | None = None) -> int:
        """Return a row id drawn uniformly over the stored vectors.

        Raises
        ------
        ValueError
            If the index is empty.
        """
        return self.random_row(rng)[0]

    def random_row(self, rng: np.random.Generator | None = None) -> tuple[int, int]:
        """Return the row id and the cluster of a vector drawn uniformly over the stored ones.

        Raises
        ------
        ValueError
            If the index is empty.
        """
        return self._rows.random_row(rng or np.random.default_rng())

    # Queries and searches.

    def query(self, query: Any) -> Query:
        """Return a query, checked, with its vector looked up where it is a row.

        Parameters
        ----------
        query : int, array_like (dim,) or (1, dim), or Query
            A row id, or a vector. The vector of a row is the one that ``open_index`` was given, where the
            index holds codes or refines, and else the one that it holds. A ``Query`` is returned as it is.

        Raises
        ------
        UnknownIdError
            If the row id is not in the index.
        TypeError
            If the query is a bool or holds anything but real numbers.
        ValueError
            If it has another shape or a value that is not a finite float32, or if it is a row id and the
            codes of this index cannot be decoded.
        """
        return drain(self._rows.query_steps(query, WHOLE))

    def query_steps(self, query: Any) -> Steps[Query]:
        """Return ``query`` in steps: a row without a direct map is looked for list by list."""
        return self._rows.query_steps(query, PIECE_WORK)

    def query_vector(self, query: Any) -> npt.NDArray[Any]:
        """Return the vector of a ``query``.

        Returns
        -------
        float32 (dim,), or uint8 (dim / 8,) of a binary index
            Contiguous; the caller's own array where that fits already.
        """
        return self.query(query).vector

    def components(self, query: Any) -> npt.NDArray[np.float32]:
        """Return the numbers of a query, float32 (dim,); of a binary index, its bits as zeros and ones."""
        return self.inverted_file.as_point(self.query_vector(query))

    def transform(self, query: Any) -> npt.NDArray[np.float32]:
        """Return a query as a point among the centroids and ``stored_vectors``, float32 (inner dim,)."""
        return self.inverted_file.as_point(self._inner(query))

    def rank(self, query: Any, nprobe: int | None = None) -> CoarseStep:
        """Rank all clusters for a query.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        nprobe : int, optional
            Begin with the clusters that a search at this nprobe probes, in its order; all others follow by
            the distance to their centroid. Without it, all are in that order. This makes a difference where
            the coarse quantizer is approximate, and among centroids at the same distance.

        Returns
        -------
        CoarseStep
            All nlist clusters, nearest first.
        """
        return self.ranking(query, nprobe).step

    def ranking(self, query: Any, nprobe: int | None = None) -> Ranking:
        """Return the ``rank`` of all clusters with the ones among them that a search probes."""
        inner = self._inner(query)
        return self.inverted_file.rank(inner, None if nprobe is None else self._nprobe(nprobe))

    def ranking_for_every(self, query: Any, nprobe: int) -> Ranking:
        """Return a ``ranking`` that holds for every nprobe, where the clusters are ``ranked_once``.

        It begins with the clusters that a search at ``nprobe`` probes. Its ``clusters`` are all that some
        search probes. Of centroids at one distance, a search at another nprobe may choose others.
        """
        return self.inverted_file.rank_for_every(self._inner(query), self._nprobe(nprobe))

    def scan(self, query: Any, clusters: npt.ArrayLike, to_centroids: npt.ArrayLike | None = None) -> Scan:
        """Compare a query with every vector of some clusters.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        clusters : int array_like (n,)
            Cluster numbers, in any order.
        to_centroids : float array_like (n,), optional
            Their distances in the ranking that they come from, to which the distances to residual codes are
            added. Without, they are computed anew and may differ in the last digit.

        Returns
        -------
        Scan
            All their vectors in list order, with the distances that Faiss reports. Left out is what Faiss
            leaves out of results: a distance that overflows float32, and codes that a filter of the index
            rejects.
        """
        file = self.inverted_file
        return file.named(file.scan(self._inner(query), *self._listed(clusters, to_centroids)))

    def scan_steps(
        self, query: Any, clusters: npt.ArrayLike, to_centroids: npt.ArrayLike | None = None
    ) -> Iterator[Scan]:
        """Compare a query with every vector of some clusters, piece by piece.

        Parameters as for ``scan``; they are checked at once, and the work is done as pieces are asked for.

        Yields
        ------
        Scan
            Runs of whole clusters in the order given, together ``scan`` of all, bit for bit. A list longer
            than a piece comes in several scans of the same single cluster, in list order. It comes whole
            where the index is not ``sliceable`` (fast-scan codes, Panorama), and all clusters come in one
            scan where it is not ``splittable``.
        """
        file = self.inverted_file
        pieces = file.scan_steps(self._inner(query), *self._listed(clusters, to_centroids))
        return map(file.named, pieces)

    def scan_from_centroid_steps(self, cluster: int) -> Iterator[Scan]:
        """Compare the centroid of a cluster with every vector in it; as ``scan_steps`` does with a query."""
        file, cluster = self.inverted_file, self._cluster(cluster)
        return map(file.named, file.scan_steps(file.centroids.vector(cluster), np.array([cluster])))

    def steps(self, query: Any, nprobe: int, k: int) -> Iterator[CoarseStep | FineStep | RefineStep]:
        """Run a search step by step.

        Arguments are those of ``trace`` and are checked at once; the work is done as the steps are asked for.

        Yields
        ------
        CoarseStep, FineStep or RefineStep
            First the ranking, then one fine step per probed cluster in rank order, then the re-ranking where
            the index has one.
        """
        return traced_search.steps(
            self.inverted_file, self.query_vector(query), self._nprobe(nprobe), as_int(k, "k")
        )

    def trace(self, query: Any, nprobe: int, k: int) -> SearchTrace:
        """Search, and return every vector compared.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        nprobe : int
            Clusters to probe, 1 to nlist. The index's own nprobe is neither used nor changed.
        k : int
            Number of results, at least 1.

        Returns
        -------
        SearchTrace
            Its ``ids`` and ``distances`` are, bit for bit, what ``faiss_index.search`` returns for this one
            query at this nprobe.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong; see ``query``.
        """
        return traced_search.trace(
            self.inverted_file, self.query_vector(query), self._nprobe(nprobe), as_int(k, "k")
        )

    # Ground truth.

    @property
    def basis(self) -> Basis:
        """What defines true neighbours: "vectors" (given to ``open_index``), "lists" or "codes"."""
        return self.truth.basis

    @property
    def why_unexplained(self) -> str | None:
        """Why true neighbours are unavailable for this index, or None where they are available."""
        return self.truth.why_unexplained

    @property
    def why_unevaluated(self) -> str | None:
        """Why ``evaluate`` is refused, or None where it is not: as ``why_unexplained``."""
        return self.truth.why_unexplained

    @property
    def why_no_curve(self) -> str | None:
        """Why recall takes a search at each nprobe, or None where one pass tells it for all of them."""
        return self.truth.why_no_curve

    @property
    def evaluated_at(self) -> npt.NDArray[np.int64]:
        """The values of nprobe that ``evaluate`` gives recall at, ascending, int64 (p,).

        All of them; or 1, 2, 4, 8, … where ``why_no_curve`` says why each takes a search.
        """
        return self.truth.evaluated_at

    def explain(
        self,
        query: Any,
        k: int,
        *,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> Explanation:
        """Find the true neighbours of a query by an exhaustive search.

        Of the inverted lists; or, where codes stand for the vectors and ``open_index`` was given the vectors,
        of these. No copy of the vectors is made.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        k : int
            Number of neighbours, at least 1.
        include_self : bool
            Whether the row searched for counts among its own neighbours. False, the default, leaves it out,
            of the neighbours and of the results that they are compared with: these are what a search for
            k + 1 returns (for k + 2 where the row is stored twice under its id, and so on), without it. True
            takes both as Faiss does, which returns the row itself first. Without effect for a vector.
        executor : concurrent.futures.Executor, optional
            Its workers compare the vectors; the answer is the same, bit for bit. They compare those that
            ``open_index`` was given, and lists that hold vectors whole, by L2 or inner product.
        truth : NeighbourTable or path, optional
            What ``ground_truth`` returned or kept for these queries: then nothing is compared. It is refused
            unless it is of the vectors of this index.

        Returns
        -------
        Explanation
            Its ``ids`` and ``distances`` are what ``faiss_index.search`` returns with nprobe = nlist, where
            results are ``replayable`` and the coarse search is exhaustive, for a row without it. In general,
            the nearest by the distances that ``scan`` reports. By the vectors given, they are what a
            ``faiss.IndexFlat`` of the stored ones returns, behind the transforms that belong to the metric
            (L2norm, whitening); its ``basis`` says which.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong; see ``query``. If the index refines and ``open_index`` was not given the
            vectors. If ``executor`` is none, or its workers cannot compare what the lists hold.
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
        executor: Executor | Workers | None = None,
        truth: Any = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Steps[Explanation]:
        """Do ``explain`` in pieces of ``work`` multiplications.

        ``executor`` may be ``workers`` of one, whose ``waits_for`` says what a piece waits for. ``progress``
        is called with the share of the vectors given that was compared since the last call.
        """
        self._check_explainable()
        workers = self.workers(executor)
        k = as_int(k, "k")
        version = self.version()
        found = yield from self._rows.query_steps(query, work)
        left_out = found.left_out(include_self)
        known = self._known(truth, found, k, left_out)
        explanation = yield from self.truth.explain_steps(
            found.vector, k, left_out, work, workers, known, progress
        )
        return replace(explanation, origin=Origin(self, version, include_self, lambda _: found))

    def ledger(
        self,
        query: Any,
        k: int,
        nprobe: int,
        *,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> Ledger:
        """Search, and say what became of every true neighbour: returned, or lost at which stage.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        k : int
            Number of neighbours and of results, at least 1.
        nprobe : int
            Clusters to probe, 1 to nlist.
        include_self : bool
            As for ``explain``: unless it is true, the search of a row is one for k + 1, without the row.
        executor : concurrent.futures.Executor, optional
            As for ``explain``.
        truth : NeighbourTable or path, optional
            As for ``explain``.

        Returns
        -------
        Ledger
            Its ``hits`` are among the results of ``faiss_index.search`` at this nprobe, and the neighbours
            that it lists as lost are not.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong. If codes stand for the vectors, or the index refines, and ``open_index``
            was not given the vectors. If ``executor`` cannot be used; see ``explain``.
        WorkerError
            If a part failed three times, or the executor takes no more work.
        """
        return drain(
            self.ledger_steps(
                query, k, nprobe, include_self=include_self, work=WHOLE, executor=executor, truth=truth
            )
        )

    def ledger_steps(
        self,
        query: Any,
        k: int,
        nprobe: int,
        *,
        include_self: bool = False,
        work: int = PIECE_WORK,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> Steps[Ledger]:
        """Do ``ledger`` in pieces of ``work`` multiplications; its search is one piece."""
        self._check_explainable()
        workers = self.workers(executor)
        found = yield from self._rows.query_steps(query, work)
        nprobe, k = self._nprobe(nprobe), as_int(k, "k")
        left_out = found.left_out(include_self)
        known = self._known(truth, found, k, left_out)
        return (yield from self.truth.ledger_steps(found.vector, k, nprobe, left_out, work, workers, known))

    def ledgers(
        self,
        queries: Any,
        k: int,
        nprobe: int,
        *,
        seed: int = 0,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> list[Ledger]:
        """Return the ledger of each of many queries, with one pass over the vectors given for all of them.

        Parameters
        ----------
        queries, seed
            As for ``evaluate``.
        k, nprobe, include_self, executor, truth
            As for ``ledger``.

        Returns
        -------
        list of Ledger
            In the order of the queries. ``MeanLedger.of`` takes their mean.
        """
        self._check_explainable()
        workers = self.workers(executor)
        k, nprobe = as_int(k, "k"), self._nprobe(nprobe)
        asked = open_queries(self, self._as_numbers(queries), as_int(seed, "seed", least=0))
        drain(asked.draw_steps())
        own = None if include_self else asked.ids
        known = None
        if truth is not None:
            wanted = self._wanted_neighbours(k, own is not None)
            known = self.truth.table_check.known(truth, asked.read(slice(0, asked.count)), wanted)
        found: list[Ledger] = []
        cuts = [slice(batch[0].start, batch[-1].stop) for batch in batches(asked.count, self.dim, self.nlist)]
        for part in [slice(0, asked.count)] if self.truth.reads_once else cuts:
            leave_out = None if own is None else own[part]
            some = None if known is None else known.part(part)
            found += self.truth.ledgers(asked.read(part), leave_out, k, nprobe, workers, some)
        return found

    def verdict(
        self,
        query: Any,
        row_id: int,
        *,
        count: bool = True,
        cluster: int | None = None,
        include_self: bool = False,
    ) -> Verdict:
        """Say where one row stands for a query.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.
        row_id : int
            The row in question.
        count : bool
            Whether to count the vectors that are nearer, by one pass over all of them.
        cluster : int, optional
            Where the row is looked for first: of rows that share the id, the one in this cluster is meant.
        include_self : bool
            Whether the row searched for counts among these; see ``explain``.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong.
        """
        steps = self.verdict_steps(
            query, row_id, count=count, cluster=cluster, include_self=include_self, work=WHOLE
        )
        return drain(steps)

    def verdict_steps(
        self,
        query: Any,
        row_id: int,
        *,
        count: bool = True,
        cluster: int | None = None,
        include_self: bool = False,
        work: int = PIECE_WORK,
    ) -> Steps[Verdict]:
        """Do ``verdict`` in pieces of ``work`` multiplications."""
        found = yield from self._rows.query_steps(query, work)
        row_id = as_int(row_id, "row_id", least=None)
        home = None if cluster is None else self._cluster(cluster)
        place = yield from self._rows.place_steps(row_id, work, home)
        own = found.left_out(include_self)
        return (yield from self.truth.verdict_steps(found.vector, row_id, place, count, own, work))

    def evaluate(
        self,
        queries: Any,
        k: int,
        *,
        seed: int = 0,
        include_self: bool = False,
        progress: bool | Progress = True,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> Workload:
        """Evaluate many queries: recall against nprobe, its spread, its cost, and the hardest queries.

        Recall at every nprobe; where each takes a search, at 1, 2, 4, 8, … by a search of each query at each
        (see ``evaluated_at`` and ``why_no_curve``).

        One exhaustive pass over the lists per thousand queries or so, and one ranking of the clusters. Memory
        grows by 4 k bytes per query. By the vectors given, one pass over these per 128 queries, one over the
        codes for each, and some 20 k bytes each.

        Parameters
        ----------
        queries : int, int array_like (n,) or array_like (n, dim)
            A sample size (rows drawn from the index), row ids, or vectors.
        k : int
            Neighbours of each query, at least 1.
        seed : int
            Seed of a sample.
        include_self : bool
            Whether the row searched for counts among its own neighbours; see ``explain``.
        progress : bool or function
            True shows a bar for what takes longer than a moment. A function is called with the queries done
            and their number; what it raises ends the evaluation.
        executor : concurrent.futures.Executor, optional
            As for ``explain``. Rankings and searches of codes stay on the caller's thread.
        truth : NeighbourTable or path, optional
            What ``ground_truth`` returned or kept for these queries: then nothing is compared. It is refused
            unless it is of the vectors of this index.

        Returns
        -------
        Workload
            When interrupted from the keyboard, what was computed by then, with a ``RuntimeWarning``.

        Raises
        ------
        TypeError, ValueError
            If there are no queries, or an id is unknown, or a vector has another dimension or is not finite.
            If true neighbours are unavailable; see ``why_unexplained``. If ``executor`` cannot be used; see
            ``explain``.
        WorkerError
            If a part failed three times, or the executor takes no more work.
        """
        evaluation = self.evaluation(
            queries, k, seed=seed, include_self=include_self, executor=executor, truth=truth
        )
        return evaluate(evaluation, progress)

    def workers(self, executor: Executor | Workers | None) -> Workers | None:
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
        seed: int = 0,
        include_self: bool = False,
        executor: Executor | None = None,
        truth: Any = None,
    ) -> Evaluation:
        """Prepare an ``evaluate`` to be run batch by batch; arguments as there."""
        workers = self.workers(executor)
        k, seed = as_int(k, "k"), as_int(seed, "seed", least=0)
        queries = self._as_numbers(queries)
        return Evaluation(
            self.truth,
            self,
            queries,
            k,
            seed=seed,
            include_self=include_self,
            workers=workers,
            known=truth,
        )

    def given_rows(self) -> JobRows:
        """Return the rows that are stored, as ``ground_truth`` reads them: the vectors given, or the lists.

        Raises
        ------
        ValueError
            If the index does not hold vectors whole and ``open_index`` was given none, or it is binary; if
            lists hold two vectors under one row id.
        """
        return self.truth.row_set()

    def workload_queries(self, queries: Any, seed: int) -> Queries:
        """Return the queries of a workload, checked; see ``evaluate``."""
        return open_queries(self, self._as_numbers(queries), seed)

    # Bounds.

    def bounds(self, query: Any) -> npt.NDArray[np.float32]:
        """Return the best distance that any vector of each cluster can have, by geometry alone.

        By the clusters' radii and, for L2, by the planes half way between centroids where every vector is
        known to be with its nearest one. The first call measures the clusters, which reads every vector once
        or twice; the measures are kept until vectors are added. Call ``refresh`` after others were replaced.

        Parameters
        ----------
        query : int, array_like (dim,) or Query
            A row id or a vector.

        Returns
        -------
        float32 (nlist,)
            By cluster number: for L2 nothing in it has a lesser distance, for inner product nothing a greater
            one. Infinitely far for an empty cluster.

        Raises
        ------
        ValueError
            If distances are not those between vectors that can be read from the index, or if it refines.
        """
        point = self.transform(query)
        measured = [found for found in self.survey() if found is not None]
        if not measured:
            raise ValueError(
                f"nothing bounds the distances of {self.family}: they are not those between points"
            )
        return cluster_bounds.bounds(measured[-1], point, self.similarity)

    def certainty(self, query: Any, nprobe: int, k: int, *, include_self: bool = False) -> Certainty:
        """Say from geometry alone whether a search is certain to have found the true neighbours.

        Parameters
        ----------
        query, nprobe, k
            As for ``trace``.
        include_self : bool
            As for ``ledger``.

        Returns
        -------
        Certainty
            With fewer than k results every cluster with vectors counts as open.
        """
        query, nprobe, k = self.query(query), self._nprobe(nprobe), as_int(k, "k")
        best = self.bounds(query)
        own = drain(self.own_row_steps(query, include_self=include_self))
        k = min(k, self.ntotal + 1)
        trace = self.trace(query, nprobe, k if own is None else k + own.copies)
        results = np.flatnonzero(trace.ids != -1) if own is None else own.others(trace.ids, k)
        left_out = np.ones(self.nlist, bool)
        left_out[self._compared_whole(trace)] = False
        is_full = len(results) == k
        worst = trace.distances[results[-1:]] if is_full else np.array([infinitely_far(self.similarity)])
        still = keys_of(best, self.similarity) < keys_of(worst, self.similarity)
        return Certainty(
            open=int(np.count_nonzero(still & left_out)), unprobed=int(np.count_nonzero(left_out))
        )

    def survey(self) -> Iterator[Extents | None]:
        """Measure the clusters for ``bounds`` piece by piece; yields the measures as they grow, or None."""
        return self._survey.steps()

    def known_bounds_steps(self, query: Any, work: int = PIECE_WORK) -> Steps[npt.NDArray[np.float32] | None]:
        """Return the ``bounds`` of a query if the clusters have been measured; measures nothing.

        In pieces of ``work`` multiplications.
        """
        measured = self._survey.known()
        if measured is None:
            return None
        point = self.transform(query)
        return (yield from cluster_bounds.bounds_steps(measured, point, self.similarity, work))

    def own_row_steps(self, query: Query, *, include_self: bool = False) -> Steps[OwnRow | None]:
        """Return the row that a search for this query leaves out of its results, in steps; None for none.

        The first call, and the first after a change of the index, looks at all row ids.
        """
        return self.truth.row_copies.own_row_steps(query.left_out(include_self), PIECE_WORK)

    def refresh(self) -> None:
        """Forget the measures of the clusters, the decoded centroids, and what was found of rows and ids.

        After vectors were replaced or the index was trained anew. Added vectors are noticed.
        """
        self._checks.forget()
        self.inverted_file.centroids.refresh()
        self._survey.forget()
        self.truth.row_copies.forget()
        self.truth.table_check.forget()

    def _compared_whole(self, trace: SearchTrace) -> npt.NDArray[np.int64]:
        """Return the clusters whose vectors a search has all compared, int64 (n,)."""
        probed = np.array([step.cluster for step in trace.fine], np.int64)
        if not self.guarantees.limited:
            return probed
        parts = self.inverted_file.parts
        if len(parts) > 1:
            return probed[:0]
        return probed[np.cumsum(self.list_sizes[probed]) <= parts[0].limit]

    def _check_explainable(self) -> None:
        if self.why_unexplained is not None:
            raise ValueError(self.why_unexplained)

    def _known(self, truth: Any, query: Query, k: int, left_out: int | None) -> KnownNeighbours | None:
        """Return what a caller's table tells of one query, or None without one."""
        if truth is None:
            return None
        wanted = self._wanted_neighbours(k, left_out is not None)
        return self.truth.table_check.known(truth, self.components(query)[None], wanted)

    def _wanted_neighbours(self, k: int, leaves_out: bool) -> int:
        return min(k, max(1, self.ntotal)) + leaves_out

    def _inner(self, query: Any) -> npt.NDArray[Any]:
        return self.inverted_file.transform(self.query_vector(query))

    def _nprobe(self, nprobe: Any) -> int:
        return as_int(nprobe, "nprobe", most=self.nlist, most_name="nlist")

    def _cluster(self, cluster: Any) -> int:
        return as_int(cluster, "cluster", least=0, most=self.nlist - 1, most_name="nlist - 1")

    def _offsets(
        self, cluster: Any, offsets: npt.ArrayLike | None
    ) -> tuple[int, npt.NDArray[np.int64] | None]:
        cluster = self._cluster(cluster)
        if offsets is None:
            return cluster, None
        return cluster, as_rows(offsets, "offsets", self.inverted_file.size(cluster))

    def _listed(
        self, clusters: npt.ArrayLike, to_centroids: npt.ArrayLike | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32] | None]:
        wanted = as_clusters(clusters, self.nlist)
        return wanted, None if to_centroids is None else as_distances(to_centroids, len(wanted))

    def _wanted(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
        """Return row ids, and the cluster of each where these are given."""
        wanted = as_rows(ids, "ids", None)
        homes = None if clusters is None else as_clusters(clusters, self.nlist)
        if homes is not None and len(homes) != len(wanted):
            raise ValueError(f"clusters must be as long as ids ({len(wanted)}), got {len(homes)}")
        return wanted, homes

    def _as_numbers(self, queries: Any) -> Any:
        """Return the queries of a workload, the bits in the bytes of a binary index's as zeros and ones."""
        return bits_of_many(queries, self.dim) if self.inverted_file.stack.is_binary else queries


def _first(steps: Steps[tuple[npt.NDArray[np.float32], Any]]) -> Steps[npt.NDArray[np.float32]]:
    return (yield from steps)[0]
