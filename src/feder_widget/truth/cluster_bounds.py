"""What geometry says of clusters that were not looked at: the best distance that anything in them can have.

A vector of a cluster is no farther from the centroid than the cluster's radius, so the triangle inequality
bounds its distance to the query. If it is also no nearer to another centroid than to its own, it lies on this
side of the plane half way between the two, and the query may be far beyond.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import Engine

ANCHORS = 32
"""Nearest centroids whose planes are tried: those of centroids farther away bound no better."""

PROPER_WORK = 3e11
"""Multiplications up to which every vector is compared with every centroid: some ten seconds."""

PART = 65_536
"""Vectors measured between two looks at whether anybody still waits."""

ROUNDING = 1e-12
"""Difference of two squares, as a share of them, that float64's rounding could have made."""

UNDERFLOW = 1e-18
"""A distance that float32 may take for zero."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """The extents of the clusters.

    Attributes
    ----------
    centroids : float64 (nlist, dim)
        Where they are.
    radii : float64 (nlist,)
        At least the L2 distance (not squared) of any vector from its centroid; -1 for a cluster that holds
        nothing that a search could return. Infinite where that distance is no finite number.
    proper : bool (nlist,)
        Whether no vector of the cluster is nearer to another centroid, as far as float32 can tell.
    summed : bool
        Whether distances are put together from terms as large as the vectors, whose rounding stays when they
        cancel out. Differences are squared otherwise.
    """

    centroids: npt.NDArray[np.float64]
    radii: npt.NDArray[np.float64]
    proper: npt.NDArray[np.bool_]
    summed: bool


def is_measurable(engine: Engine) -> bool:
    """Say whether distances are those between points that can be read, so that geometry bounds them."""
    if engine.stack.refine is not None or engine.family.decode is None:
        return False
    return engine.is_faithful and engine.stack.ivf.metric_type <= faiss.METRIC_L2


def survey(engine: Engine) -> Iterator[Geometry | None]:
    """Measure all clusters: yields their radii as soon as they are known, then all, and None in between.

    Every vector is read once; twice where planes count, which they do under L2 where every vector was put
    into the list of its nearest centroid. Nothing is yielded where geometry says nothing of distances.
    """
    if not is_measurable(engine):
        return
    centroids = engine.centroids.vectors()
    nlist, dim = centroids.shape
    sizes = engine.sizes()
    radii = np.full(nlist, -1.0)
    proper = np.zeros(nlist, bool)
    exact = centroids.astype(np.float64)
    summed = not engine.family.exact
    for first, last in _parts(sizes):
        for cluster in range(first, last):
            radii[cluster] = _radius(engine.decode(cluster), centroids[cluster])
        yield None
    yield Geometry(exact, radii, proper, summed)
    has_planes = (
        engine.centroids.is_flat and not engine.similarity and engine.centroids.metric == faiss.METRIC_L2
    )
    if not has_planes or float(sizes.sum()) * nlist * dim > PROPER_WORK:
        return
    proper = proper.copy()
    for first, last in _parts(sizes):
        for cluster in range(first, last):
            proper[cluster] = _is_proper(engine, cluster)
        yield None
    yield Geometry(exact, radii, proper, summed)


def bounds(geometry: Geometry, vector: npt.NDArray[np.float32], similarity: bool) -> npt.NDArray[np.float32]:
    """Return the best distance that a vector of each cluster can have, as Faiss reports it, float32 (nlist,).

    For L2 nothing in the cluster has a lesser one, for inner product nothing has a greater one: rounding is
    allowed for. Infinitely far for an empty cluster; as near as can be where nothing can be told.
    """
    query = vector.astype(np.float64)
    radii = np.maximum(geometry.radii, 0)
    relative = _relative(len(query))
    if similarity:
        lengths = np.linalg.norm(geometry.centroids, axis=1) + radii
        length = float(np.linalg.norm(query))
        with np.errstate(invalid="ignore", over="ignore"):
            most = geometry.centroids @ query + length * (radii + relative * lengths)
            # What overflows on the way is as large as can be.
            most[~(length * lengths < np.finfo(np.float32).max)] = np.inf
            best = np.nextafter(np.nan_to_num(most, nan=np.inf).astype(np.float32), np.float32(np.inf))
        return np.asarray(np.where(geometry.radii < 0, np.float32(-np.inf), best))
    away = np.linalg.norm(geometry.centroids - query, axis=1)
    with np.errstate(invalid="ignore"):
        least = np.maximum(np.nan_to_num(away - radii, nan=0), 0)
    planes = np.flatnonzero(geometry.proper)
    if len(planes):
        least[planes] = np.maximum(least[planes], _beyond_planes(geometry, query, away, planes))
    lengths = np.linalg.norm(geometry.centroids, axis=1) + radii + float(np.linalg.norm(query))
    with np.errstate(over="ignore", invalid="ignore"):
        lost = relative * (lengths if geometry.summed else least) ** 2
        # Terms that cancel out can leave less than nothing; squares cannot.
        floor = -np.inf if geometry.summed else 0
        least = np.maximum(np.nan_to_num(least**2 - lost, nan=-np.inf), floor)
        best = np.nextafter(least.astype(np.float32), np.float32(-np.inf))
    return np.asarray(np.where(geometry.radii < 0, np.float32(np.inf), np.maximum(best, np.float32(floor))))


def _beyond_planes(
    geometry: Geometry,
    query: npt.NDArray[np.float64],
    away: npt.NDArray[np.float64],
    clusters: npt.NDArray[np.intp],
) -> npt.NDArray[np.float64]:
    """Return how far the query is at least from the cells of some clusters, float64 (n,).

    The plane half way between centroids a and c is (|q - c|² - |q - a|²) / 2|c - a| away from the query.
    """
    centroids, radii = geometry.centroids, geometry.radii
    nearest = np.argpartition(away, min(ANCHORS, len(away)) - 1)[:ANCHORS]
    own, anchors = centroids[clusters], centroids[nearest]
    squares = (own**2).sum(axis=1)[:, None] + (anchors**2).sum(axis=1)[None]
    apart = np.sqrt(np.maximum(squares - 2 * own @ anchors.T, 0))
    # How much nearer to the other centroid float32 may have overlooked a vector to be.
    lengths = np.linalg.norm(own, axis=1) + radii[clusters]
    overlooked = 2 * _relative(len(query)) * (lengths**2 + (anchors**2).sum(axis=1).max())
    far, near = away[clusters][:, None] ** 2, away[nearest][None] ** 2
    lead = far - near - overlooked[:, None] - ROUNDING * (far + near)
    # Between centroids that all but coincide, rounding would decide.
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(apart**2 > 1e-8 * squares.max(), lead / (2 * apart) * (1 - 1e-6), 0)
    return np.asarray(np.maximum(least.max(axis=1), 0))


def _radius(vectors: npt.NDArray[np.float32], centroid: npt.NDArray[np.float32]) -> float:
    n, dim = vectors.shape
    if not n:
        return -1.0
    squared = np.empty(n, np.float32)
    faiss.fvec_L2sqr_ny(*(faiss.swig_ptr(array) for array in (squared, centroid, vectors)), dim, n)
    if np.isnan(squared).any():
        # What holds a NaN is at no distance from anything, and is never returned.
        squared = np.nan_to_num(squared[~np.isnan(vectors).any(axis=1)], nan=np.inf)
        if not len(squared):
            return -1.0
    return float(np.sqrt(float(squared.max()))) * (1 + _relative(dim)) + UNDERFLOW


def _is_proper(engine: Engine, cluster: int) -> bool:
    vectors = engine.decode(cluster)
    quantizer = engine.centroids.quantizer
    for start in range(0, len(vectors), PART):
        _, nearest = quantizer.search(vectors[start : start + PART], 1)
        if (nearest != cluster).any():
            return False
    return True


def _parts(sizes: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + PART, side="right")))
        yield first, last
        first = last


def _relative(dim: int) -> float:
    """Return by how much of itself a sum of ``dim`` products may be off in float32."""
    return 2 * (dim + 8) * 2.0**-24
