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
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import Medoids, Members

REMEMBERED = 4
"""Orderings kept, so that scrolling one cluster scans it once."""

SORTED_HERE = 100_000
"""Distances that are sorted in a step: some 5 ms; of more, a thread sorts a copy."""

Ordering = tuple[NDArray[np.int64], NDArray[np.float32]]


class Orderings:
    """Orders clusters by distance to the query, once for each search.

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
        self._kept: LRUCache[tuple[int, int], Ordering] = LRUCache(REMEMBERED)

    def forget(self) -> None:
        """Drop what is kept."""
        self._kept.clear()

    def window(
        self, search: ActiveSearch | None, request: Request, cluster: int, offset: int, limit: int
    ) -> Iterator[Members | Future[Any] | None]:
        """Return ``limit`` rows from ``offset`` on; without a search in stored order, distances NaN."""
        ids, distances = yield from self._order(search, cluster)
        part = slice(offset, offset + limit)
        yield Members(
            request=request,
            cluster=cluster,
            offset=offset,
            total=len(ids),
            serial=0 if search is None else search.serial,
            ids=ids[part],
            distances=distances[part],
        )

    def _order(self, search: ActiveSearch | None, cluster: int) -> Any:
        if search is None:
            ids = self._index.list_ids(cluster)
            return ids, np.full(ids.size, np.nan, np.float32)
        key = search.serial, cluster
        ordered = self._kept.get(key)
        if ordered is None:
            scans = []
            to_centroid = search.ranking.distances[search.rank_of[[cluster]] - 1]
            for scan in self._index.scan_steps(search.query, [cluster], to_centroid):
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
            ordered = self._kept[key] = ids[nearest], distances[nearest]
        return ordered


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
