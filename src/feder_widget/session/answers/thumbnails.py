"""Pictures of rows: images, and vectors where there is no image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.media.media import Vector
from feder_widget.model.pieces import Steps
from feder_widget.session.messages import Request, RowId
from feder_widget.session.messages.to_page import ThumbnailItem, Thumbnails


def thumbnails(
    media: Media,
    request: Request,
    ids: Sequence[int],
    clusters: Sequence[int] | None,
    size: int,
    vectors: dict[int, Vector],
    labels: dict[int, str],
) -> Thumbnails:
    """Draw some rows, on any thread.

    Parameters
    ----------
    media
        Their images.
    request
        The request that this answers.
    ids
        The rows.
    clusters
        The cluster of each, where the page knows them.
    size
        Device pixels of the longest side.
    vectors
        Of the rows with neither an image nor a label, by their place among ``ids``.
    labels
        Of the rows that have one, by row id.
    """
    items: list[ThumbnailItem] = []
    parts: list[bytes] = []
    offset = 0
    drawn = media.thumbnails(ids, size, clusters, vectors=vectors, labelled=labels)
    for row_id, picture in zip(ids, drawn, strict=True):
        data = picture.data or b""
        items.append(
            ThumbnailItem(
                id=RowId(row_id),
                label=labels.get(row_id),
                mime=picture.mime,
                offset=offset,
                length=len(data),
                url=picture.url,
                reason=picture.reason,
                note=picture.note,
            )
        )
        parts.append(data)
        offset += len(data)
    joined = np.frombuffer(b"".join(parts), np.uint8)
    return Thumbnails(request=request, size=size, items=items, data=joined)


def read_vectors(index: IvfIndex, rows: Sequence[int], clusters: Sequence[int] | None) -> Steps[list[Vector]]:
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
