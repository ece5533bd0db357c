"""Beyond the probed clusters: true neighbours, where a row stands, how certain an answer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.index.batch import can_batch, find_batch
from feder_widget.index.coarse import Ranking
from feder_widget.index.exhaustive import count_nearer, nearest_of_all
from feder_widget.index.searching import Searching
from feder_widget.recall import Certainty, Explanation, Verdict, found_at
from feder_widget.search import CoarseStep, SearchTrace


def explain(index: Searching, vector: npt.NDArray[Any], k: int, without: int | None) -> Explanation:
    """Find the k true neighbours of a query that is a vector, leaving out one row id if that is wanted."""
    engine = index.engine
    inner = engine.transform(vector)
    ranking = engine.rank(inner, index.nlist)
    coarse = ranking.step
    found = nearest_of_all(engine, inner, coarse, k, without)
    rank_of = _rank_of(coarse)
    best, near = found.best, found.near
    reached = _reached(index, ranking, rank_of[near.clusters], near.offsets)
    return Explanation(
        ids=best.ids,
        distances=best.distances,
        clusters=best.clusters,
        ranks=rank_of[best.clusters],
        found_at=found_at(reached, near.distances, len(best), index.similarity),
        nlist=index.nlist,
        exact=index.exact,
    )


def found_at_of_many(
    index: Searching,
    vectors: npt.NDArray[np.float32],
    parts: list[slice],
    own: npt.NDArray[np.int64] | None,
    k: int,
    progress: Callable[[float], None],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Find at which nprobe the k true neighbours of many queries are found; see ``find_batch``."""

    def find_one(i: int) -> npt.NDArray[np.int64]:
        vector = index.query_vector(vectors[i])
        found = explain(index, vector, k, None if own is None else int(own[i])).found_at
        return np.pad(found, (0, k - len(found)), constant_values=index.nlist + 1)

    engine = index.engine
    if can_batch(engine):
        inner = np.stack([engine.transform(vector) for vector in vectors]) if engine.stack.chain else vectors
        hidden = None if own is None else engine.inner_ids(own)
        return find_batch(engine.stack.ivf, inner, parts, hidden, k, index.similarity, progress, find_one)
    found = np.empty((len(vectors), k), np.int32)
    scanned = np.zeros(index.nlist)
    sizes = index.list_sizes
    for i in range(len(vectors)):
        found[i] = find_one(i)
        scanned += np.cumsum(sizes[index.rank(vectors[i], index.nlist).clusters])
        progress(1 / len(vectors))
    return found, scanned


def verdict(index: Searching, vector: npt.NDArray[Any], row_id: int, count: bool) -> Verdict:
    """Say where a row stands for a query that is a vector."""
    cluster, offset = index.locate(row_id)
    engine = index.engine
    inner = engine.transform(vector)
    coarse = engine.rank(inner, index.nlist).step
    scan = index.scan(vector, [cluster])
    # By id where a vector whose distance overflows is left out of the scan.
    at = offset if len(scan.ids) > offset and scan.ids[offset] == row_id else _first(scan.ids, row_id)
    if at is None:
        raise ValueError(f"the distance to row {row_id} is no finite float32")
    distance = float(scan.distances[at])
    position = count_nearer(engine, inner, coarse, distance) + 1 if count else None
    return Verdict(row_id, distance, cluster, int(_rank_of(coarse)[cluster]), position)


def certainty(trace: SearchTrace, bounds: npt.NDArray[np.float32], similarity: bool) -> Certainty:
    """Count the clusters beyond a trace whose bounds, float32 (nlist,), do not rule out something nearer."""
    best = bounds[trace.coarse.clusters[len(trace.fine) :]]
    if trace.ids[-1] == -1:
        still = np.isfinite(best)
    else:
        worst = trace.distances[-1]
        still = best > worst if similarity else best < worst
    return Certainty(open=int(np.count_nonzero(still)), unprobed=len(best))


def _reached(
    index: Searching, ranking: Ranking, ranks: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the nprobe at which a search comes to each place; nlist + 1 where none does.

    That is beyond the index's ``max_codes``, and in clusters that an approximate coarse search never returns.
    """
    reached = np.where(ranks <= len(ranking.clusters), ranks, index.nlist + 1)
    limit = index.engine.parts[0].limit
    if limit <= 0:
        return reached
    before = np.cumsum(np.append(0, index.list_sizes[ranking.step.clusters]))
    return np.where(before[ranks - 1] + offsets < limit, reached, index.nlist + 1)


def _rank_of(coarse: CoarseStep) -> npt.NDArray[np.int64]:
    ranks = np.empty(len(coarse.clusters), np.int64)
    ranks[coarse.clusters] = np.arange(1, len(ranks) + 1)
    return ranks


def _first(ids: npt.NDArray[np.int64], row_id: int) -> int | None:
    found = np.flatnonzero(ids == row_id)
    return int(found[0]) if len(found) else None
