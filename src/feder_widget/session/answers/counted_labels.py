"""Labels of rows, counted: in every cluster, in one cluster, and row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.model.list_runs import runs
from feder_widget.session.answers.label_tally import LabelCounts, LabelTally
from feder_widget.session.messages import Request
from feder_widget.session.messages.parse import BadRequestError
from feder_widget.session.messages.to_page import Composition, Labels, RowLabels

NAMED = 12
"""Labels named at most: the page has a colour for each of the first eight, and one for all others."""

ON_MAP = 200_000
"""Rows whose labels are counted for the map, unless the least number of each cluster exceeds it."""

OF_CLUSTER = (8, 2000)
"""The least and the greatest number of rows that are counted of each cluster for the map."""

MAP_SECONDS = 10.0
"""Seconds that labels are read for the map; a slow function of the caller's then has told enough."""

IN_CLUSTER = 20_000
"""Rows whose labels are counted of one cluster."""

CLUSTER_SECONDS = 2.0
"""Seconds that labels are read for one cluster."""

ROWS = 65_536
"""Rows in one ``RowLabels``."""

PART = 16_384
"""Clusters in one ``Labels``: 45 bytes each, so a message stays under 1 MiB."""

TOGETHER = 16_384
"""Rows of several clusters that are drawn from in one step: some 3 ms."""

LIST_ROWS = 32
"""Rows whose ids are read in the time that the list itself takes."""

REMEMBERED = 256
"""Compositions kept."""

SEED = 3
"""Of the rows drawn, so that a map has the same colours every time."""


class CountedLabels:
    """Counts labels, which are read on a thread of their own: they may be the caller's function, and slow.

    Parameters
    ----------
    index, media
        The rows, and their labels.
    in_thread
        Has a thread call a function.
    """

    def __init__(self, index: IvfIndex, media: Media, in_thread: Callable[..., Future[Any]]) -> None:
        self._index = index
        self._media = media
        self._in_thread = in_thread
        self._counted: LabelCounts | None = None
        self._compositions: LRUCache[int, Composition] = LRUCache(REMEMBERED)

    def forget(self) -> None:
        """Drop what is kept: the index has changed."""
        self._counted = None
        self._compositions.clear()

    def labels(self, request: Request, index_version: int) -> Iterator[Labels | Future[Any] | None]:
        """Count the labels of every cluster: of a few rows, for a first answer, then of more."""
        if (kept := self._counted) is not None:
            yield from self._parts(request, index_version, kept, is_final=True)
            return
        least, greatest = OF_CLUSTER
        limit = min(greatest, max(least, ON_MAP // self._index.nlist))
        tally = LabelTally(self._media, MAP_SECONDS)
        for first, last in ((0, least), (least, limit)):
            yield from self._read_some(tally, limit, first, last)
            counting = self._in_thread(tally.counts, self._index.nlist, NAMED, limit)
            yield counting
            counts: LabelCounts = counting.result()
            is_final = tally.is_over or last == limit
            yield from self._parts(request, index_version, counts, is_final=is_final)
            if is_final:
                break
        self._counted = counts

    def composition(self, request: Request, cluster: int) -> Iterator[Composition | Future[Any] | None]:
        """Count the labels of one cluster."""
        kept = self._compositions.get(cluster)
        if kept is None:
            ids = self._index.list_ids(cluster)
            random = np.random.default_rng(SEED)
            drawn = ids[random.choice(ids.size, min(ids.size, IN_CLUSTER), replace=False)]
            tally = LabelTally(self._media, CLUSTER_SECONDS)
            yield from self._read(tally, drawn, np.zeros(drawn.size, np.int32))
            counts = tally.counts(1, NAMED, IN_CLUSTER)
            kept = self._compositions[cluster] = Composition(
                request=request,
                cluster=cluster,
                names=counts.names,
                counts=counts.counts[0, :-1].tolist(),
                distinct=counts.distinct,
                counted=counts.counted,
                total=ids.size,
                unlabelled=counts.unlabelled,
                failed=counts.failed,
            )
        yield replace(kept, request=request)

    def row_labels(self, request: Request, clusters: list[int]) -> Iterator[RowLabels | Future[Any] | None]:
        """Tell the labels of the rows of some clusters, as many as fit.

        Raises
        ------
        BadRequestError
            If ``labels`` has not counted them.
        """
        if (counted := self._counted) is None:
            raise BadRequestError("the labels of this index have not been counted")
        tally = LabelTally(self._media, CLUSTER_SECONDS, texts_too=True)
        told: list[NDArray[np.int64]] = []
        for cluster in dict.fromkeys(clusters):
            ids = self._index.list_ids(cluster)
            rows = sum(some.size for some in told)
            if told and rows + ids.size > ROWS:
                break
            yield from self._read(tally, ids[:ROWS], np.full(min(ids.size, ROWS), cluster, np.int32))
            told.append(ids[: tally.read_rows - rows])
            if tally.is_over:
                break
        yield RowLabels(
            request=request,
            names=counted.names,
            clusters=np.array(list(dict.fromkeys(clusters))[: len(told)], np.int32),
            counts=np.array([some.size for some in told], np.int32),
            ids=np.concatenate([np.empty(0, np.int64), *told]),
            codes=tally.codes(counted.names),
        )

    def _read_some(
        self, tally: LabelTally, limit: int, first: int, last: int
    ) -> Iterator[Future[Any] | None]:
        """Read the labels of the rows from ``first`` to ``last`` of the ``limit`` drawn of each cluster."""
        random = np.random.default_rng(SEED)
        for begin, end in runs(self._index.list_sizes + LIST_ROWS, TOGETHER):
            ids, clusters = self._index.ids_by_list(begin, end)
            # The same draw in each pass, so that none is read twice.
            drawn = drawn_rows(clusters, limit, random, first, last)
            yield None
            yield from self._read(tally, ids[drawn], clusters[drawn].astype(np.int32))
            if tally.is_over:
                return

    def _read(
        self, tally: LabelTally, ids: NDArray[np.int64], clusters: NDArray[np.int32]
    ) -> Iterator[Future[Any]]:
        """Read the labels of rows on a thread, until all are read or it is over."""
        done = 0
        while done < ids.size and not tally.is_over:
            reading = self._in_thread(tally.read, ids[done:], clusters[done:])
            yield reading
            done += reading.result()

    def _parts(
        self, request: Request, index_version: int, counted: LabelCounts, *, is_final: bool
    ) -> Iterator[Labels]:
        nlist = len(counted.most)
        for offset in range(0, nlist, PART):
            part = slice(offset, offset + PART)
            yield Labels(
                request=request,
                index_version=index_version,
                final=is_final,
                names=counted.names,
                distinct=counted.distinct,
                counted=counted.counted,
                total=self._index.ntotal,
                limit=counted.limit,
                unlabelled=counted.unlabelled,
                failed=counted.failed,
                rows=nlist,
                offset=offset,
                counts=counted.counts[part],
                commonest=counted.commonest[part],
                most=counted.most[part],
            )


def drawn_rows(
    clusters: NDArray[np.int64], limit: int, random: np.random.Generator, first: int, last: int
) -> NDArray[np.int64]:
    """Draw up to ``limit`` rows of each cluster at random, and return the ones from ``first`` to ``last``.

    Parameters
    ----------
    clusters : array of shape (n,), int64
        The cluster of each row, ascending.

    Returns
    -------
    array of shape (m,), int64
        Places of rows, cluster after cluster.
    """
    if not clusters.size:
        return np.empty(0, np.int64)
    if clusters[0] == clusters[-1]:
        # A single list may be long, and to sort it would take long.
        return random.choice(clusters.size, min(clusters.size, limit), replace=False)[first:last]
    shuffled = np.lexsort((random.random(clusters.size), clusters))
    turn = np.arange(clusters.size) - np.searchsorted(clusters, clusters)
    return shuffled[(turn >= first) & (turn < min(last, limit))]
