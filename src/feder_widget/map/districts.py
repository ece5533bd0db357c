"""Districts of vectors that have no clusters of their own: k-means of a sample, and the members of each.

All of it is deterministic, reads nothing but its arguments, and compares by squared L2 distance; for a
similarity, the vectors' directions are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Districts = npt.NDArray[np.int32]

MOST = 1024
"""Districts of a large index."""

SEVERAL = 97
"""Vectors in a district at least, above 10,000 vectors: 1,024 districts at 100,000."""

SAMPLED = 32
"""Vectors of the sample for each district."""

ROUNDS = 6
"""Of k-means: four more lower the squared distances to the centroids by at most 0.2 %."""

SEED = 1234

COMPARED = 1024
"""Vectors compared with the centroids at once: Faiss holds all the products meanwhile."""

LARGEST = 1e15
"""Components are cut off there: the squares of larger ones would leave the range of float32."""


def count_for(ntotal: int) -> int:
    """Return how many districts so many vectors are divided into: their square root, more for many."""
    return int(min(MOST, max(round(ntotal**0.5), ntotal // SEVERAL)))


def sample_nodes(ntotal: int) -> Ids:
    """Return the numbers of the vectors that the districts are made of, ascending, int64 (n,)."""
    wanted = SAMPLED * count_for(ntotal)
    if wanted >= ntotal:
        return np.arange(ntotal)
    return np.sort(np.random.default_rng(SEED).choice(ntotal, wanted, replace=False))


def comparable(vectors: Float32Array, by_angle: bool) -> Float32Array:
    """Return vectors as districts compare them: finite, and of length 1 where only directions count."""
    found = vectors if _are_moderate(vectors) else _moderate(vectors)
    if by_angle:
        # By the largest component first: the squares of tiny ones would be 0.
        found = found / _nonzero(np.abs(found).max(axis=1, keepdims=True, initial=0))
        found /= _nonzero(np.linalg.norm(found, axis=1, keepdims=True))
    return np.ascontiguousarray(found, np.float32)


def centroids_of(sample: Float32Array, count: int, by_angle: bool) -> Float32Array:
    """Return the centroids of ``count`` districts of a ``comparable`` sample, float32 (count, d)."""
    count = min(count, len(sample))
    if count < 2:
        return comparable(sample.mean(axis=0, keepdims=True), by_angle)
    clustering = faiss.Kmeans(
        sample.shape[1],
        count,
        niter=ROUNDS,
        seed=SEED,
        spherical=by_angle,
        min_points_per_centroid=1,
        max_points_per_centroid=2 * SAMPLED,
    )
    clustering.train(sample)
    return comparable(clustering.centroids, by_angle)


def nearest_districts(vectors: Float32Array, centroids: Float32Array) -> tuple[Districts, Float32Array]:
    """Return the district of each ``comparable`` vector, and its squared distance from the centroid."""
    squared = np.empty(len(vectors), np.float32)
    nearest = np.empty(len(vectors), np.int32)
    for first in range(0, len(vectors), COMPARED):
        some = slice(first, first + COMPARED)
        distances, districts = faiss.knn(vectors[some], centroids, 1)
        squared[some], nearest[some] = distances[:, 0], districts[:, 0]
    return nearest, np.maximum(squared, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The district of each vector.

    Attributes
    ----------
    districts : int32 (n,)
        The district of each vector.
    shares : float32 (n,)
        The share of its district that is nearer to the centroid, between 0 and 1.
    sizes : int64 (districts,)
        Vectors in each district.
    medoids : int64 (districts,)
        The vector nearest to each centroid; -1 where there is none.
    ordered : float32 (n,)
        The squared distances, ascending in each district, one district after the other.
    """

    districts: Districts
    shares: Float32Array
    sizes: Ids
    medoids: Ids
    ordered: Float32Array

    @staticmethod
    def of(districts: Districts, squared: Float32Array, count: int) -> Members:
        """Return the members by the districts and squared distances of all vectors."""
        sizes = np.bincount(districts, minlength=count)
        # Sorted by digits, as numbers of 16 bits are; those of a district keep their order.
        order = np.argsort(districts.astype(np.min_scalar_type(count)), kind="stable")
        shares = np.empty(len(districts), np.float32)
        ordered = np.empty(len(districts), np.float32)
        medoids = np.full(count, -1, np.int64)
        ends = np.cumsum(sizes)
        for district in np.flatnonzero(sizes):
            size, last = sizes[district], ends[district]
            some = order[last - size : last]
            some = some[np.argsort(squared[some], kind="stable")]
            shares[some] = (np.arange(size) + 0.5) / size
            ordered[last - size : last] = squared[some]
            medoids[district] = some[0]
        return Members(districts, shares, sizes, medoids, ordered)

    def share_of(self, district: int, squared: float) -> float:
        """Return the share of a district that is nearer to the centroid than a vector from elsewhere."""
        first = int(self.sizes[:district].sum())
        members = self.ordered[first : first + int(self.sizes[district])]
        if not len(members):
            return 0.0
        return min(1.0, (int(np.searchsorted(members, squared)) + 0.5) / len(members))


def _are_moderate(vectors: Float32Array) -> bool:
    """Return whether all components are numbers that need not be cut off: two passes and no copy."""
    # A NaN is neither smaller nor larger.
    return bool(vectors.min(initial=0) >= -LARGEST and vectors.max(initial=0) <= LARGEST)


def _moderate(vectors: Float32Array) -> Float32Array:
    found = np.nan_to_num(vectors, nan=0.0, posinf=LARGEST, neginf=-LARGEST)
    return np.clip(found, -LARGEST, LARGEST, out=found)


def _nonzero(lengths: Float32Array) -> Float32Array:
    return np.where(lengths > 0, lengths, np.float32(1))
