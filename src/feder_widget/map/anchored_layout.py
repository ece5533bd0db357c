"""Very many points in the plane: some of them by t-SNE, all others among the nearest of these."""

from __future__ import annotations

from collections.abc import Callable

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float32Array, Float64Array
from feder_widget.layout.cancellation import checking, never
from feder_widget.layout.tsne import tsne
from feder_widget.map import limits

ANCHORS_AROUND = 6
"""Anchors that a point is placed among."""

FAR = 3.0
"""Gaps between neighbouring anchors beyond which one is on another part of the map: t-SNE tears."""

PART_ANCHORS, PARTS_LOOKED_AT = 128, 12
"""Anchors in a part of the space, and parts in which the nearest are looked for."""

NEIGHBOURS, ITERATIONS = 30, (70, 160)
AT_ONCE = 16_384


def around_anchors(points: Float32Array, cancelled: Callable[[], bool] = never) -> Float64Array:
    """Lay out points, (n, d) with n above ``limits.ANCHORS``, near ones together.

    Parameters
    ----------
    points : (n, d) float32
        Finite; the first two columns are where they start from.
    cancelled : function
        Asked between steps.

    Returns
    -------
    (n, 2) float64

    Raises
    ------
    LayoutCancelled
        If ``cancelled()`` was true.
    """
    check = checking(cancelled)
    anchors = np.unique(np.linspace(0, len(points) - 1, limits.ANCHORS).astype(np.intp))
    held = np.ascontiguousarray(points[anchors])
    placed = tsne(
        held.astype(np.float64),
        held[:, :2].astype(np.float64),
        neighbours=NEIGHBOURS,
        iterations=ITERATIONS,
        cancelled=cancelled,
    )
    check()
    count = max(1, len(held) // PART_ANCHORS)
    parts = faiss.IndexIVFFlat(faiss.IndexFlatL2(points.shape[1]), points.shape[1], count)
    parts.train(held)
    parts.add(held)
    parts.nprobe = PARTS_LOOKED_AT
    gap = _gap(placed)
    positions = np.empty((len(points), 2))
    for start in range(0, len(points), AT_ONCE):
        check()
        squared, near = parts.search(np.ascontiguousarray(points[start : start + AT_ONCE]), ANCHORS_AROUND)
        positions[start : start + len(near)] = _among(placed, squared, near, FAR * gap)
    return positions


def _gap(placed: Float64Array) -> float:
    """Return the median distance from an anchor to the nearest other on the map."""
    places = placed.astype(np.float32)
    squared, _ = faiss.knn(places, places, 2)
    return float(np.sqrt(np.median(squared[:, 1])))


def _among(
    placed: Float64Array, squared: Float32Array, near: npt.NDArray[np.int64], far: float
) -> Float64Array:
    """Return the mean place of the nearest anchors that are together, the nearer the heavier, (m, 2)."""
    known = near >= 0
    places = placed[np.where(known, near, near[:, :1])]
    apart = np.linalg.norm(places - places[:, :1], axis=2)
    distances = np.sqrt(np.maximum(np.where(known, squared, 0), 0).astype(np.float64))
    # A point that is an anchor stays on it.
    weights = np.where(known & (apart <= far), 1 / (distances + 1e-12 + distances.mean() * 1e-6), 0) ** 2
    return np.asarray((places * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True))
