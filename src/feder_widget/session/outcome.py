"""What a search returned, for a page that cannot tell it from the candidates."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex, Scan
from feder_widget.model.search_trace import FineSteps
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import FaissResults


def outcome(
    index: IvfIndex, request: Request, serial: int, vector: NDArray[np.float32], nprobe: int, k: int
) -> FaissResults:
    """Search for ``vector``, float32 (dim,), as Faiss does, and return the results and the re-ranking."""
    trace = index.trace(vector, nprobe, k)
    assert isinstance(trace.fine, FineSteps)
    scan = trace.fine.scan
    real = trace.ids != -1
    ids, distances = trace.ids[real], trace.distances[real]
    handed = scan.ids[:0] if trace.refine is None else trace.refine.ids
    none = np.empty(0, np.float32)
    return FaissResults(
        request=request,
        serial=serial,
        nprobe=nprobe,
        k=k,
        first_k=0 if trace.refine is None else trace.refine.k_base,
        compared=len(scan.ids),
        ids=ids,
        distances=distances,
        rank_of=ranks_of(scan, ids),
        handed_over=handed,
        first_pass=none if trace.refine is None else trace.refine.first_distances,
        second_pass=none if trace.refine is None else trace.refine.distances,
    )


def ranks_of(scan: Scan, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank of the cluster that each row was found in, int64 (n,); 0 where it was in none.

    Of a row that is stored more than once, the first of ``ids`` is the nearest, and so on.
    """
    places = np.flatnonzero(np.isin(scan.ids, ids))
    nearest_first = np.argsort(scan.distances[places], kind="stable")
    ranks = np.searchsorted(scan.lims, places, side="right")
    found: dict[int, list[int]] = defaultdict(list)
    for row, rank in zip(
        scan.ids[places][nearest_first].tolist(), ranks[nearest_first].tolist(), strict=True
    ):
        found[row].append(rank)
    return np.array([found[row].pop(0) if found[row] else 0 for row in ids.tolist()], np.int64)
