"""The picture and the lines of text in a cell's output, beside the widget."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from feder_widget.engines import IvfIndex
from feder_widget.figures.palette import Mode
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.search_text import map_title, query_line, search_lines
from feder_widget.figures.shown_search import ShownSearch, shown_search_steps
from feder_widget.figures.static_picture import SCALES, THUMBNAIL_PIXELS, shown_rows, static_picture
from feder_widget.map import ClusterMap
from feder_widget.media import Media
from feder_widget.model.query import Query

MOST_SECONDS = 0.4
"""A display waits no longer than this for its picture."""

NEIGHBOURS_BY, MAP_BY, PICTURES_BY = 0.15, 0.24, 0.28
"""Seconds from the start after which the true neighbours, the map and the pictures of rows are left out."""

FINE_TAKES = 0.2
"""Seconds that the finer picture may take, and the coarser one if it comes out too large."""

MOST_WORK = 200_000_000
"""Multiplications of a search that is repeated for the picture: a tenth of a second or so."""

_log = logging.getLogger(__name__)


def static_view(
    index: IvfIndex,
    query: Query | None,
    nprobe: int,
    k: int,
    *,
    include_self: bool,
    map_within: Callable[[float], ClusterMap | None],
    media: Media,
    mode: Mode,
) -> dict[str, str]:
    """Return ``text/plain`` and ``image/png`` (base64) of an index and the search shown.

    What takes too long is left out, the pictures of rows first. Nothing is raised: an output without a
    picture is better than none.

    Parameters
    ----------
    index, query, nprobe, k, include_self
        The search; ``query`` is None before the first one.
    map_within : function
        Returns the best map there is within some seconds, None where there is none.
    media : Media
        The pictures of the rows.
    mode : "light" or "dark"
        The colours.
    """
    start = time.perf_counter()

    def left(share: float) -> float:
        return max(0.0, start + share - time.perf_counter())

    found: dict[str, str] = {}
    try:
        search = _search(index, query, nprobe, k, include_self, lambda: left(NEIGHBOURS_BY) == 0)
        lines = search_lines(index, search)
        if query is not None and search is None:
            lines[-1] = query_line(index, query, nprobe, k)
        found["text/plain"] = "\n".join(lines)
        drawn = map_within(left(MAP_BY))
        if drawn is not None and len(drawn.cells.points):
            images = [] if search is None else _images(index, search, media, left(PICTURES_BY))
            if left(MOST_SECONDS):
                scales = SCALES if left(MOST_SECONDS) > FINE_TAKES else SCALES[-1:]
                title = map_title(index, None)
                picture = static_picture(title, drawn, search, images, mode=mode, scales=scales)
                found["image/png"] = base64.b64encode(picture).decode("ascii")
    except Exception:
        _log.debug("feder_widget: the picture of an output failed", exc_info=True)
    return found


def _search(
    index: IvfIndex, query: Query | None, nprobe: int, k: int, include_self: bool, is_late: Callable[[], bool]
) -> ShownSearch | None:
    """Search again, with the true neighbours where they come in time; None where it would take long."""
    if query is None or index.ntotal / index.nlist * nprobe * index.dim > MOST_WORK:
        return None
    *_, last = shown_search_steps(index, query, nprobe, k, include_self=include_self, is_late=is_late)
    return last


def _images(index: IvfIndex, search: ShownSearch, media: Media, seconds: float) -> list[Image.Image | None]:
    """Return the pictures of the rows that come in time; the caller's function may take any time."""
    rows = [(rows, i) for rows in shown_rows(search) for i in range(len(rows))]
    images: list[Image.Image | None] = [None] * len(rows)
    # Vectors are read by this thread, the owner's.
    vectors: Any = None
    if not media.has_images:
        vectors = {
            int(row.ids[i]): index.vectors_of(row.ids[i : i + 1], row.clusters[i : i + 1])[0]
            for row, i in rows
            if row.clusters[i] >= 0
        }

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
