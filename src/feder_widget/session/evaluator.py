"""Evaluates workloads for the page, one at a time, and remembers the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from feder_widget.session import threads
from feder_widget.session.messages import Request, to_page
from feder_widget.session.outbox import Outbox
from feder_widget.truth import Evaluation, Workload
from feder_widget.truth.evaluation import Progress

SHARES = (0.5, 0.95, 0.99, 1.0)
"""Shares of the queries whose recall the page draws, besides the mean."""

HARDEST = 24
"""Hardest queries that the page lists."""

EVERY = 4096
"""Up to this nlist the curves are given at every nprobe; beyond it, more and more sparsely."""

INTERVAL = 0.25
"""Seconds between two reports of progress."""

PUBLISHED = 1.0
"""Seconds between two pictures of a workload that is not complete."""

SUPERSEDED = "ended by another evaluation"

KERNEL = "kernel"
"""The name under which the page hears of what was asked in Python."""


class EvaluationCancelled(Exception):  # noqa: N818 - an outcome that was asked for, not an error
    """Somebody no longer wants to know."""


@dataclass(frozen=True, slots=True, eq=False)
class _Last:
    request: Request
    evaluation: Evaluation
    workload: Workload
    is_final: bool


class Evaluator:
    """Runs evaluations on a thread of its own, or on the caller's; a newer one ends an older.

    Parameters
    ----------
    outbox
        Takes the messages.
    label
        Gives the label of a row id.
    """

    def __init__(self, outbox: Outbox, label: Callable[[int], str | None]) -> None:
        self._outbox = outbox
        self._label = label
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._newest = 0
        self._begun = 0
        self._current: Request | None = None
        self._last: _Last | None = None
        self._pool = threads.pool(1, "evaluate")

    def ask(self, request: Request, make: Callable[[], Evaluation]) -> None:
        """Evaluate on the own thread; what goes wrong becomes an ``error`` message."""
        number = self._begin(request)
        self._pool.submit(self._outbox.guard, request, lambda: self._guarded(request, number, make))

    def run(self, evaluation: Evaluation, progress: Progress) -> Workload:
        """Evaluate here and now, telling the page as well, and raise what ``progress`` raises."""
        return self._run(KERNEL, self._begin(KERNEL), evaluation, progress)

    def cancel(self, request: Request) -> None:
        """End the evaluation of this name; what was computed is kept."""
        with self._lock:
            if request == self._current:
                self._newest += 1

    def resend(self, request: Request) -> None:
        """Send the last workload again, to a page that has just been opened."""
        with self._sending:
            last = self._last
            if last is not None:
                self._outbox.deliver(self._packet(request, last.workload, last.is_final))

    def query(self, place: int) -> tuple[NDArray[np.float32], int | None]:
        """Return a query of the last workload, float32 (dim,), and its row id."""
        last = self._last
        if last is None:
            raise ValueError("no workload has been evaluated")
        if not 0 <= place < len(last.workload):
            raise ValueError(f"workload must be between 0 and {len(last.workload) - 1}, got {place}")
        return last.evaluation.query(place)

    def close(self) -> None:
        """End at the next chunk and begin nothing more."""
        with self._lock:
            self._newest += 1
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, request: Request) -> int:
        with self._lock:
            self._newest += 1
            self._current, self._begun = request, self._newest
            return self._newest

    def _guarded(self, request: Request, number: int, make: Callable[[], Evaluation]) -> None:
        # One that was cancelled before it began is answered too.
        if number != self._begun:
            return
        try:
            evaluation = make()
        except Exception:
            self._restore(request, number)
            raise
        self._run(request, number, evaluation, lambda _done, _asked: None)

    def _run(self, request: Request, number: int, evaluation: Evaluation, progress: Progress) -> Workload:
        reported = published = time.monotonic()

        def report(done: float, asked: int) -> None:
            nonlocal reported
            progress(done, asked)
            if number != self._newest:
                raise EvaluationCancelled
            now = time.monotonic()
            if now - reported >= INTERVAL:
                reported = now
                self._outbox.guard(request, lambda: self._report(request, number, done, asked))

        reason: str | None = "cancelled"
        try:
            for done in evaluation.run(report):
                if done < evaluation.asked and time.monotonic() - published >= PUBLISHED:
                    self._tell(request, number, evaluation, evaluation.workload(None), is_final=False)
                    published = time.monotonic()
            reason = None
        except EvaluationCancelled:
            pass
        except KeyboardInterrupt:
            reason = "interrupted"
            raise
        except Exception:
            reason = "failed"
            raise
        finally:
            workload = evaluation.workload(reason if evaluation.done < evaluation.asked else None)
            try:
                self._tell(request, number, evaluation, workload, is_final=True)
            except KeyboardInterrupt:
                self._tell(request, number, evaluation, workload, is_final=True)
                raise
        return workload

    def _report(self, request: Request, number: int, done: float, asked: int) -> None:
        with self._sending:
            if number == self._newest:
                self._outbox.deliver(
                    to_page.Progress(request=request, done=done, asked=asked, cancellable=True)
                )

    def _tell(
        self, request: Request, number: int, evaluation: Evaluation, workload: Workload, *, is_final: bool
    ) -> None:
        """Publish; what cannot be sent is an error of the page's, and no evaluation fails by it."""
        self._outbox.guard(
            request, lambda: self._publish(request, number, evaluation, workload, is_final=is_final)
        )

    def _publish(
        self, request: Request, number: int, evaluation: Evaluation, workload: Workload, *, is_final: bool
    ) -> None:
        with self._sending:
            with self._lock:
                # One that was ended by a newer one leaves the page to that one, one that was cancelled does
                # not.
                if number != self._begun:
                    return
                if len(workload) == 0 and self._last is not None and len(self._last.workload) > 0:
                    # Nothing is left of what ended before it began.
                    last = self._ended(self._last)
                else:
                    last = _Last(request, evaluation, workload, is_final)
                self._last = last
            self._outbox.deliver(self._packet(request, last.workload, last.is_final))

    def _restore(self, request: Request, number: int) -> None:
        """Leave the page with the workload before one that cannot begin, which has ended that."""
        with self._sending:
            with self._lock:
                last = self._last
                if number != self._begun or last is None or last.is_final:
                    return
                self._last = last = self._ended(last)
            self._outbox.deliver(self._packet(request, last.workload, last.is_final))

    def _ended(self, last: _Last) -> _Last:
        if last.is_final:
            return last
        return replace(last, workload=replace(last.workload, reason=SUPERSEDED), is_final=True)

    def _packet(self, request: Request, workload: Workload, is_final: bool) -> to_page.Workload:
        nprobes = _nprobes(workload.nlist)
        at = nprobes - 1
        hardest = workload.hardest(HARDEST)
        ids = np.empty(0, np.int64) if workload.ids is None else workload.ids[hardest]
        return to_page.Workload(
            request=request,
            k=workload.found_at.shape[1],
            seed=workload.seed,
            source=workload.source,
            computed=len(workload),
            asked=workload.asked,
            final=is_final,
            include_self=workload.include_self,
            reason=workload.reason,
            labels=[self._label(int(row)) for row in ids] if len(ids) else [None] * len(hardest),
            shares=list(SHARES),
            nprobes=nprobes,
            recall=workload.recall[at],
            reached=np.stack([workload.reached(share)[at] for share in SHARES]),
            compared=workload.scanned[at],
            hardest=hardest,
            ids=ids,
            found_at=workload.found_at[hardest],
        )


def _nprobes(nlist: int) -> NDArray[np.int64]:
    """Return the values of nprobe at which curves are given, int64 (n,)."""
    if nlist <= EVERY:
        return np.arange(1, nlist + 1)
    sparse = np.unique(np.round(np.geomspace(EVERY // 2, nlist, EVERY // 2)).astype(np.int64))
    return np.concatenate([np.arange(1, EVERY // 2), sparse])
