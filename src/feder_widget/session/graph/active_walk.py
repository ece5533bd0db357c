"""The search of a graph that is on the page, and the messages about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.model.graph_walk import Descent
from feder_widget.model.graph_walk import Walk as GraphWalk
from feder_widget.model.query import Query
from feder_widget.session.messages import Request, RowId
from feder_widget.session.messages.graph_to_page import Walk, WalkTruth, WalkVerdict

Ids = npt.NDArray[np.int64]

NO_ROW = -(2**63)
"""Stands where there is no row: an id may be any other."""


@dataclass(frozen=True, slots=True, eq=False)
class ActiveWalk:
    """A search of a graph under the serial that the page knows.

    Attributes
    ----------
    serial : int
        Grows with every search of a widget.
    query : Query
        The query.
    ef_search, k : int
        As asked.
    descent, walk
        What the search did.
    holds_until : int
        The largest efSearch up to which the walk tells what a smaller one visits, by a longer walk.
    index_version : int
        The number of changes of the index that were noticed before.
    """

    serial: int
    query: Query
    ef_search: int
    k: int
    descent: Descent
    walk: GraphWalk
    holds_until: int
    index_version: int


def walk_message(index: GraphIndex, search: ActiveWalk, request: Request, label: str | None) -> Walk:
    """Return a search as the page gets it."""
    walk, descent, file = search.walk, search.descent, index.graph_file
    hops, named = descent.hops, file.external_ids
    links = file.links
    compared = [hop.links for hop in hops]
    return Walk(
        request=request,
        serial=search.serial,
        index_version=search.index_version,
        id=None if search.query.row_id is None else RowId(search.query.row_id),
        label=label,
        title=search.query.title,
        ef_search=search.ef_search,
        ef_max=walk.ef_search,
        holds_until=search.holds_until,
        exhausted=walk.is_exhausted,
        entry=RowId(int(named(np.array([descent.entry]))[0])),
        entry_distance=np.array([descent.entry_distance], np.float32),
        stopped_at=walk.stopped_at,
        hop_levels=np.array([hop.level for hop in hops], np.int32),
        hop_from=named(np.array([hop.node for hop in hops], np.int64)),
        hop_to=named(np.array([hop.to for hop in hops], np.int64)),
        hop_distances=np.array([hop.distance for hop in hops], np.float32),
        hop_offsets=np.cumsum([0, *map(len, compared)]),
        link_ids=named(np.concatenate([*compared, np.empty(0, np.int64)])),
        link_distances=np.concatenate([*(hop.distances for hop in hops), np.empty(0, np.float32)]),
        ids=named(walk.nodes),
        nodes=walk.nodes,
        levels=links.levels[walk.nodes] - 1,
        deleted=~file.can_be_found(walk.nodes),
        distances=walk.distances,
        expanded=walk.expanded,
        first=walk.first,
        nearer=walk.nearer,
        vector=search.query.vector,
        picture=np.frombuffer(search.query.picture, np.uint8),
    )


def truth_steps(
    index: GraphIndex, search: ActiveWalk, request: Request, k: int, include_self: bool
) -> Iterator[WalkTruth | None]:
    """Find the true neighbours of a search in pieces, and give them as the page gets them."""
    explained = yield from index.explain_steps(search.query, k, include_self=include_self)
    spans, file = explained.spans, index.graph_file
    near = spans.near
    never = explained.ntotal + 1
    approaches = index.truth.approaches(search.query.vector, near.ids)
    yield None
    in_links = []
    for row_id in near.ids[: near.count].tolist():
        in_links.append(index.in_links(row_id))
        yield None
    in_links += [np.empty(0, np.int64)] * (len(near.ids) - near.count)
    levels = index.truth.level_places(search.query.vector, search.descent)
    distances = np.full(len(near.ids), explained.distances[-1] if near.count else np.nan, np.float32)
    distances[: near.count] = explained.distances
    yield WalkTruth(
        request=request,
        serial=search.serial,
        k=k,
        include_self=include_self,
        count=near.count,
        holds_until=min(explained.holds_until, file.ntotal),
        ids=near.ids,
        distances=distances,
        visited_from=_or_zero(spans.visited_from, never),
        handed_from=_or_zero(spans.handed_from, never),
        handed_until=_or_zero(spans.handed_until, never),
        returned_from=_or_zero(spans.returned_from, never),
        returned_until=_or_zero(spans.returned_until, never),
        led_by=np.array([NO_ROW if each is None else _or_none(each.led_by) for each in approaches]),
        gate=np.array([NO_ROW if each is None else _or_none(each.gate) for each in approaches]),
        in_offsets=np.cumsum([0, *map(len, in_links)]),
        in_ids=np.concatenate([*in_links, np.empty(0, np.int64)]),
        level_nearest=levels.nearest,
        level_distances=levels.distances,
        level_places=levels.places,
    )


def verdict_steps(
    index: GraphIndex, search: ActiveWalk, request: Request, row_id: int, include_self: bool
) -> Iterator[WalkVerdict | None]:
    """Find where a row stands for a search in pieces, and give it as the page gets it."""
    found = yield from index.verdict_steps(search.query, row_id, include_self=include_self)
    approach = found.approach
    led_by, gate = (None, None) if approach is None else (approach.led_by, approach.gate)
    yield WalkVerdict(
        request=request,
        serial=search.serial,
        id=RowId(found.id),
        distance=np.array([found.distance], np.float32),
        position=found.position or 0,
        need=0 if approach is None else approach.need,
        led_by=None if led_by is None else RowId(led_by),
        gate=None if gate is None else RowId(gate),
        holds_until=found.holds_until,
        in_ids=found.in_links,
    )


def _or_zero(values: Ids, never: int) -> Ids:
    return np.where(values >= never, 0, values)


def _or_none(row_id: int | None) -> int:
    return NO_ROW if row_id is None else row_id
