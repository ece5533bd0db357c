"""Time to draw a figure of each view, and the picture that a cell's output holds.

    python -m benchmarks.figures [--n 100000] [--nlist 1024] [--dim 64] [--nprobe 32]

Each view must be drawn within 0.5 s, apart from the import of matplotlib and the layout of the map, which is
laid out once. "saved" is the time that matplotlib takes to write the PNG. A display must wait at most 0.4 s
for its picture, which must have at most 120 kB. The import is timed in a process of its own.
"""

from __future__ import annotations

import argparse
import base64
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import faiss
import numpy as np

from feder_widget import FederWidget, figures, open_index
from feder_widget.engines import IvfIndex
from feder_widget.figures.cell_output.output import MOST_SECONDS
from feder_widget.figures.cell_output.small_png import MOST_BYTES
from feder_widget.figures.cluster_map.map_cells import map_of

LIMIT = 0.5
RUNS = 5
K = 9
STYLES = ("light", "print")
EF_SEARCH = 128
SIDE = 96
"""Pixels of the pictures of rows."""


def built_index(n: int, nlist: int, dim: int) -> faiss.IndexIVFFlat:
    rng = np.random.default_rng(0)
    centres = 1.2 * rng.standard_normal((300, dim), np.float32)
    vectors = centres[rng.integers(300, size=n)] + rng.standard_normal((n, dim), np.float32)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, nlist)
    index.cp.niter = 4
    index.train(vectors)
    index.add(vectors)
    return index


def built_graph(lists: faiss.IndexIVFFlat) -> faiss.IndexHNSWFlat:
    """Return a graph of the vectors of an index."""
    graph = faiss.IndexHNSWFlat(lists.d, 16)
    lists.make_direct_map()
    graph.add(lists.reconstruct_n(0, lists.ntotal))
    return graph


def median(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def imported() -> float:
    """Return the seconds that the import of matplotlib takes in a new process that has feder_widget."""
    program = (
        "import time, feder_widget.widget\n"
        "begin = time.perf_counter()\n"
        "import feder_widget.figures.widget_figure\n"
        "print(time.perf_counter() - begin)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def views(index: IvfIndex, query: np.ndarray, nprobe: int) -> dict[str, Callable[..., object]]:
    explanation, trace = index.explain(query, K), index.trace(query, nprobe, K)
    workload, ledger = index.evaluate(500, K, progress=False), index.ledger(query, K, nprobe)
    found = {
        name: lambda name=name, **given: getattr(figures, name)(index, query, nprobe, K, **given)
        for name in ("clusters", "distances", "projection")
    }
    all_probed = {
        f"{name}, all probed": lambda name=name, **given: getattr(figures, name)(
            index, query, index.nlist, K, **given
        )
        for name in ("clusters", "distances", "projection")
    }
    return {
        **found,
        **all_probed,
        "recall": lambda **given: explanation.plot(nprobe=nprobe, **given),
        "workload": lambda **given: workload.plot(**given),
        "results": lambda **given: trace.plot(explanation=explanation, **given),
        "ledger": lambda **given: ledger.plot(**given),
        "cluster_sizes": lambda **given: figures.cluster_sizes(index, **given),
    }


def display(kind: str, faiss_index: faiss.Index, **options: int) -> bool:
    """Time the output of a cell: of a new widget, and after a search, with noise as pictures."""
    noise = np.random.default_rng(1).integers(0, 255, size=(256, SIDE, SIDE, 3), dtype=np.uint8)
    met = True
    for name in ("new widget", "after a search"):
        taken, sizes = [], []
        for _ in range(RUNS):
            widget = FederWidget(faiss_index, images=lambda row: noise[row % 256], **options)
            if name != "new widget":
                widget.search(5)
                widget.figure()
            begin = time.perf_counter()
            bundle, _ = widget._repr_mimebundle_()
            taken.append(time.perf_counter() - begin)
            sizes.append(len(base64.b64decode(bundle.get("image/png", ""))))
            widget.close()
        print(
            f"{f'{kind}, {name}':>30} {statistics.median(taken):>8.3f} {max(taken):>8.3f} {max(sizes):>8,}",
            flush=True,
        )
        met &= statistics.median(taken) <= MOST_SECONDS and max(sizes) <= MOST_BYTES
    return met


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--nlist", type=int, default=1024)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--nprobe", type=int, default=32)
    options = parser.parse_args(argv)
    print(f"import of matplotlib {imported():.2f} s")
    faiss_index = built_index(options.n, options.nlist, options.dim)
    index = open_index(faiss_index)
    begin = time.perf_counter()
    map_of(index)
    print(f"layout of the map {time.perf_counter() - begin:.2f} s")
    query = np.random.default_rng(2).standard_normal(options.dim, np.float32)
    print(f"{'figure':>22} {'style':>8} {'drawn s':>8} {'saved s':>8}")
    met = True
    for name, draw in views(index, query, options.nprobe).items():
        for style in STYLES:
            drawn = median(lambda draw=draw, style=style: draw(style=style))
            axes = draw(style=style)
            saved = median(lambda axes=axes: axes.get_figure().savefig(io.BytesIO()))
            print(f"{name:>22} {style:>8} {drawn:>8.3f} {saved:>8.3f}", flush=True)
            met &= drawn <= LIMIT
    print(f"{'output of a cell':>30} {'median s':>8} {'most s':>8} {'bytes':>8}")
    met &= display("lists", faiss_index, nprobe=options.nprobe)
    met &= display("graph", built_graph(faiss_index), ef_search=EF_SEARCH)
    return int(not met)


if __name__ == "__main__":
    raise SystemExit(main())
