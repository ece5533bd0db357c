"""Draws the map of the centroids on a thread of its own, and sends it to whoever has asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from .index import IvfIndex
from .layout import LayoutCancelled, linear_layout, neighbour_layout
from .outbox import Outbox
from .wire import Request, pack_float32


class Cartographer:
    """Lays the centroids out once: along their principal components at first, then by neighbours."""

    def __init__(self, index: IvfIndex, outbox: Outbox) -> None:
        self._index = index
        self._outbox = outbox
        # Held while maps are sent, lest the first one arrive after the final one.
        self._sending = threading.Lock()
        self._map: tuple[NDArray[np.float32], str, bool] | None = None
        self._requests: list[Request] = []
        self._closed = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="feder-map")
        self._pool.submit(self._draw)

    def ask(self, request: Request) -> None:
        """Send the map there is, and a better one when it is ready."""
        with self._sending:
            if self._map is None or not self._map[2]:
                self._requests.append(request)
            if self._map is not None:
                self._send(request, *self._map)

    def close(self) -> None:
        """Stop drawing at the next iteration."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _draw(self) -> None:
        try:
            centroids = self._index.centroids()
            by_angle = self._index.similarity
            self._publish(linear_layout(centroids, normalise=by_angle), "PCA", final=False)
            positions = neighbour_layout(centroids, normalise=by_angle, cancelled=self._closed.is_set)
            self._publish(positions, "t-SNE", final=True)
        except LayoutCancelled:
            return
        except Exception as error:
            self._outbox.fail(None, error)

    def _publish(self, positions: NDArray[np.float32], method: str, *, final: bool) -> None:
        with self._sending:
            self._map = (positions, method, final)
            for request in self._requests:
                self._send(request, positions, method, final)

    def _send(self, request: Request, positions: NDArray[np.float32], method: str, final: bool) -> None:
        self._outbox.deliver(
            (
                {"kind": "map", "request": request, "method": method, "final": final},
                [pack_float32(positions)],
            )
        )
