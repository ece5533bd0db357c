"""Beyond the probed clusters: true neighbours, and where a row stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.searching import Searching
from feder_widget.faiss_internals import comparison_space, family_name
from feder_widget.faiss_internals.coarse_ranking import Ranking
from feder_widget.model.search_trace import CoarseStep
from feder_widget.truth import (
    Basis,
    Explanation,
    Found,
    Ledger,
    Verdict,
    recall_spans,
    search_stages,
    true_neighbours,
)
from feder_widget.truth.batch import can_batch, find_batch
from feder_widget.truth.exhaustive_search import count_nearer
from feder_widget.truth.ledger import WITHOUT_VECTORS
from feder_widget.truth.original_vectors import Originals
from feder_widget.truth.presence import Presence, Searches, Spans, first_reaching
from feder_widget.truth.recall_curves import curves_of
from feder_widget.truth.true_neighbours import Neighbours

SIFTED = 0.5
"""Share of an evaluation by original vectors that finding the true neighbours counts for in its progress."""

SIFTED_TOGETHER = 128
"""Queries that are compared with the original vectors at once, which are read anew for the next ones."""


def basis_of(index: Searching) -> Basis:
    """Return what the true neighbours of an index are by."""
    if index.goes_by_given:
        return "vectors"
    return "lists" if index.exact else "codes"


def explain(index: Searching, vector: npt.NDArray[Any], k: int, without: int | None) -> Explanation:
    """Find the k true neighbours of a query that is a vector, leaving out one row id if that is wanted."""
    k = _at_most_all(index, k)
    ranking = _ranking(index, vector)
    found = _neighbours(index, vector, k, without, ranking)
    best = found.best
    return Explanation(
        ids=best.ids,
        distances=best.distances,
        clusters=best.clusters,
        ranks=_rank_of(ranking)[best.clusters],
        presence=_presence(index, vector, ranking, found, k, without),
        nlist=index.nlist,
        basis=basis_of(index),
        distance_name=_distance_name(index),
    )


def ledger(index: Searching, vector: npt.NDArray[Any], k: int, nprobe: int, without: int | None) -> Ledger:
    """Search, and say what became of the k true neighbours of a query that is a vector."""
    _check_ledger(index)
    k = _at_most_all(index, k)
    found = _neighbours(index, vector, k, without, _ranking(index, vector))
    return _ledger(index, vector, found, k, nprobe, without)


def ledgers(
    index: Searching, vectors: npt.NDArray[np.float32], own: npt.NDArray[np.int64] | None, k: int, nprobe: int
) -> Iterator[Ledger]:
    """Do the same for several queries, with one pass over the original vectors where there are any."""
    _check_ledger(index)
    k = _at_most_all(index, k)
    found = None
    if basis_of(index) == "vectors":
        found = true_neighbours.by_originals(index.engine, _originals(index), vectors, k, own)
    for i in range(len(vectors)):
        vector, without = index.query_vector(vectors[i]), None if own is None else int(own[i])
        ranking = _ranking(index, vector)
        one = _neighbours(index, vector, k, without, ranking) if found is None else found[i]
        yield _ledger(index, vector, one, k, nprobe, without)


def found_at_of_many(
    index: Searching,
    vectors: npt.NDArray[np.float32],
    parts: list[slice],
    own: npt.NDArray[np.int64] | None,
    k: int,
    progress: Callable[[float], None],
) -> Iterator[Found]:
    """Find at which nprobe the k true neighbours of many queries are found; see ``find_batch``."""

    def find_one(i: int) -> npt.NDArray[np.int64]:
        vector = index.query_vector(vectors[i])
        found = explain(index, vector, k, None if own is None else int(own[i])).found_at
        return np.pad(found, (k - len(found), 0))

    engine = index.engine
    if basis_of(index) != "vectors" and can_batch(engine):
        inner = np.stack([engine.transform(vector) for vector in vectors]) if engine.stack.chain else vectors
        hidden = None if own is None else engine.inner_ids(own)
        for each in find_batch(
            engine.stack.ivf, inner, parts, hidden, k, index.similarity, progress, find_one
        ):
            yield Found(*each)
        return
    if basis_of(index) == "vectors":
        yield from _found_by_originals(index, vectors, own, k, progress)
        return
    for i in range(len(vectors)):
        found = find_one(i)[None].astype(np.int32)
        scanned = _compared(index, _ranking(index, index.query_vector(vectors[i])).step)
        progress(1 / len(vectors))
        yield Found(found, scanned)


def _at_most_all(index: Searching, k: int) -> int:
    """Return k, or as many as there are, for which room must be made."""
    return min(k, max(1, index.ntotal))


def why_no_curve(index: Searching) -> str | None:
    """Return why recall at every nprobe cannot be told from one pass, or None where it can."""
    return (
        recall_spans.why_not(index.engine) if basis_of(index) == "vectors" else index.engine.why_each_nprobe
    )


def _found_by_originals(
    index: Searching,
    vectors: npt.NDArray[np.float32],
    own: npt.NDArray[np.int64] | None,
    k: int,
    progress: Callable[[float], None],
) -> Iterator[Found]:
    originals = _originals(index)
    count = len(vectors)
    for start in range(0, count, SIFTED_TOGETHER):
        some = slice(start, min(start + SIFTED_TOGETHER, count))
        sifted = (some.stop - some.start) / count

        def on(share: float, sifted: float = sifted) -> None:
            progress(SIFTED * share * sifted)

        mine = None if own is None else own[some]
        every = true_neighbours.by_originals(index.engine, originals, vectors[some], k, mine, on)
        for i, one in enumerate(every, start):
            vector = index.query_vector(vectors[i])
            ranking = _ranking(index, vector)
            spans = _spans(index, vector, ranking, one, k, None if own is None else int(own[i]))
            curve = spans.curve()
            found = np.zeros((2, 1, k), np.int32)
            found[0, 0, k - one.count :] = first_reaching(curve, one.count)
            found[1, 0, k - one.count :] = first_reaching(spans.reachable(), one.count)
            scanned = _compared(index, ranking.step)
            progress((1 - SIFTED) / count)
            yield Found(found[0], scanned, found[1], curves_of([curve]))


def _neighbours(
    index: Searching, vector: npt.NDArray[Any], k: int, without: int | None, ranking: Ranking
) -> Neighbours:
    engine = index.engine
    if basis_of(index) == "vectors":
        own = None if without is None else np.array([without])
        return true_neighbours.by_originals(engine, _originals(index), vector[None], k, own)[0]
    return true_neighbours.by_lists(engine, engine.transform(vector), ranking.step, k, without)


def _originals(index: Searching) -> Originals:
    ivf = index.engine.stack.ivf
    return Originals(
        index.vectors_given,
        comparison_space.metric_chain(index.engine.stack),
        ivf.metric_type,
        ivf.metric_arg,
    )


def _distance_name(index: Searching) -> str:
    if basis_of(index) != "vectors":
        return family_name.of_codes(index.distance_name, index.exact)
    return family_name.exact_distance(
        index.engine.stack.ivf, comparison_space.metric_chain(index.engine.stack)
    )


def _presence(
    index: Searching,
    vector: npt.NDArray[Any],
    ranking: Ranking,
    found: Neighbours,
    k: int,
    without: int | None,
) -> Presence:
    reason = why_no_curve(index)
    if reason is None:
        return _spans(index, vector, ranking, found, k, without)
    return Searches(
        found.near, lambda nprobe: search_stages.of_search(index, vector, found, k, nprobe, without), reason
    )


def _spans(
    index: Searching,
    vector: npt.NDArray[Any],
    ranking: Ranking,
    found: Neighbours,
    k: int,
    without: int | None,
) -> Spans:
    stored, coarse = found.stored, ranking.step
    reached = _reached(index, ranking, _rank_of(ranking)[stored.clusters], stored.offsets)
    begin, end = reached, np.full(len(stored), index.nlist + 1)
    if basis_of(index) == "vectors":
        inner = index.engine.transform(vector)
        begin, end = recall_spans.spans(index.engine, inner, coarse, stored, k, without)
    return Spans(found.near, index.nlist, reached, begin, end)


def _ledger(
    index: Searching, vector: npt.NDArray[Any], found: Neighbours, k: int, nprobe: int, without: int | None
) -> Ledger:
    stages_of = search_stages.of_search(index, vector, found, k, nprobe, without)
    return found.near.ledger(stages_of, nprobe, basis_of(index))


def _check_ledger(index: Searching) -> None:
    if basis_of(index) == "codes" or (index.refines and index.vectors_given is None):
        raise ValueError(WITHOUT_VECTORS)


def _ranking(index: Searching, vector: npt.NDArray[Any]) -> Ranking:
    return index.engine.rank(index.engine.transform(vector), index.nlist)


def _compared(index: Searching, coarse: CoarseStep) -> npt.NDArray[np.float64]:
    """Return the vectors compared at nprobe 1 to nlist, float64 (nlist,)."""
    compared = np.cumsum(index.list_sizes[coarse.clusters], dtype=np.float64)
    limits = [part.limit for part in index.engine.parts]
    return np.minimum(compared, limits[0]) if len(limits) == 1 and limits[0] > 0 else compared


def verdict(index: Searching, vector: npt.NDArray[Any], row_id: int, count: bool) -> Verdict:
    """Say where a row stands for a query that is a vector."""
    cluster, offset = index.locate(row_id)
    engine = index.engine
    inner = engine.transform(vector)
    ranking = engine.rank(inner, index.nlist)
    scan = index.scan(vector, [cluster])
    # By id where a vector whose distance overflows is left out of the scan.
    at = offset if len(scan.ids) > offset and scan.ids[offset] == row_id else _first(scan.ids, row_id)
    if at is None:
        raise ValueError(f"the distance to row {row_id} is no finite float32")
    distance = float(scan.distances[at])
    position = count_nearer(engine, inner, ranking.step, distance) + 1 if count else None
    return Verdict(row_id, distance, cluster, int(_rank_of(ranking)[cluster]), position)


def _reached(
    index: Searching, ranking: Ranking, ranks: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the nprobe at which a search comes to each place; nlist + 1 where none does.

    That is beyond the index's ``max_codes``, and in clusters that an approximate coarse search never returns.
    """
    limit = index.engine.parts[0].limit
    if limit <= 0:
        return ranks
    before = np.cumsum(np.append(0, index.list_sizes[ranking.step.clusters]))
    return np.where(before[ranks - 1] + offsets < limit, ranks, index.nlist + 1)


def _rank_of(ranking: Ranking) -> npt.NDArray[np.int64]:
    """Return every cluster's rank, int64 (nlist,); nlist + 1 where a search of all never comes to it."""
    clusters = ranking.step.clusters
    ranks = np.full(len(clusters), len(clusters) + 1)
    returned = np.unique(ranking.clusters)
    ranks[clusters[: len(returned)]] = np.arange(1, len(returned) + 1)
    return ranks


def _first(ids: npt.NDArray[np.int64], row_id: int) -> int | None:
    found = np.flatnonzero(ids == row_id)
    return int(found[0]) if len(found) else None
