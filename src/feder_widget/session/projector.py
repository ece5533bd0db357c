"""Sends the candidates of a search in the plane, on threads of its own: a linear one, then a better."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.layout import LayoutCancelled
from feder_widget.layout.plane import into_unit_square
from feder_widget.model.pieces import Steps
from feder_widget.projection import (
    LinearMap,
    Method,
    Sample,
    gather_steps,
    into_picture,
    vector_steps,
    with_rows_steps,
)
from feder_widget.projection.linear_map import directions
from feder_widget.session import threads
from feder_widget.session.messages import Message, Request
from feder_widget.session.messages.to_kernel import ProjectionRequest
from feder_widget.session.messages.to_page import Projection

LINEAR_ROWS = 100_000
"""Candidates drawn at most; of more, a sample."""

AXES_ROWS = 8192
"""Candidates that the axes are fitted to."""

TURNED_LIKE = 16
"""Clusters nearest to the query, probed or not, that every picture of a search is turned to lie like."""

REFINED_ROWS = 2000
"""Candidates in the better picture: t-SNE of so many takes some two seconds on one thread."""

SETTLE = 0.2
"""Seconds between a linear picture and the start of a better one."""

CHUNK = 32_768
"""Candidates in one message: 24 bytes each, so a message stays under 1 MiB."""


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionAsk:
    """What to draw: ``wanted`` of the search for ``vector``, float32 (dim,).

    ``nprobe`` is that of the search, on which the order of clusters at the same distance depends.
    """

    request: Request
    vector: NDArray[np.float32]
    nprobe: int
    wanted: ProjectionRequest


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """Rows in the plane, candidates of the clusters at ``ranks`` and perhaps some more; the query is last."""

    sample: Sample
    ranks: NDArray[np.int64]
    positions: NDArray[np.float32]
    method: str
    drawn_in: int
    is_final: bool


class Projector:
    """Answers requests for a projection, each newer one in place of all older ones.

    Parameters
    ----------
    index
        The opened index.
    method
        The better picture's method; None leaves it at the linear one.
    deliver, fail
        Called from worker threads with a message and its buffers, and with a request and its error.
    k_max
        The largest k the page can show without asking again.
    """

    def __init__(
        self,
        index: IvfIndex,
        method: Method | None,
        deliver: Callable[[Message], None],
        fail: Callable[[Request, Exception], None],
        *,
        k_max: int,
    ) -> None:
        self._index = index
        self._method = method
        self._deliver = deliver
        self._fail = fail
        self._k_max = k_max
        self._newest = 0
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._linear = threads.pool(1, "projection")
        # A second thread: the next linear picture must not wait for a caller's function.
        self._refiner = threads.pool(1, "refine")

    def ask(self, ask: ProjectionAsk) -> None:
        """Draw this, and nothing asked for before."""
        number = self.cancel()
        self._linear.submit(self._guard, ask.request, number, lambda: self._draw(ask, number))

    def cancel(self) -> int:
        """Send nothing more of what was asked for; return the number of a request made now."""
        with self._lock:
            self._newest += 1
            return self._newest

    def close(self) -> None:
        """Stop at the next chance and start nothing more."""
        self._closed.set()
        self.cancel()
        for pool in (self._linear, self._refiner):
            pool.shutdown(wait=False, cancel_futures=True)

    def _draw(self, ask: ProjectionAsk, number: int) -> None:
        index, by_direction = self._index, self._index.similarity
        wanted, vector = ask.wanted, ask.vector
        ranking = index.rank(vector, ask.nprobe)
        ranks = _probed(wanted, index.nlist)
        candidates = self._run(
            number,
            gather_steps(index, vector, ranking, ranks, limit=LINEAR_ROWS, k=wanted.k, k_max=self._k_max),
        )
        rows = (list(wanted.extra), wanted.extra_clusters)
        sample = self._run(number, with_rows_steps(index, vector, ranking, candidates, ranks, *rows))
        query = index.transform(vector)[None]
        linear = LinearMap(
            self._vectors(number, candidates.at(candidates.first(AXES_ROWS)), query[:0]),
            normalise=by_direction,
            like=index.centroids(ranking.clusters[:TURNED_LIKE]),
        )
        start = np.empty((len(sample) + 1, 2))
        start[-1:] = linear(query)
        for part, vectors in vector_steps(index, sample):
            self._go_on(number)
            start[part] = linear(vectors)
        positions, drawn_in = into_picture(start)
        method = self._method
        if method is not None and (len(sample) <= method.fewest or not np.ptp(start, axis=0).any()):
            method = None
        name = "PCA of directions" if by_direction else "PCA"
        picture = _Picture(sample, ranks, positions, name, drawn_in, is_final=method is None)
        self._send(ask, number, picture)
        if method is not None:
            chosen = method
            self._refiner.submit(
                self._guard, ask.request, number, lambda: self._refine(ask, number, picture, chosen)
            )

    def _refine(
        self,
        ask: ProjectionAsk,
        number: int,
        picture: _Picture,
        method: Method,
    ) -> None:
        # A caller's function cannot be stopped: where the next request follows at once, better not to begin.
        self._closed.wait(SETTLE)
        self._go_on(number)
        kept = picture.sample.first(REFINED_ROWS)
        shown = picture.sample.at(kept)
        query = self._index.transform(ask.vector)[None]
        rows = self._vectors(number, shown, query)
        by_direction = self._index.similarity and method.by_direction
        if by_direction:
            rows = directions(rows.astype(np.float64)).astype(np.float32)
        start = picture.positions[np.append(kept, len(picture.positions) - 1)].astype(np.float64)
        positions = into_unit_square(method(rows, start, lambda: self._is_old(number)))
        name = f"{method.name}, by direction" if by_direction else method.name
        self._send(ask, number, _Picture(shown, picture.ranks, positions, name, 0, is_final=True))

    def _send(self, ask: ProjectionAsk, number: int, picture: _Picture) -> None:
        for part in _parts(ask, picture):
            self._go_on(number)
            self._deliver(part)

    def _run(self, number: int, steps: Steps[Sample]) -> Sample:
        while True:
            self._go_on(number)
            try:
                next(steps)
            except StopIteration as end:
                sample: Sample = end.value
                return sample

    def _vectors(self, number: int, sample: Sample, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the vectors of a sample, and the query."""
        found = []
        for _, vectors in vector_steps(self._index, sample):
            self._go_on(number)
            found.append(vectors)
        return np.concatenate([*found, query])

    def _is_old(self, number: int) -> bool:
        return number != self._newest

    def _go_on(self, number: int) -> None:
        if self._is_old(number):
            raise LayoutCancelled

    def _guard(self, request: Request, number: int, work: Callable[[], None]) -> None:
        try:
            self._go_on(number)
            work()
        except LayoutCancelled:
            return
        except Exception as error:
            if not self._is_old(number):
                self._fail(request, error)


def _probed(wanted: ProjectionRequest, nlist: int) -> NDArray[np.int64]:
    """Return the ranks of the clusters to be drawn, ascending, int64 (n,)."""
    chosen = np.arange(1, nlist + 1) <= wanted.ranks
    chosen[np.array(wanted.flips, np.int64) - 1] ^= True
    return np.flatnonzero(chosen) + 1


def _parts(ask: ProjectionAsk, picture: _Picture) -> Iterator[Projection]:
    """Cut a picture into messages."""
    sample, positions = picture.sample, picture.positions
    candidates = int(np.isin(sample.ranks, picture.ranks).sum())
    for offset in range(0, max(1, len(sample)), CHUNK):
        part = slice(offset, min(offset + CHUNK, len(sample)))
        yield Projection(
            request=ask.request,
            serial=ask.wanted.serial,
            ranks=ask.wanted.ranks,
            flips=ask.wanted.flips,
            method=picture.method,
            final=picture.is_final,
            sampled=candidates < sample.total,
            total=sample.total,
            drawn_in=picture.drawn_in,
            rows=len(sample),
            offset=offset,
            ids=sample.ids[part],
            rank_of=sample.ranks[part],
            distances=sample.distances[part],
            positions=positions[part],
            query=positions[-1],
        )
