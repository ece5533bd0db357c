"""Whether the row ids of several shards are those of different rows: all are looked at where they are few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import ShardError
from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.shards.fetched_lists import FetchedLists
from feder_widget.faiss_internals.shards.joined_lists import have, joined_in
from feder_widget.stores.shard_files import ShardFile

MOST_READ = 1_000_000
"""Row ids of shards on this machine that are all read."""

MOST_SAMPLED = 65_536
"""Row ids that are read where there are more, of some lists."""

MOST_FETCHED = 8192
"""Row ids of shards elsewhere that are fetched when they are opened, of some lists."""

FEWEST = 64
"""Row ids of a shard that tell whether it counts from 0."""

Ids = npt.NDArray[np.int64]


def check(invlists: Any, sizes: Sequence[Ids], shards: Sequence[ShardFile]) -> None:
    """Raise if two shards share a row id, or a shard holds rows that it should not.

    Parameters
    ----------
    invlists : faiss.InvertedLists
        The lists of all shards joined.
    sizes : sequence of int64 (nlist,)
        Vectors of each shard in each list.
    shards : sequence of ShardFile

    Raises
    ------
    ShardError
        With the shards and a row id.
    """
    each = np.stack(sizes)
    is_far = isinstance(joined_in(invlists), FetchedLists)
    most = MOST_FETCHED if is_far else MOST_READ if each.sum() <= MOST_READ else MOST_SAMPLED
    clusters = _some_lists(each.sum(axis=0), most)
    have(invlists, clusters, only_ids=True)
    ends = np.cumsum(each, axis=0)
    found: list[list[Ids]] = [[] for _ in shards]
    for cluster in clusters.tolist():
        ids = inverted_lists.copy_ids(invlists, cluster)
        for part, some in enumerate(np.split(ids, ends[:-1, cluster])):
            found[part].append(some)
    _check([np.concatenate([np.empty(0, np.int64), *some]) for some in found], each.sum(axis=1), shards)


def _some_lists(sizes: Ids, most: int) -> Ids:
    """Return all lists that hold something, or as many of them as hold no more ids than ``most``."""
    filled = np.flatnonzero(sizes)
    if sizes.sum() <= most:
        return filled
    # Any lists, the same at each opening: by their numbers, ids may depend on them.
    drawn = np.random.default_rng(0).permutation(filled)
    drawn = drawn[sizes[drawn] <= max(most // 4, int(sizes[filled].min()))]
    few = drawn[: max(1, int(np.searchsorted(np.cumsum(sizes[drawn]), most, side="right")))]
    return np.sort(few)


def _check(found: Sequence[Ids], totals: Ids, shards: Sequence[ShardFile]) -> None:
    for shard, ids in zip(shards, found, strict=True):
        _check_range(shard, ids)
    ids = np.concatenate(found)
    part = np.repeat(np.arange(len(found)), [len(some) for some in found])
    ids, part = ids[ids >= 0], part[ids >= 0]
    order = np.lexsort((part, ids))
    ids, part = ids[order], part[order]
    shared = np.flatnonzero((ids[1:] == ids[:-1]) & (part[1:] != part[:-1]))
    remedy = "; if each counts its rows from 0, a manifest says the first row of each (docs/shards.md)"
    if len(shared):
        one, other = shards[part[shared[0]]].name, shards[part[shared[0] + 1]].name
        raise ShardError(f"overlapping row ids: {one} and {other} both hold row {ids[shared[0]]:,}{remedy}")
    if int(totals.sum()) == len(part):
        return
    # Of different ids, at least half of one of two shards' are beyond its number of vectors.
    from_zero = [
        shard.name
        for shard, some, total in zip(shards, found, totals.tolist(), strict=True)
        if len(some) >= FEWEST and 0 <= int(some.min()) <= int(some.max()) < total
    ]
    if len(from_zero) > 1:
        raise ShardError(
            f"overlapping row ids: {from_zero[0]} and {from_zero[1]} both count their rows from 0{remedy}"
        )


def _check_range(shard: ShardFile, ids: Ids) -> None:
    if shard.rows is None:
        return
    first, stop = shard.rows
    outside = ids[(ids < first) | (ids >= stop)]
    if len(outside):
        raise ShardError(
            f"{shard.name} holds row {outside[0]:,}; by the manifest its rows are {first:,} to {stop - 1:,}"
        )
