"""A search as messages: coarse, the candidates of the probed clusters, the best of the others, done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.model.finding import Finding
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.answers.meter import Meter
from feder_widget.session.answers.pieces import Bound, Pause, Piece, kept, messages, scanned
from feder_widget.session.answers.results import results
from feder_widget.session.messages import Message, Request, RowId
from feder_widget.session.messages.to_page import Candidates, Coarse, Done, FaissResults
from feder_widget.truth.neighbours.originals_price import Price
from feder_widget.truth.search_findings import coarse_findings, duplicate_findings, refine_findings

COMPLETE_ENTRIES = 524_288
"""Above this many kept entries only those that a longer prefix of the ranking can need are sent."""

EXHAUSTIVE_WORK = 4e9
"""Multiplications, ntotal x dim, up to which all clusters are compared unasked: about a second."""


def is_exhaustive(index: IvfIndex) -> bool:
    """Say whether a search goes on over all clusters unasked: not where they are read from a disk."""
    return not index.on_disk and index.ntotal * index.dim <= EXHAUSTIVE_WORK


def is_replayable(index: IvfIndex) -> bool:
    """Say whether the page can tell the results from the candidates, but perhaps for ties."""
    return index.replayable and not index.guarantees.limited


def search_messages(
    index: IvfIndex,
    search: ActiveSearch,
    request: Request,
    label: str | None,
    k_max: int,
    price: Callable[[], Price] = Price,
) -> Iterator[Message | Pause]:
    """Answer a search; None between two steps. ``search.reached`` says at the end how far it came.

    ``price`` returns what the true neighbours by the original vectors cost.
    """
    meter = Meter()
    yield from meter.timed("coarse", _coarse(index, search, request, label, k_max, price))
    complete, exhaustive = _is_complete(search, k_max), is_exhaustive(index)
    most = search.most(k_max)
    bound = None if complete else Bound(most, index.similarity)
    identical = _Identical()
    fine = identical.counted(scanned(index, search, 0, search.full))
    if bound is not None:
        fine = _bounding(fine, bound)
    yield from meter.timed("fine", messages("fine", request, fine))
    findings = _coarse_findings(index, search)
    if not is_replayable(index):
        outcome = results(index, search, request, search.nprobe, search.k, search.include_self)
        for message in meter.timed("fine", outcome):
            if isinstance(message, FaissResults):
                findings += refine_findings(search.k, message.first_k)
            yield message
    probed = max(search.full, search.nprobe)
    last = index.nlist if exhaustive else probed
    # Probed clusters that are too large to be sent whole are a part of the answer too.
    for first, end in ((search.full, probed), (probed, last)):
        search.is_answered = first == probed
        others = identical.counted(scanned(index, search, first, end))
        yield from meter.timed(
            "nearest", messages("nearest", request, kept(others, most, index.similarity, bound))
        )
    search.is_answered = True
    search.reached = last
    if index.exact and not index.similarity:
        own = int(search.query.row_id is not None)
        findings += duplicate_findings(max(0, identical.count - own))
    yield Done(request=request, seconds=meter.seconds, bytes=meter.bytes, findings=findings)


def rest(
    index: IvfIndex, search: ActiveSearch, request: Request, k_max: int, last: int
) -> Iterator[Message | Pause]:
    """Go on with a search that is done, over the clusters up to rank ``last``."""
    meter = Meter()
    bound, most = None, search.most(k_max)
    if not _is_complete(search, k_max):
        bound = Bound(most, index.similarity)
        for _ in _bounding(scanned(index, search, 0, search.full), bound):
            yield None
    while search.reached < last:
        reached = search.reached
        others = kept(scanned(index, search, reached, last), most, index.similarity, bound)
        for message in meter.timed("nearest", messages("nearest", request, others)):
            # Another request has gone on with the search meanwhile, and the page takes each rank once.
            if search.reached != reached:
                break
            if isinstance(message, Candidates):
                reached = message.first_rank - 1 + len(message.counts) - message.continues
                search.reached = reached
            yield message
    yield Done(request=request, seconds=meter.seconds, bytes=meter.bytes, findings=[])


def candidates(
    index: IvfIndex, search: ActiveSearch, request: Request, first: int, last: int
) -> Iterator[Message | Pause]:
    """Send every candidate of the clusters ranked ``first`` + 1 to ``last``."""
    yield from messages("fine", request, scanned(index, search, first, last))


def clusters(
    index: IvfIndex, search: ActiveSearch, request: Request, k_max: int, ranks: list[int]
) -> Iterator[Message | Pause]:
    """Send all that can be a result of each of these clusters, for any set of probed ones."""
    meter = Meter()
    for rank in ranks:
        pieces = kept(scanned(index, search, rank - 1, rank), search.most(k_max), index.similarity)
        yield from meter.timed("nearest", messages("nearest", request, pieces))
    yield Done(request=request, seconds=meter.seconds, bytes=meter.bytes, findings=[])


def _coarse(
    index: IvfIndex,
    search: ActiveSearch,
    request: Request,
    label: str | None,
    k_max: int,
    price: Callable[[], Price],
) -> Iterator[Message | Pause]:
    exhaustive = is_exhaustive(index)
    asked = Price() if exhaustive else price()
    reached = search.ranking.distances[: search.reach]
    yield Coarse(
        request=request,
        serial=search.serial,
        index_version=search.index_version,
        id=None if search.query.row_id is None else RowId(search.query.row_id),
        copies=0 if search.own is None else search.own.copies,
        label=label,
        title=search.query.title,
        nprobe=search.nprobe,
        reach=search.reach,
        k=search.k,
        k_max=k_max,
        complete=_is_complete(search, k_max),
        exhaustive=exhaustive,
        tied=bool((reached[1:] == reached[:-1]).any()),
        truth_bytes=asked.bytes,
        truth_seconds=asked.seconds,
        clusters=search.ranking.clusters[: search.ranked],
        distances=search.ranking.distances[: search.ranked],
        nearest=_nearest(index, search),
        vector=index.components(search.query),
        picture=np.frombuffer(search.query.picture, np.uint8),
    )


def _nearest(index: IvfIndex, search: ActiveSearch) -> NDArray[np.int64]:
    """Return the ranks by distance of the clusters that are sent, where the page cannot count them itself."""
    is_needed = search.ranked < search.nlist and not index.coarse_is_exact
    sent = np.arange(1, search.ranked + 1) if is_needed else np.empty(0, np.int64)
    return search.by_distance(sent, index.coarse_similarity)


def _is_complete(search: ActiveSearch, k_max: int) -> bool:
    """Say whether what is kept of every cluster can be sent unpruned."""
    return min(search.nlist * search.most(k_max), int(search.sizes.sum())) <= COMPLETE_ENTRIES


def _coarse_findings(index: IvfIndex, search: ActiveSearch) -> list[Finding]:
    if index.coarse_is_exact or not index.inverted_file.centroids.are_measured:
        return []
    probed, others = np.split(search.ranking.distances.astype(np.float32), [search.nprobe])
    return coarse_findings(probed, others, index.coarse_similarity)


def _bounding(pieces: Iterator[Piece | Pause], bound: Bound) -> Iterator[Piece | Pause]:
    for piece in pieces:
        if isinstance(piece, Piece):
            bound.add(piece.scan.distances)
        yield piece


class _Identical:
    """Counts candidates at distance 0."""

    def __init__(self) -> None:
        self.count = 0

    def counted(self, pieces: Iterator[Piece | Pause]) -> Iterator[Piece | Pause]:
        for piece in pieces:
            if isinstance(piece, Piece):
                self.count += int(np.count_nonzero(piece.scan.distances == 0))
            yield piece
