"""The vectors of one cluster, window by window, nearest to the query first."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import Medoids
from feder_widget.session.messages.to_page import Members as MembersMessage

REMEMBERED = 4
"""Orderings kept, so that scrolling one cluster scans it once."""


class Members:
    """Orders a cluster once per query and serves windows of it; thread-safe."""

    def __init__(self, index: IvfIndex) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._ordered: OrderedDict[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.float32]]] = (
            OrderedDict()
        )

    def window(
        self,
        request: Request,
        serial: int,
        vector: NDArray[np.float32] | None,
        cluster: int,
        offset: int,
        limit: int,
    ) -> MembersMessage:
        """``limit`` members from ``offset`` on; without a query in stored order, distances NaN."""
        ids, distances = self._order(serial, vector, cluster)
        part = slice(offset, offset + limit)
        return MembersMessage(
            request=request,
            cluster=cluster,
            offset=offset,
            total=int(ids.size),
            serial=serial,
            ids=ids[part],
            distances=distances[part],
        )

    def medoids(self, request: Request, clusters: list[int]) -> Medoids:
        """Find, for each cluster that has any, the vector nearest to its centroid."""
        found: list[tuple[int, int]] = []
        for cluster in clusters:
            scan = self._index.scan_from_centroid(cluster)
            if scan.ids.size:
                best = np.argmax(scan.distances) if self._index.similarity else np.argmin(scan.distances)
                found.append((cluster, int(scan.ids[best])))
        pairs = np.array(found, np.int64).reshape(-1, 2)
        return Medoids(request=request, clusters=pairs[:, 0], ids=pairs[:, 1])

    def clear(self) -> None:
        """Forget every ordering."""
        with self._lock:
            self._ordered.clear()

    def _order(
        self, serial: int, vector: NDArray[np.float32] | None, cluster: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if vector is None:
            ids = self._index.list_ids(cluster)
            return ids, np.full(ids.size, np.nan, np.float32)
        key = (serial, cluster)
        with self._lock:
            if key in self._ordered:
                self._ordered.move_to_end(key)
                return self._ordered[key]
        scan = self._index.scan(vector, np.array([cluster]))
        nearest = np.argsort(-scan.distances if self._index.similarity else scan.distances, kind="stable")
        ordered = (scan.ids[nearest], scan.distances[nearest])
        with self._lock:
            self._ordered[key] = ordered
            while len(self._ordered) > REMEMBERED:
                self._ordered.popitem(last=False)
        return ordered
