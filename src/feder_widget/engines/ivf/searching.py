"""One search of an ``IvfIndex``, in parts or step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.contents import Contents
from feder_widget.model.arguments import as_bytes, as_clusters, as_distances, as_int, as_vector
from feder_widget.model.search_trace import CoarseStep, FineStep, FineSteps, RefineStep, Scan, SearchTrace
from feder_widget.model.top_k import keep

STEP_CLUSTERS = 8
"""Clusters that ``steps`` scans at once: enough to use several cores, few enough to stop promptly."""


class Searching(Contents):
    """Searches, and lets everything be seen that is looked at."""

    def query_vector(self, query: Any) -> npt.NDArray[Any]:
        """Return the vector a query stands for.

        Parameters
        ----------
        query : int or array_like (dim,) or (1, dim)
            A row id, or a vector. The vector of a row is the one that ``open_index`` was given, where the
            index holds codes or refines, and else the one that it holds.

        Returns
        -------
        float32 (dim,), or uint8 (dim / 8,) of a binary index
            Contiguous; the caller's own array where that fits already.

        Raises
        ------
        UnknownIdError
            If the row id is not in the index.
        TypeError
            If the query is a bool or holds anything but real numbers.
        ValueError
            If it has another shape or a value that is not a finite float32, or if it is a row id and the
            codes of this index do not tell vectors.
        """
        if isinstance(query, (int, np.integer)) and not isinstance(query, bool):
            query = self._asked_for(int(query))
        return as_bytes(query, self.dim) if self.engine.stack.is_binary else as_vector(query, self.dim)

    def components(self, query: Any) -> npt.NDArray[np.float32]:
        """Return the numbers of a query, float32 (dim,); of a binary index, its bits as zeros and ones."""
        return self.engine.as_point(self.query_vector(query))

    def transform(self, query: Any) -> npt.NDArray[np.float32]:
        """Return a query as a point among the centroids and ``stored_vectors``, float32 (inner dim,)."""
        return self.engine.as_point(self.engine.transform(self.query_vector(query)))

    def rank(self, query: Any, nprobe: int | None = None) -> CoarseStep:
        """Rank all clusters for a query.

        Parameters
        ----------
        query : int or array_like (dim,)
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
        inner = self.engine.transform(self.query_vector(query))
        return self.engine.rank(inner, None if nprobe is None else self._nprobe(nprobe)).step

    def scan(self, query: Any, clusters: npt.ArrayLike, to_centroids: npt.ArrayLike | None = None) -> Scan:
        """Compare a query with every vector of some clusters.

        Parameters
        ----------
        query : int or array_like (dim,)
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
        inner = self.engine.transform(self.query_vector(query))
        wanted = as_clusters(clusters, self.nlist)
        distances = None if to_centroids is None else as_distances(to_centroids, len(wanted))
        return self._named(self.engine.scan(inner, wanted, distances))

    def scan_from_centroid(self, cluster: int) -> Scan:
        """Compare the centroid of a cluster with every vector in it; as ``scan`` does with a query."""
        cluster = self._cluster(cluster)
        return self._named(self.engine.scan(self.engine.centroids.vector(cluster), np.array([cluster])))

    def nearest(self, scan: Scan, k_max: int, worst: float | None = None) -> Scan:
        """Keep what any search for up to ``k_max`` results could return; see ``model.top_k.keep``."""
        return keep(scan, as_int(k_max, "k_max"), self.similarity, worst)

    def steps(self, query: Any, nprobe: int, k: int) -> Iterator[CoarseStep | FineStep | RefineStep]:
        """Run a search step by step.

        Arguments are those of ``trace`` and are checked at once; the work is done as the steps are asked for.

        Yields
        ------
        CoarseStep, FineStep or RefineStep
            First the ranking, then one fine step per probed cluster in rank order, then the re-ranking where
            the index has one.
        """
        vector = self.query_vector(query)
        nprobe = self._nprobe(nprobe)
        k = as_int(k, "k")
        stepwise = self.splittable and not self.engine.is_limited and self.engine.stack.refine is None
        return self._steps(vector, nprobe) if stepwise else self._traced_steps(vector, nprobe, k)

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
        return self._trace(self.query_vector(query), self._nprobe(nprobe), as_int(k, "k"))

    def _trace(self, vector: npt.NDArray[Any], nprobe: int, k: int) -> SearchTrace:
        engine = self.engine
        inner = engine.transform(vector)
        ranking = engine.rank(inner, nprobe)
        scans = engine.probe(inner, ranking, nprobe)
        ids, distances = engine.best(inner, ranking, scans, engine.first_k(k))
        ids, distances, refine = engine.finish(vector, ids, distances, k)
        scan = self._named(engine.united(scans))
        compared = self.nlist if self.coarse_is_exact else len(ranking.clusters)
        again = 0 if refine is None else len(refine.ids)
        return SearchTrace(
            ranking.step, FineSteps(scan), ids, distances, compared + len(scan.ids) + again, refine
        )

    def _traced_steps(
        self, vector: npt.NDArray[Any], nprobe: int, k: int
    ) -> Iterator[CoarseStep | FineStep | RefineStep]:
        trace = self._trace(vector, nprobe, k)
        yield trace.coarse
        yield from trace.fine
        if trace.refine is not None:
            yield trace.refine

    def _steps(self, vector: npt.NDArray[Any], nprobe: int) -> Iterator[CoarseStep | FineStep]:
        inner = self.engine.transform(vector)
        ranking = self.engine.rank(inner, nprobe)
        yield ranking.step
        for start in range(0, len(ranking.clusters), STEP_CLUSTERS):
            part = slice(start, start + STEP_CLUSTERS)
            scan = self.engine.scan(inner, ranking.clusters[part], ranking.distances[part])
            yield from FineSteps(self._named(scan), first_rank=start + 1)

    def _named(self, scan: Scan) -> Scan:
        """Return a scan with the ids that the whole index reports."""
        ids = self.engine.external_ids(scan.ids)
        return scan if ids is scan.ids else Scan(scan.clusters, scan.lims, ids, scan.distances)

    def _nprobe(self, nprobe: Any) -> int:
        return as_int(nprobe, "nprobe", most=self.nlist, most_name="nlist")
