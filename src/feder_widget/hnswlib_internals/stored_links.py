"""The links of an hnswlib graph, as it stores them: checked, and laid out as ``GraphLinks``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_links import GraphLinks

Bytes = npt.NDArray[np.uint8]

HEADER = 4
"""Bytes before the links of a node: how many there are, in the first two."""


class InconsistentStateError(ValueError):
    """Parts of an hnswlib index contradict each other."""


def links_of(
    level0: Bytes, levels: npt.NDArray[np.integer], upper: Bytes, m: int, *, entry_point: int, max_level: int
) -> GraphLinks:
    """Return the links of a graph.

    Parameters
    ----------
    level0 : uint8 (n, bytes)
        The header and the links of every node on level 0.
    levels : int (n,)
        The top level of each node.
    upper : uint8 (bytes,)
        Headers and links of all nodes on their upper levels, node after node, and level after level.
    m : int
        Links of a node on an upper level at most; on level 0 there is room for twice as many.
    entry_point, max_level : int
        Where every search begins.

    Raises
    ------
    InconsistentStateError
        If a search would leave the graph.
    """
    count = len(level0)
    if len(levels) != count or levels.min() < 0 or levels.max() != max_level:
        raise InconsistentStateError(f"levels of {count:,} elements must be from 0 to {max_level}")
    if not 0 <= entry_point < count or levels[entry_point] != max_level:
        raise InconsistentStateError(
            f"the entry point must be an element on level {max_level}, got {entry_point}"
        )
    tops = levels.astype(np.int64)
    size = HEADER + 4 * m
    if len(upper) != size * int(tops.sum()):
        wanted = size * int(tops.sum())
        raise InconsistentStateError(f"links of upper levels take {wanted:,} bytes, got {len(upper):,}")
    offsets = np.concatenate([[0], np.cumsum(2 * m + tops * m)])
    links = np.full(offsets[-1], -1, np.int32)
    links[offsets[:-1, None] + np.arange(2 * m)] = _slots(level0, count)
    nodes = np.repeat(np.arange(count), tops)
    firsts = np.cumsum(tops) - tops
    above = np.arange(len(nodes)) - firsts[nodes]
    slots = _slots(upper.reshape(len(nodes), size), count)
    _check_levels(slots, above + 1, tops)
    links[(offsets[nodes] + 2 * m + above * m)[:, None] + np.arange(m)] = slots
    return GraphLinks(
        links,
        offsets.astype(np.uint64),
        np.concatenate([[0], 2 * m + m * np.arange(max_level + 1)]).astype(np.int64),
        (tops + 1).astype(np.int32),
        entry_point,
        max_level,
    )


def _slots(stored: Bytes, count: int) -> npt.NDArray[np.int32]:
    """Return links to nodes below ``count``, int32 (n, slots); -1 where one is not used."""
    slots = np.ascontiguousarray(stored[:, HEADER:]).view(np.uint32)
    used = np.ascontiguousarray(stored[:, :2]).view(np.uint16)
    if len(used) and used.max() > slots.shape[1]:
        raise InconsistentStateError(
            f"an element must have at most {slots.shape[1]} links on a level, got {used.max()}"
        )
    is_used = np.arange(slots.shape[1]) < used
    if is_used.any() and slots[is_used].max() >= count:
        raise InconsistentStateError(
            f"links must lead to elements 0 to {count - 1}, got {slots[is_used].max()}"
        )
    return np.where(is_used, slots, np.uint32(2**32 - 1)).view(np.int32)


def _check_levels(
    slots: npt.NDArray[np.int32], levels: npt.NDArray[np.int64], tops: npt.NDArray[np.int64]
) -> None:
    """Raise where a link of an upper level leads to a node that is not on it."""
    astray = (slots >= 0) & (tops[slots] < levels[:, None])
    if astray.any():
        raise InconsistentStateError(
            f"links of an upper level must lead to elements on it, got {slots[astray][0]}"
        )
