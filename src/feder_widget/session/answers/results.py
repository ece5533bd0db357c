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
    index: IvfIndex, search: ActiveSearch, request: Request, nprobe: int, k: int, include_self: bool
) -> Iterator[FaissResults]:
    """Search as Faiss does, in one step; without the query's own row unless ``include_self``."""
    own = None if include_self else search.own
    more = 0 if own is None else own.copies
    trace = index.trace(search.query, nprobe, k + more)
    scan, refine = trace.fine.scan, trace.refine
    real = np.flatnonzero(trace.ids != -1) if own is None else own.others(trace.ids, k)
    ids = trace.ids[real]
    handed_over, first_pass, second_pass = scan.ids[:0], np.empty(0, np.float32), np.empty(0, np.float32)
    if refine is not None:
        others = np.ones(len(refine.ids), bool) if own is None else refine.ids != own.row_id
        handed_over = refine.ids[others]
        first_pass, second_pass = refine.first_distances[others], refine.distances[others]
    yield FaissResults(
        request=request,
        serial=search.serial,
        nprobe=nprobe,
        k=k,
        include_self=include_self,
        first_k=0 if refine is None else refine.k_base - more,
        compared=len(scan.ids),
        ids=ids,
        distances=trace.distances[real],
        rank_of=ranks_of(scan, ids),
        handed_over=handed_over,
        first_pass=first_pass,
        second_pass=second_pass,
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
