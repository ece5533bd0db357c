"""A page or a figure, sent in parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from feder_widget.model.work_pieces import Steps
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import FilePart

PART = 900_000
"""Bytes in one message: it stays under 1 MiB."""


def file_parts(request: Request, made: Steps[str] | Steps[bytes]) -> Iterator[FilePart | None]:
    """Make a file in steps, and send it."""
    content = yield from made
    data = np.frombuffer(content.encode("utf-8") if isinstance(content, str) else content, np.uint8)
    for start in range(0, len(data), PART):
        is_last = start + PART >= len(data)
        yield FilePart(request=request, offset=start, final=is_last, data=data[start : start + PART])
