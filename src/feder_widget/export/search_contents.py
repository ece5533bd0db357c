"""What a page has to be told of one search: candidates, outcomes, members, its picture in the plane."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.export.compressed_recording import Exchange, Packet
from feder_widget.export.recorded_candidates import RecordedCandidates
from feder_widget.export.recorded_session import RecordedSession, array_of
from feder_widget.export.saved_query import SavedQuery, View
from feder_widget.model.work_pieces import Steps
from feder_widget.session.messages.limits import MAX_BATCH, MAX_WINDOW
from feder_widget.session.session import Session

FEW_CLUSTERS = 512
"""Up to this nlist, what depends on nprobe or on a cluster is asked for at every one."""

PROJECTED_BYTES = 24
"""What a row in the plane takes: its id, the rank of its cluster, its distance, its place."""


@dataclass(frozen=True, slots=True)
class SeenRows:
    """Rows of one search that can be seen: in the lists, and of each cluster by rank, nearest first.

    ``projection`` asks for its picture in the plane, with true neighbours up to some k.
    """

    listed: list[int]
    near: list[NDArray[np.int64]]
    projection: Callable[[int], dict[str, Any]]


def record_search(
    session: RecordedSession[Session], query: SavedQuery, view: View, members: int | None
) -> Steps[SeenRows]:
    """Search, with all clusters probed, or where ``members`` of each are told, with those of the view."""
    is_whole = members is None
    index = session.held.index
    nlist = index.nlist
    steady = index.guarantees.ranked_once and index.splittable
    at = [nlist if is_whole else view.nprobe] if steady else some_nprobes(nlist, view.nprobe)
    answers: list[Packet] = []
    if query.query.title is not None:
        session.held.name_query(query.query)
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
    return SeenRows(
        [*own, *listed], near, lambda k_max: _projection_of(view, answers[0], candidates, k_max, similarity)
    )


def some_nprobes(nlist: int, shown: int) -> list[int]:
    """Return 1, 2, 4, 8, …, nlist, and last the nprobe that is shown."""
    doubled = [2**i for i in range(nlist.bit_length()) if 2**i < nlist]
    return [nprobe for nprobe in (*doubled, nlist) if nprobe != shown] + [shown]


def _record_outcomes(session: RecordedSession[Session], serial: int, view: View) -> Steps[None]:
    """Ask for what only the engine can tell: results where they do not follow, truth by the vectors given."""
    index = session.held.index
    kinds = [] if index.replayable and index.splittable else ["results"]
    if index.basis == "vectors" and index.why_unexplained is None:
        kinds.append("truth")
    few = index.nlist <= FEW_CLUSTERS
    for kind in kinds:
        for nprobe in range(1, index.nlist + 1) if few else some_nprobes(index.nlist, view.nprobe):
            asked = {"kind": kind, "serial": serial, "nprobe": nprobe, "k": view.k}
            answers = yield from session.ask({**asked, "include_self": view.include_self})
            if answers and answers[0][0].get("nprobe") == 0:
                # It holds for every nprobe.
                break


def _record_members(
    session: RecordedSession[Session], index: IvfIndex, clusters: NDArray[np.int32], members: int
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


def finished(
    session: RecordedSession[Any], projection: Exchange | None, has_drafts: bool = False
) -> Steps[list[Exchange]]:
    """Wait for the picture in the plane; a function of the caller's may fail, and the page then has none.

    Its first drafts are dropped unless they are wanted.
    """
    if projection is None:
        return []
    try:
        yield from session.finish(projection)
    except ValueError:
        return []
    if not has_drafts:
        drop_first_drafts(projection)
    return [projection]


def size_of(projection: Exchange | None) -> int:
    """Return the bytes that a picture in the plane takes at most, by its draft."""
    if projection is None:
        return 0
    ((content, buffers), *_) = projection.answers
    # That of a graph is one message, and a better one of no more nodes follows it.
    held = content["rows"] * PROJECTED_BYTES if "rows" in content else 2 * sum(map(len, buffers))
    return int(held) + len(json.dumps([content, projection.asked]))


def drop_first_drafts(exchange: Exchange) -> None:
    """Keep of an answer in drafts the last one alone."""
    exchange.answers = [packet for packet in exchange.answers if packet[0].get("final", True)]
