"""Segments of Milvus Lite: which there are, and one of them as a Faiss index whose searches are traced."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.milvus_internals import segment_index
from feder_widget.milvus_internals.arrow_files import parquet_columns
from feder_widget.milvus_internals.database import (
    Collection,
    IndexKind,
    SegmentFiles,
    check_database,
    collection_names,
    read_collection,
)
from feder_widget.milvus_internals.rows import growing_count, last_operations, read_rows


@dataclass(frozen=True, slots=True, eq=False)
class MilvusSegment:
    """One segment of a Milvus Lite database, with the index of one field.

    Attributes
    ----------
    collection, field, partition, segment : str
        What names it; ``open_index(path, collection=, field=, segment=)`` opens it.
    index_type : str
        As Milvus names it: "IVF_FLAT", "IVF_SQ8", "HNSW", "HNSW_SQ", "FLAT", "AUTOINDEX".
    metric : str
        "L2", "IP" or "COSINE".
    has_index : bool
        Whether the file of its index is there. Milvus Lite writes it when the collection is loaded.
    keys : int64 or object (n,)
        Primary keys of its rows, in order, deleted ones included. Where they are int64 they are the row ids
        of the opened index; else row ids are places in this array, which ``FederWidget(labels=)`` takes.
    is_live : bool (n,)
        False for rows that were deleted, or replaced by a later row of the same key.
    """

    collection: str
    field: str
    partition: str
    segment: str
    index_type: str
    metric: str
    has_index: bool
    keys: npt.NDArray[Any] = attribute(repr=False)
    is_live: npt.NDArray[np.bool_] = attribute(repr=False)
    _data: Path = attribute(repr=False)

    def __len__(self) -> int:
        """Return the number of rows, deleted ones included."""
        return len(self.keys)

    def vectors(self) -> npt.NDArray[np.float32]:
        """Read the vectors of all rows as they were inserted, float32 (n, dim)."""
        column = parquet_columns(self._data, [self.field]).column(self.field).combine_chunks()
        flat = np.asarray(column.values.to_numpy(zero_copy_only=False), np.float32)
        return flat.reshape(len(column), -1)


def milvus_segments(
    path: str | os.PathLike[str], *, collection: str | None = None, field: str | None = None
) -> list[MilvusSegment]:
    """List the segments of a Milvus Lite database, each of which has an index of its own.

    The database is only read, and may be open elsewhere. Needs pyarrow: ``pip install feder-widget[milvus]``.

    Parameters
    ----------
    path : str or os.PathLike
        The folder that Milvus Lite 3 writes, such as "milvus.db".
    collection, field : str, optional
        List those of one collection, of one field of vectors.

    Returns
    -------
    list of MilvusSegment
        One for each segment and each field that has an index.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If there is no such collection or field.
    OSError
        If the database is missing, damaged, or of another version.
    """
    found = []
    latest: dict[str, Any] = {}
    for place in _places(Path(path), collection, field):
        owner = place.owner
        if owner.name not in latest:
            latest[owner.name] = last_operations(owner)
        rows = read_rows(owner, place.files, latest[owner.name])
        found.append(
            MilvusSegment(
                owner.name,
                place.field,
                place.files.partition,
                place.files.name,
                place.kind.index_type,
                place.kind.metric,
                place.index_file.is_file(),
                rows.keys,
                rows.is_live,
                place.files.data,
            )
        )
    return found


def segment_as_index(
    path: Path, collection: str | None, field: str | None, segment: str | None
) -> tuple[faiss.Index, str]:
    """Return the index of one segment, and what it goes by in errors; ``open_index`` opens it."""
    place = _chosen(path, _places(path, collection, field), segment)
    owner, name = place.owner, place.files.name
    if not place.index_file.is_file():
        raise FileNotFoundError(
            f"segment {name} has no index yet, {place.index_file} is missing: Milvus Lite compares all its "
            "vectors until the collection is loaded (client.load_collection)"
        )
    rows = read_rows(owner, place.files, last_operations(owner))
    count = len(rows.keys)
    if not rows.is_live.any():
        raise ValueError(f"all {count:,} rows of segment {name} were deleted or replaced")
    growing = growing_count(owner)
    if growing:
        warnings.warn(
            f"{growing:,} rows of collection {owner.name!r} are in no segment yet: Milvus Lite compares all "
            "of them in each search, and they are not in this index. Flush the collection to have them in "
            "a segment",
            stacklevel=3,
        )
    ids = rows.keys if owner.int_keys else np.arange(count)
    dim = owner.fields[place.field]
    index = segment_index.read(place.index_file, place.kind, dim, ids, rows.is_live)
    return index, f"{path}, segment {name}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a segment and its index of a field are."""

    owner: Collection
    field: str
    files: SegmentFiles

    @property
    def kind(self) -> IndexKind:
        return self.owner.indexes[self.field]

    @property
    def index_file(self) -> Path:
        return self.files.index_file(self.field, self.kind)


def _places(path: Path, collection: str | None, field: str | None) -> list[_Place]:
    """Return all segments of a collection, or of all, once for each field with an index."""
    check_database(path)
    names = collection_names(path)
    if collection is not None and collection not in names:
        raise ValueError(f"collection must be one of {_listed(names)}, got {collection!r}")
    owners = [read_collection(path, name) for name in (names if collection is None else [collection])]
    fields = [one for owner in owners for one in owner.fields]
    if field is not None and field not in fields:
        raise ValueError(f"field must be a field of float vectors, one of {_listed(fields)}, got {field!r}")
    return [
        _Place(owner, one, files)
        for owner in owners
        for files in owner.segments
        for one in owner.fields
        if one in owner.indexes and field in (None, one)
    ]


def _chosen(path: Path, places: list[_Place], segment: str | None) -> _Place:
    """Return the one place that is meant."""
    if not places:
        raise ValueError(f"{path} holds no segment with an index there: create one, and flush the collection")
    chosen = [place for place in places if segment in (None, place.files.name)]
    if len(chosen) == 1:
        return chosen[0]
    listed = "\n".join(
        f'  collection="{place.owner.name}", field="{place.field}", segment="{place.files.name}"'
        for place in places
    )
    raise ValueError(
        "segment must choose one of these, each of which has an index of its own that Milvus Lite searches "
        f"by itself, got {'none' if segment is None else repr(segment)}:\n{listed}"
    )


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names)) or "none at all"
