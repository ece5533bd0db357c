"""Use one widget for a long time, and watch the memory of the kernel and of the page.

``python -m scripts.soak --searches 3000`` searches, overtakes searches that are under way, drags nprobe and
k, steps, changes views, and begins and cancels workloads, in an order that the seed decides. It prints the
memory now and then and exits with 1 when it has grown by more than what is allowed since the first tenth. The
kernel may fill its store of thumbnails meanwhile, which is 64 MiB.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import CDPSession

from scripts.lab import PATIENCE, LabPage, chromium, jupyterlab, open_notebook

# A search streams about 1 MB, so that one that is kept can be seen.
PREPARE = """
import ctypes, gc, sys
import faiss, numpy as np, psutil
import feder_widget as fw

rng = np.random.default_rng(0)
X = rng.normal(size=({rows}, 16)).astype("float32")
index = faiss.index_factory(16, "IVF{nlist},Flat")
index.cp.niter = 4
index.train(X)
index.add(X)

def resident():
    gc.collect()
    if sys.platform == "linux":
        # What was freed counts only once it has gone back to the system.
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss

def images(row):
    return np.full((8, 8), row % 256, np.uint8)
"""

DISPLAY = "w = fw.FederWidget(fw.open_index(index), images=images, nprobe=8, k=20)\nw"

_USE = """async ({ searches, seed, limit }) => {
  const root = document.querySelector('.feder-widget');
  let state = seed >>> 0;
  const dice = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const frame = () => new Promise(requestAnimationFrame);
  const named = (selector, name) => [...root.querySelectorAll(selector)].find(
    element => (element.getAttribute('aria-label') ?? element.textContent).trim() === name);
  const press = name => named('button', name)?.click();
  const drag = (name, value) => {
    const input = named('input[type=range]', name);
    input.value = String(value);
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  const settled = async () => {
    const until = performance.now() + limit;
    await frame();
    while (root.dataset.state !== 'done') {
      if (root.dataset.state === 'error') throw new Error(root.querySelector('[role=alert]').textContent);
      if (performance.now() > until) throw new Error(`still ${root.dataset.state}`);
      await frame();
    }
  };
  const sweep = async (name, most) => {
    for (let i = 0; i < 5; i++) {
      drag(name, 1 + Math.floor(most * dice()));
      await frame();
    }
  };
  const acts = [
    () => sweep('nprobe', 64),
    () => sweep('k', 40),
    async () => { press(['Clusters', 'Distances', 'Projection'][Math.floor(3 * dice())]); await frame(); },
    async () => { press('Step back'); press('Step back'); await frame(); press('Step forward'); },
    async () => { press('Play'); await frame(); press('Pause'); },
    async () => { press('Back to the query before'); await settled(); press('Forward to the next query'); },
    async () => { press('View as table'); await frame(); press('View as table'); },
    async () => {
      press('Workload');
      await frame();
      press('Evaluate queries');
      await frame();
      press('Cancel');
      press('This query');
    },
  ];
  let overtaken = 0;
  for (let done = 0; done < searches; done++) {
    press('Random query');
    while (dice() < 0.3 && done + 1 < searches) {
      await frame();
      press('Random query');
      overtaken++;
      done++;
    }
    await settled();
    if (dice() < 0.7) await acts[Math.floor(acts.length * dice())]();
  }
  await settled();
  return overtaken;
}"""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is in use, in bytes, after all garbage was collected; and the page's nodes and listeners."""

    kernel: int
    page: int
    nodes: int
    listeners: int

    def __str__(self) -> str:
        return (
            f"kernel {self.kernel / 2**20:7.1f} MiB   page {self.page / 2**20:6.1f} MiB   "
            f"{self.nodes:6,} nodes   {self.listeners:5,} listeners"
        )


def measure(lab: LabPage, devtools: CDPSession) -> Memory:
    """Collect garbage on both sides and say what is left.

    The page shows the same then, whatever was done before: a table or a larger k has thousands of listeners.
    """
    view = lab.widget.first
    view.get_by_role("tab", name="Clusters").click()
    view.get_by_role("tab", name="This query").click()
    # The page saves what was dragged a moment later, and would set it again.
    shown = [int(view.get_attribute(f"data-{name}") or 0) for name in ("nprobe", "k")]
    lab.wait_kernel("[w.nprobe, w.k]", shown)
    lab.kernel("w.nprobe, w.k, w.cluster = 8, 20, None; w.search(7 if w.query_id != 7 else 8); w.search(7)")
    for name, value in (("nprobe", "8"), ("k", "20"), ("query", "7"), ("state", "done")):
        lab.wait_attribute(f"data-{name}", value)
    lab.wait_painted()
    kernel = int(lab.kernel("print(resident())"))
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    counted = devtools.send("Memory.getDOMCounters")
    return Memory(
        kernel,
        int(devtools.send("Runtime.getHeapUsage")["usedSize"]),
        int(counted["nodes"]),
        int(counted["jsEventListeners"]),
    )


def begin(lab: LabPage) -> None:
    """Have all that is loaded once loaded: the map is final, and one projection has been refined."""
    lab.wait_attribute("data-map", "final")
    view = lab.widget.first
    view.get_by_role("button", name="Random query").click()
    view.get_by_role("tab", name="Projection").click()
    view.get_by_text("t-SNE", exact=True).wait_for()


def use(lab: LabPage, searches: int, seed: int) -> int:
    """Search so many times, and do other things between; returns how many searches were overtaken."""
    overtaken = lab.page.evaluate(_USE, {"searches": searches, "seed": seed, "limit": 1000 * PATIENCE})
    assert isinstance(overtaken, int)
    return overtaken


def devtools_of(lab: LabPage) -> CDPSession:
    """What measures the page."""
    devtools = lab.page.context.new_cdp_session(lab.page)
    devtools.send("HeapProfiler.enable")
    return devtools


def cells(rows: int, nlist: int) -> list[str]:
    """Return a notebook of a widget to be used."""
    return [PREPARE.format(rows=rows, nlist=nlist), DISPLAY]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--searches", type=int, default=3000)
    parser.add_argument("--parts", type=int, default=10, help="measurements; the first is the reference")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--nlist", type=int, default=1024)
    parser.add_argument("--page-growth", type=float, default=4.0, help="MiB that the page may grow by")
    parser.add_argument("--kernel-growth", type=float, default=80.0, help="MiB that the kernel may grow by")
    options = parser.parse_args(argv)
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(server, browser, cells(options.rows, options.nlist), timeout=900) as lab,
    ):
        begin(lab)
        devtools = devtools_of(lab)
        started = time.monotonic()
        overtaken, memories = 0, []
        for part in range(options.parts):
            overtaken += use(lab, options.searches // options.parts, options.seed + part)
            memories.append(measure(lab, devtools))
            count = (part + 1) * (options.searches // options.parts)
            print(f"{count:6,} searches {time.monotonic() - started:6.0f} s   {memories[-1]}", flush=True)
        print(f"{overtaken:,} of the searches were overtaken by the next")
        first, last = memories[0], memories[-1]
        grown = {
            "kernel": ((last.kernel - first.kernel) / 2**20, options.kernel_growth),
            "page": ((last.page - first.page) / 2**20, options.page_growth),
        }
        for side, (growth, allowed) in grown.items():
            print(f"the {side} has grown by {growth:+.1f} MiB, {allowed:g} are allowed")
        for error in lab.console_errors:
            print("console error:", error)
        return int(any(growth > allowed for growth, allowed in grown.values()) or bool(lab.console_errors))


if __name__ == "__main__":
    raise SystemExit(main())
