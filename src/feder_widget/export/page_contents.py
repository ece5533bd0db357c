"""What a page of its own has to be told: the questions that its widget will ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.errors import UnknownIdError
from feder_widget.export.packed_recording import Exchange, Packet
from feder_widget.export.recorded_candidates import RecordedCandidates
from feder_widget.export.recorded_session import RecordedSession, array_of
from feder_widget.media import Media
from feder_widget.model.pieces import Steps
from feder_widget.model.query import Query
from feder_widget.session.answers.workload import HARDEST, nprobes_shown
from feder_widget.session.messages.limits import MAX_BATCH, MAX_VALUES, MAX_WINDOW
from feder_widget.truth import Workload

CANDIDATE_BYTES = 9
"""What a candidate takes in a page: its id and its distance, compressed and as text."""

CANDIDATES_SHARE = 0.5
"""Share of a page that may be candidates, so that there is room for pictures."""

FEW_CLUSTERS = 512
"""Up to this nlist, what depends on nprobe or on a cluster is asked for at every one."""

PROJECTED_BYTES = 24
"""What a row in the plane takes: its id, the rank of its cluster, its distance, its place."""

MEMBERS = 64
"""Rows of each cluster at most in a page that does not hold every candidate."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedQuery:
    """A query of a page, its choice as a request holds it, and the vector where that is in a buffer."""

    query: Query
    choice: dict[str, Any]
    buffers: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What can be seen of a recording, and what is still to come.

    Attributes
    ----------
    rows : list of int
        Those that can be seen, the ones that come first in view first.
    listed : int
        How many of them are in lists.
    projection : Exchange or None
        The picture in the plane, which a thread computes; None where there is none.
    """

    rows: list[int]
    listed: int
    projection: Exchange | None


@dataclass(frozen=True, slots=True)
class View:
    """The parameters at which a page opens."""

    nprobe: int
    k: int
    include_self: bool


def saved_queries(index: IvfIndex, queries: Sequence[Any]) -> list[SavedQuery]:
    """Return rows and vectors as requests hold them, each row once: where it comes last."""
    saved: dict[Any, SavedQuery] = {}
    for place, asked in enumerate(queries):
        query = index.query(asked)
        if query.row_id is not None:
            saved.pop(query.row_id, None)
            saved[query.row_id] = SavedQuery(query, {"id": str(query.row_id), "cluster": None})
            continue
        vector = query.vector if query.vector.dtype == np.uint8 else query.vector.astype("<f4")
        saved["vector", place] = SavedQuery(query, {"vector": True}, (vector.tobytes(),))
    return list(saved.values())


def hardest_queries(index: IvfIndex, workload: Workload, nprobe: int, count: int) -> list[SavedQuery]:
    """Return the hardest queries of a workload at an nprobe, the hardest first."""
    assert workload.origin is not None
    places = workload.hardest(count, nprobe=workload.evaluated_below(nprobe)).tolist()
    found = []
    for place in places:
        # A row may have been removed since.
        with suppress(UnknownIdError):
            found.append(SavedQuery(index.query(workload.origin.query(place)), {"workload": place}))
    return found


def record(
    session: RecordedSession,
    queries: Sequence[SavedQuery],
    view: View,
    *,
    has_workload: bool,
    media: Media,
    k_max: int,
    room: int,
) -> Steps[Recorded]:
    """Ask all but the pictures; the query that is asked last is on screen first."""
    index = session.index
    yield from session.ask({"kind": "map"})
    drop_first_drafts(session.exchanges[-1])
    share = max(0.0, CANDIDATES_SHARE * room / (len(queries) * CANDIDATE_BYTES))
    is_whole = index.ntotal <= share
    members = None if is_whole else min(MEMBERS, int(share / index.nlist))
    listed: list[int] = []
    near: list[NDArray[np.int64]] = []
    for query in queries:
        found = yield from _record_search(session, query, view, members)
        listed.extend(found.listed)
        near.extend(found.near)
    # A picture takes seconds: there is one of the query that is on screen first.
    projection: Exchange | None = None
    with suppress(ValueError):
        projection = yield from session.begin(found.projection(k_max))
    clusters = list(range(min(index.nlist, MAX_BATCH)))
    medoids = yield from session.ask({"kind": "medoids", "clusters": clusters})
    portraits = array_of(medoids[0], "ids").tolist()
    yield from _record_labels(session, media, of_rows=is_whole)
    if has_workload:
        listed.extend((yield from _record_workload(session, index, view)))
    rows = _in_order(listed, portraits, _by_turns(near))
    in_lists = _in_order(listed)
    if media.columns:
        shown = [str(row) for row in in_lists]
        for start in range(0, len(shown), MAX_VALUES):
            yield from session.ask({"kind": "row_values", "ids": shown[start : start + MAX_VALUES]})
    return Recorded(rows, len(in_lists), projection)


def finished(session: RecordedSession, projection: Exchange | None) -> Steps[list[Exchange]]:
    """Wait for the picture in the plane; a function of the caller's may fail, and the page then has none."""
    if projection is None:
        return []
    try:
        yield from session.finish(projection)
    except ValueError:
        return []
    drop_first_drafts(projection)
    return [projection]


def size_of(projection: Exchange | None) -> int:
    """Return the bytes that a picture in the plane takes at most, by its draft."""
    if projection is None:
        return 0
    ((content, _), *_) = projection.answers
    return int(content["rows"]) * PROJECTED_BYTES + len(json.dumps([content, projection.asked]))


def drop_first_drafts(exchange: Exchange) -> None:
    """Keep of an answer in drafts the last one alone."""
    exchange.answers = [packet for packet in exchange.answers if packet[0].get("final", True)]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Rows of one search that can be seen: in the lists, and of each cluster by rank, nearest first.

    ``projection`` asks for its picture in the plane, with true neighbours up to some k.
    """

    listed: list[int]
    near: list[NDArray[np.int64]]
    projection: Callable[[int], dict[str, Any]]


def _record_search(
    session: RecordedSession, query: SavedQuery, view: View, members: int | None
) -> Steps[_Seen]:
    """Search, with all clusters probed, or where ``members`` of each are told, with those of the view."""
    is_whole = members is None
    index = session.index
    nlist = index.nlist
    steady = index.guarantees.ranked_once and index.splittable
    at = [nlist if is_whole else view.nprobe] if steady else _some_nprobes(nlist, view.nprobe)
    answers: list[Packet] = []
    if query.query.title is not None:
        session.name_query(query.query)
    for nprobe in at:
        asked = {"kind": "search", "query": query.choice, "nprobe": nprobe, "k": view.k}
        answers = yield from session.ask({**asked, "include_self": view.include_self}, buffers=query.buffers)
    coarse = answers[0][0]
    serial = coarse["serial"]
    if not coarse["exhaustive"] and not is_whole:
        rest = yield from session.ask({"kind": "rest", "serial": serial, "last_rank": nlist})
        answers = [*answers, *rest]
    if members:
        yield from _record_members(session, index, array_of(answers[0], "clusters"), members)
    candidates = RecordedCandidates.of(answers)
    yield from _record_outcomes(session, serial, view)
    similarity = index.similarity
    listed = candidates.ids[candidates.results(view.k + coarse["copies"], similarity)].tolist()
    own = [] if coarse["id"] is None else [int(coarse["id"])]
    if index.basis == "vectors" and index.why_unexplained is None:
        # By their codes they may be far from the query.
        true = index.explain(query.query, view.k, include_self=view.include_self)
        listed = [*true.ids.tolist(), *listed]
    near = [candidates.ids[part] for part in candidates.by_rank(similarity)]
    return _Seen(
        [*own, *listed], near, lambda k_max: _projection_of(view, answers[0], candidates, k_max, similarity)
    )


def _some_nprobes(nlist: int, shown: int) -> list[int]:
    """Return 1, 2, 4, 8, …, nlist, and last the nprobe that is shown."""
    doubled = [2**i for i in range(nlist.bit_length()) if 2**i < nlist]
    return [nprobe for nprobe in (*doubled, nlist) if nprobe != shown] + [shown]


def _record_outcomes(session: RecordedSession, serial: int, view: View) -> Steps[None]:
    """Ask for what only the engine can tell: results where they do not follow, truth by the vectors given."""
    index = session.index
    kinds = [] if index.replayable and index.splittable else ["results"]
    if index.basis == "vectors" and index.why_unexplained is None:
        kinds.append("truth")
    few = index.nlist <= FEW_CLUSTERS
    for kind in kinds:
        for nprobe in range(1, index.nlist + 1) if few else _some_nprobes(index.nlist, view.nprobe):
            asked = {"kind": kind, "serial": serial, "nprobe": nprobe, "k": view.k}
            answers = yield from session.ask({**asked, "include_self": view.include_self})
            if answers and answers[0][0].get("nprobe") == 0:
                # It holds for every nprobe.
                break


def _record_members(
    session: RecordedSession, index: IvfIndex, clusters: NDArray[np.int32], members: int
) -> Steps[None]:
    limit = min(members, max(1, int(index.list_sizes.max())))
    batch = max(1, min(MAX_BATCH, MAX_WINDOW // limit))
    for start in range(0, len(clusters), batch):
        some = clusters[start : start + batch].tolist()
        yield from session.ask({"kind": "members", "clusters": some, "offset": 0, "limit": limit})


def _projection_of(
    view: View, coarse: Packet, candidates: RecordedCandidates, k_max: int, similarity: bool
) -> dict[str, Any]:
    """Return the question for the candidates at the nprobe that is shown first, and for what they miss."""
    clusters = array_of(coarse, "clusters")
    keys = candidates.keys(similarity)
    nearest = np.argsort(keys, kind="stable")[: k_max + coarse[0]["copies"]]
    extra = nearest[candidates.ranks[nearest] > view.nprobe]
    return {
        "kind": "projection",
        "serial": coarse[0]["serial"],
        "ranks": view.nprobe,
        "flips": [],
        "k": view.k,
        "extra": [str(row) for row in candidates.ids[extra]],
        "extra_clusters": clusters[candidates.ranks[extra] - 1].tolist(),
    }


def _record_labels(session: RecordedSession, media: Media, *, of_rows: bool) -> Steps[None]:
    """Ask for what colours can stand for: labels, and columns of categories and of numbers."""
    nlist = session.index.nlist
    for column in [*([None] if media.has_labels else []), *media.categories]:
        yield from session.ask({"kind": "labels", "column": column})
        drop_first_drafts(session.exchanges[-1])
        for cluster in range(min(nlist, FEW_CLUSTERS)):
            yield from session.ask({"kind": "composition", "cluster": cluster, "column": column})
        if of_rows:
            yield from _record_rows(session, "row_labels", column)
    for column in media.scales:
        yield from session.ask({"kind": "scale", "column": column})
        drop_first_drafts(session.exchanges[-1])
        if of_rows:
            yield from _record_rows(session, "row_levels", column)


def _record_rows(session: RecordedSession, kind: str, column: int | None) -> Steps[None]:
    """Ask for the label, or the number, of each row; an answer may leave clusters for another."""
    left = np.flatnonzero(session.index.list_sizes).tolist()
    while left:
        asked = {"kind": kind, "clusters": left[:MAX_BATCH], "column": column}
        (packet,) = yield from session.ask(asked)
        told = set(array_of(packet, "clusters").tolist())
        if not told:
            return
        left = [cluster for cluster in left if cluster not in told]


def _record_workload(session: RecordedSession, index: IvfIndex, view: View) -> Steps[list[int]]:
    yield from session.ask({"kind": "workload"})
    yield from session.ask({"kind": "query_recalls"})
    nprobes = (
        nprobes_shown(index.nlist) if index.nlist <= FEW_CLUSTERS else _some_nprobes(index.nlist, view.nprobe)
    )
    shown: list[int] = []
    for order in ("recall", "nprobe"):
        for nprobe in [*nprobes, view.nprobe]:
            (packet,) = yield from session.ask({"kind": "hardest", "order": order, "nprobe": int(nprobe)})
            shown = array_of(packet, "ids").tolist()[:HARDEST]
    return shown


def _by_turns(lists: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the first of each list, then the second of each, and so on."""
    if not lists:
        return np.empty(0, np.int64)
    places = np.concatenate([np.arange(len(one)) for one in lists])
    return np.concatenate(lists)[np.argsort(places, kind="stable")]


def _in_order(*parts: Any) -> list[int]:
    """Return the rows of all parts, each once, in order."""
    rows = np.concatenate([np.asarray(part, np.int64) for part in parts])
    rows, firsts = np.unique(rows[rows >= 0], return_index=True)
    found: list[int] = rows[np.argsort(firsts)].tolist()
    return found
