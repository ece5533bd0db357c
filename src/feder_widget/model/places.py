"""Places in inverted lists: (cluster, offset) packed into one int64, as Faiss labels results by place.

Sorted as integers, places are in order of cluster, then offset.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_OFFSET_BITS = 32
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1

Ids = npt.NDArray[np.int64]


def pack(clusters: Ids, offsets: Ids) -> Ids:
    """Return the places of these clusters and offsets, int64 (n,)."""
    return clusters << _OFFSET_BITS | offsets


def unpack(places: Ids) -> tuple[Ids, Ids]:
    """Return the clusters and the offsets of some places, int64 (n,) both."""
    return places >> _OFFSET_BITS, places & _OFFSET_MASK


def unpack_one(place: int) -> tuple[int, int]:
    """Return the cluster and the offset of one place."""
    return place >> _OFFSET_BITS, place & _OFFSET_MASK
