"""What a person waits for in each view, in a real JupyterLab: three sizes at nprobe 8, 32 and 128.

``first`` is from the click to the first picture of the search, its coarse ranking; ``ready`` until the view
shows every candidate (for Projection the linear picture). ``block`` is the longest task of the page then,
``drag``, ``hover`` and ``pan`` the median and 95th percentile of the time between frames while nprobe is
dragged to and fro, while the mouse crosses the picture, and while the picture is dragged by it, zoomed in.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lab import LabPage, chromium, jupyterlab, open_notebook

SIZES = ((17_125, 512, 256), (100_000, 128, 316), (1_000_000, 128, 1024))

MAKE = """
import pathlib
import faiss, numpy as np
import feder_widget as fw

path = pathlib.Path({path!r})
if path.exists():
    index = faiss.read_index(str(path))
else:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4 * {nlist}, {d})).astype("float32")
    index = faiss.index_factory({d}, "IVF{nlist},Flat")
    index.cp.niter = 8
    def block(n):
        noise = rng.normal(scale=0.6, size=(n, {d})).astype("float32")
        return centres[rng.integers(0, len(centres), n)] + noise
    index.train(block(min({n}, 60 * {nlist})))
    for start in range(0, {n}, 100_000):
        index.add(block(min(100_000, {n} - start)))
    path.parent.mkdir(parents=True, exist_ok=True)
    faiss.write_index(index, str(path))
"""

ASK = """async (view) => {
  const root = document.querySelector('.feder-widget');
  const blocks = [];
  const observer = new PerformanceObserver(list => list.getEntries().forEach(e => blocks.push(e.duration)));
  observer.observe({ type: 'longtask' });
  const before = root.dataset.query;
  for (const name of ['feder:first', 'feder:results', 'feder:points']) performance.clearMarks(name);
  const start = performance.now();
  root.querySelector('button[aria-label="Random query"]').click();
  const last = name => performance.getEntriesByName(name).at(-1)?.startTime ?? 0;
  const frame = () => new Promise(requestAnimationFrame);
  const over = () => root.dataset.query !== before && root.dataset.state === 'done' && last('feder:results');
  while (!over()) await frame();
  const first = performance.getEntriesByName('feder:first')[0].startTime;
  let ready = performance.getEntriesByName('feder:results')[0].startTime;
  if (view !== 'clusters') {
    while (last('feder:points') < first) await frame();
    const points = performance.getEntriesByName('feder:points')[0].startTime;
    ready = Math.max(ready, points);
  }
  await frame(); await frame();
  observer.disconnect();
  return { first: first - start, ready: ready - start, block: Math.max(0, ...blocks) };
}"""

FRAMES = """() => {
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

OVER = "() => { const times = window.federTimes.slice(1); window.federTimes = null; return times; }"

DRAG = """async () => {
  const slider = document.querySelector('.feder-widget input[aria-label="nprobe"]');
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const from = Number(slider.value);
  const times = [];
  let last = performance.now();
  for (let i = 0; i < 60; i++) {
    set.call(slider, String(Math.max(1, from - Math.abs((i % 20) - 10))));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  // What the page has yet to save would undo what the kernel sets next.
  await new Promise(resolve => setTimeout(resolve, 1500));
  return times;
}"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "feder-widget-bench",
        help="where the indexes are kept between runs (default %(default)s)",
    )
    parser.add_argument("--searches", type=int, default=3)
    options = parser.parse_args(argv)
    print(
        f"{'index':<26}{'view':<12}{'nprobe':>6}{'first':>8}{'ready':>8}{'block':>8}   "
        "drag ms   hover ms   pan ms"
    )
    with jupyterlab() as server, chromium() as browser:
        for n, d, nlist in SIZES:
            path = options.cache.resolve() / f"views-{n}x{d}-nlist{nlist}.index"
            cell = MAKE.format(path=str(path), n=n, d=d, nlist=nlist)
            with open_notebook(server, browser, [cell], timeout=600) as lab:
                lab.run_cell("w = fw.FederWidget(index, nprobe=8, k=9)\nw")
                lab.wait_attribute("data-map", "final")
                for view in ("clusters", "distances", "projection"):
                    for nprobe in (8, 32, 128):
                        _measure(lab, f"{n:,} x {d}, {nlist}", view, nprobe, options.searches)
    return 0


def _measure(lab: LabPage, name: str, view: str, nprobe: int, searches: int) -> None:
    lab.kernel(f"w.view = {view!r}; w.nprobe = {nprobe}")
    lab.wait_attribute("data-nprobe", str(nprobe))
    lab.wait_painted()
    rows: list[dict[str, Any]] = [lab.page.evaluate(ASK, view) for _ in range(searches + 1)][1:]
    first, ready, block = (statistics.median(row[key] for row in rows) for key in ("first", "ready", "block"))
    drag = lab.page.evaluate(DRAG)
    lab.wait_painted()
    hover, pan = _frames(lab, press=False), _frames(lab, press=True)
    print(
        f"{name:<26}{view:<12}{nprobe:>6}{first:>8.0f}{ready:>8.0f}{block:>8.0f}   "
        f"{spread(drag):<10}{spread(hover):<11}{spread(pan)}",
        flush=True,
    )


def _frames(lab: LabPage, *, press: bool) -> list[float]:
    """Cross the picture with the mouse, its button down or up, and return the times between frames."""
    mouse = lab.page.mouse
    box = lab.widget.locator(".feder-stage canvas").first.bounding_box()
    if box is None:
        raise RuntimeError("the picture is not on the page")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    if press:
        for _ in range(4):
            mouse.wheel(0, -300)
        mouse.down()
    lab.wait_painted()
    lab.page.evaluate(FRAMES)
    for step in range(120):
        turn = step / 120 * 2 * math.pi
        mouse.move(
            x + 0.3 * box["width"] * math.sin(turn), y + 0.3 * box["height"] * (math.cos(2 * turn) - 1) / 2
        )
    times: list[float] = lab.page.evaluate(OVER)
    if press:
        mouse.up()
        lab.page.keyboard.press("0")
    mouse.move(1, 1)
    lab.wait_painted()
    return times


def spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"{statistics.median(ordered):.0f} / {ordered[int(0.95 * len(ordered))]:.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
