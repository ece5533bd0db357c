"""The map of all clusters, drawn twice: at once, then better."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.layout.cancellation import checking, never
from feder_widget.map import limits
from feder_widget.map.linear_layout import linear_layout
from feder_widget.map.neighbour_layout import neighbour_layout
from feder_widget.power_diagram import Cells, bisected_cells, round_cells, tiled_cells

ASPECT = 1.4
"""Width / height of the map: the same for every index, so that a map looks alike wherever it is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class ClusterMap:
    """One cell for each cluster, of an area in proportion to its size."""

    cells: Cells
    method: str
    """Name of the layout, as the page shows it."""
    is_final: bool


def draw(
    centroids: npt.ArrayLike,
    sizes: npt.ArrayLike,
    *,
    by_angle: bool,
    cancelled: Callable[[], bool] = never,
) -> Iterator[ClusterMap]:
    """Draw the map by principal components, then by t-SNE.

    It reads nothing but its arguments, so any thread may run it on copies.

    Parameters
    ----------
    centroids : (nlist, d) array of numbers
    sizes : (nlist,) array of int
        Vectors in each cluster. An empty cluster has no cell, only a place.
    by_angle : bool
        Compare directions, not lengths: for the inner-product metric.
    cancelled : function
        Asked between steps of some milliseconds.

    Yields
    ------
    ClusterMap
        The second one is final.

    Raises
    ------
    LayoutCancelled
        If ``cancelled()`` was true.
    """
    check = checking(cancelled)
    positions = linear_layout(centroids, normalise=by_angle)
    # Bisected cells are fast, and this map is soon replaced. Only sorting is fast enough for very many.
    first = tiled_cells if len(positions) > limits.VERY_MANY else bisected_cells
    yield ClusterMap(first(positions, sizes, ASPECT, check=check), "PCA", is_final=False)
    positions = neighbour_layout(centroids, normalise=by_angle, cancelled=cancelled)
    yield drawn_at(positions, sizes, cancelled=cancelled)


def drawn_at(
    positions: npt.ArrayLike, sizes: npt.ArrayLike, *, cancelled: Callable[[], bool] = never
) -> ClusterMap:
    """Draw the final map of clusters that ``neighbour_layout`` has laid out; the rest as for ``draw``."""
    are_many = len(np.asarray(positions)) > limits.VERY_MANY
    made = bisected_cells if are_many else round_cells
    cells = made(positions, sizes, ASPECT, check=checking(cancelled))
    return ClusterMap(cells, "t-SNE of a sample" if are_many else "t-SNE", is_final=True)
