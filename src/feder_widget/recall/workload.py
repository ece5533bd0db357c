"""Many queries at once: recall at every nprobe, its spread, what it costs, and the hardest queries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .explanation import checked_nprobe

Source = Literal["sample", "ids", "vectors"]

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Workload:
    """How an index answers many queries, at every nprobe.

    Everything follows from ``found_at``. Rankings and distances are those of a batch search; for one query
    alone Faiss may use other arithmetic and differ in the last digit.

    Attributes
    ----------
    found_at : int32 (n, m)
        For each query the nprobe at which the first of its m true neighbours is found, the second and so on,
        ascending; nlist + 1 for one that no nprobe finds.
    scanned : float64 (nlist,)
        Mean share of the vectors that are compared at nprobe 1 to nlist.
    k : int
        Neighbours asked for; m is less where the index holds fewer vectors.
    nprobe : int
        The index's own nprobe at the time.
    source : "sample", "ids" or "vectors"
        What the queries are.
    ids : int64 (n,) or None
        The row ids of the queries; None for vectors.
    seed : int or None
        What the sample was drawn with.
    asked : int
        Queries asked for: more than n when the evaluation ended early.
    reason : str or None
        Why it ended early.
    include_self : bool
        Whether the query's own row counts among its neighbours, as it does in a Faiss search.
    exact : bool
        Whether the true neighbours are those of the vectors themselves, not of what a code keeps of them.
    """

    found_at: npt.NDArray[np.int32]
    scanned: npt.NDArray[np.float64]
    k: int
    nprobe: int
    source: Source
    ids: npt.NDArray[np.int64] | None
    seed: int | None
    asked: int
    reason: str | None
    include_self: bool
    exact: bool

    def __len__(self) -> int:
        """Return the number of queries evaluated."""
        return len(self.found_at)

    def __repr__(self) -> str:
        part = "" if len(self) == self.asked else f" of {self.asked:,}"
        recall = (
            "" if len(self) == 0 else f", recall {self.recall[self.nprobe - 1]:.3f} at nprobe {self.nprobe}"
        )
        return f"<Workload of {len(self):,}{part} queries, k={self.k}{recall}>"

    @property
    def nlist(self) -> int:
        """Clusters there are."""
        return len(self.scanned)

    @property
    def nprobe_needed(self) -> npt.NDArray[np.int32]:
        """The smallest nprobe that finds all true neighbours of each query, int32 (n,)."""
        if self.found_at.shape[1] == 0:
            return np.ones(len(self), np.int32)
        return self.found_at[:, -1]

    @cached_property
    def recall(self) -> npt.NDArray[np.float64]:
        """Mean recall at nprobe 1 to nlist, float64 (nlist,): ``recall[nprobe - 1]``."""
        wanted = self.found_at.size
        if wanted == 0:
            return np.ones(self.nlist)
        found = np.bincount(self.found_at.ravel(), minlength=self.nlist + 2)[1 : self.nlist + 1]
        return np.asarray(np.cumsum(found) / wanted)

    def recall_of(self, nprobe: int) -> npt.NDArray[np.float64]:
        """Return the recall of each query at one nprobe, float64 (n,)."""
        wanted = int(checked_nprobe(nprobe, self.nlist))
        if self.found_at.shape[1] == 0:
            return np.ones(len(self))
        return np.asarray((self.found_at <= wanted).mean(axis=1))

    def reached(self, share: float) -> npt.NDArray[np.float64]:
        """Return the recall that a share of the queries reach or exceed, at nprobe 1 to nlist.

        Parameters
        ----------
        share : float
            Above 0, up to 1: 0.5 is the median query, 0.99 all but the worst hundredth, 1 the worst.

        Returns
        -------
        float64 (nlist,)
        """
        levels = self._levels(_fraction(share, "share"))
        found = np.searchsorted(levels, np.arange(1, self.nlist + 1), side="right")
        return found / len(levels) if len(levels) else np.ones(self.nlist)

    def nprobe_for(self, *, recall: float, share: float | None = None) -> int | None:
        """Return the smallest nprobe that gives a recall.

        Parameters
        ----------
        recall : float
            Above 0, up to 1.
        share : float, optional
            The share of the queries that must reach it, above 0, up to 1; otherwise the mean must.

        Returns
        -------
        int or None
            None where not even nprobe = nlist does.
        """
        recall = _fraction(recall, "recall")
        if share is None:
            reached = np.flatnonzero(self.recall >= recall - _ROUNDING)
            return int(reached[0]) + 1 if len(reached) else None
        levels = self._levels(_fraction(share, "share"))
        if len(levels) == 0:
            return 1
        nprobe = int(levels[math.ceil(recall * len(levels) - _ROUNDING) - 1])
        return nprobe if nprobe <= self.nlist else None

    def hardest(self, n: int = 10) -> npt.NDArray[np.int64]:
        """Return the places in the workload of the queries that need most, the hardest first, int64 (n,).

        By the nprobe that finds all their true neighbours, then by those that find all but one, and so on.
        """
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            raise TypeError(f"n must be an int, got {n!r}")
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        keys = -self.found_at.T.astype(np.int64)
        order = np.lexsort(keys) if len(keys) else np.arange(len(self))
        return np.asarray(order[: int(n)], np.int64)

    def to_pandas(self, nprobe: int | None = None) -> Any:
        """Return one row per query, in their order.

        Parameters
        ----------
        nprobe : int, optional
            Where ``recall`` is taken; the index's own nprobe unless given.

        Returns
        -------
        pandas.DataFrame
            Columns ``id`` (where the queries are rows of the index), ``nprobe_needed`` and ``recall``.
        """
        import pandas

        columns: dict[str, Any] = {} if self.ids is None else {"id": self.ids}
        columns["nprobe_needed"] = self.nprobe_needed
        columns["recall"] = self.recall_of(self.nprobe if nprobe is None else nprobe)
        return pandas.DataFrame(columns)

    def _levels(self, share: float) -> npt.NDArray[np.int64]:
        """Return the nprobe from which on a share of the queries find 1, 2, … m neighbours, int64 (m,)."""
        n, m = self.found_at.shape
        if n == 0 or m == 0:
            return np.empty(0, np.int64)
        least = math.ceil(share * n - _ROUNDING)
        return np.asarray(np.partition(self.found_at, least - 1, axis=0)[least - 1], np.int64)


def _fraction(value: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
        raise TypeError(f"{name} must be a number above 0 and up to 1, got {value!r}")
    if not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and up to 1, got {value!r}")
    return float(value)
