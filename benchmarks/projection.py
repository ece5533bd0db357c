"""Time from asking for a projection to its two pictures, and what that costs a search meanwhile.

    python -m benchmarks.projection [--candidates 10000 31000 100000] [--dim 128]

The linear picture must come within 0.3 s; the better one is t-SNE of a sample. Meanwhile: the longest time
that other threads of the kernel wait for the interpreter, and the median time of a search.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Sequence

import faiss
import numpy as np

from feder_widget.engines import IvfIndex, open_index
from feder_widget.media import IdRange, Media
from feder_widget.projection import resolve_method
from feder_widget.session.session import Session

LIMIT = 0.3
PATIENCE = 300
CLUSTER = 1000
"""Vectors per cluster."""


class Page:
    """Notes when each message came."""

    def __init__(self) -> None:
        self.messages: list[tuple[float, dict]] = []
        self._arrived = threading.Condition()

    def send(self, message, _buffers) -> None:
        with self._arrived:
            self.messages.append((time.perf_counter(), dict(message)))
            self._arrived.notify_all()

    def of(self, kind: str) -> list[tuple[float, dict]]:
        return [(at, message) for at, message in list(self.messages) if message["kind"] == kind]

    def wait(self, **fields) -> tuple[float, dict]:
        def found():
            return next((one for one in self.messages if fields.items() <= one[1].items()), None)

        with self._arrived:
            packet = self._arrived.wait_for(found, PATIENCE)
        if packet is None:
            raise TimeoutError(f"no message with {fields}")
        return packet


def built_index(n: int, dim: int) -> faiss.IndexIVFFlat:
    rng = np.random.default_rng(0)
    nlist = 2 * n // CLUSTER
    centres = rng.normal(size=(nlist, dim)).astype(np.float32)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, nlist)
    index.quantizer.add(centres)
    index.is_trained = True
    vectors = np.repeat(centres, CLUSTER, axis=0)
    vectors += 0.8 * rng.standard_normal(vectors.shape, np.float32)
    index.add(vectors)
    return index


class Ticker(threading.Thread):
    """Wakes every millisecond and notes how late: for so long another thread had the interpreter."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.delays: list[float] = []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            begin = time.perf_counter()
            time.sleep(0.001)
            self.delays.append(time.perf_counter() - begin - 0.001)

    def stop(self) -> None:
        self._over.set()
        self.join()


def measure(index: IvfIndex, name: str) -> bool:
    page = Page()
    media = Media(None, None, IdRange(index.ntotal, lambda: index.max_id), strips=index.vectors_of)
    session = Session(index, media, page.send, k_max=100, projection=resolve_method("auto"))
    nprobe = index.nlist // 2
    searches = []
    try:
        search(session, page, nprobe, "first")
        serial = next(message["serial"] for _, message in page.messages if message["kind"] == "coarse")
        ticker = Ticker()
        ticker.start()
        begin = time.perf_counter()
        asked = {"serial": serial, "ranks": nprobe, "flips": [], "k": 9, "extra": [], "extra_clusters": []}
        session.handle({"kind": "projection", "request": "p", **asked})
        at, message = page.wait(kind="projection")
        linear, drawn = at - begin, message["rows"]
        while not any(message["final"] for _, message in page.of("projection")):
            started = time.perf_counter()
            index.trace(5, nprobe, 9)
            searches.append(time.perf_counter() - started)
            time.sleep(0.02)
        ticker.stop()
    finally:
        session.close()
    at, last = page.of("projection")[-1]
    print(
        f"{name:>10} {drawn:>8,} {linear:>9.3f} {at - begin:>8.2f} {max(ticker.delays) * 1e3:>8.0f}"
        f" {statistics.median(searches) * 1e3:>10.1f}  {last['method']} of {last['rows']:,}",
        flush=True,
    )
    return linear <= LIMIT


def search(session: Session, page: Page, nprobe: int, name: str) -> None:
    query = {"id": "5", "cluster": None}
    session.handle({"kind": "search", "request": name, "query": query, "nprobe": nprobe, "k": 9})
    page.wait(kind="done", request=name)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--candidates", type=int, nargs="+", default=[10_000, 31_000, 100_000])
    parser.add_argument("--dim", type=int, default=128)
    options = parser.parse_args(argv)
    print(f"{'candidates':>10} {'drawn':>8} {'linear s':>9} {'final s':>8} {'pause ms':>8} {'search ms':>10}")
    met = [
        measure(open_index(built_index(n, options.dim), frozen=True), f"{n:,}") for n in options.candidates
    ]
    return int(not all(met))


if __name__ == "__main__":
    raise SystemExit(main())
