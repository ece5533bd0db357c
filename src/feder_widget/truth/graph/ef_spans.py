"""From which efSearch on a search of a graph finds each true neighbour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.truth.search_stages import Near

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

EVERY = 64
"""Up to here a search is made at every efSearch where one walk does not tell."""

OFTEN = 1024
"""Up to here it is made at ``AN_OCTAVE`` values from one power of two to the next; beyond, at these only."""

AN_OCTAVE = 8


def searched_values(ef_max: int) -> Ids:
    """Return the values of efSearch, up to ``ef_max``, at which to search where one walk does not tell.

    All up to 64, then eight from one power of two to the next up to 1,024, then 2,048, 4,096, … and
    ``ef_max``, ascending, int64 (s,).
    """
    doubled = 1 << np.arange(int(ef_max).bit_length())
    between = (doubled[:, None] * (8 + np.arange(AN_OCTAVE)) // 8)[doubled < OFTEN]
    values = np.unique(np.concatenate([np.arange(1, EVERY + 1), between.reshape(-1), doubled, [ef_max]]))
    return values[values <= ef_max]


@dataclass(frozen=True, slots=True, eq=False)
class EfSpans:
    """From which efSearch on a search finds each vector that can count as a true neighbour.

    ``ntotal + 1`` stands for an efSearch where none serves.

    Attributes
    ----------
    near : Near
        The true neighbours, and all others at the distance of the last of them.
    visited_from : int64 (n,)
        The smallest efSearch that visits each.
    handed_from, handed_until : int64 (n,)
        It is among the nearest by the distances of the walk, and handed to the second pass, where
        ``handed_from <= efSearch < handed_until``. The same as below where there is no second pass.
    returned_from, returned_until : int64 (n,)
        It is a result where ``returned_from <= efSearch < returned_until``. Nearer codes may push one out
        again; elsewhere ``returned_until`` is ``ntotal + 1``.
    k_base : int
        Nodes that the first pass keeps: k where there is no second pass.
    ntotal : int
        Vectors in the index.
    holds_until : int
        The largest efSearch up to which this holds. Beyond it, nodes of one distance were expanded, or a
        result that was pushed out comes back, and only a search tells.
    search : function
        Returns which of ``near`` the index's own search finds at an efSearch, bool (n,).
    """

    near: Near
    visited_from: Ids
    handed_from: Ids
    handed_until: Ids
    returned_from: Ids
    returned_until: Ids
    k_base: int
    ntotal: int
    holds_until: int
    search: Callable[[int], Mask]

    def returned(self, ef_search: int) -> Mask:
        """Return which are results at an efSearch, bool (n,)."""
        # Beyond ntotal nothing changes, but the engine makes room for as many.
        ef_search = min(ef_search, max(1, self.ntotal))
        if ef_search > self.holds_until:
            return self.search(ef_search)
        found: Mask = (self.returned_from <= ef_search) & (ef_search < self.returned_until)
        return found

    def hits(self, ef_search: int) -> int:
        """Return how many true neighbours are results at an efSearch."""
        return self.near.counted(self.returned(ef_search))

    def found_at(self, ef_max: int) -> Ids:
        """Return the smallest efSearch that finds 1, 2, … m true neighbours, ascending, int64 (m,).

        ``ntotal + 1`` where none up to ``ef_max`` does. Beyond ``holds_until``, of ``searched_values``.
        """
        return self.first_of(*self.hits_by_ef(ef_max))

    def first_of(self, values: Ids, found: Ids) -> Ids:
        """Return ``found_at`` from what ``hits_by_ef`` returns."""
        places = np.searchsorted(np.maximum.accumulate(found), np.arange(1, self.near.count + 1))
        return np.append(values, self.ntotal + 1)[places]

    def hits_by_ef(self, ef_max: int, *, also: int = 1) -> tuple[Ids, Ids]:
        """Return the values of efSearch at which the number of true neighbours found changes, and the number.

        Each int64 (c,), ascending from 1 to ``ef_max``. Beyond ``holds_until``, the values are
        ``searched_values`` and ``also``, by a search at each.
        """
        spans = np.concatenate([self.returned_from, self.returned_until])
        spans = spans[spans <= self.holds_until]
        searched = np.append(searched_values(ef_max), also)
        values = np.unique(np.concatenate([spans, [1], searched[searched > self.holds_until]]))
        values = values[(values >= 1) & (values <= ef_max)]
        return values, np.array([self.hits(value) for value in values.tolist()], np.int64)
