"""Pictures of rows: images, and vectors where there is no image."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.media.media import Vector
from feder_widget.media.thumbnail import Thumbnail
from feder_widget.model.work_pieces import Steps
from feder_widget.session.messages import RowId
from feder_widget.session.messages.to_kernel import ThumbnailsRequest
from feder_widget.session.messages.to_page import ThumbnailItem, Thumbnails

APART = 0.05
"""Seconds between two messages of one request: pictures that come faster are sent several at a time."""


class RowVectors(Protocol):
    """Reads the vectors of rows."""

    def vectors_of_steps(
        self, ids: npt.ArrayLike, clusters: npt.ArrayLike | None = None
    ) -> Steps[npt.NDArray[np.float32]]:
        """Return the vectors of rows, NaN where an id is unknown; a cluster says where one is stored."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class DrawnRow:
    """The picture and the label of the row at a place of a request."""

    place: int
    row_id: int
    label: str | None
    picture: Thumbnail


class ThumbnailStream:
    """Sends the pictures of one request as they are ready.

    Parameters
    ----------
    asked
        The request.
    deliver
        Takes the messages.
    """

    def __init__(self, asked: ThumbnailsRequest, deliver: Callable[[Thumbnails], None]) -> None:
        self._asked = asked
        self._deliver = deliver
        # Held while a message leaves: the final one must be the last.
        self._lock = threading.Lock()
        self._held: list[DrawnRow] = []
        self._missing = len(asked.ids)
        self._last = -math.inf
        self._timer: threading.Timer | None = None

    def add(self, row: DrawnRow) -> None:
        """Send a picture, with those that wait; it waits for a moment where a message has just left."""
        with self._lock:
            self._held.append(row)
            wait = self._last + APART - time.monotonic()
            if wait <= 0 or len(self._held) == self._missing:
                self._send()
            elif self._timer is None:
                # The next picture may take long.
                self._timer = threading.Timer(wait, self.send)
                self._timer.daemon = True
                self._timer.start()

    def send(self, *rows: DrawnRow) -> None:
        """Send these pictures, and those that wait."""
        with self._lock:
            self._held += rows
            if self._held or not self._asked.ids:
                self._send()

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rows, self._held = self._held, []
        self._missing -= len(rows)
        self._last = time.monotonic()
        items: list[ThumbnailItem] = []
        parts: list[bytes] = []
        offset = 0
        for row in rows:
            data = row.picture.data or b""
            items.append(
                ThumbnailItem(
                    id=RowId(row.row_id),
                    label=row.label,
                    mime=row.picture.mime,
                    offset=offset,
                    length=len(data),
                    url=row.picture.url,
                    reason=row.picture.reason,
                    note=row.picture.note,
                )
            )
            parts.append(data)
            offset += len(data)
        self._deliver(
            Thumbnails(
                request=self._asked.request,
                size=self._asked.size,
                final=self._missing == 0,
                places=[row.place for row in rows],
                items=items,
                data=np.frombuffer(b"".join(parts), np.uint8),
            )
        )


def read_vectors(
    index: RowVectors, rows: Sequence[int], clusters: Sequence[int] | None
) -> Steps[list[Vector]]:
    """Read the vectors of rows where the page believes them to be, and elsewhere where they are not."""
    try:
        vectors = yield from index.vectors_of_steps(rows, clusters)
        missing = np.flatnonzero(np.isnan(vectors[:, 0])).tolist()
        if clusters is not None and missing:
            vectors[missing] = yield from index.vectors_of_steps([rows[place] for place in missing])
    except Exception as error:
        if len(rows) <= 1:
            return [error for _ in rows]
        # One bad row must not cost the others their picture.
        found: list[Vector] = []
        for half in (slice(0, len(rows) // 2), slice(len(rows) // 2, None)):
            some = None if clusters is None else clusters[half]
            found += yield from read_vectors(index, rows[half], some)
        return found
    return list(vectors)
