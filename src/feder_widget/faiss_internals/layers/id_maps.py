"""Row ids through an ``IndexIDMap``: from rows inside to ids, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import BrokenIdMapError
from feder_widget.faiss_internals.inverted_lists import FEW_IDS
from feder_widget.faiss_internals.unwrap import IdMap
from feder_widget.model.work_pieces import ID_WORK, WHOLE, Steps, drain

Ids = npt.NDArray[np.int64]


def outward(id_map: IdMap, ids: Ids) -> Ids:
    """Return the ids that rows of the index inside go by, int64 (n,); negative ones, no rows, stay.

    Raises
    ------
    BrokenIdMapError
        If there is no such row in the map. Faiss would read past its end.
    """
    names = names_of(id_map)
    if not len(ids):
        return ids
    if int(ids.max()) >= len(names):
        raise BrokenIdMapError(
            f"the id map names {len(names):,} rows, but the index inside it holds row {int(ids.max())}"
        )
    none = ids < 0
    if not none.any():
        found: Ids = names[ids]
        return found
    return np.where(none, ids, names[np.where(none, 0, ids)] if len(names) else ids)


def inward_steps(id_map: IdMap, ids: Ids, work: int = WHOLE) -> Steps[Ids]:
    """Return the row of the index inside that each id stands for, int64 (n,); -1 for an unknown id.

    One pass over the map, ``work`` multiplications per piece. Of an id given twice it is the first row, or
    the last where the map is an ``IndexIDMap2``, whose own reverse map says so.
    """
    last_counts = type(id_map.index).__name__.endswith("2")
    found = np.full(len(ids), -1, np.int64)
    most = max(1, work // (ID_WORK if len(ids) <= FEW_IDS else 8 * ID_WORK))
    begin = 0
    while begin < len(names := names_of(id_map)):
        if begin:
            yield
            # The index may have grown between pieces, which moves the map.
            names = names_of(id_map)
        rows = begin + np.flatnonzero(np.isin(names[begin : begin + most], ids))
        if last_counts:
            rows = rows[::-1]
        held, first = np.unique(names[rows], return_index=True)
        if len(held):
            at = np.minimum(np.searchsorted(held, ids), len(held) - 1)
            here = (held[at] == ids) & (last_counts | (found < 0))
            found[here] = rows[first[at[here]]]
        begin += most
    return found


def extremes(id_map: IdMap) -> tuple[int, int] | None:
    """Return the smallest and the largest id of the map, or None when it is empty."""
    names = names_of(id_map)
    return (int(names.min()), int(names.max())) if len(names) else None


def outward_all(id_maps: Sequence[IdMap], ids: Ids) -> Ids:
    """Return ids as the outermost of some maps, outermost first, reports them."""
    for id_map in reversed(id_maps):
        ids = outward(id_map, ids)
    return ids


def inward_all_steps(
    id_maps: Sequence[IdMap], ids: Ids, work: int = WHOLE
) -> Steps[tuple[Ids, npt.NDArray[np.bool_]]]:
    """Return the rows inside the innermost of some maps, outermost first, and which ids are known.

    Without maps, ids are their own rows and all of them may be known.
    """
    known = np.ones(len(ids), bool)
    for id_map in id_maps:
        ids = yield from inward_steps(id_map, ids, work)
        known &= ids >= 0
    return ids, known


def inward_all(id_maps: Sequence[IdMap], ids: Ids) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Return ``inward_all_steps`` at once."""
    return drain(inward_all_steps(id_maps, ids))


def names_of(id_map: IdMap) -> Ids:
    """Return the id of each row as a view of the map, int64 (n,): dead when the index grows."""
    held: Any = id_map.index.id_map
    size = held.size()
    return faiss.rev_swig_ptr(held.data(), size) if size else np.empty(0, np.int64)
