"""Time to tell a search of a graph, beside the search itself, and to evaluate a workload at every efSearch.

    python -m benchmarks.graph [--n 100000] [--dim 128] [--links 32] [--index FILE]

All by one thread, as ratios to plain searches of the same run. What the page gets at efSearch 16, 64 and 256
must take at most 3, 6 and 12 times as long as the search, and 15 ms; a walk to efSearch 1,024 at most 200 ms;
a workload of 1,000 queries at every efSearch up to 512 at most 20 times as long as one search of them at 512,
the exhaustive search for their true neighbours aside. An index of a million vectors takes minutes to build:
``--index`` keeps it in a file, beside which its queries are kept.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import numpy as np

from feder_widget import open_index
from feder_widget.engines import GraphIndex

K = 10
LIMITS = {16: 3, 64: 6, 256: 12}
QUERIES = 1000


def vectors(count: int, dim: int) -> np.ndarray:
    """Return vectors around many centres on a curved surface of 16 dimensions."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((max(50, count // 200), 16))
    at = centres[rng.integers(0, len(centres), count)] + 0.45 * rng.standard_normal((count, 16))
    spread = rng.standard_normal((16, dim))
    return (np.tanh(at @ spread / 4) + 0.05 * rng.standard_normal((count, dim))).astype(np.float32)


def built(options: argparse.Namespace) -> tuple[GraphIndex, np.ndarray]:
    kept = options.index and Path(options.index)
    if kept and kept.exists():
        return open_index(kept), np.load(f"{kept}.queries.npy")
    data = vectors(options.n + QUERIES, options.dim)
    index = faiss.IndexHNSWFlat(options.dim, options.links)
    index.add(data[QUERIES:])
    if kept:
        faiss.write_index(index, str(kept))
        np.save(f"{kept}.queries.npy", data[:QUERIES])
    return open_index(index), data[:QUERIES]


def median(call: Callable[[np.ndarray], object], queries: np.ndarray) -> float:
    """Return the median seconds of a call for one query."""
    taken = []
    for query in queries:
        begin = time.perf_counter()
        call(query)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def once(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--links", type=int, default=32)
    parser.add_argument("--index", help="file to keep the index in")
    options = parser.parse_args(argv)
    opened, queries = built(options)
    index, search = opened.graph_file.index, opened.graph_file.search
    faiss.omp_set_num_threads(1)
    print(f"{opened}, one thread")
    some = queries[:100]
    for ef, limit in LIMITS.items():
        parameters = faiss.SearchParametersHNSW(efSearch=ef)
        plain = median(lambda query: index.search(query[None], K, params=parameters), some)  # noqa: B023
        told = median(lambda query: search.walk(query, ef, descent=search.descend(query)), some)  # noqa: B023
        visits = median(lambda query: search.visits(query, ef), some)  # noqa: B023
        print(
            f"efSearch {ef:>4}: search {1e3 * plain:6.3f} ms, told in {1e3 * told:6.2f} ms, "
            f"{told / plain:4.1f} x (aim {limit}, 15 ms); {visits / plain:.1f} x are Faiss's visits alone"
        )
    long = median(lambda query: search.walk(query, 1024), some[:20])
    print(f"walk to efSearch 1024: {1e3 * long:.1f} ms (aim 200)")
    explained = median(lambda query: opened.explain(query, K), some[:20])
    print(f"true neighbours of one query, and the efSearch of each: {1e3 * explained:.1f} ms")
    links = opened.graph_file.links.links.nbytes
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    structure = once(opened.structure)
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    print(
        f"structure: {structure:.2f} s; memory at its peak grew by {grown / links:.0%} of the "
        f"{links / 1e6:.0f} MB of links (aim 60 %)"
    )
    parameters = faiss.SearchParametersHNSW(efSearch=512)
    plain = once(lambda: index.search(queries, K, params=parameters))
    exhaustive = once(lambda: opened.truth.nearest(queries, K, None))
    whole = once(lambda: opened.evaluate(queries, K, ef_max=512, progress=False))
    print(
        f"workload of {len(queries):,} queries to efSearch 512: {whole:.2f} s, {whole / plain:.1f} x one "
        f"search of them at 512; {(whole - exhaustive) / plain:.1f} x without the exhaustive search (aim 20)"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
