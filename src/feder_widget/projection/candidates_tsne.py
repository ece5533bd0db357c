"""t-SNE of the candidates of a search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feder_widget.layout.arrays import Float32Array, Float64Array
from feder_widget.layout.cancellation import never
from feder_widget.layout.principal_components import prepared, principal_components
from feder_widget.layout.tsne import tsne
from feder_widget.projection.outliers import drawn_in

DIMENSIONS = 50
"""Principal components given to t-SNE: more cost time and change little."""

NEIGHBOURS = 90
"""A perplexity of 30."""

ITERATIONS = 100, 400


def candidates_tsne(
    rows: Float32Array, start: Float64Array, cancelled: Callable[[], bool] = never
) -> Float64Array:
    """Lay vectors out by t-SNE, started from their linear positions and turned to match them.

    Parameters
    ----------
    rows : (n, d) float32
        Outliers are drawn in first: float32 distances among the others would drown in theirs. A row that is
        not finite becomes the mean of the others.
    start : (n, 2) float64
    cancelled : function
        Asked before every iteration.

    Returns
    -------
    (n, 2) float64

    Raises
    ------
    LayoutCancelled
        If ``cancelled()`` was true.
    """
    points = rows.astype(np.float64)
    finite = np.isfinite(points).all(axis=1)
    points[finite], _ = drawn_in(points[finite])
    components = principal_components(prepared(points), DIMENSIONS)
    return tsne(components, start, neighbours=NEIGHBOURS, iterations=ITERATIONS, cancelled=cancelled)
