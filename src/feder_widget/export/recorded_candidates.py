"""The candidates that the messages of a recorded search tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feder_widget.export.compressed_recording import Packet
from feder_widget.export.recorded_session import array_of


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCandidates:
    """What one search told of: row ids, distances, and the ranks of their clusters."""

    ids: NDArray[np.int64]
    distances: NDArray[np.float32]
    ranks: NDArray[np.int64]

    @classmethod
    def of(cls, answers: Sequence[Packet]) -> RecordedCandidates:
        """Put the messages of a search together."""
        ids, distances, ranks = [np.empty(0, np.int64)], [np.empty(0, np.float32)], [np.empty(0, np.int64)]
        for packet in answers:
            content, _ = packet
            if content["kind"] in ("fine", "nearest"):
                counts = array_of(packet, "counts")
                ids.append(array_of(packet, "ids"))
                distances.append(array_of(packet, "distances"))
                ranks.append(np.repeat(np.arange(len(counts)) + content["first_rank"], counts))
        return cls(np.concatenate(ids), np.concatenate(distances), np.concatenate(ranks))

    def keys(self, similarity: bool) -> NDArray[np.float32]:
        """Return numbers that are smaller for the nearer."""
        return -self.distances if similarity else self.distances

    def by_rank(self, similarity: bool) -> list[NDArray[np.int64]]:
        """Return the places of the candidates of each cluster, by rank, nearest first."""
        order = np.lexsort((self.keys(similarity), self.ranks))
        parts = np.split(order, np.flatnonzero(np.diff(self.ranks[order])) + 1)
        return [part for part in parts if len(part)]

    def results(self, k: int, similarity: bool) -> NDArray[np.int64]:
        """Return the places of those that are among the k best at some nprobe, the nearest of all first."""
        keys = self.keys(similarity)
        best = np.empty(0, np.int64)
        seen = [best]
        for part in self.by_rank(similarity):
            both = np.concatenate([best, part[:k]])
            best = both[np.argsort(keys[both], kind="stable")[:k]]
            seen.append(best)
        every = np.unique(np.concatenate(seen))
        return every[np.argsort(keys[every], kind="stable")]
