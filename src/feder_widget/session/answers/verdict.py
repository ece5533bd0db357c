"""Where one row stands for a search."""

from __future__ import annotations

from collections.abc import Iterator

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request, RowId
from feder_widget.session.messages.to_page import Verdict


def verdict(
    index: IvfIndex, search: ActiveSearch, request: Request, row_id: RowId, include_self: bool
) -> Iterator[Verdict | None]:
    """Return its distance, cluster and rank.

    The nearer vectors are counted where the search has compared all clusters; the query's own row among them
    where ``include_self``.
    """
    found = yield from index.verdict_steps(
        search.query, row_id, count=search.is_whole, include_self=include_self
    )
    yield Verdict(
        request=request,
        serial=search.serial,
        id=row_id,
        cluster=found.cluster,
        rank=int(search.rank_of[found.cluster]),
        distance=found.distance,
        position=found.position,
    )
