"""Workloads for the page, one at a time; the last one is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from feder_widget.session.messages import Message, Request
from feder_widget.session.messages.to_page import Failure, Hardest, Progress, QueryRecalls, Workload
from feder_widget.truth import Workload as Evaluated
from feder_widget.truth.workloads.evaluation import Progress as Report

SHARES = (0.5, 0.95, 0.99, 1.0)
"""Shares of the queries whose recall the page draws, besides the mean."""

HARDEST = 24
"""Hardest queries that the page lists."""

EVERY = 4096
"""Up to this nlist the curves are given at every nprobe; beyond it, more and more sparsely."""

RECALLS = 1 << 20
"""True neighbours of the queries whose recalls are sent one by one, at most."""

PART = 1 << 15
"""True neighbours of the queries in one ``QueryRecalls``: it stays under 1 MiB."""

REPORTED = 0.25
"""Seconds between two reports of progress."""

PUBLISHED = 1.0
"""Seconds between two pictures of a workload that is not complete."""

SUPERSEDED = "ended by another evaluation"

FINISHED = ("cancelled", "interrupted", "not shown any more")
"""Reasons for which an evaluation ends with its first queries finished: they are of the index as it is."""

KERNEL = "kernel"
"""The name under which the page hears of an evaluation in a cell."""


class Evaluation(Protocol):
    """A workload in the making, of lists or of a graph."""

    @property
    def asked(self) -> int:
        """Number of queries."""
        ...

    @property
    def done(self) -> int:
        """Number of queries evaluated."""
        ...

    @property
    def waits_for(self) -> Future[None] | None:
        """What ``steps`` wait for when they have yielded; None for nothing."""
        ...

    @property
    def dashboard(self) -> str | None:
        """Address of the page on which the workers' cluster shows its work, if it has one."""
        ...

    def steps(self) -> Iterator[float]:
        """Evaluate in pieces; yields the queries done so far."""
        ...

    def run(self, progress: Report) -> Iterator[int]:
        """Evaluate; yields the number of queries done."""
        ...

    def leave(self) -> None:
        """Read nothing more once ``steps`` are closed."""
        ...

    def workload(self, reason: str | None) -> Evaluated:
        """Return the workload of the queries done."""
        ...


Labels = Callable[[list[int]], list["str | None"]]


@dataclass(frozen=True, slots=True, eq=False)
class _Last:
    workload: Evaluated
    is_final: bool


class EvaluationCancelled(Exception):  # noqa: N818 - an outcome that was asked for, not an error
    """The page has cancelled an evaluation that a cell runs."""


class Workloads:
    """Evaluates for the page and for cells, and keeps the last workload.

    Parameters
    ----------
    labels
        Gives the labels of row ids.
    in_thread
        Has a thread call a function: ``labels`` may be the caller's own.
    """

    def __init__(self, labels: Labels, in_thread: Callable[..., Future[Any]]) -> None:
        self._labels = labels
        self._in_thread = in_thread
        self._last: _Last | None = None
        self._current: tuple[Request, Evaluation] | None = None
        self._cancelled: Request | None = None

    def hold(self, workload: Evaluated) -> None:
        """Hold a workload that was evaluated elsewhere."""
        self._last = _Last(workload, is_final=True)

    @property
    def last(self) -> Evaluated | None:
        """The last workload, as far as it is evaluated; None before the first."""
        return None if self._last is None else self._last.workload

    def steps(
        self, request: Request, make: Callable[[], Evaluation]
    ) -> Iterator[Message | Future[None] | None]:
        """Evaluate for the page."""
        self._current = None
        evaluation = make()
        self._current = request, evaluation
        clock = _Clock()
        for done in evaluation.steps():
            if clock.is_time_to_report():
                yield Progress(
                    request=request,
                    done=done,
                    asked=evaluation.asked,
                    cancellable=True,
                    dashboard=evaluation.dashboard,
                )
            if evaluation.done < evaluation.asked and clock.is_time_to_publish(evaluation):
                yield from self._published(request, evaluation, None, is_final=False)
            yield evaluation.waits_for
        self._current = None
        yield from self._published(request, evaluation, None, is_final=True)

    def closing(self, request: Request, reason: str) -> Iterator[Message | None]:
        """End an evaluation for the page early: what was computed stays.

        Called before the evaluation's steps are closed; the messages are made afterwards.
        """
        if reason not in FINISHED and self._current is not None and self._current[0] == request:
            self._current[1].leave()
        return self._closing_steps(request, reason)

    def _closing_steps(self, request: Request, reason: str) -> Iterator[Message | None]:
        if reason == "superseded":
            return
        if self._current is not None and self._current[0] == request:
            evaluation, self._current = self._current[1], None
            why = reason if evaluation.done < evaluation.asked else None
            yield from self._published(request, evaluation, why, is_final=True)
        elif self._last is not None:
            yield self._message(request, self._ended())
        elif reason == "cancelled":
            yield Failure(request=request, code="cancelled", message="the evaluation was cancelled")

    def run(
        self,
        evaluation: Evaluation,
        progress: Report,
        send: Callable[[Message], None],
        heed: Callable[[], bool],
    ) -> Evaluated:
        """Evaluate in the caller's call, for the page too, and raise what ``progress`` raises.

        Parameters
        ----------
        evaluation
            The workload to come.
        progress
            Called with the queries done and their number.
        send
            Takes the messages.
        heed
            Hears the page, and says whether it can be heard.
        """
        clock = _Clock()
        self._cancelled = None

        def report(done: float, asked: int) -> None:
            progress(done, asked)
            hears = heed()
            if self._cancelled == KERNEL:
                raise EvaluationCancelled
            if clock.is_time_to_report():
                send(
                    Progress(
                        request=KERNEL,
                        done=done,
                        asked=asked,
                        cancellable=hears,
                        dashboard=evaluation.dashboard,
                    )
                )

        reason: str | None = "cancelled"
        try:
            for done in evaluation.run(report):
                if done < evaluation.asked and clock.is_time_to_publish(evaluation):
                    self._tell(evaluation, None, send, is_final=False)
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
            if evaluation.done == evaluation.asked:
                reason = None
            try:
                workload = self._tell(evaluation, reason, send, is_final=True)
            except KeyboardInterrupt:
                self._tell(evaluation, reason, send, is_final=True)
                raise
        return workload

    def cancel(self, request: Request) -> None:
        """End the evaluation that a cell runs, if it has this name."""
        self._cancelled = request

    def resend(self, request: Request) -> Iterator[Message | None]:
        """Send the last workload again, to a page that has just been opened."""
        if self._last is not None:
            yield self._message(request, self._last)

    def query_recalls(self, request: Request) -> Iterator[QueryRecalls | None]:
        """Send the recall of each query of the last workload at every nprobe."""
        if self._last is None:
            return
        workload = self._last.workload
        most = max(1, workload.found_at.shape[1])
        rows = min(len(workload), max(1, RECALLS // most))
        for start in range(0, rows, max(1, PART // most)):
            some = slice(start, min(rows, start + max(1, PART // most)))
            curves = workload.curves_of(some)
            assert workload.nearest_clusters is not None
            yield QueryRecalls(
                request=request,
                rows=rows,
                offset=start,
                clusters=workload.nearest_clusters[some],
                counts=workload.counts[some],
                offsets=np.searchsorted(curves.queries, np.arange(curves.count + 1)),
                nprobes=curves.nprobes,
                changes=curves.changes,
            )
            yield None

    def hardest(self, request: Request, order: str, nprobe: int) -> Iterator[Message | Future[Any] | None]:
        """Send the hardest queries of the last workload, by recall at an nprobe or by the nprobe needed."""
        if self._last is None:
            return
        workload = self._last.workload
        at = workload.evaluated_below(nprobe)
        places = workload.hardest(HARDEST, nprobe=at if order == "recall" else None)
        yield None
        counts = workload.counts[places]
        ids = np.empty(0, np.int64) if workload.ids is None else workload.ids[places]
        labels = self._in_thread(self._labels, ids.tolist())
        if len(ids):
            yield labels
        yield Hardest(
            request=request,
            order=order,
            nprobe=at,
            missing=int(np.count_nonzero(workload.recall_of(at) < 1)),
            labels=labels.result() or [None] * len(places),
            places=places,
            ids=ids,
            found=np.where(counts == 0, 0, np.round(workload.recall_of(at)[places] * counts)),
            counts=counts,
            needed=workload.nprobe_needed[places],
        )

    def query(self, place: int) -> int | NDArray[np.float32]:
        """Return a query of the last workload: its row id, or its vector, float32 (dim,)."""
        last = self._last
        if last is None:
            raise ValueError("no workload has been evaluated")
        if not 0 <= place < len(last.workload):
            raise ValueError(f"workload must be between 0 and {len(last.workload) - 1}, got {place}")
        assert last.workload.origin is not None
        found: int | NDArray[np.float32] = last.workload.origin.query(place)
        return found

    def _tell(
        self, evaluation: Evaluation, reason: str | None, send: Callable[[Message], None], *, is_final: bool
    ) -> Evaluated:
        workload = evaluation.workload(reason)
        send(self._message(KERNEL, self._take(workload, is_final=is_final)))
        return workload

    def _published(
        self, request: Request, evaluation: Evaluation, reason: str | None, *, is_final: bool
    ) -> Iterator[Message | None]:
        last = self._take(evaluation.workload(reason), is_final=is_final)
        yield self._message(request, last)

    def _take(self, workload: Evaluated, *, is_final: bool) -> _Last:
        """Keep a workload; one that ended before its first query leaves the one before."""
        if len(workload) == 0 and self._last is not None and len(self._last.workload) > 0:
            return self._ended()
        self._last = _Last(workload, is_final)
        return self._last

    def _ended(self) -> _Last:
        """Return the last workload, which nothing adds to any more."""
        last = self._last
        assert last is not None
        if not last.is_final:
            self._last = last = replace(
                last, workload=replace(last.workload, reason=SUPERSEDED), is_final=True
            )
        return last

    def _message(self, request: Request, last: _Last) -> Workload:
        workload = last.workload
        known = workload.evaluated_at
        is_apart = len(known) < workload.nlist
        nprobes = known if is_apart else nprobes_shown(workload.nlist)
        at = nprobes - 1
        return Workload(
            request=request,
            k=workload.found_at.shape[1],
            seed=workload.seed,
            source=workload.source,
            computed=len(workload),
            asked=workload.asked,
            final=last.is_final,
            include_self=workload.include_self,
            reason=workload.reason,
            apart=is_apart,
            shares=list(SHARES),
            nprobes=nprobes,
            recall=workload.recall[at],
            reached=np.stack([workload.reached(share)[at] for share in SHARES]),
            compared=workload.scanned[at],
            without_any=workload.zero_recall[at],
        )


class _Clock:
    """Says when to report, and when to publish: less and less of a long evaluation's time goes into that."""

    def __init__(self) -> None:
        self._reported = self._published = time.monotonic()
        self._computed = 0

    def is_time_to_report(self) -> bool:
        now = time.monotonic()
        if now - self._reported < REPORTED:
            return False
        self._reported = now
        return True

    def is_time_to_publish(self, evaluation: Evaluation) -> bool:
        now = time.monotonic()
        if now - self._published < PUBLISHED or evaluation.done == self._computed:
            return False
        self._published, self._computed = now, evaluation.done
        return True


def nprobes_shown(nlist: int) -> NDArray[np.int64]:
    """Return the values of nprobe at which curves are given, int64 (n,)."""
    if nlist <= EVERY:
        return np.arange(1, nlist + 1)
    sparse = np.unique(np.round(np.geomspace(EVERY // 2, nlist, EVERY // 2)).astype(np.int64))
    return np.concatenate([np.arange(1, EVERY // 2), sparse])
