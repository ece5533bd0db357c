"""The pictures of a page: the first ones in view, as far as there is room."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from feder_widget.export.recorded_session import Packet, RecordedSession
from feder_widget.export.smaller_picture import smaller
from feder_widget.model.pieces import Steps

LARGE, SMALL = 128, 64
"""Sides of pictures in pixels: of what is listed, and of what lies on the map."""

UNREADABLE = "it could not be read when this page was saved"
ELSEWHERE = "it is on another site, which this page does not ask"

TEXT_SHARE = 4 / 3
"""Base64."""


def record_pictures(session: RecordedSession, rows: Sequence[int], large: int, room: int) -> Steps[int]:
    """Ask for pictures in turn while they fit.

    Parameters
    ----------
    session
        The recording.
    rows
        Row ids, the most important first.
    large
        How many of these are listed, and shown larger.
    room
        Bytes of a page that pictures may take.

    Returns
    -------
    int
        How many rows have a picture in the recording.
    """
    taken, used = 0, 0.0
    batch = 64
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        size = LARGE if start < large else SMALL
        asked = {"kind": "thumbnails", "ids": [str(row) for row in some], "clusters": None, "size": size}
        answers = []
        for packet in (yield from session.ask(asked, keeps=False)):
            answers.append(_with_smaller(packet))
            yield
        cost = TEXT_SHARE * sum(_compressed(packet) for packet in answers)
        if used + cost > room:
            break
        used += cost
        taken += sum(item["reason"] is None for content, _ in answers for item in content["items"])
        session.note(
            {**asked, "request": f"saved:pictures:{start}"}, _renamed(answers, f"saved:pictures:{start}")
        )
    return taken


def _compressed(packet: Packet) -> int:
    """Return the bytes of a message once it is compressed: the tables of small pictures are alike."""
    content, buffers = packet
    return len(zlib.compress(b"".join([json.dumps(content).encode(), *buffers]), 1))


def _with_smaller(packet: Packet) -> Packet:
    """Return a message of pictures with each encoded in few bytes, and without names of files."""
    content, (data,) = packet
    items, parts, offset = [], [], 0
    for item in content["items"]:
        start, length = item["offset"], item["length"]
        mime, part = item["mime"], data[start : start + length]
        if length:
            mime, part = smaller(mime, part)
        reason, url = None if item["reason"] is None else UNREADABLE, item["url"]
        if url is not None and not url.lower().startswith("data:image/"):
            # The page asks no other site, and an address may be nobody else's business.
            reason, url = ELSEWHERE, None
        facts = {"mime": mime, "url": url, "reason": reason, "offset": offset, "length": len(part)}
        items.append({**item, **facts})
        parts.append(part)
        offset += len(part)
    return {**content, "items": items, "buffers": [["data", "uint8", [offset]]]}, [b"".join(parts)]


def _renamed(answers: Sequence[Packet], name: str) -> list[Packet]:
    return [({**content, "request": name}, buffers) for content, buffers in answers]
