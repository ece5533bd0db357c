"""The best distance that any vector of a cluster can have, for the search on the page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages.to_page import Bounds
from feder_widget.truth.search_findings import distance_findings

MOST_BEYOND = 4096
"""Bounds that are sent of clusters whose ranks are not."""


def bounds(index: IvfIndex, search: ActiveSearch) -> Iterator[Bounds | None]:
    """Send the bounds as far as the survey of the index tells.

    Nothing before it has begun, and where a search stops at ``max_codes``: a probed cluster may be compared
    in part only.
    """
    best = None
    if not index.guarantees.limited:
        best = yield from index.known_bounds_steps(search.query)
    if best is not None:
        by_rank = best[search.ranking.clusters]
        yield Bounds(
            request=f"bounds:{search.serial}",
            serial=search.serial,
            findings=distance_findings(best, index.similarity, by_code=index.basis != "lists"),
            bounds=by_rank[: search.ranked],
            beyond=_best_first(by_rank[search.ranked :], index.similarity),
        )


def _best_first(bounds: NDArray[np.floating], similarity: bool) -> NDArray[np.floating]:
    """Return the best of some bounds, at most ``MOST_BEYOND``."""
    keys = -bounds if similarity else bounds
    if len(keys) > MOST_BEYOND:
        keys = np.partition(keys, MOST_BEYOND - 1)[:MOST_BEYOND]
    keys = np.sort(keys)
    return -keys if similarity else keys
