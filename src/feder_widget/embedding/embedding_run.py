"""``embed``: pictures → vectors, with a cache, a bar, and bad pictures left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from feder_widget.embedding.embedder import Embedder, as_embedder
from feder_widget.embedding.errors import PicturesLeftOutWarning
from feder_widget.embedding.kept_vectors import (
    OtherWidthError,
    forget_other_width,
    is_of_width,
    open_cache,
)
from feder_widget.embedding.picture_bar import picture_bar
from feder_widget.embedding.pictures import Pictures, read_picture
from feder_widget.embedding.read_ahead import read_ahead
from feder_widget.embedding.vector_cache import VectorCache, cache_folder, file_key, pixel_key
from feder_widget.embedding.vector_rows import VectorRows
from feder_widget.media import BadImage
from feder_widget.model.arguments import as_int

BATCH_SIZE = 32

MOST_AHEAD = 256
"""Most pictures that are decoded before the embedder takes them, however large its batches are."""

LOOKED_UP = 256
"""Rows that are looked up in the cache at once."""

READ_REASONS = 200
"""Most characters of an exception's text in a reason."""


@dataclass(slots=True)
class _Read:
    """A row that is not in the cache by its file.

    Attributes
    ----------
    row : int
    key : bytes or None
        Its key in the cache; None before it is decoded, where the row is no file.
    path : Path or None
        Its file.
    """

    row: int
    key: bytes | None
    path: Path | None
    image: Image.Image | None = None

    @property
    def title(self) -> str:
        """The words for the row in messages."""
        return f"row {self.row}" if self.path is None else f"row {self.row} ({self.path.name})"


def embed(
    images: object,
    embed: Any,
    *,
    batch_size: int = BATCH_SIZE,
    cache: object = None,
    progress: bool = True,
) -> NDArray[np.float32]:
    """Embed pictures: row i of what is returned is the vector of picture i.

    Pictures are decoded on a few threads ahead of the embedder: RGB, upright by their EXIF turn, transparent
    ones on white, and no larger than 1,024 pixels.

    Parameters
    ----------
    images : glob, list of paths or pictures, array
        As ``images=`` of :class:`feder_widget.FederWidget`, except for a mapping, a function and URLs. The
        items of a sequence are read on threads.
    embed
        What embeds: a function from a list of PIL images to vectors (n, d), an object with ``.encode``
        (sentence-transformers), ``.embed`` (fastembed) or ``.to_embeddings`` (imgbeddings), an
        image-feature-extraction pipeline, or one of :mod:`feder_widget.embedders`.
    batch_size : int
        Pictures for each call of the embedder.
    cache : path or bool, optional
        The folder where vectors are kept, so that none is embedded twice, after an interrupt in particular;
        by default a folder of the platform's cache directory. False keeps none. A picture is known by its
        path, size and time of change (one that is no file by its pixels), an embedder by its name, which
        changes with its code, its settings, its weights and the files of weights that it names. What else it
        reads, such as the answer of a server, no name tells: name such a function yourself,
        ``fw.embedders.embedder(function, name="...")``. Vectors of an embedder that cannot be looked into
        are not kept, with a warning.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    float32 array (n, d)
        Above 1 GiB a memory map of a temporary file in the cache folder. The row of a picture that could not
        be read is NaN.

    Raises
    ------
    EmbedderError
        (a ``ValueError``) If the embedder raises or returns anything but one finite vector for each picture;
        it names the pictures.
    TypeError, ValueError
        If an argument is wrong, or no picture at all can be read.
    OSError
        If the cache folder that was named cannot be used.

    Warns
    -----
    PicturesLeftOutWarning
        At the end, if pictures could not be read; its ``reasons`` say why for each row.
    """
    embedder = as_embedder(embed)
    vectors, reasons = embed_pictures(Pictures(images), embedder, batch_size, cache, progress)
    if reasons:
        warnings.warn(PicturesLeftOutWarning(reasons, len(vectors)), stacklevel=2)
    return vectors


def embed_pictures(
    pictures: Pictures, embedder: Embedder, batch_size: int, cache: object, progress: bool
) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Embed pictures as :func:`embed` does; returns the vectors, and the reasons for the rows left out."""
    batch_size = as_int(batch_size, "batch_size")
    if len(pictures) == 0:
        raise ValueError("images must hold at least one picture, got none")
    with ExitStack() as stack:
        kept = open_cache(cache, embedder)
        if kept is not None:
            stack.callback(kept.close)
        folder = None if kept is None else cache_folder(cache)
        if kept is not None and embedder.width is not None:
            forget_other_width(kept, embedder.width)
        try:
            found = _Run(pictures, embedder, batch_size, kept, folder).to_end(progress)
            if kept is None or is_of_width(found[0].shape[1], embedder, kept):
                return found
        except OtherWidthError:
            pass
        assert kept is not None
        assert embedder.width is not None
        forget_other_width(kept, embedder.width)
        return _Run(pictures, embedder, batch_size, kept, folder).to_end(progress)


class _Run:
    """One pass over all pictures."""

    def __init__(
        self,
        pictures: Pictures,
        embedder: Embedder,
        batch_size: int,
        cache: VectorCache | None,
        folder: Path | None,
    ) -> None:
        self._pictures = pictures
        self._embedder = embedder
        self._batch_size = batch_size
        self._cache = cache
        self._rows = VectorRows(len(pictures), folder)
        self._reasons: dict[int, str] = {}
        self._advance: Callable[[int], object] = lambda _: None

    def to_end(self, progress: bool) -> tuple[NDArray[np.float32], dict[int, str]]:
        """Embed all that is not in the cache; returns the vectors and the reasons for rows left out."""
        with picture_bar(len(self._pictures), progress) as self._advance:
            batch: list[_Read] = []
            ahead = min(2 * self._batch_size, MOST_AHEAD)
            with closing(read_ahead(self._not_kept(), self._read, ahead)) as decoded:
                for wanted, reason in decoded:
                    if reason is not None:
                        self._reasons[wanted.row] = reason
                        self._advance(1)
                        continue
                    batch.append(wanted)
                    if len(batch) == self._batch_size:
                        self._embed(batch)
                        batch = []
                if batch:
                    self._embed(batch)
        vectors = self._rows.finish(list(self._reasons))
        if vectors is None:
            listed = PicturesLeftOutWarning(self._reasons, len(self._pictures))
            raise ValueError(f"no picture could be read: {listed}")
        return vectors, self._reasons

    def _not_kept(self) -> Iterator[_Read]:
        """Yield the rows whose files are not in the cache; take the vectors of all others."""
        for start in range(0, len(self._pictures), LOOKED_UP):
            some = range(start, min(start + LOOKED_UP, len(self._pictures)))
            wanted = [self._wanted(row) for row in some]
            yield from self._without_kept(wanted)

    def _wanted(self, row: int) -> _Read:
        path = self._pictures.file(row)
        return _Read(row, None if path is None or self._cache is None else file_key(path), path)

    def _without_kept(self, wanted: list[_Read]) -> list[_Read]:
        """Take the vectors of the rows that are in the cache; return the others."""
        if self._cache is None:
            return wanted
        kept = self._cache.get(each.key for each in wanted if each.key is not None)
        rows = [each.row for each in wanted if each.key in kept]
        if rows:
            vectors = np.stack([kept[each.key] for each in wanted if each.key in kept])
            self._rows.put(rows, vectors)
            self._advance(len(rows))
        return [each for each in wanted if each.key not in kept]

    def _read(self, wanted: _Read) -> str | None:
        """Decode a picture, on a thread; returns the reason why it cannot be, None where it is decoded."""
        try:
            wanted.image = read_picture(self._pictures.entry(wanted.row), self._embedder.side)
        except BadImage as bad:
            return str(bad)
        except Exception as error:  # a caller's sequence may raise anything
            return f"{type(error).__name__}: {error}"[:READ_REASONS]
        if wanted.key is None and self._cache is not None and wanted.path is None:
            wanted.key = pixel_key(wanted.image)
        return None

    def _embed(self, batch: list[_Read]) -> None:
        batch = self._without_kept(batch) if any(each.path is None for each in batch) else batch
        if not batch:
            return
        vectors = self._embedder.images(
            [each.image for each in batch if each.image is not None],
            paths=[each.path for each in batch],
            titles=[each.title for each in batch],
        )
        if self._cache is not None and self._cache.width not in (None, vectors.shape[1]):
            raise OtherWidthError
        self._rows.put([each.row for each in batch], vectors)
        if self._cache is not None:
            keyed = [place for place, each in enumerate(batch) if each.key is not None]
            self._cache.put([batch[place].key or b"" for place in keyed], vectors[keyed])
        self._advance(len(batch))
