"""The pictures of a page: the first ones in view, as far as there is room."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

from feder_widget.export.packed_recording import Exchange, Packet
from feder_widget.export.recorded_session import RecordedSession
from feder_widget.export.smaller_picture import smaller
from feder_widget.model.pieces import Steps

LARGE, SMALL = 128, 64
"""Sides of pictures in pixels: of what is listed, and of what lies on the map."""

UNREADABLE = "it could not be read when this page was saved"
ELSEWHERE = "it is on another site, which this page does not ask"

TEXT_SHARE = 4 / 3
"""Base64."""


BATCH = 64
"""Rows whose pictures are asked for at once."""


def record_pictures(
    session: RecordedSession, rows: Sequence[int], large: int, room: int
) -> Steps[tuple[list[Exchange], int]]:
    """Ask for pictures in turn while they fit; a thread encodes them while the next ones are drawn.

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
    exchanges : list of Exchange
        The requests and their answers.
    taken : int
        How many rows have a picture in these.
    """
    exchanges: list[Exchange] = []
    taken, used = 0, 0.0
    encoding: Future[tuple[Exchange, int]] | None = None
    for start in [*range(0, len(rows), BATCH), None]:
        drawn = None if start is None else (yield from _drawn(session, rows, start, large))
        if encoding is not None:
            exchange, size = yield from session.result_of(encoding)
            if used + TEXT_SHARE * size > room:
                break
            used += TEXT_SHARE * size
            items = [item for content, _ in exchange.answers for item in content["items"]]
            taken += sum(item["reason"] is None for item in items)
            exchanges.append(exchange)
        if drawn is not None:
            encoding = session.submit(partial(_encoded, drawn))
    return exchanges, taken


def _drawn(session: RecordedSession, rows: Sequence[int], start: int, large: int) -> Steps[Exchange]:
    """Ask for one batch of pictures."""
    ids = [str(row) for row in rows[start : start + BATCH]]
    asked = {"kind": "thumbnails", "ids": ids, "clusters": None, "size": LARGE if start < large else SMALL}
    answers = yield from session.ask(asked, keeps=False)
    return Exchange({**asked, "request": answers[0][0]["request"]}, answers)


def _encoded(drawn: Exchange) -> tuple[Exchange, int]:
    """Return pictures in few bytes, and the bytes that they take compressed: their tables are alike."""
    answers = [_with_smaller(packet) for packet in drawn.answers]
    parts = [part for content, buffers in answers for part in (json.dumps(content).encode(), *buffers)]
    return Exchange(drawn.asked, answers), len(zlib.compress(b"".join(parts), 1))


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
