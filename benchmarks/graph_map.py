"""The map of a graph: seconds from asking to its last message, driven by a loop as in a kernel.

    python -m benchmarks graph_map [--sizes 10000 100000 1000000] [--index FILE] [--repeats 3]

Vectors of 128 dimensions. The map does not depend on the links, so graphs are built carelessly (M 4,
efConstruction 4); ``--index`` measures one in a file instead. ``loop`` is the longest time between callbacks
that are due every millisecond: a cell would have waited that long. Memory is the peak beside what the process
held before, also as a share of the links, counted as for M 16 where the graph has fewer; the sample alone is
17 MB, so the share has an aim for a million vectors only.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.graph import vectors
from benchmarks.memory import MB, peak, resident, use_libraries
from feder_widget import open_index
from feder_widget.engines import GraphIndex
from feder_widget.media import IdRange, Media
from feder_widget.session.graph.graph_session import GraphSession

DIM = 128
AIMS = {10_000: 0.5, 100_000: 2.0, 1_000_000: 8.0}
"""Seconds, by the number of vectors."""

LOOP_AIM = 20
MEMORY_AIM = 0.6
MANY = 1_000_000


def careless_graph(count: int) -> Any:
    """Return a graph of the vectors of ``benchmarks.graph`` that is built in little time."""
    index = faiss.IndexHNSWFlat(DIM, 4)
    index.hnsw.efConstruction = 4
    index.add(vectors(count, DIM))
    return index


async def beats(gaps: list[float]) -> None:
    """Note the seconds between callbacks, every millisecond."""
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gaps.append(now - last)
        last = now


async def drawn(opened: GraphIndex) -> tuple[float, float, float]:
    """Return the seconds until the map has been sent, of the processor in them, and the longest gap."""
    done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def send(message: dict[str, Any], _: list[bytes]) -> None:
        if message["kind"] in ("districts", "error") and not done.done():
            done.set_result(message)

    media = Media(None, None, IdRange(opened.ntotal, opened.graph_file.extremes))
    session = GraphSession(opened, media, send, k_max=10)
    gaps: list[float] = []
    beating = asyncio.ensure_future(beats(gaps))
    await asyncio.sleep(0.1)
    gaps.clear()
    began, worked = time.perf_counter(), time.process_time()
    session.handle({"kind": "map", "request": "map"})
    last = await done
    took, work = time.perf_counter() - began, time.process_time() - worked
    beating.cancel()
    # Then memory is given back.
    await asyncio.sleep(0.2)
    session.close()
    if last["kind"] == "error":
        raise RuntimeError(last["message"])
    return took, work, max(gaps)


def measure(index: Any, repeats: int) -> None:
    """Print the figures of one index."""
    opened = open_index(index)
    opened.structure()
    links = 4 * opened.ntotal * max(32, index.hnsw.nb_neighbors(0))
    before = resident()
    figures = []
    with peak() as most:
        for _ in range(repeats):
            gc.collect()
            figures.append(asyncio.run(drawn(opened)))
    took, work, gap = np.median(figures, axis=0)
    grown = most() - before
    aim = AIMS.get(opened.ntotal)
    memory_aim = f" (aim {MEMORY_AIM:.0%})" if opened.ntotal >= MANY else ""
    print(
        f"{opened.ntotal:>9,} x {opened.dim}  {took:6.2f} s{f' (aim {aim:g})' if aim else ''}, "
        f"processor {work:6.2f} s, loop {1000 * gap:5.1f} ms (aim {LOOP_AIM}), "
        f"memory {grown / MB:5.1f} MB, {grown / links:4.0%} of links{memory_aim}",
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=list(AIMS))
    parser.add_argument("--index", type=Path, help="file of an index to measure instead")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(argv)
    # Faiss and NumPy keep what they take for their first products.
    warm = faiss.IndexIVFFlat(faiss.IndexFlatL2(DIM), DIM, 8)
    warm.train(np.random.default_rng(0).random((1000, DIM), np.float32))
    use_libraries(warm)
    if options.index:
        measure(faiss.read_index(str(options.index)), options.repeats)
        return 0
    for size in options.sizes:
        measure(careless_graph(size), options.repeats)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
