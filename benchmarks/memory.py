"""Memory that a widget adds to a process that holds an index, stage by stage.

python -m benchmarks memory [--n 1000000] [--cache DIR]

Each figure is the resident memory of the process beside what it had once the index was read: after a stage,
and at its highest in it.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trace import DIM, NLIST, cached_index
from feder_widget import open_index
from feder_widget.media import IdRange, Media
from feder_widget.projection import resolve_method
from feder_widget.session.freed_memory import give_back
from feder_widget.session.session import Session

LIMIT = 0.05
"""Share of the index that the widget may add to the memory of the process."""

MB = 1e6

CLEAR_PEAK = "5"
"""Written to clear_refs, it sets the highest resident memory of this process back to the present one."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors in the index (default %(default)s)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "feder-widget-bench",
        help="where the index is kept between runs (default %(default)s)",
    )
    options = parser.parse_args(argv)
    if not Path("/proc/self/clear_refs").exists():
        print("this system does not tell the resident memory of a process")
        return 0
    index = cached_index(options.n, options.cache)
    size = options.n * DIM * 4
    use_libraries(index)
    print(f"{options.n:,} x {DIM}, nlist {NLIST}: {size / MB:.0f} MB")
    print(f"{'stage':<28} {'after MB':>9} {'highest MB':>11} {'of the index':>13}")
    highest = 0.0
    before = resident()
    for name, stage in stages(index):
        with peak() as most:
            stage()
            gc.collect()
        after = resident() - before
        highest = max(highest, after)
        print(f"{name:<28} {after / MB:>9.1f} {(most() - before) / MB:>11.1f} {after / size:>13.1%}")
    print(f"at most {highest / size:.1%} of the index between stages, aim {LIMIT:.0%}")
    return int(highest / size > LIMIT)


def use_libraries(index: Any) -> None:
    """Have Faiss and NumPy take what they keep for searches and products, as the making of an index does."""
    index.nprobe = 8
    some = np.random.default_rng(0).random((20_000, DIM), np.float32)
    index.search(some[:100], 10)
    index.quantizer.search(some, 1)
    np.linalg.eigh(some.T @ some)
    np.linalg.svd(some[:1000].astype(np.float64))
    give_back()


def stages(index: object) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what a person does with a widget, in order."""
    opened = open_index(index)
    finished = threading.Event()
    page: list[str] = []

    def send(message: dict[str, object], _buffers: list[bytes]) -> None:
        page.append(str(message["kind"]))
        if message["kind"] in ("map", "projection") and message["final"]:
            finished.set()

    made: list[Session] = []

    def begin() -> None:
        media = Media(None, None, IdRange(opened.ntotal, lambda: opened.max_id))
        made.append(Session(opened, media, send, k_max=100, projection=resolve_method("auto")))

    def ask(kind: str, *, waits: bool = False, **fields: object) -> None:
        finished.clear()
        made[0].handle({"kind": kind, "request": kind, **fields})
        made[0].drain()
        if waits and not finished.wait(600):
            raise RuntimeError(f"no final answer to {kind}")

    def search(row: int) -> None:
        ask("search", query={"id": str(row), "cluster": None}, nprobe=8, k=10)

    def searches() -> None:
        for row in range(100):
            search(row)

    def survey() -> None:
        made[0].show(True)
        made[0].drain()

    def project() -> None:
        serial = made[0]._searches.active.serial  # type: ignore[union-attr]
        asked = {"serial": serial, "ranks": 8, "flips": [], "k": 10, "extra": [], "extra_clusters": []}
        ask("projection", waits=True, **asked)

    yield "open_index, session", begin
    yield "map", lambda: ask("map", waits=True)
    yield "search", lambda: search(0)
    yield "survey", survey
    yield "100 searches", searches
    yield "projection", project
    yield "members", lambda: ask("members", clusters=[0, 1, 2, 3], offset=0, limit=100)
    yield (
        "thumbnails",
        lambda: ask("thumbnails", ids=[str(row) for row in range(256)], clusters=None, size=64),
    )
    yield "evaluate 200", lambda: ask("evaluate", sample=200, seed=1, k=10)
    yield "closed", lambda: made[0].close()


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    return _status("VmRSS")


@contextmanager
def peak() -> Iterator[Callable[[], int]]:
    """Measure the highest resident memory within a block, in bytes; ask when it is left."""
    Path("/proc/self/clear_refs").write_text(CLEAR_PEAK)
    yield lambda: _status("VmHWM")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {name} in /proc/self/status")


if __name__ == "__main__":
    raise SystemExit(main())
