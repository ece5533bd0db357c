"""How far each of some vectors gets in one search, as Faiss runs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.searching import Searching
from feder_widget.truth.presence import Stages
from feder_widget.truth.true_neighbours import Neighbours

Ids = npt.NDArray[np.int64]


def of_search(
    index: Searching, vector: npt.NDArray[Any], found: Neighbours, k: int, nprobe: int, without: int | None
) -> Stages:
    """Search for k results, or for more of which a row is left out, and look for some vectors at each stage.

    Results are row ids. Of several vectors that are stored under one id, those that are compared are taken
    for returned first; as they stand for one original, none is nearer than another.
    """
    copies = 0 if without is None else index.engine.copies_of(without)
    trace = index.trace(vector, nprobe, k + copies)
    returned = trace.ids[trace.ids != -1]
    if without is not None:
        returned = returned[returned != without][:k]
    handed_over = returned if trace.refine is None else trace.refine.ids
    ids = found.stored.ids
    compared = _compared(index, vector, nprobe, found)
    nth = _occurrences(ids, compared)
    first = compared & (nth < _counts(handed_over, ids))
    return Stages(compared, first, first & (nth < _counts(returned, ids)))


def _compared(
    index: Searching, vector: npt.NDArray[Any], nprobe: int, found: Neighbours
) -> npt.NDArray[np.bool_]:
    """Return which vectors are in clusters that are probed, and before the search stops."""
    engine = index.engine
    probed = engine.rank(engine.transform(vector), nprobe).clusters
    # Where a multi-index names a cluster twice, the first time counts.
    clusters, first = np.unique(probed, return_index=True)
    begins = np.full(index.nlist, -1, np.int64)
    sizes = index.list_sizes[probed]
    begins[clusters] = (np.cumsum(sizes) - sizes)[first]
    begin = begins[found.stored.clusters]
    limit = engine.parts[0].limit
    return (begin >= 0) & ((begin + found.stored.offsets < limit) if limit > 0 else True)


def _occurrences(ids: Ids, compared: npt.NDArray[np.bool_]) -> Ids:
    """Return how many with the same id stand before each, those that are compared first, int64 (n,)."""
    order = np.lexsort((~compared, ids))
    ordered = ids[order]
    nth = np.empty(len(ids), np.int64)
    nth[order] = np.arange(len(ids)) - np.searchsorted(ordered, ordered)
    return nth


def _counts(results: Ids, ids: Ids) -> Ids:
    """Return how often each id is among the results, int64 (n,)."""
    ordered = np.sort(results)
    return np.searchsorted(ordered, ids, side="right") - np.searchsorted(ordered, ids, side="left")
