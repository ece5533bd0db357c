"""How many true neighbours many queries find at every nprobe, where that may fall as well as rise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ENTRIES = 4_000_000
"""Numbers held at once while queries are ordered at each nprobe."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """A step function of nprobe for each query, as its changes.

    Attributes
    ----------
    queries : int32 (c,)
        Places of queries, ascending.
    nprobes : int32 (c,)
        The nprobe of each change, ascending within a query.
    changes : int32 (c,)
        Change in neighbours found.
    count : int
        Number of queries.
    """

    queries: npt.NDArray[np.int32]
    nprobes: npt.NDArray[np.int32]
    changes: npt.NDArray[np.int32]
    count: int

    def total(self, nlist: int, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the weighted sum over the queries at nprobe 1 to nlist, float64 (nlist,).

        ``weights``, float64 (count,), weigh one neighbour of each query.
        """
        changes = self.changes * weights[self.queries]
        at = np.bincount(self.nprobes, weights=changes, minlength=nlist + 1)[1 : nlist + 1]
        return np.asarray(np.cumsum(at))

    def at(self, nprobe: int) -> npt.NDArray[np.int64]:
        """Return the number of each query at one nprobe, int64 (count,)."""
        here = self.nprobes <= nprobe
        found = np.bincount(self.queries[here], weights=self.changes[here], minlength=self.count)
        return np.asarray(found, np.int64)

    def without_any(self, nlist: int, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the number of queries that find none at nprobe 1 to nlist, int64 (nlist,).

        ``counts``, int64 (count,), are the true neighbours of each query; a query without any does not count.
        """
        is_first = np.diff(self.queries, prepend=-1) != 0
        found = np.cumsum(self.changes, dtype=np.int64)
        of_earlier_queries = (found - self.changes)[is_first]
        found -= of_earlier_queries[np.cumsum(is_first) - 1]
        before = found - self.changes
        change = (found == 0).astype(np.int64) - (before == 0)
        at = np.bincount(self.nprobes, weights=change, minlength=nlist + 1)[1 : nlist + 1]
        return np.asarray(np.count_nonzero(counts) + np.cumsum(at), np.int64)

    def of(self, some: slice) -> Curves:
        """Return the curves of a run of queries."""
        start, stop, _ = some.indices(self.count)
        begin, end = np.searchsorted(self.queries, [start, stop])
        here = slice(begin, end)
        return Curves(
            self.queries[here] - np.int32(start), self.nprobes[here], self.changes[here], stop - start
        )

    def exceeded(self, place: int, nlist: int, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the recall at a position among the sorted recalls of all queries, at nprobe 1 to nlist.

        ``counts``, int64 (count,), are the true neighbours of each query; without any its recall is 1.
        """
        most, without = np.maximum(counts, 1)[:, None], (counts == 0)[:, None]
        return np.concatenate(
            [
                np.partition(np.where(without, 1.0, part / most), place, axis=0)[place]
                for part in self._parts(nlist)
            ]
        )

    def _parts(self, nlist: int) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the neighbours found by all queries, int64 (count, width), at successive runs of nprobe."""
        width = max(1, ENTRIES // max(1, self.count))
        before = np.zeros(self.count, np.int64)
        for start in range(1, nlist + 1, width):
            stop = min(start + width, nlist + 1)
            part = np.zeros((self.count, stop - start), np.int64)
            here = (start <= self.nprobes) & (self.nprobes < stop)
            part[self.queries[here], self.nprobes[here] - start] = self.changes[here]
            part[:, 0] += before
            np.cumsum(part, axis=1, out=part)
            before = part[:, -1].copy()
            yield part


def curves_of(rows: Sequence[npt.NDArray[np.int64]]) -> Curves:
    """Return curves from their values at nprobe 1 to nlist, int64 (nlist,) each."""
    changes = [np.diff(row, prepend=0) for row in rows]
    at = [np.flatnonzero(change) for change in changes]
    none = [np.empty(0, np.int32)]
    return Curves(
        np.repeat(np.arange(len(rows), dtype=np.int32), [len(places) for places in at]),
        np.concatenate([*none, *((places + 1).astype(np.int32) for places in at)]),
        np.concatenate(
            [*none, *(change[places].astype(np.int32) for change, places in zip(changes, at, strict=True))]
        ),
        len(rows),
    )


def rising_curves(found_at: npt.NDArray[np.int32], nlist: int) -> Curves:
    """Return curves that never fall, from the nprobe that finds each neighbour.

    ``found_at``, int32 (n, m), ascends for each query; 0 stands for no neighbour, nlist + 1 for one that is
    never found.
    """
    queries, places = np.nonzero((found_at > 0) & (found_at <= nlist))
    nprobes = found_at[queries, places]
    # One change stands for all neighbours that the same nprobe finds.
    is_first = (np.diff(queries, prepend=-1) != 0) | (np.diff(nprobes, prepend=0) != 0)
    starts = np.flatnonzero(is_first)
    changes = np.diff(np.append(starts, len(queries)))
    return Curves(queries[starts].astype(np.int32), nprobes[starts], changes.astype(np.int32), len(found_at))


def joined(parts: Sequence[Curves]) -> Curves:
    """Return the curves of several batches of queries, in order, as one."""
    before = np.cumsum([0, *(part.count for part in parts)])
    none = np.empty(0, np.int32)
    return Curves(
        np.concatenate(
            [
                none,
                *(
                    (part.queries + first).astype(np.int32)
                    for part, first in zip(parts, before, strict=False)
                ),
            ]
        ),
        np.concatenate([none, *(part.nprobes for part in parts)]),
        np.concatenate([none, *(part.changes for part in parts)]),
        int(before[-1]),
    )
