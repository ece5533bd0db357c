"""The best distance that any vector of a cluster can have, for the search on the page."""

from __future__ import annotations

from collections.abc import Iterator

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages.to_page import Bounds
from feder_widget.truth.search_findings import distance_findings


def bounds(index: IvfIndex, search: ActiveSearch) -> Iterator[Bounds | None]:
    """Send the bounds as far as the survey of the index tells.

    Nothing before it has begun, and where a search stops at ``max_codes``: a probed cluster may be compared
    in part only.
    """
    best = None
    if not index.guarantees.limited:
        best = yield from index.known_bounds_steps(search.query)
    if best is not None:
        yield Bounds(
            request=f"bounds:{search.serial}",
            serial=search.serial,
            findings=distance_findings(best, index.similarity, by_code=index.basis != "lists"),
            bounds=best[search.ranking.clusters],
        )
