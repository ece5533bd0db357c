"""Row id → label as plain text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media.column_labels import ColumnLabels
from feder_widget.media.columns import StoredColumn, is_column
from feder_widget.media.entries import IdRange, Lookup, is_missing, open_entries
from feder_widget.media.one_line import one_line
from feder_widget.media.row_table import ColumnById

LABEL_LIMIT = 200
"""Most characters of a label on the page."""

_WANTED = "None, a sequence, a mapping or a function of the row id"


def open_labels(labels: object, index_ids: IdRange) -> Lookup | None:
    """Open the `labels` argument; see `feder_widget.media.Media`.

    Raises
    ------
    TypeError, ValueError
        If it cannot hold one label per row id, or has the wrong length.
    """
    return None if labels is None else open_entries("labels", labels, index_ids, _WANTED)


Take = Callable[[NDArray[np.int64]], list[Any]]
"""Row ids (n,) → the entry of each, None where there is none. It is fast, and raises nothing."""


def stored_labels(labels: Any) -> Take | None:
    """Return what takes labels of many rows at once; None where each has to be asked for.

    Lists, tuples, arrays, columns of pandas, polars and pyarrow, and those of the metadata hold their labels.
    A mapping, a function or another sequence may be slow for each row.
    """
    if isinstance(labels, (ColumnLabels, ColumnById)):
        return labels.take
    if type(labels) is np.ndarray:
        return partial(_take_known, len(labels), lambda rows: labels[rows].tolist())
    if type(labels) in (list, tuple):
        return partial(_take_known, len(labels), lambda rows: [labels[row] for row in rows.tolist()])
    if isinstance(labels, StoredColumn) or is_column(labels):
        column = labels if isinstance(labels, StoredColumn) else StoredColumn(labels)
        return partial(_take_known, len(column), column.take)
    return None


def _take_known(length: int, take: Take, ids: NDArray[np.int64]) -> list[Any]:
    """Take the entries of rows that have one; row i has the i-th of ``length`` entries."""
    known = (ids >= 0) & (ids < length)
    if known.all():
        return take(ids)
    entries: list[Any] = [None] * len(ids)
    for place, entry in zip(np.flatnonzero(known).tolist(), take(ids[known]), strict=True):
        entries[place] = entry
    return entries


class LabelError(Exception):
    """A label that cannot be read; the text is the name of the exception that its lookup raised."""


def read_label(lookup: Lookup, row_id: int) -> str | None:
    """Return the label of a row as one line of at most `LABEL_LIMIT` characters, None without one.

    Raises
    ------
    LabelError
        If the lookup, or the conversion to text, fails.
    """
    try:
        value = lookup(row_id)
        if is_missing(value):
            return None
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except Exception as error:  # a user's function or __str__ may raise anything
        raise LabelError(type(error).__name__) from None
    return one_line(text, LABEL_LIMIT)


def label_text(lookup: Lookup, row_id: int) -> str | None:
    """Return the label of a row as `read_label` does; where that fails, the text says so."""
    try:
        return read_label(lookup, row_id)
    except LabelError as error:
        return f"(label of {row_id} raised {error})"
