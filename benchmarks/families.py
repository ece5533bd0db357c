"""Time traces of coded indexes against the plain Faiss searches that they explain, interleaved in one run.

python -m benchmarks families [--n 1000000] [--cache DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

from benchmarks.trace import DIM, NLIST, K, cached_index, queries, timed, vectors
from feder_widget import open_index

CACHE = Path(tempfile.gettempdir()) / "feder-widget-bench"
NPROBES = (8, 32, 128)
BLOCK = 10
"""Queries between two changes from searching to tracing."""

GRAPH_NLIST = 4096
KINDS = {
    "SQ8": (1.5, lambda trained: over(trained, faiss.IndexIVFScalarQuantizer, faiss.ScalarQuantizer.QT_8bit)),
    "PQ16": (2.0, lambda trained: over(trained, faiss.IndexIVFPQ, 16, 8)),
    "OPQ16 → PQ16": (1.5, lambda _: faiss.index_factory(DIM, f"OPQ16,IVF{NLIST},PQ16")),
    "PQ32 fast-scan": (None, lambda trained: over(trained, faiss.IndexIVFPQFastScan, 32, 4)),
    "HNSW over SQ8": (1.5, lambda _: faiss.index_factory(DIM, f"IVF{GRAPH_NLIST}_HNSW32,SQ8")),
}
"""What is measured -> the largest ratio that is aimed for, on one thread, and how the index is made."""


def main(argv: list[str] | None = None) -> int:
    """Print the table; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors in the index (default %(default)s)")
    parser.add_argument("--queries", type=int, default=100, help="queries per row (default %(default)s)")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="where indexes are kept (default %(default)s)"
    )
    options = parser.parse_args(argv)
    threads = faiss.omp_get_max_threads()
    print(f"faiss {faiss.__version__}, {options.n:,} x {DIM}, k {K}, one thread; median of {options.queries}")
    print(f"{'family':<34} {'nprobe':>6} {'plain ms':>9} {'trace ms':>9} {'ratio':>6} {'aim':>5}")
    for name, (aim, make) in KINDS.items():
        index = cached(name, make, options.n, options.cache)
        faiss.omp_set_num_threads(1)
        for nprobe in NPROBES:
            plain, traced = measure(index, queries(options.queries), nprobe)
            print(
                f"{open_index(index).family:<34} {nprobe:>6} {plain * 1e3:>9.3f} {traced * 1e3:>9.3f}"
                f" {traced / plain:>6.2f} {aim or '':>5}",
                flush=True,
            )
        faiss.omp_set_num_threads(threads)
    return 0


def over(trained: faiss.IndexIVF, kind: type, *arguments: int) -> faiss.IndexIVF:
    """Make an IVF index over the centroids of another."""
    index = kind(trained.quantizer, DIM, NLIST, *arguments)
    # The quantizer dies with the index that owns it.
    index.referenced_objects = [trained]
    return index


def cached(name: str, make: Callable[[faiss.Index], faiss.Index], n: int, cache: Path) -> faiss.Index:
    """Return an index of n vectors, from the cache when it has been built before."""
    path = cache / f"{name.replace(' ', '-').replace('→', 'to')}-{n}x{DIM}.index"
    if not path.exists():
        print(f"building {path} ...", file=sys.stderr)
        index = make(cached_index(n, cache))
        faiss.extract_index_ivf(index).cp.niter = 10
        index.train(vectors(min(n, 100_000), seed=1))
        for start in range(0, n, 100_000):
            index.add(vectors(min(100_000, n - start), seed=2 + start))
        unfinished = path.with_suffix(".part")
        faiss.write_index(index, str(unfinished))
        unfinished.replace(path)
    return faiss.read_index(str(path))


def measure(index: faiss.Index, asked: np.ndarray, nprobe: int) -> tuple[float, float]:
    """Return the median seconds of a search and of its trace."""
    traceable = open_index(index)
    faiss.extract_index_ivf(index).nprobe = nprobe
    plain: list[float] = []
    traced: list[float] = []
    for start in range(0, len(asked), BLOCK):
        block = asked[start : start + BLOCK]
        found = timed(lambda query: index.search(query[None], K)[1][0], block, 1, plain)
        ids = timed(lambda query: traceable.trace(query, nprobe, K).ids, block, 1, traced)
        if not np.array_equal(ids, found):
            raise AssertionError("a trace found other results than the search it explains")
    return float(np.median(plain)), float(np.median(traced))


if __name__ == "__main__":
    raise SystemExit(main())
