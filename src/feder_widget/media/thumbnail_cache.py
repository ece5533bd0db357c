"""The thumbnails used last, within a number of bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from cachetools import LRUCache

from feder_widget.media.thumbnail import Thumbnail

ENTRY_BYTES = 512
"""Cost of an entry besides its image: key, objects and table, rounded up."""

Key = tuple[int, int, str, "int | None"]
"""Row id, longest side in pixels, whether the ``"image"`` or the ``"vector"`` of the row is drawn, and for a
vector the cluster that stores it, where that is known."""


class ThumbnailCache:
    """Thumbnails by row id, size and source; the least recently used go first. Safe on any thread.

    Parameters
    ----------
    max_bytes : int
        Most bytes held; 0 keeps nothing.

    Raises
    ------
    ValueError
        If `max_bytes` is no integer >= 0.
    """

    def __init__(self, max_bytes: int) -> None:
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 0:
            raise ValueError(f"cache_bytes must be an integer >= 0, got {max_bytes!r}")
        self._held: LRUCache[Key, Thumbnail] = LRUCache(max_bytes, getsizeof=_cost)
        self._lock = threading.Lock()

    @property
    def max_bytes(self) -> int:
        """Most bytes held."""
        return int(self._held.maxsize)

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return int(self._held.currsize)

    def get(self, key: Key) -> Thumbnail | None:
        """Return the thumbnail under `key`, None without one, and mark it as used."""
        with self._lock:
            return self._held.get(key)

    def put(self, key: Key, thumbnail: Thumbnail) -> None:
        """Keep a thumbnail, unless it alone exceeds the limit."""
        with self._lock, suppress(ValueError):  # LRUCache's answer to a value larger than its size
            self._held[key] = thumbnail

    def drop(self, which: Callable[[Key], bool]) -> None:
        """Drop the thumbnails under some keys."""
        with self._lock:
            for key in list(filter(which, self._held)):
                del self._held[key]

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._held.clear()


def _cost(thumbnail: Thumbnail) -> int:
    return ENTRY_BYTES + len(thumbnail.data or b"") + len(thumbnail.url or "")
