"""Which candidates are drawn: all, or a sample that holds every result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.map import LayoutCancelled

SCAN = 65_536
"""Vectors compared between two looks at whether anybody still waits."""

READ = 16_384
"""Vectors read at once: 8 MB at 128 dimensions."""

ALWAYS = 1000
"""Nearest candidates that every sample holds, at most; half of the smallest sample."""

GOLDEN = (5**0.5 - 1) / 2
ROOT = 2**0.5


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Candidates of one search, by rank of their cluster and then in list order.

    Attributes
    ----------
    clusters : int64 (n,)
        Cluster of each.
    ranks : int64 (n,)
        Rank of that cluster, 1 = nearest.
    offsets : int64 (n,)
        Place in the inverted list.
    ids : int64 (n,)
        Row ids.
    distances : float32 (n,)
        Distances to the query as Faiss reports them.
    turns : float64 (n,)
        Who comes first when there is room for fewer: smaller values do; results are below 0.
    total : int
        Candidates there are.
    """

    clusters: NDArray[np.int64]
    ranks: NDArray[np.int64]
    offsets: NDArray[np.int64]
    ids: NDArray[np.int64]
    distances: NDArray[np.float32]
    turns: NDArray[np.float64]
    total: int

    def __len__(self) -> int:
        """Return the number of candidates held."""
        return len(self.ids)

    def first(self, limit: int) -> NDArray[np.intp]:
        """Return the places, in order, of the ``limit`` candidates to keep; smaller choices lie in larger."""
        if len(self) <= limit:
            return np.arange(len(self))
        # A stable sort: ties would otherwise be broken by the whim of a partition.
        return np.sort(np.argsort(self.turns, kind="stable")[:limit])

    def at(self, places: NDArray[np.intp]) -> Sample:
        """Return the candidates at these places."""
        return Sample(
            self.clusters[places],
            self.ranks[places],
            self.offsets[places],
            self.ids[places],
            self.distances[places],
            self.turns[places],
            self.total,
        )


def gather(
    index: IvfIndex,
    vector: NDArray[np.float32],
    clusters: NDArray[np.int64],
    *,
    ranks: NDArray[np.int64] | None = None,
    limit: int,
    k: int,
    k_max: int,
    cancelled: Callable[[], bool],
) -> Sample:
    """Compare the query with every vector of some clusters and return at most ``limit`` candidates.

    Each cluster gives a share in proportion to its size, spread evenly over its list. Besides, these are
    always held (up to ``ALWAYS``): the ``k_max`` nearest of all, and the ``k`` nearest of every prefix of
    the ranking, which are the results at each step of the fine search.

    Parameters
    ----------
    index
        Not changed.
    vector : float32 (dim,)
        The query.
    clusters : int64 (n,)
        The probed clusters in rank order.
    ranks : int64 (n,), optional
        Their ranks, ascending; 1 to n unless given.
    limit
        Candidates to return at most.
    k, k_max
        Results shown, and the most that can be.
    cancelled
        Asked after every ``SCAN`` vectors.

    Raises
    ------
    LayoutCancelled
        When ``cancelled()`` turned true.
    """
    if ranks is None:
        ranks = np.arange(1, len(clusters) + 1)
    sizes = index.list_sizes[clusters]
    share = limit / max(1, int(sizes.sum()))
    nearest = _Nearest(min(k, ALWAYS), min(max(k, k_max), ALWAYS), index.similarity)
    parts: list[Sample] = []
    places: list[NDArray[np.intp]] = []
    total = 0
    for first, last in _batches(sizes):
        if cancelled():
            raise LayoutCancelled
        scan = index.scan(vector, clusters[first:last])
        counts = np.diff(scan.lims)
        entered = nearest.add(scan.distances, scan.lims, total)
        offsets = _offsets(index, scan.clusters, counts, sizes[first:last], scan.ids)
        homes = np.repeat(scan.clusters, counts)
        turns = ((offsets + 1) * GOLDEN + homes * ROOT) % 1.0
        chosen = turns < share
        chosen[entered] = True
        part = Sample(
            homes,
            np.repeat(ranks[first:last], counts),
            offsets,
            scan.ids,
            scan.distances,
            turns,
            0,
        )
        parts.append(part.at(np.flatnonzero(chosen)))
        places.append(np.flatnonzero(chosen) + total)
        total += len(scan.ids)
    joined = _joined(parts, total)
    joined.turns[np.isin(np.concatenate(places or [_NOWHERE]), nearest.found())] = -1
    held = joined.turns < min(share, 1)
    return _limited(joined.at(np.flatnonzero(held)), limit)


def with_rows(
    index: IvfIndex,
    vector: NDArray[np.float32],
    order: NDArray[np.int64],
    sample: Sample,
    ranks: NDArray[np.int64],
    ids: list[int],
    clusters: list[int],
) -> Sample:
    """Add rows of other clusters to a sample; those that are not where they should be are left out.

    Parameters
    ----------
    index
        Not changed.
    vector : float32 (dim,)
        The query.
    order : int64 (nlist,)
        All clusters by rank.
    sample
        Candidates of the probed clusters.
    ranks : int64 (n,)
        The ranks of these.
    ids, clusters
        Row ids, and where each of them lives.
    """
    rank_of = np.empty(len(order), np.int64)
    rank_of[order] = np.arange(1, len(order) + 1)
    homes = np.array(clusters, np.int64)
    rows = np.array(ids, np.int64)
    parts = [sample]
    for cluster in sorted(set(clusters), key=rank_of.__getitem__):
        if rank_of[cluster] in ranks:
            continue
        scan = index.scan(vector, np.array([cluster]))
        size = np.array([len(index.list_ids(cluster))])
        offsets = _offsets(index, scan.clusters, np.diff(scan.lims), size, scan.ids)
        places = np.flatnonzero(np.isin(scan.ids, rows[homes == cluster]))
        parts.append(
            Sample(
                np.full(len(places), cluster),
                np.full(len(places), rank_of[cluster]),
                offsets[places],
                scan.ids[places],
                scan.distances[places],
                np.full(len(places), -1.0),
                0,
            )
        )
    joined = _joined(parts, sample.total)
    return joined.at(np.argsort(joined.ranks, kind="stable"))


def vectors_of(index: IvfIndex, sample: Sample) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the vectors of a sample, with the part of the sample that each batch is.

    They are float32 (m, inner dim), in the space of ``index.transform``, where distances are measured.
    """
    ends = np.append(np.flatnonzero(np.diff(sample.ranks)) + 1, len(sample))
    start = 0
    for end in ends.tolist():
        for first in range(start, end, READ):
            part = slice(first, min(first + READ, end))
            yield part, index.stored_vectors(int(sample.clusters[first]), sample.offsets[part])
        start = end


_NOWHERE = np.empty(0, np.intp)


class _Nearest:
    """The nearest of all so far, and everything that was once among the ``k`` nearest."""

    def __init__(self, k: int, count: int, similarity: bool) -> None:
        self._k = k
        self._count = count
        self._sign = np.float32(-1 if similarity else 1)
        self._keys = np.empty(0, np.float32)
        self._places = _NOWHERE
        self._results: list[NDArray[np.intp]] = []

    def add(self, distances: NDArray[np.float32], lims: NDArray[np.int64], start: int) -> NDArray[np.intp]:
        """Take in clusters one by one; return which of their candidates were among the nearest then."""
        keys = distances * self._sign
        entered: list[NDArray[np.intp]] = []
        for low, high in zip(lims[:-1].tolist(), lims[1:].tolist(), strict=True):
            within = np.arange(low, high)
            if len(self._keys) == self._count:
                within = low + np.flatnonzero(keys[low:high] < self._keys[-1])
            if len(within) == 0:
                continue
            pool = np.concatenate([self._keys, keys[within]])
            # Stable, as of equally near candidates Faiss keeps the one that came first.
            order = np.argsort(pool, kind="stable")[: self._count]
            self._keys = pool[order]
            self._places = np.concatenate([self._places, within + start])[order]
            self._results.append(self._places[: self._k])
            entered.append(self._places[self._places >= start] - start)
        return np.unique(np.concatenate(entered)) if entered else _NOWHERE

    def found(self) -> NDArray[np.intp]:
        """Return the places of all that must be held, those of the last step before those of earlier ones."""
        # The steps from the last to the first: where there are too many, the early ones give way.
        everything = np.concatenate([self._places, *reversed(self._results)])
        values, at = np.unique(everything, return_index=True)
        return np.asarray(values[np.argsort(at)][:ALWAYS])


def _batches(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut the clusters into runs of at least one that hold at most ``SCAN`` vectors each."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + SCAN, side="right")))
        yield first, last
        first = last


def _offsets(
    index: IvfIndex,
    clusters: NDArray[np.int64],
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    ids: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the place of each scanned candidate in its inverted list, int64 (n,)."""
    starts = np.cumsum(counts) - counts
    offsets: NDArray[np.int64] = np.arange(len(ids)) - np.repeat(starts, counts)
    # A scan leaves out vectors whose distance is no finite float32; the others move up.
    for i in np.flatnonzero(counts != sizes).tolist():
        part = slice(int(starts[i]), int(starts[i] + counts[i]))
        present = np.flatnonzero(np.isin(index.list_ids(int(clusters[i])), ids[part]))
        offsets[part] = present[: counts[i]]
    return offsets


def _joined(parts: list[Sample], total: int) -> Sample:
    if not parts:
        none = np.empty(0, np.int64)
        return Sample(none, none, none, none, np.empty(0, np.float32), np.empty(0), 0)
    return Sample(
        np.concatenate([part.clusters for part in parts]),
        np.concatenate([part.ranks for part in parts]),
        np.concatenate([part.offsets for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.distances for part in parts]),
        np.concatenate([part.turns for part in parts]),
        total,
    )


def _limited(sample: Sample, limit: int) -> Sample:
    return sample if len(sample) <= limit else sample.at(sample.first(limit))
