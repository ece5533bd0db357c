"""The map of very many clusters in a real JupyterLab: bytes, seconds to the pictures, moving through it.

python -m benchmarks large_map [--nlist 262144] [--drags 2]
python -m benchmarks large_map --nlist 1000000

``first`` and ``final`` are from the cell that shows the widget until that map is painted, ``sent`` what the
maps took on the wire. At each zoom the map is dragged along a figure of eight: ``frames``, ``work`` and
``tasks`` as in ``mosaics``. Aims for 1,000,000: first 3 s, final 60 s, frames 20 ms at the 95th percentile,
no task over 50 ms.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence

from benchmarks.mosaics import BEGIN, END, WATCH, _box
from benchmarks.views import spread
from scripts.lab import LabPage, chromium, jupyterlab, open_notebook

PATIENCE = 300_000
"""Milliseconds that a map may take."""

ZOOMS = (8, 12, 8, 8)
"""Notches of the wheel before each drag; one enlarges the map by the fourth root of 2."""

MAKE = """
import faiss, numpy as np
import feder_widget as fw

nlist, d = {nlist}, 16
n = 4 * nlist
rng = np.random.default_rng(0)
lumps = 2 * rng.normal(size=(500, d)).astype("float32")
centroids = lumps[rng.integers(0, 500, nlist)] + rng.normal(scale=0.6, size=(nlist, d)).astype("float32")
quantizer = faiss.IndexFlatL2(d)
quantizer.add(centroids)
index = faiss.IndexIVFFlat(quantizer, d, nlist)
index.is_trained = True
homes = rng.integers(0, nlist, n)
for start in range(0, n, 100_000):
    some = homes[start : start + 100_000]
    rows = centroids[some] + rng.normal(scale=0.3, size=(len(some), d)).astype("float32")
    index.add_core(len(some), faiss.swig_ptr(rows), None, faiss.swig_ptr(some))
opened = fw.open_index(index)
"""

SHOW = """
sent = dict()
def counted(self, content, buffers=None, _send=fw.FederWidget.send):
    kind = content["kind"]
    sent[kind] = sent.get(kind, 0) + sum(len(bytes(each)) for each in buffers or ())
    _send(self, content, buffers)
fw.FederWidget.send = counted
w = fw.FederWidget(opened, nprobe=8, k=9)
w
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; return 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nlist", type=int, default=262_144, help="clusters (default %(default)s)")
    parser.add_argument("--drags", type=int, default=2, help="figures of eight at each zoom")
    options = parser.parse_args(argv)
    with jupyterlab() as server, chromium() as browser:
        make = MAKE.format(nlist=options.nlist)
        with open_notebook(server, browser, [make], timeout=600) as lab:
            lab.page.evaluate(WATCH)
            start = time.perf_counter()
            lab.run_cell(SHOW)
            # What JupyterLab does to show any widget is not the map's.
            lab.widget.locator(".feder-map canvas").wait_for(timeout=PATIENCE)
            lab.page.evaluate("() => { window.federLong.length = 0; }")
            first, final = (_painted(lab, maps) - start for maps in (1, 2))
            longest = lab.page.evaluate("() => Math.max(0, ...window.federLong)")
            sent = int(lab.kernel("print(sum(sent.get(kind, 0) for kind in ('map', 'map_centres')))"))
            megabytes = f"{sent / 1e6:.1f} MB"
            print(f"{options.nlist:,} clusters: first {first:.1f} s, final {final:.1f} s, sent {megabytes}")
            print(f"longest task from the first frame until then {longest:.0f} ms")
            print(f"{'notches':>8}  {'frames ms':<12}{'work ms':<12}tasks")
            for notches in ZOOMS:
                _measure(lab, notches, options.drags)
    return 0


def _painted(lab: LabPage, maps: int) -> float:
    """Return when so many maps had been painted whole: the first one, then the final one."""
    lab.page.wait_for_function(
        "maps => performance.getEntriesByName('feder:map').length >= maps", arg=maps, timeout=PATIENCE
    )
    return time.perf_counter()


def _measure(lab: LabPage, notches: int, drags: int) -> None:
    mouse, box = lab.page.mouse, _box(lab)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    for _ in range(notches):
        mouse.wheel(0, -100)
        lab.page.evaluate("() => new Promise(requestAnimationFrame)")
    lab.wait_painted()
    mouse.down()
    lab.page.evaluate(BEGIN)
    for step in range(120 * drags):
        turn = step / 120 * 2 * math.pi
        mouse.move(x + 0.4 * box["width"] * math.sin(turn), y + 0.4 * box["height"] * math.sin(2 * turn))
    measured = lab.page.evaluate(END)
    mouse.up()
    lab.wait_painted()
    work, long = sorted(measured["work"]), measured["long"]
    print(
        f"{notches:>8}  {spread(measured['times']):<12}"
        f"{work[int(0.95 * len(work))]:.0f} / {work[-1]:<7.0f}{len(long)} / {max(long, default=0):.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
