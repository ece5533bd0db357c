"""The map of the clusters, drawn by a thread on copies and sent to the pages that asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from feder_widget.engines import IvfIndex
from feder_widget.map import LayoutCancelled
from feder_widget.map.cluster_map import ClusterMap, draw
from feder_widget.session import threads
from feder_widget.session.answers.map_shapes import centres_in_parts, shapes_in_parts, touching
from feder_widget.session.freed_memory import give_back
from feder_widget.session.messages import Request
from feder_widget.session.messages.parse import SupersededError
from feder_widget.session.messages.to_kernel import MapShapesRequest
from feder_widget.session.messages.to_page import MapPart
from feder_widget.session.outbox import Outbox

CHUNK = 1_000_000
"""Bytes of cells in one message, unless a single one has more: a message stays under 1 MiB."""

MOST_WHOLE = 131_072
"""Clusters up to which the shapes of all cells are sent at once (6 MB); of more, those in sight."""


class MapDrawing:
    """Draws the map as soon as it is made, and anew when the sizes of the clusters change.

    Messages leave from the thread, so that the map appears while a cell runs. Of more than ``most_whole``
    clusters the page gets the centres of the cells, and asks for the shapes of those in sight.
    """

    def __init__(self, index: IvfIndex, outbox: Outbox, most_whole: int = MOST_WHOLE) -> None:
        self._index = index
        self._outbox = outbox
        self._most_whole = most_whole
        self._drawing = 0
        # Held while parts are sent: those of the first map must not follow the final one.
        self._sending = threading.Condition(threading.Lock())
        self._map: ClusterMap | None = None
        self._requests: list[Request] = []
        self._stop = threading.Event()
        self._pool: ThreadPoolExecutor = threads.pool(1, "map")
        self.draw()

    def draw(self) -> None:
        """Draw the index as it is now, on the owner's thread's copies, in place of an older drawing."""
        self._stop.set()
        self._stop = stop = threading.Event()
        with self._sending:
            self._map = None
            # The page asks again when it hears of the change.
            self._requests.clear()
        centroids, sizes = self._index.centroids(), self._index.list_sizes.copy()
        self._pool.submit(self._draw, centroids, sizes, self._index.similarity, stop)

    def ask(self, request: Request) -> None:
        """Send the map there is, and better ones as they come, up to the final one; from any thread."""
        with self._sending:
            if self._map is not None:
                self._send(request, self._map)
            if (self._map is None or not self._map.is_final) and request not in self._requests:
                self._requests.append(request)

    def ask_shapes(self, asked: MapShapesRequest) -> None:
        """Send the shapes of the cells that touch a box; from any thread.

        Raises
        ------
        SupersededError
            If another map has been drawn since the page got that one.
        BadRequestError
            If very many cells touch the box.
        """
        with self._sending:
            drawn = self._map
            if drawn is None or asked.drawing != self._drawing:
                raise SupersededError(f"the map {asked.drawing} is over: another one was drawn")
        found = touching(drawn, asked)
        for part in shapes_in_parts(asked, drawn, found, CHUNK):
            self._outbox.deliver(part)

    def within(self, seconds: float) -> ClusterMap | None:
        """Return the final map if it comes within some seconds, else the one there is, else None."""
        with self._sending:
            self._sending.wait_for(lambda: self._stop.is_set(), seconds)
            return self._map

    def close(self) -> None:
        """Stop drawing at the next step."""
        self._end(self._stop)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _draw(self, centroids: np.ndarray, sizes: np.ndarray, by_angle: bool, stop: threading.Event) -> None:
        try:
            for drawn in draw(centroids, sizes, by_angle=by_angle, cancelled=stop.is_set):
                self._publish(drawn, stop)
            give_back()
        except LayoutCancelled:
            return
        except Exception as error:
            self._outbox.fail(None, error)
        finally:
            self._end(stop)

    def _end(self, stop: threading.Event) -> None:
        """Note that no more maps come, for those who wait."""
        with self._sending:
            stop.set()
            self._sending.notify_all()

    def _publish(self, drawn: ClusterMap, stop: threading.Event) -> None:
        with self._sending:
            if stop.is_set():
                return
            self._map = drawn
            self._drawing += 1
            for request in self._requests:
                self._send(request, drawn)
            if drawn.is_final:
                self._requests.clear()

    def _send(self, request: Request, drawn: ClusterMap) -> None:
        are_many = len(drawn.cells) > self._most_whole
        sent = centres_in_parts(request, drawn, self._drawing, CHUNK) if are_many else parts(request, drawn)
        for part in sent:
            self._outbox.deliver(part)


def parts(request: Request, drawn: ClusterMap) -> Iterator[MapPart]:
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
