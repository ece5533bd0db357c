"""At which nprobe neighbours are found that were computed before, where lists hold vectors whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import infinitely_far
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.explanation import found_at
from feder_widget.truth.workloads.rankings import ranks_among

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


def found_at_steps(
    file: Any,
    orders: npt.NDArray[np.int32],
    found: list[tuple[Ids, Float32Array]],
    own: Ids | None,
    k: int,
    work: int = WHOLE,
) -> Steps[npt.NDArray[np.int32]]:
    """Return the nprobe that finds 1, 2, … k of the true neighbours of each query, int32 (n, k).

    Parameters
    ----------
    file : InvertedFile
        The index.
    orders : int32 (n, nlist)
        The clusters by rank for each query.
    found : list of (int64 (m,), float32 (m,))
        Rows and distances of each query: the nearest, its own row among them, and all that tie.
    own : int64 (n,) or None
        A row id for each query that is left out.
    k : int
        Neighbours wanted. A query with fewer begins with zeros.
    """
    counts = np.array([len(rows) for rows, _ in found])
    width = max(k, int(counts.max(initial=0)))
    rows = np.full((len(found), width), -1, np.int64)
    distances = np.full((len(found), width), infinitely_far(file.similarity), np.float32)
    for i, (some, to_each) in enumerate(found):
        rows[i, : len(some)], distances[i, : len(some)] = some, to_each
    counts_here = rows >= 0
    if own is not None:
        counts_here &= rows != own[:, None]
    wanted = np.unique(rows[counts_here])
    homes, _ = yield from file.places_steps(wanted, None, work)
    clusters = np.zeros(rows.shape, np.int64)
    clusters[counts_here] = homes[np.searchsorted(wanted, rows[counts_here])]
    return found_at_by_clusters(orders, clusters, distances, counts_here, k, file.similarity)


def found_at_by_clusters(
    orders: npt.NDArray[np.int32],
    clusters: Ids,
    distances: Float32Array,
    counts_here: npt.NDArray[np.bool_],
    k: int,
    similarity: bool,
) -> npt.NDArray[np.int32]:
    """Return the same of vectors whose clusters are known.

    Parameters
    ----------
    orders, k
        As for ``found_at_steps``.
    clusters, distances : (n, width)
        Of each query's nearest vectors and all that tie; int64 and float32.
    counts_here : bool (n, width)
        Which of them count.
    similarity : bool
        True when a larger distance is nearer.
    """
    ranks = ranks_among(orders, clusters)
    ranks[~counts_here] = orders.shape[1] + 1
    distances = np.where(counts_here, distances, np.float32(infinitely_far(similarity)))
    at = found_at(ranks, distances, k, similarity).astype(np.int32)
    for i in np.flatnonzero(counts_here.sum(axis=1) < k).tolist():
        real = counts_here[i]
        few = int(real.sum())
        at[i] = 0
        if few:
            at[i, k - few :] = found_at(ranks[i, real], distances[i, real], few, similarity)
    return at
