"""The pictures of a page: the first ones in view, as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from itertools import pairwise
from typing import Any

from feder_widget.export.compressed_recording import Exchange, PackedRecording, Packet
from feder_widget.export.recorded_session import RecordedSession
from feder_widget.model.work_pieces import Steps

LARGE, SMALL = 128, 64
"""Sides of pictures in pixels: of what is listed, and of what lies on the map."""

UNREADABLE = "it could not be read when this page was saved"
ELSEWHERE = "it is on another site, which this page does not ask"

TEXT_SHARE = 4 / 3
"""Base64."""


BATCHES = 64, 256
"""Rows whose pictures are asked for at once, of the first and of the others: a small page has some too."""

FIRST = 512
"""Rows in small batches."""


def record_pictures(
    session: RecordedSession[Any], packed: PackedRecording, rows: Sequence[int], large: int, room: float
) -> Steps[int]:
    """Ask for pictures in turn while they fit; a thread packs them while the next ones are drawn.

    Parameters
    ----------
    session
        Answers.
    packed
        Takes the requests and their answers.
    rows
        Row ids, the most important first.
    large
        How many of these are listed, and shown larger.
    room
        Bytes of a page that pictures may take.

    Returns
    -------
    int
        How many rows have a picture.
    """
    taken = 0
    most = packed.size + int(room / TEXT_SHARE)
    packing: Future[tuple[bool, int]] | None = None
    for start, end in [*_batches(len(rows)), (0, 0)]:
        drawn = (yield from _drawn(session, rows[start:end], start < large)) if end else None
        if packing is not None:
            fits, pictures = yield from session.result_of(packing)
            if not fits:
                break
            taken += pictures
        if drawn is not None:
            packing = session.submit(partial(_packed, packed, most, drawn))
    return taken


def _batches(count: int) -> list[tuple[int, int]]:
    """Cut rows into batches."""
    few, many = BATCHES
    starts = [*range(0, min(FIRST, count), few), *range(FIRST, count, many), count]
    return list(pairwise(starts))


def _drawn(session: RecordedSession[Any], rows: Sequence[int], is_large: bool) -> Steps[Exchange]:
    """Ask for one batch of pictures."""
    ids = [str(row) for row in rows]
    asked = {"kind": "thumbnails", "ids": ids, "clusters": None, "size": LARGE if is_large else SMALL}
    answers = yield from session.ask(asked, keeps=False)
    return Exchange({**asked, "request": answers[0][0]["request"]}, answers)


def _packed(packed: PackedRecording, most: int, drawn: Exchange) -> tuple[bool, int]:
    """Pack a batch where it fits; return whether, and how many rows have a picture in it."""
    answers = [_without_addresses(packet) for packet in drawn.answers]
    fits = packed.add_within(most, [Exchange(drawn.asked, answers)])
    return fits, sum(item["reason"] is None for content, _ in answers for item in content["items"])


def _without_addresses(packet: Packet) -> Packet:
    """Return a message of pictures without names of files or sites."""
    content, buffers = packet
    items = []
    for item in content["items"]:
        reason, url = None if item["reason"] is None else UNREADABLE, item["url"]
        if url is not None and not url.lower().startswith("data:image/"):
            # The page asks no other site, and an address may be nobody else's business.
            reason, url = ELSEWHERE, None
        items.append({**item, "url": url, "reason": reason})
    return {**content, "items": items}, buffers
