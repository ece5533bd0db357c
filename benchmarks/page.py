"""The widget in a real JupyterLab on a large index without images: what a person waits for, and its cost.

All times are taken in the page. ``page work`` of a notch is the time that the main thread of the whole page
(JupyterLab's part and the drawing of the canvas included) spent in tasks, as Chromium counts it, less what
the measuring itself costs. It is wall time: on a busy machine it grows.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lab import REPOSITORY, LabPage, chromium, jupyterlab, open_notebook

PREPARE = """
import gc, pathlib, sys
import faiss, psutil
import feder_widget as fw
from feder_widget import FederWidget

sys.path.insert(0, {repository!r})
from benchmarks.trace import cached_index

index = cached_index({n}, pathlib.Path({cache!r}))
def resident():
    gc.collect()
    return psutil.Process().memory_info().rss
before = resident()
"""

DISPLAY = "w = fw.FederWidget(fw.open_index(index), nprobe=32, k=100)\nw"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors in the index")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "feder-widget-bench",
        help="where the index is kept between runs (default %(default)s)",
    )
    parser.add_argument("--searches", type=int, default=10)
    parser.add_argument("--notches", type=int, default=200)
    options = parser.parse_args(argv)
    prepare = PREPARE.format(repository=str(REPOSITORY), n=options.n, cache=str(options.cache.resolve()))
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(server, browser, [prepare], timeout=600) as lab,
    ):
        received = _count_received(lab)
        print(f"{options.n:,} x 128, nlist 1024, no images; k 100")
        _measure_display(lab)
        _measure_searches(lab, received, options.searches)
        _measure_memory(lab)
        _measure_notches(lab, options.notches)
        for error in lab.console_errors:
            print("console error:", error)
    return 0


def _measure_display(lab: LabPage) -> None:
    lab.page.evaluate("window.feder0 = performance.now()")
    lab.run_cell(DISPLAY)
    lab.page.wait_for_selector('.feder-widget[data-map="final"]')
    marks = lab.page.evaluate(
        "performance.getEntriesByName('feder:map').map(mark => mark.startTime - window.feder0)"
    )
    print(f"cell run to map drawn          first {marks[0]:7.0f} ms   final {marks[-1]:7.0f} ms")


def _measure_searches(lab: LabPage, received: list[int], count: int) -> None:
    button = lab.widget.get_by_role("button", name="Random query")
    drawn, done, sizes = [], [], []
    for _ in range(count):
        query = lab.widget.get_attribute("data-query")
        received.clear()
        lab.page.evaluate(_START_SEARCH)
        button.click()
        lab.page.wait_for_function(_SEARCH_IS_OVER, arg=query)
        times = lab.page.evaluate("window.federSearch")
        drawn.append(times["drawn"])
        done.append(times["done"])
        sizes.append(sum(received))
    print(f"search asked to results drawn  {spread(drawn)}   (nprobe 32)")
    print(f"search asked to all streamed   {spread(done)}")
    print(f"bytes received per search      {statistics.median(sizes):9,.0f}")


def _measure_memory(lab: LabPage) -> None:
    added, index_bytes = lab.kernel_json("[resident() - before, index.ntotal * (4 * index.d + 8)]")
    print(f"kernel memory added            {added / 2**20:7.1f} MiB, {added / index_bytes:.1%} of the index")


def _measure_notches(lab: LabPage, count: int) -> None:
    page = lab.page
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(_WATCH_FRAMES)
    slider = lab.widget.get_by_role("slider", name="nprobe", exact=True)
    slider.focus()

    def work(key: str) -> tuple[float, float]:
        before = main_thread_milliseconds(session)
        page.keyboard.press(key)
        lab.wait_painted()
        after = main_thread_milliseconds(session)
        return after[0] - before[0], after[1] - before[1]

    # A key that changes nothing costs the same measuring, and takes the same way through JupyterLab.
    idle = [statistics.median(column) for column in zip(*(work("Shift") for _ in range(30)), strict=True)]
    page.evaluate("window.federFrames.length = 0; window.federLong.length = 0")
    first = int(lab.widget.get_attribute("data-nprobe") or 0)
    costs = [work("ArrowRight") for _ in range(count)]
    moved = int(lab.widget.get_attribute("data-nprobe") or 0) - first
    frames, long_tasks = page.evaluate("[window.federFrames, window.federLong]")
    tasks, scripts = (
        [cost - free for cost in column] for column, free in zip(zip(*costs, strict=True), idle, strict=True)
    )
    print(f"notch of nprobe, page work     {spread(tasks)}   ({count} notches from nprobe {first})")
    print(f"  of it script, style, layout  {spread(scripts)}")
    print(f"notch of nprobe, key to frame  {spread(frames)}")
    print(f"tasks over 50 ms               {len(long_tasks)}, longest {max(long_tasks, default=0):.0f} ms")
    if moved != count:
        raise RuntimeError(f"{count} notches moved nprobe by {moved}")


def _count_received(lab: LabPage) -> list[int]:
    received: list[int] = []
    lab.page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda payload: received.append(len(payload))),
    )
    # The socket that is open already is not announced again.
    lab.reload()
    return received


def main_thread_milliseconds(session: Any) -> tuple[float, float]:
    """Time spent so far in all tasks of the main thread, and in its scripts, styles and layouts alone."""
    seconds = {
        metric["name"]: float(metric["value"]) for metric in session.send("Performance.getMetrics")["metrics"]
    }
    own = seconds["ScriptDuration"] + seconds["RecalcStyleDuration"] + seconds["LayoutDuration"]
    return 1000 * seconds["TaskDuration"], 1000 * own


def spread(values: Sequence[float]) -> str:
    """Say the median and the 95th percentile of times in milliseconds."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):7.1f} ms   p95 {p95:7.1f} ms"


_START_SEARCH = """() => {
  const root = document.querySelector('.feder-widget');
  const times = window.federSearch = {};
  const query = root.dataset.query;
  performance.clearMarks('feder:results');
  root.addEventListener('click', event => {
    const start = event.timeStamp;
    const frame = () => {
      const mark = performance.getEntriesByName('feder:results').at(-1);
      if (root.dataset.query !== query && root.dataset.state === 'done' && mark) {
        times.done = performance.now() - start;
        times.drawn = performance.getEntriesByName('feder:results')[0].startTime - start;
      } else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, { once: true, capture: true });
}"""

_SEARCH_IS_OVER = "() => window.federSearch?.done !== undefined"

_WATCH_FRAMES = """() => {
  window.federFrames = [];
  window.federLong = [];
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) window.federLong.push(duration);
  }).observe({ type: 'longtask' });
  addEventListener('keydown', event => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.federFrames.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  }, { capture: true });
}"""


if __name__ == "__main__":
    raise SystemExit(main())
