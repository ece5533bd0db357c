"""A recording as a page holds it: blocks of messages, compressed as they come."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Packet = tuple[dict[str, Any], list[bytes]]
"""A message as it goes over the wire, and its buffers."""

COMPRESSION = 6
"""Of gzip: higher levels take long and save little of numbers."""

GZIP = 31
"""What zlib calls the format that browsers decompress. It has no time in it: a recording is the same file."""


@dataclass
class Exchange:
    """A request without its buffers, and the messages that answer it."""

    asked: dict[str, Any]
    answers: list[Packet] = field(default_factory=list)


class PackedRecording:
    """Takes blocks. A block is the length of its header in four bytes, the header as JSON, and buffers.

    The first header has ``traits`` and, of an index with lists, ``summary`` besides ``exchanges``. Buffers
    follow one another in the order in which the header has their lengths.
    """

    def __init__(self) -> None:
        self._stream = zlib.compressobj(COMPRESSION, wbits=GZIP)
        self._parts: list[bytes] = []

    @property
    def size(self) -> int:
        """Bytes so far."""
        return sum(map(len, self._parts))

    def begin(
        self, traits: dict[str, Any], summary: dict[str, Any] | None, exchanges: Sequence[Exchange]
    ) -> None:
        """Add the block that comes first: what the widget begins with, and exchanges.

        ``summary`` describes an index with lists; a graph is described by one of the traits.
        """
        if summary is None:
            self._add({"traits": traits}, [], exchanges)
            return
        sizes = bytes(summary["sizes"])
        content = {name: value for name, value in summary.items() if name != "sizes"}
        described = {"content": content, "lengths": [len(sizes)]}
        self._add({"traits": traits, "summary": described}, [sizes], exchanges)

    def add(self, exchanges: Sequence[Exchange]) -> None:
        """Add a block of exchanges."""
        self._add({}, [], exchanges)

    def add_within(self, most: int, exchanges: Sequence[Exchange]) -> bool:
        """Add a block of exchanges, unless all blocks then take more than ``most`` bytes; return whether."""
        before = self._stream.copy(), len(self._parts)
        self.add(exchanges)
        if self.size <= most:
            return True
        self._stream, parts = before
        del self._parts[parts:]
        return False

    def finish(self) -> bytes:
        """Return all blocks; none can be added any more."""
        return b"".join([*self._parts, self._stream.flush()])

    def _add(self, head: dict[str, Any], buffers: list[bytes], exchanges: Sequence[Exchange]) -> None:
        described = [
            {
                "asked": exchange.asked,
                "answers": [
                    {"content": said, "lengths": [len(one) for one in held]}
                    for said, held in exchange.answers
                ],
            }
            for exchange in exchanges
        ]
        text = json.dumps({**head, "exchanges": described}, allow_nan=False, separators=(",", ":")).encode()
        held = [one for exchange in exchanges for _, some in exchange.answers for one in some]
        joined = b"".join([len(text).to_bytes(4, "little"), text, *buffers, *held])
        self._parts += [self._stream.compress(joined), self._stream.flush(zlib.Z_SYNC_FLUSH)]
