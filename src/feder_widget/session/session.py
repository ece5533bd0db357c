"""One conversation: requests in, messages out, each kind of work on its own threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.projection import Method
from feder_widget.session import requests, threads, truth_messages
from feder_widget.session.cartographer import Cartographer
from feder_widget.session.evaluator import Evaluator
from feder_widget.session.members import Members
from feder_widget.session.outbox import Outbox, Send
from feder_widget.session.outcome import outcome
from feder_widget.session.projector import ProjectionAsk, Projector
from feder_widget.session.requests import BadRequestError
from feder_widget.session.searcher import Begun, Query, Searcher
from feder_widget.session.surveying import Surveying
from feder_widget.session.thumbnails import thumbnails
from feder_widget.session.wire import Buffer, Packet, Request
from feder_widget.truth import Evaluation, Workload
from feder_widget.truth.evaluation import Progress

Handler = Callable[[Request, Mapping[str, Any], Sequence[Buffer]], None]


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
        self._k_max = k_max
        self._outbox = outbox = Outbox(send)
        self._members = Members(index)
        self._random = np.random.default_rng()
        self._helpers = threads.pool(2, "media")
        self._searcher = Searcher(index, outbox, media.label, self._offer_bounds, k_max=k_max)
        self._projector = Projector(index, projection, outbox.deliver, outbox.fail, k_max=k_max)
        self._cartographer = Cartographer(index, outbox)
        self._evaluator = Evaluator(outbox, media.label)
        self._neighbours = truth_messages.Neighbours(index)
        self._bounding = threading.Lock()
        self._surveying = Surveying(index, outbox, self._offer_bounds)
        self._handlers: Mapping[str, Handler] = {
            "search": self._search,
            "rest": self._rest,
            "thumbnails": self._thumbnails,
            "members": self._window,
            "candidates": self._candidates,
            "medoids": self._medoids,
            "projection": self._project,
            "verdict": self._verdict,
            "results": self._results,
            "truth": self._truth,
            "evaluate": self._evaluate,
            "workload": lambda request, *_: self._evaluator.resend(request),
            "map": lambda request, *_: self._cartographer.ask(request),
            "cancel": self._cancel,
        }

    @property
    def query(self) -> Query | None:
        """The newest query whose search has begun."""
        begun = self._searcher.begun
        return None if begun is None else begun.query

    def search(self, vector: NDArray[np.float32], row_id: int | None, nprobe: int, k: int) -> int:
        """Start a search that the kernel asks for, with a checked vector; returns its serial."""
        self._check_open()
        query = Query(vector, row_id)
        return self._start(None, lambda: query, nprobe, k, known=query)

    def evaluate(self, evaluation: Evaluation, progress: Progress) -> Workload:
        """Evaluate on the caller's thread, and show it as it comes."""
        self._check_open()
        return self._evaluator.run(evaluation, progress)

    def handle(self, content: object, buffers: Sequence[Buffer] = ()) -> None:
        """Take one request of the page. Returns at once; a worker sends the answer, or an ``error``."""
        if self._outbox.closed:
            return
        request = requests.request_of(content)
        try:
            if not isinstance(content, Mapping):
                raise BadRequestError(f"a request must be an object, got {type(content).__name__}")
            kind = content.get("kind")
            handler = self._handlers.get(kind) if isinstance(kind, str) else None
            if handler is None:
                known = ", ".join(self._handlers)
                raise BadRequestError(f"kind must be one of {known}, got {requests.shown(kind)}")
            handler(request, content, buffers)
        except Exception as error:
            self._outbox.fail(request, error)

    def close(self) -> None:
        """Stop all work at the next chunk and drop what is held. Can be called twice."""
        self._outbox.close()
        self._helpers.shutdown(wait=False, cancel_futures=True)
        for worker in (
            self._searcher,
            self._projector,
            self._cartographer,
            self._evaluator,
            self._surveying,
        ):
            worker.close()
        self._members.clear()

    def _check_open(self) -> None:
        if self._outbox.closed:
            raise RuntimeError("the widget is closed and can search no more")

    def _search(self, request: Request, content: Mapping[str, Any], buffers: Sequence[Buffer]) -> None:
        query, nprobe, k = requests.parse_search(content, self._index.nlist, self._k_max)
        if "id" in query:
            row_id, hint = requests.parse_row_id(query["id"]), query.get("cluster")
            self._start(request, lambda: self._by_id(row_id, hint), nprobe, k)
        elif query.get("vector"):
            vector = self._index.query_vector(requests.parse_vector(buffers, self._index.dim))
            self._start(request, lambda: Query(vector, None), nprobe, k)
        elif query.get("random"):
            self._start(request, lambda: self._by_id(self._index.random_id(self._random), None), nprobe, k)
        elif "workload" in query:
            place = requests.parse_place(query)
            self._start(request, lambda: Query(*self._evaluator.query(place)), nprobe, k)
        elif query.get("resume"):
            current = self.query
            if current is not None:
                self._start(request, lambda: current, nprobe, k)
        else:
            raise BadRequestError("query must hold one of id, vector, random, workload, resume")

    def _by_id(self, row_id: int, cluster: object) -> Query:
        if isinstance(cluster, int) and 0 <= cluster < self._index.nlist:
            vector = self._index.queries_of(np.array([row_id]), np.array([cluster]))[0]
            if not np.isnan(vector).any():
                return Query(vector, row_id)
        return Query(self._index.query_vector(row_id), row_id)

    def _start(
        self,
        request: Request | None,
        make: Callable[[], Query],
        nprobe: int,
        k: int,
        known: Query | None = None,
    ) -> int:
        def made() -> Query:
            query = make()
            # A search that fails leaves the one on screen, and its picture.
            self._projector.cancel()
            return query

        return self._searcher.start(request, made, nprobe, k, known)

    def _rest(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        self._searcher.go_on(request, *requests.parse_rest(content, self._index.nlist))

    def _cancel(self, request: Request, _content: Mapping[str, Any], _buffers: Sequence[Buffer]) -> None:
        self._searcher.cancel(request)
        self._evaluator.cancel(request)

    def _offer_bounds(self, begun: Begun | None = None) -> None:
        """Send what geometry says of a search, else of the newest, as soon as a helper has time for it."""
        current = self._searcher.begun if begun is None else begun
        if current is not None and not self._outbox.closed:
            # There are no helpers any more where a program has come to its end.
            with suppress(RuntimeError):
                self._helpers.submit(self._outbox.guard, None, lambda: self._send_bounds(current))

    def _send_bounds(self, begun: Begun) -> None:
        # One at a time, lest what was known earlier arrives last.
        with self._bounding:
            packet = truth_messages.bounds(self._index, begun)
            if packet is None and not self._index.limited:
                self._surveying.go_on()
            elif packet is not None and self._searcher.is_current(begun):
                self._outbox.deliver(packet)

    def _verdict(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        serial, row_id = requests.parse_verdict(content)
        begun = self._searcher.current(serial)
        count = self._searcher.is_whole
        self._help(request, lambda: truth_messages.verdict(self._index, request, begun, row_id, count))

    def _results(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        serial, nprobe, k = requests.parse_results(content, self._index.nlist, self._k_max)
        vector = self._searcher.current(serial).query.vector
        self._help(request, lambda: outcome(self._index, request, serial, vector, nprobe, k))

    def _truth(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        serial, nprobe, k = requests.parse_results(content, self._index.nlist, self._k_max)
        begun = self._searcher.current(serial)
        if self._index.basis != "vectors":
            raise BadRequestError("no vectors were given to tell true neighbours by")
        self._help(request, lambda: self._neighbours.packet(request, begun, nprobe, k))

    def _evaluate(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        sample, seed, k = requests.parse_evaluate(content, self._k_max)
        self._evaluator.ask(request, lambda: self._index.evaluation(sample, k, seed=seed))

    def _thumbnails(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        ids, clusters, size = requests.parse_thumbnails(content, self._index.nlist)
        self._help(request, lambda: thumbnails(self._media, request, ids, clusters, size))

    def _window(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        cluster, offset, limit = requests.parse_members(content, self._index.nlist)

        def window() -> Packet:
            begun = self._searcher.begun
            serial, vector = (0, None) if begun is None else (begun.serial, begun.query.vector)
            return self._members.window(request, serial, vector, cluster, offset, limit)

        self._help(request, window)

    def _medoids(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        chosen = requests.parse_medoids(content, self._index.nlist)
        self._help(request, lambda: self._members.medoids(request, chosen))

    def _candidates(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        serial, first, last = requests.parse_candidates(content, self._index.nlist)
        self._helpers.submit(
            self._outbox.guard, request, lambda: self._searcher.send_candidates(request, serial, first, last)
        )

    def _project(self, request: Request, content: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        asked = requests.parse_projection(content, self._index.nlist, self._k_max)
        begun = self._searcher.current(asked.serial)
        self._projector.ask(ProjectionAsk(request, begun.query.vector, begun.nprobe, asked))

    def _help(self, request: Request, make: Callable[[], Packet]) -> None:
        """Answer with one message, made by a helper."""
        self._helpers.submit(self._outbox.guard, request, lambda: self._outbox.deliver(make()))
