"""The colours of the map's cells, as ``js/src/views/clusters/cellColours.ts`` chooses them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.palette import Palette, Rgb, mix, ramp_colour, rank_colour, rgb_of

SHADES = 48

EMPHASIS = 2.2
"""Most centroids are far from the query; a power gives the near ones more shades."""

USUAL = 0.95
"""Share of the centroids that have shades of their own."""

SLACK = 2
"""How much farther than these others may be."""


@dataclass(frozen=True, slots=True, eq=False)
class CellColours:
    """The colour of each cell, and of its outline where it is probed."""

    fills: list[Rgb]
    edges: dict[int, Rgb]


def cell_colours(
    palette: Palette,
    nlist: int,
    clusters: npt.NDArray[np.int64] | None = None,
    distances: npt.NDArray[np.float32] | None = None,
    probed: npt.NDArray[np.int64] | None = None,
) -> CellColours:
    """Return the colours of all cells.

    Parameters
    ----------
    nlist : int
        Number of clusters.
    clusters, distances : (nlist,), optional
        The ranking of all clusters, nearest first; before a search all cells are alike.
    probed : int64 (n,), optional
        The ranks of the clusters probed, from 1.
    """
    if clusters is None or distances is None or probed is None:
        return CellColours([palette.plain] * nlist, {})
    ramp = [ramp_colour(palette, shade / (SHADES - 1)) for shade in range(SHADES)]
    shades = np.floor(nearness(distances) * (SHADES - 1) + 0.5).astype(np.int64)
    fills = [palette.plain] * nlist
    for cluster, shade in zip(clusters.tolist(), shades.tolist(), strict=True):
        fills[cluster] = ramp[shade]
    edges = {}
    background = rgb_of(palette.background)
    for rank in probed.tolist():
        cluster, colour = int(clusters[rank - 1]), rank_colour(palette, rank)
        fills[cluster] = mix(background, colour, palette.fill)
        edges[cluster] = colour
    return CellColours(fills, edges)


def nearness(distances: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return 1 at the nearest centroid, 0 where the shades end, falling with the distance; float64 (n,)."""
    known = np.nan_to_num(distances.astype(np.float64))
    nearest, last = known[0], known[-1]
    reach = SLACK * (known[math.floor(USUAL * (len(known) - 1))] - nearest)
    end = nearest + reach if reach != 0 and abs(last - nearest) > abs(reach) else last
    if end == nearest:
        return np.ones(len(known))
    return np.asarray(np.clip(1 - (known - nearest) / (end - nearest), 0, 1) ** EMPHASIS)
