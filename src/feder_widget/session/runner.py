"""Steps jobs one at a time, on the thread that owns the index."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

from feder_widget.session.driver import Driver
from feder_widget.session.message_rate import MessageRate
from feder_widget.session.messages import Message, Request
from feder_widget.session.messages.parse import SupersededError
from feder_widget.session.outbox import Outbox

TURN = 0.010
"""Seconds of work in one turn: between two turns the kernel takes up a cell."""

REST = 0.002
"""Seconds between two turns. A cell that is asked for takes several rounds of the kernel's loop until it
runs, and all of them fit in this gap: an empty cell was answered in 28 ms instead of 92."""


PART = 0.005
"""Seconds of a turn where the caller drives: the caller's own turn has room for one."""


class Priority(IntEnum):
    """The order of jobs; of equal ones the newest comes first."""

    ANSWER = 0
    WORKLOAD = 1
    SURVEY = 2


@dataclass(frozen=True, slots=True)
class Until:
    """A step of a job that has nothing to do before a moment of ``Runner.now``."""

    moment: float


Step: TypeAlias = "Message | Until | Future[Any] | None"
"""A message to send, a moment or a thread's result to wait for, or nothing: others may have their turn."""


class Job:
    """Work in steps of at most a few milliseconds.

    Parameters
    ----------
    make
        Gives the work: a generator that yields between pieces. Called again where the index has changed.
    request
        The request that it answers, which its error names; None without a request.
    kind
        A newer job of the same kind supersedes this one; None where both are answered.
    serial
        The search that the job is about; it ends when another search is on the page.
    closing
        Called with the reason ("cancelled", "superseded", "failed", "interrupted", "closed", …) where the job
        ends before its last step, and before the generator is closed; gives the last steps.
    """

    def __init__(
        self,
        make: Callable[[], Iterator[Step]],
        request: Request | None,
        *,
        kind: str | None = None,
        serial: int | None = None,
        priority: Priority = Priority.ANSWER,
        closing: Callable[[str], Iterator[Step]] | None = None,
    ) -> None:
        self.make = make
        self.steps = make()
        self.request = request
        self.kind = kind
        self.serial = serial
        self.priority = priority
        self.closing = closing
        self.message: Message | None = None
        self.waits_for: Future[Any] | None = None
        self.not_before = 0.0
        self.number = 0
        self.has_begun_anew = False

    def begin_anew(self) -> None:
        """Go through the steps from the first one again."""
        self.has_begun_anew = True
        _quietly(self.steps)
        self.steps = self.make()
        self.message = self.waits_for = None
        self.not_before = 0.0

    def close(self, reason: str) -> None:
        """Close the work, which ``closing`` is told before."""
        if self.closing is not None:
            self.closing(reason)
        _quietly(self.steps)

    def is_ready(self, now: float) -> bool:
        """Say whether there is something to do."""
        return now >= self.not_before and (self.waits_for is None or self.waits_for.done())


class Runner:
    """Supersedes, cancels and steps the jobs of one session.

    Jobs are stepped on the owner's thread, and by a caller of ``owning``. Any thread may call ``hear``.

    Parameters
    ----------
    outbox
        Takes the messages, and the errors.
    driver
        Calls ``turn`` on the owner's thread.
    rate
        The rate of messages.
    before_turn
        Called at the beginning of each turn, on the owner's thread; its error is sent to the page.
    now
        A clock, in seconds.
    """

    def __init__(
        self,
        outbox: Outbox,
        driver: Driver,
        rate: MessageRate,
        before_turn: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._driver = driver
        self._rate = rate
        self._before_turn = before_turn
        self.now = now
        self._inbox: deque[tuple[Request | None, Callable[[], object]]] = deque()
        self._jobs: list[Job] = []
        self._count = 0
        self._owned = threading.RLock()
        self._stepping: int | None = None
        self._is_closed = False
        driver.start(self.turn)

    @property
    def may_read(self) -> bool:
        """Whether the calling thread may read the index now: not from within a step."""
        return self._driver.may_own() and not self._is_stepping

    @contextmanager
    def owning(self) -> Iterator[None]:
        """Take the place of the owner for a call: no job has its turn meanwhile."""
        with self._driver.urgent(), self._owned:
            yield

    @property
    def is_driven(self) -> bool:
        """Whether turns are called by themselves; otherwise the caller of ``hear`` works."""
        return self._driver.drives

    def hear(self, request: Request | None, call: Callable[[], object]) -> None:
        """Have the owner's thread make a call, before the next step; from any thread.

        An exception becomes an error that is addressed to the request.
        """
        self._inbox.append((request, call))
        if self.is_driven:
            self._driver.wake()
        else:
            self.drain()

    def start(self, job: Job) -> Job:
        """Take a job up, in place of an older one of its kind; on the owner's thread."""
        if job.kind is not None:
            self.end(lambda other: other.kind == job.kind, "superseded")
        self._count += 1
        job.number = self._count
        self._jobs.append(job)
        self._driver.wake()
        return job

    def has(self, job: Job) -> bool:
        """Say whether a job has steps left."""
        return job in self._jobs

    def end(self, which: Callable[[Job], bool], reason: str) -> None:
        """End jobs between two of their steps; their closing messages are sent."""
        for job in [job for job in self._jobs if which(job)]:
            self._close(job, reason)

    def begin_anew(self) -> None:
        """Have the jobs that are left go through their steps from the first one again, an answer only once.

        An index that keeps changing would otherwise keep a search from its end. An answer that goes on reads
        the lists as they are, and its ``index_version`` tells the page that it is older than the index.
        """
        for job in self._jobs:
            if job.priority is not Priority.ANSWER or not job.has_begun_anew:
                job.begin_anew()

    def run(self, job: Job, is_enough: Callable[[], bool]) -> None:
        """Step one job in the caller's call, until it is enough or the rate holds its message back.

        An interrupt from the keyboard ends the job and is raised.
        """
        while job in self._jobs and not is_enough():
            if job.waits_for is not None:
                try:
                    _wait(job.waits_for)
                except KeyboardInterrupt as error:
                    self._fail(job, error)
                    raise
            elif not job.is_ready(self.now()):
                return
            self._step(job, raises=True)

    def turn(self, seconds: float = TURN) -> float | None:
        """Step jobs for some milliseconds.

        Returns
        -------
        float or None
            Seconds until the next turn is due, None where one is due only when ``wake`` is called.
        """
        if not self._owned.acquire(blocking=False):
            return REST
        try:
            if self._is_stepping:
                return REST
            return self._turn(self.now() + seconds)
        except KeyboardInterrupt:
            # Raised out of a callback, it would end the kernel's loop.
            return REST
        finally:
            self._owned.release()

    def part(self) -> bool:
        """Work for some milliseconds where the caller drives, and say whether there is more to do at once."""
        return self.turn(PART) == REST

    def is_idle_but_for(self, request: Request | None) -> bool:
        """Whether nothing else was asked for that is not done, by jobs or by threads that they wait for."""
        return not self._inbox and all(job.request == request for job in self._jobs)

    def drain(self) -> None:
        """Step until nothing is left to do, waiting where a job waits: where nothing else drives."""
        while not self._is_closed and not self._is_stepping:
            due = self.turn(float("inf"))
            if due is None and not self.wait_for_a_thread():
                return
            if due:
                time.sleep(due)

    def wait_for_a_thread(self) -> bool:
        """Wait for the result that some job waits for; return whether there was one."""
        waiting = [job.waits_for for job in self._jobs if job.waits_for is not None]
        if waiting:
            _wait(waiting[0])
        return bool(waiting)

    def close(self) -> None:
        """End every job without a word and take up nothing more; from any thread.

        The index is not read: ``closing`` hears that the job is closed.
        """
        self._is_closed = True
        with self._driver.urgent(), self._owned:
            self._inbox.clear()
            jobs, self._jobs = self._jobs, []
            if not self._is_stepping:
                for job in jobs:
                    job.close("closed")
        self._driver.stop()

    def _turn(self, end: float) -> float | None:
        if not self._is_closed:
            self._call(None, self._before_turn)
        while not self._is_closed:
            self.heed()
            now = self.now()
            ready = [job for job in self._jobs if job.is_ready(now)]
            if not ready:
                return self._due(now)
            self._step(min(ready, key=lambda job: (job.priority, -job.number)))
            if self.now() >= end:
                return REST
        return None

    def heed(self) -> None:
        """Make the calls that other threads have asked for."""
        while self._inbox and not self._is_closed:
            self._call(*self._inbox.popleft())

    def _call(self, request: Request | None, call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:
            self._outbox.fail(request, error)
            if not isinstance(error, Exception):
                raise

    @property
    def _is_stepping(self) -> bool:
        """Whether the calling thread is in a step of a job."""
        return self._stepping == threading.get_ident()

    def _due(self, now: float) -> float | None:
        moments = [job.not_before for job in self._jobs if job.waits_for is None]
        return max(0.0, min(moments) - now) if moments else None

    def _step(self, job: Job, *, raises: bool = False) -> None:
        """Take one step of a job, or send the message that its last step has left."""
        self._stepping = threading.get_ident()
        try:
            if job.message is None:
                job.waits_for = None
                self._take(job, next(job.steps))
            if job.message is not None:
                self._send(job)
        except StopIteration:
            self._drop(job)
        except BaseException as error:
            # The caller's own functions may raise SystemExit too: out of a callback it would end the kernel.
            self._stepping = None
            self._fail(job, error)
            if raises and isinstance(error, KeyboardInterrupt):
                raise
        finally:
            self._stepping = None
        if self._is_closed:
            job.close("closed")

    def _take(self, job: Job, step: Step) -> None:
        if isinstance(step, Until):
            job.not_before = step.moment
        elif isinstance(step, Future):
            job.waits_for = step
            step.add_done_callback(lambda _: self._driver.wake())
        else:
            job.message = step

    def _send(self, job: Job) -> None:
        now = self.now()
        job.not_before = self._rate.next_allowed(now)
        if job.not_before > now or job.message is None:
            return
        self._rate.take(now)
        message, job.message = job.message, None
        self._outbox.deliver(message)

    def _fail(self, job: Job, error: BaseException) -> None:
        if job in self._jobs:
            self._outbox.fail(job.request, error)
            self._close(job, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed")

    def _close(self, job: Job, reason: str) -> None:
        self._drop(job)
        job.close(reason)
        closing = job.closing
        if closing is not None:
            self.start(Job(lambda: closing(reason), job.request, priority=job.priority))
        elif reason == "superseded" and job.kind is None:
            self._outbox.fail(job.request, SupersededError("a newer search has begun"))

    def _drop(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)


def _wait(future: Future[Any]) -> None:
    with suppress(CancelledError):
        future.exception()


def _quietly(steps: Iterator[Step]) -> None:
    """Close a generator; a job's own clean-up must not keep others from theirs."""
    close = getattr(steps, "close", None)
    if close is not None:
        with suppress(Exception):
            close()
