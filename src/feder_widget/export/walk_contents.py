"""What a page has to be told of one search of a graph: walks, places, results and true neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import GraphIndex
from feder_widget.export.compressed_recording import Packet
from feder_widget.export.recorded_session import RecordedSession, array_of
from feder_widget.export.saved_query import GraphView, SavedQuery
from feder_widget.model.work_pieces import Steps
from feder_widget.session.graph.active_walk import NO_ROW
from feder_widget.session.graph.graph_session import GraphSession
from feder_widget.session.graph.graph_summary import ef_limit

EF_SAVED = 512
"""efSearch to which a walk is recorded, unless the one on screen is over half as large."""

K_SAVED = 30
"""The largest k that a page shows, unless the one on screen is larger."""

MOST_EXTRA = 1000
"""Rows without a visit whose places are asked for."""


@dataclass(frozen=True, slots=True)
class SavedRange:
    """What can be chosen in the page of a graph: efSearch up to ``ef_limit``, and k up to ``k_max``."""

    ef_limit: int
    k_max: int

    @classmethod
    def of(cls, index: GraphIndex, view: GraphView, k_max: int) -> SavedRange:
        """Return the range of the page that opens with a view; ``k_max`` is that of the widget."""
        return cls(min(ef_limit(index), max(EF_SAVED, 2 * view.ef_search)), min(k_max, max(K_SAVED, view.k)))


@dataclass(frozen=True, slots=True)
class SeenNodes:
    """Rows of one search that can be seen: in lists and as portraits, and on its pictures, nearest first.

    ``projection`` asks for its picture in the plane. ``is_tied`` says that it was searched anew at each
    efSearch that is told.
    """

    listed: list[int]
    near: NDArray[np.int64]
    projection: dict[str, Any]
    is_tied: bool


def record_walk(
    session: RecordedSession[GraphSession], query: SavedQuery, view: GraphView, within: SavedRange
) -> Steps[SeenNodes]:
    """Search, and ask what a page asks of this search at any efSearch."""
    index = session.held.index
    own = query.query.left_out(view.include_self)
    asked_k = view.k if own is None else view.k + 1
    least = index.graph_file.least_ef(min(asked_k, index.ntotal))
    told = yield from _walk(session, query, view, 1, within.ef_limit)
    holds_until = told[0]["holds_until"]
    is_tied = holds_until < min(within.ef_limit, index.ntotal)
    walks, listed = [told], list[int]()
    if index.graph_file.second_pass is not None:
        listed += yield from _results(session, told, view, 1, min(within.ef_limit, holds_until))
    # Places are told by visits, so before the next walk.
    yield from _places(session, told, [])
    for ef_search in some_values(within.ef_limit, view.ef_search) if is_tied else []:
        if max(ef_search, least) <= holds_until:
            continue
        told = yield from _walk(session, query, view, max(ef_search, least), max(ef_search, least))
        walks.append(told)
        listed += yield from _results(session, told, view, ef_search, ef_search)
        yield from _places(session, told, [])
    truth = yield from _truth(session, told, within, view, view.include_self)
    if told[0]["id"] is not None and derives(index):
        yield from _truth(session, told, within, view, not view.include_self)
    true = array_of(truth, "ids")
    count = truth[0]["count"]
    extra = np.setdiff1d(true, array_of(told, "ids"))[:MOST_EXTRA]
    if len(extra):
        # Asked for once more, with what no walk comes to.
        yield from _places(session, told, extra.tolist())
    nodes = np.concatenate([array_of(each, "ids") for each in walks])
    distances = np.concatenate([array_of(each, "distances") for each in walks])
    near = nodes[np.argsort(-distances if index.similarity else distances, kind="stable")]
    stops = np.concatenate([[int(told[0]["entry"])], array_of(told, "hop_to")])
    rivals = array_of(truth, "level_nearest")
    first = [] if told[0]["id"] is None else [int(told[0]["id"])]
    shown = [*first, *true[:count].tolist(), *listed, *near[: 2 * view.k].tolist(), *stops.tolist()]
    projection = {
        "kind": "walk_projection",
        "serial": told[0]["serial"],
        "visits": visited_by(told, view.ef_search),
        "extra": [str(row) for row in extra.tolist()],
    }
    return SeenNodes([row for row in [*shown, *rivals.tolist()] if row != NO_ROW], near, projection, is_tied)


def derives(index: GraphIndex) -> bool:
    """Whether the true neighbours at a smaller k follow from those at a larger one.

    They do where a search returns each once it visits it.
    """
    return index.graph_file.second_pass is None and index.basis != "vectors"


def some_values(limit: int, shown: int) -> list[int]:
    """Return 1, 2, 4, 8, …, the limit, and last the value that is shown."""
    doubled = [2**i for i in range(limit.bit_length()) if 2**i < limit]
    return [value for value in (*doubled, limit) if value != shown] + [shown]


def visited_by(walk: Packet, ef_search: int) -> int:
    """Return how many nodes a walk has visited at an efSearch."""
    gates = np.maximum.accumulate(array_of(walk, "nearer")) + 1
    return int(array_of(walk, "first")[np.searchsorted(gates, ef_search, side="right")])


def _walk(
    session: RecordedSession[GraphSession], query: SavedQuery, view: GraphView, ef_search: int, ef_max: int
) -> Steps[Packet]:
    asked = {"kind": "walk", "query": query.choice, "ef_search": ef_search, "ef_max": ef_max, "k": view.k}
    answers = yield from session.ask({**asked, "include_self": view.include_self}, buffers=query.buffers)
    return answers[0]


def _truth(
    session: RecordedSession[GraphSession],
    walk: Packet,
    within: SavedRange,
    view: GraphView,
    include_self: bool,
) -> Steps[Packet]:
    """Ask for the true neighbours at the k that tells all smaller ones, where one does."""
    k = within.k_max if derives(session.held.index) else view.k
    asked = {"kind": "walk_truth", "serial": walk[0]["serial"], "k": k, "include_self": include_self}
    answers = yield from session.ask(asked)
    return answers[0]


def _results(
    session: RecordedSession[GraphSession], walk: Packet, view: GraphView, first: int, last: int
) -> Steps[list[int]]:
    """Ask for the engine's results from one efSearch to another; return the rows among them."""
    rows: list[int] = []
    ef_search = first
    # hnswlib refuses to search where it finds fewer than k.
    with suppress(ValueError):
        while ef_search <= last:
            asked = {"kind": "walk_results", "serial": walk[0]["serial"], "ef_search": ef_search, "k": view.k}
            (packet,) = yield from session.ask({**asked, "include_self": view.include_self})
            rows += array_of(packet, "ids").tolist()
            ef_search = packet[0]["ef_until"] + 1
    return rows


def _places(session: RecordedSession[GraphSession], walk: Packet, extra: Sequence[int]) -> Steps[None]:
    rows = [str(row) for row in extra]
    yield from session.ask({"kind": "walk_places", "serial": walk[0]["serial"], "extra": rows})
