"""The rows of one cluster, and the row that stands for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.model.keys import keys_of
from feder_widget.model.search_trace import Scan
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_kernel import MembersRequest
from feder_widget.session.messages.to_page import Medoids, Members

REMEMBERED = 1_000_000
"""Rows of the orderings kept (12 MB), so that scrolling a cluster, or moving a map, scans a cluster once."""

SORTED_HERE = 100_000
"""Distances that are sorted in a step: some 5 ms; of more, a thread sorts a copy."""

Ordering = tuple[NDArray[np.int64], NDArray[np.float32]]


class Orderings:
    """Orders clusters by distance to the query, once for each search, and to the centroid without one.

    Parameters
    ----------
    index
        The opened index.
    in_thread
        Has a thread call a function.
    """

    def __init__(self, index: IvfIndex, in_thread: Callable[..., Future[Any]]) -> None:
        self._index = index
        self._in_thread = in_thread
        self._kept: LRUCache[tuple[int, int], Ordering] = LRUCache(
            REMEMBERED, getsizeof=lambda ordering: min(len(ordering[0]), REMEMBERED)
        )

    def forget(self) -> None:
        """Drop what is kept."""
        self._kept.clear()

    def windows(
        self, search: ActiveSearch | None, asked: MembersRequest
    ) -> Iterator[Members | Future[Any] | None]:
        """Return the window of each cluster; without a search distances are NaN."""
        part = slice(asked.offset, asked.offset + asked.limit)
        totals = []
        ids: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        distances: list[NDArray[np.float32]] = [np.empty(0, np.float32)]
        for cluster in asked.clusters:
            ordered, measured = yield from self._order(search, cluster)
            totals.append(len(ordered))
            ids.append(ordered[part])
            distances.append(np.full(len(ids[-1]), np.nan, np.float32) if search is None else measured[part])
        yield Members(
            request=asked.request,
            offset=asked.offset,
            serial=0 if search is None else search.serial,
            clusters=np.array(asked.clusters, np.int32),
            totals=np.array(totals, np.int32),
            counts=np.array([len(some) for some in ids[1:]], np.int32),
            ids=np.concatenate(ids),
            distances=np.concatenate(distances),
        )

    def _order(self, search: ActiveSearch | None, cluster: int) -> Any:
        key = 0 if search is None else search.serial, cluster
        ordered = self._kept.get(key)
        if ordered is None:
            scans = []
            for scan in self._scans(search, cluster):
                scans.append(scan)
                yield None
            ids = np.concatenate([scan.ids for scan in scans])
            distances = np.concatenate([scan.distances for scan in scans])
            keys = keys_of(distances, self._index.similarity)
            if len(keys) > SORTED_HERE:
                sorting = self._in_thread(np.argsort, keys, kind="stable")
                yield sorting
                nearest = sorting.result()
            else:
                nearest = np.argsort(keys, kind="stable")
            ids = ids[nearest]
            if search is None:
                # A scan leaves out the rows whose distance overflows.
                stored = self._index.list_ids(cluster)
                ids = np.concatenate([ids, stored[~np.isin(stored, ids)]])
            ordered = self._kept[key] = ids, distances[nearest]
        return ordered

    def _scans(self, search: ActiveSearch | None, cluster: int) -> Iterator[Scan]:
        if search is None:
            return self._index.scan_from_centroid_steps(cluster)
        to_centroid = search.ranking.distances[search.rank_of[[cluster]] - 1]
        return self._index.scan_steps(search.query, [cluster], to_centroid)


def medoids(index: IvfIndex, request: Request, clusters: list[int]) -> Iterator[Medoids | None]:
    """Find, for each cluster that holds any, the row nearest to its centroid."""
    found: list[tuple[int, int]] = []
    for cluster in clusters:
        nearest: tuple[float, int] | None = None
        for scan in index.scan_from_centroid_steps(cluster):
            if len(scan.ids):
                keys = keys_of(scan.distances, index.similarity)
                best = int(np.argmin(keys))
                if nearest is None or keys[best] < nearest[0]:
                    nearest = float(keys[best]), int(scan.ids[best])
            yield None
        if nearest is not None:
            found.append((cluster, nearest[1]))
    pairs = np.array(found, np.int64).reshape(-1, 2)
    yield Medoids(request=request, clusters=pairs[:, 0], ids=pairs[:, 1])
