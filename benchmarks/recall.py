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
from feder_widget.engines import IvfIndex, open_index
from feder_widget.model.work_pieces import drain
from feder_widget.truth.workloads.rankings import batches, compared_at, rankings_steps, ranks_among

NPROBES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
NLIST = 256
PLACEMENTS = 7
ASKED = 15
"""Queries searched for in each placement."""
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
    """Print what the exhaustive pass over the lists costs beside one over a copy of the vectors.

    Both are read from memory at its full speed, which depends on where the system has put them: the index is
    loaded and its vectors are copied several times.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        placed = [one_placement(n, cache) for _ in range(PLACEMENTS)]
    finally:
        faiss.omp_set_num_threads(threads)
    flat_ms, explain_ms, search_ms, trace_ms = np.median(placed, axis=0)
    print(f"one query, {n:,} vectors, one thread, medians of {PLACEMENTS} placements in memory")
    print(f"  IndexFlat on a copy       {flat_ms:8.1f} ms")
    print(f"  explain                   {explain_ms:8.1f} ms   {_times(placed, 1)}   (aim 1.3)")
    print(f"  index.search of all lists {search_ms:8.1f} ms   {_times(placed, 2)}")
    print(f"  trace at nprobe 32        {trace_ms:8.1f} ms")


def one_placement(n: int, cache: Path) -> list[float]:
    """Load the index and copy its vectors; return the median milliseconds of flat, explain, search, trace."""
    index = cached_index(n, cache)
    opened = open_index(index)
    flat = flat_copy(opened)
    index.nprobe = index.nlist
    times: list[tuple[float, ...]] = []
    for query in queries(ASKED):
        flat_seconds, (_, true) = timed(lambda query=query: flat.search(query[None], K))
        explain_seconds, explanation = timed(lambda query=query: opened.explain(query, K))
        search_seconds, _ = timed(lambda query=query: index.search(query[None], K))
        trace_seconds, _ = timed(lambda query=query: opened.trace(query, 32, K))
        times.append((flat_seconds, explain_seconds, search_seconds, trace_seconds))
        if set(explanation.ids) != set(true[0]):
            raise AssertionError("the lists hold other neighbours than their copy")
    return [1e3 * float(median) for median in np.median(times, axis=0)]


def _times(placed: list[list[float]], column: int) -> str:
    ratios = [medians[column] / medians[0] for medians in placed]
    return f"{np.median(ratios):.2f} x IndexFlat ({min(ratios):.2f} to {max(ratios):.2f})"


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
        orders = drain(rankings_steps(opened.inverted_file, asked[whole], within))
        for start in range(0, len(orders), 256):
            some = slice(start, start + 256)
            ranks_among(orders[some], clusters[whole][some])
            compared_at(orders[some], opened.list_sizes)


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
