"""The candidates of a search in the plane: a linear picture, then a better one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.layout.plane import into_unit_square
from feder_widget.model.work_pieces import Steps
from feder_widget.projection import (
    LinearMap,
    Method,
    Sample,
    gather_steps,
    into_picture,
    vector_steps,
    with_rows_steps,
)
from feder_widget.projection.limits import AXES_ROWS, LINEAR_ROWS, REFINED_ROWS, TURNED_LIKE
from feder_widget.projection.linear_map import directions
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.freed_memory import sparing
from feder_widget.session.messages.to_kernel import ProjectionRequest
from feder_widget.session.messages.to_page import Projection
from feder_widget.session.runner import Step, Until

SETTLE = 0.2
"""Seconds between a linear picture and the start of a better one: the next request may follow at once."""

CHUNK = 32_768
"""Candidates in one message: 24 bytes each, so a message stays under 1 MiB."""


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """Rows in the plane, candidates of the clusters at ``ranks`` and perhaps some more; the query is last."""

    sample: Sample
    ranks: NDArray[np.int64]
    positions: NDArray[np.float32]
    method: str
    drawn_in: int
    is_final: bool


@dataclass(frozen=True, slots=True, eq=False)
class Projector:
    """Draws candidates.

    Attributes
    ----------
    index : IvfIndex
        The opened index.
    method : Method or None
        The better picture's method; None leaves it at the linear one.
    k_max : int
        The largest k that the page can show.
    in_thread, in_slow_thread : function
        Have a thread call a function: within a moment, and in its own time.
    now : function
        The runner's clock.
    settle : float
        Seconds between a linear picture and the start of a better one.
    """

    index: IvfIndex
    method: Method | None
    k_max: int
    in_thread: Callable[..., Future[Any]]
    in_slow_thread: Callable[..., Future[Any]]
    now: Callable[[], float]
    settle: float = SETTLE

    def steps(self, search: ActiveSearch, request: ProjectionRequest) -> Iterator[Step]:
        """Answer a request: the index is read here, in steps, and pictures are computed by a thread."""
        index, query, by_direction = self.index, search.query, self.index.similarity
        stop = threading.Event()
        try:
            ranking = search.ranking
            ranks = _probed(request, index.nlist)
            k, k_max = search.most(request.k), search.most(self.k_max)
            candidates = yield from gather_steps(
                index, query, ranking, ranks, limit=LINEAR_ROWS, k=k, k_max=k_max
            )
            sample = yield from with_rows_steps(
                index, query, ranking, candidates, ranks, list(request.extra), request.extra_clusters
            )
            point = index.transform(query)[None]
            fitted = yield from self._vectors(candidates.at(candidates.first(AXES_ROWS)), point[:0])
            like = index.centroids(ranking.clusters[:TURNED_LIKE])
            fitting = self.in_thread(sparing(LinearMap), fitted, normalise=by_direction, like=like)
            yield fitting
            linear = fitting.result()
            del fitted
            start = np.empty((len(sample) + 1, 2))
            start[-1:] = linear(point)
            for part, vectors in vector_steps(index, sample):
                start[part] = linear(vectors)
                yield None
            positions, drawn_in = into_picture(start)
            method = self.method
            if method is not None and (len(sample) <= method.fewest or not np.ptp(start, axis=0).any()):
                method = None
            name = "PCA of directions" if by_direction else "PCA"
            yield from _parts(
                search, request, _Picture(sample, ranks, positions, name, drawn_in, method is None)
            )
            if method is not None:
                yield Until(self.now() + self.settle)
                yield from self._refined(search, request, method, sample, ranks, positions, stop)
        finally:
            stop.set()

    def _refined(
        self,
        search: ActiveSearch,
        request: ProjectionRequest,
        method: Method,
        sample: Sample,
        ranks: NDArray[np.int64],
        positions: NDArray[np.float32],
        stop: threading.Event,
    ) -> Iterator[Step]:
        kept = sample.first(REFINED_ROWS)
        shown = sample.at(kept)
        found = yield from self._vectors(shown, self.index.transform(search.query)[None])
        by_direction = self.index.similarity and method.by_direction
        if by_direction:
            found = directions(found.astype(np.float64)).astype(np.float32)
        start = positions[np.append(kept, len(positions) - 1)].astype(np.float64)
        drawing = self.in_slow_thread(sparing(method), found, start, stop.is_set)
        yield drawing
        refined = into_unit_square(drawing.result())
        name = f"{method.name}, by direction" if by_direction else method.name
        yield from _parts(search, request, _Picture(shown, ranks, refined, name, 0, is_final=True))

    def _vectors(self, sample: Sample, query: NDArray[np.float32]) -> Steps[NDArray[np.float32]]:
        """Read the vectors of a sample, and put the query after them."""
        rows = []
        for _, vectors in vector_steps(self.index, sample):
            rows.append(vectors)
            yield None
        return np.concatenate([*rows, query])


def _probed(wanted: ProjectionRequest, nlist: int) -> NDArray[np.int64]:
    """Return the ranks of the clusters to be drawn, ascending, int64 (n,)."""
    chosen = np.arange(1, nlist + 1) <= wanted.ranks
    chosen[np.array(wanted.flips, np.int64) - 1] ^= True
    return np.flatnonzero(chosen) + 1


def _parts(search: ActiveSearch, request: ProjectionRequest, picture: _Picture) -> Iterator[Projection]:
    """Cut a picture into messages."""
    sample, positions = picture.sample, picture.positions
    candidates = int(np.isin(sample.ranks, picture.ranks).sum())
    for offset in range(0, max(1, len(sample)), CHUNK):
        part = slice(offset, min(offset + CHUNK, len(sample)))
        yield Projection(
            request=request.request,
            serial=search.serial,
            ranks=request.ranks,
            flips=request.flips,
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
