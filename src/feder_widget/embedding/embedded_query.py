"""A query that is a picture or words: what it is, and whether a row holds the same picture."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from feder_widget.embedding.embedder import Embedder
from feder_widget.embedding.pictures import read_picture
from feder_widget.media import BadImage, file_of
from feder_widget.media.one_line import one_line
from feder_widget.model.query import Query

_ADDRESS = re.compile(r"data:image/|[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENDINGS = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp"}
)

NEAR_SIDE = 32
MOST_DIFFERENT = 0.015
MOST_STRETCHED = 0.03
"""Proportions of small pictures change by this much when they are scaled to whole pixels."""


_SHOWN_SIDE = 96
"""Longest side of the picture of a query on screen, in pixels."""


_TITLE_LIMIT = 200
"""Most characters of a query's title."""


class EmbeddedQuery(NamedTuple):
    """A query and what it came from.

    Attributes
    ----------
    query : Query
        Its vector, with a title and a small picture.
    image : PIL.Image.Image or None
        The picture as it was embedded; None for words.
    """

    query: Query
    image: Image.Image | None


def is_embeddable(query: object) -> bool:
    """Return whether a query is a picture or words, not a row id or a vector."""
    return isinstance(query, (Image.Image, str, bytes, bytearray, memoryview, os.PathLike))


def embed_query(query: Any, embedder: Embedder | None, *, name: str | None = None) -> EmbeddedQuery:
    """Embed a picture (PIL image, path, encoded bytes) or words (a str that is no path).

    ``name`` is the title of a picture that has no path.

    Raises
    ------
    TypeError
        If nothing was given that embeds it.
    ValueError
        If the picture cannot be read, the file is not there, or there are no words.
    """
    if embedder is None:
        kind = "words or a path" if isinstance(query, str) else "a picture"
        raise TypeError(
            f"query must be a row id or a vector, got {kind}, and nothing embeds it: "
            "pass embed= to FederWidget"
        )
    if isinstance(query, str) and (not query.strip() or not _is_picture(query)):
        return EmbeddedQuery(words_query(query, embedder), None)
    try:
        image = read_picture(query, embedder.side)
    except BadImage as bad:
        raise ValueError(f"query: {bad}") from None
    path = None if isinstance(query, (Image.Image, bytes, bytearray, memoryview)) else file_of(query)
    title = _title(name or (None if path is None else path.name) or "")
    vector = embedder.images([image], paths=[path], titles=[title or "the query"])[0]
    return EmbeddedQuery(Query(vector, title=title or "Your picture", picture=_small(image)), image)


def _title(text: str) -> str:
    """Return what stands for a query on screen: names of files may be no Unicode, and words very many."""
    return one_line(text, _TITLE_LIMIT)


def _small(image: Image.Image) -> bytes:
    """Return a picture as it is shown beside its name, as JPEG."""
    small = image.copy()
    small.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    encoded = io.BytesIO()
    small.save(encoded, "JPEG", quality=85)
    return encoded.getvalue()


def embedded_row(embedder: Embedder, entry: Callable[[int], Any], row: int) -> NDArray[np.float32] | None:
    """Return the vector of a row's picture, float32 (d,); None where the picture cannot be read."""
    try:
        given = entry(row)
        image = read_picture(given, embedder.side)
    except Exception:  # a caller's function may raise anything
        return None
    vector: NDArray[np.float32] = embedder.images([image], paths=[file_of(given)], titles=[f"row {row}"])[0]
    return vector


def rows_that_show(
    image: Image.Image, rows: Iterable[int], entry: Callable[[int], Any], side: int
) -> tuple[list[int], list[int]]:
    """Return the rows whose pictures equal this one, and those that nearly do.

    Rows are looked at until the first picture that does neither. Pictures nearly equal one another if they
    have the same proportions and differ by 1.5 % at most, on average, at 32 by 32 pixels: they were scaled or
    compressed, or are very similar.

    Parameters
    ----------
    image : PIL.Image.Image
        As ``read_picture`` returns it.
    rows : iterable of int
        Nearest first.
    entry : callable
        Returns the entry of a row, undecoded.
    side : int
        Longest side to which pictures are decoded, in pixels.

    Returns
    -------
    equal, near : list of int
        Row ids.
    """
    equal: list[int] = []
    near: list[int] = []
    for row in rows:
        try:
            other = read_picture(entry(row), side)
        except Exception:  # a caller's function may raise anything
            break
        if other.size == image.size and other.tobytes() == image.tobytes():
            equal.append(row)
        elif _is_near(image, other):
            near.append(row)
        else:
            break
    return equal, near


def _is_near(first: Image.Image, second: Image.Image) -> bool:
    proportions = (first.width * second.height) / (second.width * first.height)
    if not 1 / (1 + MOST_STRETCHED) <= proportions <= 1 + MOST_STRETCHED:
        return False
    small = [
        np.asarray(each.resize((NEAR_SIDE, NEAR_SIDE), Image.Resampling.BOX), np.int16)
        for each in (first, second)
    ]
    return bool(np.abs(small[0] - small[1]).mean() <= MOST_DIFFERENT * 255)


def _is_picture(text: str) -> bool:
    """Return whether a text is the path or the address of a picture, not words."""
    if _ADDRESS.match(text):
        return True
    path = Path(text)
    try:
        if path.expanduser().exists():
            return True
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a zero byte: words
        return False
    return path.suffix.lower() in _ENDINGS


def words_query(text: str, embedder: Embedder | None) -> Query:
    """Embed words, whatever they say.

    Raises
    ------
    TypeError
        If nothing was given that embeds words.
    ValueError
        If there are none.
    """
    if embedder is None:
        raise TypeError("nothing embeds words: pass embed= and, where it has no text side, embed_text=")
    if not text.strip():
        raise ValueError(
            f"query must hold words or the path of a picture, got {_title(text)!r}, which is blank"
        )
    if embedder.texts is None:
        raise TypeError(
            f"query {_title(text)!r} is no file, and embed has no text side to embed it as words: "
            "pass embed_text="
        )
    return Query(embedder.texts([text])[0], title=_title(text))
