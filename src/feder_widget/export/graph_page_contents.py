"""What the page of a graph has to be told: the questions that its widget will ask."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from feder_widget.export.compressed_recording import Exchange
from feder_widget.export.page_assembly import Recorded
from feder_widget.export.page_contents import by_turns, each_once, record_values
from feder_widget.export.recorded_session import RecordedSession, array_of
from feder_widget.export.saved_query import GraphView, SavedQuery
from feder_widget.export.walk_contents import SavedRange, SeenNodes, record_walk, some_values
from feder_widget.media import Media
from feder_widget.model.work_pieces import Steps
from feder_widget.session.answers.workload import HARDEST
from feder_widget.session.graph.active_walk import NO_ROW
from feder_widget.session.graph.graph_session import GraphSession

EACH_LISTED = 64
"""Up to this efSearch the hardest queries are told at each one."""


@dataclass(frozen=True, slots=True)
class RecordedGraph:
    """A recording of a graph, and how many of its queries were searched anew at each efSearch told."""

    recorded: Recorded
    tied: int


def record_graph(
    session: RecordedSession[GraphSession],
    queries: Sequence[SavedQuery],
    view: GraphView,
    within: SavedRange,
    *,
    has_workload: bool,
    media: Media,
) -> Steps[RecordedGraph]:
    """Ask all but the pictures; the query that is asked last is on screen first."""
    drawn = yield from session.ask({"kind": "map"})
    seen: list[SeenNodes] = []
    for query in queries:
        found = yield from record_walk(session, query, view, within)
        seen.append(found)
    listed = [row for each in seen for row in each.listed]
    # A picture takes seconds: there is one of the query that is on screen first.
    projection: Exchange | None = None
    with suppress(ValueError):
        projection = yield from session.begin(seen[-1].projection)
    if has_workload:
        listed.extend((yield from _record_workload(session, view, within.ef_limit)))
    districts: list[Any] = [packet for packet in drawn if packet[0]["kind"] == "districts"]
    medoids = array_of(districts[-1], "medoids") if districts else np.empty(0, np.int64)
    # The search that is on screen first comes first.
    first = [*seen[-1].listed, *listed]
    rows = each_once(first, medoids[medoids != NO_ROW], by_turns([each.near for each in reversed(seen)]))
    in_lists = each_once(first)
    yield from record_values(session, media, in_lists)
    recorded = Recorded(rows, len(in_lists), projection, has_drafts=True)
    return RecordedGraph(recorded, sum(each.is_tied for each in seen))


def _record_workload(session: RecordedSession[GraphSession], view: GraphView, limit: int) -> Steps[list[int]]:
    yield from session.ask({"kind": "workload"})
    values = {*range(1, min(EACH_LISTED, limit) + 1), *some_values(limit, view.ef_search)}
    shown: list[int] = []
    for order in ("recall", "nprobe"):
        for ef_search in [*sorted(values - {view.ef_search}), view.ef_search]:
            (packet,) = yield from session.ask({"kind": "hardest", "order": order, "nprobe": ef_search})
            shown = array_of(packet, "ids").tolist()[:HARDEST]
    return shown
