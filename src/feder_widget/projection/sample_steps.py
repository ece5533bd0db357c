"""Samples and their vectors, read from an index in steps of a few milliseconds.

The caller steps these generators on the thread that owns the index. The arrays that come out are copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.model.list_runs import runs
from feder_widget.model.search_trace import CoarseStep, Scan
from feder_widget.model.work_pieces import DECODE_WORK, Steps, vectors_per_piece
from feder_widget.projection.prefix_results import NOWHERE, PrefixResults
from feder_widget.projection.sample import Sample, turns_of

ALWAYS = 1000
"""Most nearest candidates that every sample holds: half of the smallest sample."""

LIST_COST = 64
"""Vectors that opening one inverted list counts for."""

Present = dict[int, NDArray[np.intp]]
"""Cluster → offsets of its scanned vectors, for a cluster with vectors that a scan leaves out."""


def gather_steps(
    index: IvfIndex,
    query: Any,
    ranking: CoarseStep,
    ranks: NDArray[np.int64],
    *,
    limit: int,
    k: int,
    k_max: int,
) -> Steps[Sample]:
    """Compare the query with every vector of some clusters and return at most ``limit`` candidates.

    Each cluster gives a share in proportion to its size, spread evenly over its list. Besides, these are
    always held (up to ``ALWAYS``): the ``k_max`` nearest of all, and the ``k`` nearest of every prefix of
    the ranking, which are the results at each step of the fine search.

    Parameters
    ----------
    index
        Not changed.
    query : Query or float32 (dim,)
    ranking
        All clusters, nearest first.
    ranks : int64 (n,)
        Ranks of the probed clusters, ascending, 1 = nearest.
    limit
        Most candidates returned.
    k, k_max
        Results shown, and the largest k that the page can show.
    """
    share = limit / max(1, int(index.list_sizes[ranking.clusters[ranks - 1]].sum()))
    results = PrefixResults(min(k, ALWAYS), min(max(k, k_max), ALWAYS), similarity=index.similarity)
    rank_of = _rank_of(ranking)
    parts: list[Sample] = []
    places: list[NDArray[np.intp]] = []
    present: Present = {}
    total = 0
    for scan, part in _pieces(index, query, ranking, ranks, present):
        entered = results.add(part.distances, scan.lims, rank_of[scan.clusters], total)
        chosen = part.turns < share
        chosen[entered] = True
        parts.append(part.at(np.flatnonzero(chosen)))
        places.append(np.flatnonzero(chosen) + total)
        total += len(part)
        yield
    joined = _placed(Sample.joined(parts, total), present)
    yield
    joined.turns[np.searchsorted(np.concatenate([NOWHERE, *places]), results.found(ALWAYS))] = -1
    held = joined.at(np.flatnonzero(joined.turns < min(share, 1)))
    yield
    return held.at(held.first(limit))


def with_rows_steps(
    index: IvfIndex,
    query: Any,
    ranking: CoarseStep,
    sample: Sample,
    ranks: NDArray[np.int64],
    ids: Sequence[int],
    clusters: Sequence[int],
) -> Steps[Sample]:
    """Return a sample with some rows of clusters that were not probed.

    Parameters
    ----------
    index, query, ranking, ranks
        As for `gather_steps`.
    sample
        Candidates of the probed clusters.
    ids, clusters
        Row ids, and the cluster of each. A row that is not in its cluster is left out.
    """
    wanted = set(zip(clusters, ids, strict=True))
    beyond = np.setdiff1d(np.flatnonzero(np.isin(ranking.clusters, np.unique(clusters))) + 1, ranks)
    parts: list[Sample] = []
    present: Present = {}
    for _, part in _pieces(index, query, ranking, beyond, present):
        alike = np.flatnonzero(np.isin(part.ids, ids))
        pairs = zip(part.clusters[alike].tolist(), part.ids[alike].tolist(), strict=True)
        parts.append(part.at(alike[[pair in wanted for pair in pairs]]))
        yield
    added = _placed(Sample.joined(parts, 0), present)
    added.turns[:] = -1
    joined = Sample.joined([sample, added], sample.total)
    return joined.at(np.argsort(joined.ranks, kind="stable"))


def vector_steps(index: IvfIndex, sample: Sample) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the vectors of a sample in order, each batch with its part of the sample.

    They are float32 (m, inner dim), in the space of ``index.transform``, where distances are measured.
    """

    def read(low: int, high: int) -> NDArray[np.float32]:
        return index.stored_vectors(int(sample.clusters[low]), sample.offsets[low:high])

    most = vectors_per_piece(DECODE_WORK * index.dim)
    # Where each list begins, and the end.
    edges = np.flatnonzero(np.diff(sample.ranks, prepend=-1, append=-1))
    for first, last in runs(np.diff(edges) + LIST_COST, most):
        low, end = int(edges[first]), int(edges[last])
        if last == first + 1:
            for start in range(low, end, most):
                stop = min(start + most, end)
                yield slice(start, stop), read(start, stop)
        else:
            ends = edges[first : last + 1].tolist()
            yield slice(low, end), np.concatenate(list(starmap(read, pairwise(ends))))


def _pieces(
    index: IvfIndex, query: Any, ranking: CoarseStep, ranks: NDArray[np.int64], present: Present
) -> Iterator[tuple[Scan, Sample]]:
    """Scan clusters piece by piece; a long list comes in several.

    Offsets count the scanned vectors of a list. Where a scan leaves vectors out, ``present`` gets the offsets
    in the list; `_placed` applies them.
    """
    clusters, sizes = ranking.clusters[ranks - 1], index.list_sizes
    rank_of = _rank_of(ranking)
    scanned: dict[int, list[NDArray[np.int64]]] = {}
    for scan in index.scan_steps(query, clusters, ranking.distances[ranks - 1]):
        counts = np.diff(scan.lims)
        before = np.zeros(len(counts), np.int64)
        for i in np.flatnonzero(counts != sizes[scan.clusters]).tolist():
            cluster = int(scan.clusters[i])
            held = scanned.setdefault(cluster, [])
            before[i] = sum(map(len, held))
            held.append(scan.ids[scan.lims[i] : scan.lims[i + 1]])
            if before[i] + counts[i] == sizes[cluster]:
                del scanned[cluster]
        homes = scan.clusters.repeat(counts)
        offsets = np.arange(len(scan.ids)) + (before - scan.lims[:-1]).repeat(counts)
        turns = turns_of(homes, offsets)
        yield scan, Sample(homes, rank_of[homes], offsets, scan.ids, scan.distances, turns, 0)
    for cluster, pieces in scanned.items():
        present[cluster] = np.flatnonzero(np.isin(index.list_ids(cluster), np.concatenate(pieces)))


def _rank_of(ranking: CoarseStep) -> NDArray[np.int64]:
    """Return the rank of each cluster by its number, int64 (nlist,)."""
    ranks = np.empty(len(ranking.clusters), np.int64)
    ranks[ranking.clusters] = np.arange(1, len(ranks) + 1)
    return ranks


def _placed(sample: Sample, present: Present) -> Sample:
    """Return a sample with offsets in the lists, of offsets among the scanned vectors."""
    offsets = sample.offsets.copy()
    for cluster, places in present.items():
        here = sample.clusters == cluster
        offsets[here] = places[offsets[here]]
    return replace(sample, offsets=offsets)
