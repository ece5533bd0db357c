"""``ground_truth``: the exact neighbours of many queries among many vectors, computed once and kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.engines.flat.flat_index import FlatIndex
from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.engines.ivf.ivf_index import IvfIndex
from feder_widget.engines.unindexed_rows import UnindexedRows
from feder_widget.engines.vectors_argument import as_vectors
from feder_widget.model.arguments import as_int
from feder_widget.model.memory_limit import as_memory_limit
from feder_widget.model.work_pieces import drain
from feder_widget.truth.job.ground_truth_job import GroundTruthJob
from feder_widget.truth.job.job_cost import GroundTruthCost
from feder_widget.truth.job.memory_plan import MemoryPlan
from feder_widget.truth.job.row_set import JobRows, RowSet
from feder_widget.truth.neighbours.neighbour_table import NeighbourTable
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.workloads.evaluation import SOON, Progress
from feder_widget.truth.workloads.workload_queries import open_queries
from feder_widget.workers import Workers

METRICS = ("L2", "inner product", "cosine")


def ground_truth(
    source: Any,
    queries: Any,
    k: int,
    *,
    metric: str | None = None,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    memory_limit: int | str | None = None,
    progress: bool | Progress = True,
) -> NeighbourTable:
    """Find the exact k nearest rows of many queries by one pass over vectors that may be larger than memory.

    ``evaluate``, ``explain``, ``ledger`` and ``ledgers`` take the result as ``truth=``, for every index of
    these vectors, and then compare nothing themselves.

    Parameters
    ----------
    source : opened index, array_like (n, dim), or path(s)
        An index that ``open_index`` opened: its metric, the transforms before it, and the rows that it stores
        decide. Its lists hold vectors whole (``IVF…,Flat`` by L2 or inner product, each row id once), and are
        read in their order; or it was opened with ``vectors=``. Or vectors, row i for row id i, as
        ``open_index`` and ``open_vectors`` take them: all of them count.
    queries : int, int array_like (n,) or array_like (n, dim)
        A sample size, row ids or vectors, as for ``evaluate``. Of rows, k + 1 neighbours are kept: each is
        its own nearest.
    k : int
        Neighbours of each, at least 1.
    metric : "L2", "inner product" or "cosine", optional
        Of vectors; L2 by default. An index has its own.
    seed : int
        Draws a sample.
    folder : path, optional
        Where the result is kept, as ``truth.npz``, and every ten seconds how far the job is. A call with the
        same arguments goes on from there, also after the process was killed, and returns the result at once
        when it is there. Without a folder nothing is kept.
    executor : concurrent.futures.Executor, optional
        Its workers compare the vectors; the answer is the same, bit for bit.
    memory_limit : int or str, optional
        Bytes that the job may hold beside what the process holds already, 64 MiB or more, or a text such as
        "2GB"; by default a quarter of the machine's memory. Vectors that are in memory already are not
        counted. Where the queries take more than half of it, there are several passes.
    progress : bool or function
        True says the cost before the job starts, and shows a bar. A function is called with the rows done
        and their number instead.

    Returns
    -------
    NeighbourTable
        Ids and distances are those of ``explain`` by the vectors given, bit for bit: each distance computed
        by itself, behind the transforms that belong to the metric. Where one of these multiplies matrices
        (whitening), they can differ in the last digit.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; if the folder holds the ground truth of other vectors, queries or k; if so
        many rows are equally near that they do not fit ``memory_limit``.
    IndexChangedError
        If a file of vectors was changed since it was opened.
    OSError
        If a file cannot be read, or the disk of the folder is full: what was kept before stays.
    WorkerError
        If a part failed three times, or the executor takes no more work.
    KeyboardInterrupt
        When interrupted from the keyboard, after what was computed has been kept in the folder.
    """
    job = _job(source, queries, k, metric, seed, folder, executor, memory_limit)
    if not isinstance(progress, bool) and not callable(progress):
        raise TypeError(f"progress must be True, False or a function, got {progress!r}")
    kept = job.kept()
    if kept is not None:
        return kept
    job.check_disk()
    with _bar(job, progress) as report:
        return job.run(report)


def ground_truth_cost(
    source: Any,
    queries: Any,
    k: int,
    *,
    metric: str | None = None,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    memory_limit: int | str | None = None,
) -> GroundTruthCost:
    """Return what ``ground_truth`` would cost, from a rate measured on some thousand of the vectors.

    Arguments and errors are those of ``ground_truth``. What an earlier run kept in ``folder`` is not counted.
    """
    return _job(source, queries, k, metric, seed, folder, executor, memory_limit).cost


def _job(
    source: Any,
    queries: Any,
    k: Any,
    metric: Any,
    seed: Any,
    folder: Any,
    executor: Any,
    memory_limit: Any,
) -> GroundTruthJob:
    k, seed, limit = as_int(k, "k"), as_int(seed, "seed", least=0), as_memory_limit(memory_limit)
    workers = Workers.of(executor)
    if folder is not None and Path(folder).exists() and not Path(folder).is_dir():
        raise NotADirectoryError(f"folder must be a folder, got the file {folder}")
    rows, asked, are_rows = _compared(source, queries, metric, seed)
    k = max(1, min(k + are_rows, rows.count))
    shared = 1 if workers is None else workers.count or 1
    plan = MemoryPlan.of(limit, len(asked), k, rows.dim, rows.item_bytes, shared)
    return GroundTruthJob(rows, asked, k, plan, None if folder is None else Path(folder), workers)


def _compared(
    source: Any, queries: Any, metric: Any, seed: int
) -> tuple[JobRows, npt.NDArray[np.float32], bool]:
    """Return the rows, the queries, float32 (n, dim), and whether these are rows."""
    rows: JobRows
    if isinstance(source, (IvfIndex, GraphIndex, FlatIndex)):
        if metric is not None:
            raise ValueError(f"metric is that of the index, {source.metric}; leave it out, got {metric!r}")
        rows, named = source.given_rows(), source.workload_queries(queries, seed)
    elif isinstance(source, (faiss.Index, faiss.IndexBinary)):
        raise TypeError(
            f"source must be an opened index or vectors, got faiss.{type(source).__name__}; pass "
            "open_index(index, vectors=...), or the vectors themselves"
        )
    else:
        vectors = as_vectors(source, "source")
        if vectors.ndim != 2 or 0 in vectors.shape:
            raise ValueError(f"source must be vectors (n, dim), got shape {vectors.shape}")
        rows = RowSet(vectors, np.ones(len(vectors), np.bool_), _comparison(metric, vectors.shape[1]))
        named = open_queries(UnindexedRows(vectors), queries, seed)
    drain(named.draw_steps())
    return rows, named.read(slice(0, named.count)), named.ids is not None


def _comparison(metric: Any, dim: int) -> RowComparison:
    name = "L2" if metric is None else metric
    if name not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    chain = (faiss.NormalizationTransform(dim, 2.0),) if name == "cosine" else ()
    number = faiss.METRIC_L2 if name == "L2" else faiss.METRIC_INNER_PRODUCT
    return RowComparison(chain, number, 0.0)


@contextmanager
def _bar(job: GroundTruthJob, progress: bool | Progress) -> Iterator[Progress]:
    """Say what the job costs, and lend a function that shows how far it is."""
    if progress is not True:
        yield progress if callable(progress) else lambda _done, _all: None
        return
    from tqdm.auto import tqdm

    cost = job.cost
    if cost.seconds > SOON:
        tqdm.write(str(cost), file=sys.stderr)
    total = cost.passes * len(job.rows)
    with tqdm(total=total, desc="rows", unit="", unit_scale=True, delay=SOON, leave=False) as bar:

        def report(done: float, _: int) -> None:
            if not bar.n and done:
                # Kept of an earlier run: it does not count for the speed.
                bar.initial = bar.n = done
            bar.update(done - bar.n)

        yield report
