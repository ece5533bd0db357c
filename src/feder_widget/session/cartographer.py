"""Draws the map of the clusters on a thread of its own, and sends it to whoever has asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from feder_widget.engines import IvfIndex
from feder_widget.map import ClusterMap, LayoutCancelled, draw
from feder_widget.session import threads
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import MapPart
from feder_widget.session.outbox import Outbox

CHUNK = 1_000_000
"""Bytes of cells in one message, unless a single one has more: a message stays under 1 MiB."""


class Cartographer:
    """Maps the clusters once: along the centroids' principal components at first, then by neighbours."""

    def __init__(self, index: IvfIndex, outbox: Outbox) -> None:
        self._index = index
        self._outbox = outbox
        # Held while maps are sent, lest the first one arrive after the final one.
        self._sending = threading.Lock()
        self._map: ClusterMap | None = None
        self._requests: list[Request] = []
        self._closed = threading.Event()
        self._pool = threads.pool(1, "map")
        self._pool.submit(self._draw)

    def ask(self, request: Request) -> None:
        """Send the map there is, and a better one when it is ready."""
        with self._sending:
            if self._map is None or not self._map.is_final:
                self._requests.append(request)
            if self._map is not None:
                self._send(request, self._map)

    def close(self) -> None:
        """Stop drawing at the next step."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _draw(self) -> None:
        try:
            centroids, sizes = self._index.centroids(), self._index.list_sizes
            drawn = draw(centroids, sizes, by_angle=self._index.similarity, cancelled=self._closed.is_set)
            for one in drawn:
                self._publish(one)
        except LayoutCancelled:
            return
        except Exception as error:
            self._outbox.fail(None, error)

    def _publish(self, drawn: ClusterMap) -> None:
        with self._sending:
            self._map = drawn
            for request in self._requests:
                self._send(request, drawn)

    def _send(self, request: Request, drawn: ClusterMap) -> None:
        for part in _parts(request, drawn):
            self._outbox.deliver(part)


def _parts(request: Request, drawn: ClusterMap) -> Iterator[MapPart]:
    """Cut a map into messages."""
    cells = drawn.cells
    offsets = cells.offsets.astype(np.int64)
    # An offset, a centre and a radius for each cell, and its corners.
    sizes = np.concatenate([[0], np.cumsum(4 * (1 + 2 + 1) + 8 * np.diff(offsets))])
    first = 0
    while True:
        room = np.searchsorted(sizes, sizes[first] + CHUNK, side="right") - 1
        last = min(max(int(room), first + 1), len(cells))
        yield MapPart(
            request=request,
            method=drawn.method,
            final=drawn.is_final,
            aspect=cells.aspect,
            rows=len(cells),
            offset=first,
            points=cells.points[offsets[first] : offsets[last]],
            offsets=offsets[first : last + 1] - offsets[first],
            centres=cells.centres[first:last],
            inradii=cells.inradii[first:last],
        )
        first = last
        if first >= len(cells):
            return
