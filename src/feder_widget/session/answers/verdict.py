"""Where one row stands for a search."""

from __future__ import annotations

from collections.abc import Iterator

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages.to_kernel import VerdictRequest
from feder_widget.session.messages.to_page import Verdict


def verdict(index: IvfIndex, search: ActiveSearch, asked: VerdictRequest) -> Iterator[Verdict | None]:
    """Return its distance, cluster and rank.

    The nearer vectors are counted where the search has compared all clusters; the query's own row among them
    where ``include_self``.
    """
    found = yield from index.verdict_steps(
        search.query, asked.id, count=search.is_whole, cluster=asked.cluster, include_self=asked.include_self
    )
    yield Verdict(
        request=asked.request,
        serial=search.serial,
        id=asked.id,
        cluster=found.cluster,
        rank=int(search.rank_of[found.cluster]),
        distance=found.distance,
        position=found.position,
    )
