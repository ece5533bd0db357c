"""The picture and the lines of text in a cell's output, within the time that a display may wait."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

from feder_widget.figures.cell_output.small_png import SCALES
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import Rows
from feder_widget.media import Media

MOST_SECONDS = 0.4
"""A display waits no longer than this for its picture."""

NEIGHBOURS_BY, PICTURES_BY = 0.15, 0.28
"""Seconds from the start after which the true neighbours and the pictures of rows are left out."""

FINE_TAKES = 0.2
"""Seconds that the finer picture may take, and the coarser one if it comes out too large."""

THUMBNAIL_PIXELS = 128

_log = logging.getLogger(__name__)


class Deadline:
    """The time since a display began."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def left(self, share: float) -> float:
        """Return how many of so many seconds from the start are left; 0 for none."""
        return max(0.0, self._start + share - time.perf_counter())

    @property
    def scales(self) -> tuple[float, ...]:
        """The scales that there is time to paint a picture at; none where there is no time at all."""
        left = self.left(MOST_SECONDS)
        return () if not left else SCALES if left > FINE_TAKES else SCALES[-1:]


def output_of(parts: Callable[[Deadline], Iterator[tuple[str, str | bytes]]]) -> dict[str, str]:
    """Return an output by MIME type, pictures in base64, as far as it comes.

    Nothing is raised: an output without a picture is better than none.
    """
    found: dict[str, str] = {}
    try:
        for name, content in parts(Deadline()):
            if isinstance(content, bytes):
                content = base64.b64encode(content).decode("ascii")
            found[name] = content
    except Exception:
        _log.debug("feder_widget: the picture of an output failed", exc_info=True)
    return found


def images_within(
    lists: tuple[Rows, Rows], media: Media, vectors_of: Callable[[Rows], Any], seconds: float
) -> list[Image.Image | None]:
    """Return the pictures of the rows that come in time; the caller's function may take any time.

    Parameters
    ----------
    lists : tuple of Rows
        The results and the missed neighbours shown.
    media : Media
        Their pictures.
    vectors_of : function
        Rows → their vectors, drawn where there are no pictures. Called on this thread, the owner's.
    seconds : float
        Time for it.
    """
    rows = [(rows, i) for rows in lists for i in range(len(rows))]
    images: list[Image.Image | None] = [None] * len(rows)
    vectors: dict[int, Any] | None = None
    if not media.has_images:
        vectors = {}
        for some in lists:
            vectors |= dict(zip(some.ids.tolist(), vectors_of(some), strict=True))

    def read() -> None:
        pictures = RowPictures(media, THUMBNAIL_PIXELS, None if vectors is None else _from(vectors))
        for at, (row, i) in enumerate(rows):
            (images[at],) = pictures.images(row.ids[i : i + 1], row.clusters[i : i + 1])

    reader = threading.Thread(target=read, name="feder-static", daemon=True)
    reader.start()
    reader.join(seconds)
    return list(images)


def _from(vectors: dict[int, Any]) -> Callable[..., Any]:
    return lambda ids, _clusters=None: [vectors[int(row_id)] for row_id in ids]
