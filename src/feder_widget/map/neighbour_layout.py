"""The final map: a neighbour embedding of the centroids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float32Array
from feder_widget.layout.cancellation import never
from feder_widget.layout.plane import into_unit_square
from feder_widget.layout.principal_components import components_of_many, prepared, principal_components
from feder_widget.layout.repulsion import EXACT_POINTS
from feder_widget.layout.tsne import tsne
from feder_widget.map import limits
from feder_widget.map.anchored_layout import around_anchors

DIMENSIONS = 32
"""Principal components kept for the neighbour search."""

MANY_POINTS = 4096
NEIGHBOURS = 45
NEIGHBOURS_OF_MANY = 30


def neighbour_layout(
    centroids: npt.ArrayLike,
    *,
    normalise: bool = False,
    cancelled: Callable[[], bool] = never,
) -> Float32Array:
    """Lay the centroids out by t-SNE, so that near ones lie together; very many by a sample of them.

    It starts from `linear_layout` and is turned to match it, so that one can replace the other on screen.

    Parameters
    ----------
    centroids : (n, d) array of numbers
        A row that holds a NaN or an infinity becomes the mean of the others.
    normalise : bool
        Compare directions, not lengths: for the inner-product metric.
    cancelled : function
        Asked before every iteration.

    Returns
    -------
    (n, 2) float32
        In [0, 1]², scaled as by `linear_layout`.

    Raises
    ------
    ValueError
        If `centroids` is not two-dimensional.
    LayoutCancelled
        If ``cancelled()`` was true.
    """
    many = np.asarray(centroids)
    if many.ndim == 2 and len(many) > limits.VERY_MANY:
        components = components_of_many(many, DIMENSIONS, limits.AXES_ROWS, normalise=normalise)
        return into_unit_square(around_anchors(components.astype(np.float32), cancelled))
    points = prepared(centroids, normalise=normalise, name="centroids")
    components = principal_components(points, DIMENSIONS)
    positions = tsne(
        components,
        components[:, :2],
        neighbours=NEIGHBOURS if len(points) <= MANY_POINTS else NEIGHBOURS_OF_MANY,
        iterations=_iterations(len(points)),
        cancelled=cancelled,
    )
    return into_unit_square(positions)


def _iterations(n: int) -> tuple[int, int]:
    """Return the iterations with and without exaggeration: a small map affords more."""
    if n <= EXACT_POINTS:
        return 100, 400
    return (80, 170) if n <= MANY_POINTS else (70, 160)
