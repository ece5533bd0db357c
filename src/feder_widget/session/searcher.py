"""Runs searches on a thread of its own, a newer one superseding an older."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.session import threads
from feder_widget.session.messages import Message, Request
from feder_widget.session.messages.parse import BadRequestError, SupersededError
from feder_widget.session.messages.to_page import Candidates, Coarse, Done
from feder_widget.session.outbox import Outbox
from feder_widget.session.stream import FULL_CANDIDATES, Ask, candidates, reach, rest, stream

BURST = 8
INTERVAL = 1 / 30
"""The Jupyter server drops messages above 1,000 per second for good: a short burst, then 30 per second."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is being searched: float32 (dim,), and the row id when it is a vector of the index."""

    vector: NDArray[np.float32]
    row_id: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A search that has begun, under the number that the page knows it by."""

    serial: int
    query: Query
    nprobe: int


class Searcher:
    """Streams one search at a time to the page, and goes on with the newest.

    Parameters
    ----------
    index
        The opened index.
    outbox
        Takes the messages.
    label
        Gives the label of a row id.
    begun
        Called from the thread when the page knows of a search.
    k_max
        The largest k the page can show without asking again.
    """

    def __init__(
        self,
        index: IvfIndex,
        outbox: Outbox,
        label: Callable[[int], str | None],
        begun: Callable[[Begun], None],
        *,
        k_max: int,
    ) -> None:
        self._index = index
        self._outbox = outbox
        self._label = label
        self._announce = begun
        self._k_max = k_max
        self._lock = threading.Lock()
        self._serial = 0
        self._wanted = 0
        self._request: Request | None = None
        self._begun: Begun | None = None
        self._shown: Begun | None = None
        self._reached = 0
        self._pool = threads.pool(1, "search")

    @property
    def begun(self) -> Begun | None:
        """The newest search that has begun."""
        return self._begun

    @property
    def is_whole(self) -> bool:
        """Whether the newest search has compared all clusters."""
        return self._reached == self._index.nlist

    def current(self, serial: int) -> Begun:
        """Return the newest search if it has this number, or raise ``BadRequestError``."""
        begun = self._begun
        if begun is None or begun.serial != serial:
            raise SupersededError(f"the search {serial} is over: a newer one has begun")
        return begun

    def start(
        self,
        request: Request | None,
        make: Callable[[], Query],
        nprobe: int,
        k: int,
        known: Query | None = None,
    ) -> int:
        """Search for what ``make`` gives when it is called on the thread; return the search's number.

        A query that is ``known`` counts as begun at once. Without a request the kernel is who asks.
        """
        with self._lock:
            self._serial += 1
            serial = self._wanted = self._serial
            if known is not None:
                self._begun = Begun(serial, known, nprobe)
            self._request = f"kernel:{serial}" if request is None else request
            name = self._request
        self._pool.submit(self._outbox.guard, name, lambda: self._run(name, serial, make, nprobe, k))
        return serial

    def go_on(self, request: Request, serial: int, last_rank: int) -> None:
        """Compare the clusters up to a rank that the newest search has left out."""
        begun = self.current(serial)
        with self._lock:
            self._request = request
        self._pool.submit(self._outbox.guard, request, lambda: self._go_on(request, begun, last_rank))

    def send_candidates(self, request: Request, serial: int, first_rank: int, last_rank: int) -> None:
        """Send every candidate of some clusters of the newest search, on the caller's thread."""
        begun = self.current(serial)
        vector = begun.query.vector
        order = self._index.rank(vector, begun.nprobe).clusters
        wanted = int(self._index.list_sizes[order[first_rank - 1 : last_rank]].sum())
        if wanted > FULL_CANDIDATES:
            raise BadRequestError(f"{wanted:,} candidates are asked for, the most is {FULL_CANDIDATES:,}")
        messages = candidates(self._index, request, vector, order, first_rank, last_rank)
        for message in self._paced(messages, lambda: not self.is_current(begun)):
            self._outbox.deliver(message)

    def close(self) -> None:
        """Stop at the next chunk and begin nothing more."""
        with self._lock:
            self._wanted = -1
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._begun = self._shown = None

    def is_current(self, begun: Begun) -> bool:
        """Say whether no newer search has begun."""
        current = self._begun
        return current is not None and current.serial == begun.serial

    def _run(self, request: Request, serial: int, make: Callable[[], Query], nprobe: int, k: int) -> None:
        begun = self._begin(serial, make, nprobe)
        if begun is None:
            return
        query = begun.query
        label = None if query.row_id is None else self._label(query.row_id)
        ask = Ask(request, serial, query.vector, query.row_id, label, nprobe, k, self._k_max)
        for message in self._paced(stream(self._index, ask), lambda: self._stale(serial)):
            if isinstance(message, Done):
                self._reached = reach(self._index, query.vector, nprobe)
            self._outbox.deliver(message)
            if isinstance(message, Coarse):
                self._shown = begun
                self._announce(begun)

    def _begin(self, serial: int, make: Callable[[], Query], nprobe: int) -> Begun | None:
        begun = None
        try:
            if not self._stale(serial):
                query = make()
                with self._lock:
                    if not self._stale(serial):
                        self._begun = begun = Begun(serial, query, nprobe)
                        self._reached = 0
        finally:
            if begun is None:
                self._give_up(serial)
        return begun

    def _give_up(self, serial: int) -> None:
        """Go back from a search that does not begin to the one that the page still shows."""
        with self._lock:
            if self._wanted == serial and self._shown is not None:
                self._begun = self._shown
                self._wanted, self._request = self._shown.serial, None

    def _go_on(self, request: Request, begun: Begun, last_rank: int) -> None:
        # A search that was stopped has sent less than it would have, and the page must not find a gap.
        first = self._reached
        if first == 0:
            raise BadRequestError(f"the search {begun.serial} was stopped before it was done")
        messages = rest(
            self._index, request, begun.query.vector, begun.nprobe, self._k_max, first, max(first, last_rank)
        )
        for message in self._paced(messages, lambda: self._stale(begun.serial)):
            self._outbox.deliver(message)
            if isinstance(message, Candidates):
                self._reached = message.first_rank - 1 + len(message.counts)

    def _stale(self, serial: int) -> bool:
        return serial != self._wanted or self._outbox.closed

    def _paced(self, messages: Iterator[Message], stale: Callable[[], bool]) -> Iterator[Message]:
        """Hold messages back to what the server passes on; end when the search they belong to is stale."""
        begin = time.monotonic()
        for number, message in enumerate(messages):
            early = begin + (number - BURST) * INTERVAL - time.monotonic()
            if early > 0 and self._outbox.wait(early):
                return
            if stale():
                return
            yield message
