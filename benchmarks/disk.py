"""Open an index that is mapped from a file, and search it: seconds, and memory as a share of the file.

python -m benchmarks disk [--n 5000000] [--cache DIR]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np

from benchmarks.trace import DIM, K, cached_index, queries, vectors
from feder_widget import open_index

CACHE = Path(tempfile.gettempdir()) / "feder-widget-bench"
CENTROIDS_OF = 1_000_000
NPROBE = 32


def main(argv: list[str] | None = None) -> int:
    """Print the figures; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=5_000_000, help="vectors in the index (default %(default)s)")
    parser.add_argument("--queries", type=int, default=20, help="queries traced (default %(default)s)")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="where the index is kept (default %(default)s)"
    )
    options = parser.parse_args(argv)
    path = cached(options.n, options.cache)
    size = path.stat().st_size
    asked = queries(options.queries)
    before = resident()
    start = time.perf_counter()
    index = open_index(path, mmap=True)
    opening = time.perf_counter() - start
    held = [resident() - before]
    seconds = []
    for query in asked:
        start = time.perf_counter()
        index.trace(query, NPROBE, K)
        seconds.append(time.perf_counter() - start)
        held.append(resident() - before)
    print(f"faiss {faiss.__version__}, {options.n:,} x {DIM}, {size / 1e9:.2f} GB, mapped, nprobe {NPROBE}")
    for what, took, memory in (
        ("opening", opening, held[0]),
        ("first search", seconds[0], held[1]),
        (f"{len(asked)} searches, median", float(np.median(seconds)), held[-1]),
    ):
        print(f"{what:<22} {took * 1e3:>8.1f} ms  {memory / 1e6:>6.0f} MB, {memory / size:.1%} of the file")
    return 0


def cached(n: int, cache: Path) -> Path:
    """Return the path of an IVF,Flat index of n vectors, which is made when it is not there."""
    path = cache / f"disk-{n}x{DIM}.index"
    if not path.exists():
        print(f"building {path} ...", file=sys.stderr)
        index = cached_index(min(n, CENTROIDS_OF), cache)
        index.reset()
        for start in range(0, n, 100_000):
            index.add(vectors(min(100_000, n - start), seed=2 + start))
        unfinished = path.with_suffix(".part")
        faiss.write_index(index, str(unfinished))
        unfinished.replace(path)
    return path


def resident() -> int:
    """Return the bytes of this process that are in memory, those of mapped files among them."""
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    raise SystemExit(main())
