"""True neighbours of one query, and a workload, beside Faiss's own exhaustive search and nprobe sweep.

python -m benchmarks.recall [--n 1000000] [--workload-n 50000] [--queries 2000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import faiss
import numpy as np

from benchmarks.trace import K, cached_index, queries, vectors
from feder_widget.index import IvfIndex, open_index
from feder_widget.index.batch import batches, compared_at, rankings, ranks_among

NPROBES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
NLIST = 256
Answer = TypeVar("Answer")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors searched for one query")
    parser.add_argument("--workload-n", type=int, default=50_000, help="vectors of the workload")
    parser.add_argument("--queries", type=int, default=2000, help="queries of the workload")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "feder-widget-bench", help="of indexes"
    )
    options = parser.parse_args(argv)
    one_query(options.n, options.cache)
    workload(options.workload_n, options.queries, options.repeats)
    return 0


def one_query(n: int, cache: Path) -> None:
    """Print what the exhaustive pass over the lists costs beside one over a copy of the vectors."""
    index = cached_index(n, cache)
    opened = open_index(index)
    flat = flat_copy(opened)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        times: dict[str, list[float]] = {"flat": [], "explain": [], "search": [], "trace": []}
        for query in queries(30):
            seconds, (_, true) = timed(lambda query=query: flat.search(query[None], K))
            times["flat"].append(seconds)
            seconds, explanation = timed(lambda query=query: opened.explain(query, K))
            times["explain"].append(seconds)
            index.nprobe = index.nlist
            times["search"].append(timed(lambda query=query: index.search(query[None], K))[0])
            times["trace"].append(timed(lambda query=query: opened.trace(query, 32, K))[0])
            if set(explanation.ids) != set(true[0]):
                raise AssertionError("the lists hold other neighbours than their copy")
    finally:
        faiss.omp_set_num_threads(threads)
    flat_ms, explain_ms, search_ms, trace_ms = (1e3 * float(np.median(times[name])) for name in times)
    print(f"one query, {n:,} x {flat.d}, one thread, median of 30")
    print(f"  IndexFlat on a copy {flat_ms:8.1f} ms")
    print(f"  explain             {explain_ms:8.1f} ms   {explain_ms / flat_ms:.2f} x   (aim 1.3)")
    print(f"  index.search of all lists {search_ms:2.1f} ms   {search_ms / flat_ms:.2f} x")
    print(f"  trace at nprobe 32  {trace_ms:8.1f} ms")


def workload(n: int, count: int, repeats: int) -> None:
    """Print what a workload costs beside brute force and a sweep, and how far apart their recalls are."""
    index, asked = workload_index(n), vectors(count, seed=77)
    opened = open_index(index)
    flat = flat_copy(opened)
    sweep_seconds, swept = timed(lambda: sweep(index, asked))
    flat_seconds, (_, true) = best(lambda: flat.search(asked, K), repeats)
    seconds, found = best(lambda: opened.evaluate(asked, K, progress=False), repeats)
    rank_seconds, _ = best(lambda: ranks_alone(opened, asked, true), repeats)
    recalls = [np.mean([len(set(a) & set(b)) / K for a, b in zip(ids, true, strict=True)]) for ids in swept]
    apart = max(abs(found.recall[nprobe - 1] - r) for nprobe, r in zip(NPROBES, recalls, strict=True))
    exhaustive = seconds - rank_seconds
    print(f"\n{count:,} queries, {n:,} x {index.d}, nlist {NLIST}, k {K}")
    print(f"  IndexFlat on a copy            {flat_seconds:7.3f} s")
    print(f"  sweep of {len(NPROBES)} nprobes             {sweep_seconds:7.3f} s")
    print(
        f"  evaluate, all {NLIST} nprobes       {seconds:7.3f} s   "
        f"{(flat_seconds + sweep_seconds) / seconds:.1f} x faster than both (aim 1)"
    )
    print(
        f"    of it the exhaustive pass    {exhaustive:7.3f} s   {exhaustive / flat_seconds:.2f} x (aim 1.3)"
    )
    print(
        f"    of it recall at all nprobes  {rank_seconds:7.3f} s   "
        f"{sweep_seconds / rank_seconds:.0f} x faster than the sweep (aim 10)"
    )
    print(f"  largest difference of recall   {apart:.1e}   (aim 1e-6)")


def workload_index(n: int) -> faiss.IndexIVFFlat:
    """Make the index that the workload searches."""
    stored = vectors(n, seed=5)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(stored.shape[1]), stored.shape[1], NLIST)
    index.train(stored[: 40 * NLIST])
    index.add(stored)
    return index


def ranks_alone(opened: IvfIndex, asked: np.ndarray, true: np.ndarray) -> None:
    """Rank the clusters of known neighbours, which is all that recall at every nprobe takes."""
    clusters = opened.places(true.ravel())[0].reshape(true.shape)
    for parts in batches(len(asked), opened.dim, opened.nlist):
        whole = slice(parts[0].start, parts[-1].stop)
        within = [slice(part.start - whole.start, part.stop - whole.start) for part in parts]
        orders = rankings(opened.faiss_index, asked[whole], within)
        for start in range(0, len(orders), 256):
            some = slice(start, start + 256)
            ranks_among(orders[some], clusters[whole][some])
            compared_at(orders[some], opened.list_sizes, 0)


def sweep(index: faiss.IndexIVFFlat, asked: np.ndarray) -> list[np.ndarray]:
    """Return the ids that Faiss finds at each nprobe, int64 (n, K)."""
    found = []
    for nprobe in NPROBES:
        index.nprobe = nprobe
        found.append(index.search(asked, K)[1])
    return found


def flat_copy(opened: IvfIndex) -> faiss.IndexFlatL2:
    """Copy all vectors into an exhaustive index, by row id."""
    flat = faiss.IndexFlatL2(opened.dim)
    stored = np.empty((opened.ntotal, opened.dim), np.float32)
    for cluster in range(opened.nlist):
        stored[opened.list_ids(cluster)] = opened.list_vectors(cluster)
    flat.add(stored)
    return flat


def best(call: Callable[[], Answer], repeats: int) -> tuple[float, Answer]:
    """Return the least of several times, and the last answer."""
    runs = [timed(call) for _ in range(repeats)]
    return min(seconds for seconds, _ in runs), runs[-1][1]


def timed(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """Return how long a call took, and its answer."""
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


if __name__ == "__main__":
    raise SystemExit(main())
