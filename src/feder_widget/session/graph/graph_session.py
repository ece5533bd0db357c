"""One conversation about a graph: a table of requests, and a job that answers each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from feder_widget.embedding import Embedder
from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.errors import IndexChangedError
from feder_widget.map import DrawnGraph
from feder_widget.media import Media
from feder_widget.model.query import Query
from feder_widget.model.work_pieces import Steps
from feder_widget.projection import Method
from feder_widget.session import threads
from feder_widget.session.answers.file import file_parts
from feder_widget.session.answers.projection import SETTLE
from feder_widget.session.answers.workload import KERNEL, Workloads
from feder_widget.session.driver import Driver
from feder_widget.session.drivers import driver_for
from feder_widget.session.graph.active_walk import (
    ActiveWalk,
    truth_steps,
    verdict_steps,
    walk_message,
)
from feder_widget.session.graph.curves_evaluation import CurvesEvaluation
from feder_widget.session.graph.graph_map import GraphMap
from feder_widget.session.graph.graph_projection import WalkProjector
from feder_widget.session.graph.graph_summary import ef_limit
from feder_widget.session.graph.walk_results import results_message
from feder_widget.session.message_rate import MessageRate, unlimited
from feder_widget.session.messages import Buffer, Request, to_kernel
from feder_widget.session.messages.parse import (
    BadRequestError,
    SupersededError,
    parse,
    parse_vector,
    request_name,
)
from feder_widget.session.outbox import Outbox, Send
from feder_widget.session.pictures import Pictures
from feder_widget.session.row_values import RowValueReader
from feder_widget.session.runner import Job, Priority, Runner, Step
from feder_widget.truth.graph.graph_evaluation import GraphEvaluation
from feder_widget.truth.graph.graph_workload import GraphWorkload
from feder_widget.truth.workloads.evaluation import Progress

WALK_AHEAD = 256
"""efSearch to which a walk goes on at least, so that it can be dragged without asking."""

Find = Callable[[], Generator[Step, None, Query]]


class GraphSession:
    """Answers one widget's requests about a graph. Knows nothing of Jupyter.

    The index is read by jobs on the owner's thread, and in calls of that thread. Pictures and the caller's
    functions run on threads, on copies.

    Parameters
    ----------
    index
        The opened graph.
    media
        Pictures and labels of its rows.
    send
        Takes messages, one call at a time.
    k_max
        The largest k that the page can show.
    projection
        The better picture of visited nodes; None leaves it at the linear one.
    executor
        Its workers compare vectors when the page has a workload evaluated; None for the owner's thread.
    embedder
        What makes queries of pictures and words; None where nothing does.
    driver
        Calls the runner's turns; as for ``Session``.
    changed
        Called on the owner's thread when the index has changed.
    figures
        Draws the walk on screen, in steps on the owner's thread; None where nothing does.
    pages
        Makes the page of the search on screen, in steps on the owner's thread; None where nothing does.
    """

    def __init__(
        self,
        index: GraphIndex,
        media: Media,
        send: Send,
        *,
        k_max: int,
        projection: Method | None = None,
        executor: Executor | None = None,
        embedder: Embedder | None = None,
        driver: Driver | None = None,
        changed: Callable[[], None] = lambda: None,
        figures: Callable[[to_kernel.WalkFigureRequest], Steps[bytes]] | None = None,
        pages: Callable[[to_kernel.WalkPageRequest], Steps[str]] | None = None,
    ) -> None:
        self._index = index
        self._media = media
        self._executor = executor
        self._k_max = k_max
        self._embedder = embedder
        self._changed = changed
        self._figure_of = figures
        self._page_of = pages
        self._driver = driver or driver_for(index.frozen)
        self._outbox = Outbox(send)
        rate = MessageRate() if self._driver.is_paced else unlimited()
        self._runner = Runner(self._outbox, self._driver, rate, self.notice_changes)
        self._labelling = threads.pool(1, "labels")
        self._pictures = Pictures(index, media, self._runner, self._outbox)
        self._values = RowValueReader(media, self._runner, self._outbox, self._labelling.submit)
        self.workloads = Workloads(lambda rows: [media.label(row) for row in rows], self._labelling.submit)
        self._map = GraphMap(index, self._runner)
        self._layouts = threads.pool(1, "layout")
        settle = SETTLE if self._driver.is_paced else 0
        self._projector = WalkProjector(index, projection, self._layouts.submit, self._runner.now, settle)
        self._random = np.random.default_rng()
        self._version = index.version()
        self._stored_ef = index.stored_ef
        self._serial = 0
        self._heard_on: int | None = None
        self._asked: Query | None = None
        self.index_version = 0
        self.active: ActiveWalk | None = None
        self._handlers: Mapping[str, Callable[[Any, Sequence[Buffer]], None]] = {
            "walk": self._walk,
            "walk_truth": self._truth,
            "walk_results": self._results,
            "walk_verdict": self._verdict,
            "evaluate": self._evaluate,
            "workload": self._resend_workload,
            "hardest": self._hardest,
            "cancel": self._cancel,
            "walk_places": self._places,
            "walk_figure": self._figure,
            "walk_page": self._page,
            "walk_projection": self._project,
            "map": lambda asked, _: self._map.ask(asked.request, self.index_version),
        }
        self._read_nothing: Mapping[str, Callable[[Any], None]] = {
            "thumbnails": self._pictures.ask,
            "row_values": self._values.ask,
        }
        self._examine()

    @property
    def index(self) -> GraphIndex:
        """The opened index."""
        return self._index

    @property
    def drawn_map(self) -> DrawnGraph | None:
        """The map of the index as it is, if a page has asked for it."""
        return self._map.drawn

    @property
    def version(self) -> tuple[float, ...]:
        """The version of the index that was noticed last."""
        return self._version

    @property
    def query(self) -> Query | None:
        """The query of a search in a cell that is to begin, else of the search on the page."""
        return self._asked if self._asked is not None else None if self.active is None else self.active.query

    @property
    def may_read(self) -> bool:
        """Whether the calling thread may read the index: the owner's, outside of a job's steps."""
        return self._runner.may_read

    def search(self, query: Any, ef_search: int, k: int, include_self: bool = False) -> None:
        """Search, and send the walk at once: it is on screen before the cell ends.

        Called on a thread that ``may_read``.
        """
        if self._outbox.is_closed:
            raise RuntimeError("the widget is closed")
        with self._runner.owning():
            self._runner.heed()
            self.notice_changes()
            found = self._index.query(query)
            before, self._asked = self._serial, found
            job = self._start(
                f"kernel:{before + 1}", lambda: _known(found), ef_search, ef_search, k, include_self
            )
            self._runner.run(job, lambda: self._serial > before and not self._runner.has(job))

    def handle(self, content: object, buffers: Sequence[Buffer] = ()) -> None:
        """Take one request of the page, on any thread."""
        if self._outbox.is_closed:
            return
        self._heard_on = threading.get_ident()
        name = request_name(content)
        try:
            kinds = [*self._handlers, *self._read_nothing]
            limit = ef_limit(self._index)
            bounds = {"nlist": limit, "k_max": self._k_max, "ef_limit": limit}
            asked = parse(content, bounds, kinds)
            if asked.kind in self._read_nothing:
                self._read_nothing[asked.kind](asked)
            else:
                self._runner.hear(name, lambda: self._answer(asked, buffers))
        except Exception as error:
            self._outbox.fail(name, error)

    def turn(self) -> bool:
        """Work for some milliseconds where the caller drives, and say whether there is more to do at once."""
        return self._runner.part()

    def is_idle_but_for(self, request: Request | None) -> bool:
        """Whether nothing is left to do but what this request has asked for."""
        return self._runner.is_idle_but_for(request)

    def drain(self) -> None:
        """Work until nothing is left to do."""
        self._runner.drain()

    def after_cell(self) -> None:
        """Look whether a cell has changed the index."""
        if self._runner.may_read:
            self.notice_changes()
        elif not self._outbox.is_closed:
            self._runner.hear(None, self.notice_changes)

    def notice_changes(self) -> None:
        """Look whether the index has changed, on the owner's thread; begin anew what is being read."""
        if self._outbox.is_closed:
            return
        is_changed = (version := self._index.version()) != self._version
        if is_changed:
            self._version = version
            self.index_version += 1
            self._pictures.forget()
            self._runner.end(lambda job: job.kind == "evaluate", "the index has changed")
            self._map.forget()
            self._runner.begin_anew()
            self._examine()
        if is_changed or self._index.stored_ef != self._stored_ef:
            self._stored_ef = self._index.stored_ef
            self._changed()

    def show(self, is_shown: bool) -> None:
        """Look for changes only while a page shows the widget."""
        self._driver.looks = is_shown

    def close(self) -> None:
        """Stop all work at the next step and drop what is held. Can be called twice."""
        self._outbox.close()
        self._runner.close()
        self._labelling.shutdown(wait=False, cancel_futures=True)
        self._layouts.shutdown(wait=False, cancel_futures=True)
        self._pictures.close()
        self._map.close()
        self.active = self._asked = None

    def _answer(self, asked: Any, buffers: Sequence[Buffer]) -> None:
        self.notice_changes()
        self._handlers[asked.kind](asked, buffers)

    def _walk(self, asked: to_kernel.WalkRequest, buffers: Sequence[Buffer]) -> None:
        choice = asked.query
        if isinstance(choice, to_kernel.ById):
            row_id = int(choice.id)
            find: Find = lambda: self._index.query_steps(row_id)  # noqa: E731
        elif isinstance(choice, to_kernel.ByVector):
            found = self._index.query(parse_vector(buffers, self._index.dim))
            find = lambda: _known(found)  # noqa: E731
        elif isinstance(choice, to_kernel.ByChance):
            drawn = self._index.random_id(self._random)
            find = lambda: self._index.query_steps(drawn)  # noqa: E731
        elif isinstance(choice, to_kernel.ByWorkload):
            chosen = self.workloads.query(choice.workload)
            find = lambda: self._index.query_steps(chosen)  # noqa: E731
        elif isinstance(choice, to_kernel.BySearch):
            current = self.query
            if current is None:
                return
            find = lambda: _known(current)  # noqa: E731
        else:
            raise BadRequestError("a graph is asked by a row, a vector, or at random")
        self._asked = None
        self._start(asked.request, find, asked.ef_search, asked.ef_max, asked.k, asked.include_self)

    def _start(
        self, request: Request, find: Find, ef_search: int, ef_max: int, k: int, include_self: bool
    ) -> Job:
        steps = lambda: self._search_steps(request, find, ef_search, ef_max, k, include_self)  # noqa: E731
        return self._runner.start(Job(steps, request, kind="walk"))

    def _search_steps(
        self, request: Request, find: Find, ef_search: int, ef_max: int, k: int, include_self: bool
    ) -> Iterator[Step]:
        query = yield from find()
        label = None
        if query.row_id is not None and self._media.has_labels:
            labelling = self._labelling.submit(self._media.label, query.row_id)
            yield labelling
            label = labelling.result()
        limit = ef_limit(self._index)
        vector = self._index.transform(query)
        search = self._index.graph_file
        descent = search.descend(vector)
        yield None
        walk = search.walk(vector, min(limit, max(ef_max, WALK_AHEAD)), descent=descent)
        holds_until = walk.holds_until if walk.is_tied else self._index.ntotal
        if holds_until < ef_search:
            # Distances tie: a longer walk does not tell what this one visits.
            yield None
            asked = k if query.left_out(include_self) is None else k + 1
            walk = search.walk(vector, ef_search, asked, descent)
        self._serial += 1
        self._runner.end(lambda job: job.serial is not None, "superseded")
        self.active = ActiveWalk(
            self._serial, query, ef_search, k, descent, walk, holds_until, self.index_version
        )
        self._asked = None
        yield walk_message(self._index, self.active, request, label)

    def _truth(self, asked: to_kernel.WalkTruthRequest, _: Sequence[Buffer]) -> None:
        def steps() -> Iterator[Step]:
            search = self._current(asked.serial)
            yield from truth_steps(self._index, search, asked.request, asked.k, asked.include_self)

        self._about(asked, steps, "walk_truth")

    def _results(self, asked: to_kernel.WalkResultsRequest, _: Sequence[Buffer]) -> None:
        def steps() -> Iterator[Step]:
            search = self._current(asked.serial)
            yield results_message(
                self._index, search, asked.request, asked.ef_search, asked.k, asked.include_self
            )

        self._about(asked, steps, "walk_results")

    def _verdict(self, asked: to_kernel.WalkVerdictRequest, _: Sequence[Buffer]) -> None:
        def steps() -> Iterator[Step]:
            search = self._current(asked.serial)
            yield from verdict_steps(self._index, search, asked.request, int(asked.id), asked.include_self)

        self._about(asked, steps, "walk_verdict")

    def evaluate(self, evaluation: GraphEvaluation, progress: Progress) -> GraphWorkload:
        """Evaluate on the caller's thread, and show it as it comes."""
        if self._outbox.is_closed:
            raise RuntimeError("the widget is closed")
        with self._runner.owning():
            self._runner.heed()
            self._runner.end(lambda job: job.kind == "evaluate", "superseded")
        curves = CurvesEvaluation(evaluation)
        shown = self.workloads.run(curves, progress, self._outbox.deliver, self._heed)
        return evaluation.workload(shown.reason)

    def _heed(self) -> bool:
        """Hear the page while a cell runs, and say whether it can be heard."""
        if self._runner.may_read:
            with self._runner.owning():
                self._runner.heed()
        return self._heard_on not in (None, threading.get_ident())

    def _evaluate(self, asked: to_kernel.EvaluateRequest, _: Sequence[Buffer]) -> None:
        def make() -> CurvesEvaluation:
            evaluation = self._index.evaluation(
                asked.sample,
                asked.k,
                seed=asked.seed,
                include_self=asked.include_self,
                executor=self._executor,
            )
            return CurvesEvaluation(evaluation)

        self.workloads.cancel(KERNEL)
        job = Job(
            lambda: self.workloads.steps(asked.request, make),
            asked.request,
            kind="evaluate",
            priority=Priority.WORKLOAD,
            closing=lambda reason: self.workloads.closing(asked.request, reason),
        )
        self._runner.start(job)

    def _resend_workload(self, asked: to_kernel.WorkloadRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(Job(lambda: self.workloads.resend(asked.request), asked.request))

    def _hardest(self, asked: to_kernel.HardestRequest, _: Sequence[Buffer]) -> None:
        last = self.workloads.last
        if last is None:
            return
        at = min(asked.nprobe, last.nlist)
        steps = lambda: self.workloads.hardest(asked.request, asked.order, at)  # noqa: E731
        self._runner.start(Job(steps, asked.request, kind="hardest"))

    def _cancel(self, asked: to_kernel.CancelRequest, _: Sequence[Buffer]) -> None:
        self.workloads.cancel(asked.request)
        self._runner.end(lambda job: job.kind == "evaluate" and job.request == asked.request, "cancelled")

    def _places(self, asked: to_kernel.WalkPlacesRequest, _: Sequence[Buffer]) -> None:
        def steps() -> Iterator[Step]:
            search = self._current(asked.serial)
            extra = np.array([int(row_id) for row_id in asked.extra], np.int64)
            yield from self._map.place_steps(search, asked.request, extra, self.index_version)

        self._about(asked, steps, "walk_places")

    def _project(self, asked: to_kernel.WalkProjectionRequest, _: Sequence[Buffer]) -> None:
        def steps() -> Iterator[Step]:
            # Looked for at the first step: a job that begins anew must not fail where it is made.
            yield from self._projector.steps(self._current(asked.serial), asked)

        self._about(asked, steps, "projection")

    def _figure(self, asked: to_kernel.WalkFigureRequest, _: Sequence[Buffer]) -> None:
        draw = self._figure_of
        if draw is None:
            raise BadRequestError("this session draws no figures")
        self._runner.start(Job(lambda: file_parts(asked.request, draw(asked)), asked.request))

    def _page(self, asked: to_kernel.WalkPageRequest, _: Sequence[Buffer]) -> None:
        make = self._page_of
        if make is None:
            raise BadRequestError("this session makes no pages")
        self._runner.start(Job(lambda: file_parts(asked.request, make(asked)), asked.request, kind="page"))

    def _about(self, asked: Any, steps: Callable[[], Iterator[Step]], kind: str) -> None:
        self._current(asked.serial)
        self._runner.start(Job(steps, asked.request, kind=kind, serial=asked.serial))

    def _current(self, serial: int) -> ActiveWalk:
        """Return the search on the page if it has this serial and is as new as the index."""
        active = self.active
        if active is None or active.serial != serial:
            raise SupersededError(f"the search {serial} is over: a newer one has begun")
        if active.index_version != self.index_version:
            raise IndexChangedError("the index has changed since this search; search again")
        return active

    def _examine(self) -> None:
        """Read the structure of the graph when there is nothing else to do, and tell what stands out."""

        def steps() -> Iterator[Step]:
            yield from self._index.structure_steps()
            if self._index.findings:
                self._changed()

        self._runner.start(Job(steps, None, kind="structure", priority=Priority.SURVEY))


def _known(query: Query) -> Generator[Step, None, Query]:
    """Find a query that needs no looking for."""
    yield None
    return query
