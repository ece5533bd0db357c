"""Row ids that several stored vectors share: added twice, or merged in from another index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.model.list_runs import runs
from feder_widget.model.work_pieces import ID_WORK, PIECE_WORK, WHOLE, Steps

SPREAD = 8
"""Numbers per vector, from the least id to the greatest, up to which each of them is marked by a byte."""

CHUNK = 65_536
"""Ids that are sorted at once, where ids between the least and the greatest are marked."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedIds:
    """The row ids that are stored more than once.

    Attributes
    ----------
    ids : int64 (n,)
        Ascending. Vectors without an id, stored under -1, count as any other.
    counts : int64 (n,)
        How often each is stored, at least 2.
    """

    ids: Ids
    counts: Ids

    def copies_of(self, row_id: int) -> int:
        """Return how often a row id that is stored is stored."""
        at = int(np.searchsorted(self.ids, row_id))
        return int(self.counts[at]) if at < len(self.ids) and self.ids[at] == row_id else 1


def repeated_ids_steps(file: InvertedFile, work: int = WHOLE) -> Steps[RepeatedIds]:
    """Find the row ids that are stored more than once, by one pass over all ids, which are held meanwhile.

    Parameters
    ----------
    file : InvertedFile
        The index.
    work : int
        Multiplications per piece at most; see ``model.pieces``.
    """
    every: list[Ids] = []
    # In pieces also where nobody interrupts: all at once, copies of the ids take several times their memory.
    most = max(1, min(work, PIECE_WORK))
    for first, last in runs(file.sizes() * ID_WORK + LIST_WORK, most):
        every.append(file.ids_among(first, last))
        yield
    every = [ids for ids in every if len(ids)]
    total = sum(map(len, every))
    none = np.empty(0, np.int64)
    if not total:
        return RepeatedIds(none, none)
    least, greatest = min(int(ids.min()) for ids in every), max(int(ids.max()) for ids in every)
    if greatest - least >= SPREAD * total:
        return _repeated(np.concatenate(every), np.ones(total, np.int64))
    is_seen = np.zeros(greatest - least + 1, bool)
    for ids in _chunks(every, max(1, most // ID_WORK)):
        is_seen[ids - least] = True
        yield
    if np.count_nonzero(is_seen) == total:
        return RepeatedIds(none, none)
    is_seen[:] = False
    further, times = [none], [none]
    for ids in _chunks(every, CHUNK):
        found, counts = np.unique(ids, return_counts=True)
        # The first time that an id comes does not count.
        counts -= ~is_seen[found - least]
        is_seen[found - least] = True
        further.append(found[counts > 0])
        times.append(counts[counts > 0])
        yield
    again = np.concatenate(further)
    once = np.unique(again)
    times.append(np.ones(len(once), np.int64))
    return _repeated(np.concatenate([again, once]), np.concatenate(times))


def copies_of_steps(file: InvertedFile, row_id: int, work: int = WHOLE) -> Steps[int]:
    """Count the vectors that are stored under one row id, by one pass over all ids."""
    count = 0
    for first, last in runs(file.sizes() * ID_WORK + LIST_WORK, work):
        count += int(np.count_nonzero(file.ids_among(first, last) == row_id))
        yield
    return count


def _chunks(every: list[Ids], most: int) -> Iterator[Ids]:
    """Cut arrays to at most ``most`` ids each."""
    for ids in every:
        for start in range(0, len(ids), most):
            yield ids[start : start + most]


def _repeated(ids: Ids, times: Ids) -> RepeatedIds:
    """Return the ids that come more than once, int64 (n,), each as often as ``times``, int64 (n,), says."""
    found, places = np.unique(ids, return_inverse=True)
    counts = np.bincount(places, weights=times, minlength=len(found)).astype(np.int64)
    return RepeatedIds(found[counts > 1], counts[counts > 1])
