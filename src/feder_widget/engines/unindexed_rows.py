"""Vectors without an index, as a workload reads the rows of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.work_pieces import Steps

Ids = npt.NDArray[np.int64]


class UnindexedRows:
    """Vectors, row i for row id i; see ``workload_queries.Rows``.

    Parameters
    ----------
    vectors : array (n, dim)
        The vectors.
    """

    def __init__(self, vectors: Any) -> None:
        self._vectors = vectors

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        return int(self._vectors.shape[1])

    @property
    def list_sizes(self) -> Ids:
        """Number of vectors, int64 (1,)."""
        return np.array([len(self._vectors)])

    def version(self) -> tuple[float, ...]:
        """Return the number of vectors."""
        return (float(len(self._vectors)),)

    def sample_ids_steps(self, size: int, rng: np.random.Generator) -> Steps[Ids]:
        """Draw row ids, each at most once, in one step."""
        yield
        count = len(self._vectors)
        return rng.choice(count, min(size, count), replace=False).astype(np.int64)

    def places(self, ids: npt.ArrayLike) -> tuple[Ids, Ids]:
        """Return 0 and the row of each id; -1 for an unknown one."""
        rows = np.asarray(ids, np.int64)
        known = (rows >= 0) & (rows < len(self._vectors))
        return np.where(known, 0, -1), np.where(known, rows, -1)

    def queries_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[npt.NDArray[np.float32]]:
        """Return the vectors of some rows, float32 (n, dim), in one step."""
        del clusters
        yield
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(self._vectors[np.asarray(ids, np.int64)], np.float32)
