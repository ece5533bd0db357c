"""The index of a figure, and its map, kept until the sizes of its clusters change."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from feder_widget.engines import IvfIndex, open_index
from feder_widget.map import ClusterMap, draw

_known: WeakKeyDictionary[IvfIndex, tuple[tuple[float, ...], ClusterMap]] = WeakKeyDictionary()


def opened(index: object) -> IvfIndex:
    """Return an opened index, or open what ``open_index`` opens."""
    return index if isinstance(index, IvfIndex) else open_index(index)


def map_of(index: IvfIndex) -> ClusterMap:
    """Return the final map of an index as it is now: the same one as on the page."""
    version = index.version()
    found = _known.get(index)
    if found is None or found[0] != version:
        *_, final = draw(index.centroids(), index.list_sizes, by_angle=index.similarity)
        found = _known[index] = version, final
    return found[1]
