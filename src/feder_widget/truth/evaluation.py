"""Evaluating many queries, batch by batch, as far as somebody waits for it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.truth.ledger import Basis
from feder_widget.truth.recall_curves import Curves, joined
from feder_widget.truth.workload import Workload
from feder_widget.truth.workload_queries import Queries, Rows, open_queries

Progress = Callable[[float, int], None]
"""Called with the queries done so far (parts of one too) and their number."""

INTERRUPTED = "interrupted"

TOGETHER = 256
"""Pieces of what was found that are put together: many queries come one by one."""

SOON = 0.5
"""Seconds after which a bar is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What an index finds out about some queries.

    Attributes
    ----------
    found_at : int32 (n, k)
        The smallest nprobe that finds 1, 2, … of the true neighbours of each, ascending; nlist + 1 where none
        does, and 0 at first where there are fewer than k.
    scanned : float64 (nlist,)
        Vectors compared at nprobe 1 to nlist, summed over the queries.
    compared_at : int32 (n, k) or None
        The smallest nprobe that compares the query with 1, 2, … of them, likewise. None where that finds
        them.
    curves : Curves or None
        How many are found at each nprobe, which can fall. None where ``found_at`` says it.
    """

    found_at: npt.NDArray[np.int32]
    scanned: npt.NDArray[np.float64]
    compared_at: npt.NDArray[np.int32] | None = None
    curves: Curves | None = None


class Evaluable(Rows, Protocol):
    """What is asked of an index to evaluate a workload."""

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        ...

    @property
    def ntotal(self) -> int:
        """Number of vectors."""
        ...

    @property
    def stored_nprobe(self) -> int:
        """The index's own nprobe."""
        ...

    @property
    def basis(self) -> Basis:
        """What the true neighbours are by."""
        ...

    def query_batches(self, count: int) -> list[list[slice]]:
        """Cut queries into batches, and each into parts that are ranked together."""
        ...

    def found_at(
        self,
        vectors: npt.NDArray[np.float32],
        parts: list[slice],
        own: npt.NDArray[np.int64] | None,
        k: int,
        progress: Callable[[float], None],
    ) -> Iterator[Found]:
        """Yield where the k true neighbours of the queries are found, for some after the others."""
        ...


class Evaluation:
    """A workload in the making.

    Parameters
    ----------
    index
        What is searched. Not changed.
    queries : int, int array_like (n,) or array_like (n, dim)
        A sample size, row ids or vectors.
    k : int
        Neighbours of each, at least 1.
    seed : int
        For drawing a sample.
    include_self : bool
        Whether the query's own row counts among its neighbours.

    Raises
    ------
    TypeError, ValueError
        If ``queries`` is none of these, is empty, or holds an unknown id or a value that is not finite.
    """

    def __init__(self, index: Evaluable, queries: Any, k: int, *, seed: int, include_self: bool) -> None:
        self._index = index
        self._queries: Queries = open_queries(index, queries, seed)
        self._k = min(k, max(1, index.ntotal))
        self._asked_k = k
        self._include_self = include_self or self._queries.ids is None
        self._found: list[Found] = []
        self._loose = 0
        self._done = 0
        self._scanned = np.zeros(index.nlist)

    @property
    def asked(self) -> int:
        """Number of queries."""
        return self._queries.count

    @property
    def done(self) -> int:
        """Number of queries evaluated."""
        return self._done

    def query(self, place: int) -> tuple[npt.NDArray[np.float32], int | None]:
        """Return one of the queries, float32 (dim,), and its row id."""
        ids = self._queries.ids
        vector = self._queries.read(slice(place, place + 1))[0]
        return vector, None if ids is None else int(ids[place])

    def run(self, progress: Progress) -> Iterator[int]:
        """Yield how many queries are done, now and then, when ``workload`` says more than before.

        What ``progress`` raises ends it, with what there is kept.
        """
        index, queries = self._index, self._queries
        own_too = 0 if self._include_self else 1
        k = min(self._k, max(0, index.ntotal - own_too))
        total = index.ntotal
        progress(0.0, queries.count)
        for parts in index.query_batches(queries.count):
            batch = slice(parts[0].start, parts[-1].stop)
            done = float(batch.start)
            size = batch.stop - batch.start

            def on(share: float, size: int = size) -> None:
                nonlocal done
                done += share * size
                progress(done, queries.count)

            own = None if self._include_self or queries.ids is None else queries.ids[batch]
            within = [slice(part.start - batch.start, part.stop - batch.start) for part in parts]
            for found in index.found_at(queries.read(batch), within, own, k, on):
                # Without what is summed, which is as long as there are clusters.
                self._found.append(replace(found, scanned=np.empty(0)))
                self._loose += 1
                if self._loose == TOGETHER:
                    self._found[-TOGETHER:] = [_joined(self._found[-TOGETHER:])]
                    self._loose = 0
                self._done += len(found.found_at)
                self._scanned += found.scanned / max(1, total)
                # What is ended early tells of fewer queries than it has begun.
                progress(max(done, float(self.done)), queries.count)
                yield self.done

    def workload(self, reason: str | None) -> Workload:
        """Return what there is so far; ``reason`` says why it is not all."""
        queries, done = self._queries, self.done
        none = np.empty((0, self._k), np.int32)
        found = _joined(self._found) if self._found else Found(none, np.empty(0))
        return Workload(
            found_at=found.found_at,
            scanned=self._scanned / max(1, done),
            k=self._asked_k,
            nprobe=min(self._index.stored_nprobe, self._index.nlist),
            source=queries.source,
            ids=None if queries.ids is None else queries.ids[:done],
            seed=queries.seed,
            asked=queries.count,
            reason=reason,
            include_self=self._include_self,
            exact=self._index.basis != "codes",
            compared_at=found.compared_at,
            curves=found.curves,
        )


def _joined(parts: list[Found]) -> Found:
    """Return what was found of some queries after the others as one, but for what is summed."""
    compared = [part.compared_at for part in parts if part.compared_at is not None]
    curves = [part.curves for part in parts if part.curves is not None]
    return Found(
        np.concatenate([part.found_at for part in parts]),
        np.empty(0),
        np.concatenate(compared) if compared else None,
        joined(curves) if curves else None,
    )


def evaluate(
    evaluation: Evaluation,
    progress: bool | Progress,
    run: Callable[[Evaluation, Progress], Workload] | None = None,
) -> Workload:
    """Run an evaluation to its end, or until the user interrupts it.

    ``progress`` True shows a bar; a function is called instead. ``run`` is who runs it and gives what comes
    out, if somebody else does.
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


def _run(evaluation: Evaluation, report: Progress) -> Workload:
    for _ in evaluation.run(report):
        pass
    return evaluation.workload(None)


@contextmanager
def _bar(evaluation: Evaluation, progress: bool | Progress) -> Iterator[Progress]:
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

    with tqdm(total=evaluation.asked, desc="queries", delay=SOON, leave=False) as bar:
        yield lambda done, _: bar.update(done - bar.n) and None
