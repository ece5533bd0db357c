"""Time the map's two layouts and count the neighbours that they keep, beside scikit-learn's TSNE.

    python -m benchmarks.layout [--nlist 1024 16384] [--against-sklearn] [--repeats 3]

Kept: share of each cluster's ten nearest others among its ten nearest on the map. scikit-learn runs where it
is installed; above 4,096 clusters it takes minutes and runs only with `--against-sklearn`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.map import linear_layout, neighbour_layout

Array = npt.NDArray[np.float32]
SHARED = Path(os.environ.get("FEDER_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
VECTORS_PER_CLUSTER = 6
SKLEARN_LIMIT = 4096


def manifold(n: int) -> Array:
    """Vectors on a curved five-dimensional sheet, (n, 128)."""
    rng = np.random.default_rng(0)
    inner = rng.uniform(-2, 2, (n, 5))
    waves = np.sin(0.6 * inner @ rng.normal(size=(5, 256)) + rng.uniform(0, 6, 256))
    return (waves @ rng.normal(size=(256, 128)) / 16).astype(np.float32)


def mixture(n: int) -> Array:
    """Vectors of 200 Gaussians, (n, 64)."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(200, 64)) * 1.5
    return (centres[rng.integers(0, 200, n)] + rng.normal(size=(n, 64))).astype(np.float32)


def embeddings(n: int) -> Array | None:
    """Return the shared image embeddings, if they are present and at least `n`."""
    path = SHARED / "cifar10_embeddings.npz"
    if not path.exists():
        return None
    with np.load(path) as arrays:
        vectors = next(arrays[name] for name in arrays.files if arrays[name].ndim == 2)
    return vectors.astype(np.float32) if len(vectors) >= n else None


def centroids(vectors: Array, nlist: int) -> Array:
    kmeans = faiss.Kmeans(vectors.shape[1], nlist, niter=6, seed=1, min_points_per_centroid=1)
    kmeans.train(np.ascontiguousarray(vectors))
    return np.asarray(kmeans.centroids)


def kept(points: Array, positions: Array, count: int = 10) -> float:
    """Return the share of the `count` nearest others of every point among its nearest on the map."""
    near = [
        faiss.knn(np.ascontiguousarray(a, np.float32), a, count + 1)[1][:, 1:] for a in (points, positions)
    ]
    return float(np.mean([len(np.intersect1d(a, b)) / count for a, b in zip(*near, strict=True)]))


def measure(name: str, layout: Callable[[Array], Array], points: Array, repeats: int) -> None:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        positions = layout(points)
        seconds.append(time.perf_counter() - start)
    print(
        f"    {name:<20} {statistics.median(seconds):8.3f} s   kept {kept(points, positions):.3f}", flush=True
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nlist", type=int, nargs="+", default=[1024, 16384])
    parser.add_argument("--against-sklearn", action="store_true", help="however long it takes")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(argv)
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        TSNE = None  # noqa: N806 - a class that is absent
    for nlist in options.nlist:
        vectors = nlist * VECTORS_PER_CLUSTER
        sources = {
            "image embeddings": embeddings(nlist * 2),
            "curved manifold": manifold(vectors),
            "200 Gaussians": mixture(vectors),
        }
        for source, found in sources.items():
            if found is None:
                continue
            points = centroids(found, nlist)
            print(f"{source}: {nlist:,} centroids of {points.shape[1]} dimensions", flush=True)
            measure("linear_layout", linear_layout, points, options.repeats)
            measure("neighbour_layout", neighbour_layout, points, options.repeats)
            if TSNE is not None and (nlist <= SKLEARN_LIMIT or options.against_sklearn):
                tsne = TSNE(random_state=0, init="pca")
                measure("scikit-learn TSNE", tsne.fit_transform, points, 1)


if __name__ == "__main__":
    main()
