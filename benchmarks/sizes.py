"""Bytes of the bundle, and the time that ``import feder_widget`` takes beside what it imports anyway."""

from __future__ import annotations

import argparse
import gzip
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import feder_widget

STATIC = Path(feder_widget.__file__).parent / "static"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15, help="pairs of fresh interpreters")
    options = parser.parse_args(argv)
    for name in ("widget.js", "widget.css"):
        content = (STATIC / name).read_bytes()
        print(f"{name:<12} {len(content):>9,} bytes  {len(gzip.compress(content, 9)):>9,} gzipped")
    # The first round reads the files into the page cache.
    rounds = [
        tuple(map(_import_seconds, ("faiss, anywidget, PIL", "feder_widget", "feder_widget.widget")))
        for _ in range(options.pairs + 1)
    ][1:]
    plain, ours, widget = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"import faiss, anywidget, PIL  {plain:.3f} s")
    for name, seconds, column in (("feder_widget", ours, 1), ("feder_widget.widget", widget, 2)):
        ratio = statistics.median(row[column] / row[0] for row in rounds)
        print(f"import {name:<22} {seconds:.3f} s, median ratio {ratio:.2f}")
    return 0


def _import_seconds(modules: str) -> float:
    code = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


if __name__ == "__main__":
    raise SystemExit(main())
