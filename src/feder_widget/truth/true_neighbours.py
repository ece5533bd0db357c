"""The true neighbours of queries: out of the inverted lists, or by the original vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import Engine
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.top_k import top_k_places
from feder_widget.truth.exhaustive_search import Stored, nearest_of_all
from feder_widget.truth.original_vectors import Originals
from feder_widget.truth.search_stages import Near

Ids = npt.NDArray[np.int64]

_OFFSET_BITS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The true neighbours of one query.

    Attributes
    ----------
    stored : Stored
        The k nearest, nearest first, then all others that are as near as the last of them; with the ids of
        the whole index.
    count : int
        How many of them are the k nearest: k, or fewer where there are fewer vectors.
    """

    stored: Stored
    count: int

    @property
    def best(self) -> Stored:
        """The k nearest."""
        return self.stored.at(np.arange(self.count))

    @property
    def near(self) -> Near:
        """What counts as a true neighbour."""
        distances = self.stored.distances
        last = distances[self.count - 1 : self.count]
        return Near(self.stored.ids, distances == last if len(last) else np.zeros(0, bool), self.count)


def by_lists(
    engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, k: int, without: int | None
) -> Neighbours:
    """Find those whose distances in the inverted lists are least; see ``nearest_of_all``."""
    found = nearest_of_all(engine, vector, coarse, k, without)
    spare = found.near.at(np.flatnonzero(~np.isin(_places(found.near), _places(found.best))))
    return Neighbours(_joined(found.best, spare), len(found.best))


def by_originals(
    engine: Engine,
    originals: Originals,
    queries: npt.NDArray[np.float32],
    k: int,
    own: Ids | None,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Neighbours]:
    """Find those whose original vectors are nearest, for each of several queries.

    A vector that is stored twice under one id is two neighbours; one that is not stored is none.

    Parameters
    ----------
    engine : Engine
        The index.
    originals : Originals
        Its vectors.
    queries : float32 (n, dim)
        Not yet transformed.
    k : int
        Neighbours wanted, at least 1.
    own : int64 (n,) or None
        A row id for each query that is left out.
    progress : function
        Called with the share of the work done since the last call.

    Raises
    ------
    ValueError
        If the index holds an id that is no row of the vectors.
    """
    found = originals.nearest(
        queries, _present(engine, len(originals)), k if own is None else k + 1, progress
    )
    stored = _stored_under(engine, np.concatenate([rows for rows, _ in found]), len(originals))
    neighbours = []
    for i, (rows, distances) in enumerate(found):
        if own is not None:
            rows, distances = rows[rows != own[i]], distances[rows != own[i]]
        neighbours.append(_nearest(stored, rows, distances, k, originals.similarity))
    return neighbours


def _nearest(
    stored: Stored, rows: Ids, distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> Neighbours:
    first = np.searchsorted(stored.ids, rows, side="left")
    counts = np.searchsorted(stored.ids, rows, side="right") - first
    at = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
    entries = Stored(stored.ids[at], np.repeat(distances, counts), stored.clusters[at], stored.offsets[at])
    best = top_k_places(entries.ids, entries.distances, k, similarity)
    if not len(best):
        return Neighbours(entries.at(best), 0)
    spare = entries.distances == entries.distances[best[-1]]
    spare[best] = False
    return Neighbours(entries.at(np.concatenate([best, np.flatnonzero(spare)])), len(best))


def _present(engine: Engine, size: int) -> npt.NDArray[np.bool_]:
    """Return which rows are stored, bool (size,)."""
    present = np.zeros(size, bool)
    for cluster in range(engine.centroids.nlist):
        ids = engine.ids(cluster)
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < size:
            raise ValueError(
                f"vectors must hold row i for every row id i, and the index now holds row ids {ids.min()} to "
                f"{ids.max()} in one cluster, but there are {size} rows"
            )
        present[ids] = True
    return present


def _stored_under(engine: Engine, rows: Ids, size: int) -> Stored:
    """Return where rows are stored, ascending by id; without distances."""
    wanted = np.zeros(size, bool)
    wanted[rows] = True
    ids: list[Ids] = [np.empty(0, np.int64)]
    offsets: list[Ids] = [np.empty(0, np.int64)]
    counts = np.zeros(engine.centroids.nlist, np.int64)
    for cluster in range(engine.centroids.nlist):
        held = engine.ids(cluster)
        at = np.flatnonzero(wanted[held])
        if len(at):
            ids.append(held[at])
            offsets.append(at)
            counts[cluster] = len(at)
    named = np.concatenate(ids)
    order = np.argsort(named, kind="stable")
    clusters = np.repeat(np.arange(len(counts)), counts)
    return Stored(
        named[order], np.full(len(named), np.nan, np.float32), clusters[order], np.concatenate(offsets)[order]
    )


def _joined(first: Stored, second: Stored) -> Stored:
    return Stored(
        np.concatenate([first.ids, second.ids]),
        np.concatenate([first.distances, second.distances]),
        np.concatenate([first.clusters, second.clusters]),
        np.concatenate([first.offsets, second.offsets]),
    )


def _places(stored: Stored) -> Ids:
    return stored.clusters << _OFFSET_BITS | stored.offsets
