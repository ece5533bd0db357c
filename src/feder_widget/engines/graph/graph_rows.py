"""The rows of a graph, or of a flat index: which node each is, and which query it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines import vectors_argument as given_vectors
from feder_widget.errors import UnknownIdError
from feder_widget.model.query import Query
from feder_widget.model.query_vector import as_bits, as_vector
from feder_widget.model.vector_source import VectorSource
from feder_widget.model.work_pieces import Steps

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

_INT64 = np.iinfo(np.int64)


class GraphRows:
    """Reads the rows of a graph by their ids.

    Parameters
    ----------
    file : VectorSource
        The index.
    vectors_given : array (n, dim), optional
        The original vectors, row i for row id i: a row as a query is the given one where codes are stored.
    stored : VectorSource, optional
        Where vectors are read; the index unless given.
    """

    def __init__(
        self, file: VectorSource, vectors_given: Any = None, stored: VectorSource | None = None
    ) -> None:
        self._file = file
        self._stored = file if stored is None else stored
        self._given = None if self._stored.holds_vectors else vectors_given

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        return self._file.dim

    @property
    def list_sizes(self) -> Ids:
        """Number of vectors, int64 (1,)."""
        return np.array([self._file.ntotal])

    def query(self, query: Any) -> Query:
        """Return a caller's query, checked.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If it is no row id that is stored, and no vector of finite numbers.
        """
        if isinstance(query, Query):
            if query.vector.dtype != np.float32 or len(query.vector) != self.dim:
                raise ValueError(
                    f"query must hold float32 of shape ({self.dim},) for this index, "
                    f"got {query.vector.dtype} of shape {query.vector.shape}"
                )
            return query
        if not isinstance(query, (int, np.integer)) or isinstance(query, bool):
            return Query(self._as_vector(query))
        row_id = int(query)
        return Query(self._as_vector(self.vectors([self.node(row_id)])[0]), row_id)

    def _as_vector(self, query: Any) -> Float32Array:
        return as_bits(query, self.dim) if self._file.is_binary else as_vector(query, self.dim)

    def node(self, row_id: int) -> int:
        """Return the node that a row id stands for."""
        if _INT64.min <= row_id <= _INT64.max:
            node = int(self._file.nodes_of(np.array([row_id]))[0])
            if node >= 0:
                return node
            if (self._file.all_ids == row_id).any():
                raise UnknownIdError(
                    f"row id {row_id} is marked as deleted: searches walk through it and never return it"
                )
        raise UnknownIdError(f"row id {row_id} is not in the index of {self._file.ntotal:,} vectors")

    def check_filled(self) -> None:
        """Raise ``ValueError`` where the index holds no vectors any more."""
        if not self._file.ntotal:
            raise ValueError("the index is empty: add() vectors to it first")

    def own_node(self, query: Query, include_self: bool) -> int:
        """Return the node that does not count among a query's neighbours; -1 for none."""
        own = query.left_out(include_self)
        return -1 if own is None else self.node(own)

    def vectors(self, nodes: npt.ArrayLike) -> Float32Array:
        """Return the vectors that searches for nodes use, float32 (n, dim)."""
        wanted = np.asarray(nodes, np.int64)
        if self._given is None:
            return self._stored.vectors_of(wanted)
        rows = given_vectors.vectors_of(self._given, self._file.external_ids(wanted))
        return np.ascontiguousarray(rows, np.float32)

    # What a workload reads; see ``workload_queries.Rows``.

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once the index has changed."""
        return self._file.version()

    def places(self, ids: npt.ArrayLike) -> tuple[Ids, Ids]:
        """Return 0 and the node of each row id; -1 for an unknown one."""
        nodes = self._file.nodes_of(np.asarray(ids, np.int64))
        return np.where(nodes >= 0, 0, -1), nodes

    def queries_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[Float32Array]:
        """Return the vectors that searches for these rows use, float32 (n, dim), in one step."""
        del clusters
        yield
        return self.vectors(self._file.nodes_of(np.asarray(ids, np.int64)))

    def sample_ids_steps(self, size: int, rng: np.random.Generator) -> Steps[Ids]:
        """Draw row ids, each stored vector at most once, in one step."""
        yield
        self.check_filled()
        nodes = np.arange(self._file.ntotal)
        nodes = nodes[self._file.can_be_found(nodes)]
        drawn = nodes[rng.choice(len(nodes), min(size, len(nodes)), replace=False)]
        return self._file.external_ids(drawn.astype(np.int64))
