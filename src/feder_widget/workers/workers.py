"""An executor at work: a few parts at a time, computed again where a worker fails, cancelled at an end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, InvalidStateError, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from feder_widget.errors import FederError, WorkerError
from feder_widget.model.work_pieces import Steps
from feder_widget.workers import dask_client
from feder_widget.workers.part import Part

T = TypeVar("T")

ATTEMPTS = 3
"""How often a part is computed before its failure ends the pass."""

PER_WORKER = 2
"""Parts under way for each worker: one is computed, and one is there when it is done."""

UNKNOWN_WORKERS = 32
"""Workers that an executor counts for that does not say how many it has."""

HELD_BYTES = 256 << 20
"""Vectors that parts under way carry together."""

LOOK = 0.02
"""Seconds for which a pass waits in one piece at most, where nobody waits for ``Workers.waits_for``."""


@dataclass(slots=True, eq=False)
class _Attempt(Generic[T]):
    part: Part[T]
    failures: int = 0
    reason: BaseException | None = None


class Workers:
    """The workers of one executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Takes parts by ``submit``. It is neither changed nor shut down.

    Attributes
    ----------
    waits_for : Future or None
        What a pass waits for when it has yielded: done once a part is. A loop that has other things to do
        steps the pass after that. None where there is something to do at once.
    count : int or None
        How many there are, now; None where the executor does not say.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.waits_for: Future[None] | None = None
        count = getattr(executor, "_max_workers", None)
        known = count if isinstance(count, int) and count > 0 else 0
        threads = known or dask_client.thread_count(executor)
        self.count: int | None = threads or None
        # A cluster may grow by what waits for it.
        self._most = PER_WORKER * (known or max(UNKNOWN_WORKERS, threads))
        self._options = dask_client.submit_options(executor)

    @classmethod
    def of(cls, executor: Any) -> Workers | None:
        """Return the workers of a caller's ``executor``; None for None, and workers as they are.

        Raises
        ------
        TypeError
            If it is no executor.
        """
        if executor is None or isinstance(executor, cls):
            return executor
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            kind = executor.__name__ if isinstance(executor, type) else type(executor).__name__
            what = f"the class {kind}" if isinstance(executor, type) else kind
            raise TypeError(
                f"executor must be a concurrent.futures.Executor, which has submit(), got {what}; pass "
                "ThreadPoolExecutor(), ProcessPoolExecutor() or client.get_executor()"
            )
        return cls(executor)

    @cached_property
    def dashboard(self) -> str | None:
        """Address of the page on which a cluster shows its work; None where there is none."""
        return dask_client.dashboard_link(self._executor)

    def results_steps(self, parts: Iterable[Part[T]], take: Callable[[T], None]) -> Steps[None]:
        """Have all parts computed; yields before it waits for one, and after each.

        Parts are made as they are submitted. Whatever ends it, ``close()`` included, cancels the parts that
        are not begun; those under way run to their end, and their results are dropped.

        Parameters
        ----------
        parts : iterable of Part
            The parts.
        take : function
            Called with each result, on the caller's thread, in no order.

        Raises
        ------
        WorkerError
            If a part failed three times, with its name and the last reason; if the executor takes no more.
        TypeError
            If ``submit`` returns no ``concurrent.futures.Future``.
        FederError
            That a part raised: it would raise it again.
        """
        waiting: dict[Future[T], _Attempt[T]] = {}
        again: deque[_Attempt[T]] = deque()
        made = iter(parts)
        try:
            while True:
                self._fill(waiting, again, made)
                if not waiting:
                    return
                if not any(future.done() for future in waiting):
                    self.waits_for = _first_done(waiting)
                    yield
                    self.waits_for = None
                done, _ = wait(waiting, timeout=LOOK, return_when=FIRST_COMPLETED)
                for future in done:
                    attempt = waiting.pop(future)
                    if self._is_done(future, attempt):
                        take(future.result())
                    else:
                        again.append(attempt)
                    yield
        finally:
            self.waits_for = None
            for future in waiting:
                future.cancel()

    def _fill(
        self,
        waiting: dict[Future[T], _Attempt[T]],
        again: deque[_Attempt[T]],
        made: Iterator[Part[T]],
    ) -> None:
        """Submit as many parts as are to be under way."""
        held = sum(attempt.part.carried_bytes for attempt in waiting.values())
        while len(waiting) < self._most and (held < HELD_BYTES or not waiting):
            if again:
                attempt = again.popleft()
            else:
                part = next(made, None)
                if part is None:
                    return
                attempt = _Attempt(part)
            waiting[self._submitted(attempt)] = attempt
            held += attempt.part.carried_bytes

    def _submitted(self, attempt: _Attempt[T]) -> Future[T]:
        part = attempt.part
        try:
            future = self._executor.submit(part.compute, *part.arguments, **self._options)
        except Exception as error:
            # Broken, shut down, or closed: each library has its own error.
            after = "" if attempt.reason is None else f" after {_said(attempt.reason)}"
            raise WorkerError(
                f"executor must take work, and {type(self._executor).__name__} took no more{after}: "
                f"{_said(error)}; {part.name} were not compared. Pass a new executor"
            ) from error
        if not isinstance(future, Future):
            raise TypeError(
                "executor must be a concurrent.futures.Executor, whose submit() returns a "
                f"concurrent.futures.Future, got {type(self._executor).__name__}, whose submit() returned "
                f"{type(future).__name__}; of a Dask client pass client.get_executor()"
            )
        return future

    def _is_done(self, future: Future[T], attempt: _Attempt[T]) -> bool:
        """Return whether a future has a result; False for a part that is to be computed again."""
        reason = CancelledError("it was cancelled") if future.cancelled() else future.exception()
        if reason is None:
            return True
        if isinstance(reason, (FederError, KeyboardInterrupt)):
            raise reason
        attempt.failures += 1
        attempt.reason = reason
        if attempt.failures == ATTEMPTS:
            raise WorkerError(
                f"executor failed {ATTEMPTS} times to compare {attempt.part.name}, the last time with "
                f"{_said(reason)}"
            ) from reason
        return False


def _first_done(futures: Iterable[Future[Any]]) -> Future[None]:
    """Return a future that is done as soon as one of these is."""
    first: Future[None] = Future()

    def tell(_: Future[Any]) -> None:
        # Two may be done at once, on two threads.
        with suppress(InvalidStateError):
            first.set_result(None)

    for future in futures:
        future.add_done_callback(tell)
    return first


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
