"""Time a trace against the plain Faiss search it explains, interleaved in one run.

python benchmarks/trace.py [--n 1000000] [--cache DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

from feder_widget import open_index

DIM = 128
NLIST = 1024
K = 10
CENTRES = 20_000
K_MAX = 100
NPROBES = (8, 32, 128)
BLOCK = 10
"""Queries between two changes of the thread count, each of which makes OpenMP start its threads anew."""
LIMITS = {1: 1.5, 2: 1.1}
"""Threads of the trace -> the largest ratio to plain search on one thread that is aimed for."""


def main(argv: list[str] | None = None) -> int:
    """Print the table; return 0, or 1 when a ratio is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors in the index (default %(default)s)")
    parser.add_argument("--queries", type=int, default=100, help="queries per row (default %(default)s)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "feder-widget-bench",
        help="where the index is kept between runs (default %(default)s)",
    )
    options = parser.parse_args(argv)
    threads = faiss.omp_get_max_threads()
    try:
        index = cached_index(options.n, options.cache)
        rows = [
            row for nprobe in NPROBES for row in measure(index, queries(options.queries), min(nprobe, NLIST))
        ]
        kept = measure_keep(index, queries(5))
    finally:
        faiss.omp_set_num_threads(threads)
    print(
        f"faiss {faiss.__version__}, {options.n:,} x {DIM}, nlist {NLIST}, k {K}; median of {options.queries}"
    )
    print(f"{'nprobe':>6} {'plain ms':>9} {'threads':>8} {'trace ms':>9} {'ratio':>6} {'aim':>5}")
    for nprobe, plain, used, traced in rows:
        print(
            f"{nprobe:>6} {plain * 1e3:>9.2f} {used:>8} {traced * 1e3:>9.2f}"
            f" {traced / plain:>6.2f} {LIMITS[used]:>5}"
        )
    scanned, best = kept
    print(f"all {NLIST} clusters: scan {scanned * 1e3:.0f} ms, best {K_MAX} of each {best * 1e3:.0f} ms")
    return 0


def cached_index(n: int, cache: Path) -> faiss.IndexIVFFlat:
    """Return the benchmark's index, from the cache when it has been built before."""
    path = cache / f"ivf-{n}x{DIM}-nlist{NLIST}-centres{CENTRES}.index"
    if not path.exists():
        print(f"building {path} ...", file=sys.stderr)
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        faiss.write_index(built_index(n), str(unfinished))
        unfinished.replace(path)
    return faiss.read_index(str(path))


def built_index(n: int) -> faiss.IndexIVFFlat:
    """Build an IVF,Flat index of n clustered vectors."""
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(DIM), DIM, NLIST)
    index.cp.niter = 10
    index.cp.min_points_per_centroid = 1
    index.train(vectors(min(n, 64 * NLIST), seed=1))
    for start in range(0, n, 100_000):
        index.add(vectors(min(100_000, n - start), seed=2 + start))
    return index


def vectors(n: int, seed: int) -> np.ndarray:
    """Return float32 (n, DIM) vectors around CENTRES centres."""
    centres = np.random.default_rng(0).normal(size=(CENTRES, DIM)).astype(np.float32)
    rng = np.random.default_rng(seed)
    return centres[rng.integers(len(centres), size=n)] + 0.5 * rng.standard_normal((n, DIM), np.float32)


def queries(n: int) -> np.ndarray:
    """Return float32 (n, DIM) vectors that are not in the index."""
    return vectors(n, seed=1_000_000_007)


def measure(index: faiss.IndexIVFFlat, asked: np.ndarray, nprobe: int) -> list[tuple[int, float, int, float]]:
    """Return (nprobe, seconds of plain search on one thread, threads, seconds of a trace) per row."""
    traceable = open_index(index)
    index.nprobe = nprobe
    plain: list[float] = []
    traced: dict[int, list[float]] = {threads: [] for threads in LIMITS}
    for start in range(0, len(asked), BLOCK):
        block = asked[start : start + BLOCK]
        found = timed(lambda query: index.search(query[None], K)[1][0], block, 1, plain)
        for threads, seconds in traced.items():
            ids = timed(lambda query: traceable.trace(query, nprobe, K).ids, block, threads, seconds)
            if not np.array_equal(ids, found):
                raise AssertionError("a trace found other results than the search it explains")
    return [
        (nprobe, float(np.median(plain)), threads, float(np.median(seconds)))
        for threads, seconds in traced.items()
    ]


def timed(
    call: Callable[[np.ndarray], np.ndarray], asked: np.ndarray, threads: int, seconds: list[float]
) -> list[np.ndarray]:
    """Call once per query on so many threads, note how long each call took, and return the answers."""
    faiss.omp_set_num_threads(threads)
    call(asked[0])
    answers = []
    for query in asked:
        start = time.perf_counter()
        answers.append(call(query))
        seconds.append(time.perf_counter() - start)
    return answers


def measure_keep(index: faiss.IndexIVFFlat, asked: np.ndarray) -> tuple[float, float]:
    """Return the median seconds of scanning every cluster, and of keeping the best of each."""
    # Here, so that other checkouts' packages can be measured on this file's index.
    from feder_widget.model.top_k import keep

    traceable = open_index(index)
    scanned, kept = [], []
    for query in asked:
        start = time.perf_counter()
        scan = traceable.scan(query, np.arange(traceable.nlist))
        between = time.perf_counter()
        keep(scan, K_MAX, traceable.similarity)
        scanned.append(between - start)
        kept.append(time.perf_counter() - between)
    return float(np.median(scanned)), float(np.median(kept))


if __name__ == "__main__":
    raise SystemExit(main())
