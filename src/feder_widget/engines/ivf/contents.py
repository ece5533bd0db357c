"""What an ``IvfIndex`` holds: centroids, lists, rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.facts import Facts
from feder_widget.errors import UnknownIdError
from feder_widget.faiss_internals import transforms
from feder_widget.model.arguments import as_bytes, as_clusters, as_int, as_rows

_INT64 = np.iinfo(np.int64)


class Contents(Facts):
    """Reads what is stored. Nothing that it returns points into Faiss."""

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
        held = self.engine.centroids
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
        row_id = as_int(row_id, "row_id", least=None)
        if _INT64.min <= row_id <= _INT64.max:
            clusters, offsets = self.engine.places(np.array([row_id]))
            if clusters[0] >= 0:
                return int(clusters[0]), int(offsets[0])
        raise UnknownIdError(f"row id {row_id} is not in the index of {self.ntotal:,} vectors")

    def places(self, ids: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the cluster of each row id and its offset there, int64 (n,) both; -1 for an unknown id.

        As ``locate`` for many ids in one pass.
        """
        return self.engine.places(as_rows(ids, "ids", None))

    def vector(self, row_id: int) -> npt.NDArray[Any]:
        """Return the vector of a row as a query, float32 (dim,), or uint8 (dim / 8,) of a binary index.

        What ``faiss_index.reconstruct(row_id)`` returns where Faiss offers it: decoded from its code and
        taken back through the transforms; where the index refines, the vector that it refines with.

        Raises
        ------
        UnknownIdError
            If the id is not in the index.
        ValueError
            If the codes of this index do not tell vectors, or its transforms have no way back.
        """
        row_id = as_int(row_id, "row_id", least=None)
        if _INT64.min <= row_id <= _INT64.max:
            vectors, known = self.engine.vectors_of(np.array([row_id]))
            if known[0]:
                return as_bytes(vectors[0], self.dim) if self.engine.stack.is_binary else vectors[0]
        raise UnknownIdError(f"row id {row_id} is not in the index of {self.ntotal:,} vectors")

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
        return self.engine.vectors_of(*self._wanted(ids, clusters))[0]

    def queries_of(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.float32]:
        """Return what searches for rows ask for, as ``query_vector`` does: the vectors given, or stored.

        Parameters and result as for ``vectors_of``.
        """
        if not self.goes_by_given:
            return self.vectors_of(ids, clusters)
        wanted, homes = self._wanted(ids, clusters)
        known = self.engine.places(wanted, homes)[0] >= 0
        vectors = np.full((len(wanted), self.dim), np.nan, np.float32)
        with np.errstate(over="ignore"):
            vectors[known] = self._given(wanted[known])
        return vectors

    def list_ids(self, cluster: int) -> npt.NDArray[np.int64]:
        """Return a copy of the row ids of one cluster, int64 (n,), in list order."""
        return self.engine.ids(self._cluster(cluster))

    def list_vectors(self, cluster: int, offsets: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of one cluster, or of those at ``offsets``, float32 (n, dim).

        Decoded from what the list holds and taken back through the transforms. Where these have no way back,
        in the space of ``transform``, as ``stored_vectors`` returns them.

        Raises
        ------
        ValueError
            If ``cluster`` or an offset is out of range, or the codes of this index do not tell vectors.
        """
        vectors = self.stored_vectors(cluster, offsets)
        chain = self.engine.stack.chain
        return transforms.backward(chain, vectors) if transforms.is_reversible(chain) else vectors

    def stored_vectors(self, cluster: int, offsets: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of one cluster as they lie among the centroids, float32 (n, inner dim)."""
        cluster = self._cluster(cluster)
        chosen = None if offsets is None else as_rows(offsets, "offsets", self.engine.size(cluster))
        return self.engine.decode(cluster, chosen)

    def sample_ids(self, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return row ids drawn uniformly over the stored vectors, each of them at most once, int64 (n,).

        n is ``size``, or the number of vectors where that is less.
        """
        sizes = self.list_sizes
        ends = np.cumsum(sizes)
        total = int(ends[-1])
        drawn = rng.choice(total, min(size, total), replace=False) if total else np.empty(0, np.int64)
        clusters = np.searchsorted(ends, drawn, side="right")
        ids = np.empty(len(drawn), np.int64)
        for cluster in np.unique(clusters).tolist():
            here = clusters == cluster
            ids[here] = self.engine.ids(cluster)[drawn[here] - (ends[cluster] - sizes[cluster])]
        return ids

    def random_id(self, rng: np.random.Generator | None = None) -> int:
        """Return a row id drawn uniformly over the stored vectors.

        Raises
        ------
        ValueError
            If the index is empty.
        """
        drawn = self.sample_ids(1, rng or np.random.default_rng())
        if not len(drawn):
            raise ValueError("the index holds no vectors to draw a row id from")
        return int(drawn[0])

    def _asked_for(self, row_id: int) -> npt.NDArray[Any]:
        """Return what a search for a row asks for."""
        if not self.goes_by_given:
            return self.vector(row_id)
        self.locate(row_id)
        vector: npt.NDArray[Any] = self._given(np.array([row_id]))[0]
        return vector

    def _given(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the vectors given of rows that are stored; rows may have been added since."""
        rows = len(self.vectors_given)
        beyond = ids[(ids < 0) | (ids >= rows)]
        if len(beyond):
            raise ValueError(
                f"vectors must hold row i for every row id i, and the index now holds row id {beyond[0]}, "
                f"but there are {rows:,} rows"
            )
        vectors: npt.NDArray[Any] = self.vectors_given[ids]
        return vectors

    def _wanted(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
        """Return row ids, and the cluster of each where these are given."""
        wanted = as_rows(ids, "ids", None)
        homes = None if clusters is None else as_clusters(clusters, self.nlist)
        if homes is not None and len(homes) != len(wanted):
            raise ValueError(f"clusters must be as long as ids ({len(wanted)}), got {len(homes)}")
        return wanted, homes

    def _cluster(self, cluster: Any) -> int:
        return as_int(cluster, "cluster", least=0, most=self.nlist - 1, most_name="nlist - 1")
