"""The results of a search of a graph, where the page cannot tell them from the visits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.session.graph.active_walk import ActiveWalk
from feder_widget.session.messages import Request
from feder_widget.session.messages.graph_to_page import WalkResults
from feder_widget.truth.graph.ef_results import EfResults, results_by_ef

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

MOST_ROWS = 40_000
"""Results in one message, at most: half a megabyte."""


def results_message(
    index: GraphIndex, search: ActiveWalk, request: Request, ef_search: int, k: int, include_self: bool
) -> WalkResults:
    """Return the results at an efSearch as the page gets them.

    One walk tells those of an index that re-ranks at other values of efSearch too. Else they are those of
    the engine's own search.
    """
    own = search.query.left_out(include_self)
    asked = min(k if own is None else k + 1, index.ntotal)
    states, ef_until = _told(index, search, ef_search, asked)
    kept = [np.flatnonzero((ids != -1) & (True if own is None else ids != own))[:k] for _, ids, _ in states]
    return WalkResults(
        request=request,
        serial=search.serial,
        ef_search=ef_search,
        ef_until=ef_until,
        k=k,
        include_self=include_self,
        ef_from=np.array([ef_from for ef_from, _, _ in states]),
        offsets=np.cumsum([0, *map(len, kept)]),
        ids=np.concatenate([ids[some] for (_, ids, _), some in zip(states, kept, strict=True)]),
        distances=np.concatenate([at[some] for (_, _, at), some in zip(states, kept, strict=True)]),
    )


State = tuple[int, Ids, Float32Array]
"""The smallest efSearch, row ids and distances of some results."""


def _told(index: GraphIndex, search: ActiveWalk, ef_search: int, k: int) -> tuple[list[State], int]:
    """Return results from an efSearch on, one of them of this efSearch, and where the last of them end."""
    file, query = index.graph_file, search.query.vector
    if file.second_pass is not None:
        told = results_by_ef(file, search.walk, query, k)
        holds_until = min(told.holds_until, search.holds_until)
        if ef_search <= holds_until:
            return _around(index, told, ef_search, holds_until, MOST_ROWS // k)
    nodes, distances = file.results(query, k, ef_search)
    return [(ef_search, file.external_ids(nodes), distances)], ef_search


def _around(
    index: GraphIndex, told: EfResults, ef_search: int, holds_until: int, most: int
) -> tuple[list[State], int]:
    """Return at most so many states around an efSearch, and the largest efSearch of the last."""
    here = int(np.searchsorted(told.ef_from, ef_search, side="right")) - 1
    begin = max(0, here - most // 2)
    end = min(begin + max(1, most), int(np.searchsorted(told.ef_from, holds_until, side="right")))
    states = [
        (ef_from, index.graph_file.external_ids(told.walk.nodes[places]), told.distances[places])
        for ef_from, places in zip(told.ef_from[begin:end].tolist(), told.returned[begin:end], strict=True)
    ]
    return states, holds_until if end == len(told.ef_from) else min(holds_until, int(told.ef_from[end]) - 1)
