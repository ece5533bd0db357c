"""Candidates of consecutive ranks, piece by piece, as messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.model.list_runs import runs
from feder_widget.model.search_trace import Scan
from feder_widget.model.top_k import keep
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import Candidates

CHUNK = 65_536
"""Candidates in one message at most: 12 bytes each, so a message stays under 1 MiB."""

TOGETHER = 32_768
"""Vectors in one scan where a long list cannot be cut."""

REPORTED = 1_000_000
"""Vectors compared between two messages at most, so that the page can follow."""


FETCHED_TOGETHER = 1 << 20
"""Bytes of lists that are fetched before they are compared: the page sees them as they come."""

MOST_FETCHED_TOGETHER = 16 << 20
"""The same after several times: each is twice the one before."""

Pause: TypeAlias = "Future[None] | None"
"""Between two steps: lists that are on their way, or nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Candidates of the clusters from ``first_rank`` on; ``continues`` where the last one is not complete.

    ``compared`` vectors were read for it, more than its candidates where only the best are kept.
    """

    first_rank: int
    scan: Scan
    continues: bool
    compared: int


def scanned(index: IvfIndex, search: ActiveSearch, first: int, last: int) -> Iterator[Piece | Pause]:
    """Compare the clusters ranked ``first`` + 1 to ``last`` with the query; a ``Pause`` between two steps."""
    rank, held = first + 1, None
    for scan in _arrived(index, search, first, last):
        if not isinstance(scan, Scan):
            if held is not None:
                # What is here is not held back by what is fetched.
                yield Piece(rank, held, False, len(held.ids))
                rank, held = rank + len(held.clusters), None
            yield scan
            continue
        if held is not None:
            goes_on = bool(scan.clusters[0] == held.clusters[-1])
            yield Piece(rank, held, goes_on, len(held.ids))
            rank += len(held.clusters) - goes_on
        held = scan
        yield None
    if held is not None:
        yield Piece(rank, held, False, len(held.ids))


class Bound:
    """The ``count``-th best distance so far."""

    def __init__(self, count: int, similarity: bool) -> None:
        self._count = count
        self._sign = np.float32(-1 if similarity else 1)
        self._best = np.empty(0, np.float32)

    def add(self, distances: NDArray[np.float32]) -> None:
        """Take distances into account."""
        keys = np.concatenate([self._best, distances * self._sign])
        if keys.size > self._count:
            keys = np.partition(keys, self._count - 1)[: self._count]
        self._best = keys

    @property
    def worst(self) -> float | None:
        """The distance; None before there are so many."""
        if self._best.size < self._count:
            return None
        return float(self._sign * self._best.max())


def kept(
    pieces: Iterable[Piece | Pause], k_max: int, similarity: bool, bound: Bound | None = None
) -> Iterator[Piece | Pause]:
    """Keep of each cluster all that can be among the k best at any k <= ``k_max``.

    With a bound, only what a longer prefix of the ranking can need.
    """
    started: Piece | None = None
    for piece in pieces:
        if not isinstance(piece, Piece):
            yield piece
            continue
        scan, compared = piece.scan, piece.compared
        if started is not None:
            scan, compared = _joined(started.scan, scan), compared + started.compared
        worst = None if bound is None else bound.worst
        piece = Piece(piece.first_rank, keep(scan, k_max, similarity, worst), piece.continues, compared)
        if piece.continues:
            started = piece
            continue
        started = None
        if bound is not None:
            bound.add(piece.scan.distances)
        yield piece


def messages(
    kind: Literal["fine", "nearest"], request: Request, pieces: Iterable[Piece | Pause]
) -> Iterator[Candidates | Pause]:
    """Put pieces together and cut them to messages of at most ``CHUNK`` candidates."""
    held: list[Piece] = []
    rows = compared = 0
    for piece in pieces:
        if not isinstance(piece, Piece):
            if piece is not None and held:
                yield _message(kind, request, held)
                held, rows, compared = [], 0, 0
            yield piece
            continue
        for cut in _cut(piece):
            if held and (rows + len(cut.scan.ids) > CHUNK or compared >= REPORTED):
                yield _message(kind, request, held)
                held, rows, compared = [], 0, 0
            held.append(cut)
            rows += len(cut.scan.ids)
            compared += cut.compared
    if held:
        yield _message(kind, request, held)


def _arrived(index: IvfIndex, search: ActiveSearch, first: int, last: int) -> Iterator[Scan | Pause]:
    """Scan clusters as their lists arrive, where they are elsewhere: the next ones are fetched meanwhile."""
    if not index.is_elsewhere:
        yield from _scans(index, search, first, last)
        return
    clusters, width = search.ranking.clusters, index.inverted_file.stack.ivf.code_size
    if not index.splittable:
        future = index.fetching(clusters[: max(last, search.nprobe)])
        if future is not None:
            yield future
            future.result()
        yield from _scans(index, search, first, last)
        return
    cuts = list(_growing_runs(search.sizes * (width + 8), first, last))
    waiting = index.fetching(clusters[slice(*cuts[0])]) if cuts else None
    for number, (start, stop) in enumerate(cuts):
        future, waiting = waiting, None
        if number + 1 < len(cuts):
            waiting = index.fetching(clusters[slice(*cuts[number + 1])])
        if future is not None:
            yield future
            future.result()
        yield from _scans(index, search, start, stop)


def _growing_runs(sizes: NDArray[np.int64], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Cut ranks into runs: small ones first, which are soon here, then larger ones by fewer requests."""
    most = FETCHED_TOGETHER
    while first < last:
        begin, first = next(iter(runs(sizes, most, first, last)))
        yield begin, first
        most = min(2 * most, MOST_FETCHED_TOGETHER)


def _scans(index: IvfIndex, search: ActiveSearch, first: int, last: int) -> Iterator[Scan]:
    clusters, distances = search.ranking.clusters, search.ranking.distances
    if index.splittable:
        yield from index.scan_steps(search.query, clusters[first:last], distances[first:last])
        return
    # A distance depends on the clusters that are scanned together: for a result, on the probed ones.
    probed = min(last, search.nprobe)
    if first < probed:
        together = index.scan(search.query, clusters[: search.nprobe], distances[: search.nprobe])
        yield together.at(np.arange(first, probed))
    for start, stop in runs(search.sizes, TOGETHER, max(first, probed), last):
        yield index.scan(search.query, clusters[start:stop], distances[start:stop])


def _joined(one: Scan, other: Scan) -> Scan:
    """Return two parts of the same cluster as one."""
    ids = np.concatenate([one.ids, other.ids])
    return Scan(one.clusters, np.array([0, len(ids)]), ids, np.concatenate([one.distances, other.distances]))


def _cut(piece: Piece) -> Iterator[Piece]:
    """Cut a piece to parts of at most ``CHUNK`` candidates."""
    scan, rows = piece.scan, len(piece.scan.ids)
    if rows <= CHUNK:
        yield piece
        return
    first, start = 0, 0
    while start < rows:
        stop = min(start + CHUNK, rows)
        last = len(scan.clusters) if stop == rows else int(np.searchsorted(scan.lims, stop, side="left"))
        inside = bool(scan.lims[last] > stop)
        part = Scan(
            scan.clusters[first:last],
            np.clip(scan.lims[first : last + 1], start, stop) - start,
            scan.ids[start:stop],
            scan.distances[start:stop],
        )
        continues = inside or (stop == rows and piece.continues)
        yield Piece(piece.first_rank + first, part, continues, stop - start)
        first, start = last - inside, stop


def _message(kind: Literal["fine", "nearest"], request: Request, pieces: list[Piece]) -> Candidates:
    counts: list[NDArray[np.int64]] = []
    continued = 0
    for piece in pieces:
        here = np.diff(piece.scan.lims)
        here[0] += continued
        continued = 0
        if piece.continues:
            continued, here = int(here[-1]), here[:-1]
        counts.append(here)
    counts.append(np.array([continued] if pieces[-1].continues else [], np.int64))
    return Candidates(
        kind=kind,
        request=request,
        first_rank=pieces[0].first_rank,
        continues=pieces[-1].continues,
        counts=np.concatenate(counts),
        ids=np.concatenate([piece.scan.ids for piece in pieces]),
        distances=np.concatenate([piece.scan.distances for piece in pieces]),
    )
