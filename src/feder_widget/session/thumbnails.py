"""Pictures of rows as one message."""

from __future__ import annotations

import numpy as np

from feder_widget.media import Media
from feder_widget.session.messages import Request, RowId
from feder_widget.session.messages.to_page import ThumbnailItem, Thumbnails


def thumbnails(
    media: Media, request: Request, ids: list[int], clusters: list[int] | None, size: int
) -> Thumbnails:
    """Return the pictures of some rows, or why there is none; ``size`` is in device pixels."""
    items: list[ThumbnailItem] = []
    parts: list[bytes] = []
    offset = 0
    for row_id, picture in zip(ids, media.thumbnails(ids, size, clusters), strict=True):
        data = picture.data or b""
        items.append(
            ThumbnailItem(
                id=RowId(row_id),
                label=media.label(row_id),
                mime=picture.mime,
                offset=offset,
                length=len(data),
                url=picture.url,
                reason=picture.reason,
            )
        )
        parts.append(data)
        offset += len(data)
    encoded = np.frombuffer(b"".join(parts), np.uint8)
    return Thumbnails(request=request, size=size, items=items, data=encoded)
