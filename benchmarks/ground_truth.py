"""Ground truth of many queries by vectors on disk, beside one read of the file and a flat index in memory.

python -m benchmarks ground_truth [--n 300000] [--dim 64] [--queries 1000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import numpy as np

import feder_widget as fw

K = 10
BLOCKS = 8
READ_BYTES = 16 << 20


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=300_000, help="vectors (default %(default)s)")
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, help="where the vectors are written (default: a temporary one)"
    )
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        measure(Path(folder), options)
    return 0


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Print how long each takes, and the ratio to the slower of the two that it is held against."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((256, options.dim), np.float32)

    def drawn(count: int) -> np.ndarray:
        rows = centres[rng.integers(256, size=count)]
        return rows + rng.standard_normal((count, options.dim), np.float32)

    (folder / "vectors").mkdir()
    flat = faiss.IndexFlatL2(options.dim)
    for block in range(BLOCKS):
        rows = drawn((block + 1) * options.n // BLOCKS - block * options.n // BLOCKS)
        np.save(folder / "vectors" / f"{block}.npy", rows)
        flat.add(rows)
    queries = drawn(options.queries)
    vectors = fw.open_vectors(folder / "vectors")

    def read() -> None:
        for path in vectors.paths:
            with Path(path).open("rb", buffering=0) as file:
                while file.read(READ_BYTES):
                    pass

    def job(kept: Path | None) -> None:
        fw.ground_truth(vectors, queries, K, folder=kept, progress=False)

    runs: dict[str, Callable[[int], None]] = {
        "one read of the file": lambda _: read(),
        "IndexFlat in memory": lambda _: flat.search(queries, K) and None,
        "ground truth": lambda _: job(None),
        "ground truth, kept": lambda turn: job(folder / f"truth{turn}"),
    }
    seconds = {name: [0.0] * options.repeats for name in runs}
    cost = fw.ground_truth_cost(vectors, queries, K)
    # In turn, so that a busy machine is busy for all of them.
    for turn in range(options.repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run(turn)
            seconds[name][turn] = time.perf_counter() - start
    print(
        f"faiss {faiss.__version__}, {options.n:,} x {options.dim} float32 ({vectors.nbytes / 1e9:.2f} GB), "
        f"{options.queries:,} queries, k={K}, {cost.cores} threads, best of {options.repeats}"
    )
    best = {name: min(taken) for name, taken in seconds.items()}
    for name, taken in best.items():
        print(f"  {name:<22} {taken:8.2f} s   {vectors.nbytes / taken / 1e9:6.2f} GB/s")
    slower = max(best["one read of the file"], best["IndexFlat in memory"])
    print(f"  speed of ground truth  {slower / best['ground truth']:8.2f} x the slower of the two (aim 0.70)")
    print(f"  said before            {cost.seconds:8.2f} s   ({cost.core_seconds:.2f} s of processor time)")


if __name__ == "__main__":
    raise SystemExit(main())
