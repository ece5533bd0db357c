"""Row ids that several stored vectors share: added twice, or merged in from another index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.model.list_runs import runs
from feder_widget.model.pieces import ID_WORK, WHOLE, Steps

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
        Multiplications per piece; see ``model.pieces``.
    """
    every = [np.empty(0, np.int64)]
    for first, last in runs(file.sizes() * ID_WORK + LIST_WORK, work):
        every.append(file.ids_among(first, last))
        yield
    ids = np.concatenate(every)
    least, greatest = (int(ids.min()), int(ids.max())) if len(ids) else (0, 0)
    if greatest - least >= SPREAD * len(ids):
        return _repeated(ids, np.ones(len(ids), np.int64))
    is_seen = np.zeros(greatest - least + 1, bool)
    most = max(1, work // ID_WORK)
    for start in range(0, len(ids), most):
        is_seen[ids[start : start + most] - least] = True
        yield
    if np.count_nonzero(is_seen) == len(ids):
        return _repeated(ids[:0], ids[:0])
    is_seen[:] = False
    further, times = [ids[:0]], [ids[:0]]
    for start in range(0, len(ids), CHUNK):
        found, counts = np.unique(ids[start : start + CHUNK], return_counts=True)
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


def _repeated(ids: Ids, times: Ids) -> RepeatedIds:
    """Return the ids that come more than once, int64 (n,), each as often as ``times``, int64 (n,), says."""
    found, places = np.unique(ids, return_inverse=True)
    counts = np.bincount(places, weights=times, minlength=len(found)).astype(np.int64)
    return RepeatedIds(found[counts > 1], counts[counts > 1])
