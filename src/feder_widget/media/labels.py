"""Row id → label as plain text."""

from __future__ import annotations

from feder_widget.media.entries import IdRange, Lookup, is_missing, open_entries
from feder_widget.media.text import one_line

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
