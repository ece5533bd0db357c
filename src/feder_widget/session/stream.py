"""One search as a stream of messages: coarse, fine cluster by cluster, the nearest of the rest, done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex, Scan
from feder_widget.model.finding import Finding
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.top_k import keep
from feder_widget.session.messages import Message, Request, RowId
from feder_widget.session.messages.declare import buffer_bytes
from feder_widget.session.messages.to_page import Candidates, Coarse, Done, Seconds
from feder_widget.session.outcome import outcome
from feder_widget.truth.findings import coarse_findings, duplicate_findings, index_findings, refine_findings

CHUNK = 65_536
"""Candidates in one message at most: 12 bytes each, so a message stays under 1 MiB."""

BATCH = 32_768
"""Vectors in one scan of the clusters that are not sent whole; at most ``CHUNK``, for all may be kept."""

LOOK = 1_000_000
"""Vectors compared between two messages, where a search can be stopped, at most: some 50 ms of work."""

FULL_CANDIDATES = 1_000_000
"""Up to here every candidate of the probed clusters is sent (12 MB); of clusters beyond, the nearest."""

COMPLETE_ENTRIES = 524_288
"""Above this many kept entries only those that a longer prefix of the ranking can need are sent."""

EXHAUSTIVE_WORK = 4e9
"""Multiplications, ntotal x dim, up to which all clusters are compared unasked: about a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """A search as the session understood it.

    ``vector`` is float32 (dim,); ``row_id`` is set when the query is a vector of the index.
    """

    request: Request
    serial: int
    vector: NDArray[np.float32]
    row_id: int | None
    label: str | None
    nprobe: int
    k: int
    k_max: int


def is_exhaustive(index: IvfIndex) -> bool:
    """Say whether a search goes on over all clusters by itself: not where they must be read from a disk."""
    return not index.on_disk and index.ntotal * index.dim <= EXHAUSTIVE_WORK


def is_replayable(index: IvfIndex) -> bool:
    """Say whether a page can tell the results from the candidates, but perhaps for ties."""
    return index.replayable and not index.limited


def stream(index: IvfIndex, ask: Ask) -> Iterator[Message]:
    """Run the search and yield its messages in the order in which the page needs them.

    The caller may stop between any two messages; nothing is held open.
    """
    meter = _Meter()
    exhaustive = is_exhaustive(index)
    coarse = index.rank(ask.vector, ask.nprobe)
    order = coarse.clusters
    sizes = index.list_sizes[order]
    entries = min(index.nlist * ask.k_max, int(sizes.sum()))
    complete = entries <= COMPLETE_ENTRIES
    begin = Coarse(
        request=ask.request,
        serial=ask.serial,
        index_version=0,
        id=None if ask.row_id is None else RowId(ask.row_id),
        label=ask.label,
        nprobe=ask.nprobe,
        k=ask.k,
        k_max=ask.k_max,
        complete=complete,
        exhaustive=exhaustive,
        clusters=order,
        distances=coarse.distances,
        vector=index.components(ask.vector),
    )
    yield meter.sent("coarse", begin)

    full = _whole(sizes, ask.nprobe)
    bound = _Bound(ask.k_max, index.similarity)
    scans = _Scans(index, ask.vector, coarse, ask.nprobe)
    identical = 0
    for first, last in _batches(sizes, 0, full, CHUNK):
        scan = scans.between(first, last)
        identical += np.count_nonzero(scan.distances == 0)
        if not complete:
            bound.add(scan.distances)
        for message in _fine(ask.request, first + 1, scan):
            yield meter.sent("fine", message)
    findings = index_findings(sizes, index.stored_nprobe)
    if not index.coarse_is_exact and index.guarantees.coarse_measured:
        probed, others = np.split(coarse.distances.astype(np.float32), [ask.nprobe])
        findings += coarse_findings(probed, others, index.coarse_similarity)
    if not is_replayable(index):
        returned = outcome(index, ask.request, ask.serial, ask.vector, ask.nprobe, ask.k)
        findings += refine_findings(ask.k, returned.first_k)
        yield meter.sent("fine", returned)
    last_rank = index.nlist if exhaustive else max(full, ask.nprobe)
    kept = _Kept(scans, sizes, ask.k_max, index.similarity, None if complete else bound)
    for message in kept.messages(ask.request, full, last_rank):
        yield meter.sent("nearest", message)
    if index.exact and not index.similarity:
        own = int(ask.row_id is not None)
        findings += duplicate_findings(max(0, identical + kept.identical - own))
    yield _done(ask.request, meter, findings)


def rest(
    index: IvfIndex,
    request: Request,
    vector: NDArray[np.float32],
    nprobe: int,
    k_max: int,
    first: int,
    last: int,
) -> Iterator[Message]:
    """Go on with a search of ``vector`` at ``nprobe``: the clusters ranked ``first`` + 1 to ``last``."""
    meter = _Meter()
    coarse = index.rank(vector, nprobe)
    sizes = index.list_sizes[coarse.clusters]
    scans = _Scans(index, vector, coarse, nprobe)
    bound = None
    if min(index.nlist * k_max, int(sizes.sum())) > COMPLETE_ENTRIES:
        bound = _Bound(k_max, index.similarity)
        for start, stop in _batches(sizes, 0, _whole(sizes, nprobe), CHUNK):
            bound.add(scans.between(start, stop).distances)
    for message in _Kept(scans, sizes, k_max, index.similarity, bound).messages(request, first, last):
        yield meter.sent("nearest", message)
    yield _done(request, meter, [])


def reach(index: IvfIndex, vector: NDArray[np.float32], nprobe: int) -> int:
    """Return how many clusters a search compares without being asked for more."""
    if is_exhaustive(index):
        return index.nlist
    order = index.rank(vector, nprobe).clusters
    return max(nprobe, _whole(index.list_sizes[order], nprobe))


def _whole(sizes: NDArray[np.int64], nprobe: int) -> int:
    """Return of how many clusters a search sends every candidate; ``sizes``, int64 (nlist,), are by rank."""
    return max(1, int(np.searchsorted(np.cumsum(sizes[:nprobe]), FULL_CANDIDATES, side="right")))


def candidates(
    index: IvfIndex,
    request: Request,
    vector: NDArray[np.float32],
    order: NDArray[np.int64],
    first_rank: int,
    last_rank: int,
) -> Iterator[Message]:
    """Yield every candidate of the clusters at these ranks of a search that has been streamed.

    ``vector`` is float32 (dim,); ``order`` its ranking of all clusters, int64 (nlist,).
    """
    sizes = index.list_sizes[order]
    for first, last in _batches(sizes, first_rank - 1, last_rank, CHUNK):
        yield from _fine(request, first + 1, index.scan(vector, order[first:last]))


class _Scans:
    """The scans of one search, run by run of its ranking."""

    def __init__(self, index: IvfIndex, vector: NDArray[np.float32], coarse: CoarseStep, nprobe: int) -> None:
        self._index = index
        self._vector = vector
        self._coarse = coarse
        # Where distances depend on the clusters that are scanned together, those of the search are.
        self._probed = None if index.splittable else self._scan(0, nprobe)

    def between(self, first: int, last: int) -> Scan:
        """Compare the clusters ranked ``first`` + 1 to ``last``."""
        if self._probed is None or first >= len(self._probed.clusters):
            return self._scan(first, last)
        inside = min(last, len(self._probed.clusters))
        probed = self._probed.at(np.arange(first, inside))
        return probed if inside == last else probed.followed_by(self._scan(inside, last))

    def _scan(self, first: int, last: int) -> Scan:
        part = slice(first, last)
        return self._index.scan(self._vector, self._coarse.clusters[part], self._coarse.distances[part])


class _Kept:
    """What is kept of the clusters that are not sent whole."""

    def __init__(
        self,
        scans: _Scans,
        sizes: NDArray[np.int64],
        k_max: int,
        similarity: bool,
        bound: _Bound | None,
    ) -> None:
        self._scans = scans
        self._sizes = sizes
        self._k_max = k_max
        self._similarity = similarity
        self._bound = bound
        self.identical = 0

    def messages(self, request: Request, start: int, stop: int) -> Iterator[Message]:
        """Yield messages for the clusters ranked ``start`` + 1 to ``stop``."""
        first_rank, held, compared = start + 1, 0, 0
        parts: list[Scan] = []
        for first, last in _batches(self._sizes, start, stop, BATCH):
            kept = self._scanned(first, last)
            if parts and (held + kept.ids.size > CHUNK or compared >= LOOK):
                yield _nearest(request, first_rank, parts)
                first_rank, parts, held, compared = first + 1, [], 0, 0
            parts.append(kept)
            held += kept.ids.size
            compared += int(self._sizes[first:last].sum())
        if parts:
            yield _nearest(request, first_rank, parts)

    def _scanned(self, first: int, last: int) -> Scan:
        scan = self._scans.between(first, last)
        self.identical += np.count_nonzero(scan.distances == 0)
        worst = None if self._bound is None else self._bound.worst
        kept = keep(scan, self._k_max, self._similarity, worst=worst)
        if self._bound is not None:
            self._bound.add(kept.distances)
        return kept


class _Meter:
    """Seconds of work and bytes by step. Sending happens between two packets and is not counted as work."""

    def __init__(self) -> None:
        self.seconds = {"coarse": 0.0, "fine": 0.0, "nearest": 0.0}
        self.bytes = 0
        self._used = time.thread_time()

    def sent(self, step: str, message: Message) -> Message:
        """Count the work since the last message, and this message's bytes."""
        used = time.thread_time()
        self.seconds[step] += used - self._used
        self._used = used
        self.bytes += buffer_bytes(message)
        return message


class _Bound:
    """The ``count``-th best distance seen so far, or None before there are that many."""

    def __init__(self, count: int, similarity: bool) -> None:
        self._count = count
        self._sign = -1.0 if similarity else 1.0
        self._best = np.empty(0, np.float32)

    def add(self, distances: NDArray[np.float32]) -> None:
        pool = np.concatenate([self._best, distances * np.float32(self._sign)])
        if pool.size > self._count:
            pool = np.partition(pool, self._count - 1)[: self._count]
        self._best = pool

    @property
    def worst(self) -> float | None:
        if self._best.size < self._count:
            return None
        return self._sign * float(self._best.max())


def _batches(sizes: NDArray[np.int64], first: int, last: int, limit: int) -> Iterator[tuple[int, int]]:
    """Cut ``first..last`` into runs of at least one cluster that hold at most ``limit`` vectors each."""
    ends = np.cumsum(sizes)
    while first < last:
        before = int(ends[first - 1]) if first else 0
        stop = min(last, max(first + 1, int(np.searchsorted(ends, before + limit, side="right"))))
        yield first, stop
        first = stop


def _fine(request: Request, first_rank: int, scan: Scan) -> Iterator[Message]:
    """One message for the scan, or several where its only cluster is larger than a chunk."""
    counts = np.diff(scan.lims)
    if scan.ids.size <= CHUNK:
        yield _candidates("fine", request, first_rank, counts, scan.ids, scan.distances)
        return
    for start in range(0, scan.ids.size, CHUNK):
        part = slice(start, start + CHUNK)
        ids = scan.ids[part]
        yield _candidates(
            "fine",
            request,
            first_rank,
            np.array([ids.size]),
            ids,
            scan.distances[part],
            continues=part.stop < scan.ids.size,
        )


def _done(request: Request, meter: _Meter, findings: list[Finding]) -> Done:
    sentences = [finding.sentence for finding in findings]
    return Done(request=request, seconds=Seconds(**meter.seconds), bytes=meter.bytes, findings=sentences)


def _nearest(request: Request, first_rank: int, parts: list[Scan]) -> Candidates:
    counts = np.concatenate([np.diff(part.lims) for part in parts])
    ids = np.concatenate([part.ids for part in parts])
    distances = np.concatenate([part.distances for part in parts])
    return _candidates("nearest", request, first_rank, counts, ids, distances)


def _candidates(
    kind: Literal["fine", "nearest"],
    request: Request,
    first_rank: int,
    counts: NDArray[np.int64],
    ids: NDArray[np.int64],
    distances: NDArray[np.float32],
    *,
    continues: bool = False,
) -> Candidates:
    return Candidates(
        kind=kind,
        request=request,
        first_rank=first_rank,
        continues=continues,
        counts=counts,
        ids=ids,
        distances=distances,
    )
