"""Workloads over shards by the workers of Dask, beside a process pool, both after their start.

python -m benchmarks shards [--shards 8] [--n 20000] [--dim 64] [--queries 500]
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import faiss
import numpy as np

import feder_widget as fw
from benchmarks.executors import dask

K = 10
NLIST = 256
WORKERS = 2


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--n", type=int, default=20_000, help="vectors of each shard (default %(default)s)")
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), options)
    finally:
        faiss.omp_set_num_threads(threads)
    return 0


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Print how long each takes, their ratio, and whether the answers are those of one merged index."""
    rng = np.random.default_rng(0)
    whole = faiss.index_factory(options.dim, f"IVF{NLIST},Flat")
    whole.train(rng.standard_normal((40 * NLIST, options.dim), np.float32))
    paths = []
    for number in range(options.shards):
        shard = faiss.clone_index(whole)
        shard.reset()
        rows = np.arange(number * options.n, (number + 1) * options.n)
        vectors = rng.standard_normal((options.n, options.dim), np.float32)
        shard.add_with_ids(vectors, rows)
        whole.add_with_ids(vectors, rows)
        paths.append(str(folder / f"shard{number}.faiss"))
        faiss.write_index(shard, paths[-1])
    queries = rng.standard_normal((options.queries, options.dim), np.float32)
    opened = fw.open_index(paths)
    expected = fw.open_index(whole).evaluate(queries, K, progress=False)

    def seconds(executor: Executor | None) -> float:
        begin = time.perf_counter()
        found = opened.evaluate(queries, K, progress=False, executor=executor)
        taken = time.perf_counter() - begin
        for name in ("found_at", "scanned", "recall"):
            if getattr(found, name).tobytes() != getattr(expected, name).tobytes():
                raise AssertionError(f"{name} is not that of the merged index")
        return taken

    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, spawn) as pool, dask(WORKERS) as cluster:
        runs: dict[str, Executor | None] = {"no executor": None, "process pool": pool, "Dask": cluster}
        for executor in runs.values():
            # Workers start, and open the shards.
            seconds(executor)
        # In turn, so that a busy machine is busy for all of them.
        turns = [[seconds(executor) for executor in runs.values()] for _ in range(options.repeats)]
    alone, by_pool, by_dask = np.median(np.array(turns), axis=0)
    ratio = np.median([turn[2] / turn[1] for turn in turns])
    print(
        f"faiss {faiss.__version__}, {options.shards} shards of {options.n:,} x {options.dim}, "
        f"{options.queries:,} queries, k={K}, {WORKERS} workers, medians of {options.repeats}"
    )
    print(f"  no executor, one thread {alone:8.2f} s")
    print(f"  process pool            {by_pool:8.2f} s")
    print(f"  Dask                    {by_dask:8.2f} s   {ratio:.2f} x the process pool (aim 1.5)")
    print("  equal to the merged index, bit for bit")


if __name__ == "__main__":
    raise SystemExit(main())
