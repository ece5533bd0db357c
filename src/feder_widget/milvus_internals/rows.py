"""The rows of a segment: their primary keys, and which of them were deleted or replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexFileError
from feder_widget.milvus_internals.arrow_files import arrow, logged_columns, parquet_columns
from feder_widget.milvus_internals.database import Collection, SegmentFiles

SEQUENCE = "_seq"
"""Column with the number of the operation that wrote a row."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one segment.

    Attributes
    ----------
    keys : int64 or object (n,)
        Primary keys in the order of the rows.
    is_live : bool (n,)
        False for rows that were deleted, or replaced by a later row of the same key.
    """

    keys: npt.NDArray[Any]
    is_live: npt.NDArray[np.bool_]


def read_rows(collection: Collection, segment: SegmentFiles, latest: Any) -> Rows:
    """Read the keys of a segment, and compare them with ``last_operations`` of its collection."""
    own = parquet_columns(segment.data, [collection.key, SEQUENCE])
    keys, numbers = own.column(collection.key), own.column(SEQUENCE)
    if keys.null_count or numbers.null_count:
        raise IndexFileError(f"{segment.data} is damaged: rows in it have no key or no number")
    at = arrow("pyarrow.compute").index_in(keys, value_set=latest.column(collection.key))
    last = latest.column(f"{SEQUENCE}_max").take(at)
    kept: npt.NDArray[Any] = keys.to_numpy()
    if collection.int_keys:
        kept = kept.astype(np.int64, copy=False)
    return Rows(kept, np.asarray(numbers.to_numpy() >= last.to_numpy(), np.bool_))


def last_operations(collection: Collection) -> Any:
    """Return the number of the last operation on each key, written or deleted, as a ``pyarrow.Table``."""
    names = [collection.key, SEQUENCE]
    files = [*(segment.data for segment in collection.segments), *collection.deltas]
    tables = [parquet_columns(path, names) for path in files]
    for kind in ("data", "delta"):
        for path in collection.logs(kind):
            tables += logged_columns(path, names)
    # The log declares the same columns in its own way.
    schema = tables[0].schema.remove_metadata()
    together = arrow().concat_tables([table.cast(schema) for table in tables])
    return together.group_by(collection.key).aggregate([(SEQUENCE, "max")])


def growing_count(collection: Collection) -> int:
    """Return the number of rows that are in no segment yet, only in the log."""
    tables = [table for path in collection.logs("data") for table in logged_columns(path, [SEQUENCE])]
    return sum(int((table.column(SEQUENCE).to_numpy() > collection.sequence).sum()) for table in tables)
