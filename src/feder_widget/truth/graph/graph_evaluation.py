"""A workload of a graph in the making: one walk for each query."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_walk import Walk
from feder_widget.model.work_pieces import PIECE_WORK, WHOLE, Steps, drain
from feder_widget.truth.graph.graph_truth import GraphTruth
from feder_widget.truth.graph.graph_workload import GraphWorkload
from feder_widget.truth.neighbours.known_neighbours import KnownNeighbours
from feder_widget.truth.origin import Origin
from feder_widget.truth.search_stages import Near
from feder_widget.truth.workloads.evaluation import Progress, evaluate
from feder_widget.truth.workloads.recall_curves import Curves, curves_of, joined
from feder_widget.truth.workloads.workload import Workload
from feder_widget.truth.workloads.workload_queries import Queries, Rows, open_queries
from feder_widget.workers import Workers

Ids = npt.NDArray[np.int64]
Result = TypeVar("Result")

BATCH = 128
"""Queries whose true neighbours are looked for at once."""


class GraphEvaluation:
    """A workload of a graph in the making; see ``GraphIndex.evaluate``.

    Parameters
    ----------
    truth : GraphTruth
        The index's ground truth.
    rows
        Looks up the rows of the index.
    queries, k, ef_max, seed, include_self
        As for ``GraphIndex.evaluate``, checked but for ``queries``.
    workers : Workers, optional
        Compare the vectors.
    known : NeighbourTable or path, optional
        Their neighbours, computed before.

    Raises
    ------
    TypeError, ValueError
        If ``queries`` are none, or one of them is no query. If ``workers`` cannot compare the vectors.
    """

    def __init__(
        self,
        truth: GraphTruth,
        rows: Rows,
        queries: Any,
        k: int,
        *,
        ef_max: int,
        seed: int,
        include_self: bool,
        workers: Workers | None = None,
        known: Any = None,
    ) -> None:
        if workers is not None and truth.why_not_shared is not None:
            raise ValueError(truth.why_not_shared)
        self._workers = workers
        self._truth = truth
        self._rows = rows
        self._queries: Queries = open_queries(rows, queries, seed)
        self._asked_k = k
        self._k = min(k, truth.file.ntotal)
        self._ef_max = ef_max
        self._include_self = include_self or self._queries.ids is None
        self._found: list[npt.NDArray[np.int32]] = []
        self._tied: list[bool] = []
        self._curves: list[Curves] = []
        self._distances = np.zeros(ef_max)
        self._known = None if known is None else self._known_of(known)

    @property
    def _stored_ef(self) -> int:
        return min(self._truth.file.stored_ef, self._ef_max)

    @property
    def asked(self) -> int:
        """Number of queries."""
        return self._queries.count

    @property
    def done(self) -> int:
        """Number of queries evaluated."""
        return len(self._found)

    @property
    def waits_for(self) -> Future[None] | None:
        """What ``steps`` wait for when they have yielded: a part of the workers; None for nothing."""
        return None if self._workers is None else self._workers.waits_for

    @property
    def dashboard(self) -> str | None:
        """Address of the page on which the workers' cluster shows its work, if it has one."""
        return None if self._workers is None else self._workers.dashboard

    def steps(self, work: int = PIECE_WORK) -> Generator[float, None, None]:
        """Evaluate; yields the number of queries done after each piece. It may be closed at any time.

        ``work`` in multiplications per piece; a walk is one.
        """
        for _ in self._queries.draw_steps():
            yield 0.0
        file = self._truth.file
        most = WHOLE if self._workers is not None else work
        size = max(1, min(BATCH, most // max(1, file.ntotal * file.dim)))
        for start in range(0, self.asked, size):
            some = slice(start, min(start + size, self.asked))
            vectors = yield from self._told(self._queries.read_steps(some))
            own = None
            if not self._include_self and self._queries.ids is not None:
                own = self._rows.places(self._queries.ids[some])[1]
            known = None if self._known is None else self._known.part(some)
            nears = yield from self._told(
                self._truth.nearest_steps(vectors, self._k, own, work, self._workers, known)
            )
            for i, (near, _) in enumerate(nears):
                self._take(vectors[i], near, -1 if own is None else int(own[i]))
                yield float(self.done)

    def _known_of(self, given: Any) -> KnownNeighbours:
        """Look all queries up in a caller's table: before anything is evaluated."""
        drain(self._queries.draw_steps())
        wanted = self._k if self._include_self else self._k + 1
        vectors = self._queries.read(slice(0, self._queries.count))
        return self._truth.table_check.known(given, vectors, wanted)

    def run(self, progress: Progress) -> Iterator[int]:
        """Evaluate; yields the number of queries done. What ``progress`` raises ends it."""
        with closing(self.steps(WHOLE)) as steps:
            for done in steps:
                progress(done, self.asked)
                yield self.done

    def run_whole(self, progress: bool | Progress) -> GraphWorkload:
        """Run to the end, or until the user interrupts it."""
        return evaluate(self, progress)

    def curves(self, reason: str | None) -> Workload:
        """Return the recall of the queries done, with efSearch for nprobe; ``reason`` as for ``workload``."""
        done, queries, file = self.done, self._queries, self._truth.file
        found = np.stack(self._found) if done else np.empty((0, self._k), np.int32)
        return Workload(
            found_at=found,
            scanned=self._distances / max(1, done * file.ntotal),
            k=self._asked_k,
            nprobe=self._stored_ef,
            source=queries.source,
            ids=None if queries.ids is None else queries.ids[:done],
            seed=queries.seed,
            asked=queries.count,
            reason=reason,
            include_self=self._include_self,
            exact=self._truth.basis != "codes",
            given=self._truth.basis == "vectors",
            # Without ties, a neighbour that follows the walk stays found.
            curves=None if self._truth.follows_walk and not any(self._tied) else joined(self._curves),
            origin=Origin(self._rows, self._rows.version(), self._include_self, queries.one),
        )

    def workload(self, reason: str | None) -> GraphWorkload:
        """Return the workload of the queries done; ``reason`` says why they are not all."""
        return GraphWorkload(
            self.curves(reason), self._distances / max(1, self.done), np.array(self._tied, bool)
        )

    def _told(self, steps: Steps[Result]) -> Generator[float, None, Result]:
        """Do a read in steps, each of which tells the number of queries done."""
        while True:
            try:
                next(steps)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield float(self.done)

    def _take(self, query: npt.NDArray[np.float32], near: Near, own: int) -> None:
        """Look from which efSearch on one query finds 1, 2, … of its true neighbours."""
        vector = self._truth.file.transform(query[None])[0]
        least = self._truth.file.least_ef(self._k if own < 0 else self._k + 1)
        descent = self._truth.file.descend(vector)
        walk = self._truth.file.walk(vector, max(self._ef_max, least), descent=descent)
        spans = self._truth.spans_in(walk, query, near, self._k, own)
        values, hits = spans.hits_by_ef(self._ef_max, also=self._stored_ef)
        found = spans.first_of(values, hits)
        row = np.zeros(self._k, np.int32)
        row[self._k - len(found) :] = np.minimum(found, self._ef_max + 1)
        self._found.append(row)
        self._tied.append(spans.holds_until < self._ef_max)
        widths = np.diff(values, append=self._ef_max + 1)
        self._curves.append(curves_of([np.repeat(hits, widths)]))
        self._distances += self._cost(descent.n_distances, walk, least)

    def _cost(self, before: int, walk: Walk, least: int) -> npt.NDArray[np.float64]:
        """Return the distances computed at efSearch 1 to ``ef_max``, float64 (ef_max,)."""
        used = np.maximum(np.arange(1, self._ef_max + 1), least)
        visits = np.searchsorted(walk.need, used, side="right")
        return np.asarray(before + visits - 1, np.float64)
