"""Pictures of rows as one message."""

from __future__ import annotations

from feder_widget.media import Media
from feder_widget.session.wire import Packet, Request, ThumbnailItem


def thumbnails(
    media: Media, request: Request, ids: list[int], clusters: list[int] | None, size: int
) -> Packet:
    """Return the pictures of some rows, or why there is none; ``size`` is in device pixels."""
    items: list[ThumbnailItem] = []
    parts: list[bytes] = []
    offset = 0
    for row_id, picture in zip(ids, media.thumbnails(ids, size, clusters), strict=True):
        data = picture.data or b""
        items.append(
            {
                "id": str(row_id),
                "label": media.label(row_id),
                "mime": picture.mime,
                "offset": offset,
                "length": len(data),
                "url": picture.url,
                "reason": picture.reason,
            }
        )
        parts.append(data)
        offset += len(data)
    return {"kind": "thumbnails", "request": request, "size": size, "items": items}, [b"".join(parts)]
