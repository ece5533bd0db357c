"""The best distance that any vector of a cluster can have, by geometry alone.

A vector of a cluster is no farther from the centroid than the cluster's radius, so the triangle inequality
bounds its distance to the query. If it is also no nearer to another centroid than to its own, it lies on this
side of the plane half way between the two, and the query may be far beyond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.work_pieces import WHOLE, Steps, drain

ANCHORS = 32
"""Nearest centroids whose planes are tried: those of centroids farther away bound no better."""

ROUNDING = 1e-12
"""Difference of two squares, as a share of them, that float64's rounding could have made."""


@dataclass(frozen=True, slots=True, eq=False)
class Extents:
    """How far the clusters extend.

    Attributes
    ----------
    centroids : float64 (nlist, dim)
        Their positions.
    radii : float64 (nlist,)
        At least the L2 distance (not squared) of any vector from its centroid; -1 for a cluster without a
        vector that a search could return. Infinite where that distance is no finite number.
    proper : bool (nlist,)
        Whether no vector of the cluster is nearer to another centroid, as far as float32 can tell.
    summed : bool
        Whether distances are sums of terms as large as the vectors, whose rounding stays when they cancel
        out. Differences are squared otherwise.
    """

    centroids: npt.NDArray[np.float64]
    radii: npt.NDArray[np.float64]
    proper: npt.NDArray[np.bool_]
    summed: bool

    def at(self, some: slice | npt.NDArray[np.intp]) -> Extents:
        """Return the extents of some clusters."""
        return Extents(self.centroids[some], self.radii[some], self.proper[some], self.summed)


def bounds_steps(
    extents: Extents, vector: npt.NDArray[np.float32], similarity: bool, work: int = WHOLE
) -> Steps[npt.NDArray[np.float32]]:
    """Return the best distance that a vector of each cluster can have, as Faiss reports it, float32 (nlist,).

    For L2 no vector of the cluster has a lesser one, for inner product none has a greater one: rounding is
    allowed for. Infinitely far for an empty cluster; the nearest there is where nothing is known.

    Parameters
    ----------
    extents : Extents
        See ``Survey``.
    vector : float32 (dim,)
        The query among the centroids.
    similarity : bool
        True for inner product.
    work : int
        Multiplications per piece.
    """
    nlist, dim = extents.centroids.shape
    query = vector.astype(np.float64)
    most = max(1, work // (dim * ANCHORS))
    blocks = [slice(start, start + most) for start in range(0, nlist, most)]
    best = np.empty(nlist, np.float32)
    if similarity:
        for some in blocks:
            best[some] = _greatest_products(extents.at(some), query)
            yield
        return best
    away, squares = np.empty(nlist), np.empty(nlist)
    for some in blocks:
        centroids = extents.centroids[some]
        away[some] = np.linalg.norm(centroids - query, axis=1)
        squares[some] = (centroids**2).sum(axis=1)
        yield
    nearest = np.argpartition(away, min(ANCHORS, nlist) - 1)[:ANCHORS]
    anchors = _Anchors(extents.centroids[nearest], away[nearest], float(squares.max()))
    for some in blocks:
        best[some] = _least_distances(extents.at(some), query, away[some], anchors)
        yield
    return best


def bounds(extents: Extents, vector: npt.NDArray[np.float32], similarity: bool) -> npt.NDArray[np.float32]:
    """Return ``bounds_steps`` at once."""
    return drain(bounds_steps(extents, vector, similarity))


@dataclass(frozen=True, slots=True, eq=False)
class _Anchors:
    """The centroids nearest to a query, how far away they are, and the largest squared norm of all."""

    centroids: npt.NDArray[np.float64]
    away: npt.NDArray[np.float64]
    largest: float


def _greatest_products(extents: Extents, query: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the greatest inner product that a vector of each cluster can have."""
    radii = np.maximum(extents.radii, 0)
    lengths = np.linalg.norm(extents.centroids, axis=1) + radii
    length = float(np.linalg.norm(query))
    with np.errstate(invalid="ignore", over="ignore"):
        most = extents.centroids @ query + length * (radii + rounding_of(len(query)) * lengths)
        # A bound that overflows excludes nothing.
        most[~(length * lengths < np.finfo(np.float32).max)] = np.inf
        best = np.nextafter(np.nan_to_num(most, nan=np.inf).astype(np.float32), np.float32(np.inf))
    return np.asarray(np.where(extents.radii < 0, np.float32(-np.inf), best))


def _least_distances(
    extents: Extents, query: npt.NDArray[np.float64], away: npt.NDArray[np.float64], anchors: _Anchors
) -> npt.NDArray[np.float32]:
    """Return the least squared L2 distance that a vector of each cluster can have."""
    radii = np.maximum(extents.radii, 0)
    with np.errstate(invalid="ignore"):
        least = np.maximum(np.nan_to_num(away - radii, nan=0), 0)
    planes = np.flatnonzero(extents.proper)
    if len(planes):
        beyond = _beyond_planes(extents.at(planes), len(query), away[planes], anchors)
        least[planes] = np.maximum(least[planes], beyond)
    lengths = np.linalg.norm(extents.centroids, axis=1) + radii + float(np.linalg.norm(query))
    with np.errstate(over="ignore", invalid="ignore"):
        lost = rounding_of(len(query)) * (lengths if extents.summed else least) ** 2
        # Terms that cancel out can leave less than nothing; squares cannot.
        floor = -np.inf if extents.summed else 0
        least = np.maximum(np.nan_to_num(least**2 - lost, nan=-np.inf), floor)
        best = np.nextafter(least.astype(np.float32), np.float32(-np.inf))
    return np.asarray(np.where(extents.radii < 0, np.float32(np.inf), np.maximum(best, np.float32(floor))))


def _beyond_planes(
    extents: Extents, dim: int, away: npt.NDArray[np.float64], anchors: _Anchors
) -> npt.NDArray[np.float64]:
    """Return how far the query is at least from the cells of some clusters, float64 (n,).

    The plane half way between centroids a and c is (|q - c|² - |q - a|²) / 2|c - a| away from the query.
    """
    own = extents.centroids
    anchored = (anchors.centroids**2).sum(axis=1)
    squares = (own**2).sum(axis=1)[:, None] + anchored[None]
    apart = np.sqrt(np.maximum(squares - 2 * own @ anchors.centroids.T, 0))
    # float32 may have overlooked that a vector is nearer to the other centroid by this much.
    lengths = np.linalg.norm(own, axis=1) + extents.radii
    overlooked = 2 * rounding_of(dim) * (lengths**2 + anchored.max())
    far, near = away[:, None] ** 2, anchors.away[None] ** 2
    lead = far - near - overlooked[:, None] - ROUNDING * (far + near)
    # Between centroids that all but coincide, rounding would decide.
    scale = 1e-8 * (anchors.largest + anchored.max())
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(apart**2 > scale, lead / (2 * apart) * (1 - 1e-6), 0)
    return np.asarray(np.maximum(least.max(axis=1), 0))


def rounding_of(dim: int) -> float:
    """Return the share by which a sum of ``dim`` products in float32 may differ from the exact one."""
    return 2 * (dim + 8) * 2.0**-24
