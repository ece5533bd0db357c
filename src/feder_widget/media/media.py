"""`Media`: what a row looks like and what it is called."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media.cache import ThumbnailCache
from feder_widget.media.entries import IdRange, is_missing
from feder_widget.media.errors import BadImage
from feder_widget.media.labels import label_text, open_labels
from feder_widget.media.sources import open_images
from feder_widget.media.strip import render_strip
from feder_widget.media.thumbnail import Thumbnail, bucket, placeholder, render

Strips = Callable[[NDArray[np.int64], "NDArray[np.int64] | None"], NDArray[np.float32]]
"""Row ids (n,) and their clusters (n,) or None → their vectors (n, dim)."""

_log = logging.getLogger(__name__)


class Media:
    """Row id → thumbnail or placeholder, and label. Safe on any thread; nothing is read before its time.

    Parameters
    ----------
    images : None, glob, array, sequence, mapping or callable
        * a glob such as ``"photos/**/*.jpg"``: its files sorted by path, the i-th belongs to row id i;
        * an array of shape (n, h, w) or (n, h, w, 1 | 3 | 4), of uint8, bool, float or int; the module
          `pixels` says which values are black and white;
        * a sequence (entry i belongs to row id i), a mapping from row id, or a function of the row id, giving
          paths, http(s) or data:image URLs, encoded bytes, arrays, PIL images, or None for no image.

        URLs are left to the browser. A function is called on worker threads, perhaps on several at once, and
        again for an image that the cache has dropped. A PIL image stays decoded once it was shown.
    labels : None, sequence, mapping or callable
        Likewise; values become text by `str`.
    index_ids : IdRange
        What the length of a sequence, an array or a glob's matches is checked against.
    strips : callable, optional
        Gives vectors to draw where there is no image: ``strips(ids, clusters) -> (n, dim)``.
    cache_bytes : int, optional
        Most bytes of thumbnails kept, 64 MiB unless given. Placeholders are not kept: a file that has been
        mended shows at the next request.

    Raises
    ------
    TypeError, ValueError
        If `images` or `labels` cannot hold one entry per row id, or have the wrong shape or length.
    """

    def __init__(
        self,
        images: object,
        labels: object,
        index_ids: IdRange,
        *,
        strips: Strips | None = None,
        cache_bytes: int = 64 << 20,
    ) -> None:
        self._images = open_images(images, index_ids)
        self._labels = open_labels(labels, index_ids)
        self._strips = strips
        self._cache = ThumbnailCache(cache_bytes)

    @property
    def has_images(self) -> bool:
        """Whether `images` were given."""
        return self._images is not None

    @property
    def cached_bytes(self) -> int:
        """Bytes of thumbnails kept now."""
        return self._cache.nbytes

    def clear(self) -> None:
        """Drop all kept thumbnails, so that changed images are read again."""
        self._cache.clear()

    def label(self, row_id: int) -> str | None:
        """Return the label of a row as one line of text, None where there is none.

        A label that cannot be had, or made text, gives a text that says so.
        """
        return None if self._labels is None else label_text(self._labels, int(row_id))

    def thumbnails(
        self,
        ids: Sequence[int] | NDArray[np.int64],
        size: int,
        clusters: Sequence[int] | NDArray[np.int64] | None = None,
    ) -> list[Thumbnail]:
        """Make, or take from the cache, the thumbnails of some rows.

        Parameters
        ----------
        ids : sequence of int, length n
            Row ids.
        size : int
            Device pixels of the longest side as it will be shown. Images are made at ``bucket(size)``, and
            are never enlarged.
        clusters : sequence of int, length n, optional
            The cluster of each id, handed on to `strips`.

        Returns
        -------
        list of Thumbnail, length n
            A bad image gives a placeholder with its reason.

        Raises
        ------
        ValueError
            If `size` is below 1, or `clusters` and `ids` differ in length.
        """
        if clusters is not None and len(clusters) != len(ids):
            raise ValueError(f"clusters must have one entry per id: wanted {len(ids)}, got {len(clusters)}")
        side = bucket(size)
        rows = [int(row_id) for row_id in ids]
        found = [self._cache.get((row_id, side)) or self._from_image(row_id, side) for row_id in rows]
        without = [place for place, thumbnail in enumerate(found) if thumbnail is None]
        if without:
            of = None if clusters is None else np.array([clusters[place] for place in without], np.int64)
            drawn = self._from_vectors(np.array([rows[place] for place in without], np.int64), of, side)
            for place, thumbnail in zip(without, drawn, strict=True):
                found[place] = thumbnail
        return [thumbnail for thumbnail in found if thumbnail is not None]

    def _from_image(self, row_id: int, side: int) -> Thumbnail | None:
        """Return None where a row has no image."""
        if self._images is None:
            return None
        try:
            entry = self._images(row_id)
        except BadImage as bad:
            return placeholder(str(bad))
        except Exception as error:  # a user's function or mapping may raise anything
            _log.debug("images for row id %d", row_id, exc_info=True)
            return placeholder(
                f"the image of {row_id} could not be had: images raised {type(error).__name__}"
            )
        if is_missing(entry):
            return None
        return self._keep(row_id, side, partial(render, entry, side))

    def _from_vectors(
        self, ids: NDArray[np.int64], clusters: NDArray[np.int64] | None, side: int
    ) -> list[Thumbnail]:
        if self._strips is None:
            return [placeholder(f"no image for {row_id}") for row_id in ids]
        try:
            vectors = _checked(self._strips(ids, clusters), len(ids))
        except Exception as error:
            if len(ids) > 1:  # one bad id must not cost the others their picture
                halves = slice(0, len(ids) // 2), slice(len(ids) // 2, None)
                parts = [
                    self._from_vectors(ids[half], None if clusters is None else clusters[half], side)
                    for half in halves
                ]
                return parts[0] + parts[1]
            _log.debug("vector of row id %d", ids[0], exc_info=True)
            return [placeholder(f"the vector of {ids[0]} could not be read ({type(error).__name__})")]
        return [
            self._keep(int(row_id), side, partial(render_strip, vector, side))
            for row_id, vector in zip(ids, vectors, strict=True)
        ]

    def _keep(self, row_id: int, side: int, make: Callable[[], Thumbnail]) -> Thumbnail:
        try:
            thumbnail = make()
        except BadImage as bad:
            return placeholder(str(bad))
        except Exception as error:  # decoders and foreign arrays may raise anything
            _log.debug("thumbnail of row id %d", row_id, exc_info=True)
            return placeholder(f"the image of {row_id} could not be read ({type(error).__name__})")
        if thumbnail.reason is None:
            self._cache.put((row_id, side), thumbnail)
        return thumbnail


def _checked(vectors: Any, count: int) -> NDArray[np.float32]:
    checked: NDArray[np.float32] = np.asarray(vectors, np.float32)
    if checked.ndim != 2 or len(checked) != count:
        raise ValueError(f"strips must return shape ({count}, dim), got {checked.shape}")
    return checked
