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
from feder_widget.session import threads, truth_messages
from feder_widget.session.cartographer import Cartographer
from feder_widget.session.evaluator import Evaluator
from feder_widget.session.members import Members
from feder_widget.session.messages import Buffer, Message, Request, to_kernel, to_page
from feder_widget.session.messages.parse import BadRequestError, parse, parse_vector, request_name
from feder_widget.session.outbox import Outbox, Send
from feder_widget.session.outcome import outcome
from feder_widget.session.projector import ProjectionAsk, Projector
from feder_widget.session.searcher import Begun, Query, Searcher
from feder_widget.session.surveying import Surveying
from feder_widget.session.thumbnails import thumbnails
from feder_widget.truth import Evaluation, Workload
from feder_widget.truth.evaluation import Progress

Handler = Callable[[Any, Sequence[Buffer]], None]


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
            "workload": lambda asked, _: self._evaluator.resend(asked.request),
            "map": lambda asked, _: self._cartographer.ask(asked.request),
            "cancel": lambda asked, _: self._evaluator.cancel(asked.request),
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
        request = request_name(content)
        try:
            asked = parse(content, {"nlist": self._index.nlist, "k_max": self._k_max})
            self._handlers[asked.kind](asked, buffers)
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

    def _search(self, asked: to_kernel.SearchRequest, buffers: Sequence[Buffer]) -> None:
        make = self._query_maker(asked.query, buffers)
        if make is not None:
            self._start(asked.request, make, asked.nprobe, asked.k)

    def _query_maker(
        self, choice: to_kernel.QueryChoice, buffers: Sequence[Buffer]
    ) -> Callable[[], Query] | None:
        """Return the function that finds a query, or None where there is none to search for again."""
        if isinstance(choice, to_kernel.ById):
            return lambda: self._by_id(choice.id, choice.cluster)
        if isinstance(choice, to_kernel.ByVector):
            vector = self._index.query_vector(parse_vector(buffers, self._index.dim))
            return lambda: Query(vector, None)
        if isinstance(choice, to_kernel.ByChance):
            return lambda: self._by_id(self._index.random_id(self._random), None)
        if isinstance(choice, to_kernel.ByWorkload):
            return lambda: Query(*self._evaluator.query(choice.workload))
        current = self.query
        return None if current is None else lambda: current

    def _by_id(self, row_id: int, cluster: int | None) -> Query:
        if cluster is not None:
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

    def _rest(self, asked: to_kernel.RestRequest, _: Sequence[Buffer]) -> None:
        self._searcher.go_on(asked.request, asked.serial, asked.last_rank)

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

    def _verdict(self, asked: to_kernel.VerdictRequest, _: Sequence[Buffer]) -> None:
        begun = self._searcher.current(asked.serial)
        count = self._searcher.is_whole
        self._help(
            asked.request, lambda: truth_messages.verdict(self._index, asked.request, begun, asked.id, count)
        )

    def _results(self, asked: to_kernel.OutcomeRequest, _: Sequence[Buffer]) -> None:
        vector = self._searcher.current(asked.serial).query.vector
        self._help(
            asked.request,
            lambda: outcome(self._index, asked.request, asked.serial, vector, asked.nprobe, asked.k),
        )

    def _truth(self, asked: to_kernel.OutcomeRequest, _: Sequence[Buffer]) -> None:
        begun = self._searcher.current(asked.serial)
        if self._index.basis != "vectors":
            raise BadRequestError("no vectors were given to tell true neighbours by")
        self._help(
            asked.request, lambda: self._neighbours.message(asked.request, begun, asked.nprobe, asked.k)
        )

    def _evaluate(self, asked: to_kernel.EvaluateRequest, _: Sequence[Buffer]) -> None:
        self._evaluator.ask(
            asked.request, lambda: self._index.evaluation(asked.sample, asked.k, seed=asked.seed)
        )

    def _thumbnails(self, asked: to_kernel.ThumbnailsRequest, _: Sequence[Buffer]) -> None:
        ids = [int(row_id) for row_id in asked.ids]
        self._help(
            asked.request, lambda: thumbnails(self._media, asked.request, ids, asked.clusters, asked.size)
        )

    def _window(self, asked: to_kernel.MembersRequest, _: Sequence[Buffer]) -> None:
        def window() -> to_page.Members:
            begun = self._searcher.begun
            serial, vector = (0, None) if begun is None else (begun.serial, begun.query.vector)
            return self._members.window(
                asked.request, serial, vector, asked.cluster, asked.offset, asked.limit
            )

        self._help(asked.request, window)

    def _medoids(self, asked: to_kernel.MedoidsRequest, _: Sequence[Buffer]) -> None:
        self._help(asked.request, lambda: self._members.medoids(asked.request, asked.clusters))

    def _candidates(self, asked: to_kernel.CandidatesRequest, _: Sequence[Buffer]) -> None:
        self._helpers.submit(
            self._outbox.guard,
            asked.request,
            lambda: self._searcher.send_candidates(
                asked.request, asked.serial, asked.first_rank, asked.last_rank
            ),
        )

    def _project(self, asked: to_kernel.ProjectionRequest, _: Sequence[Buffer]) -> None:
        begun = self._searcher.current(asked.serial)
        self._projector.ask(ProjectionAsk(asked.request, begun.query.vector, begun.nprobe, asked))

    def _help(self, request: Request, make: Callable[[], Message]) -> None:
        """Answer with one message, made by a helper."""
        self._helpers.submit(self._outbox.guard, request, lambda: self._outbox.deliver(make()))
