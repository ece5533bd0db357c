"""A search saved as one page: how large it is, how long it takes to save and to open, and how it follows.

10,000 pictures of 32 x 32, cut from scikit-learn's photographs, nlist 100: one query, and with the 20 hardest
of 1,000. The page is opened from a file, without a network. ``move to frame`` is as for dragging.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from playwright.sync_api import Browser
from sklearn.datasets import load_sample_images

from benchmarks.dragging import WATCH_MOVES
from benchmarks.page import spread
from feder_widget import FederWidget
from scripts.lab import chromium

N = 10_000
SIDE = 32
NLIST = 100


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--opened", type=int, default=10, help="times that each page is opened")
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args(argv)
    widget = made()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, most_bytes, most_seconds in (("one query", 1.5e6, 0.5), ("with 20 hardest", 6e6, 0.8)):
            if name != "one query":
                widget.evaluate(1000, progress=False)
            path = Path(folder) / "page.html"
            seconds = []
            for _ in range(3):
                begun = time.perf_counter()
                widget.save_html(path)
                seconds.append(time.perf_counter() - begun)
            print(name)
            print(
                f"  size                  {path.stat().st_size / 1e6:7.2f} MB   (aim {most_bytes / 1e6:.1f})"
            )
            print(f"  saved in              {statistics.median(seconds):7.2f} s    (aim 3)")
            opened = [opening(browser, path) for _ in range(options.opened)]
            print(f"  opened to first frame {spread(opened)}   (aim {1000 * most_seconds:.0f})")
            print(f"  move to frame         {spread(dragging(browser, path, options.moves))}   (aim 16)")
    return 0


def made() -> FederWidget:
    """Return a widget over 10,000 tiles, searched."""
    photographs = load_sample_images().images
    tiles = np.concatenate(
        [
            np.lib.stride_tricks.sliding_window_view(photo, (SIDE, SIDE, 3))[::6, ::6].reshape(
                -1, SIDE, SIDE, 3
            )
            for photo in photographs
        ]
    )
    tiles = tiles[np.random.default_rng(0).choice(len(tiles), N, replace=False)]
    vectors = tiles.reshape(N, 8, 4, 8, 4, 3).mean((2, 4)).reshape(N, -1).astype(np.float32) / 255
    index = faiss.index_factory(vectors.shape[1], f"IVF{NLIST},Flat")
    index.train(vectors)
    index.add(vectors)
    widget = FederWidget(index, images=tiles, nprobe=4, k=12)
    widget.search(17)
    return widget


def opening(browser: Browser, path: Path) -> float:
    """Return the milliseconds from the start of the navigation to the frame that shows the results."""
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(_WATCH_RESULTS)
        page.goto(path.as_uri())
        return float(page.evaluate("window.federDrawn"))
    finally:
        context.close()


def dragging(browser: Browser, path: Path, moves: int) -> list[float]:
    """Return the milliseconds from each move of the handle to the frame that shows its nprobe."""
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    try:
        page: Any = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector('.feder-widget[data-state="done"][data-map="final"]')
        box = page.locator('[aria-label^="Recall at every nprobe"]').bounding_box()
        page.mouse.move(box["x"] + 4, box["y"] + 40)
        page.mouse.down()
        page.evaluate(WATCH_MOVES)
        for move in range(moves):
            page.mouse.move(box["x"] + 4 + (move + 1) * (box["width"] - 8) / moves, box["y"] + 40)
            page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        page.mouse.up()
        return [float(frame) for frame in page.evaluate("federFrames")]
    finally:
        context.close()


_WATCH_RESULTS = """
window.federDrawn = new Promise(done => {
const watch = () => {
  const root = document.querySelector('.feder-widget');
  const picture = root?.querySelector("ol[aria-label='True neighbours'] img.feder-picture");
  if (root?.dataset.state === 'done' && root.dataset.map !== '' && picture?.complete) {
    requestAnimationFrame(() => done(performance.now()));
  } else requestAnimationFrame(watch);
};
requestAnimationFrame(watch);
});
"""


if __name__ == "__main__":
    raise SystemExit(main())
