"""The visited nodes of a search in the plane: a linear picture, then a better one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.layout.plane import into_unit_square
from feder_widget.model.work_pieces import DECODE_WORK, PIECE_WORK
from feder_widget.projection import LinearMap, Method, into_picture
from feder_widget.projection.limits import AXES_ROWS, LINEAR_ROWS, REFINED_ROWS
from feder_widget.projection.linear_map import directions
from feder_widget.session.answers.projection import SETTLE
from feder_widget.session.freed_memory import sparing
from feder_widget.session.graph.active_walk import ActiveWalk
from feder_widget.session.graph.graph_map import COSINE, INNER_PRODUCT
from feder_widget.session.messages.graph_to_page import WalkProjection
from feder_widget.session.messages.to_kernel import WalkProjectionRequest
from feder_widget.session.runner import Step, Until

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

AT_ONCE = 1000
"""Vectors that are read at once, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The nodes of a picture: the first visits, the stops of the descent, and the rows asked for besides."""

    visits: Ids
    stops: Ids
    extra: Ids
    extra_ids: Ids

    @property
    def nodes(self) -> Ids:
        """All of them, in this order."""
        return np.concatenate([self.visits, self.stops, self.extra])


@dataclass(frozen=True, slots=True, eq=False)
class WalkProjector:
    """Draws the nodes that a search has visited.

    Attributes
    ----------
    index : GraphIndex
        The opened graph.
    method : Method or None
        The better picture's method; None leaves it at the linear one.
    in_thread : function
        Has a thread call a function in its own time.
    now : function
        The runner's clock.
    settle : float
        Seconds between a linear picture and the start of a better one.
    """

    index: GraphIndex
    method: Method | None
    in_thread: Callable[..., Future[Any]]
    now: Callable[[], float]
    settle: float = SETTLE

    def steps(self, search: ActiveWalk, asked: WalkProjectionRequest) -> Iterator[Step]:
        """Answer a request: vectors are read here, in slices, and a thread computes the pictures."""
        stop = threading.Event()
        try:
            rows = self._rows(search, asked)
            vectors = yield from self._read(rows.nodes, search)
            by_angle = self.index.metric in (COSINE, INNER_PRODUCT)
            placing = self.in_thread(sparing(_linear), vectors, by_angle)
            yield placing
            positions, drawn_in = placing.result()
            method = self.method
            if asked.visits > REFINED_ROWS or (method is not None and len(vectors) <= method.fewest):
                method = None
            name = "PCA of directions" if by_angle else "PCA"
            yield _message(search, asked, rows, positions, name, drawn_in, method is None)
            if method is None:
                return
            yield Until(self.now() + self.settle)
            kept = min(REFINED_ROWS, len(rows.visits))
            places = np.r_[:kept, len(rows.visits) : len(vectors)]
            few = _Rows(rows.visits[:kept], rows.stops, rows.extra, rows.extra_ids)
            by_direction = by_angle and method.by_direction
            drawing = self.in_thread(
                sparing(_refined), method, vectors[places], positions[places], by_direction, stop.is_set
            )
            yield drawing
            name = f"{method.name}, by direction" if by_direction else method.name
            yield _message(search, asked, few, drawing.result(), name, 0, True)
        finally:
            stop.set()

    def _rows(self, search: ActiveWalk, asked: WalkProjectionRequest) -> _Rows:
        file = self.index.graph_file
        hops = search.descent.hops
        stops = np.array([search.descent.entry, *(hop.to for hop in hops)], np.int64)
        extra_ids = np.array([int(row_id) for row_id in asked.extra], np.int64)
        found = file.nodes_of(extra_ids) if len(extra_ids) else extra_ids
        return _Rows(search.walk.nodes[:LINEAR_ROWS], stops, found[found >= 0], extra_ids[found >= 0])

    def _read(self, nodes: Ids, search: ActiveWalk) -> Generator[Step, None, Float32Array]:
        """Read vectors in slices, and put the query after them."""
        file = self.index.graph_file
        size = min(AT_ONCE, max(128, PIECE_WORK // (DECODE_WORK * max(1, int(file.stored_dim)))))
        found = np.empty((len(nodes) + 1, file.stored_dim), np.float32)
        for first in range(0, len(nodes), size):
            part = nodes[first : first + size]
            found[first : first + len(part)] = file.stored_vectors(part)
            yield None
        found[-1] = file.transform(search.query.vector[None])[0]
        return found


def _linear(vectors: Float32Array, by_direction: bool) -> tuple[Float32Array, int]:
    """Place vectors, the query last, by the principal components of the first ones."""
    place = LinearMap(vectors[:AXES_ROWS], normalise=by_direction)
    return into_picture(place(vectors))


def _refined(
    method: Method,
    vectors: Float32Array,
    positions: Float32Array,
    by_direction: bool,
    cancelled: Callable[[], bool],
) -> Float32Array:
    if by_direction:
        vectors = directions(vectors.astype(np.float64)).astype(np.float32)
    return into_unit_square(method(vectors, positions.astype(np.float64), cancelled))


def _message(
    search: ActiveWalk,
    asked: WalkProjectionRequest,
    rows: _Rows,
    positions: Float32Array,
    name: str,
    drawn_in: int,
    is_final: bool,
) -> WalkProjection:
    ends = np.cumsum([len(rows.visits), len(rows.stops)])
    return WalkProjection(
        request=asked.request,
        serial=search.serial,
        method=name,
        final=is_final,
        drawn_in=drawn_in,
        places=positions[: ends[0]],
        stop_places=positions[ends[0] : ends[1]],
        extra_ids=rows.extra_ids,
        extra_places=positions[ends[1] : -1],
        query_place=positions[-1],
    )
