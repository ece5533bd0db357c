"""One conversation: a table of requests, and a job that answers each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from feder_widget.embedding import Embedder
from feder_widget.engines import IvfIndex
from feder_widget.map import ClusterMap
from feder_widget.media import Media
from feder_widget.model.query import Query
from feder_widget.model.work_pieces import Steps
from feder_widget.projection import Method
from feder_widget.session import threads
from feder_widget.session.active_search import FULL_CANDIDATES, MOST_RANKED, ActiveSearch
from feder_widget.session.answers.cluster_ranks import ranks
from feder_widget.session.answers.column_scale import ColumnScales
from feder_widget.session.answers.file import file_parts
from feder_widget.session.answers.labels_by_column import LabelsByColumn
from feder_widget.session.answers.map import MOST_WHOLE, MapDrawing
from feder_widget.session.answers.members import Orderings, medoids
from feder_widget.session.answers.projection import SETTLE, Projector
from feder_widget.session.answers.results import results
from feder_widget.session.answers.search import candidates, clusters, rest
from feder_widget.session.answers.true_neighbours import Truths
from feder_widget.session.answers.verdict import verdict
from feder_widget.session.answers.workload import KERNEL, Workloads
from feder_widget.session.driver import Driver
from feder_widget.session.drivers import driver_for
from feder_widget.session.freed_memory import QUIET, give_back_when_quiet
from feder_widget.session.message_rate import MessageRate, unlimited
from feder_widget.session.messages import Buffer, Message, Request, to_kernel
from feder_widget.session.messages.limits import MAX_WINDOW
from feder_widget.session.messages.parse import (
    BadRequestError,
    parse,
    parse_picture,
    parse_vector,
    request_name,
)
from feder_widget.session.outbox import Outbox, Send
from feder_widget.session.past_queries import PastQuery
from feder_widget.session.picture_queries import EmbeddedQueries
from feder_widget.session.pictures import Pictures
from feder_widget.session.row_values import RowValueReader
from feder_widget.session.runner import Job, Priority, Runner, Step
from feder_widget.session.searches import Searches, known
from feder_widget.truth import Evaluation, Workload
from feder_widget.truth.neighbours.originals_price import TruthPrice
from feder_widget.truth.workloads.evaluation import Progress

CHANGES_APART = 1.0
"""Seconds between two changes that are noticed where no request comes: each begins searches anew."""


class Session:
    """Answers one widget's requests. Knows nothing of Jupyter: ``send`` may append to a list.

    The index is read by jobs on the owner's thread, and in calls of that thread. Pictures, layouts and the
    caller's functions run on threads, on copies.

    Parameters
    ----------
    index
        The opened index.
    media
        Pictures and labels of its rows.
    send
        Takes messages, one call at a time.
    k_max
        The largest k that the page can show without asking again.
    projection
        The better picture of candidates; None leaves it at the linear one.
    executor
        Its workers compare vectors when the page has a workload evaluated, or asks for the true neighbours
        by the original vectors; None for the owner's thread.
    embedder
        What makes queries of pictures and words; None where nothing does.
    driver
        Calls the runner's turns: by default the loop of the kernel, or a running loop of asyncio; a thread
        where nobody can change the index; without any of these, requests are answered where they come.
    changed
        Called on the owner's thread when the index has changed.
    files
        Makes a page or a figure of what is on screen, in steps; None where nothing does.
    most_ranked
        Clusters whose ranks the page gets with a search, unless nprobe is larger.
    most_whole
        Clusters up to which the page gets the shapes of all cells of the map at once.
    """

    def __init__(
        self,
        index: IvfIndex,
        media: Media,
        send: Send,
        *,
        k_max: int,
        projection: Method | None = None,
        executor: Executor | None = None,
        embedder: Embedder | None = None,
        driver: Driver | None = None,
        changed: Callable[[], None] = lambda: None,
        files: Callable[[to_kernel.PageRequest | to_kernel.FigureRequest], Steps[str]] | None = None,
        most_ranked: int = MOST_RANKED,
        most_whole: int = MOST_WHOLE,
    ) -> None:
        self._index = index
        self._media = media
        # Of codes that workers cannot compare, the owner compares what a search asks for.
        shared = executor if index.truth.why_not_shared is None else None
        self._workers = index.workers(shared)
        self._executor = executor
        self._k_max = k_max
        self._changed = changed
        self._file_of = files
        self._driver = driver or driver_for(index.frozen)
        self._outbox = Outbox(send)
        rate = MessageRate() if self._driver.is_paced else unlimited()
        self._runner = Runner(self._outbox, self._driver, rate, self._look_at_size)
        self._calls = threads.pool(1, "calls")
        self._layouts = threads.pool(1, "layout")
        self._labelling = threads.pool(1, "labels")
        in_thread = self._calls.submit
        quiet = QUIET if self._driver.is_paced else 0
        self._give_back = partial(give_back_when_quiet, self._runner, in_thread, quiet)
        self.embedded_queries = EmbeddedQueries(index, media, embedder)
        self._searches = Searches(
            index,
            media,
            self._runner,
            rate,
            in_thread,
            k_max,
            self._describe_anew,
            self.embedded_queries.remarks,
            self._give_back,
            TruthPrice(index.truth, self._workers).now,
            most_ranked,
        )
        self._map = MapDrawing(index, self._outbox, most_whole)
        self._pictures = Pictures(index, media, self._runner, self._outbox)
        self._values = RowValueReader(media, self._runner, self._outbox, self._labelling.submit)
        self._orderings = Orderings(index, in_thread)
        self._labels = LabelsByColumn(index, media, self._labelling.submit)
        self._scales = ColumnScales(index, media, self._labelling.submit)
        self._truths = Truths(index, self._workers)
        self.workloads = Workloads(lambda rows: [media.label(row) for row in rows], in_thread)
        settle = SETTLE if self._driver.is_paced else 0
        self._projector = Projector(
            index, projection, k_max, in_thread, self._layouts.submit, self._runner.now, settle
        )
        self._random = np.random.default_rng()
        self._version = index.version()
        self._stored_nprobe = index.stored_nprobe
        self._noticed = -CHANGES_APART
        self._is_described = True
        self._is_shown = True
        self._heard_on: int | None = None
        self._handlers: Mapping[str, Callable[[Any, Sequence[Buffer]], None]] = {
            "search": self._search,
            "rest": self._rest,
            "clusters": self._clusters,
            "candidates": self._candidates,
            "results": self._results,
            "truth": self._truth,
            "ranks": self._ranks,
            "verdict": self._verdict,
            "members": self._members,
            "medoids": self._medoids,
            "labels": self._count_labels,
            "composition": self._compose,
            "row_labels": self._label_rows,
            "scale": self._read_scale,
            "row_levels": self._place_rows,
            "projection": self._project,
            "evaluate": self._evaluate,
            "workload": self._resend_workload,
            "query_recalls": self._query_recalls,
            "hardest": self._hardest,
            "page": self._file,
            "figure": self._file,
            "cancel": self._cancel,
        }
        self._read_nothing: Mapping[str, Callable[[Any], None]] = {
            "map": lambda asked: self._map.ask(asked.request),
            "map_shapes": self._map.ask_shapes,
            "thumbnails": self._pictures.ask,
            "row_values": self._values.ask,
        }

    @property
    def query(self) -> Query | None:
        """The query of a search in a cell that is to begin, else of the search on the page."""
        return self._searches.query

    @property
    def past_queries(self) -> list[PastQuery]:
        """The queries searched for, oldest first."""
        return self._searches.past.all()

    @property
    def is_about_to_search(self) -> bool:
        """Whether a search in a cell is to begin."""
        return self._searches.is_about_to_begin

    @property
    def index(self) -> IvfIndex:
        """The opened index."""
        return self._index

    @property
    def index_version(self) -> int:
        """How often the index was seen to have changed."""
        return self._searches.index_version

    def map_within(self, seconds: float) -> ClusterMap | None:
        """Return the final map if it comes within some seconds, else the one there is, else None."""
        return self._map.within(seconds)

    @property
    def may_read(self) -> bool:
        """Whether the calling thread may read the index: the owner's, outside of a job's steps."""
        return self._runner.may_read

    def hand_over(self, call: Callable[[], None]) -> None:
        """Have the owner's thread make a call; its error is sent to the page."""
        self._check_open()
        self._runner.hear(None, call)

    def search(
        self, query: int | ArrayLike | Query, nprobe: int, k: int, *, include_self: bool = False
    ) -> None:
        """Search, and send the probed part at once: it is on screen before the cell ends.

        The rest follows, and all of it where searches come faster than the page can show them. Called on a
        thread that ``may_read``.

        Raises
        ------
        ValueError, TypeError
            If it is no query.
        RuntimeError
            If the session is closed.
        """
        self._check_open()
        with self._runner.owning():
            # What the page has asked for before is older.
            self._runner.heed()
            self.notice_changes()
            self._searches.search_in_call(query, nprobe, k, include_self)

    def name_query(self, query: Query) -> None:
        """Have its vector bear the title and the picture of this query when it is asked for."""
        self._searches.past.note(query, 1, 1)

    def newest_search(self, nprobe: int) -> ActiveSearch | None:
        """Return the search for the newest query, ranked by the index as it is; None before the first."""
        return self._searches.newest(nprobe)

    def evaluate(self, evaluation: Evaluation, progress: Progress) -> Workload:
        """Evaluate on the caller's thread, and show it as it comes."""
        self._check_open()
        with self._runner.owning():
            self._runner.heed()
            self._runner.end(lambda job: job.kind == "evaluate", "superseded")
        return self.workloads.run(evaluation, progress, self._send, self._heed)

    def handle(self, content: object, buffers: Sequence[Buffer] = ()) -> None:
        """Take one request of the page, on any thread. Returns at once where something drives the runner."""
        if self._outbox.is_closed:
            return
        self._heard_on = threading.get_ident()
        name = request_name(content)
        try:
            kinds = [*self._handlers, *self._read_nothing]
            asked = parse(content, {"nlist": self._index.nlist, "k_max": self._k_max}, kinds)
            if asked.kind in self._read_nothing:
                self._read_nothing[asked.kind](asked)
            else:
                self._runner.hear(name, lambda: self._answer(asked, buffers))
        except Exception as error:
            self._outbox.fail(name, error)

    def drain(self) -> None:
        """Work until nothing is left to do."""
        self._runner.drain()

    @property
    def version(self) -> tuple[float, ...]:
        """The version of the index that was noticed last."""
        return self._version

    def turn(self) -> bool:
        """Work for some milliseconds where the caller drives, and say whether there is more to do at once."""
        return self._runner.part()

    def is_idle_but_for(self, request: Request | None) -> bool:
        """Whether nothing is left to do but what this request has asked for."""
        return self._runner.is_idle_but_for(request)

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
        if (now := self._index.version()) != self._version:
            self._begin_anew(now)
        if (stored := self._index.stored_nprobe) != self._stored_nprobe:
            self._stored_nprobe = stored
            self._is_described = False
        if not self._is_described:
            self._noticed = self._runner.now()
            self._is_described = self._attempt(self._changed)

    def _begin_anew(self, version: tuple[float, ...]) -> None:
        self._version = version
        self._is_described = False
        self._searches.index_version += 1
        self._searches.measure_again()
        self._forget()
        self._labels.forget()
        self._scales.forget()
        self._pictures.forget()
        self._runner.end(lambda job: job.kind == "evaluate", "the index has changed")
        self._runner.begin_anew()
        self._attempt(self._map.draw)

    def _describe_anew(self) -> None:
        self._is_described = self._attempt(self._changed)

    def _attempt(self, call: Callable[[], None]) -> bool:
        """Make a call and say whether it succeeded; its error is sent to the page."""
        try:
            call()
        except Exception as error:
            self._outbox.fail(None, error)
            return False
        return True

    def show(self, is_shown: bool) -> None:
        """Work in the background only while a page shows the widget, and hold caches only then."""
        self._is_shown = self._driver.looks = is_shown
        self._runner.hear(None, self._searches.survey if is_shown else self._rest_unseen)

    def close(self) -> None:
        """Stop all work at the next step and drop what is held. Can be called twice."""
        self._outbox.close()
        self._runner.close()
        for pool in (self._calls, self._layouts, self._labelling):
            pool.shutdown(wait=False, cancel_futures=True)
        self._pictures.close()
        self.embedded_queries.close()
        self._map.close()
        self._forget()
        self._labels.forget()
        self._scales.forget()
        self._searches.clear()

    def _answer(self, asked: Any, buffers: Sequence[Buffer]) -> None:
        self.notice_changes()
        if self._is_shown:
            self._searches.survey()
        self._handlers[asked.kind](asked, buffers)

    # About searches

    def _search(self, asked: to_kernel.SearchRequest, buffers: Sequence[Buffer]) -> None:
        choice = asked.query
        if isinstance(choice, to_kernel.ById):
            find = self._searches.row(choice.id, choice.cluster)
        elif isinstance(choice, to_kernel.ByVector):
            vector = parse_vector(buffers, self._index.dim)
            asked_vector = self._searches.past.named(self._index.query(vector))
            find = lambda: known(asked_vector)  # noqa: E731
        elif isinstance(choice, to_kernel.ByPicture):
            picture = parse_picture(buffers)
            find = lambda: self.embedded_queries.find_picture(picture, choice.picture)  # noqa: E731
        elif isinstance(choice, to_kernel.ByWords):
            find = lambda: self.embedded_queries.find_words(choice.words)  # noqa: E731
        elif isinstance(choice, to_kernel.ByChance):
            # Without its cluster, a row would be looked for in half of all lists.
            find = self._searches.row(*self._index.random_row(self._random))
        elif isinstance(choice, to_kernel.ByWorkload):
            found = self.workloads.query(choice.workload)
            find = lambda: self._index.query_steps(found)  # noqa: E731
        elif (current := self.query) is not None:
            find = lambda: known(current)  # noqa: E731
        else:
            return
        self._searches.start(asked.request, find, asked.nprobe, asked.k, asked.include_self)

    def _rest(self, asked: to_kernel.RestRequest, _: Sequence[Buffer]) -> None:
        def answer(search: ActiveSearch) -> Iterator[Step]:
            # A search that was stopped has sent less than it would have, and the page must not find a gap.
            if search.reached == 0:
                raise BadRequestError(f"the search {search.serial} was stopped before it was done")
            return rest(self._index, search, asked.request, self._k_max, asked.last_rank)

        self._searches.ask_about(asked, answer)

    def _candidates(self, asked: to_kernel.CandidatesRequest, _: Sequence[Buffer]) -> None:
        search, first = self._searches.current(asked.serial), asked.first_rank - 1
        wanted = int(search.sizes[first : asked.last_rank].sum())
        if wanted > FULL_CANDIDATES:
            raise BadRequestError(f"{wanted:,} candidates are asked for, the most is {FULL_CANDIDATES:,}")
        self._searches.ask_about(
            asked, lambda search: candidates(self._index, search, asked.request, first, asked.last_rank)
        )

    def _clusters(self, asked: to_kernel.ClustersRequest, _: Sequence[Buffer]) -> None:
        self._searches.ask_about(
            asked, lambda search: clusters(self._index, search, asked.request, self._k_max, asked.ranks)
        )

    def _results(self, asked: to_kernel.OutcomeRequest, _: Sequence[Buffer]) -> None:
        self._searches.ask_about(
            asked,
            lambda search: results(
                self._index, search, asked.request, asked.nprobe, asked.k, asked.include_self
            ),
            kind="results",
        )

    def _truth(self, asked: to_kernel.OutcomeRequest, _: Sequence[Buffer]) -> None:
        if self._index.basis != "vectors":
            raise BadRequestError("no vectors were given to tell true neighbours by")
        self._searches.ask_about(
            asked,
            lambda search: self._truths.answer(
                search, asked.request, asked.nprobe, asked.k, asked.include_self
            ),
            kind="truth",
        )

    def _ranks(self, asked: to_kernel.RanksRequest, _: Sequence[Buffer]) -> None:
        self._searches.ask_about(asked, lambda search: ranks(self._index, search, asked))

    def _verdict(self, asked: to_kernel.VerdictRequest, _: Sequence[Buffer]) -> None:
        self._searches.ask_about(asked, lambda search: verdict(self._index, search, asked))

    def _project(self, asked: to_kernel.ProjectionRequest, _: Sequence[Buffer]) -> None:
        def answer(search: ActiveSearch) -> Iterator[Step]:
            yield from self._projector.steps(search, asked)
            self._give_back()

        self._searches.ask_about(asked, answer, kind="projection")

    # Clusters and rows

    def _members(self, asked: to_kernel.MembersRequest, _: Sequence[Buffer]) -> None:
        rows = len(asked.clusters) * asked.limit
        if rows > MAX_WINDOW:
            raise BadRequestError(f"{rows:,} members are asked for, the most is {MAX_WINDOW:,}")
        self._runner.start(Job(lambda: self._orderings.windows(self._searches.active, asked), asked.request))

    def _medoids(self, asked: to_kernel.MedoidsRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(Job(lambda: medoids(self._index, asked.request, asked.clusters), asked.request))

    # Labels

    def _count_labels(self, asked: to_kernel.LabelsRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(
            Job(
                lambda: self._labels.labels(asked, self._searches.index_version),
                asked.request,
                kind="labels",
                priority=Priority.WORKLOAD,
            )
        )

    def _compose(self, asked: to_kernel.CompositionRequest, _: Sequence[Buffer]) -> None:
        counted = self._labels.of(asked.column)
        self._runner.start(Job(lambda: counted.composition(asked.request, asked.cluster), asked.request))

    def _label_rows(self, asked: to_kernel.RowLabelsRequest, _: Sequence[Buffer]) -> None:
        counted = self._labels.of(asked.column)
        self._runner.start(Job(lambda: counted.row_labels(asked.request, asked.clusters), asked.request))

    def _read_scale(self, asked: to_kernel.ScaleRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(
            Job(
                lambda: self._scales.scale(asked, self._searches.index_version),
                asked.request,
                kind="scale",
                priority=Priority.WORKLOAD,
            )
        )

    def _place_rows(self, asked: to_kernel.RowLevelsRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(Job(lambda: self._scales.row_levels(asked), asked.request))

    # Workloads

    def _evaluate(self, asked: to_kernel.EvaluateRequest, _: Sequence[Buffer]) -> None:
        def make() -> Evaluation:
            return self._index.evaluation(
                asked.sample,
                asked.k,
                seed=asked.seed,
                include_self=asked.include_self,
                executor=self._executor,
            )

        def steps() -> Iterator[Step]:
            yield from self.workloads.steps(asked.request, make)
            self._give_back()

        self.workloads.cancel(KERNEL)
        self._runner.start(
            Job(
                steps,
                asked.request,
                kind="evaluate",
                priority=Priority.WORKLOAD,
                closing=lambda reason: self.workloads.closing(asked.request, reason),
            )
        )

    def _resend_workload(self, asked: to_kernel.WorkloadRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(Job(lambda: self.workloads.resend(asked.request), asked.request))

    def _query_recalls(self, asked: to_kernel.QueryRecallsRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(Job(lambda: self.workloads.query_recalls(asked.request), asked.request))

    def _hardest(self, asked: to_kernel.HardestRequest, _: Sequence[Buffer]) -> None:
        self._runner.start(
            Job(
                lambda: self.workloads.hardest(asked.request, asked.order, asked.nprobe),
                asked.request,
                kind="hardest",
            )
        )

    def _cancel(self, asked: to_kernel.CancelRequest, _: Sequence[Buffer]) -> None:
        self.workloads.cancel(asked.request)
        self._runner.end(lambda job: job.kind == "evaluate" and job.request == asked.request, "cancelled")

    def _send(self, message: Message) -> None:
        """Send what an evaluation in a cell has to tell; no evaluation fails by it."""
        try:
            self._outbox.deliver(message)
        except Exception as error:
            self._outbox.fail(message.request, error)

    def _heed(self) -> bool:
        """Hear the page while a cell runs, and say whether it can be heard."""
        if self._runner.may_read:
            with self._runner.owning():
                self._runner.heed()
        return self._heard_on not in (None, threading.get_ident())

    # Files

    def _file(self, asked: to_kernel.PageRequest | to_kernel.FigureRequest, _: Sequence[Buffer]) -> None:
        make = self._file_of
        if make is None:
            raise BadRequestError("this session makes no files")
        # Figures take no time worth saving, and displays may ask for several.
        kind = "page" if asked.kind == "page" else None
        self._runner.start(Job(lambda: file_parts(asked.request, make(asked)), asked.request, kind=kind))

    # Changes

    def _look_at_size(self) -> None:
        """Notice vectors that were added or removed where no cell has ended: at an await, in a callback."""
        now = self._runner.now()
        if now < self._noticed + CHANGES_APART:
            return
        try:
            if self._index.ntotal != self._version[0] or not self._is_described:
                self.notice_changes()
        except Exception:
            self._noticed = now
            raise

    def _rest_unseen(self) -> None:
        if not self._is_shown:
            self._searches.measure_again()
            self._runner.end(lambda job: job.kind in ("survey", "evaluate"), "not shown any more")
            self._forget()
            self._media.clear()

    def _forget(self) -> None:
        self._orderings.forget()
        self._truths.forget()

    def _check_open(self) -> None:
        if self._outbox.is_closed:
            raise RuntimeError("the widget is closed and can search no more")
