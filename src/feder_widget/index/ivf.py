"""``IvfIndex``: what a Faiss IVF,Flat index holds, and how it answers one query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import UnknownIdError
from feder_widget.index import explaining, lists, rows
from feder_widget.index.arguments import as_clusters, as_int, as_rows, as_vector
from feder_widget.index.batch import batches
from feder_widget.index.coarse import rank_clusters
from feder_widget.index.geometry import Geometry, bounds, survey
from feder_widget.index.scanning import scan_lists
from feder_widget.index.surveyor import Surveyor
from feder_widget.recall import Certainty, Evaluation, Explanation, Verdict, Workload, evaluate
from feder_widget.recall.evaluation import Progress
from feder_widget.search import CoarseStep, FineStep, FineSteps, Scan, SearchTrace
from feder_widget.topk import keep, top_k

STEP_CLUSTERS = 8
"""Clusters that ``steps`` scans at once: enough to use several cores, few enough to stop promptly."""


class IvfIndex:
    """A ``faiss.IndexIVFFlat`` whose searches can be watched. Make one with ``open_index``.

    Nothing is copied and nothing is changed: sizes, ids and vectors are read from the caller's index when
    asked for, so the index may grow between calls. It must not change during one. Any number of threads may
    call at once.

    Distances are squared for L2, the inner product itself for inner product.

    Parameters
    ----------
    faiss_index : faiss.IndexIVFFlat
        A trained index with a flat coarse quantizer, as ``open_index`` checks.
    owner : object, optional
        Whatever else must live as long as the index.
    """

    def __init__(self, faiss_index: Any, *, owner: object = None) -> None:
        self._index = faiss_index
        self._owner = owner
        self._nlist = int(faiss_index.nlist)
        self._dim = int(faiss_index.d)
        self._similarity = bool(faiss_index.metric_type == faiss.METRIC_INNER_PRODUCT)
        self._surveyor = Surveyor(
            lambda: self.list_sizes, lambda: survey(faiss_index, self.centroids(), self._similarity)
        )

    def __repr__(self) -> str:
        return f"<IvfIndex {self.ntotal:,} x {self.dim}, nlist={self.nlist}, {self.metric}>"

    @property
    def faiss_index(self) -> Any:
        """The caller's ``faiss.IndexIVFFlat``."""
        return self._index

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        return self._nlist

    @property
    def dim(self) -> int:
        """Number of dimensions of a vector."""
        return self._dim

    @property
    def metric(self) -> Literal["L2", "inner product"]:
        """What a distance is."""
        return "inner product" if self._similarity else "L2"

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        return self._similarity

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return int(self._index.ntotal)

    @property
    def stored_nprobe(self) -> int:
        """The index's own nprobe, now."""
        return int(self._index.nprobe)

    @property
    def list_sizes(self) -> npt.NDArray[np.int64]:
        """Number of vectors in every cluster, now: int64 (nlist,)."""
        return lists.sizes(self._index.invlists)

    @property
    def max_id(self) -> int:
        """The largest row id, now; -1 when the index is empty. One pass over the ids."""
        return rows.max_id(self._index)

    def centroids(self) -> npt.NDArray[np.float32]:
        """Return a copy of the centroids, float32 (nlist, dim)."""
        flat: Any = faiss.downcast_index(self._index.quantizer)
        stored = faiss.rev_swig_ptr(flat.get_xb(), self.nlist * self.dim)
        return np.array(stored, np.float32).reshape(self.nlist, self.dim)

    def query_vector(self, query: Any) -> npt.NDArray[np.float32]:
        """Return the vector a query stands for.

        Parameters
        ----------
        query : int or array_like (dim,) or (1, dim)
            A row id, whose vector is read from the index, or a vector.

        Returns
        -------
        float32 (dim,)
            Contiguous; the caller's own array where that fits already.

        Raises
        ------
        UnknownIdError
            If the row id is not in the index.
        TypeError
            If the query is a bool or holds anything but real numbers.
        ValueError
            If it has another shape or a value that is not a finite float32.
        """
        if isinstance(query, (int, np.integer)) and not isinstance(query, bool):
            return self.vector(int(query))
        return as_vector(query, self.dim)

    def rank(self, query: Any, nprobe: int | None = None) -> CoarseStep:
        """Rank all clusters for a query.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        nprobe : int, optional
            Order the first ``nprobe`` clusters exactly as a search at this nprobe probes them. This matters
            only among centroids at the same distance: without it, ties are in order of the cluster number.

        Returns
        -------
        CoarseStep
            All nlist clusters, nearest first.
        """
        vector = self.query_vector(query)
        return self._rank(vector, None if nprobe is None else self._nprobe(nprobe))[0]

    def scan(self, query: Any, clusters: npt.ArrayLike) -> Scan:
        """Compare a query with every vector of some clusters.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        clusters : int array_like (n,)
            Cluster numbers, in any order.

        Returns
        -------
        Scan
            All their vectors in list order, with the distances that Faiss reports. Vectors at a distance that
            overflows float32 are left out, as Faiss leaves them out of results.
        """
        return self._scan(self.query_vector(query), as_clusters(clusters, self.nlist))

    def nearest(self, scan: Scan, k_max: int, worst: float | None = None) -> Scan:
        """Keep what any search for up to ``k_max`` results could return; see ``feder_widget.topk.keep``."""
        return keep(scan, as_int(k_max, "k_max"), self.similarity, worst)

    def steps(self, query: Any, nprobe: int, k: int) -> Iterator[CoarseStep | FineStep]:
        """Run a search step by step.

        Arguments are those of ``trace`` and are checked at once; the work is done as the steps are asked for.

        Yields
        ------
        CoarseStep or FineStep
            First the ranking, then one fine step per probed cluster in rank order.
        """
        vector = self.query_vector(query)
        nprobe = self._nprobe(nprobe)
        as_int(k, "k")
        return self._steps(vector, nprobe)

    def trace(self, query: Any, nprobe: int, k: int) -> SearchTrace:
        """Search, and return everything that was looked at.

        Parameters
        ----------
        query : int or array_like (dim,)
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
            If an argument is wrong; see ``query_vector`` for the query.
        """
        vector = self.query_vector(query)
        nprobe = self._nprobe(nprobe)
        k = as_int(k, "k")
        coarse, probed = self._rank(vector, nprobe)
        scan = self._scan(vector, coarse.clusters[:probed])
        scan = self._within_max_codes(scan)
        ids, distances = top_k(scan.ids, scan.distances, k, self.similarity)
        return SearchTrace(coarse, FineSteps(scan), ids, distances, self.nlist + len(scan.ids))

    def explain(self, query: Any, k: int, *, include_self: bool = True) -> Explanation:
        """Find the true neighbours of a query by an exhaustive search of the inverted lists.

        No second copy of the vectors is made.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        k : int
            Number of neighbours, at least 1.
        include_self : bool
            Whether the row searched for counts among its own neighbours, as it does for Faiss, which returns
            it as the first result. False leaves it out; compare that with a search for k + 1 of whose results
            it is left out too. Without effect for a vector.

        Returns
        -------
        Explanation
            Its ``ids`` and ``distances`` are what ``faiss_index.search`` returns with nprobe = nlist.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong; see ``query_vector`` for the query.
        """
        vector = self.query_vector(query)
        k = as_int(k, "k")
        is_row = isinstance(query, (int, np.integer))
        return explaining.explain(self, vector, k, int(query) if is_row and not include_self else None)

    def verdict(self, query: Any, row_id: int, *, count: bool = True) -> Verdict:
        """Say where one row stands for a query.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        row_id : int
            The row in question.
        count : bool
            Whether to count the vectors that are nearer, by one pass over all of them.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong.
        """
        return explaining.verdict(self, self.query_vector(query), as_int(row_id, "row_id", least=None), count)

    def evaluate(
        self,
        queries: Any,
        k: int,
        *,
        seed: int = 0,
        include_self: bool = True,
        progress: bool | Progress = True,
    ) -> Workload:
        """Evaluate many queries: recall at every nprobe, its spread, what it costs, and the hardest queries.

        One exhaustive pass over the lists per thousand queries or so, and one ranking of the clusters. Memory
        does not grow with the number of queries but for 4 k bytes each.

        Parameters
        ----------
        queries : int, int array_like (n,) or array_like (n, dim)
            A sample size (rows drawn from the index), row ids, or vectors.
        k : int
            Neighbours of each query, at least 1.
        seed : int
            What a sample is drawn with.
        include_self : bool
            Whether the row searched for counts among its own neighbours; see ``explain``.
        progress : bool or function
            True shows a bar for what takes longer than a moment. A function is called with the queries done
            and their number; what it raises ends the evaluation.

        Returns
        -------
        Workload
            When interrupted from the keyboard, what was computed by then, with a ``RuntimeWarning``.

        Raises
        ------
        TypeError, ValueError
            If there are no queries, or an id is unknown, or a vector has another dimension or is not finite.
        """
        return evaluate(self.evaluation(queries, k, seed=seed, include_self=include_self), progress)

    def evaluation(self, queries: Any, k: int, *, seed: int = 0, include_self: bool = True) -> Evaluation:
        """Prepare what ``evaluate`` does, to be run batch by batch; arguments as there."""
        k = as_int(k, "k")
        seed = as_int(seed, "seed", least=0)
        return Evaluation(self, queries, k, seed=seed, include_self=include_self)

    def bounds(self, query: Any) -> npt.NDArray[np.float32]:
        """Return the best distance that any vector of each cluster can have, by geometry alone.

        By the clusters' radii and, for L2, by the planes half way between centroids where every vector is
        known to be with its nearest one. The first call measures the clusters, which reads every vector once
        or twice; what is known is kept until vectors are added. Call ``refresh`` after others were replaced.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.

        Returns
        -------
        float32 (nlist,)
            By cluster number: for L2 nothing in it has a lesser distance, for inner product nothing a greater
            one. Infinitely far for an empty cluster.
        """
        vector = self.query_vector(query)
        *_, geometry = filter(None, self.survey())
        return bounds(geometry, vector, self.similarity)

    def certainty(self, query: Any, nprobe: int, k: int) -> Certainty:
        """Say from geometry alone whether a search is certain to have found the true neighbours.

        Parameters
        ----------
        query, nprobe, k
            As for ``trace``.

        Returns
        -------
        Certainty
            With fewer than k results every cluster with vectors counts as open.
        """
        vector = self.query_vector(query)
        return explaining.certainty(self.trace(vector, nprobe, k), self.bounds(vector), self.similarity)

    def refresh(self) -> None:
        """Forget what was measured of the clusters, after vectors were replaced; added ones are noticed."""
        self._surveyor.forget()

    def survey(self) -> Iterator[Geometry | None]:
        """Measure the clusters bit by bit, for ``bounds``; yields what is known when it is more, or None."""
        return self._surveyor.run()

    def known_bounds(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
        """Return the ``bounds`` of a query that is a vector, if the clusters have been measured."""
        geometry = self._surveyor.known()
        return None if geometry is None else bounds(geometry, vector, self.similarity)

    def query_batches(self, count: int) -> list[list[slice]]:
        """Cut queries into batches, and each into parts that are ranked together, as a search would."""
        return batches(count, self.dim, self.nlist)

    def found_at(
        self,
        vectors: npt.NDArray[np.float32],
        parts: list[slice],
        own: npt.NDArray[np.int64] | None,
        k: int,
        progress: Callable[[float], None],
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Find at which nprobe the k true neighbours of many queries are found; see ``find_batch``."""
        return explaining.found_at_of_many(self, vectors, parts, own, k, progress)

    def locate(self, row_id: int) -> tuple[int, int]:
        """Return the cluster a row id is in, and its offset in that inverted list.

        The index's direct map is used where it has one; otherwise the ids are searched list by list. The
        first occurrence counts where an id was added more than once.

        Raises
        ------
        UnknownIdError
            If the id is not in the index.
        """
        row_id = as_int(row_id, "row_id", least=None)
        place = rows.locate(self._index, row_id)
        if place is None:
            raise UnknownIdError(f"row id {row_id} is not in the index of {self.ntotal:,} vectors")
        return place

    def places(self, ids: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the cluster of each row id and its offset there, int64 (n,) both; -1 for an unknown id.

        As ``locate`` for many ids in one pass.
        """
        return rows.places(self._index, as_rows(ids, "ids", None))

    def vector(self, row_id: int) -> npt.NDArray[np.float32]:
        """Return the vector stored under a row id, float32 (dim,); raise as ``locate`` does."""
        cluster, offset = self.locate(row_id)
        found: npt.NDArray[np.float32] = lists.copy_vectors(
            self._index.invlists, cluster, self.dim, np.array([offset])
        )[0]
        return found

    def list_ids(self, cluster: int) -> npt.NDArray[np.int64]:
        """Return a copy of the row ids of one cluster, int64 (n,), in list order."""
        return lists.copy_ids(self._index.invlists, self._cluster(cluster))

    def list_vectors(self, cluster: int, offsets: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Return a copy of the vectors of one cluster, or of those at ``offsets``, float32 (n, dim).

        Raises
        ------
        ValueError
            If ``cluster`` or an offset is out of range.
        """
        cluster = self._cluster(cluster)
        invlists = self._index.invlists
        chosen = None if offsets is None else as_rows(offsets, "offsets", invlists.list_size(cluster))
        return lists.copy_vectors(invlists, cluster, self.dim, chosen)

    def vectors_of(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.float32]:
        """Return the vectors stored under row ids.

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
        wanted = as_rows(ids, "ids", None)
        homes = None if clusters is None else as_clusters(clusters, self.nlist)
        if homes is not None and len(homes) != len(wanted):
            raise ValueError(f"clusters must be as long as ids ({len(wanted)}), got {len(homes)}")
        return rows.vectors_of(self._index, wanted, homes)

    def sample_ids(self, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return row ids drawn uniformly over the stored vectors, each of them at most once, int64 (n,).

        n is ``size``, or the number of vectors where that is less.
        """
        return rows.sample_ids(self._index, size, rng)

    def random_id(self, rng: np.random.Generator | None = None) -> int:
        """Return a row id drawn uniformly over the stored vectors.

        Raises
        ------
        ValueError
            If the index is empty.
        """
        return rows.random_id(self._index, rng or np.random.default_rng())

    def _nprobe(self, nprobe: Any) -> int:
        return as_int(nprobe, "nprobe", most=self.nlist, most_name="nlist")

    def _cluster(self, cluster: Any) -> int:
        return as_int(cluster, "cluster", least=0, most=self.nlist - 1, most_name="nlist - 1")

    def _rank(self, vector: npt.NDArray[np.float32], nprobe: int | None) -> tuple[CoarseStep, int]:
        return rank_clusters(self._index.quantizer, vector, nprobe, self.similarity)

    def _steps(self, vector: npt.NDArray[np.float32], nprobe: int) -> Iterator[CoarseStep | FineStep]:
        coarse, probed = self._rank(vector, nprobe)
        yield coarse
        for start in range(0, probed, STEP_CLUSTERS):
            scan = self._scan(vector, coarse.clusters[start : min(start + STEP_CLUSTERS, probed)])
            yield from FineSteps(scan, first_rank=start + 1)

    def _scan(self, vector: npt.NDArray[np.float32], clusters: npt.NDArray[np.int64]) -> Scan:
        return scan_lists(self._index, vector, clusters, self.similarity)

    def _within_max_codes(self, scan: Scan) -> Scan:
        """Cut a scan where a search stops because the index limits the vectors it compares."""
        limit = int(self._index.max_codes)
        if not 0 < limit < len(scan.ids):
            return scan
        return Scan(scan.clusters, np.minimum(scan.lims, limit), scan.ids[:limit], scan.distances[:limit])
