"""At which nprobe the true neighbours of many queries are found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.keys import infinitely_far
from feder_widget.model.search_trace import Ranking
from feder_widget.model.work_pieces import WHOLE, Steps, drain
from feder_widget.truth.explanation import found_at
from feder_widget.truth.ivf_truth import GroundTruth
from feder_widget.truth.neighbours.batch_search import FINISHED_WORK, SPARE, BatchSearch
from feder_widget.truth.neighbours.known_neighbours import Known
from feder_widget.truth.neighbours.list_blocks import ListBlocks
from feder_widget.truth.neighbours.list_reading import ReadNeighbours
from feder_widget.truth.neighbours.list_rows import list_rows
from feder_widget.truth.neighbours.true_neighbours import Neighbours, by_originals_steps
from feder_widget.truth.search_stages import first_reaching
from feder_widget.truth.workloads import known_answers
from feder_widget.truth.workloads.rankings import (
    Orders,
    blas_work,
    compared_at,
    query_blocks,
    rankings_steps,
    ranks_among,
)
from feder_widget.truth.workloads.recall_curves import Curves, curves_of
from feder_widget.truth.workloads.recall_points import Points, points_of
from feder_widget.workers import Workers

COMPARED_BYTES = 64 << 20
"""Bytes of the candidates that are compared again at once."""

LEAST_CHUNK = 256
"""Queries that are finished together where they are too few for matrix products."""

FINISHED_PIECES = 20
"""Pieces with whose work the first queries of a batch are finished when stepping is ended."""

ORIGINALS_SHARE = 0.5
"""Share of an evaluation by original vectors that finding the true neighbours counts for in its progress."""

COMPARED_TOGETHER = 128
"""Queries compared with the original vectors in one pass; the next ones take another pass."""

Ids = npt.NDArray[np.int64]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where the true neighbours of some queries are found.

    Attributes
    ----------
    found_at : int32 (n, k)
        The smallest nprobe that finds 1, 2, … of the true neighbours of each query, ascending; nlist + 1
        where none does, and 0 at first where there are fewer than k.
    scanned : float64 (nlist,)
        Vectors compared at nprobe 1 to nlist, summed over the queries.
    nearest_clusters : int32 (n,)
        The cluster at rank 1 of each query; -1 where the coarse search finds none.
    compared_at : int32 (n, k) or None
        The smallest nprobe that compares the query with 1, 2, … of them, likewise. None where that finds
        them.
    curves : Curves, Points or None
        How many are found at each nprobe, which can fall, or at those that were searched at. None where
        ``found_at`` says it.
    """

    found_at: npt.NDArray[np.int32]
    scanned: npt.NDArray[np.float64]
    nearest_clusters: npt.NDArray[np.int32]
    compared_at: npt.NDArray[np.int32] | None = None
    curves: Curves | Points | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some queries of a workload.

    Attributes
    ----------
    vectors : float32 (n, dim)
        Before the index's transforms; zeros and ones for a binary index. Contiguous.
    parts : list of slice
        The queries that are ranked together, as a search of all of the workload's ranks them.
    own : int64 (n,) or None
        A row id for each query that is left out.
    k : int
        Neighbours wanted: no more than there are.
    workers : Workers or None
        Compare the vectors, where ``GroundTruth.why_not_shared`` says nothing against it.
    known : Known or None
        Their neighbours where they were computed before: then nothing is compared.
    read : ReadNeighbours or None
        Their neighbours where one reading of the lists has found those of all queries.
    """

    vectors: npt.NDArray[np.float32]
    parts: list[slice]
    own: Ids | None
    k: int
    workers: Workers | None = None
    known: Known | None = None
    read: ReadNeighbours | None = None

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.vectors)

    def without(self, i: int) -> int | None:
        """Return the row id that is left out of a query."""
        return None if self.own is None else int(self.own[i])

    def known_of(self, i: int) -> Known | None:
        """Return what is known of a query."""
        return None if self.known is None else self.known.part(slice(i, i + 1))


def found_steps(
    truth: GroundTruth,
    batch: Batch,
    take: Callable[[Found], None],
    progress: Progress,
    work: int = WHOLE,
    is_kept: Callable[[], bool] = lambda: True,
) -> Steps[None]:
    """Find at which nprobe the k true neighbours of each query are found.

    Whatever ends it on the way, ``close()`` included, leaves it with the first queries finished where that
    does not take long and they are kept; with ``workers``, without those under way.

    Parameters
    ----------
    truth : GroundTruth
        Of an index for which ``why_unexplained`` is None.
    batch : Batch
        The queries.
    take : function
        Called with the answers for the next queries, whenever there are some.
    progress : function
        Called with the share of the work done since the last call.
    work : int
        Multiplications per piece.
    is_kept : function
        Asked when the steps end on the way: False leaves the index unread.
    """
    if truth.why_no_curve is not None:
        yield from _by_searches_steps(truth, batch, take, progress, work)
    elif truth.basis == "vectors":
        yield from _by_originals_steps(truth, batch, take, progress, work)
    elif can_batch(truth.file) and batch.known is not None:
        yield from _by_known_steps(truth, batch, batch.known, take, progress, work)
    elif can_batch(truth.file) and batch.read is not None:
        yield from _by_read_steps(truth, batch, batch.read, take, progress, work)
    elif can_batch(truth.file):
        yield from _by_products_steps(truth, batch, take, progress, work, is_kept)
    else:
        for i in range(len(batch)):
            found = (yield from _alone_steps(truth, batch, i, work))[None]
            ranking = truth.ranking(truth.query(batch.vectors[i]))
            take(Found(found.astype(np.int32), truth.compared_at(ranking), _nearest(ranking)))
            progress(1 / len(batch))
            yield


def can_batch(file: InvertedFile) -> bool:
    """Return whether matrix products serve: for vectors stored whole in one index, by L2 or inner product.

    Not where a limit on the vectors compared decides whether a search comes to one of them.
    """
    ivf, centroids = file.stack.ivf, file.centroids
    return (
        file.has_one_scanner
        and file.stack.refine is None
        and type(ivf).__name__ == "IndexIVFFlat"
        and ivf.max_codes <= 0
        and ivf.metric_type <= faiss.METRIC_L2
        and centroids.is_flat
        and centroids.similarity == file.similarity
    )


def chunks(count: int, dim: int, k: int) -> Iterator[slice]:
    """Cut the queries of a batch into chunks that are finished one after the other.

    An evaluation that ends early then leaves something. A chunk reads all lists, so it is as large as Faiss
    needs to compare by matrix products, where there are so many, unless its candidates would take too much
    memory.
    """
    enough = -(-blas_work() // dim)
    size = max(enough, LEAST_CHUNK) if count >= enough else LEAST_CHUNK
    pieces = min(count, max(1, count // size, -(-count * 4 * dim * (k + SPARE) // COMPARED_BYTES)))
    for begin, end in itertools.pairwise([count * piece // pieces for piece in range(pieces + 1)]):
        yield slice(begin, end)


def _alone_steps(truth: GroundTruth, batch: Batch, i: int, work: int) -> Steps[Ids]:
    """Find one query's neighbours by itself, int64 (k,)."""
    vector = truth.query(batch.vectors[i])
    known = batch.known_of(i)
    explained = yield from truth.explain_steps(vector, batch.k, batch.without(i), work, batch.workers, known)
    found = explained.found_at
    return np.pad(found, (batch.k - len(found), 0))


def _by_products_steps(
    truth: GroundTruth,
    batch: Batch,
    take: Callable[[Found], None],
    progress: Progress,
    work: int,
    is_kept: Callable[[], bool],
) -> Steps[None]:
    file = truth.file
    vectors = yield from transformed_steps(file, batch.vectors, work)
    orders = yield from rankings_steps(file, vectors, batch.parts, work)
    blocks = ListBlocks(file.stack.ivf, centred=not file.similarity)
    hidden = None if batch.own is None else file.inner_ids(batch.own)
    for some in chunks(len(batch), vectors.shape[1], batch.k):
        own = None if hidden is None else hidden[some]
        search = BatchSearch(blocks, np.ascontiguousarray(vectors[some]), own, batch.k, file.similarity)
        order = orders[some]
        ended: BaseException | None = None
        try:
            yield from _compare_steps(search, batch, file, blocks, progress, work)
            answers = yield from _answers_steps(search, order, blocks.sizes, own, batch.k, work)
        except BaseException as error:
            finished_work = FINISHED_WORK if work >= WHOLE else FINISHED_PIECES * work
            # Workers compare the vectors in no order, and some parts are under way still.
            if not is_kept() or batch.workers is not None or not search.finish(finished_work):
                raise
            # Drained: a generator that is closed may not yield.
            answers, ended = drain(_answers_steps(search, order, blocks.sizes, own, batch.k)), error
        settled, every = 0, len(answers.found_at)
        try:
            for settled in answers.doubtful.tolist():
                if ended is not None:
                    raise ended
                alone = yield from _alone_steps(truth, batch, some.start + settled, work)
                answers.found_at[settled] = alone
            settled = every
        except BaseException as error:
            ended = error
        if settled:
            scanned = answers.scanned if settled == every else compared_at(order[:settled], blocks.sizes)
            # A copy: a view would keep the whole ranking.
            nearest = order[:settled, 0].astype(np.int32, copy=True)
            take(Found(answers.found_at[:settled], scanned, nearest))
        if ended is not None:
            raise ended


def _by_known_steps(
    truth: GroundTruth,
    batch: Batch,
    known: Known,
    take: Callable[[Found], None],
    progress: Progress,
    work: int,
) -> Steps[None]:
    """Read the answers off neighbours that were computed before, with the rankings of a batch."""
    file = truth.file
    vectors = yield from transformed_steps(file, batch.vectors, work)
    orders = yield from rankings_steps(file, vectors, batch.parts, work)
    for some in chunks(len(batch), vectors.shape[1], batch.k):
        own = None if batch.own is None else batch.own[some]
        found = known.part(some).nearest(batch.k if own is None else batch.k + 1)
        answers = yield from known_answers.found_at_steps(file, orders[some], found, own, batch.k, work)
        progress(len(answers) / len(batch))
        nearest = orders[some, 0].astype(np.int32, copy=True)
        take(Found(answers, compared_at(orders[some], file.sizes()), nearest))
        yield


def _by_read_steps(
    truth: GroundTruth,
    batch: Batch,
    read: ReadNeighbours,
    take: Callable[[Found], None],
    progress: Progress,
    work: int,
) -> Steps[None]:
    """Read the answers off what one reading of the lists has found, with the rankings of a batch."""
    file = truth.file
    vectors = yield from transformed_steps(file, batch.vectors, work)
    orders = yield from rankings_steps(file, vectors, batch.parts, work)
    hidden = None if batch.own is None else file.inner_ids(batch.own)
    for some in query_blocks(len(batch), file.nlist, work):
        each = read.each[some]
        width = max(batch.k, max(len(found) for found in each))
        clusters = np.zeros((len(each), width), np.int64)
        distances = np.full(clusters.shape, np.inf, np.float32)
        counts_here = np.zeros(clusters.shape, np.bool_)
        for i, found in enumerate(each):
            clusters[i, : len(found)], distances[i, : len(found)] = found.clusters, found.distances
            counts_here[i, : len(found)] = True if hidden is None else found.ids != hidden[some.start + i]
        answers = known_answers.found_at_by_clusters(
            orders[some], clusters, distances, counts_here, batch.k, file.similarity
        )
        for i in range(some.start, some.stop):
            own = None if hidden is None else int(hidden[i])
            if not read.holds(i, batch.k, own, truth.ntotal):
                answers[i - some.start] = yield from _alone_steps(truth, batch, i, work)
        progress(len(answers) / len(batch))
        nearest = orders[some, 0].astype(np.int32, copy=True)
        take(Found(answers, compared_at(orders[some], file.sizes()), nearest))
        yield


def _compare_steps(
    search: BatchSearch,
    batch: Batch,
    file: InvertedFile,
    blocks: ListBlocks,
    progress: Progress,
    work: int,
) -> Steps[None]:
    """Compare some queries of a batch with all vectors."""
    weight = len(search) / len(batch)
    if batch.workers is None:
        for share in search.steps(work):
            progress(share * weight)
            yield
        return
    yield from search.shared_steps(
        batch.workers,
        lambda start, stop: list_rows(file, blocks, start, stop),
        0 if file.file_of_lists is not None else 4 * file.stack.ivf.d,
        lambda share: progress(share * weight),
    )


def transformed_steps(
    file: InvertedFile, vectors: npt.NDArray[np.float32], work: int
) -> Steps[npt.NDArray[np.float32]]:
    """Return queries behind the transforms of the index, each as a search of it alone transforms it."""
    if not file.stack.chain:
        return vectors
    most = max(1, work // sum(step.d_in * step.d_out for step in file.stack.chain))
    transformed = []
    for start in range(0, len(vectors), most):
        transformed += [file.transform(vector) for vector in vectors[start : start + most]]
        yield
    return np.stack(transformed)


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """Where the neighbours of a chunk of queries are found; see ``Found``. The doubtful rows are wrong."""

    found_at: npt.NDArray[np.int32]
    doubtful: npt.NDArray[np.intp]
    scanned: npt.NDArray[np.float64]


def _answers_steps(
    search: BatchSearch, orders: Orders, sizes: Ids, own: Ids | None, k: int, work: int = WHOLE
) -> Steps[_Answers]:
    """Read the answers off the candidates of a search that is done or finished."""
    best = yield from search.candidates_steps(work)
    n, nlist = len(search), len(sizes)
    found, scanned = np.zeros((n, k), np.int32), np.zeros(nlist)
    for some in query_blocks(n, nlist + best.ids.shape[1], work):
        ranks, distances = ranks_among(orders[some], best.clusters[some]), best.distances[some]
        if own is not None:
            left_out = best.ids[some] == own[some, None]
            distances = np.where(left_out, np.float32(infinitely_far(search.similarity)), distances)
            ranks[left_out] = nlist + 1
        # Fewer where fewer vectors are stored: each query is doubtful then.
        at = found_at(ranks, distances, k, search.similarity)
        found[some, k - at.shape[1] :] = at
        scanned += compared_at(orders[some], sizes)
        yield
    return _Answers(found, np.flatnonzero(~best.is_certain), scanned)


def _by_originals_steps(
    truth: GroundTruth, batch: Batch, take: Callable[[Found], None], progress: Progress, work: int
) -> Steps[None]:
    k = batch.k
    for some in _compared_together(len(batch)):
        every = yield from _by_originals_together_steps(truth, batch, some, progress, work)
        for i, one in enumerate(every, some.start):
            vector = truth.query(batch.vectors[i])
            ranking = truth.ranking(vector)
            yield
            without = yield from truth.row_copies.own_row_steps(batch.without(i), work)
            spans = yield from truth.spans_steps(vector, ranking, one, k, without, work)
            curve = spans.curve()
            found = np.zeros((2, 1, k), np.int32)
            found[0, 0, k - one.count :] = first_reaching(curve, one.count)
            found[1, 0, k - one.count :] = first_reaching(spans.reachable(), one.count)
            take(Found(found[0], truth.compared_at(ranking), _nearest(ranking), found[1], curves_of([curve])))
            progress((1 - ORIGINALS_SHARE) / len(batch))
            yield


def _by_searches_steps(
    truth: GroundTruth, batch: Batch, take: Callable[[Found], None], progress: Progress, work: int
) -> Steps[None]:
    """Search for each query at the values of nprobe that a workload is evaluated at, one search per piece."""
    k, nprobes, by_originals = batch.k, truth.evaluated_at, truth.basis == "vectors"
    left = (1 - ORIGINALS_SHARE if by_originals else 1) / len(batch)
    for some in _compared_together(len(batch)):
        every: list[Neighbours] | None = None
        if by_originals:
            every = yield from _by_originals_together_steps(truth, batch, some, progress, work)
        for i in range(some.start, some.stop):
            vector = truth.query(batch.vectors[i])
            ranking = truth.ranking(vector)
            yield
            without = yield from truth.row_copies.own_row_steps(batch.without(i), work)
            if every is None:
                one = yield from truth.neighbours_steps(
                    vector, k, without, ranking, work, batch.workers, batch.known_of(i)
                )
            else:
                one = every[i - some.start]
            searches = []
            for nprobe in nprobes.tolist():
                searches.append(truth.stages(vector, one, k, nprobe, without))
                progress(left / len(nprobes))
                yield
            points = points_of(one.near, nprobes, searches)
            found = np.zeros((1, k), np.int32)
            reached = first_reaching(points.returned[0], one.count)
            never = truth.file.nlist + 1
            found[0, k - one.count :] = np.append(nprobes, never)[reached - 1]
            take(Found(found, truth.compared_at(ranking), _nearest(ranking), None, points))


def _nearest(ranking: Ranking) -> npt.NDArray[np.int32]:
    """Return the cluster at rank 1, int32 (1,); -1 where the coarse search finds none."""
    first = ranking.step.clusters[:1]
    return first.astype(np.int32) if len(first) else np.array([-1], np.int32)


def _compared_together(count: int) -> Iterator[slice]:
    """Cut queries into those that are compared with the original vectors in one pass."""
    for start in range(0, count, COMPARED_TOGETHER):
        yield slice(start, min(start + COMPARED_TOGETHER, count))


def _by_originals_together_steps(
    truth: GroundTruth, batch: Batch, some: slice, progress: Progress, work: int
) -> Steps[list[Neighbours]]:
    weight = ORIGINALS_SHARE * (some.stop - some.start) / len(batch)
    own = None if batch.own is None else batch.own[some]
    return (
        yield from by_originals_steps(
            truth.file,
            truth.originals,
            batch.vectors[some],
            batch.k,
            own,
            work,
            lambda share: progress(share * weight),
            batch.workers,
            None if batch.known is None else batch.known.part(some),
        )
    )
