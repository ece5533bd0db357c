"""One conversation: requests in, messages out, the work on threads, a newer search superseding an older."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cartographer import Cartographer
from .index import IvfIndex
from .media import Media
from .members import Members
from .outbox import Outbox, Send
from .projection import Method
from .projector import ProjectionAsk, Projector
from .requests import (
    BadRequestError,
    parse_candidates,
    parse_medoids,
    parse_members,
    parse_projection,
    parse_row_id,
    parse_search,
    parse_thumbnails,
    request_of,
    shown,
)
from .stream import FULL_CANDIDATES, Ask, candidates, stream
from .wire import Buffer, Packet, Request, ThumbnailItem

KINDS = ("search", "thumbnails", "members", "candidates", "medoids", "projection", "map", "cancel")

BURST = 8
INTERVAL = 1 / 30
"""The Jupyter server drops messages above 1,000 per second for good: a short burst, then 30 per second."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is being searched: float32 (dim,), and the row id when it is a vector of the index."""

    vector: NDArray[np.float32]
    row_id: int | None


class Session:
    """Answers one widget's requests. Knows nothing of Jupyter: ``send`` may append to a list.

    Parameters
    ----------
    index
        The opened index.
    media
        Pictures and labels of its rows.
    send
        Called with a message and its buffers, from worker threads, one call at a time.
    k_max
        The largest k the page can show without asking again.
    projection
        How candidates are laid out in the plane after the linear picture; None leaves it at that one.
    """

    def __init__(
        self, index: IvfIndex, media: Media, send: Send, *, k_max: int, projection: Method | None = None
    ) -> None:
        self._index = index
        self._media = media
        self._outbox = Outbox(send)
        self._k_max = k_max
        self._members = Members(index)
        self._lock = threading.Lock()
        self._serial = 0
        self._cancelled = -1
        self._request: Request | None = None
        self._begun: tuple[int, Query, int] | None = None
        self._random = np.random.default_rng()
        self._searcher = ThreadPoolExecutor(1, thread_name_prefix="feder-search")
        self._helpers = ThreadPoolExecutor(2, thread_name_prefix="feder-media")
        self._projector = Projector(index, projection, self._outbox.deliver, self._outbox.fail, k_max=k_max)
        self._cartographer = Cartographer(index, self._outbox)

    @property
    def query(self) -> Query | None:
        """The newest query whose search has begun."""
        begun = self._begun
        return None if begun is None else begun[1]

    def search(self, vector: NDArray[np.float32], row_id: int | None, nprobe: int, k: int) -> int:
        """Start a search that the kernel asks for, with a checked vector; returns its serial."""
        if self._outbox.closed:
            raise RuntimeError("the widget is closed and can search no more")
        query = Query(vector, row_id)
        return self._start(None, lambda: query, nprobe, k, begun=query)

    def handle(self, content: object, buffers: Sequence[Buffer] = ()) -> None:
        """Take one request of the page. Returns at once; a worker sends the answer, or an ``error``."""
        if self._outbox.closed:
            return
        request = request_of(content)
        try:
            if not isinstance(content, Mapping):
                raise BadRequestError(f"a request must be an object, got {type(content).__name__}")
            self._dispatch(request, content, buffers)
        except Exception as error:
            self._outbox.fail(request, error)

    def close(self) -> None:
        """Stop all work at the next chunk and drop what is held. Can be called twice."""
        self._outbox.close()
        with self._lock:
            self._serial += 1
        for pool in (self._searcher, self._helpers):
            pool.shutdown(wait=False, cancel_futures=True)
        self._projector.close()
        self._cartographer.close()
        self._begun = None
        self._members.clear()

    def _dispatch(self, request: Request, content: Mapping[str, Any], buffers: Sequence[Buffer]) -> None:
        kind = content.get("kind")
        if kind == "search":
            self._search(request, content, buffers)
        elif kind == "thumbnails":
            ids, clusters, size = parse_thumbnails(content, self._index.nlist)
            self._helpers.submit(
                self._outbox.guard, request, lambda: self._thumbnails(request, ids, clusters, size)
            )
        elif kind == "members":
            cluster, offset, limit = parse_members(content, self._index.nlist)
            self._helpers.submit(
                self._outbox.guard, request, lambda: self._send_members(request, cluster, offset, limit)
            )
        elif kind == "candidates":
            serial, first, last = parse_candidates(content, self._index.nlist)
            self._helpers.submit(
                self._outbox.guard, request, lambda: self._send_candidates(request, serial, first, last)
            )
        elif kind == "medoids":
            chosen = parse_medoids(content, self._index.nlist)
            self._helpers.submit(
                self._outbox.guard,
                request,
                lambda: self._outbox.deliver(self._members.medoids(request, chosen)),
            )
        elif kind == "projection":
            self._project(request, *parse_projection(content, self._index.nlist, self._k_max))
        elif kind == "map":
            self._cartographer.ask(request)
        elif kind == "cancel":
            with self._lock:
                if request == self._request:
                    self._cancelled = self._serial
        else:
            raise BadRequestError(f"kind must be one of {', '.join(KINDS)}, got {shown(kind)}")

    def _search(self, request: Request, content: Mapping[str, Any], buffers: Sequence[Buffer]) -> None:
        query, nprobe, k = parse_search(content, self._index.nlist, self._k_max)
        if "id" in query:
            row_id, hint = parse_row_id(query["id"]), query.get("cluster")
            self._start(request, lambda: self._by_id(row_id, hint), nprobe, k)
        elif query.get("vector"):
            if len(buffers) != 1:
                raise BadRequestError(f"a search by vector needs one buffer, got {len(buffers)}")
            values = bytes(buffers[0])
            if len(values) != 4 * self._index.dim:
                raise BadRequestError(
                    f"the query vector must hold {self._index.dim} float32 values, got {len(values)} bytes"
                )
            vector = self._index.query_vector(np.frombuffer(values, "<f4"))
            self._start(request, lambda: Query(vector, None), nprobe, k)
        elif query.get("random"):
            self._start(request, lambda: self._by_id(self._index.random_id(self._random), None), nprobe, k)
        elif query.get("resume"):
            current = self.query
            if current is not None:
                self._start(request, lambda: current, nprobe, k)
        else:
            raise BadRequestError("query must hold one of id, vector, random, resume")

    def _by_id(self, row_id: int, cluster: object) -> Query:
        if isinstance(cluster, int) and 0 <= cluster < self._index.nlist:
            vector = self._index.vectors_of(np.array([row_id]), np.array([cluster]))[0]
            if not np.isnan(vector).any():
                return Query(vector, row_id)
        return Query(self._index.vector(row_id), row_id)

    def _start(
        self,
        request: Request | None,
        make: Callable[[], Query],
        nprobe: int,
        k: int,
        begun: Query | None = None,
    ) -> int:
        with self._lock:
            self._serial += 1
            serial = self._serial
            if begun is not None:
                self._begun = serial, begun, nprobe
            self._request = f"kernel:{serial}" if request is None else request
            name = self._request
        self._projector.cancel()
        self._searcher.submit(self._outbox.guard, name, lambda: self._run(name, serial, make, nprobe, k))
        return serial

    def _run(self, request: Request, serial: int, make: Callable[[], Query], nprobe: int, k: int) -> None:
        if self._stale(serial):
            return
        query = make()
        with self._lock:
            if self._stale(serial):
                return
            self._begun = serial, query, nprobe
        label = None if query.row_id is None else self._media.label(query.row_id)
        ask = Ask(request, serial, query.vector, query.row_id, label, nprobe, k, self._k_max)
        for packet in self._paced(stream(self._index, ask), serial):
            self._outbox.deliver(packet)

    def _stale(self, serial: int) -> bool:
        return serial != self._serial or serial == self._cancelled or self._outbox.closed

    def _thumbnails(self, request: Request, ids: list[int], clusters: list[int] | None, size: int) -> None:
        items: list[ThumbnailItem] = []
        parts: list[bytes] = []
        offset = 0
        for row_id, picture in zip(ids, self._media.thumbnails(ids, size, clusters), strict=True):
            data = picture.data or b""
            items.append(
                {
                    "id": str(row_id),
                    "label": self._media.label(row_id),
                    "mime": picture.mime,
                    "offset": offset,
                    "length": len(data),
                    "url": picture.url,
                    "reason": picture.reason,
                }
            )
            parts.append(data)
            offset += len(data)
        self._outbox.deliver(
            ({"kind": "thumbnails", "request": request, "size": size, "items": items}, [b"".join(parts)])
        )

    def _send_members(self, request: Request, cluster: int, offset: int, limit: int) -> None:
        begun = self._begun
        serial, vector = (0, None) if begun is None else (begun[0], begun[1].vector)
        self._outbox.deliver(self._members.window(request, serial, vector, cluster, offset, limit))

    def _send_candidates(self, request: Request, serial: int, first: int, last: int) -> None:
        begun = self._begun
        if begun is None or begun[0] != serial:
            raise BadRequestError(f"the search {serial} is over: a newer one has begun")
        _, query, nprobe = begun
        order = self._index.rank(query.vector, nprobe).clusters
        wanted = int(self._index.list_sizes[order[first - 1 : last]].sum())
        if wanted > FULL_CANDIDATES:
            raise BadRequestError(f"{wanted:,} candidates are asked for, the most is {FULL_CANDIDATES:,}")
        for packet in self._paced(candidates(self._index, request, query.vector, order, first, last), serial):
            self._outbox.deliver(packet)

    def _project(self, request: Request, serial: int, ranks: int, k: int) -> None:
        begun = self._begun
        if begun is None or begun[0] != serial:
            raise BadRequestError(f"the search {serial} is over: a newer one has begun")
        _, query, nprobe = begun
        self._projector.ask(ProjectionAsk(request, serial, query.vector, nprobe, ranks, k))

    def _paced(self, packets: Iterator[Packet], serial: int) -> Iterator[Packet]:
        """Hold packets back to what the server passes on; end when the search they belong to is stale."""
        begin = time.monotonic()
        for number, packet in enumerate(packets):
            early = begin + (number - BURST) * INTERVAL - time.monotonic()
            if early > 0 and self._outbox.wait(early):
                return
            if self._stale(serial):
                return
            yield packet
