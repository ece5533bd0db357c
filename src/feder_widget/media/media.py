"""`Media`: the thumbnail and the label of a row."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media.column_labels import ColumnLabels
from feder_widget.media.entries import IdRange, is_missing
from feder_widget.media.error_text import named_text
from feder_widget.media.errors import BadImage
from feder_widget.media.images_argument import open_images
from feder_widget.media.label_sources import label_source
from feder_widget.media.labels import label_text, open_labels, read_label, stored_labels
from feder_widget.media.pair_labels import PairLabels
from feder_widget.media.row_table import RowTable
from feder_widget.media.thumbnail import LABEL, Thumbnail, bucket, placeholder, render
from feder_widget.media.thumbnail_cache import Key, ThumbnailCache
from feder_widget.media.vector_strip import render_strip

Strips = Callable[[NDArray[np.int64], "NDArray[np.int64] | None"], NDArray[np.float32]]
"""Row ids (n,) and their clusters (n,) or None → their vectors (n, dim)."""

Vector = NDArray[np.float32] | Exception
"""A vector to draw, float32 (dim,), or the reason why there is none."""

_log = logging.getLogger(__name__)


class Media:
    """Row id → thumbnail or placeholder, and label. Reads on demand; safe on any thread.

    A row without an image is drawn as its vector, which the caller reads: ``image`` tells which rows have an
    image, and ``thumbnails`` takes the vectors of the others. Neither touches an index. Rows that share an id
    share an image; their vectors are told apart by the clusters that store them.

    Parameters
    ----------
    images : None, glob, array, sequence, mapping or callable
        * a glob such as ``"photos/**/*.jpg"``: its files in natural order (``2.png`` before ``10.png``), the
          i-th belongs to row id i;
        * an array or tensor of shape (n, h, w), (n, h, w, 1 | 3 | 4) or (n, 1 | 3 | 4, h, w), of uint8, bool,
          float or int; the module `pixels` defines its black and white;
        * a sequence (entry i belongs to row id i), a mapping from row id, or a function of the row id, giving
          paths, http(s) or data:image URLs, encoded bytes, arrays, PIL images, dicts with ``bytes`` or
          ``path`` (Hugging Face), ``(picture, label)`` pairs (torchvision), or None for no image.

        The browser loads URLs by itself. A function is called on worker threads, perhaps on several at once,
        and again for an image that the cache has dropped. A PIL image stays decoded once it was shown.
    labels : None, sequence, mapping or callable
        Likewise, also a frame of one column; values become text by `str`. Labels that stand beside the
        pictures (in pairs, in a torch data set) are taken where none are given.
    index_ids : IdRange
        Row ids, to check the length of a sequence, an array or a glob's matches.
    table : RowTable, optional
        Metadata of the rows.
    strips : callable, optional
        Reads vectors that ``thumbnails`` was not given: ``strips(ids, clusters) -> (n, dim)``.
    cache_bytes : int, optional
        Most bytes of thumbnails kept, 64 MiB by default. Placeholders are not kept: a repaired file shows at
        the next request.

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
        table: RowTable | None = None,
        strips: Strips | None = None,
        cache_bytes: int = 64 << 20,
    ) -> None:
        self._images = open_images(images, index_ids)
        labels = label_source(labels, images)
        self._labels = open_labels(labels, index_ids)
        self._stored_labels = stored_labels(labels)
        self._pair_labels = labels if isinstance(labels, PairLabels) else None
        self._table = table
        self._index_ids = index_ids
        self._strips = strips
        self._cache = ThumbnailCache(cache_bytes)
        self._render: Callable[[object, int], Thumbnail] = render
        self._logged: set[type[Exception]] = set()

    @property
    def has_images(self) -> bool:
        """Whether `images` were given."""
        return self._images is not None

    @property
    def has_labels(self) -> bool:
        """Whether `labels` were given."""
        return self._labels is not None

    def entry(self, row_id: int) -> Any:
        """Return what `images` holds for a row, undecoded; None where it holds nothing.

        Exceptions of a caller's mapping or function pass through.
        """
        return None if self._images is None else self._images(int(row_id))

    @property
    def table(self) -> RowTable | None:
        """Metadata of the rows, if any was given."""
        return self._table

    @property
    def columns(self) -> list[str]:
        """The names of the metadata's columns, as the page shows them."""
        return [] if self._table is None else self._table.names

    @property
    def categories(self) -> list[int]:
        """The places among ``columns`` of those whose values are categories, with a colour each."""
        return [] if self._table is None else self._table.categories

    @property
    def scales(self) -> list[int]:
        """The places among ``columns`` of those whose values have colours on a scale."""
        return [] if self._table is None else self._table.scales

    def by_column(self, place: int) -> Media:
        """Return the same rows with the values of a column of the metadata as labels, and without images.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        table = self._table
        if table is None or not 0 <= place < len(table.columns):
            raise ValueError(
                f"the metadata has {len(self.columns)} columns, column {place} is not among them"
            )
        return Media(None, ColumnLabels(table, place), self._index_ids)

    def in_few_bytes(self) -> Media:
        """Return the same media, with a cache of its own, whose thumbnails are encoded in fewer bytes."""
        other = copy.copy(self)
        other._cache = ThumbnailCache(self._cache.max_bytes)
        other._render = partial(render, few_bytes=True)
        return other

    @property
    def cached_bytes(self) -> int:
        """Bytes of thumbnails kept now."""
        return self._cache.nbytes

    def clear(self) -> None:
        """Drop all kept thumbnails, so that changed images are read again."""
        self._cache.clear()

    def forget_vectors(self) -> None:
        """Drop the thumbnails that were drawn of vectors, because vectors have changed."""
        self._cache.drop(lambda key: key[2] == "vector")

    def label(self, row_id: int) -> str | None:
        """Return the label of a row as one line of text, None where there is none.

        Where the lookup or the conversion to text fails, the text says so.
        """
        return None if self._labels is None else label_text(self._labels, int(row_id))

    def read_label(self, row_id: int) -> str | None:
        """Return the label of a row as ``label`` does, but raise where that fails.

        Raises
        ------
        LabelError
            If the lookup, or the conversion to text, fails.
        """
        return None if self._labels is None else read_label(self._labels, int(row_id))

    def label_entries(self, ids: NDArray[np.int64]) -> list[Any] | None:
        """Return the entries of rows as they were given, None for a row without one.

        None instead of a list where each row has to be asked for, which may be slow.
        """
        return None if self._stored_labels is None else self._stored_labels(ids)

    def thumbnails(
        self,
        ids: Sequence[int] | NDArray[np.int64],
        size: int,
        clusters: Sequence[int] | NDArray[np.int64] | None = None,
        *,
        vectors: Mapping[int, Vector] | None = None,
        labelled: Collection[int] = (),
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
            Cluster of each id.
        vectors : mapping from place among `ids`, optional
            For the rows without an image: float32 (dim,), or the exception on reading it.
        labelled : collection of int, optional
            Rows whose labels are shown where they have no image.

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
        rows, homes = [int(row_id) for row_id in ids], _homes(ids, clusters)
        given = vectors or {}
        found = [
            self._from_vector(row_id, home, side, given[place])
            if place in given
            else self._from_image(row_id, home, side) or (LABEL if row_id in labelled else None)
            for place, (row_id, home) in enumerate(zip(rows, homes, strict=True))
        ]
        without = [place for place, thumbnail in enumerate(found) if thumbnail is None]
        if without:
            of = None if clusters is None else np.array([clusters[place] for place in without], np.int64)
            drawn = self._from_vectors(np.array([rows[place] for place in without], np.int64), of, side)
            for place, thumbnail in zip(without, drawn, strict=True):
                found[place] = thumbnail
        return [thumbnail for thumbnail in found if thumbnail is not None]

    def image(self, row_id: int, size: int, cluster: int | None = None) -> Thumbnail | None:
        """Make, or take from the cache, the thumbnail of one row; None where its vector is to be drawn first.

        It may call the caller's function: call it on a thread.

        Parameters
        ----------
        row_id, size
            As in ``thumbnails``.
        cluster
            Stores the row, where that is known.

        Raises
        ------
        ValueError
            If `size` is below 1.
        """
        return self._from_image(int(row_id), cluster, bucket(size))

    def _from_image(self, row_id: int, home: int | None, side: int) -> Thumbnail | None:
        """Return the kept thumbnail or that of the row's image; None where there is neither."""
        kept = self._cache.get((row_id, side, "image", None)) or self._cache.get(
            (row_id, side, "vector", home)
        )
        if kept is not None or self._images is None:
            return kept
        try:
            entry = self._images(row_id)
            if self._pair_labels is not None and entry is not None:
                self._pair_labels.note(row_id, entry)
        except BadImage as bad:
            return placeholder(str(bad))
        except Exception as error:  # a user's function or mapping may raise anything
            self._log_once(row_id, error)
            return placeholder(f"the image of {row_id} could not be read: images raised {named_text(error)}")
        if is_missing(entry):
            return None
        return self._keep((row_id, side, "image", None), partial(self._render, entry, side))

    def _log_once(self, row_id: int, error: Exception) -> None:
        """Log an error of the caller's function, with its traceback; of each class only the first loudly."""
        level = logging.DEBUG if type(error) in self._logged else logging.WARNING
        self._logged.add(type(error))
        _log.log(level, "feder_widget: images raised for row id %d", row_id, exc_info=error)

    def _from_vector(self, row_id: int, home: int | None, side: int, vector: Vector) -> Thumbnail:
        if isinstance(vector, Exception):
            return placeholder(f"the vector of {row_id} could not be read ({type(vector).__name__})")
        key = row_id, side, "vector", home
        return self._cache.get(key) or self._keep(key, partial(render_strip, vector, side))

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
            return [self._from_vector(int(ids[0]), _homes(ids, clusters)[0], side, error)]
        return [
            self._from_vector(int(row_id), home, side, vector)
            for row_id, home, vector in zip(ids, _homes(ids, clusters), vectors, strict=True)
        ]

    def _keep(self, key: Key, make: Callable[[], Thumbnail]) -> Thumbnail:
        row_id = key[0]
        try:
            thumbnail = make()
        except BadImage as bad:
            return placeholder(str(bad))
        except Exception as error:  # decoders and foreign arrays may raise anything
            _log.debug("thumbnail of row id %d", row_id, exc_info=True)
            return placeholder(f"the image of {row_id} could not be read ({type(error).__name__})")
        if thumbnail.reason is None:
            self._cache.put(key, thumbnail)
        return thumbnail


def _homes(
    ids: Sequence[int] | NDArray[np.int64], clusters: Sequence[int] | NDArray[np.int64] | None
) -> list[int | None]:
    """Return the cluster of each row, None where it is not known."""
    return [None] * len(ids) if clusters is None else [int(cluster) for cluster in clusters]


def _checked(vectors: Any, count: int) -> NDArray[np.float32]:
    checked: NDArray[np.float32] = np.asarray(vectors, np.float32)
    if checked.ndim != 2 or len(checked) != count:
        raise ValueError(f"strips must return shape ({count}, dim), got {checked.shape}")
    return checked
