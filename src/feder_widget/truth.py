"""What is beyond the probed clusters of one search, as messages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .index import IvfIndex
from .recall.findings import distance_findings
from .searcher import Begun
from .wire import Packet, Request, pack_float32


def bounds(index: IvfIndex, begun: Begun) -> Packet | None:
    """Return the best distance that anything in each cluster can have; None before the index is measured."""
    vector = begun.query.vector
    best = index.known_bounds(vector)
    if best is None:
        return None
    order = index.rank(vector, begun.nprobe).clusters
    return (
        {
            "kind": "bounds",
            "request": f"bounds:{begun.serial}",
            "serial": begun.serial,
            "findings": distance_findings(best, index.similarity),
        },
        [pack_float32(best[order])],
    )


def verdict(index: IvfIndex, request: Request, begun: Begun, row_id: int, count: bool) -> Packet:
    """Return where a row stands; ``count`` says whether to count the vectors that are nearer."""
    found = index.verdict(begun.query.vector, row_id, count=count)
    return (
        {
            "kind": "verdict",
            "request": request,
            "serial": begun.serial,
            "id": str(row_id),
            "cluster": found.cluster,
            "rank": _rank_as_searched(index, begun, found.cluster),
            "distance": found.distance,
            "position": found.position,
        },
        [],
    )


def _rank_as_searched(index: IvfIndex, begun: Begun, cluster: int) -> int:
    order: NDArray[np.int64] = index.rank(begun.query.vector, begun.nprobe).clusters
    return int(np.flatnonzero(order == cluster)[0]) + 1
