"""nprobe dragged over the recall curve while a cell keeps the kernel busy, and hard queries opened.

In a real JupyterLab, on 50,000 x 128 vectors with nlist 256. ``move to frame`` is the time from when the page
hears of a move of the mouse to the frame that shows its nprobe. A hard query is timed from the click until
its results, its missed ones and its curve are on the page. What each position shows is compared with what
``index.search`` returns.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page import main_thread_milliseconds, spread
from scripts.lab import REPOSITORY, LabPage, chromium, jupyterlab, open_notebook

PREPARE = """
import pathlib, sys, time
import feder_widget as fw
sys.path.insert(0, {repository!r})
from benchmarks.recall import K, workload_index

index = workload_index(50_000)
opened = fw.open_index(index)
def returned(row):
    found = {{}}
    for nprobe in range(1, opened.nlist + 1):
        index.nprobe = nprobe
        ids = index.search(opened.vector(row)[None], K + 1)[1][0].tolist()
        found[nprobe] = [i for i in ids if i != row][:K]
    true = found[opened.nlist]
    return {{n: [ids, [i for i in true if i not in ids]] for n, ids in found.items()}}
asked = []
"""

DISPLAY = """
w = fw.FederWidget(opened, nprobe=2, k=K)
w.on_msg(lambda _widget, content, _buffers: asked.append(content["kind"]))
w
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--opened", type=int, default=20, help="hard queries that are opened")
    options = parser.parse_args(argv)
    prepare = PREPARE.format(repository=str(REPOSITORY))
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(server, browser, [prepare, DISPLAY], timeout=600) as lab,
    ):
        lab.wait_attribute("data-map", "final")
        measure_dragging(lab, options.moves)
        measure_opening(lab, options.opened)
        for error in lab.console_errors:
            print("console error:", error)
    return 0


def measure_dragging(lab: LabPage, moves: int) -> None:
    """Print how long the page takes to follow the handle, and whether it shows what Faiss finds."""
    lab.kernel("w.search(17)")
    lab.wait_attribute("data-state", "done")
    lab.page.wait_for_function("document.querySelector('.feder-widget').dataset.missed !== ''")
    expected = lab.kernel_json("returned(17)")
    chart = lab.widget.locator('[aria-label^="Recall at every nprobe"]')
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    if box is None:
        raise RuntimeError("the recall curve is not on the page")
    lab.kernel("asked.clear()")
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder) / "gate"
        lab.page.evaluate(KEEP_BUSY, f"while not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.01)")
        lab.page.mouse.move(box["x"] + 4, box["y"] + 40)
        lab.page.mouse.down()
        lab.page.evaluate(WATCH_MOVES)
        session = lab.page.context.new_cdp_session(lab.page)
        session.send("Performance.enable")
        works = []
        for move in range(moves):
            before = main_thread_milliseconds(session)[1]
            lab.page.mouse.move(box["x"] + 4 + (move + 1) * (box["width"] - 8) / moves, box["y"] + 40)
            lab.wait_painted()
            works.append(main_thread_milliseconds(session)[1] - before)
        lab.page.mouse.up()
        frames, shown, blocks = lab.page.evaluate("[federFrames, federShown, federBlocks]")
        gate.touch()
        lab.page.evaluate("window.federBusy")
    wrong = sum(expected[nprobe] != lists for nprobe, *lists in shown)
    print(
        f"50,000 x 128, nlist 256, the kernel busy; "
        f"{len(frames)} moves over {len({nprobe for nprobe, *_ in shown})} nprobes"
    )
    print(f"  move to frame         {spread(frames)}   (aim 16)")
    print(f"  script, style, layout {spread(works)}")
    print(f"  tasks over 50 ms      {len(blocks)}")
    print(f"  positions that differ from index.search: {wrong} of {len(shown)}")
    needed = [kind for kind in lab.kernel_json("asked") if kind not in ("thumbnails", "members")]
    print(f"  questions to the kernel: {len(needed)}")
    if wrong or needed:
        raise AssertionError(f"{wrong} positions are wrong, the kernel was asked {needed}")


def measure_opening(lab: LabPage, count: int) -> None:
    """Print how long it takes from a click on a hard query to all that is said about it."""
    lab.kernel("w.evaluate(500, progress=False)")
    workload = lab.widget.get_by_role("tab", name="Workload")
    workload.click()
    hard = lab.widget.get_by_role("list", name="Hardest queries").get_by_role("button")
    hard.first.wait_for()
    lab.page.evaluate(_WATCH_OPENING)
    times: list[dict[str, float]] = []
    for number in range(min(count, hard.count())):
        lab.page.evaluate("window.federOpened = null")
        workload.click()
        hard.nth(number).click()
        lab.page.wait_for_function("window.federOpened !== null")
        times.append(lab.page.evaluate("window.federOpened"))
    print(f"  click on a hard query to its results     {spread([t['results'] for t in times])}   (aim 150)")
    print(f"  ... to its missed ones and its curve     {spread([t['truth'] for t in times])}")


KEEP_BUSY = """code => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  window.federBusy = kernel.requestExecute({ code }).done;
}"""

WATCH_MOVES = """() => {
  window.federFrames = [];
  window.federShown = [];
  window.federBlocks = [];
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) federBlocks.push(duration);
  }).observe({ type: 'longtask' });
  const root = document.querySelector('.feder-widget');
  const ids = said => said === '' ? [] : said.split(',').map(Number);
  addEventListener('pointermove', event => {
    const at = performance.now();
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        federFrames.push(performance.now() - at);
        const { nprobe, ef, results, missedIds } = root.dataset;
        federShown.push([nprobe ?? ef, ids(results), ids(missedIds)]);
      };
      channel.port2.postMessage(0);
    });
  }, { capture: true });
}"""

_WATCH_OPENING = """() => {
  const root = document.querySelector('.feder-widget');
  root.addEventListener('click', event => {
    if (event.target.closest('[aria-label="Hardest queries"]') === null) return;
    const query = root.dataset.query;
    const times = {};
    performance.clearMarks('feder:results');
    const frame = () => {
      const here = root.dataset.query !== query;
      const mark = performance.getEntriesByName('feder:results')[0];
      if (here && mark) times.results ??= mark.startTime - event.timeStamp;
      if (here && times.results && root.dataset.missed !== '') {
        times.truth = performance.now() - event.timeStamp;
        window.federOpened = times;
      } else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, { capture: true });
}"""


if __name__ == "__main__":
    raise SystemExit(main())
