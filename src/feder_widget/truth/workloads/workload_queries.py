"""The queries of a workload: row ids, vectors, or a sample of the index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError, UnknownIdError
from feder_widget.model.array_like import as_array
from feder_widget.model.work_pieces import Steps, drain
from feder_widget.truth.workloads.workload import Source


class Rows(Protocol):
    """The rows of an index, as a workload reads them."""

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        ...

    @property
    def list_sizes(self) -> npt.NDArray[np.int64]:
        """Number of vectors in each cluster."""
        ...

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once the index has changed."""
        ...

    def sample_ids_steps(self, size: int, rng: np.random.Generator) -> Steps[npt.NDArray[np.int64]]:
        """Draw row ids, each stored vector at most once, in steps."""
        ...

    def places(self, ids: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return cluster and offset of each row id, -1 for an unknown one."""
        ...

    def queries_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[npt.NDArray[np.float32]]:
        """Return the vectors that searches for these rows use, float32 (n, dim), in steps."""
        ...


def _nothing_to_draw() -> Steps[None]:
    yield from ()


@dataclass(frozen=True, slots=True, eq=False)
class Queries:
    """The queries of a workload.

    Attributes
    ----------
    source : "sample", "ids" or "vectors"
        Their kind.
    count : int
        Number of queries.
    ids : int64 (count,) or None
        Their row ids; None for vectors. Those of a sample are filled in by ``draw_steps``.
    seed : int or None
        Seed of a sample.
    read_steps : function
        Returns the vectors of a slice of them, float32 (n, dim), in steps.
    draw_steps : function
        Draws a sample, in steps: before anything is read.
    """

    source: Source
    count: int
    ids: npt.NDArray[np.int64] | None
    seed: int | None
    read_steps: Callable[[slice], Steps[npt.NDArray[np.float32]]]
    draw_steps: Callable[[], Steps[None]] = _nothing_to_draw

    def read(self, part: slice) -> npt.NDArray[np.float32]:
        """Return ``read_steps`` at once."""
        return drain(self.read_steps(part))

    def one(self, place: int) -> int | npt.NDArray[np.float32]:
        """Return one of them: its row id, or the vector that was given, float32 (dim,)."""
        if self.ids is not None:
            return int(self.ids[place])
        vector: npt.NDArray[np.float32] = self.read(slice(place, place + 1))[0]
        return vector


def open_queries(index: Rows, queries: Any, seed: int) -> Queries:
    """Check the queries that a caller gives.

    Parameters
    ----------
    index
        Where rows are looked up.
    queries : int, int array_like (n,) or array_like (n, dim)
        A sample size, row ids or vectors.
    seed : int
        For drawing a sample.

    Raises
    ------
    TypeError, ValueError
        If it is none of these, is empty, or holds an unknown id or a value that is not finite.
    """
    wanted = f"queries must be a sample size, row ids (n,) or vectors (n, {index.dim})"
    if isinstance(queries, (bool, np.bool_, str, bytes)) or queries is None:
        raise TypeError(f"{wanted}, got {queries!r}")
    if isinstance(queries, (int, np.integer)):
        if queries < 1:
            raise ValueError(f"{wanted}; a sample has at least 1 query, got {int(queries)}")
        return _sample(index, int(queries), seed)
    try:
        given = as_array(queries, "queries")
    except TypeError as error:
        raise TypeError(f"{wanted}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{wanted}: {error}") from error
    if given.ndim == 0:
        raise TypeError(f"{wanted}, got {type(queries).__name__}")
    if given.size == 0:
        raise ValueError(f"{wanted}, at least one, got none")
    if given.dtype.kind not in "iuf":
        raise TypeError(f"{wanted}, got an array of {given.dtype}")
    if given.ndim == 1 and given.dtype.kind in "iu":
        ids = _checked_ids(index, given)
        return Queries("ids", len(ids), ids, None, lambda part: index.queries_of_steps(ids[part]))
    if given.ndim != 2 or given.shape[1] != index.dim:
        raise ValueError(f"{wanted}, got {given.dtype} of shape {given.shape}")

    def read(part: slice) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(given[part], np.float32)

    for start in range(0, len(given), 4096):
        finite = np.isfinite(read(slice(start, start + 4096))).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"queries must be finite float32 numbers, query {start + int(np.argmin(finite))} is not"
            )

    def read_steps(part: slice) -> Steps[npt.NDArray[np.float32]]:
        yield
        return read(part)

    return Queries("vectors", len(given), None, None, read_steps)


def _checked_ids(index: Rows, given: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if given.dtype == np.uint64 and int(given.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"queries must be row ids that fit in int64, got {int(given.max())}")
    ids = np.ascontiguousarray(given, np.int64)
    unknown = np.flatnonzero(index.places(ids)[0] < 0)
    if len(unknown):
        raise UnknownIdError(f"queries must be row ids of the index, {int(ids[unknown[0]])} is not in it")
    return ids


def _sample(index: Rows, size: int, seed: int) -> Queries:
    ids = np.zeros(min(size, int(index.list_sizes.sum())), np.int64)

    def draw_steps() -> Steps[None]:
        drawn = yield from index.sample_ids_steps(size, np.random.default_rng(seed))
        if len(drawn) != len(ids):
            raise IndexChangedError("the index was changed before its rows were drawn")
        ids[:] = drawn

    return Queries("sample", len(ids), ids, seed, lambda part: index.queries_of_steps(ids[part]), draw_steps)
