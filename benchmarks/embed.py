"""The share that ``fw.embed`` adds to the embedder's own time, its memory, and ``explore`` of cached vectors.

python -m benchmarks embed [--n 10000] [--milliseconds 20] [--threads 1]

The embedder multiplies matrices for so many milliseconds per picture, on so many threads. Its own time is
measured on decoded pictures, with nothing beside it. On a busy machine the clock tells little; the processor
time of all that is not the embedder depends less on who else works.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

import feder_widget as fw
from benchmarks.disk import resident
from benchmarks.media import photo

WIDTH = 512
MATRIX = 256
DISTINCT = 200
BATCH = 32
ALONE = 20
"""Batches that the embedder embeds alone, before and after the run."""


class Embedder:
    """A stand-in for a model: takes a given time of matrix products per picture."""

    def __init__(self, milliseconds: float) -> None:
        rng = np.random.default_rng(0)
        self._left, self._right = rng.standard_normal((2, MATRIX, MATRIX)).astype(np.float32)
        self._projection = rng.standard_normal((192, WIDTH)).astype(np.float32)
        self._products = 1
        spent = min(self._seconds_of_products(20) for _ in range(5)) / 20
        self._products = max(1, round(milliseconds / 1e3 / spent))
        self.seconds = self.processor = 0.0
        self.resident: list[int] = []

    def _seconds_of_products(self, count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            np.matmul(self._left, self._right)
        return time.perf_counter() - start

    def __call__(self, images: list[Image.Image]) -> np.ndarray:
        start, processor = time.perf_counter(), time.thread_time()
        small = np.stack([np.asarray(image.resize((8, 8))) for image in images]).reshape(len(images), -1)
        vectors = (small.astype(np.float32) - 128) @ self._projection
        for _ in images:
            self._seconds_of_products(self._products)
        self.seconds += time.perf_counter() - start
        self.processor += time.thread_time() - processor
        self.resident.append(resident())
        return vectors


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; return 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=10_000, help="pictures (default %(default)s)")
    parser.add_argument(
        "--milliseconds", type=float, default=20, help="of the embedder per picture (default %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the embedder (default %(default)s)")
    options = parser.parse_args(argv)
    with threadpool_limits(options.threads, "blas"), tempfile.TemporaryDirectory() as folder:
        photos, cache = Path(folder) / "photos", Path(folder) / "cache"
        images = write_photos(photos, options.n)
        pattern = str(photos / "*.jpg")
        embedder = Embedder(options.milliseconds)
        embedder(images[:BATCH])
        before = alone(embedder, images)
        embedder.seconds = embedder.processor = 0.0
        embedder.resident.clear()
        start, processor = time.perf_counter(), time.process_time()
        fw.embed(pattern, embedder, batch_size=BATCH, cache=cache, progress=False)
        total, total_processor = time.perf_counter() - start, time.process_time() - processor
        within, processor = embedder.seconds, embedder.processor
        added = total_processor - processor
        own = options.n * (before + alone(embedder, images)) / 2
        tenth = max(1, len(embedder.resident) // 10)
        early, late = max(embedder.resident[:tenth]), max(embedder.resident[tenth:])
        print(
            f"{options.n:,} JPEGs of 256 x 256, {options.milliseconds:g} ms each, {options.threads} thread(s)"
        )
        print(f"  the embedder alone      {own:8.1f} s")
        print(f"  fw.embed                {total:8.1f} s, {total / own - 1:+.1%}")
        print(f"    outside the embedder  {total - within:8.1f} s, {(total - within) / own:.1%}")
        if options.threads == 1:
            share = added / processor
            print(f"    processor time added  {added:8.1f} s, {share:.1%}, most of it on other threads")
        print(f"  memory from the first tenth to the end: {(late - early) / 1e6:+.1f} MB")
        print(f"    of which vectors                      {options.n * WIDTH * 4 / 1e6:+.1f} MB")
        print_explore(pattern, embedder, cache)
        print_descriptor(pattern, options.n)
    return 0


def write_photos(folder: Path, count: int) -> list[Image.Image]:
    """Write JPEGs of 256 x 256 pixels, and return some of them decoded."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    whole = photo(2048, 2048)
    images = []
    encoded = []
    for _ in range(DISTINCT):
        left, upper = rng.integers(0, 2048 - 256, 2)
        stream = io.BytesIO()
        whole.crop((left, upper, left + 256, upper + 256)).save(stream, "JPEG", quality=90)
        encoded.append(stream.getvalue())
        images.append(Image.open(stream).convert("RGB"))
    for number in range(count):
        (folder / f"{number:06}.jpg").write_bytes(encoded[number % DISTINCT])
    return images


def alone(embedder: Embedder, images: list[Image.Image]) -> float:
    """Return the seconds per picture of the embedder with nothing beside it: the median of some batches."""
    seconds = []
    for _ in range(ALONE):
        start = time.perf_counter()
        embedder(images[:BATCH])
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) / BATCH


def print_explore(pattern: str, embedder: Embedder, cache: Path) -> None:
    """Print the time from ``explore`` with cached vectors to the widget made, and that of Faiss in it."""
    vectors = fw.embed(pattern, embedder, cache=cache, progress=False)
    start = time.perf_counter()
    fw.build_index(vectors, explain=False)
    building = time.perf_counter() - start
    start = time.perf_counter()
    widget = fw.explore(pattern, embedder, cache=cache, progress=False)
    exploring = time.perf_counter() - start
    print(
        f"  explore, vectors cached, to the widget made {exploring:.2f} s, {building:.2f} s of it build_index"
    )
    widget.close()


def print_descriptor(pattern: str, count: int) -> None:
    """Print the time of the built-in descriptor, decoding included."""
    start = time.perf_counter()
    fw.embed(pattern, fw.embedders.colours_and_edges(), cache=False, progress=False)
    seconds = time.perf_counter() - start
    print(
        f"  colours_and_edges {seconds:.1f} s, {1e3 * seconds / count:.2f} ms per picture, decoding included"
    )


if __name__ == "__main__":
    raise SystemExit(main())
