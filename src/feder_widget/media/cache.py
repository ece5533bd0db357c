"""A least-recently-used cache of thumbnails, bounded by bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict

from feder_widget.media.thumbnail import Thumbnail

ENTRY_BYTES = 512
"""What one entry costs besides its image: key, objects and table, rounded up."""

Key = tuple[int, int]
"""Row id and longest side in pixels."""


class ThumbnailCache:
    """Thumbnails by (row id, size), the least recently used dropped first. Safe to use from any thread.

    Parameters
    ----------
    max_bytes : int
        Most bytes held; 0 keeps nothing.
    """

    def __init__(self, max_bytes: int) -> None:
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 0:
            raise ValueError(f"cache_bytes must be an integer >= 0, got {max_bytes!r}")
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[Key, Thumbnail] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def get(self, key: Key) -> Thumbnail | None:
        """Return what is kept under `key` and mark it as used."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: Key, thumbnail: Thumbnail) -> None:
        """Keep a thumbnail, dropping the least recently used ones until it fits."""
        cost = _cost(thumbnail)
        if cost > self._max_bytes:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            if old is not None:
                self._bytes -= _cost(old)
            self._entries[key] = thumbnail
            self._bytes += cost
            while self._bytes > self._max_bytes:
                _, dropped = self._entries.popitem(last=False)
                self._bytes -= _cost(dropped)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0


def _cost(thumbnail: Thumbnail) -> int:
    return ENTRY_BYTES + len(thumbnail.data or b"") + len(thumbnail.url or "")
