"""The search on the page: how one begins, and what may be asked about it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from feder_widget.engines import IvfIndex
from feder_widget.errors import IndexChangedError
from feder_widget.media import Media
from feder_widget.model.query import Query
from feder_widget.session.active_search import MOST_RANKED, ActiveSearch
from feder_widget.session.answers.bounds import bounds
from feder_widget.session.answers.cluster_ranks import named
from feder_widget.session.answers.search import search_messages
from feder_widget.session.freed_memory import give_back
from feder_widget.session.message_rate import MessageRate
from feder_widget.session.messages import Request
from feder_widget.session.messages.parse import SupersededError
from feder_widget.session.past_queries import PastQueries
from feder_widget.session.runner import Job, Priority, Runner, Step
from feder_widget.truth.neighbours.originals_price import Price

SHOWN_AT_ONCE = 3
"""Messages that may leave when a search in a cell is answered there: coarse, candidates, one to spare."""

Find = Callable[[], Generator[Step, None, Query]]
"""Begins to look for a query."""


class Searches:
    """Begins searches, each in place of the one before, and measures the index for their bounds.

    Parameters
    ----------
    index
        The opened index.
    media
        Labels of its rows.
    runner
        Steps the jobs.
    rate
        The runner's.
    in_thread
        Has a thread call a function.
    k_max
        The largest k that the page can show.
    found
        Called when a look at all ids has found something about the index.
    remarks
        Says what is to be said of a query that is a picture.
    answered
        Called when a search has been answered.
    price
        Says what the true neighbours by the original vectors cost.
    most_ranked
        Clusters whose ranks the page gets with a search, unless nprobe is larger.

    Attributes
    ----------
    active : ActiveSearch or None
        The search on the page.
    index_version : int
        How often the index was seen to have changed.
    past : PastQueries
        The queries searched for, the one on the page last.
    """

    def __init__(
        self,
        index: IvfIndex,
        media: Media,
        runner: Runner,
        rate: MessageRate,
        in_thread: Callable[..., Future[Any]],
        k_max: int,
        found: Callable[[], None],
        remarks: Callable[[ActiveSearch, Request], Iterator[Step]],
        answered: Callable[[], None],
        price: Callable[[], Price],
        most_ranked: int = MOST_RANKED,
    ) -> None:
        self._index = index
        self._media = media
        self._runner = runner
        self._rate = rate
        self._in_thread = in_thread
        self._k_max = k_max
        self._found = found
        self._remarks = remarks
        self._answered = answered
        self._most_ranked = most_ranked
        self._price = price
        self._serial = 0
        self._asked: tuple[Job, Query] | None = None
        self._is_surveyed = False
        self.active: ActiveSearch | None = None
        self.index_version = 0
        self.past = PastQueries()

    @property
    def query(self) -> Query | None:
        """The query of a search in a cell that is to begin, else of the search on the page."""
        if self._asked is not None and self._runner.has(self._asked[0]):
            return self._asked[1]
        return None if self.active is None else self.active.query

    @property
    def is_about_to_begin(self) -> bool:
        """Whether a search in a cell is to begin."""
        return self.query is not None and (self.active is None or self.active.query is not self.query)

    def newest(self, nprobe: int) -> ActiveSearch | None:
        """Return the search for the ``query``, ranked by the index as it is; None before the first."""
        active, query = self.active, self.query
        if query is None:
            return None
        if active is not None and active.query is query and active.index_version == self.index_version:
            return active
        return ActiveSearch.begin(self._index, query, nprobe, 1, serial=0, index_version=self.index_version)

    def search_in_call(self, query: int | ArrayLike | Query, nprobe: int, k: int, include_self: bool) -> None:
        """Search, and send the probed part in the call, unless calls come faster than the page can show.

        Of shards that lie elsewhere, lists are fetched after the call, which does not wait for the store.
        """
        before = self._serial
        is_row = isinstance(query, (int, np.integer)) and not isinstance(query, bool)
        if self._index.is_elsewhere and is_row:
            # To find the row, ids are fetched: the cell does not wait for them.
            self.start(f"kernel:{before + 1}", self.row(int(query), None), nprobe, k, include_self)  # type: ignore[arg-type]
            return
        found = self._index.query(query)
        job = self.start(f"kernel:{before + 1}", lambda: known(found), nprobe, k, include_self)
        self._asked = job, found
        if self._index.is_elsewhere:
            return
        if self._rate.allowed(self._runner.now()) >= SHOWN_AT_ONCE:
            self._runner.run(job, lambda: self._has_answered_since(before))

    def start(self, request: Request, find: Find, nprobe: int, k: int, include_self: bool) -> Job:
        """Look for a query and search for it, in place of a search that has not been answered."""
        return self._runner.start(
            Job(lambda: self._steps(request, find, nprobe, k, include_self), request, kind="search")
        )

    def row(self, row_id: int, cluster: int | None) -> Find:
        """Look for a row, at first in the cluster where the page believes it to be."""

        def find() -> Generator[Step, None, Query]:
            if cluster is not None:
                vectors = yield from self._index.queries_of_steps([row_id], [cluster])
                if not np.isnan(vectors).any():
                    return Query(self._index.query_vector(vectors[0]), row_id)
            if self._index.is_elsewhere:
                yield from self._fetched(row_id)
            return (yield from self._index.query_steps(row_id))

        return find

    def _fetched(self, row_id: int) -> Generator[Step, None, None]:
        """Have a thread fetch what tells where a row is, and then the list that holds it."""
        future = self._index.fetching(only_ids=True)
        if future is not None:
            yield future
            future.result()
        clusters, _ = yield from self._index.places_steps([row_id])
        future = self._index.fetching(clusters[clusters >= 0])
        if future is not None:
            yield future
            future.result()

    def current(self, serial: int) -> ActiveSearch:
        """Return the search on the page if it has this serial and is as new as the index.

        Raises
        ------
        SupersededError, IndexChangedError
        """
        active = self.active
        if active is None or active.serial != serial:
            raise SupersededError(f"the search {serial} is over: a newer one has begun")
        if active.index_version != self.index_version:
            raise IndexChangedError("the index has changed since this search; search again")
        return active

    def ask_about(
        self, asked: Any, answer: Callable[[ActiveSearch], Iterator[Step]], kind: str | None = None
    ) -> None:
        """Answer a request about the search on the page; it ends when a newer search begins."""
        self.current(asked.serial)

        def steps() -> Iterator[Step]:
            active = self.current(asked.serial)
            yield from named(self._index, active, answer(active))

        self._runner.start(Job(steps, asked.request, kind=kind, serial=asked.serial))

    def survey(self) -> None:
        """Count copies, and measure the clusters, when there is nothing else to do; not of lists on disk."""
        if not self._is_surveyed and not self._index.on_disk:
            self._is_surveyed = True
            self._runner.start(Job(self._survey_steps, None, kind="survey", priority=Priority.SURVEY))

    def measure_again(self) -> None:
        """Have ``survey`` measure once more: the index has changed, or the survey was ended."""
        self._is_surveyed = False

    def clear(self) -> None:
        """Forget every search."""
        self.active = self._asked = None

    def _steps(self, request: Request, find: Find, nprobe: int, k: int, include_self: bool) -> Iterator[Step]:
        query = yield from find()
        label = None
        if query.row_id is not None and self._media.has_labels:
            labelling = self._in_thread(self._media.label, query.row_id)
            yield labelling
            label = labelling.result()
        copies = self._index.truth.row_copies
        search = ActiveSearch.begin(
            self._index,
            query,
            nprobe,
            k,
            serial=self._serial + 1,
            index_version=self.index_version,
            include_self=include_self,
            own=None if query.row_id is None else copies.presumed(query.row_id),
            most_ranked=self._most_ranked,
        )
        # A search that does not come so far leaves the one on screen, and what is asked about it.
        self._serial = search.serial
        self._runner.end(lambda job: job.serial is not None, "superseded")
        self.active = search
        self.past.note(query, nprobe, k)
        is_bounded = False
        answer = search_messages(self._index, search, request, label, self._k_max, self._price)
        for step in named(self._index, search, answer):
            yield step
            if search.is_answered and not is_bounded:
                is_bounded = True
                self._send_bounds()
        if query.picture:
            remarks = partial(self._remarks, search, request)
            self._runner.start(Job(remarks, None, kind="remarks", serial=search.serial))
        self._answered()

    def _has_answered_since(self, serial: int) -> bool:
        active = self.active
        return active is not None and active.serial > serial and active.is_answered

    def _survey_steps(self) -> Iterator[Step]:
        # A search does not wait for it: until then, rows are presumed to be stored as often as before.
        before = self._index.findings
        yield from self._index.check_steps()
        if self._index.findings != before:
            self._found()
        for extents in self._index.survey():
            if extents is not None:
                self._send_bounds()
            yield None
        yield self._in_thread(give_back)

    def _send_bounds(self) -> None:
        active = self.active
        if active is not None and active.index_version == self.index_version:
            self._runner.start(
                Job(lambda: bounds(self._index, active), None, kind="bounds", serial=active.serial)
            )


def known(query: Query) -> Generator[Step, None, Query]:
    """Find a query that needs no looking for."""
    yield None
    return query
