"""The cache of an embedder: opened where one can be kept, and checked for the width of its vectors."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import suppress

from feder_widget.embedding.embedder import Embedder
from feder_widget.embedding.vector_cache import VectorCache, cache_folder
from feder_widget.errors import EmbedderError


class OtherWidthError(Exception):
    """The cache holds vectors of another width than the embedder returns."""


def open_cache(cache: object, embedder: Embedder) -> VectorCache | None:
    """Return the cache that ``cache=`` names; None, perhaps with a warning, where none is kept."""
    folder = cache_folder(cache)
    if folder is None:
        return None
    if embedder.unread:
        warnings.warn(
            f"vectors are not kept, because embed cannot be told from another one: it holds "
            f"{', '.join(embedder.unread)}, which cannot be looked into; give it a name, and change that "
            'whenever its vectors change: fw.embedders.embedder(embed, name="...")',
            stacklevel=4,
        )
        return None
    try:
        return VectorCache(folder, embedder.name)
    except (OSError, sqlite3.Error) as error:
        if cache is None:
            warnings.warn(f"vectors are not kept: {error}; name a folder by cache=", stacklevel=4)
            return None
        raise


def is_of_width(width: int, embedder: Embedder, kept: VectorCache) -> bool:
    """Return whether vectors that all came from the cache have the width of those the embedder returns now.

    One whose name was not given has it where the cache notes it. Others embed a grey picture.
    """
    if embedder.width is None and (embedder.is_named or not kept.is_width_noted):
        # Pictures that are all kept need no embedder that works.
        with suppress(EmbedderError):
            embedder.find_width()
    return embedder.width in (None, width)


def forget_other_width(kept: VectorCache, width: int) -> None:
    """Clear a cache of another width than the embedder returns."""
    if kept.width not in (None, width):
        warnings.warn(
            f"the cache holds vectors of {kept.width} numbers by an embedder of the same name, and this "
            f"one returns {width}: they are forgotten",
            stacklevel=4,
        )
        kept.clear()
