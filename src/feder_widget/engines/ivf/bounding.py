"""What geometry says of the clusters that a search of an ``IvfIndex`` leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.searching import Searching
from feder_widget.faiss_internals.unwrap import Stack
from feder_widget.model.arguments import as_int
from feder_widget.model.search_trace import SearchTrace
from feder_widget.truth import Certainty, cluster_bounds
from feder_widget.truth.cluster_bounds import Geometry
from feder_widget.truth.surveyor import Surveyor


class Bounding(Searching):
    """Bounds distances by where the clusters are and how far they extend."""

    def __init__(self, stack: Stack, *, vectors_given: Any = None) -> None:
        super().__init__(stack, vectors_given=vectors_given)
        self._surveyor = Surveyor(self.engine.sizes, lambda: cluster_bounds.survey(self.engine))

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
        vector, nprobe, k = self.query_vector(query), self._nprobe(nprobe), as_int(k, "k")
        best = self.bounds(vector)
        trace = self.trace(vector, nprobe, min(k, self.ntotal + 1))
        left_out = np.ones(self.nlist, bool)
        left_out[self._compared_whole(trace)] = False
        worst = trace.distances[-1]
        if trace.ids[-1] == -1:
            worst = np.float32(-np.inf if self.similarity else np.inf)
        still = best > worst if self.similarity else best < worst
        return Certainty(
            open=int(np.count_nonzero(still & left_out)), unprobed=int(np.count_nonzero(left_out))
        )

    def refresh(self) -> None:
        """Forget what is known, after vectors were replaced or the index was trained anew.

        That is what was measured of the clusters, and of the coarse quantizer. Added vectors are noticed.
        """
        self.engine.centroids.refresh()
        self._surveyor.forget()

    def survey(self) -> Iterator[Geometry | None]:
        """Measure the clusters bit by bit, for ``bounds``; yields what is known when it is more, or None."""
        return self._surveyor.run()

    def known_bounds(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
        """Return the ``bounds`` of a query that is a vector, if the clusters have been measured."""
        measured = self._surveyor.known()
        return (
            None
            if measured is None
            else cluster_bounds.bounds(measured, self.transform(vector), self.similarity)
        )

    def _compared_whole(self, trace: SearchTrace) -> npt.NDArray[np.int64]:
        """Return the clusters whose vectors a search has all looked at, int64 (n,)."""
        probed = np.array([step.cluster for step in trace.fine], np.int64)
        if not self.limited:
            return probed
        if len(self.engine.parts) > 1:
            return probed[:0]
        return probed[np.cumsum(self.list_sizes[probed]) <= self.engine.parts[0].limit]
