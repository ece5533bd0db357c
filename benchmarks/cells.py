"""The map's cells, for layouts as uneven as real ones: time, longest time to a stop, areas, neighbours kept.

    python -m benchmarks.cells [--n 1024 4096 16384 65536] [--repeats 3]

Stops: the longest time between two calls of ``check``. Area: the largest relative difference from the
cluster's share, in the single precision of the messages. Kept: share of each cluster's ten nearest positions
among its ten nearest cells. Axes: longer over shorter axis of the cell's ellipse of inertia.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Sequence

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.map.cluster_map import ASPECT
from feder_widget.power_diagram import Cells, bisected_cells, round_cells

Array = npt.NDArray[np.float64]


def layout(n: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return overlapping lumps, each denser in its middle, and sizes, few of them large."""
    rng = np.random.default_rng(n)
    lumps, radii = rng.random((24, 2)), 0.05 + 0.25 * rng.random(24)
    lump, angle = rng.integers(24, size=n), 2 * np.pi * rng.random(n)
    away = (radii[lump] * rng.random(n))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    sizes = 1 + (200 * rng.random(n) * rng.random(n)).astype(np.int64)
    return (lumps[lump] + away).astype(np.float32), sizes


def timed(make: Callable[..., Cells], n: int) -> tuple[Cells, float, float]:
    """Return the cells, their seconds, and the longest time between two checks."""
    positions, sizes = layout(n)
    asked = [time.perf_counter()]

    cells = make(positions, sizes, ASPECT, check=lambda: asked.append(time.perf_counter()))
    asked.append(time.perf_counter())
    return cells, asked[-1] - asked[0], max(b - a for a, b in itertools.pairwise(asked))


def shapes(cells: Cells) -> tuple[Array, Array]:
    """Return the cells' areas, (n,), and the ratios of their axes, (n,)."""
    n = len(cells)
    owner = np.repeat(np.arange(n), np.diff(cells.offsets))
    # About the centre: the corners are in single precision.
    x, y = (cells.points.astype(np.float64) - cells.centres[owner]).T
    following = np.arange(1, len(owner) + 1)
    following[cells.offsets[1:] - 1] = cells.offsets[:-1]
    u, v = x[following], y[following]
    cross = x * v - u * y

    def total(values: Array) -> Array:
        return np.bincount(owner, cross * values, minlength=n)

    xx, yy = total(x * x + x * u + u * u) / 12, total(y * y + y * v + v * v) / 12
    xy = total(2 * x * y + x * v + u * y + 2 * u * v) / 24
    apart = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    return total(np.ones(len(owner))) / 2, np.sqrt((xx + yy + apart) / (xx + yy - apart))


def kept(positions: npt.NDArray[np.float32], centres: npt.NDArray[np.float32], count: int = 10) -> float:
    near = [faiss.knn(a, a, count + 1)[1][:, 1:] for a in (positions, centres)]
    return float(np.mean([len(np.intersect1d(a, b)) / count for a, b in zip(*near, strict=True)]))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, nargs="+", default=[1024, 4096, 16_384, 65_536])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(argv)
    for n in options.n:
        positions, sizes = layout(n)
        stretched = (positions - positions.min(axis=0)) / np.ptp(positions, axis=0) * np.float32([ASPECT, 1])
        for make in (bisected_cells, round_cells):
            runs = [timed(make, n) for _ in range(options.repeats)]
            cells = runs[0][0]
            areas, axes = shapes(cells)
            off = np.abs(areas / ASPECT * sizes.sum() / sizes - 1).max()
            print(
                f"{n:>6,} {make.__name__:<15} {min(seconds for _, seconds, _ in runs):7.3f} s"
                f"   stops in {1000 * min(longest for *_, longest in runs):4.0f} ms   area off by {off:.0e}"
                f"   kept {kept(stretched, cells.centres):.3f}"
                f"   axes {np.median(axes):.2f}, 95th percentile {np.quantile(axes, 0.95):.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
