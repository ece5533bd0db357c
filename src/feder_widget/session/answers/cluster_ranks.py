"""The ranks of clusters that the page does not get with a search, because there are very many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_kernel import RanksRequest
from feder_widget.session.messages.to_page import (
    Candidates,
    FaissResults,
    RankedClusters,
    TrueNeighbours,
    Verdict,
)
from feder_widget.session.runner import Step

CHUNK = 65_536
"""Clusters in one message at most: 16 bytes each, so a message stays under 1 MiB."""

ABOUT_ROWS = (Candidates, FaissResults, TrueNeighbours, Verdict)


def ranks(index: IvfIndex, search: ActiveSearch, asked: RanksRequest) -> Iterator[RankedClusters]:
    """Send the ranks of the clusters of a request."""
    wanted = search.rank_of[np.asarray(asked.clusters, np.int64)]
    yield ranked(index, search, asked.request, wanted)


def named(index: IvfIndex, search: ActiveSearch, steps: Iterator[Step]) -> Iterator[Step]:
    """Send the ranks of clusters that the page cannot know ahead of each message that is about their rows."""
    for step in steps:
        if search.ranked < search.nlist and isinstance(step, ABOUT_ROWS):
            unknown = _ranks_in(step)
            unknown = np.unique(unknown[unknown > search.ranked])
            for start in range(0, len(unknown), CHUNK):
                yield ranked(index, search, step.request, unknown[start : start + CHUNK])
        yield step


def ranked(
    index: IvfIndex, search: ActiveSearch, request: Request, wanted: NDArray[np.int64]
) -> RankedClusters:
    """Return the message about the clusters at some ranks, int64 (n,)."""
    return RankedClusters(
        request=request,
        serial=search.serial,
        ranks=wanted,
        clusters=search.ranking.clusters[wanted - 1],
        distances=search.ranking.distances[wanted - 1],
        nearest=search.by_distance(wanted, index.coarse_similarity),
    )


def _ranks_in(message: Candidates | FaissResults | TrueNeighbours | Verdict) -> NDArray[np.int64]:
    """Return the ranks of the clusters whose rows a message is about, int64 (n,)."""
    if isinstance(message, Candidates):
        return np.flatnonzero(message.counts) + message.first_rank
    if isinstance(message, (FaissResults, TrueNeighbours)):
        return np.asarray(message.rank_of, np.int64)
    return np.array([message.rank])
