"""Finding rows in the inverted lists of one index by the ids in them, without keeping anything per row."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists

# Not in the type stubs that come with faiss.
_DIRECT_MAP: Any = vars(faiss)["DirectMap"]
_OFFSET_BITS = 32
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1
_INT64 = np.iinfo(np.int64)

Ids = npt.NDArray[np.int64]


def places(ivf: Any, ids: Ids, homes: Ids | None = None) -> tuple[Ids, Ids]:
    """Return the cluster and the offset of each row id, int64 (n,) both, -1 where there is none.

    ``homes``, int64 (n,), says which cluster each id is in: then only those lists are read. Otherwise the
    direct map is asked, or every list is read.
    """
    clusters = np.full(len(ids), -1, np.int64)
    offsets = np.full(len(ids), -1, np.int64)
    if homes is not None:
        for cluster in np.unique(homes).tolist():
            here = np.flatnonzero(homes == cluster)
            offsets[here] = _first_offsets(ivf, cluster, ids[here])
        return np.where(offsets >= 0, homes, -1), offsets
    if ivf.direct_map.type != _DIRECT_MAP.NoMap:
        for i, row_id in enumerate(ids.tolist()):
            clusters[i], offsets[i] = _mapped(ivf, row_id) or (-1, -1)
        return clusters, offsets
    missing = np.arange(len(ids))
    for cluster in range(ivf.nlist):
        if not len(missing):
            break
        found = _first_offsets(ivf, cluster, ids[missing])
        clusters[missing[found >= 0]] = cluster
        offsets[missing[found >= 0]] = found[found >= 0]
        missing = missing[found < 0]
    return clusters, offsets


def extremes(ivf: Any) -> tuple[int, int] | None:
    """Return the smallest and the largest row id, or None when there is none. One pass over all ids."""
    smallest, largest = _INT64.max, _INT64.min
    for cluster in range(ivf.nlist):
        with inverted_lists.borrowed_ids(ivf.invlists, cluster) as ids:
            if len(ids):
                smallest, largest = min(smallest, int(ids.min())), max(largest, int(ids.max()))
    return None if largest < smallest else (smallest, largest)


def _mapped(ivf: Any, row_id: int) -> tuple[int, int] | None:
    """Look a row id up in the direct map."""
    direct_map = ivf.direct_map
    if direct_map.type == _DIRECT_MAP.Array and not 0 <= row_id < direct_map.array.size():
        return None
    try:
        place = direct_map.get(row_id)
    except RuntimeError:
        # SWIG does not wrap the hash table, so that asking is the only way to learn that the key is not
        # there.
        return None
    if place < 0:
        return None
    cluster, offset = place >> _OFFSET_BITS, place & _OFFSET_MASK
    # A map from a damaged file may point anywhere.
    if cluster >= ivf.nlist or offset >= ivf.invlists.list_size(cluster):
        return None
    return cluster, offset


def _first_offsets(ivf: Any, cluster: int, ids: Ids) -> Ids:
    """Return where each id comes first in one list, int64 (n,), -1 where it does not."""
    with inverted_lists.borrowed_ids(ivf.invlists, cluster) as stored:
        hits = np.flatnonzero(np.isin(stored, ids))
        held = stored[hits]
    if not len(held):
        return np.full(len(ids), -1, np.int64)
    held, first = np.unique(held, return_index=True)
    at = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return np.where(held[at] == ids, hits[first[at]], -1)
