"""Beyond the probed clusters: true neighbours, where a row stands, how certain an answer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from feder_widget.index.batch import find_batch
from feder_widget.index.exhaustive import count_nearer, nearest_of_all
from feder_widget.recall import Certainty, Explanation, Verdict, found_at
from feder_widget.search import CoarseStep, SearchTrace

if TYPE_CHECKING:
    from feder_widget.index.ivf import IvfIndex


def explain(index: IvfIndex, vector: npt.NDArray[np.float32], k: int, without: int | None) -> Explanation:
    """Find the k true neighbours of a query, float32 (dim,), leaving out one row id if that is wanted."""
    coarse = index.rank(vector, index.nlist)
    found = nearest_of_all(index.faiss_index, vector, coarse, k, index.similarity, without)
    rank_of = _rank_of(coarse)
    best, near = found.best, found.near
    reached = _reached(index, coarse, rank_of[near.clusters], near.offsets)
    return Explanation(
        ids=best.ids,
        distances=best.distances,
        clusters=best.clusters,
        ranks=rank_of[best.clusters],
        found_at=found_at(reached, near.distances, len(best), index.similarity),
        nlist=index.nlist,
        exact=True,
    )


def found_at_of_many(
    index: IvfIndex,
    vectors: npt.NDArray[np.float32],
    parts: list[slice],
    own: npt.NDArray[np.int64] | None,
    k: int,
    progress: Callable[[float], None],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Find at which nprobe the k true neighbours of many queries are found; see ``find_batch``."""

    def find_one(i: int) -> npt.NDArray[np.int64]:
        found = explain(index, vectors[i], k, None if own is None else int(own[i])).found_at
        return np.pad(found, (0, k - len(found)), constant_values=index.nlist + 1)

    return find_batch(index.faiss_index, vectors, parts, own, k, index.similarity, progress, find_one)


def verdict(index: IvfIndex, vector: npt.NDArray[np.float32], row_id: int, count: bool) -> Verdict:
    """Say where a row stands for a query, float32 (dim,)."""
    cluster, offset = index.locate(row_id)
    coarse = index.rank(vector, index.nlist)
    scan = index.scan(vector, [cluster])
    # By id where a vector whose distance overflows is left out of the scan.
    at = offset if len(scan.ids) > offset and scan.ids[offset] == row_id else _first(scan.ids, row_id)
    if at is None:
        raise ValueError(f"the distance to row {row_id} is no finite float32")
    distance = float(scan.distances[at])
    position = count_nearer(index.faiss_index, vector, coarse, distance) + 1 if count else None
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
    index: IvfIndex, coarse: CoarseStep, ranks: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the nprobe at which a search comes to each place: nlist + 1 beyond the index's max_codes."""
    limit = int(index.faiss_index.max_codes)
    if limit <= 0:
        return ranks
    before = np.cumsum(np.append(0, index.list_sizes[coarse.clusters]))
    return np.where(before[ranks - 1] + offsets < limit, ranks, index.nlist + 1)


def _rank_of(coarse: CoarseStep) -> npt.NDArray[np.int64]:
    ranks = np.empty(len(coarse.clusters), np.int64)
    ranks[coarse.clusters] = np.arange(1, len(ranks) + 1)
    return ranks


def _first(ids: npt.NDArray[np.int64], row_id: int) -> int | None:
    found = np.flatnonzero(ids == row_id)
    return int(found[0]) if len(found) else None
