"""How far the true neighbours of many queries get in searches at a few values of nprobe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.truth.search_stages import Near, Stages
from feder_widget.truth.workloads.recall_curves import Curves


def doubled_up_to(nlist: int) -> npt.NDArray[np.int64]:
    """Return 1, 2, 4, 8, … up to nlist, int64 (p,)."""
    return np.asarray(2 ** np.arange(nlist.bit_length()), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The true neighbours of each query at each stage of a search, at some values of nprobe.

    Attributes
    ----------
    nprobes : int64 (p,)
        Ascending. Nothing is known of others.
    compared, handed_over, returned : int32 (count, p)
        How many of its true neighbours each query is compared with, hands to a second pass (or returns, where
        there is none), and returns.
    """

    nprobes: npt.NDArray[np.int64]
    compared: npt.NDArray[np.int32]
    handed_over: npt.NDArray[np.int32]
    returned: npt.NDArray[np.int32]

    @property
    def count(self) -> int:
        """Number of queries."""
        return len(self.returned)

    def total(self, nlist: int, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the weighted number that all queries return at nprobe 1 to nlist, float64 (nlist,).

        ``weights``, float64 (count,), weigh one neighbour of each query. NaN between the points.
        """
        return self._spread(weights @ self.returned, nlist)

    def at(self, nprobe: int) -> npt.NDArray[np.int64]:
        """Return the number that each query returns at one nprobe, int64 (count,).

        Raises
        ------
        ValueError
            If that nprobe was not searched at.
        """
        return np.asarray(self.returned[:, self.place_of(nprobe)], np.int64)

    def exceeded(self, place: int, nlist: int, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the recall at a position among the sorted recalls of all queries, float64 (nlist,).

        ``counts``, int64 (count,), are the true neighbours of each query; without any its recall is 1. NaN
        between the points.
        """
        recalls = np.where(counts[:, None] == 0, 1.0, self.returned / np.maximum(counts, 1)[:, None])
        return self._spread(np.partition(recalls, place, axis=0)[place], nlist)

    def without_any(self, nlist: int, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the number of queries that return none at nprobe 1 to nlist, float64 (nlist,).

        ``counts``, int64 (count,), are the true neighbours of each query; a query without any does not count.
        NaN between the points.
        """
        is_none = (self.returned == 0) & (counts[:, None] > 0)
        return self._spread(np.count_nonzero(is_none, axis=0).astype(np.float64), nlist)

    def curves_of(self, some: slice) -> Curves:
        """Return the neighbours returned to a run of queries as curves, which change at the points alone."""
        returned = self.returned[some]
        changes = np.diff(returned, prepend=0, axis=1)
        queries, places = np.nonzero(changes)
        return Curves(
            queries.astype(np.int32),
            self.nprobes[places].astype(np.int32),
            changes[queries, places].astype(np.int32),
            len(returned),
        )

    def place_of(self, nprobe: int) -> int:
        """Return the place of an nprobe among ``nprobes``, or raise."""
        place = int(np.searchsorted(self.nprobes, nprobe))
        if place == len(self.nprobes) or self.nprobes[place] != nprobe:
            raise ValueError(
                f"nprobe must be one that was searched at, {', '.join(map(str, self.nprobes))}, got {nprobe}"
            )
        return place

    def _spread(self, values: npt.NDArray[np.float64], nlist: int) -> npt.NDArray[np.float64]:
        spread = np.full(nlist, np.nan)
        spread[self.nprobes - 1] = values
        return spread


def points_of(near: Near, nprobes: npt.NDArray[np.int64], searches: Sequence[Stages]) -> Points:
    """Return the points of one query, from a search at each nprobe."""
    compared = [near.counted(each.compared) for each in searches]
    handed_over = [near.counted(each.handed_over) for each in searches]
    returned = [near.counted(each.returned) for each in searches]
    return Points(nprobes, *(np.array([counts], np.int32) for counts in (compared, handed_over, returned)))


def joined(parts: Sequence[Points]) -> Points:
    """Return the points of several batches of queries, in order, as one."""
    return Points(
        parts[0].nprobes,
        np.concatenate([part.compared for part in parts]),
        np.concatenate([part.handed_over for part in parts]),
        np.concatenate([part.returned for part in parts]),
    )
