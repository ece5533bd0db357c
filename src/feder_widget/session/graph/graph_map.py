"""The map of a graph: districts of its vectors, and where nodes stand in them."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.map import DrawnGraph
from feder_widget.map.districts import count_for, sample_nodes
from feder_widget.model.work_pieces import DECODE_WORK, PIECE_WORK
from feder_widget.session import threads
from feder_widget.session.answers.map import parts
from feder_widget.session.freed_memory import give_back
from feder_widget.session.graph.active_walk import NO_ROW, ActiveWalk
from feder_widget.session.graph.district_steps import assigned, centroids_for, drawn_graph, layout_of
from feder_widget.session.messages import Request
from feder_widget.session.messages.graph_to_page import Districts, WalkPlaces
from feder_widget.session.messages.parse import BadRequestError
from feder_widget.session.runner import Job, Priority, Runner, Step

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

COSINE, INNER_PRODUCT = "cosine", "inner product"
"""Metrics under which the districts are of directions."""

LEVEL_MOST = 2000
"""Nodes of a level that is on the map."""

AT_ONCE = 1000
"""Vectors that are read at once, at most: for more, Faiss would wait for threads of its own."""

ASSIGNED_BYTES = 2_000_000
"""Vectors that a thread assigns at once: there is a rest of the kernel's loop for each."""

AHEAD = 2
"""Such pieces that wait for the thread at most."""


class GraphMap:
    """Draws the map of a graph when it is first asked for, and anew when the index has changed.

    Vectors are read on the owner's thread, a slice at a time; the rest happens on a thread, on copies. All
    methods are called on the owner's thread, but for ``close``.
    """

    def __init__(self, index: GraphIndex, runner: Runner) -> None:
        self._index = index
        self._runner = runner
        self._pool: ThreadPoolExecutor = threads.pool(1, "map")
        self._assigning_pool: ThreadPoolExecutor = threads.pool(1, "districts")
        self._stop = threading.Event()
        self._job: Job | None = None
        self._waiting: list[Request] = []
        self._drawn: DrawnGraph | None = None

    def ask(self, request: Request, index_version: int) -> None:
        """Send the map, now or as soon as it is drawn."""
        drawn = self._drawn
        if drawn is not None:
            self._runner.start(Job(lambda: self._messages(request, drawn), request))
            return
        if request not in self._waiting:
            self._waiting.append(request)
        if self._job is None or not self._runner.has(self._job):
            steps = partial(self._draw_steps, index_version)
            self._job = self._runner.start(Job(steps, request, kind="map", priority=Priority.SURVEY))

    @property
    def drawn(self) -> DrawnGraph | None:
        """The map, if it is drawn."""
        return self._drawn

    def forget(self) -> None:
        """Drop the map of an index that has changed: the page asks again when it hears of that."""
        self._stop.set()
        self._stop = threading.Event()
        self._drawn = None
        self._waiting.clear()
        job, self._job = self._job, None
        if job is not None:
            self._runner.end(lambda other: other is job, "changed")

    def close(self) -> None:
        """Stop drawing at the next step."""
        self._stop.set()
        for pool in (self._pool, self._assigning_pool):
            pool.shutdown(wait=False, cancel_futures=True)

    def place_steps(
        self, search: ActiveWalk, request: Request, extra: Ids, index_version: int
    ) -> Iterator[Step]:
        """Send where the nodes of a search, and some other rows, stand."""
        drawn = self._drawn
        if drawn is None or drawn.index_version != index_version:
            raise BadRequestError("the map must be asked for before places on it")
        file = self._index.graph_file
        # A pass over an id map, where there is one.
        found = file.nodes_of(extra) if len(extra) else extra
        extra, extra_nodes = extra[found >= 0], found[found >= 0]
        links = np.concatenate([np.empty(0, np.int64), *(hop.links for hop in search.descent.hops)])
        visited = search.walk.nodes
        nodes, at = np.unique(
            np.concatenate([visited, links, [search.descent.entry], extra_nodes]), return_inverse=True
        )
        vectors = yield from self._read(nodes)
        placing: Future[Float32Array] = self._pool.submit(drawn.places, vectors, nodes)
        yield placing
        places = placing.result()[at]
        query = self._index.graph_file.transform(search.query.vector[None])
        ends = np.cumsum([len(visited), len(links), 1])
        districts = drawn.members.districts
        yield WalkPlaces(
            request=request,
            serial=search.serial,
            index_version=index_version,
            places=places[: ends[0]],
            districts=districts[visited],
            link_places=places[ends[0] : ends[1]],
            entry_place=places[ends[1]],
            extra_ids=extra,
            extra_places=places[ends[2] :],
            extra_districts=districts[extra_nodes],
            query_place=drawn.query_place(query),
            district_distances=drawn.query_distances(
                query, is_cosine=self._index.metric == COSINE, similarity=self._index.similarity
            ),
        )

    def _draw_steps(self, index_version: int) -> Iterator[Step]:
        if self._index.ntotal == 0:
            return
        drawn = self._drawn = yield from self._drawing_steps(index_version)
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            yield from self._messages(request, drawn)
        yield self._pool.submit(give_back)

    def _drawing_steps(self, index_version: int) -> Generator[Step, None, DrawnGraph]:
        file, by_angle = self._index.graph_file, self._by_angle
        total, stop = file.ntotal, self._stop
        numbers = sample_nodes(total)
        making = self._pool.submit(
            centroids_for, (yield from self._read(numbers)), count_for(total), by_angle
        )
        yield making
        sample, centroids = making.result()
        # Where districts lie does not depend on their members, so both are found at the same time.
        laying_out = self._pool.submit(layout_of, centroids, by_angle, stop)
        assigning: list[Future[tuple[npt.NDArray[np.int32], Float32Array]]] = []
        size = max(1, ASSIGNED_BYTES // (4 * max(1, int(file.stored_dim))))
        for i, first in enumerate(range(0, total, size)):
            vectors = yield from self._read(np.arange(first, min(first + size, total)))
            assigning.append(self._assigning_pool.submit(assigned, vectors, centroids, by_angle, laying_out))
            yield assigning[i - AHEAD] if i >= AHEAD else None
        yield from assigning[-AHEAD:]
        yield laying_out
        pieces = [each.result() for each in assigning]
        drawing = self._pool.submit(
            drawn_graph,
            pieces,
            laying_out.result(),
            centroids,
            sample,
            numbers,
            index_version,
            by_angle,
            stop,
        )
        yield drawing
        return drawing.result()

    def _messages(self, request: Request, drawn: DrawnGraph) -> Iterator[Step]:
        yield from parts(request, drawn.map)
        file, members = self._index.graph_file, drawn.members
        links = file.links
        level = next(
            (i for i in range(1, links.max_level + 1) if np.count_nonzero(links.levels > i) <= LEVEL_MOST),
            None,
        )
        nodes = np.empty(0, np.int64) if level is None else links.nodes_of(level)
        levels = links.levels[nodes] - 1
        vectors = yield from self._read(nodes)
        placing: Future[Float32Array] = self._pool.submit(drawn.places, vectors, nodes)
        yield placing
        medoids = np.full(len(members.medoids), NO_ROW)
        is_there = members.medoids >= 0
        medoids[is_there] = file.external_ids(members.medoids[is_there])
        yield Districts(
            request=request,
            index_version=drawn.index_version,
            sizes=members.sizes,
            medoids=medoids,
            ids=file.external_ids(nodes),
            levels=levels,
            places=placing.result(),
        )

    def _read(self, nodes: Ids) -> Generator[Step, None, Float32Array]:
        """Read vectors in slices."""
        file, size = self._index.graph_file, self._slice
        found = np.empty((len(nodes), file.stored_dim), np.float32)
        for first in range(0, len(nodes), size):
            found[first : first + size] = file.stored_vectors(nodes[first : first + size])
            yield None
        return found

    @property
    def _slice(self) -> int:
        """Vectors that are read at once."""
        wanted = PIECE_WORK // (DECODE_WORK * max(1, int(self._index.graph_file.stored_dim)))
        return min(AT_ONCE, max(128, wanted))

    @property
    def _by_angle(self) -> bool:
        return self._index.metric in (COSINE, INNER_PRODUCT)
