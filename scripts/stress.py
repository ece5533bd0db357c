"""Change an index at random moments while a widget shows, searches, surveys and evaluates it.

``python -m scripts.stress --rounds 300`` adds and removes vectors, and closes and remakes the widget, in
cells of a real kernel with a real page, at moments that the seed decides. After each round the widget is
asked anew: its results on the page and ``w.trace()`` must be those of ``index.search``. It exits with 1
when a kernel died, an answer was another, or none came.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from playwright.sync_api import Error as PlaywrightError

from scripts.lab import LabError, LabPage, chromium, jupyterlab, open_notebook

# Values between 0 and 1, so that a scalar quantizer keeps those that are added later as well. Memory that is
# freed goes back to the system at once, so that a read of it cannot go unnoticed.
PREPARE = """
import ctypes, os, sys, time
import faiss, numpy as np
import feder_widget as fw

if sys.platform == "linux":
    M_MMAP_THRESHOLD = -3
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 16_384)
rng = np.random.default_rng({seed})
first = rng.random(size=({rows}, {dim}), dtype=np.float32)
made = faiss.index_factory({dim}, "{factory}")
made.cp.niter = 4
made.train(first[:30_000])
made.add(first)

def show():
    '''Make a widget on an index whose lists have no room left, so that the next vector added moves them.'''
    global X, index, stored, w
    X, index, stored = first, faiss.clone_index(made), np.arange(len(first))
    w = fw.FederWidget(fw.open_index(index), nprobe=8, k=9, include_self=True)
    return w

def add(count):
    global X, stored
    ids = len(X) + np.arange(count)
    X = np.concatenate([X, rng.random(size=(count, {dim}), dtype=np.float32)])
    stored = np.concatenate([stored, ids])
    index.add_with_ids(X[ids], ids)

def remove(count):
    global stored
    chosen = rng.choice(len(stored), min(count, len(stored) // 2), replace=False)
    index.remove_ids(stored[chosen])
    stored = np.delete(stored, chosen)

def search():
    row = int(rng.choice(stored))
    w.search(row)
    return row

def answers(row):
    '''What Faiss and the widget's trace return for the row that was asked for.'''
    vector = w.index.vector(row)
    index.nprobe = w.nprobe
    distances, ids = index.search(vector[None], w.k)
    trace = w.trace()
    return {{
        # Codes clip the few numbers that are beyond those they were trained on; another row is far off.
        "read": bool(np.allclose(vector, X[row], atol=0.25)),
        "faiss": [str(i) for i in ids[0] if i >= 0],
        "trace": [str(i) for i in trace.ids],
        "distances": bool((trace.distances == distances[0][: len(trace.ids)]).all()),
        "place": [w.nprobe, w.k],
    }}
"""

DISPLAY = "show()"

_SHOW = """async () => {
  const { commands, shell } = window.jupyterapp;
  shell.currentWidget.content.activeCellIndex = 1;
  await commands.execute('notebook:run-cell');
}"""

_PRESS = """name => {
  const root = document.querySelector('.feder-widget');
  const called = element => (element.getAttribute('aria-label') ?? element.textContent).trim();
  [...root.querySelectorAll('button, [role=tab]')].find(element => called(element) === name)?.click();
}"""

# One search overtakes the other until the round is over.
_KEEP_SEARCHING = """() => {
  window.searching = setInterval(() => {
    const buttons = [...document.querySelectorAll('.feder-widget button')];
    buttons.find(button => button.getAttribute('aria-label') === 'Random query')?.click();
  }, 60);
}"""

# A search that begins meanwhile leads back to the query. So many queries take until they are cancelled.
_EVALUATE = """async () => {
  const root = document.querySelector('.feder-widget');
  const tab = [...root.querySelectorAll('[role=tab]')].find(each => each.textContent.trim() === 'Workload');
  tab.click();
  await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
  const number = root.querySelector('input[aria-label="Queries drawn from the index"]');
  if (number === null) return false;
  number.value = '1000000';
  number.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
  if (!number.isConnected) return false;
  number.form.requestSubmit();
  return true;
}"""

_DRAG = """async (value) => {
  const input = document.querySelector('.feder-widget input[type=range][aria-label="nprobe"]');
  input.value = String(value);
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
}"""

_SHOWN = """() => {
  const root = document.querySelector('.feder-widget');
  const { query, state, nprobe, k } = root.dataset;
  const alert = root.querySelector('[role=alert]')?.textContent;
  const results = root.dataset.results.split(',').filter(id => id !== '');
  return { query, state, alert, place: [Number(nprobe), Number(k)], results };
}"""

_BUSY = """() => {
  const root = document.querySelector('.feder-widget');
  return root.dataset.state === 'searching' || root.querySelector('progress') !== null;
}"""

_ANSWERED = """row => {
  const { query, state } = document.querySelector('.feder-widget').dataset;
  return query === row && state === 'done';
}"""


@dataclass
class Outcome:
    """Rounds that were survived, and what went wrong in the others."""

    rounds: int = 0
    changes: int = 0
    met: int = 0
    """Changes just before which the page was waiting for a search or a workload."""
    crashes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def note(self, faults: list[str], fault: str) -> None:
        """Add a fault, and say it at once: a long run may be cut off."""
        faults.append(fault)
        print(fault[:2000], flush=True)

    @property
    def faults(self) -> list[str]:
        """All that went wrong, a line each."""
        return [*self.crashes, *self.wrong, *self.stuck]

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds, {self.changes} changes, {self.met} of them amid work: "
            f"{len(self.crashes)} kernels died, {len(self.wrong)} answers differ from Faiss's, "
            f"{len(self.stuck)} never came"
        )


class _KernelDiedError(Exception):
    pass


def cells(*, rows: int, dim: int = 64, factory: str = "IVF256,Flat", seed: int = 0) -> list[str]:
    """Return a notebook whose second cell shows the widget."""
    return [PREPARE.format(rows=rows, dim=dim, factory=factory, seed=seed), DISPLAY]


def disturb(lab: LabPage, outcome: Outcome, rounds: int, random: Random) -> None:
    """Have so many rounds in one kernel, fewer if it dies; what happens is noted in `outcome`."""
    pid = lab.kernel_json("os.getpid()")
    for _ in range(rounds):
        name = f"round {outcome.rounds}"
        did: list[str] = []
        try:
            _round(lab, outcome, random, did)
            if lab.kernel_json("os.getpid()") != pid:
                raise _KernelDiedError
        except (_KernelDiedError, LabError, PlaywrightError) as error:
            if _alive(lab, pid):
                outcome.note(outcome.stuck, f"{name}, after {', '.join(did)}: {error}")
            else:
                outcome.note(outcome.crashes, f"{name}: the kernel died after {', '.join(did)}")
            return
        finally:
            outcome.rounds += 1


def _alive(lab: LabPage, pid: int) -> bool:
    try:
        return bool(lab.kernel_json("os.getpid()") == pid)
    except (LabError, PlaywrightError):
        return False


def _round(lab: LabPage, outcome: Outcome, random: Random, did: list[str]) -> None:
    """Set work going, change the index at random moments, and compare what a new search shows."""

    def run(code: str) -> None:
        did.append(code)
        lab.kernel(code)

    def press(name: str) -> None:
        did.append(name)
        lab.page.evaluate(_PRESS, name)

    press("Random query")
    if random.random() < 0.5:
        did.append("searches")
        lab.page.evaluate(_KEEP_SEARCHING)
    if random.random() < 0.6:
        did.append("Evaluate queries" if lab.page.evaluate(_EVALUATE) else "Workload")
    if random.random() < 0.3:
        run(f"w.cluster = {random.randrange(64)}")
    if random.random() < 0.3:
        press(random.choice(("Clusters", "Distances", "Projection")))
    for _ in range(random.randint(1, 4)):
        # The moment is what is random: nothing is waited for.
        lab.page.wait_for_timeout(random.choice((5, 40, 400)) * random.random())
        if random.random() < 0.3:
            lab.page.evaluate(_DRAG, random.randint(1, 64))
        outcome.met += bool(lab.page.evaluate(_BUSY))
        change = f"{random.choice(('add', 'add', 'remove'))}({random.choice((1, 1000, 10_000, 10_000))})"
        if random.random() < 0.5:
            pause = random.choice((0, 0.01, 0.1)) * random.random()
            change = f"for _ in range(4): search(); time.sleep({pause:.4f}); {change}"
        run(change)
        outcome.changes += 1
    lab.page.evaluate("clearInterval(window.searching)")
    ending = random.random()
    if ending < 0.2:
        run("w.evaluate(500, progress=False)")
    elif ending < 0.3:
        press("Cancel")
    elif ending < 0.9:
        if ending < 0.6:
            run("w.close()")
        else:
            did.append("the cell run anew")
        lab.page.evaluate(_SHOW)
    _ask_anew(lab, outcome, did)


def _ask_anew(lab: LabPage, outcome: Outcome, did: Sequence[str]) -> None:
    lab.widget.wait_for()
    _have_page_heard(lab)
    row = int(lab.kernel_json("search()"))
    try:
        lab.page.wait_for_function(_ANSWERED, arg=str(row), timeout=60_000)
    except PlaywrightError as error:
        raise LabError(f"row {row} was asked for, the page shows {lab.page.evaluate(_SHOWN)}") from error
    place = lab.page.evaluate(_SHOWN)["place"]
    # The page saves what a person has set a moment later.
    lab.wait_kernel("[w.nprobe, w.k]", place)
    lab.wait_painted()
    shown, kernel = lab.page.evaluate(_SHOWN), lab.kernel_json(f"answers({row})")
    said = {
        "page": shown["results"] == kernel["faiss"],
        "trace": kernel["trace"] == kernel["faiss"],
        "distances": kernel["distances"],
        "row": kernel["read"],
        "place": shown["place"] == kernel["place"],
    }
    differ = [name for name, same in said.items() if not same]
    if differ:
        outcome.note(
            outcome.wrong,
            f"round {outcome.rounds}, after {', '.join(did)}: row {row}, {' and '.join(differ)} differ: "
            f"page {shown}, kernel {kernel}",
        )


def _have_page_heard(lab: LabPage) -> None:
    """Wait until the kernel has heard all that the page asked for.

    JupyterLab sends the messages of a widget to a subshell, which may take them up after a cell that was run
    later. A search that the page asked for before would then replace the cell's. They stay in order among
    themselves.
    """
    nprobe = lab.page.evaluate(_SHOWN)["place"][0] % 64 + 1
    lab.page.evaluate(_DRAG, nprobe)
    lab.wait_kernel("w.nprobe", nprobe)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.stress",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=300, help="rounds for each kind of index")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--factory", nargs="+", default=["IVF256,Flat", "IVF256,SQ8"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    faults = 0
    with jupyterlab() as server, chromium() as browser:
        for factory in options.factory:
            outcome, random = Outcome(), Random(f"{options.seed} {factory}")
            began, said = time.monotonic(), 0
            while outcome.rounds < options.rounds:
                notebook = cells(rows=options.rows, factory=factory, seed=options.seed)
                with open_notebook(server, browser, notebook) as lab:
                    # In one notebook for as long as it lives; some rounds at a time, to say how it goes.
                    while (
                        outcome.rounds < options.rounds and len(outcome.crashes) + len(outcome.stuck) == said
                    ):
                        disturb(lab, outcome, min(25, options.rounds - outcome.rounds), random)
                        print(f"{factory} {time.monotonic() - began:6.0f} s   {outcome}", flush=True)
                said = len(outcome.crashes) + len(outcome.stuck)
            faults += len(outcome.faults)
    return int(faults > 0)


if __name__ == "__main__":
    raise SystemExit(main())
