"""Row ids that several stored vectors share: added twice, or merged in from another index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.model.list_runs import runs
from feder_widget.model.pieces import ID_WORK, WHOLE, Steps

SPREAD = 8
"""Numbers per vector, from the least id to the greatest, up to which each of them is marked by a byte."""

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
    """Find the row ids that are stored more than once, by two passes over all ids.

    Parameters
    ----------
    file : InvertedFile
        The index.
    work : int
        Multiplications per piece; see ``model.pieces``.

    Raises
    ------
    IndexChangedError
        If vectors were added meanwhile.
    """
    total, least, greatest = 0, 0, -1
    for ids in _lists(file, work):
        if ids is None:
            yield
        elif len(ids):
            low, high = int(ids.min()), int(ids.max())
            least, greatest = (min(least, low), max(greatest, high)) if total else (low, high)
            total += len(ids)
    if greatest - least < SPREAD * total:
        is_seen = np.zeros(greatest - least + 1, bool)
        again: list[Ids] = []
        for ids in _lists(file, work):
            if ids is None:
                yield
                continue
            try:
                again.append(ids[is_seen[ids - least]])
                is_seen[ids - least] = True
            except IndexError as error:
                raise IndexChangedError("vectors were added while row ids were read") from error
        further = np.concatenate([np.empty(0, np.int64), *again])
        # Otherwise an id is stored twice in one list.
        if np.count_nonzero(is_seen) + len(further) == total:
            found, counts = np.unique(further, return_counts=True)
            return RepeatedIds(found, counts + 1)
    every = [np.empty(0, np.int64)]
    for ids in _lists(file, work):
        if ids is None:
            yield
        else:
            every.append(ids)
    found, counts = np.unique(np.concatenate(every), return_counts=True)
    return RepeatedIds(found[counts > 1], counts[counts > 1])


def _lists(file: InvertedFile, work: int) -> Iterator[Ids | None]:
    """Yield the ids of each list, and None between pieces."""
    for first, last in runs(file.sizes() * ID_WORK + LIST_WORK, work):
        for cluster in range(first, last):
            yield file.ids(cluster)
        yield None
