"""A workload in the making: its queries evaluated batch by batch, until it is done or ended."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np

from feder_widget.model.work_pieces import PIECE_WORK, WHOLE, Steps, drain
from feder_widget.truth.ivf_truth import GroundTruth
from feder_widget.truth.neighbours.known_neighbours import Known, KnownNeighbours
from feder_widget.truth.neighbours.list_reading import ReadNeighbours, read_steps
from feder_widget.truth.origin import Origin
from feder_widget.truth.workloads import recall_curves, recall_points
from feder_widget.truth.workloads.rankings import batches
from feder_widget.truth.workloads.recall_curves import Curves
from feder_widget.truth.workloads.recall_points import Points
from feder_widget.truth.workloads.workload import Workload
from feder_widget.truth.workloads.workload_queries import Queries, Rows, open_queries
from feder_widget.truth.workloads.workload_truth import (
    Batch,
    Found,
    can_batch,
    found_steps,
    transformed_steps,
)
from feder_widget.workers import Workers

Progress = Callable[[float, int], None]
"""Called with the queries done so far (parts of one too) and their number."""

INTERRUPTED = "interrupted"

Result = TypeVar("Result", covariant=True)

TOGETHER = 256
"""Answers joined at once: many queries are answered one by one."""

READ_SHARE = {"lists": 0.95, "vectors": 0.5}
"""Share of an evaluation that one reading of the lists, or of the originals, counts for in its progress."""

SOON = 0.5
"""Seconds after which a bar is shown."""


class Evaluation:
    """A workload in the making.

    Parameters
    ----------
    truth : GroundTruth
        The index's ground truth.
    rows
        Looks up the rows of the index.
    queries : int, int array_like (n,) or array_like (n, dim)
        A sample size, row ids or vectors.
    k : int
        Neighbours of each, at least 1.
    seed : int
        Draws a sample.
    include_self : bool
        Whether the query's own row counts among its neighbours.
    workers : Workers, optional
        Compare the vectors.
    known : NeighbourTable or path, optional
        Their neighbours, computed before.

    Raises
    ------
    TypeError, ValueError
        If ``queries`` is none of these, is empty, or holds an unknown id or a value that is not finite. If
        the true neighbours are unavailable, or ``workers`` cannot compare the vectors.
    """

    def __init__(
        self,
        truth: GroundTruth,
        rows: Rows,
        queries: Any,
        k: int,
        *,
        seed: int,
        include_self: bool,
        workers: Workers | None = None,
        known: Any = None,
    ) -> None:
        reason = truth.why_unexplained or (None if workers is None else truth.why_not_shared)
        if reason is not None:
            raise ValueError(reason)
        self._workers = workers
        self._truth = truth
        self._dim = rows.dim
        self._queries: Queries = open_queries(rows, queries, seed)
        self._k = min(k, max(1, truth.ntotal))
        self._asked_k = k
        self._include_self = include_self or self._queries.ids is None
        self._origin = Origin(rows, rows.version(), self._include_self, self._queries.one)
        self._found: list[Found] = []
        self._loose = 0
        self._done = 0
        self._worked = 0.0
        self._scanned = np.zeros(truth.file.centroids.nlist)
        self._is_kept = True
        self._known: Known | None = None if known is None else self._known_of(known)
        self._read: ReadNeighbours | None = None
        self._read_share = 0.0

    @property
    def asked(self) -> int:
        """Number of queries."""
        return self._queries.count

    @property
    def done(self) -> int:
        """Number of queries evaluated."""
        return self._done

    @property
    def waits_for(self) -> Future[None] | None:
        """What ``steps`` wait for when they have yielded: a part of the workers; None for nothing."""
        return None if self._workers is None else self._workers.waits_for

    @property
    def dashboard(self) -> str | None:
        """Address of the page on which the workers' cluster shows its work, if it has one."""
        return None if self._workers is None else self._workers.dashboard

    def steps(self, work: int = PIECE_WORK) -> Generator[float, None, None]:
        """Evaluate; yields after each piece the queries done so far, with parts of queries.

        It may be closed at any time: ``workload`` returns the first queries then. The last ones of these are
        finished while it closes, unless ``leave`` was called.

        Parameters
        ----------
        work : int
            Multiplications per piece, ``WHOLE`` for as few pieces as memory allows.
        """
        yield 0.0
        for _ in self._queries.draw_steps():
            yield 0.0
        if self._known is None and self._truth.reads_once:
            yield from self._read_steps(work)
        for parts in batches(self.asked, self._dim, self._truth.file.centroids.nlist):
            with closing(self._batch_steps(parts, work)) as steps:
                for _ in steps:
                    yield max(self._worked, float(self._done))
            yield max(self._worked if self._read_share else 0.0, float(self._done))

    def leave(self) -> None:
        """Have ``steps`` read nothing more when they are closed: no query that is under way is finished."""
        self._is_kept = False

    def _known_of(self, given: Any) -> KnownNeighbours:
        """Look all queries up in a caller's table: before anything is evaluated."""
        queries, truth = self._queries, self._truth
        drain(queries.draw_steps())
        left_out = 0 if self._include_self else 1
        wanted = min(self._k, max(0, truth.ntotal - left_out)) + left_out
        vectors = queries.read(slice(0, queries.count))
        return truth.table_check.known(given, vectors, wanted)

    def _read_steps(self, work: int) -> Generator[float, None, None]:
        """Find the neighbours of all queries by one reading of the lists, or of the originals."""
        truth, queries = self._truth, self._queries
        if truth.basis == "lists" and not can_batch(truth.file):
            return
        self._read_share = READ_SHARE[truth.basis]
        left_out = 0 if self._include_self else 1
        k = max(1, min(self._k, truth.ntotal - left_out))

        def progress(share: float) -> None:
            self._worked = min(self._worked + share * self._read_share * self.asked, float(self.asked))

        vectors = yield from self._following(queries.read_steps(slice(0, self.asked)))
        if truth.basis == "vectors":
            wanted = k if self._include_self or queries.ids is None else k + 1
            reading = truth.read_rows_steps(vectors, wanted, self._workers, progress, work)
            self._known = yield from self._following(reading)
            return
        points = yield from self._following(transformed_steps(truth.file, vectors, work))
        self._read = yield from self._following(
            read_steps(truth.file, points, k, self._workers, progress, work)
        )

    def _following(self, steps: Steps[Result]) -> Generator[float, None, Result]:
        """Do steps; yields the queries done so far, with parts of queries."""
        with closing(steps):
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                yield self._worked

    def _batch_steps(self, parts: list[slice], work: int) -> Steps[None]:
        """Evaluate the queries of some parts, which follow on one another and are ranked one by one."""
        truth, queries = self._truth, self._queries
        some = slice(parts[0].start, parts[-1].stop)
        if not self._read_share:
            self._worked = float(some.start)
        vectors = yield from queries.read_steps(some)
        left_out = 0 if self._include_self else 1
        batch = Batch(
            vectors,
            [slice(part.start - some.start, part.stop - some.start) for part in parts],
            None if self._include_self or queries.ids is None else queries.ids[some],
            min(self._k, max(0, truth.ntotal - left_out)),
            self._workers,
            None if self._known is None else self._known.part(some),
            None if self._read is None else self._read.part(some),
        )
        most = self.asked if self._read_share else some.stop

        def progress(share: float) -> None:
            worked = self._worked + share * len(batch) * (1 - self._read_share)
            self._worked = min(worked, float(most))

        yield from found_steps(truth, batch, self._take, progress, work, lambda: self._is_kept)

    def run(self, progress: Progress, work: int = WHOLE) -> Iterator[int]:
        """Evaluate; yields the number of queries done whenever ``workload`` returns more than before.

        An exception that ``progress`` raises ends it; the queries done are kept.
        """
        yielded = 0
        with closing(self.steps(work)) as steps:
            for done in steps:
                progress(done, self.asked)
                if self._done > yielded:
                    yielded = self._done
                    yield yielded

    def _take(self, found: Found) -> None:
        # Without the sum, which is as long as there are clusters.
        self._found.append(replace(found, scanned=np.empty(0)))
        self._loose += 1
        if self._loose == TOGETHER:
            self._found[-TOGETHER:] = [_joined(self._found[-TOGETHER:])]
            self._loose = 0
        self._done += len(found.found_at)
        self._scanned += found.scanned / max(1, self._truth.ntotal)

    def workload(self, reason: str | None) -> Workload:
        """Return the workload of the queries done; ``reason`` says why they are not all."""
        queries, done, file = self._queries, self.done, self._truth.file
        none = np.empty((0, self._k), np.int32)
        found = _joined(self._found) if self._found else Found(none, np.empty(0), np.empty(0, np.int32))
        return Workload(
            found_at=found.found_at,
            scanned=self._scanned / max(1, done),
            k=self._asked_k,
            nprobe=min(int(file.stack.ivf.nprobe), file.centroids.nlist),
            source=queries.source,
            ids=None if queries.ids is None else queries.ids[:done],
            seed=queries.seed,
            asked=queries.count,
            reason=reason,
            include_self=self._include_self,
            exact=self._truth.basis != "codes",
            given=self._truth.basis == "vectors",
            nearest_clusters=found.nearest_clusters,
            compared_at=found.compared_at,
            curves=found.curves,
            origin=self._origin,
        )


def _joined(parts: list[Found]) -> Found:
    """Return the answers for several runs of queries as one, without their sums."""
    compared = [part.compared_at for part in parts if part.compared_at is not None]
    return Found(
        np.concatenate([part.found_at for part in parts]),
        np.empty(0),
        np.concatenate([part.nearest_clusters for part in parts]),
        np.concatenate(compared) if compared else None,
        _joined_curves([part.curves for part in parts]),
    )


def _joined_curves(parts: list[Curves | Points | None]) -> Curves | Points | None:
    """Return the curves of several runs of queries, all of one kind, as one."""
    curves = [part for part in parts if isinstance(part, Curves)]
    points = [part for part in parts if isinstance(part, Points)]
    if points:
        return recall_points.joined(points)
    return recall_curves.joined(curves) if curves else None


class UnderWay(Protocol[Result]):
    """An evaluation of any kind of index."""

    @property
    def asked(self) -> int:
        """Number of queries."""
        ...

    @property
    def done(self) -> int:
        """Number of queries evaluated."""
        ...

    @property
    def dashboard(self) -> str | None:
        """Address of the page on which the workers' cluster shows its work, if it has one."""
        ...

    def run(self, progress: Progress) -> Iterator[int]:
        """Evaluate; yields the number of queries done."""
        ...

    def workload(self, reason: str | None) -> Result:
        """Return what the queries done tell; ``reason`` says why they are not all."""
        ...


def evaluate(
    evaluation: UnderWay[Result],
    progress: bool | Progress,
    run: Callable[[Any, Progress], Result] | None = None,
) -> Result:
    """Run an evaluation to its end, or until the user interrupts it.

    ``progress`` True shows a bar; a function is called instead. ``run`` runs the evaluation in the caller's
    way, if given, and returns the workload.
    """
    with _bar(evaluation, progress) as report:
        try:
            return (run or _run)(evaluation, report)
        except KeyboardInterrupt:
            if evaluation.done == 0:
                raise
            warnings.warn(
                f"interrupted: {evaluation.done:,} of {evaluation.asked:,} queries were evaluated",
                RuntimeWarning,
                stacklevel=3,
            )
            return evaluation.workload(INTERRUPTED if evaluation.done < evaluation.asked else None)


def _run(evaluation: UnderWay[Result], report: Progress) -> Result:
    for _ in evaluation.run(report):
        pass
    return evaluation.workload(None)


@contextmanager
def _bar(evaluation: UnderWay[Any], progress: bool | Progress) -> Iterator[Progress]:
    """Lend a function that shows how far an evaluation is."""
    if not isinstance(progress, bool):
        if not callable(progress):
            raise TypeError(f"progress must be True, False or a function, got {progress!r}")
        yield progress
        return
    if not progress:
        yield lambda _done, _asked: None
        return
    # Importing it takes a while, and most programs show no bar.
    from tqdm.auto import tqdm

    with tqdm(
        total=evaluation.asked, desc="queries", delay=SOON, leave=False, postfix=evaluation.dashboard
    ) as bar:
        yield lambda done, _: bar.update(done - bar.n) and None
