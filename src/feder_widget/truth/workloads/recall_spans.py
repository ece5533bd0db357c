"""The span of nprobe over which a search returns a vector, where codes stand for vectors: one pass.

A search at nprobe p keeps, by Faiss's rule for ties (see ``model.top_k``), the k best candidates of the first
p clusters. Take a vector whose code is at key d (a smaller key is nearer). Among the first k candidates that
are not worse than d it can be kept beside the ones that tie with it, later it cannot; and it stays as long as
fewer than k others are ahead of it, by key or, in a tie, by id. Their number only grows with p. So a vector
is a result over one span of nprobe: from its cluster's rank to the rank of the cluster that holds the k-th
vector ahead of it, in the order of the scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.keys import keys_of
from feder_widget.model.places import pack
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.neighbours.exhaustive_search import Stored, within
from feder_widget.truth.neighbours.own_row import OwnRow

Ids = npt.NDArray[np.int64]
Keys = npt.NDArray[np.float32]


def why_not(file: InvertedFile) -> str | None:
    """Return why spans do not tell what a search returns, or None where they do."""
    if file.stack.refine is not None:
        return "which vectors are compared once more depends on all that are probed"
    if not file.guarantees.replayable or not file.has_one_scanner:
        return "Faiss passes over some candidates, orders ties in its own way, or merges results"
    if file.why_each_nprobe is not None:
        return file.why_each_nprobe
    if not file.centroids.is_exhaustive:
        return "which clusters the coarse search ranks first depends on nprobe"
    if file.is_limited:
        return "the search stops at max_codes"
    return None


def spans_steps(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    coarse: CoarseStep,
    near: Stored,
    k: int,
    own: OwnRow | None,
    work: int = WHOLE,
) -> Steps[tuple[Ids, Ids]]:
    """Find over which nprobes each of some vectors is a result.

    Parameters
    ----------
    file : InvertedFile
        An index for which ``why_not`` is None.
    vector : float32 (inner dim,)
        The query behind the index's transforms.
    coarse : CoarseStep
        All clusters by rank.
    near : Stored
        The vectors; only their places matter.
    k : int
        Number of results.
    own : OwnRow or None
        A row that is left out: results are those of a search for ``k + copies`` without it.
    work : int
        Multiplications per piece.

    Returns
    -------
    returned_from, returned_until : int64 (n,)
        A search at nprobe p returns it where ``returned_from <= p < returned_until``; nlist + 1 both where
        none does.
    """
    nlist = len(coarse.clusters)
    rank_of = np.empty(nlist, np.int64)
    rank_of[coarse.clusters] = np.arange(1, nlist + 1)
    searched = k if own is None else k + own.copies
    without = None if own is None else own.row_id
    keys = yield from _keys_steps(file, vector, coarse, near, rank_of, work)
    rivals = yield from _rivals_steps(file, vector, coarse, keys, k, without, work)
    begin = np.full(len(near), nlist + 1, np.int64)
    end = begin.copy()
    places = pack(near.clusters, near.offsets)
    for key in np.unique(keys[np.isfinite(keys)]):
        tied = np.flatnonzero(keys == key)
        begin[tied], end[tied] = _spans_at(rivals, key, places[tied], rank_of, k, searched, file.similarity)
        yield
    return begin, end


@dataclass(frozen=True, slots=True, eq=False)
class _Rivals:
    """Candidates that may push out the near vectors, in the order of the scan."""

    keys: Keys
    ids: Ids
    clusters: Ids
    places: Ids
    is_left_out: npt.NDArray[np.bool_]


def _rivals_steps(
    file: InvertedFile,
    vector: npt.NDArray[Any],
    coarse: CoarseStep,
    keys: Keys,
    k: int,
    without: int | None,
    work: int,
) -> Steps[_Rivals]:
    """Collect the candidates at each of these keys, and ahead of it up to the k-th."""
    unsettled = np.unique(keys[np.isfinite(keys)])
    ahead = np.zeros(len(unsettled), np.int64)
    parts: list[Stored] = []
    pieces = within(file, vector, coarse, lambda: float(unsettled[-1]), work)
    # With k vectors ahead of a key, later candidates cannot change its span.
    while len(unsettled) and (found := next(pieces, None)) is not None:
        parts.append(found)
        others = found
        if without is not None:
            others = found.at(file.external_ids(found.ids) != without)
        ahead += np.searchsorted(np.sort(keys_of(others.distances, file.similarity)), unsettled)
        unsettled, ahead = unsettled[ahead < k], ahead[ahead < k]
        yield
    met = Stored.joined(parts)
    return _Rivals(
        keys_of(met.distances, file.similarity),
        met.ids,
        met.clusters,
        pack(met.clusters, met.offsets),
        np.zeros(len(met), bool) if without is None else file.external_ids(met.ids) == without,
    )


def _spans_at(
    rivals: _Rivals, key: np.float32, places: Ids, rank_of: Ids, k: int, searched: int, similarity: bool
) -> tuple[Ids, Ids]:
    """Return the spans of the vectors at one key that are stored at some places."""
    never = len(rank_of) + 1
    not_worse = np.flatnonzero(rivals.keys <= key)
    is_tied = rivals.keys[not_worse] == key
    # Of the vectors at the key, those among the first candidates that a search has room for are kept.
    met = not_worse[~is_tied | (np.arange(len(not_worse)) < searched)]
    is_tied = rivals.keys[met] == key
    ranks = rank_of[rivals.clusters[met]]
    # In the order in which ties are kept: of equal ids the one met first, or last for a similarity.
    by_id = np.argsort(rivals.ids[met], kind="stable")
    standing = np.empty(len(met), np.int64)
    standing[by_id[::-1] if similarity else by_id] = np.arange(len(met))
    begin = np.full(len(places), never, np.int64)
    end = begin.copy()
    tied = np.flatnonzero(is_tied)
    where = dict(zip(rivals.places[met[tied]].tolist(), tied.tolist(), strict=True))
    for n, place in enumerate(places.tolist()):
        i = where.get(place)
        if i is None:
            continue
        ahead = ranks[(~is_tied | (standing < standing[i])) & ~rivals.is_left_out[met]]
        until = int(ahead[k - 1]) if len(ahead) >= k else never
        if ranks[i] < until:
            begin[n], end[n] = ranks[i], until
    return begin, end


def _keys_steps(
    file: InvertedFile, vector: npt.NDArray[Any], coarse: CoarseStep, near: Stored, rank_of: Ids, work: int
) -> Steps[Keys]:
    """Return the keys of the codes of some vectors, float32 (n,); infinite for what a search passes over."""
    keys = np.full(len(near), np.inf, np.float32)
    if not len(near):
        return keys
    places = np.sort(rank_of[np.unique(near.clusters)]) - 1
    part = CoarseStep(coarse.clusters[places], coarse.distances[places])
    sought = pack(near.clusters, near.offsets)
    order = np.argsort(sought)
    for found in within(file, vector, part, lambda: np.inf, work):
        known = pack(found.clusters, found.offsets)
        at = np.searchsorted(sought[order], known)
        here = np.flatnonzero(at < len(order))
        here = here[sought[order[at[here]]] == known[here]]
        keys[order[at[here]]] = keys_of(found.distances[here], file.similarity)
        yield
    return keys
