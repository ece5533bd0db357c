"""How far each vector that can count as a true neighbour gets in a search, at any nprobe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import traced_search
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.truth.ledger import Basis, Ledger
from feder_widget.truth.neighbours.exhaustive_search import Stored
from feder_widget.truth.neighbours.own_row import OwnRow

Mask = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """How far each of some vectors gets in one search; each stage is a subset of the one before.

    Attributes
    ----------
    compared : bool (n,)
        The search compares the query with it.
    handed_over : bool (n,)
        It is among the best by its code: the candidates of the re-ranking, or the results where nothing is
        re-ranked.
    returned : bool (n,)
        It is a result.
    """

    compared: Mask
    handed_over: Mask
    returned: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """All vectors that can count as one of the true neighbours of a query.

    Attributes
    ----------
    ids : int64 (n,)
        Row ids: the true neighbours, nearest first, then all others at the distance of the last of them.
    clusters : int64 (n,)
        Their clusters.
    tied : bool (n,)
        Which of them are at that distance.
    count : int
        Number of true neighbours.
    nearest_ranks : int64 (n,) or None
        The ranks of their clusters in an exact coarse search: the nprobe from which on it would probe them.
        None where the coarse search is exact, or where its distances do not tell.
    """

    ids: Ids
    clusters: Ids
    tied: Mask
    count: int
    nearest_ranks: Ids | None = None

    @property
    def places(self) -> int:
        """How many of the tied ones count."""
        return self.count - int(np.count_nonzero(~self.tied))

    def counted(self, mask: Mask) -> int:
        """Return how many true neighbours are among some of the vectors, bool (n,)."""
        return int(np.count_nonzero(mask & ~self.tied)) + min(
            int(np.count_nonzero(mask & self.tied)), self.places
        )

    def lost(self, before: Mask, after: Mask) -> Ids:
        """Return the ids of as many as are counted in ``before`` but not in its subset ``after``."""
        lost: Ids = self.ids[self._lost_places(before, after)]
        return lost

    def ledger(self, stages: Stages, nprobe: int, basis: Basis) -> Ledger:
        """Return what became of the true neighbours."""
        everything, nothing = np.ones(len(self.ids), bool), np.zeros(len(self.ids), bool)
        coarse = self._lost_places(everything, stages.compared)
        nearest = self.nearest_ranks
        wrongly = coarse[:0] if nearest is None else coarse[nearest[coarse] <= nprobe]
        return Ledger(
            nprobe=nprobe,
            hits=self.lost(stages.returned, nothing),
            lost_to_coarse=self.ids[coarse],
            lost_to_code=self.lost(stages.compared, stages.handed_over),
            lost_to_rerank=self.lost(stages.handed_over, stages.returned),
            basis=basis,
            wrongly_ranked=self.ids[wrongly],
        )

    def _lost_places(self, before: Mask, after: Mask) -> npt.NDArray[np.intp]:
        gone = before & ~after
        strictly = gone & ~self.tied
        few = self.counted(before) - self.counted(after) - int(np.count_nonzero(strictly))
        tied = np.flatnonzero(gone & self.tied)[:few]
        return np.sort(np.concatenate([np.flatnonzero(strictly), tied]))


class Presence(Protocol):
    """How far the near vectors get in a search at each nprobe."""

    @property
    def near(self) -> Near:
        """The near vectors."""
        ...

    def stages(self, nprobe: int) -> Stages:
        """Return how far each gets."""
        ...

    def hits(self, nprobes: Ids) -> Ids:
        """Return how many true neighbours are found at each nprobe, int64 (n,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Each vector is returned over a span of nprobe: from its cluster's rank until others push it out.

    Attributes
    ----------
    near : Near
        The vectors.
    nlist : int
        Number of clusters.
    compared_from : int64 (n,)
        The nprobe from which on a search compares the query with each; nlist + 1 for never.
    returned_from, returned_until : int64 (n,)
        It is a result where ``returned_from <= nprobe < returned_until``. Both are nlist + 1 for one that
        never is.
    """

    near: Near
    nlist: int
    compared_from: Ids
    returned_from: Ids
    returned_until: Ids

    def stages(self, nprobe: int) -> Stages:
        """Return how far each gets."""
        returned = (self.returned_from <= nprobe) & (nprobe < self.returned_until)
        return Stages(self.compared_from <= nprobe, returned, returned)

    def hits(self, nprobes: Ids) -> Ids:
        """Return how many true neighbours are found at each nprobe, int64 (n,)."""
        return self.curve()[nprobes - 1]

    def curve(self) -> Ids:
        """Return how many are found at nprobe 1 to nlist, int64 (nlist,)."""
        return self._curve(self.returned_from, self.returned_until)

    def reachable(self) -> Ids:
        """Return how many are compared at nprobe 1 to nlist, int64 (nlist,)."""
        return self._curve(self.compared_from, np.full(len(self.compared_from), self.nlist + 1))

    def _curve(self, begin: Ids, end: Ids) -> Ids:
        near, tied = self.near, self.near.tied

        def held(which: Mask) -> Ids:
            size = self.nlist + 2
            change = np.bincount(begin[which], minlength=size) - np.bincount(end[which], minlength=size)
            return np.cumsum(change)[1 : self.nlist + 1]

        return np.asarray(held(~tied) + np.minimum(held(tied), near.places), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """Each nprobe takes a search to know how far the vectors get.

    Attributes
    ----------
    near : Near
        The vectors.
    run : function
        Searches at an nprobe and returns the ``Stages``.
    reason : str
        Why it takes a search.
    """

    near: Near
    run: Callable[[int], Stages]
    reason: str

    def stages(self, nprobe: int) -> Stages:
        """Return how far each gets."""
        return self.run(nprobe)

    def hits(self, nprobes: Ids) -> Ids:
        """Return how many true neighbours are found at each nprobe, int64 (n,)."""
        found = [self.near.counted(self.run(nprobe).returned) for nprobe in nprobes.ravel().tolist()]
        return np.array(found, np.int64).reshape(nprobes.shape)


def first_reaching(curve: Ids, count: int) -> Ids:
    """Return the first nprobe that reaches 1, 2, … ``count``, int64 (count,); nlist + 1 where none does.

    ``curve`` is the number at nprobe 1 to nlist, int64 (nlist,), and may fall.
    """
    highest = np.maximum.accumulate(curve)
    return np.searchsorted(highest, np.arange(1, count + 1), side="left") + 1


def stages_of_search(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    near: Stored,
    k: int,
    nprobe: int,
    own: OwnRow | None,
) -> Stages:
    """Search as Faiss does, and look for some vectors at each stage.

    Of several vectors that are stored under one id, the compared ones count as returned first; as they stand
    for one original, none is nearer than another.

    Parameters
    ----------
    file : InvertedFile
        The index.
    vector : float32 (dim,), or uint8 (dim / 8,) of a binary index
        The query before the index's transforms.
    near : Stored
        The vectors, with the ids of the whole index.
    k, nprobe : int
        Results wanted, and clusters to probe.
    own : OwnRow or None
        A row that is left out: the search asks for ``k + copies`` results and drops that row from them.
    """
    ranking, ids, handed_over = _search(file, vector, nprobe, k if own is None else k + own.copies)
    returned = ids[ids != -1] if own is None else ids[own.others(ids, k)]
    if handed_over is None:
        handed_over = returned
    compared = _compared(file, ranking, near)
    nth = _occurrences(near.ids, compared)
    first = compared & (nth < _counts(handed_over, near.ids))
    return Stages(compared, first, first & (nth < _counts(returned, near.ids)))


def _search(file: InvertedFile, vector: npt.NDArray[Any], nprobe: int, k: int) -> tuple[Ids, Ids, Ids | None]:
    """Return the clusters probed, the ids of k results, and the ids that are re-ranked where any are."""
    trace = traced_search.trace(file, vector, nprobe, k)
    return trace.ranking.clusters, trace.ids, None if trace.refine is None else trace.refine.ids


def _compared(file: InvertedFile, probed: Ids, near: Stored) -> Mask:
    """Return which vectors are in the probed clusters, and before the search stops."""
    # A multi-index may name a cluster twice: the first time counts.
    clusters, first = np.unique(probed, return_index=True)
    begins = np.full(file.centroids.nlist, -1, np.int64)
    sizes = file.sizes()[probed]
    begins[clusters] = (np.cumsum(sizes) - sizes)[first]
    begin = begins[near.clusters]
    limit = file.parts[0].limit
    return (begin >= 0) & ((begin + near.offsets < limit) if limit > 0 else True)


def _occurrences(ids: Ids, compared: Mask) -> Ids:
    """Return how many with the same id stand before each, compared ones first, int64 (n,)."""
    order = np.lexsort((~compared, ids))
    ordered = ids[order]
    nth = np.empty(len(ids), np.int64)
    nth[order] = np.arange(len(ids)) - np.searchsorted(ordered, ordered)
    return nth


def _counts(results: Ids, ids: Ids) -> Ids:
    """Return how often each id is among the results, int64 (n,)."""
    ordered = np.sort(results)
    return np.searchsorted(ordered, ids, side="right") - np.searchsorted(ordered, ids, side="left")
