"""Row ids through an ``IndexIDMap``, out and in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.unwrap import IdMap

Ids = npt.NDArray[np.int64]


def outward(id_map: IdMap, ids: Ids) -> Ids:
    """Return the ids that rows of the index inside go by, int64 (n,); negative ones, no rows, stay.

    Raises
    ------
    ValueError
        If there is no such row in the map. Faiss would read past its end.
    """
    names = _names(id_map)
    if not len(ids):
        return ids
    if int(ids.max()) >= len(names):
        raise ValueError(
            f"the id map names {len(names):,} rows, but the index inside it holds row {int(ids.max())}"
        )
    none = ids < 0
    if not none.any():
        found: Ids = names[ids]
        return found
    return np.where(none, ids, names[np.where(none, 0, ids)] if len(names) else ids)


def inward(id_map: IdMap, ids: Ids) -> Ids:
    """Return the row of the index inside that each id stands for, int64 (n,); -1 for an unknown id.

    One pass over the map. Of an id given twice it is the first row, or the last where the map is an
    ``IndexIDMap2``, whose own reverse map says so.
    """
    names = _names(id_map)
    rows = np.flatnonzero(np.isin(names, ids))
    if type(id_map.index).__name__.endswith("2"):
        rows = rows[::-1]
    held, first = np.unique(names[rows], return_index=True)
    if not len(held):
        return np.full(len(ids), -1, np.int64)
    at = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return np.where(held[at] == ids, rows[first[at]], -1)


def extremes(id_map: IdMap) -> tuple[int, int] | None:
    """Return the smallest and the largest id of the map, or None when it is empty."""
    names = _names(id_map)
    return (int(names.min()), int(names.max())) if len(names) else None


def outward_all(id_maps: Sequence[IdMap], ids: Ids) -> Ids:
    """Return ids as the outermost of some maps, outermost first, reports them."""
    for id_map in reversed(id_maps):
        ids = outward(id_map, ids)
    return ids


def inward_all(id_maps: Sequence[IdMap], ids: Ids) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Return the rows inside the innermost of some maps, outermost first, and which ids are known.

    Where there are no maps, ids are their own rows and all of them may be known.
    """
    known = np.ones(len(ids), bool)
    for id_map in id_maps:
        ids = inward(id_map, ids)
        known &= ids >= 0
    return ids, known


def _names(id_map: IdMap) -> Ids:
    """Return a view of the map, int64 (n,): dead when the index grows."""
    held: Any = id_map.index.id_map
    size = held.size()
    return faiss.rev_swig_ptr(held.data(), size) if size else np.empty(0, np.int64)
