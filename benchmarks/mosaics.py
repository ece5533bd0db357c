"""Moving through the mosaics of the map, in a real JupyterLab: indexes of 10,000 and of 65,536 clusters.

The map is zoomed until its cells are mosaics, then dragged along a figure of eight. ``frames`` are the median
and the 95th percentile of the time between frames, ``work`` the 95th percentile and the maximum of the time
that one frame's callbacks take, ``tasks`` the number of tasks over 50 ms and the longest. ``pictures`` is
from the end of the zoom until the first picture that was asked for is drawn.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

from benchmarks.views import spread
from scripts.lab import LabPage, chromium, jupyterlab, open_notebook

SIZES = ((300_000, 10_000), (1_000_000, 65_536))

MAKE = """
import faiss, numpy as np
import feder_widget as fw

n, nlist, d = {n}, {nlist}, 16
rng = np.random.default_rng(0)
centroids = rng.normal(size=(nlist, d)).astype("float32")
quantizer = faiss.IndexFlatL2(d)
quantizer.add(centroids)
index = faiss.IndexIVFFlat(quantizer, d, nlist)
index.is_trained = True
homes = rng.integers(0, nlist, n)
rows = centroids[homes] + rng.normal(scale=0.3, size=(n, d)).astype("float32")
for start in range(0, n, 100_000):
    index.add(rows[start:start + 100_000])
"""

# Counts what one frame's callbacks cost, and the time between frames.
WATCH = """() => {
  window.federWork = [];
  window.federLong = [];
  const own = window.requestAnimationFrame.bind(window);
  let frame = 0;
  let spent = 0;
  window.requestAnimationFrame = callback => own(now => {
    if (now !== frame) {
      if (frame !== 0) window.federWork.push(spent);
      frame = now;
      spent = 0;
    }
    const start = performance.now();
    callback(now);
    spent += performance.now() - start;
  });
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) window.federLong.push(duration);
  }).observe({ type: 'longtask' });
}"""

BEGIN = """() => {
  window.federWork.length = window.federLong.length = 0;
  window.federTimes = [];
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    window.federTimes?.push(now - last);
    last = now;
    if (window.federTimes) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""

END = """() => {
  const times = window.federTimes.slice(1);
  window.federTimes = null;
  return { times, work: window.federWork, long: window.federLong };
}"""

# Not a number where all pictures were there before.
FIRST_PICTURE = """async rested => {
  const drawn = () => performance.getEntriesByName('feder:tiles').find(mark => mark.startTime > rested);
  while (!drawn() && performance.now() < rested + 3000) await new Promise(requestAnimationFrame);
  return (drawn()?.startTime ?? NaN) - rested;
}"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drags", type=int, default=4, help="figures of eight at each depth")
    options = parser.parse_args(argv)
    print(
        f"{'nlist':>8}{'zoom':>10}  {'rows in sight':<28}{'frames ms':<12}{'work ms':<12}tasks     pictures"
    )
    with jupyterlab() as server, chromium() as browser:
        for n, nlist in SIZES:
            with open_notebook(server, browser, [MAKE.format(n=n, nlist=nlist)], timeout=600) as lab:
                lab.run_cell("w = fw.FederWidget(fw.open_index(index), nprobe=8, k=9)\nw.search(7)\nw")
                lab.wait_attribute("data-map", "final")
                lab.wait_state("done")
                lab.page.evaluate(WATCH)
                # A cell of 120 pixels, of 240, and of 480.
                first = math.ceil(4 * math.log2(120 / _cell_side(lab, nlist)))
                for notches in (first + 1, 4, 4):
                    _measure(lab, nlist, notches, options.drags)
    return 0


def _cell_side(lab: LabPage, nlist: int) -> float:
    box = _box(lab)
    return math.sqrt(4 / math.pi * box["width"] * box["height"] / nlist)


def _box(lab: LabPage) -> Any:
    box = lab.widget.locator(".feder-map canvas").bounding_box()
    if box is None:
        raise RuntimeError("the map is not on the page")
    return box


def _measure(lab: LabPage, nlist: int, notches: int, drags: int) -> None:
    mouse, box = lab.page.mouse, _box(lab)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    # A notch of the wheel enlarges the map by the fourth root of 2.
    for _ in range(notches):
        mouse.wheel(0, -100)
        lab.page.evaluate("() => new Promise(requestAnimationFrame)")
    rested = lab.page.evaluate("() => performance.now()")
    pictures = lab.page.evaluate(FIRST_PICTURE, rested)
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
    seen = lab.widget.locator(".feder-map > p.feder-sr").first.inner_text().split(" in sight")[0]
    print(
        f"{nlist:>8,}{notches:>10}  {seen:<28}{spread(measured['times']):<12}"
        f"{work[int(0.95 * len(work))]:.0f} / {work[-1]:<7.0f}"
        f"{len(long)} / {max(long, default=0):<6.0f}{pictures:.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
