"""From which nprobe on a search returns a vector, and at which others push it out: one pass over the codes.

A search at nprobe p keeps, by Faiss's rule for ties (see ``model.top_k``), the k best of the candidates
of the first p clusters. With a code's distance d: the first k candidates that are not worse than d can be
kept beside it if they tie with it, later ones cannot; and it stays as long as fewer than k others are better,
by distance or, among those tied ones, by id. The number of these only grows with p. So a vector is a result
over one span of nprobe: from its cluster's rank to the rank of the cluster that holds the k-th better one, in
the order of the scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import Engine
from feder_widget.model.search_trace import CoarseStep
from feder_widget.truth.exhaustive_search import COUNTED, Stored, not_worse

FIRST_RUN = 16_384
"""Vectors compared at first: enough to see that a badly coded one is not among the k best of so many."""

GROWTH = 4
"""How many times as many each time after that."""

_OFFSET_BITS = 32

Ids = npt.NDArray[np.int64]


def why_not(engine: Engine) -> str | None:
    """Return why spans do not tell what a search returns, or None where they do."""
    if engine.stack.refine is not None:
        return "which vectors are compared once more depends on all that are probed"
    if not engine.guarantees.replayable or not engine.has_one_scanner:
        return "Faiss passes over some candidates, orders ties in its own way, or merges results"
    if engine.why_each_nprobe is not None:
        return engine.why_each_nprobe
    if not engine.centroids.is_exhaustive:
        return "which clusters the coarse search ranks first depends on nprobe"
    if engine.is_limited:
        return "the search stops at max_codes"
    return None


def spans(
    engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, near: Stored, k: int, without: int | None
) -> tuple[Ids, Ids]:
    """Find over which nprobes each of some vectors is a result.

    Parameters
    ----------
    engine : Engine
        An index for which ``why_not`` says nothing.
    vector : float32 (inner dim,)
        The query, as the inverted lists see it.
    coarse : CoarseStep
        All clusters by rank.
    near : Stored
        The vectors; only where they are stored matters.
    k : int
        Number of results.
    without : int or None
        A row id of the whole index: results are then those of a search for k + 1, without that row; for as
        many more as that row is stored times, which is once but for an id that was added again.

    Returns
    -------
    returned_from, returned_until : int64 (n,)
        A search at nprobe p returns it where ``returned_from <= p < returned_until``; nlist + 1 both where
        none does.
    """
    nlist = len(coarse.clusters)
    rank_of = np.empty(nlist, np.int64)
    rank_of[coarse.clusters] = np.arange(1, nlist + 1)
    limits = _Limits(k if without is None else k + engine.copies_of(without), k)
    keys = _keys_of(engine, vector, coarse, near, rank_of)
    rivals = {float(key): _Rivals(float(key), limits) for key in np.unique(keys[np.isfinite(keys)])}
    for part in _runs(engine, coarse):
        open_ = [some for some in rivals.values() if not some.settled]
        if not open_:
            break
        worst = max(some.key for some in open_)
        found = not_worse(engine, vector, part, -worst if engine.similarity else worst)
        seen = _Seen(
            -found.distances if engine.similarity else found.distances,
            found.ids,
            _places(found),
            rank_of[found.clusters],
            np.zeros(len(found), bool) if without is None else engine.external_ids(found.ids) == without,
        )
        for some in open_:
            some.take(seen)
    begin = np.full(len(near), nlist + 1, np.int64)
    end = begin.copy()
    places = _places(near)
    for key, some in rivals.items():
        here = np.flatnonzero(keys == key)
        begin[here], end[here] = some.spans(places[here], nlist, engine.similarity)
    return begin, end


@dataclass(frozen=True, slots=True)
class _Limits:
    """How many better ones push a vector out: of all, and of all but the row that is left out."""

    of_all: int
    of_others: int


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Candidates in the order of the scan, with their keys (less is nearer), ids, places and ranks."""

    keys: npt.NDArray[np.float32]
    ids: Ids
    places: Ids
    ranks: Ids
    own: npt.NDArray[np.bool_]

    def at(self, which: npt.NDArray[np.intp]) -> _Seen:
        return _Seen(
            self.keys[which], self.ids[which], self.places[which], self.ranks[which], self.own[which]
        )


@dataclass(slots=True, eq=False)
class _Rivals:
    """What can push out the vectors whose codes are at one distance."""

    key: float
    limits: _Limits
    not_worse: int = 0
    better: int = 0
    better_others: int = 0
    parts: list[_Seen] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """True when enough strictly better ones have been met: none that comes later matters."""
        return self.better >= self.limits.of_all or self.better_others >= self.limits.of_others

    def take(self, seen: _Seen) -> None:
        """Look at the next candidates."""
        at = np.flatnonzero(seen.keys <= self.key)
        tied = seen.keys[at] == self.key
        entered = np.arange(self.not_worse, self.not_worse + len(at)) < self.limits.of_all
        # Of the strictly better ones, those beyond the one that settles it are not needed, and are many.
        needed = np.cumsum(~tied & ~seen.own[at]) <= self.limits.of_others - self.better_others
        chosen = at[np.where(tied, entered, needed)]
        self.parts.append(seen.at(chosen))
        self.not_worse += len(at)
        self.better += int(np.count_nonzero(~tied))
        self.better_others += int(np.count_nonzero(~tied & ~seen.own[at]))

    def spans(self, places: Ids, nlist: int, similarity: bool) -> tuple[Ids, Ids]:
        """Return the spans of the vectors at some places."""
        met = _joined(self.parts)
        tied = met.keys == self.key
        # In the order in which ties are kept: of equal ids the one met first, or last for a similarity.
        kept = np.lexsort((np.arange(len(met.ids)), met.ids))
        standing = np.empty(len(met.ids), np.int64)
        standing[kept[::-1] if similarity else kept] = np.arange(len(met.ids))
        begin = np.full(len(places), nlist + 1, np.int64)
        end = begin.copy()
        at = {int(place): i for i, place in zip(np.flatnonzero(tied), met.places[tied], strict=True)}
        for n, place in enumerate(places.tolist()):
            i = at.get(place)
            if i is None:
                continue
            ahead = ~tied | (standing < standing[i])
            out = min(
                _nth(met.ranks[ahead], self.limits.of_all, nlist),
                _nth(met.ranks[ahead & ~met.own], self.limits.of_others, nlist),
            )
            if met.ranks[i] < out:
                begin[n], end[n] = met.ranks[i], out
        return begin, end


def _nth(ranks: Ids, n: int, nlist: int) -> int:
    """Return the n-th of some ascending ranks, nlist + 1 where there are fewer."""
    return int(ranks[n - 1]) if len(ranks) >= n else nlist + 1


def _keys_of(
    engine: Engine, vector: npt.NDArray[Any], coarse: CoarseStep, near: Stored, rank_of: Ids
) -> npt.NDArray[np.float32]:
    """Return the distances to codes, less being nearer, float32 (n,); infinite for what is passed over."""
    if not len(near):
        return np.empty(0, np.float32)
    places = np.sort(rank_of[np.unique(near.clusters)]) - 1
    part = CoarseStep(coarse.clusters[places], coarse.distances[places])
    found = not_worse(engine, vector, part, -np.inf if engine.similarity else np.inf)
    order = np.argsort(_places(found))
    known, sought = _places(found)[order], _places(near)
    keys = np.full(len(near), np.inf, np.float32)
    if len(known):
        at = np.minimum(np.searchsorted(known, sought), len(known) - 1)
        here = known[at] == sought
        distances = found.distances[order[at[here]]]
        keys[here] = -distances if engine.similarity else distances
    return keys


def _runs(engine: Engine, coarse: CoarseStep) -> Iterator[CoarseStep]:
    """Cut a ranking into runs of clusters, small ones first."""
    ends = np.cumsum(engine.sizes()[coarse.clusters])
    room, first = FIRST_RUN, 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + room, side="right")))
        yield CoarseStep(coarse.clusters[first:last], coarse.distances[first:last])
        first, room = last, min(COUNTED, room * GROWTH)


def _joined(parts: list[_Seen]) -> _Seen:
    return _Seen(
        *(
            np.concatenate(column)
            for column in zip(
                *((some.keys, some.ids, some.places, some.ranks, some.own) for some in parts), strict=True
            )
        )
    )


def _places(stored: Stored) -> Ids:
    return stored.clusters << _OFFSET_BITS | stored.offsets
