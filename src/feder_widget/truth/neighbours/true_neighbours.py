"""The true neighbours of queries: out of the inverted lists, or by the original vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.model.list_runs import runs
from feder_widget.model.places import pack
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.top_k import top_k_places
from feder_widget.model.work_pieces import ID_WORK, WHOLE, Steps
from feder_widget.truth.neighbours.exhaustive_search import Nearest, Stored, nearest_steps, settled
from feder_widget.truth.neighbours.known_neighbours import Known
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.truth.neighbours.own_row import OwnRow
from feder_widget.truth.search_stages import Near
from feder_widget.workers import Workers

Ids = npt.NDArray[np.int64]


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
        """The vectors that can count as a true neighbour."""
        stored = self.stored
        last = stored.distances[self.count - 1 : self.count]
        tied = stored.distances == last if len(last) else np.zeros(0, bool)
        return Near(stored.ids, stored.clusters, tied, self.count)


def by_lists_steps(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    coarse: CoarseStep,
    k: int,
    own: OwnRow | None,
    work: int = WHOLE,
    workers: Workers | None = None,
    known: Known | None = None,
) -> Steps[Neighbours]:
    """Find the vectors whose distances in the inverted lists are least; see ``nearest_steps``.

    ``known`` is what was computed of the query before: then no list is compared.
    """
    if known is None:
        return _neighbours((yield from nearest_steps(file, vector, coarse, k, own, work, workers)))
    ((rows, distances),) = known.nearest(k if own is None else k + own.copies)
    clusters, offsets = yield from file.places_steps(rows, None, work)
    return of_lists(file, coarse, Stored(file.inner_ids(rows), distances, clusters, offsets), k, own)


def of_lists(file: InvertedFile, coarse: CoarseStep, found: Stored, k: int, own: OwnRow | None) -> Neighbours:
    """Return the neighbours among vectors that hold all of them, with the ids in the lists."""
    return _neighbours(settled(file, coarse, found, k, own))


def _neighbours(found: Nearest) -> Neighbours:
    best, near = found.best, found.near
    spare = ~np.isin(pack(near.clusters, near.offsets), pack(best.clusters, best.offsets))
    return Neighbours(Stored.joined([best, near.at(spare)]), len(best))


def by_originals_steps(
    file: InvertedFile,
    originals: Originals,
    queries: npt.NDArray[np.float32],
    k: int,
    own: Ids | None,
    work: int = WHOLE,
    progress: Callable[[float], None] = lambda _: None,
    workers: Workers | None = None,
    known: Known | None = None,
) -> Steps[list[Neighbours]]:
    """Find the vectors whose originals are nearest, for each of several queries.

    A vector that is stored twice under one id is two neighbours; one that is not stored is none.

    Parameters
    ----------
    file : InvertedFile
        The index.
    originals : Originals
        Its vectors.
    queries : float32 (n, dim)
        Not yet transformed.
    k : int
        Neighbours wanted, at least 1.
    own : int64 (n,) or None
        A row id for each query that is left out.
    work : int
        Multiplications per piece.
    progress : function
        Called with the share of the work done since the last call.
    workers : Workers, optional
        Compare the originals, in parts.
    known : Known, optional
        What was computed before: then the originals are not read.

    Raises
    ------
    ValueError
        If the index holds an id that is no row of the vectors.
    """
    wanted = k if own is None else k + 1
    if known is None:
        present = yield from present_steps(file, len(originals), work)
        found = yield from originals.nearest_steps(queries, present, wanted, work, progress, workers)
    else:
        found = known.nearest(wanted)
        progress(1)
    rows_found = np.concatenate([rows for rows, _ in found])
    stored = yield from _stored_under_steps(file, rows_found, len(originals), work)
    neighbours = []
    for i, (rows, distances) in enumerate(found):
        if own is not None:
            rows, distances = rows[rows != own[i]], distances[rows != own[i]]
        neighbours.append(_nearest(stored, rows, distances, k, originals.similarity))
        yield
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


def present_steps(file: InvertedFile, size: int, work: int) -> Steps[npt.NDArray[np.bool_]]:
    """Return which rows are stored, bool (size,)."""
    present = np.zeros(size, bool)
    for first, last in _runs(file, work):
        for cluster in range(first, last):
            ids = file.ids(cluster)
            if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < size:
                raise ValueError(
                    "vectors must hold row i for every row id i, and the index now holds row ids "
                    f"{ids.min()} to {ids.max()} in one cluster, but there are {size} rows"
                )
            present[ids] = True
        yield
    return present


def _stored_under_steps(file: InvertedFile, rows: Ids, size: int, work: int) -> Steps[Stored]:
    """Return where rows are stored, ascending by id; without distances."""
    wanted = np.zeros(size, bool)
    wanted[rows] = True
    ids: list[Ids] = [np.empty(0, np.int64)]
    offsets: list[Ids] = [np.empty(0, np.int64)]
    counts = np.zeros(file.centroids.nlist, np.int64)
    for first, last in _runs(file, work):
        for cluster in range(first, last):
            held = file.ids(cluster)
            try:
                at = np.flatnonzero(wanted[held])
            except IndexError as error:
                raise IndexChangedError(f"cluster {cluster} was changed meanwhile") from error
            if len(at):
                ids.append(held[at])
                offsets.append(at)
                counts[cluster] = len(at)
        yield
    named = np.concatenate(ids)
    order = np.argsort(named, kind="stable")
    clusters = np.repeat(np.arange(len(counts)), counts)
    return Stored(
        named[order], np.full(len(named), np.nan, np.float32), clusters[order], np.concatenate(offsets)[order]
    )


def _runs(file: InvertedFile, work: int) -> Iterator[tuple[int, int]]:
    """Cut the lists into runs whose ids are read at once."""
    return runs(file.sizes() * ID_WORK + LIST_WORK, work)
