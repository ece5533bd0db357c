"""Where a vector stands in its district: leaning towards the districts that it is next nearest to."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.map.districts import Districts, Float32Array, Ids
from feder_widget.power_diagram import Cells

AROUND = 12
"""Nearest other districts that a vector may lean towards."""

REACH = 0.94
"""How far out the vector that is farthest from the centroid stands: 1 is on the edge of the cell."""

AT_ONCE = 1024
"""Vectors for which the matrices of their districts are put side by side."""

GOLDEN = (np.sqrt(5) - 1) / 2
"""Its multiples, modulo 1, are far from each other."""


class DistrictPlaces:
    """Places of vectors on the map.

    The direction from the middle of the cell is linear in the vector's offset from the centroid, as far as
    that leads to the districts around, and evened out so that members stand on all sides. The distance from
    the middle is by the share of members nearer to the centroid, so that a cell is evenly filled.

    Parameters
    ----------
    cells : Cells
        The cells of the districts.
    centroids : float32 (n, d)
        Their centroids.
    sample : float32 (m, d)
        Some vectors by which directions are evened out; all arguments as ``comparable`` returns them.
    sample_districts : int32 (m,)
        Their districts.
    """

    def __init__(
        self, cells: Cells, centroids: Float32Array, sample: Float32Array, sample_districts: Districts
    ) -> None:
        self._cells = cells
        self._centroids = centroids
        count = len(centroids)
        centres = cells.centres.astype(np.float64)
        self._leanings = np.zeros((count, 2, centroids.shape[1]), np.float32)
        if count > 1:
            _, near = faiss.knn(centroids, centroids, min(AROUND + 1, count))
            for district in range(count):
                others = near[district][near[district] != district][:AROUND]
                apart = (centroids[others] - centroids[district]).astype(np.float64)
                apart /= _nonzero(np.linalg.norm(apart, axis=1, keepdims=True))
                towards = centres[others] - centres[district]
                towards /= _nonzero(np.linalg.norm(towards, axis=1, keepdims=True))
                # What all have in common is no direction.
                self._leanings[district] = (towards - towards.mean(axis=0)).T @ apart
        self._even_out(sample, sample_districts)

    def __call__(
        self, vectors: Float32Array, districts: Districts, shares: Float32Array, numbers: Ids
    ) -> Float32Array:
        """Return the places of some vectors, float32 (n, 2).

        Parameters
        ----------
        vectors : float32 (n, d)
            As ``comparable`` returns them.
        districts, shares
            As in ``Members``.
        numbers : int64 (n,)
            A number of each vector, by which those that lean nowhere are kept apart.
        """
        leaning = self._lean(vectors, districts)
        length = np.linalg.norm(leaning, axis=1)
        turn = 2 * np.pi * ((np.asarray(numbers) * GOLDEN) % 1)
        anywhere = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        is_still = ~(length > 1e-6)
        length[is_still] = 1
        towards = np.where(is_still[:, None], anywhere, leaning / length[:, None])
        centres = self._cells.centres[districts].astype(np.float64)
        out = REACH * np.sqrt(np.clip(shares.astype(np.float64), 0, 1))
        far = out * self._to_edge(centres, towards, districts)
        found: Float32Array = (centres + far[:, None] * towards).astype(np.float32)
        return found

    def _lean(self, vectors: Float32Array, districts: Districts) -> npt.NDArray[np.float64]:
        found = np.empty((len(vectors), 2))
        for first in range(0, len(vectors), AT_ONCE):
            some = districts[first : first + AT_ONCE]
            offsets = vectors[first : first + AT_ONCE] - self._centroids[some]
            offsets /= _nonzero(np.linalg.norm(offsets, axis=1, keepdims=True))
            found[first : first + AT_ONCE] = np.einsum("nkd,nd->nk", self._leanings[some], offsets)
        return found

    def _even_out(self, sample: Float32Array, districts: Districts) -> None:
        """Turn and stretch what each district leans to, so that its sample leans to all sides alike."""
        leaning = self._lean(sample, districts)
        count = len(self._centroids)
        sizes = np.bincount(districts, minlength=count)
        spread = np.empty((count, 2, 2))
        for row in (0, 1):
            for column in (0, 1):
                products = leaning[:, row] * leaning[:, column]
                spread[:, row, column] = np.bincount(districts, products, count)
        spread /= np.maximum(sizes, 1)[:, None, None]
        for district in np.flatnonzero(sizes > 2):
            values, axes = np.linalg.eigh(spread[district])
            if not values[1] > 0:
                continue
            scale = 1 / np.sqrt(np.maximum(values, 0.02 * values[1]))
            # The same axes back again: members keep to their side.
            self._leanings[district] = (axes * scale) @ axes.T @ self._leanings[district]

    def _to_edge(
        self, centres: npt.NDArray[np.float64], towards: npt.NDArray[np.float64], districts: Districts
    ) -> npt.NDArray[np.float64]:
        """Return how far it is from each centre to the edge of its cell in a direction, (n,)."""
        cells = self._cells
        found = np.zeros(len(districts))
        for district in np.unique(districts):
            corners = cells.points[cells.offsets[district] : cells.offsets[district + 1]].astype(np.float64)
            if len(corners) < 3:
                continue
            at = np.flatnonzero(districts == district)
            edges = np.roll(corners, -1, axis=0) - corners
            normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
            room = ((corners - centres[at[0]]) * normals).sum(axis=1)
            speed = towards[at] @ normals.T
            with np.errstate(divide="ignore", invalid="ignore"):
                steps = np.where(speed > 0, np.maximum(room, 0) / speed, np.inf)
            reach = steps.min(axis=1, initial=np.inf)
            found[at] = np.where(np.isfinite(reach), reach, 0)
        return found


def _nonzero(lengths: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.where(lengths > 0, lengths, 1)
