"""efSearch dragged over the curve of a graph, in each of its views, while a cell keeps the kernel busy.

In a real JupyterLab, on 50,000 x 128 vectors in a graph with M 16, to an efSearch that visits more than 5,000
nodes. ``move to frame`` is the time from when the page hears of a move of the mouse to the frame that shows
its efSearch. What each position shows is compared with what ``index.search`` returns; beyond a tie of
distances the page waits for the kernel.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.dragging import KEEP_BUSY, WATCH_MOVES
from benchmarks.page import main_thread_milliseconds, spread
from scripts.lab import REPOSITORY, LabPage, chromium, jupyterlab, open_notebook

AIM = 16
VISITED = 5000

PREPARE = """
import pathlib, sys, time
import faiss
import feder_widget as fw
sys.path.insert(0, {repository!r})
from benchmarks.graph import vectors

X = vectors(50_000, 128)
index = faiss.IndexHNSWFlat(128, 16)
index.add(X)
opened = fw.open_index(index)
K, ROW = 10, 17
EF = 256
# The curve goes to twice of what is set.
while len(opened.trace(ROW, K, 2 * EF).visited) <= {visited}:
    EF *= 2
def returned(ef):
    settings = faiss.SearchParametersHNSW()
    settings.efSearch = ef
    ids = index.search(X[ROW : ROW + 1], K + 1, params=settings)[1][0].tolist()
    return [i for i in ids if i != ROW][:K]
"""

DISPLAY = """
w = fw.FederWidget(opened, ef_search=EF, k=K)
w.search(ROW)
w
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args(argv)
    prepare = PREPARE.format(repository=str(REPOSITORY), visited=VISITED)
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(server, browser, [prepare, DISPLAY], timeout=600) as lab,
    ):
        lab.page.wait_for_function("document.querySelector('.feder-widget').dataset.missed !== ''")
        lab.page.evaluate(WATCH_MOVES)
        print("50,000 x 128, M 16, the kernel busy")
        for view in ("Walk", "Layers", "Map", "Distances", "Projection"):
            lab.widget.get_by_role("tab", name=view).click()
            lab.wait_painted()
            if view == "Map":
                lab.page.wait_for_function(
                    r"/in [1-9][\d,]* districts, /.test("
                    "document.querySelector('[role=application]')?.ariaLabel ?? '')"
                )
            if view == "Projection":
                lab.widget.locator(".feder-projection-method[data-final=true]").wait_for()
            measure(lab, view, options.moves)
        for error in lab.console_errors:
            print("console error:", error)
    return 0


def measure(lab: LabPage, view: str, moves: int) -> None:
    """Print how long a view takes to follow the handle, and whether it shows what Faiss finds."""
    chart = lab.widget.locator('.feder-chart[data-name="efSearch"]')
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    if box is None:
        raise RuntimeError("the curve is not on the page")
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder) / "gate"
        lab.page.evaluate(KEEP_BUSY, f"while not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.01)")
        left, width = box["x"] + 60, box["width"] - 120
        lab.page.mouse.move(left, box["y"] + 40)
        lab.page.mouse.down()
        lab.page.evaluate("federFrames = []; federShown = []; federBlocks.length = 0")
        session = lab.page.context.new_cdp_session(lab.page)
        session.send("Performance.enable")
        works = []
        for move in range(moves):
            before = main_thread_milliseconds(session)[1]
            lab.page.mouse.move(left + (move + 1) * width / moves, box["y"] + 40)
            lab.wait_painted()
            works.append(main_thread_milliseconds(session)[1] - before)
        lab.page.mouse.up()
        frames, shown, blocks = lab.page.evaluate("[federFrames, federShown, federBlocks]")
        gate.touch()
        lab.page.evaluate("window.federBusy")
    efs = sorted({int(ef) for ef, *_ in shown})
    expected = dict(zip(efs, lab.kernel_json(f"[returned(ef) for ef in {efs}]"), strict=True))
    told = [(int(ef), results) for ef, results, _ in shown if results]
    wrong = sum(expected[ef] != results for ef, results in told)
    visited = dict(
        zip(efs, lab.kernel_json(f"[len(opened.trace(ROW, K, ef).visited) for ef in {efs}]"), strict=True)
    )
    many = [
        work
        for work, (ef, *_) in zip(works, shown, strict=True)
        if 0.7 * VISITED < visited[int(ef)] < 1.3 * VISITED
    ]
    print(f"{view}: {len(frames)} moves to efSearch {efs[-1]:,}, {visited[efs[-1]]:,} nodes visited")
    print(f"  move to frame         {spread(frames)}")
    print(f"  script, style, layout {spread(works)}")
    print(f"  at about {VISITED:,} visits {spread(many)}   (aim {AIM})")
    print(f"  tasks over 50 ms      {len(blocks)}")
    print(f"  positions that differ from index.search: {wrong} of {len(told)}")
    print(f"  left to the kernel, as distances tie: {len(shown) - len(told)}")
    if wrong:
        raise AssertionError(f"{wrong} positions are wrong")


if __name__ == "__main__":
    raise SystemExit(main())
