"""A pass over vectors by the workers of an executor, beside the same pass without one; Dask beside processes.

python -m benchmarks.executors [--n 300000] [--dim 128] [--queries 128]
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
from dask import config as dask_config
from distributed import Client, LocalCluster

from feder_widget.engines import open_index
from feder_widget.model.row_source import MappedArray
from feder_widget.model.work_pieces import drain
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.workers import Workers

K = 10
NLIST = 64

KEEPS_MEMORY = {"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1}}
"""Without what Dask sets besides: its workers would return freed memory at once, and fault its pages in anew.

It holds where it is set before the first cluster of a process."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=300_000, help="vectors")
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--queries", type=int, default=128, help="compared with the original vectors")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{options.n:,} x {options.dim}, one thread of Faiss, medians of {options.repeats}")
            measure(Path(folder), options)
    finally:
        faiss.omp_set_num_threads(threads)
    return 0


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Print the ratios of three passes."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((options.n, options.dim), np.float32)
    np.save(folder / "x.npy", vectors)
    index = faiss.index_factory(options.dim, f"IVF{NLIST},Flat")
    index.train(vectors[: 40 * NLIST])
    index.add(vectors)
    faiss.write_index(index, str(folder / "i.faiss"))
    queries = rng.standard_normal((options.queries, options.dim), np.float32)
    many = rng.standard_normal((2000, options.dim), np.float32)
    mapped = np.load(folder / "x.npy", mmap_mode="r")
    originals = Originals(mapped, (), faiss.METRIC_L2, 0.0, MappedArray.behind(mapped))
    present = np.ones(options.n, np.bool_)

    def by_originals(executor: Executor | None) -> None:
        workers = Workers.of(executor)
        drain(originals.nearest_steps(queries, present, K, workers=workers))

    opened = {"a file": open_index(folder / "i.faiss"), "memory": open_index(index)}
    compare(f"{options.queries} queries, originals in a file", by_originals, options.repeats)
    for place, one in opened.items():

        def by_lists(executor: Executor | None, one=one) -> None:
            one.evaluate(many, K, progress=False, executor=executor)

        compare(f"evaluate 2000 queries, lists in {place}", by_lists, options.repeats)


def compare(name: str, run: Callable[[Executor | None], None], repeats: int) -> None:
    """Run a pass in turn without an executor, by one thread, by processes, and by Dask; print ratios."""
    spawn = multiprocessing.get_context("spawn")
    with (
        ThreadPoolExecutor(1) as thread,
        ProcessPoolExecutor(1, spawn) as one,
        ProcessPoolExecutor(2, spawn) as two,
        dask(2) as cluster,
    ):
        executors = (None, thread, one, two, cluster)
        for executor in executors:
            # Processes start, and open their files.
            run(executor)
        seconds = [[timed(run, executor) for executor in executors] for _ in range(repeats)]
    taken = np.array(seconds)
    alone, by_thread, by_one, by_two, by_dask = np.median(taken, axis=0)
    over = np.median(taken[:, 1] / taken[:, 0]), np.median(taken[:, 2] / taken[:, 0])
    print(f"  {name}")
    print(f"    no executor    {alone:7.2f} s")
    print(f"    one thread     {by_thread:7.2f} s   {over[0]:.2f} x no executor (aim 1.05)")
    print(f"    one process    {by_one:7.2f} s   {over[1]:.2f} x no executor")
    print(
        f"    two processes  {by_two:7.2f} s   {np.median(taken[:, 2] / taken[:, 3]):.2f} x faster than one"
    )
    against = np.median(taken[:, 4] / taken[:, 3])
    print(f"    Dask, two      {by_dask:7.2f} s   {against:.2f} x two processes (aim 1.5)")


@contextmanager
def dask(workers: int) -> Iterator[Executor]:
    """Lend the executor of a cluster of processes on this machine, with one thread each."""
    with (
        dask_config.set(KEEPS_MEMORY),
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=folder,
        ) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        yield executor


def timed(run: Callable[[Executor | None], None], executor: Executor | None) -> float:
    start = time.perf_counter()
    run(executor)
    return time.perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())
