"""The candidates that are drawn: all, or a sample that holds every result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

GOLDEN = (5**0.5 - 1) / 2
ROOT = 2**0.5


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Candidates of one search, by rank of their cluster, then in list order.

    Attributes
    ----------
    clusters : int64 (n,)
        Cluster of each.
    ranks : int64 (n,)
        Rank of that cluster, 1 = nearest.
    offsets : int64 (n,)
        Place in the inverted list.
    ids : int64 (n,)
        Row ids.
    distances : float32 (n,)
        Distances to the query as the engine reports them.
    turns : float64 (n,)
        Order of precedence in a smaller sample: smallest first. Negative for results.
    total : int
        Candidates in the probed clusters.
    """

    clusters: NDArray[np.int64]
    ranks: NDArray[np.int64]
    offsets: NDArray[np.int64]
    ids: NDArray[np.int64]
    distances: NDArray[np.float32]
    turns: NDArray[np.float64]
    total: int

    @classmethod
    def joined(cls, parts: Sequence[Sample], total: int) -> Sample:
        """Return the candidates of all parts, in their order."""
        none = np.empty(0, np.int64)
        held = [cls(none, none, none, none, np.empty(0, np.float32), np.empty(0), 0), *parts]
        return cls(
            np.concatenate([part.clusters for part in held]),
            np.concatenate([part.ranks for part in held]),
            np.concatenate([part.offsets for part in held]),
            np.concatenate([part.ids for part in held]),
            np.concatenate([part.distances for part in held]),
            np.concatenate([part.turns for part in held]),
            total,
        )

    def __len__(self) -> int:
        """Return the number of candidates held."""
        return len(self.ids)

    def first(self, limit: int) -> NDArray[np.intp]:
        """Return the places, ascending, of at most ``limit`` candidates; smaller choices lie in larger."""
        if len(self) <= limit:
            return np.arange(len(self))
        # Stable, because a partition breaks ties at will.
        return np.sort(np.argsort(self.turns, kind="stable")[:limit])

    def at(self, places: NDArray[np.intp]) -> Sample:
        """Return the candidates at these places."""
        return replace(
            self,
            clusters=self.clusters[places],
            ranks=self.ranks[places],
            offsets=self.offsets[places],
            ids=self.ids[places],
            distances=self.distances[places],
            turns=self.turns[places],
        )


def turns_of(clusters: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each place in an inverted list, evenly spread over every list."""
    return np.asarray(((offsets + 1) * GOLDEN + clusters * ROOT) % 1.0)
