"""The rows of an inverted file: where each is stored, which query it stands for, and samples of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines import vectors_argument as given_vectors
from feder_widget.errors import IndexChangedError, UnknownIdError
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.faiss_internals.layers import transforms
from feder_widget.model.query import Query
from feder_widget.model.query_vector import as_bytes, as_vector
from feder_widget.model.work_pieces import ID_WORK, Steps

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

_INT64 = np.iinfo(np.int64)


class Rows:
    """Reads rows by their ids. Arguments are checked, except that an id may be unknown.

    Parameters
    ----------
    file : InvertedFile
        The index.
    vectors_given : array (n, dim), optional
        The original vectors, row i for row id i.
    """

    def __init__(self, file: InvertedFile, vectors_given: Any = None) -> None:
        self._file = file
        self._vectors_given = vectors_given

    @property
    def are_given(self) -> bool:
        """True when a row as a query is the given vector: the index holds codes, or fewer dimensions."""
        return self._vectors_given is not None and not self._file.stores_originals

    def query_steps(self, query: Any, work: int) -> Steps[Query]:
        """Return a caller's query, checked; a row id is found in steps."""
        if isinstance(query, Query):
            return self._fitting(query)
        if not isinstance(query, (int, np.integer)) or isinstance(query, bool):
            return Query(self._checked(query))
        row_id = int(query)
        if self.are_given:
            yield from self.place_steps(row_id, work)
            vector: npt.NDArray[Any] = given_vectors.vectors_of(self._vectors_given, np.array([row_id]))[0]
        else:
            vector = yield from self.vector_steps(row_id, work)
        return Query(self._checked(vector), row_id)

    def place_steps(self, row_id: int, work: int, home: int | None = None) -> Steps[tuple[int, int]]:
        """Return the cluster and the offset of a row, or raise ``UnknownIdError``.

        The row in the cluster ``home`` counts, if there is one.
        """
        for homes in (None,) if home is None else (np.array([home]), None):
            clusters, offsets = yield from self._file.places_steps(self._one(row_id), homes, work)
            if clusters[0] >= 0:
                return int(clusters[0]), int(offsets[0])
        raise self._unknown(row_id)

    def vector_steps(self, row_id: int, work: int) -> Steps[npt.NDArray[Any]]:
        """Return the vector stored for a row, as a query."""
        vectors, known = yield from self._file.vectors_of_steps(self._one(row_id), None, work)
        if not known[0]:
            raise self._unknown(row_id)
        return as_bytes(vectors[0], self._file.dim) if self._file.stack.is_binary else vectors[0]

    def queries_of_steps(self, ids: Ids, homes: Ids | None, work: int) -> Steps[Float32Array]:
        """Return the queries that rows stand for, float32 (n, dim): the vectors given, or stored."""
        if not self.are_given:
            return (yield from self._file.vectors_of_steps(ids, homes, work))[0]
        clusters, _ = yield from self._file.places_steps(ids, homes, work)
        known = clusters >= 0
        vectors = np.full((len(ids), self._file.dim), np.nan, np.float32)
        with np.errstate(over="ignore"):
            vectors[known] = given_vectors.vectors_of(self._vectors_given, ids[known])
        return vectors

    def list_vectors(self, cluster: int, offsets: Ids | None) -> Float32Array:
        """Return the vectors of one cluster before the transforms where these can be reversed."""
        vectors = self._file.decode(cluster, offsets)
        chain = self._file.stack.chain
        return transforms.backward(chain, vectors) if transforms.is_reversible(chain) else vectors

    def sample_steps(self, size: int, rng: np.random.Generator, work: int) -> Steps[Ids]:
        """Draw row ids uniformly over the stored vectors, each at most once, int64 (n,)."""
        sizes = self._file.sizes()
        ends = np.cumsum(sizes)
        total = int(ends[-1])
        drawn = rng.choice(total, min(size, total), replace=False) if total else np.empty(0, np.int64)
        order = np.argsort(drawn)
        clusters = np.searchsorted(ends, drawn[order], side="right")
        first = np.flatnonzero(np.diff(clusters, prepend=-1))
        ids = np.empty(len(drawn), np.int64)
        done = 0
        # Without a draw, the only part has no cluster.
        for cluster, part in zip(clusters[first].tolist(), np.split(order, first[1:]), strict=False):
            if done >= work:
                done = 0
                yield
            try:
                ids[part] = self._file.ids(cluster, drawn[part] - (ends[cluster] - sizes[cluster]))
            except IndexError as error:
                raise IndexChangedError(f"cluster {cluster} was changed meanwhile") from error
            done += LIST_WORK + len(part) * ID_WORK
        return ids

    def random_row(self, rng: np.random.Generator) -> tuple[int, int]:
        """Return the id and the cluster of a row drawn uniformly over the stored vectors."""
        sizes = self._file.sizes()
        ends = np.cumsum(sizes)
        if not int(ends[-1]):
            raise ValueError("the index holds no vectors to draw a row id from")
        drawn = int(rng.integers(int(ends[-1])))
        cluster = int(np.searchsorted(ends, drawn, side="right"))
        try:
            ids = self._file.ids(cluster, np.array([drawn - int(ends[cluster] - sizes[cluster])]))
        except IndexError as error:
            raise IndexChangedError(f"cluster {cluster} was changed meanwhile") from error
        return int(ids[0]), cluster

    def _checked(self, vector: Any) -> npt.NDArray[Any]:
        dim = self._file.dim
        return as_bytes(vector, dim) if self._file.stack.is_binary else as_vector(vector, dim)

    def _fitting(self, query: Query) -> Query:
        width = self._file.dim // 8 if self._file.stack.is_binary else self._file.dim
        dtype = np.uint8 if self._file.stack.is_binary else np.float32
        if query.vector.dtype != dtype or len(query.vector) != width:
            raise ValueError(
                f"query must hold {np.dtype(dtype)} of shape ({width},) for this index, "
                f"got {query.vector.dtype} of shape {query.vector.shape}"
            )
        return query

    def _one(self, row_id: int) -> Ids:
        if not _INT64.min <= row_id <= _INT64.max:
            raise self._unknown(row_id)
        return np.array([row_id])

    def _unknown(self, row_id: int) -> UnknownIdError:
        return UnknownIdError(f"row id {row_id} is not in the index of {self._file.ntotal:,} vectors")
