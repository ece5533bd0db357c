"""What a page of its own has to be told: the questions that its widget will ask."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.export.compressed_recording import Exchange
from feder_widget.export.page_assembly import Recorded
from feder_widget.export.recorded_session import RecordedSession, array_of
from feder_widget.export.saved_query import SavedQuery, View
from feder_widget.export.search_contents import FEW_CLUSTERS, drop_first_drafts, record_search, some_nprobes
from feder_widget.media import Media
from feder_widget.model.work_pieces import Steps
from feder_widget.session.answers.workload import HARDEST, nprobes_shown
from feder_widget.session.messages.limits import MAX_BATCH, MAX_VALUES
from feder_widget.session.session import Session

CANDIDATE_BYTES = 9
"""What a candidate takes in a page: its id and its distance, compressed and as text."""

CANDIDATES_SHARE = 0.5
"""Share of a page that may be candidates, so that there is room for pictures."""

MEMBERS = 64
"""Rows of each cluster at most in a page that does not hold every candidate."""


def record(
    session: RecordedSession[Session],
    queries: Sequence[SavedQuery],
    view: View,
    *,
    has_workload: bool,
    media: Media,
    k_max: int,
    room: int,
) -> Steps[Recorded]:
    """Ask all but the pictures; the query that is asked last is on screen first."""
    index = session.held.index
    yield from session.ask({"kind": "map"})
    drop_first_drafts(session.exchanges[-1])
    share = max(0.0, CANDIDATES_SHARE * room / (len(queries) * CANDIDATE_BYTES))
    is_whole = index.ntotal <= share
    members = None if is_whole else min(MEMBERS, int(share / index.nlist))
    listed: list[int] = []
    near: list[NDArray[np.int64]] = []
    for query in queries:
        found = yield from record_search(session, query, view, members)
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
    rows = each_once(listed, portraits, by_turns(near))
    in_lists = each_once(listed)
    yield from record_values(session, media, in_lists)
    return Recorded(rows, len(in_lists), projection)


def record_values(session: RecordedSession[Any], media: Media, rows: Sequence[int]) -> Steps[None]:
    """Ask for the values of rows in the columns of their metadata, where there are any."""
    if not media.columns:
        return
    shown = [str(row) for row in rows]
    for start in range(0, len(shown), MAX_VALUES):
        yield from session.ask({"kind": "row_values", "ids": shown[start : start + MAX_VALUES]})


def _record_labels(session: RecordedSession[Session], media: Media, *, of_rows: bool) -> Steps[None]:
    """Ask for what colours can stand for: labels, and columns of categories and of numbers."""
    nlist = session.held.index.nlist
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


def _record_rows(session: RecordedSession[Session], kind: str, column: int | None) -> Steps[None]:
    """Ask for the label, or the number, of each row; an answer may leave clusters for another."""
    left = np.flatnonzero(session.held.index.list_sizes).tolist()
    while left:
        asked = {"kind": kind, "clusters": left[:MAX_BATCH], "column": column}
        (packet,) = yield from session.ask(asked)
        told = set(array_of(packet, "clusters").tolist())
        if not told:
            return
        left = [cluster for cluster in left if cluster not in told]


def _record_workload(session: RecordedSession[Session], index: IvfIndex, view: View) -> Steps[list[int]]:
    yield from session.ask({"kind": "workload"})
    yield from session.ask({"kind": "query_recalls"})
    nprobes = (
        nprobes_shown(index.nlist) if index.nlist <= FEW_CLUSTERS else some_nprobes(index.nlist, view.nprobe)
    )
    shown: list[int] = []
    for order in ("recall", "nprobe"):
        for nprobe in [*nprobes, view.nprobe]:
            (packet,) = yield from session.ask({"kind": "hardest", "order": order, "nprobe": int(nprobe)})
            shown = array_of(packet, "ids").tolist()[:HARDEST]
    return shown


def by_turns(lists: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the first of each list, then the second of each, and so on."""
    if not lists:
        return np.empty(0, np.int64)
    places = np.concatenate([np.arange(len(one)) for one in lists])
    return np.concatenate(lists)[np.argsort(places, kind="stable")]


def each_once(*parts: Any) -> list[int]:
    """Return the rows of all parts, each once, in order."""
    rows = np.concatenate([np.asarray(part, np.int64) for part in parts])
    rows, firsts = np.unique(rows[rows >= 0], return_index=True)
    found: list[int] = rows[np.argsort(firsts)].tolist()
    return found
