"""What several IVF indexes with the same centroids hold and find together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from feder_widget.model.search_trace import Scan

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]


def united(scans: Sequence[Scan]) -> Scan:
    """Return scans of the same clusters as one: each cluster's candidates shard after shard."""
    if len(scans) == 1:
        return scans[0]
    clusters = scans[0].clusters
    joined = Scan(
        np.tile(clusters, len(scans)),
        np.concatenate([[0], np.cumsum(np.concatenate([np.diff(scan.lims) for scan in scans]))]),
        np.concatenate([scan.ids for scan in scans]),
        np.concatenate([scan.distances for scan in scans]),
    )
    by_cluster = np.arange(len(scans) * len(clusters)).reshape(len(scans), -1).T
    lims = joined.lims[:1] + np.concatenate(
        [[0], np.cumsum(np.diff(joined.lims).reshape(len(scans), -1).sum(axis=0))]
    )
    moved = joined.at(by_cluster.reshape(-1))
    return Scan(clusters, lims, moved.ids, moved.distances)


def merged(results: Sequence[tuple[Ids, Distances]], k: int, similarity: bool) -> tuple[Ids, Distances]:
    """Return the k best of the results of each shard, int64 (k,) and float32 (k,), as Faiss merges them.

    Of results at the same distance, those of the earlier shard come first, or of the later one where a larger
    distance is nearer. Where there are fewer than k, Faiss's own filling follows: id -1 at the worst
    distance.
    """
    if len(results) == 1:
        return results[0]
    # Faiss reads the results of a shard up to the first id below zero, whether it says "none" or is one.
    lengths = [int(np.argmax(np.append(ids, -1) < 0)) for ids, _ in results]
    ids = np.concatenate([some[:n] for (some, _), n in zip(results, lengths, strict=True)])
    distances = np.concatenate([some[:n] for (_, some), n in zip(results, lengths, strict=True)])
    shard = np.repeat(np.arange(len(results)), lengths)
    place = np.concatenate([np.arange(n) for n in lengths])
    nearness, earlier = (-distances, -shard) if similarity else (distances, shard)
    order = np.lexsort((place, earlier, nearness))[:k]
    worst = np.finfo(np.float32).max
    padding = k - len(order)
    return (
        np.concatenate([ids[order], np.full(padding, -1, np.int64)]),
        np.concatenate([distances[order], np.full(padding, -worst if similarity else worst, np.float32)]),
    )
