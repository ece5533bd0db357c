"""Open a very large index whose lists are on disk, draw its map and search it: seconds, bytes, memory.

python -m benchmarks large_index [--n 1000000] [--nlist 4096] [--folder DIR] [--keep]
python -m benchmarks large_index --n 100000000 --nlist 65536

Codes of 16 bytes are made up, and written straight into the file of the lists: 24 bytes for each vector,
2.4 GB for 100,000,000. It is refused where less than that and a gigabyte is free. What is measured runs in a
process of its own, so that the memory is that of a kernel that opens the index and shows it, without a page.
Anonymous memory (RssAnon) is what a process holds; a gigabyte of it, for 65,536 clusters, is the table that
Faiss computes for product codes of residuals. Pages of mapped files (RssFile) are the system's, which takes
them back at will. VmHWM counts both.
"""

from __future__ import annotations

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from feder_widget import open_index
from feder_widget.media import IdRange, Media
from feder_widget.projection import resolve_method
from feder_widget.session.session import Session
from feder_widget.session.summary import summary_of_rows

DIM = 128
CODES = 16
K = 10
NPROBE = 32
SPARE = 1 << 30
"""Bytes that stay free on the disk."""

AIMS = {"final map": 15.0, "warm search": 0.5, "random row": 0.5}
"""Seconds, for 100,000,000 vectors in 65,536 clusters."""

MEMORY_AIM = 2 << 30
"""Bytes of anonymous memory."""

LOOKS_APART = 0.02
"""Seconds between two looks at the memory of this process."""

PATIENCE = 600
"""Seconds that an answer may take."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; return 1 where an aim was missed or the disk is too small."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors (default %(default)s)")
    parser.add_argument("--nlist", type=int, default=4096, help="clusters (default %(default)s)")
    parser.add_argument("--queries", type=int, default=20, help="warm searches (default %(default)s)")
    parser.add_argument(
        "--folder", type=Path, help="where the index is written (default: a temporary folder)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the index in the folder, for another run")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.measure is not None:
        return measure(options.measure, options.queries)
    folder = options.folder or Path(tempfile.gettempdir()) / "feder-widget-big"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        path = written(folder, options.n, options.nlist)
        command = [sys.executable, "-m", "benchmarks.large_index", "--queries", str(options.queries)]
        return subprocess.run([*command, "--measure", str(path)], check=False).returncode
    except OSError as error:
        print(error)
        return 1
    finally:
        if not options.keep:
            for made in folder.glob("large-*"):
                made.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()


def written(folder: Path, n: int, nlist: int) -> Path:
    """Return the path of an index of n made-up codes, which is written where it is not there."""
    path = folder / f"large-{n}-{nlist}.index"
    if path.exists():
        return path
    wanted = n * (CODES + 8) + nlist * DIM * 4 + SPARE
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise OSError(f"{folder} has {free / 1e9:.1f} GB free, and this run needs {wanted / 1e9:.1f} GB")
    start = time.perf_counter()
    index = trained(nlist)
    sizes = list_sizes(n, nlist)
    write_lists(path.with_suffix(".ivfdata"), sizes)
    lists = faiss.OnDiskInvertedLists(nlist, CODES, str(path.with_suffix(".ivfdata")))
    counts = sizes.astype(np.uint64)
    lists.set_all_lists_sizes(faiss.swig_ptr(counts))
    lists.totsize = int(sizes.sum()) * (CODES + 8)
    index.replace_invlists(lists)
    index.ntotal = n
    faiss.write_index(index, str(path))
    print(f"made in {time.perf_counter() - start:.0f} s", flush=True)
    return path


def trained(nlist: int) -> Any:
    """Return an IVF,PQ index without vectors, whose centroids lie in lumps."""
    rng = np.random.default_rng(0)
    lumps = rng.standard_normal((max(1, nlist // 64), DIM), np.float32)
    centroids = lumps[rng.integers(len(lumps), size=nlist)]
    centroids += 0.5 * rng.standard_normal(centroids.shape, np.float32)
    quantizer = faiss.IndexFlatL2(DIM)
    quantizer.add(centroids)
    index = faiss.IndexIVFPQ(quantizer, DIM, nlist, CODES, 8)
    index.pq.train(0.4 * rng.standard_normal((16_384, DIM), np.float32))
    index.is_trained = True
    index.nprobe = NPROBE
    return index


def list_sizes(n: int, nlist: int) -> np.ndarray:
    """Return uneven sizes whose sum is n, int64 (nlist,)."""
    shares = np.random.default_rng(1).lognormal(sigma=0.5, size=nlist)
    ends = np.rint(n * np.cumsum(shares) / shares.sum()).astype(np.int64)
    return np.diff(ends, prepend=0)


def write_lists(path: Path, sizes: np.ndarray) -> None:
    """Write lists one after the other: the codes of each, then its ids, which are a permutation of all."""
    n, rng = int(sizes.sum()), np.random.default_rng(2)
    # A step that has no divisor in common with n comes to each id once.
    step = next(step for step in range(int(n * 0.618) | 1, 2 * n, 2) if math.gcd(step, n) == 1)
    first = 0
    with path.open("wb", buffering=1 << 22) as file:
        for size in sizes.tolist():
            file.write(rng.bytes(size * CODES))
            file.write(((np.arange(first, first + size) * step) % n).astype(np.int64).tobytes())
            first += size


class Page:
    """Asks a session as a page does, and waits for its answers; adds up what they take on the wire."""

    def __init__(self) -> None:
        self._said = threading.Condition()
        self._messages: list[dict[str, Any]] = []
        self._bytes: dict[str, int] = {}
        self.session: Session | None = None

    def send(self, message: dict[str, Any], buffers: Sequence[Any]) -> None:
        with self._said:
            self._messages.append(message)
            kind = str(message["kind"])
            self._bytes[kind] = self._bytes.get(kind, 0) + sum(memoryview(held).nbytes for held in buffers)
            self._said.notify_all()

    def ask(
        self, request: dict[str, Any], buffers: Sequence[Any], *ends: Callable[[dict[str, Any]], bool]
    ) -> list[float]:
        """Return the seconds until each of some messages in order, and forget all messages."""
        assert self.session is not None
        self._bytes.clear()
        start = time.perf_counter()
        self.session.handle(request, buffers)
        return [self._wait(start, end) for end in ends]

    def sent(self) -> dict[str, int]:
        """Return the bytes of the answers to the last request, by kind."""
        with self._said:
            return dict(self._bytes)

    def _wait(self, start: float, is_end: Callable[[dict[str, Any]], bool]) -> float:
        with self._said:
            while True:
                while self._messages:
                    message = self._messages.pop(0)
                    if message["kind"] == "error":
                        raise RuntimeError(message["message"])
                    if is_end(message):
                        return time.perf_counter() - start
                if not self._said.wait(PATIENCE):
                    raise RuntimeError("no answer")


def measure(path: Path, queries: int) -> int:
    """Print what opening, the map and searches take in this process."""
    HIGHEST.watch()
    bytes_on_disk = sum(made.stat().st_size for made in (path, path.with_suffix(".ivfdata")))
    start = time.perf_counter()
    index = open_index(path)
    opened = time.perf_counter() - start
    facts = f"{index.ntotal:,} x {index.dim}, {index.family}, {bytes_on_disk / 1e9:.2f} GB on disk"
    print(f"faiss {faiss.__version__}, {facts}, nprobe {NPROBE}")
    print(f"{'':<26} {'s':>7} {'sent MB':>8} {'RssAnon':>8} {'highest':>8} {'RssFile':>8} {'VmHWM':>8} MB")
    show("open_index", opened)
    page = Page()
    media = Media(None, None, IdRange(index.ntotal, lambda: index.max_id))
    page.session = Session(index, media, page.send, k_max=100, projection=resolve_method("auto"))
    summary_of_rows(index, media, k_max=100)
    page.session.show(True)
    show("widget, from the start", time.perf_counter() - start)
    waited = time.perf_counter() - start
    first, final = page.ask(
        {"kind": "map", "request": "map"},
        (),
        lambda message: message["kind"] == "map",
        lambda message: message["kind"] == "map" and message["final"],
    )
    show("first map, from the start", waited + first)
    final += waited
    show("final map, from the start", final, page.sent())
    rng = np.random.default_rng(3)
    # Near a centroid, as the queries of an index are.
    asked = index.centroids()[rng.integers(index.nlist, size=queries + 1)]
    asked += 0.4 * rng.standard_normal(asked.shape, np.float32)
    taken = []
    for number, vector in enumerate(asked):
        request = {"kind": "search", "request": f"s{number}", "query": "vector"}
        took = search(page, request, [np.ascontiguousarray(vector).tobytes()])
        if number == 0:
            show("first search", took[-1], page.sent())
        else:
            taken.append(took)
    warm = [float(np.median(column)) for column in zip(*taken, strict=True)]
    show("warm: ranking sent", warm[0])
    show("warm: results known", warm[1])
    show("warm: search done", warm[2], page.sent())
    chance = search(page, {"kind": "search", "request": "chance", "query": "chance"}, ())[1]
    show("a random row: results", chance)
    page.session.close()
    failed = [
        f"{name} {took:.2f} s, aim {AIMS[name]} s"
        for name, took in (("final map", final), ("warm search", warm[1]), ("random row", chance))
        if took > AIMS[name]
    ]
    if HIGHEST.bytes > MEMORY_AIM:
        failed.append(f"anonymous memory {HIGHEST.bytes / 1e6:,.0f} MB, aim {MEMORY_AIM / 1e6:,.0f} MB")
    print("missed: " + "; ".join(failed) if failed else "within all aims")
    return int(bool(failed))


def search(page: Page, request: dict[str, Any], buffers: Sequence[Any]) -> list[float]:
    """Search, and return the seconds to the ranking, to the candidates, and to the end."""
    kinds = {"vector": {"vector": True}, "chance": {"random": True}}
    query = kinds[request["query"]]

    def is_first(kind: str) -> Callable[[dict[str, Any]], bool]:
        return lambda message: message["kind"] == kind and message["request"] == request["request"]

    ends = map(is_first, ("coarse", "fine", "done"))
    return page.ask({**request, "query": query, "nprobe": NPROBE, "k": K}, buffers, *ends)


def show(name: str, seconds: float, sent: dict[str, int] | None = None) -> None:
    """Print one line, with the memory of this process by now."""
    total = "" if sent is None else f"{sum(sent.values()) / 1e6:.2f}"
    held = (status("RssAnon"), HIGHEST.bytes, status("RssFile"), status("VmHWM"))
    memory = " ".join(f"{count / 1e6:>8,.0f}" for count in held)
    print(f"{name:<26} {seconds:>7.3f} {total:>8} {memory}", flush=True)


class Highest:
    """Notes the most anonymous memory that this process ever holds: the system only notes it with files."""

    def __init__(self) -> None:
        self.bytes = 0

    def watch(self) -> None:
        """Look from now on, on a thread of its own."""
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            self.bytes = max(self.bytes, status("RssAnon"))
            time.sleep(LOOKS_APART)


HIGHEST = Highest()


def status(name: str) -> int:
    """Return a figure of this process's memory in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {name} in /proc/self/status")


if __name__ == "__main__":
    raise SystemExit(main())
