"""Finding stored vectors by row id, without keeping anything per vector."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.index import lists

# Not in the type stubs that come with faiss.
_DIRECT_MAP: Any = vars(faiss)["DirectMap"]
_OFFSET_BITS = 32
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1
_INT64 = np.iinfo(np.int64)


def locate(index: Any, row_id: int) -> tuple[int, int] | None:
    """Return (cluster, offset) of a row id in an IVF index, or None.

    Through the direct map where there is one; otherwise the ids are searched list by list, and the first one
    counts.
    """
    if not _INT64.min <= row_id <= _INT64.max:
        return None
    if index.direct_map.type != _DIRECT_MAP.NoMap:
        return _mapped(index, row_id)
    invlists = index.invlists
    for cluster in range(index.nlist):
        with lists.borrowed_ids(invlists, cluster) as ids:
            found = np.flatnonzero(ids == row_id)
        if len(found):
            return cluster, int(found[0])
    return None


def places(index: Any, ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the cluster and the offset of each row id, int64 (n,) both, -1 where there is none.

    One pass over the ids of the index, or its direct map.
    """
    clusters = np.full(len(ids), -1, np.int64)
    offsets = np.full(len(ids), -1, np.int64)
    if index.direct_map.type != _DIRECT_MAP.NoMap:
        for i, row_id in enumerate(ids):
            clusters[i], offsets[i] = _mapped(index, int(row_id)) or (-1, -1)
        return clusters, offsets
    for cluster in range(index.nlist):
        with lists.borrowed_ids(index.invlists, cluster) as stored:
            found = np.flatnonzero(np.isin(stored, ids))
            held = stored[found]
        for row_id, offset in zip(held, found, strict=True):
            new = (ids == row_id) & (clusters < 0)
            clusters[new], offsets[new] = cluster, offset
    return clusters, offsets


def vectors_of(
    index: Any, ids: npt.NDArray[np.int64], homes: npt.NDArray[np.int64] | None
) -> npt.NDArray[np.float32]:
    """Return the vectors stored under row ids, float32 (n, dim), NaN where there is none.

    ``homes``, int64 (n,), says which cluster each id is in; only those lists are read. Without it every list
    is, unless the index has a direct map.
    """
    out = np.full((len(ids), index.d), np.nan, np.float32)
    wanted = np.arange(len(ids))
    if homes is None and index.direct_map.type != _DIRECT_MAP.NoMap:
        places = [_mapped(index, int(row_id)) for row_id in ids]
        homes = np.array([-1 if place is None else place[0] for place in places], np.int64)
        wanted = wanted[homes >= 0]
    if homes is None:
        for cluster in range(index.nlist):
            _fill(out, index, cluster, ids, wanted)
        return out
    wanted = wanted[np.argsort(homes[wanted], kind="stable")]
    starts = np.flatnonzero(np.diff(homes[wanted], prepend=-1))
    for some in np.split(wanted, starts[1:]) if len(wanted) else ():
        _fill(out, index, int(homes[some[0]]), ids, some)
    return out


def random_id(index: Any, rng: np.random.Generator) -> int:
    """Return a row id drawn uniformly over the stored vectors; ``ValueError`` when there are none."""
    drawn = sample_ids(index, 1, rng)
    if len(drawn) == 0:
        raise ValueError("the index holds no vectors to draw a row id from")
    return int(drawn[0])


def sample_ids(index: Any, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return row ids drawn uniformly over the stored vectors, each vector at most once, int64 (n,)."""
    sizes = lists.sizes(index.invlists)
    ends = np.cumsum(sizes)
    total = int(ends[-1])
    places = rng.choice(total, min(size, total), replace=False) if total else np.empty(0, np.int64)
    clusters = np.searchsorted(ends, places, side="right")
    ids = np.empty(len(places), np.int64)
    for cluster in np.unique(clusters):
        here = clusters == cluster
        with lists.borrowed_ids(index.invlists, int(cluster)) as stored:
            ids[here] = stored[places[here] - (ends[cluster] - sizes[cluster])]
    return ids


def max_id(index: Any) -> int:
    """Return the largest row id, or -1 when there is none."""
    largest = _INT64.min
    empty = True
    for cluster in range(index.nlist):
        with lists.borrowed_ids(index.invlists, cluster) as ids:
            if len(ids):
                largest, empty = max(largest, int(ids.max())), False
    return -1 if empty else largest


def _mapped(index: Any, row_id: int) -> tuple[int, int] | None:
    """Look a row id up in the direct map."""
    direct_map = index.direct_map
    if direct_map.type == _DIRECT_MAP.Array and not 0 <= row_id < direct_map.array.size():
        return None
    try:
        place = direct_map.get(row_id)
    except RuntimeError:
        # SWIG does not wrap the hash table, so that asking is the only way to learn that the key is not
        # there.
        return None
    return None if place < 0 else (place >> _OFFSET_BITS, place & _OFFSET_MASK)


def _fill(
    out: npt.NDArray[np.float32],
    index: Any,
    cluster: int,
    ids: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.int64],
) -> None:
    """Write the vectors that one list holds of ``ids[wanted]`` into ``out[wanted]``, where still NaN."""
    with lists.borrowed_ids(index.invlists, cluster) as stored:
        offsets = np.flatnonzero(np.isin(stored, ids[wanted]))
        held = stored[offsets]
    if not len(offsets):
        return
    held, first = np.unique(held, return_index=True)
    at = np.minimum(np.searchsorted(held, ids[wanted]), len(held) - 1)
    hit = (held[at] == ids[wanted]) & np.isnan(out[wanted, 0])
    chosen = offsets[first[at[hit]]]
    out[wanted[hit]] = lists.copy_vectors(index.invlists, cluster, index.d, chosen)
