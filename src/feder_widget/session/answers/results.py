"""The results of Faiss, for a page that cannot tell them from the candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex, Scan
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import FaissResults


def results(
    index: IvfIndex, search: ActiveSearch, request: Request, nprobe: int, k: int
) -> Iterator[FaissResults]:
    """Search as Faiss does, in one step."""
    trace = index.trace(search.query, nprobe, k)
    scan, refine = trace.fine.scan, trace.refine
    real = trace.ids != -1
    ids = trace.ids[real]
    none = np.empty(0, np.float32)
    yield FaissResults(
        request=request,
        serial=search.serial,
        nprobe=nprobe,
        k=k,
        first_k=0 if refine is None else refine.k_base,
        compared=len(scan.ids),
        ids=ids,
        distances=trace.distances[real],
        rank_of=ranks_of(scan, ids),
        handed_over=scan.ids[:0] if refine is None else refine.ids,
        first_pass=none if refine is None else refine.first_distances,
        second_pass=none if refine is None else refine.distances,
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
