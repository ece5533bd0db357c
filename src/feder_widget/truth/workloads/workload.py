"""Many queries at once: recall against nprobe, its spread, its cost, and the hardest queries."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from feder_widget.model.page_functions import save_html, to_html
from feder_widget.model.plot_functions import plot
from feder_widget.model.shares import recall_number
from feder_widget.truth.explanation import one_nprobe
from feder_widget.truth.ledger import WITHOUT_VECTORS, Basis, MeanLedger
from feder_widget.truth.origin import Origin
from feder_widget.truth.workloads.recall_curves import Curves, rising_curves
from feder_widget.truth.workloads.recall_points import Points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Source = Literal["sample", "ids", "vectors"]

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Workload:
    """The recall of many queries at every nprobe, or at 1, 2, 4, 8, … where each takes a search.

    All of it follows from ``found_at``; by exact distances under lossy codes, where a larger nprobe may lose
    a neighbour again, and where each nprobe takes a search, from ``curves``. Rankings and distances are those
    of a batch search; for one query alone Faiss may use other arithmetic and differ in the last digit.

    Attributes
    ----------
    found_at : int32 (n, m)
        For each query the smallest nprobe evaluated that finds 1, 2, … of its true neighbours, ascending;
        nlist + 1 where none does. A query with fewer true neighbours begins with zeros: stored copies of its
        own row are left out, and vectors whose distance is no finite number.
    scanned : float64 (nlist,)
        Mean share of the vectors compared at nprobe 1 to nlist, 0 to 1.
    k : int
        Neighbours asked for; m is less where the index holds fewer vectors.
    nprobe : int
        The index's own nprobe at the time.
    source : "sample", "ids" or "vectors"
        Kind of the queries.
    ids : int64 (n,) or None
        The row ids of the queries; None for vectors.
    seed : int or None
        Seed of the sample.
    asked : int
        Queries asked for: more than n when the evaluation ended early.
    reason : str or None
        Why it ended early.
    include_self : bool
        Whether the query's own row counts among its neighbours, as it does in a Faiss search.
    exact : bool
        Whether the true neighbours are those of the vectors themselves, not of codes.
    compared_at : int32 (n, m) or None
        The smallest nprobe that compares each query with 1, 2, … of its true neighbours, likewise. None where
        comparing them finds them.
    curves : Curves, Points or None
        True neighbours that each query finds at every nprobe, or at those searched at. None where their
        number never falls: ``found_at`` holds it then.
    given : bool
        Whether the true neighbours are by the vectors given to ``open_index``.
    nearest_clusters : int32 (n,) or None
        The cluster at rank 1 of each query; -1 where the coarse search finds none.
    origin : Origin or None
        The index and the queries, for ``save_html``; None where it came from another process.
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
    compared_at: npt.NDArray[np.int32] | None = None
    curves: Curves | Points | None = None
    given: bool = False
    nearest_clusters: npt.NDArray[np.int32] | None = None
    origin: Origin | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return the number of queries evaluated."""
        return len(self.found_at)

    def __repr__(self) -> str:
        part = "" if len(self) == self.asked else f" of {self.asked:,}"
        recall = ""
        if len(self):
            nprobe = self.evaluated_below(self.nprobe)
            recall = f", recall {recall_number(self.recall[nprobe - 1], 3)} at nprobe {nprobe}"
        return f"<Workload of {len(self):,}{part} queries, k={self.k}{recall}>"

    @property
    def basis(self) -> Basis:
        """Definition of the true neighbours: by the vectors given, vectors stored in the index, or codes."""
        if not self.exact:
            return "codes"
        return "vectors" if self.given else "lists"

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        return len(self.scanned)

    @property
    def evaluated_at(self) -> npt.NDArray[np.int64]:
        """The values of nprobe that recall is known at, ascending, int64 (p,): all, or 1, 2, 4, 8, …."""
        return self.curves.nprobes if isinstance(self.curves, Points) else np.arange(1, self.nlist + 1)

    def evaluated_below(self, nprobe: int) -> int:
        """Return the largest nprobe that recall is known at, up to this one."""
        at = self.evaluated_at
        return int(at[np.searchsorted(at, one_nprobe(nprobe, self.nlist), side="right") - 1])

    @property
    def nprobe_needed(self) -> npt.NDArray[np.int32]:
        """The smallest nprobe evaluated that finds all true neighbours of each query, int32 (n,).

        nlist + 1 where none does.
        """
        if self.found_at.shape[1] == 0:
            return np.ones(len(self), np.int32)
        return np.asarray(np.maximum(self.found_at[:, -1], 1), np.int32)

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Number of true neighbours of each query, int64 (n,): m, or fewer where it has fewer."""
        return np.asarray(np.count_nonzero(self.found_at, axis=1), np.int64)

    @cached_property
    def recall(self) -> npt.NDArray[np.float64]:
        """Mean recall at nprobe 1 to nlist, float64 (nlist,): ``recall[nprobe - 1]``.

        A query without true neighbours has missed none: its recall is 1. NaN where it was not evaluated.
        """
        if self.curves is None:
            return self._share(self.found_at)
        return self._mean(self.curves.total(self.nlist, self._weights))

    def recall_of(self, nprobe: int) -> npt.NDArray[np.float64]:
        """Return the recall of each query at one nprobe, float64 (n,).

        Raises
        ------
        ValueError
            If nprobe is none of ``evaluated_at``.
        """
        wanted = one_nprobe(nprobe, self.nlist)
        if self.curves is None:
            found = np.count_nonzero((self.found_at > 0) & (self.found_at <= wanted), axis=1)
        else:
            found = self.curves.at(wanted)
        return np.where(self.counts == 0, 1.0, found / np.maximum(self.counts, 1))

    @cached_property
    def zero_recall(self) -> npt.NDArray[np.float64]:
        """Share of the queries that find no true neighbour, at nprobe 1 to nlist, float64 (nlist,).

        A query without true neighbours has missed none and is not among them. NaN where it was not evaluated.
        """
        if self.found_at.size == 0:
            return np.zeros(self.nlist)
        if self.curves is not None:
            none = self.curves.without_any(self.nlist, self.counts)
            return np.asarray(none / len(self), np.float64)
        with_any = np.flatnonzero(self.counts)
        first = self.found_at[with_any, self.found_at.shape[1] - self.counts[with_any]]
        found = np.cumsum(np.bincount(first, minlength=self.nlist + 2)[1 : self.nlist + 1])
        return np.asarray((len(with_any) - found) / len(self), np.float64)

    def curves_of(self, some: slice) -> Curves:
        """Return the true neighbours that a run of queries find, as changes at the values evaluated."""
        if self.curves is None:
            return rising_curves(self.found_at[some], self.nlist)
        return self.curves.of(some) if isinstance(self.curves, Curves) else self.curves.curves_of(some)

    def ledger(self, nprobe: int) -> MeanLedger:
        """Return the mean shares of the true neighbours lost at each stage, at one nprobe.

        Raises
        ------
        ValueError
            If the true neighbours are as the codes see them, so that the code can lose none, or if nprobe is
            none of ``evaluated_at``.
        """
        wanted = one_nprobe(nprobe, self.nlist)
        if self.basis == "codes":
            raise ValueError(WITHOUT_VECTORS)
        if isinstance(self.curves, Points):
            return self._ledger_of(self.curves, wanted)
        compared = float(
            self._share(self.found_at if self.compared_at is None else self.compared_at)[wanted - 1]
        )
        recall = float(self.recall[wanted - 1])
        # An index that re-ranks is evaluated by searches.
        return MeanLedger(wanted, recall, 1 - compared, compared - recall, 0.0, self.basis)

    def reached(self, share: float) -> npt.NDArray[np.float64]:
        """Return the recall that a share of the queries reach or exceed, at nprobe 1 to nlist.

        NaN where it was not evaluated.

        Parameters
        ----------
        share : float
            Above 0, up to 1: 0.5 is the median query, 0.99 all but the worst hundredth, 1 the worst.

        Returns
        -------
        float64 (nlist,)
        """
        share = _fraction(share, "share")
        if len(self) == 0:
            return np.ones(self.nlist)
        if self.curves is not None:
            place = len(self) - _at_least(share, len(self))
            return self.curves.exceeded(place, self.nlist, self.counts)
        recalls, nprobes = self._levels(share)
        if not len(recalls):
            return np.ones(self.nlist)
        reached = np.searchsorted(nprobes, np.arange(1, self.nlist + 1), side="right")
        return np.append(0.0, recalls)[reached]

    def nprobe_for(self, *, recall: float, share: float | None = None) -> int | None:
        """Return the smallest nprobe evaluated that gives a recall.

        Where curves fall, a larger one may give less.

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
        if share is None or self.curves is not None:
            curve = self.recall if share is None else self.reached(share)
            enough = np.flatnonzero(curve >= recall - _ROUNDING)
            return int(enough[0]) + 1 if len(enough) else None
        recalls, nprobes = self._levels(_fraction(share, "share"))
        if not len(recalls):
            return 1
        nprobe = int(nprobes[np.searchsorted(recalls, recall - _ROUNDING)])
        return nprobe if nprobe <= self.nlist else None

    def hardest(self, n: int = 10, *, nprobe: int | None = None) -> npt.NDArray[np.int64]:
        """Return the positions in the workload of the hardest queries, the hardest first, int64 (n,).

        Parameters
        ----------
        n : int
            Number of queries, at most.
        nprobe : int, optional
            By the lowest recall at this nprobe. Otherwise, and where recall is the same, by the largest
            nprobe needed: for all true neighbours, then for all but one, and so on.

        Raises
        ------
        ValueError
            If nprobe is none of ``evaluated_at``.
        """
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            raise TypeError(f"n must be an int, got {n!r}")
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}")
        keys = [*-self.found_at.T.astype(np.int64)]
        if nprobe is not None:
            keys.append(self.recall_of(nprobe))
        order = np.lexsort(keys) if len(keys) else np.arange(len(self))
        return np.asarray(order[: int(n)], np.int64)

    def to_pandas(self, nprobe: int | None = None) -> Any:
        """Return a frame with one row per query, in order.

        Parameters
        ----------
        nprobe : int, optional
            The nprobe of ``recall``; unless given, the index's own, or the next smaller one of
            ``evaluated_at``.

        Returns
        -------
        pandas.DataFrame
            Columns ``id`` (where the queries are rows of the index), ``nprobe_needed`` and ``recall``.
        """
        import pandas

        columns: dict[str, Any] = {} if self.ids is None else {"id": self.ids}
        columns["nprobe_needed"] = self.nprobe_needed
        columns["recall"] = self.recall_of(self.evaluated_below(self.nprobe) if nprobe is None else nprobe)
        return pandas.DataFrame(columns)

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw mean recall at every nprobe, and its spread; see ``figures.workload``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``nprobe`` and ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("workload", self, ax, options)

    def save_html(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Save the workload with its hardest queries as one page that needs no kernel and no network.

        Parameters
        ----------
        path
            The file to write. An older one stays whole until the new one is.
        options
            ``nprobe`` to begin with (by default the index's own), ``hardest`` (how many queries are saved; by
            default 20), ``title``, ``max_bytes``; ``images``, ``labels``, ``data``, ``id``, ``columns``,
            ``label`` and ``image`` as for ``FederWidget``.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        IndexChangedError
            If the index has changed since.
        ValueError
            If this came from another process, where its index is; and as ``FederWidget.save_html``.
        """
        return save_html(self, path, options)

    def to_html(self, *, height: int = 760, **options: Any) -> str:
        """Return the page of ``save_html`` as an ``iframe`` for another page, ``height`` CSS pixels high."""
        return to_html(self, height, options)

    def _ledger_of(self, points: Points, nprobe: int) -> MeanLedger:
        place, most = points.place_of(nprobe), np.maximum(self.counts, 1)
        compared, handed_over, returned = (
            float(np.mean(np.where(self.counts == 0, 1.0, counts[:, place] / most))) if len(self) else 1.0
            for counts in (points.compared, points.handed_over, points.returned)
        )
        return MeanLedger(
            nprobe, returned, 1 - compared, compared - handed_over, handed_over - returned, self.basis
        )

    def _share(self, at: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Return the mean share reached at nprobe 1 to nlist, float64 (nlist,), from the nprobe of each."""
        weights = np.repeat(self._weights, at.shape[1])
        come = np.bincount(at.ravel(), weights=weights, minlength=self.nlist + 2)
        return self._mean(np.cumsum(come[1 : self.nlist + 1]))

    @property
    def _weights(self) -> npt.NDArray[np.float64]:
        """Weight of one neighbour of each query, float64 (n,): 1 where the query has all m of them."""
        return np.asarray(self.found_at.shape[1] / np.maximum(self.counts, 1))

    def _mean(self, weighed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the mean recall from the weighted number of neighbours that all queries find."""
        if self.found_at.size == 0:
            return np.ones(self.nlist)
        found_all = np.count_nonzero(self.counts == 0)
        return np.asarray((weighed + found_all * self.found_at.shape[1]) / self.found_at.size)

    def _levels(self, share: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return all possible recalls, ascending, and the nprobe at which the share of queries reaches each.

        Both (l,); empty where no query has true neighbours.
        """
        n, m = self.found_at.shape
        least = _at_least(share, n)
        numbers = np.unique(self.counts[self.counts > 0])
        if numbers.tolist() == [m] and self.counts.all():
            nprobes = np.partition(self.found_at, least - 1, axis=0)[least - 1]
            return np.arange(1, m + 1) / m, nprobes.astype(np.int64)
        recalls = np.unique(np.concatenate([np.zeros(0), *(np.arange(1, c + 1) / c for c in numbers)]))
        rows, spare = np.arange(n), m - self.counts
        nprobes = np.empty(len(recalls), np.int64)
        for level, recall in enumerate(recalls):
            places = spare + np.ceil(recall * self.counts - _ROUNDING).astype(np.int64) - 1
            found = np.where(self.counts == 0, 1, self.found_at[rows, np.minimum(places, m - 1)])
            nprobes[level] = np.partition(found, least - 1)[least - 1]
        return recalls, nprobes


def _at_least(share: float, count: int) -> int:
    """Return the least number that is a share of ``count``, at least 1."""
    return max(1, math.ceil(share * count - _ROUNDING))


def _fraction(value: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
        raise TypeError(f"{name} must be a number above 0 and up to 1, got {value!r}")
    if not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and up to 1, got {value!r}")
    return float(value)
