"""The pictures and labels of rows for a figure."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from feder_widget.engines import IvfIndex
from feder_widget.media import IdRange, Media
from feder_widget.media.media_arguments import opened_media
from feder_widget.model.arguments import as_int

Pixels = npt.NDArray[np.uint8]

MOST_PIXELS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class RowPictures:
    """Pictures and labels of rows.

    Attributes
    ----------
    media : Media
        Where they are read.
    pixels : int
        Longest side of a picture.
    vectors_of : function or None
        Row ids and their clusters → vectors, which are drawn where rows have neither picture nor label.
    """

    media: Media
    pixels: int
    vectors_of: Callable[..., Any] | None = None

    @classmethod
    def open(cls, index: IvfIndex | None, images: object, labels: object, pixels: int) -> RowPictures:
        """Open the arguments ``images`` and ``labels``, as ``FederWidget`` takes them."""
        pixels = as_int(pixels, "pixels", most=MOST_PIXELS, most_name="the largest thumbnail")
        if isinstance(images, Media):
            return cls(images, pixels, None if index is None else index.vectors_of)
        if index is None:
            # Without an index a sequence has any length; a row that it lacks has no picture.
            rows = IdRange(_length(images, labels), lambda: -1)
            return cls(opened_media(rows, images=images, labels=labels), pixels)
        known = IdRange(index.ntotal, lambda: index.max_id)
        return cls(opened_media(known, images=images, labels=labels), pixels, index.vectors_of)

    def arrays(
        self, ids: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64] | None = None
    ) -> list[Pixels | None]:
        """Return the pictures of rows, uint8 (h, w, 4) each; None for one that has none or cannot be read."""
        return [None if found is None else np.asarray(found) for found in self.images(ids, clusters)]

    def images(
        self, ids: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64] | None = None
    ) -> list[Image.Image | None]:
        """Return the pictures of rows, RGBA; None for one that has none or cannot be read."""
        return [self._image(int(row), i, ids, clusters) for i, row in enumerate(ids)]

    def label(self, row_id: int) -> str | None:
        """Return the label of a row, None where there is none."""
        return self.media.label(row_id)

    def _image(
        self, row_id: int, at: int, ids: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64] | None
    ) -> Image.Image | None:
        home = None if clusters is None or clusters[at] < 0 else int(clusters[at])
        found = self.media.image(row_id, self.pixels, home)
        if found is None and self.vectors_of is not None and self.label(row_id) is None:
            row = ids[at : at + 1]
            vectors = self.vectors_of(row) if home is None else self.vectors_of(row, [home])
            (found,) = self.media.thumbnails(
                [row_id], self.pixels, None if home is None else [home], vectors={0: vectors[0]}
            )
        if found is None or found.data is None:
            return None
        with Image.open(io.BytesIO(found.data)) as opened:
            image: Image.Image = opened.convert("RGBA")
        # Thumbnails come in few sizes, of which this is the next larger one.
        image.thumbnail((self.pixels, self.pixels), Image.Resampling.LANCZOS)
        return image


def _length(images: object, labels: object) -> int:
    for given in (images, labels):
        if given is not None and not callable(given) and hasattr(given, "__len__"):
            return len(given)
    return 0
