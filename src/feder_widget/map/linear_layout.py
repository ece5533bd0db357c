"""The first map: centroids along their principal components."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Float32Array
from feder_widget.layout.plane import into_unit_square
from feder_widget.layout.principal_components import components_of_many, prepared, principal_components
from feder_widget.map import limits


def linear_layout(centroids: npt.ArrayLike, *, normalise: bool = False) -> Float32Array:
    """Lay the centroids out by their first two principal components.

    Parameters
    ----------
    centroids : (n, d) array of numbers
        A row that holds a NaN or an infinity lies at the mean of the others.
    normalise : bool
        Compare directions, not lengths: for the inner-product metric.

    Returns
    -------
    (n, 2) float32
        In [0, 1]², with one scale for both axes: the longer one spans [0, 1], the other is centred. Equal
        centroids get equal positions; if all are equal, (0.5, 0.5).

    Raises
    ------
    ValueError
        If `centroids` is not two-dimensional.
    """
    many = np.asarray(centroids)
    if many.ndim == 2 and len(many) > limits.VERY_MANY:
        return into_unit_square(components_of_many(many, 2, limits.AXES_ROWS, normalise=normalise))
    points = prepared(centroids, normalise=normalise, name="centroids")
    return into_unit_square(principal_components(points, 2))
