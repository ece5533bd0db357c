"""The index of a figure, and its map, kept until the sizes of its clusters change."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from feder_widget.engines import IvfIndex, open_ivf
from feder_widget.map import ClusterMap, draw
from feder_widget.power_diagram import Cells

_known: WeakKeyDictionary[IvfIndex, tuple[tuple[float, ...], ClusterMap]] = WeakKeyDictionary()


def opened(index: object) -> IvfIndex:
    """Return an opened index, or open what ``open_index`` opens, where it has clusters."""
    return open_ivf(index)


def map_of(index: IvfIndex) -> ClusterMap:
    """Return the final map of an index as it is now: the same one as on the page."""
    version = index.version()
    found = _known.get(index)
    if found is None or found[0] != version:
        *_, final = draw(index.centroids(), index.list_sizes, by_angle=index.similarity)
        found = _known[index] = version, final
    return found[1]


class ScaledCells:
    """The cells of a map in CSS pixels, y pointing down as on the page, as large as a room allows.

    Parameters
    ----------
    cells : Cells
        The cells.
    width, height : float
        The room.

    Attributes
    ----------
    centres : float64 (n, 2)
        Centre of each cell.
    radii : float64 (n,)
        Radius of a circle around the centre that fits in the cell; 0 for an empty cluster.
    size : (float, float)
        The room.
    bounds : (float64 (2,), float64 (2,))
        The least and the largest x and y of the map.
    """

    def __init__(self, cells: Cells, width: float, height: float) -> None:
        scale = min(width / cells.aspect, height)
        shift = (np.array([width, height]) - scale * np.array([cells.aspect, 1])) / 2
        self._points = cells.points.astype(np.float64) * scale + shift
        self._offsets = cells.offsets.tolist()
        self.centres = cells.centres.astype(np.float64) * scale + shift
        self.radii = cells.inradii.astype(np.float64) * scale
        self.size = width, height
        self._scale = scale
        self.bounds = shift, shift + scale * np.array([cells.aspect, 1])

    def at(self, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return places on the map in CSS pixels, float64 (n, 2)."""
        return np.asarray(places * self._scale + self.bounds[0])

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.radii)

    @property
    def filled(self) -> list[int]:
        """The clusters that have a cell."""
        return [i for i in range(len(self)) if self._offsets[i] < self._offsets[i + 1]]

    def corners(self, cell: int, inset: float = 0) -> npt.NDArray[np.float64]:
        """Return the corners of a cell drawn in by so much towards its centre, float64 (m, 2)."""
        corners, radius = self._points[self._offsets[cell] : self._offsets[cell + 1]], self.radii[cell]
        shrink = max(0.4, 1 - inset / radius) if radius > 0 else 1.0
        return np.asarray(self.centres[cell] + (corners - self.centres[cell]) * shrink)


def edge_widths(radii: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the widths of the outlines of cells with these radii."""
    return np.asarray(np.clip(radii / 6, 0.75, 2))
