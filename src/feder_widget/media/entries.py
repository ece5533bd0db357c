"""One entry per row id, from a sequence, a mapping or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from feder_widget.media.columns import plain_column

Lookup = Callable[[int], Any]
"""Row id → entry, or None without one. Exceptions of the user's mapping or function pass through."""


@dataclass(frozen=True, slots=True)
class IdRange:
    """The row ids of an index, to check lengths against.

    Parameters
    ----------
    ntotal : int
        Number of vectors.
    max_id : callable
        Returns the largest row id. Called only for a sequence whose length is not `ntotal`, because it may
        read every id.
    """

    ntotal: int
    max_id: Callable[[], int]

    def check_length(self, argument: str, length: int) -> None:
        """Raise unless a sequence of `length` has an entry for each id; entry i belongs to row id i.

        Parameters
        ----------
        argument : str
            Name for the message.
        length : int
            Number of entries.

        Raises
        ------
        ValueError
            If the ids are 0..ntotal-1 and `length` is not ntotal, or if it does not reach the largest id.
        """
        if length == self.ntotal:
            return
        largest = self.max_id()
        if largest == self.ntotal - 1:
            raise ValueError(
                f"{argument} must have one entry per vector of the index: "
                f"wanted {self.ntotal:,}, got {length:,}"
            )
        if length <= largest:
            raise ValueError(
                f"{argument} must have an entry for every row id, and the largest is {largest:,}: "
                f"wanted at least {largest + 1:,}, got {length:,}; a mapping or a function also does"
            )


def is_missing(entry: object) -> bool:
    """Return whether an entry stands for nothing: None, a float NaN, or pandas' NA and NaT."""
    if entry is None or (isinstance(entry, (float, np.floating)) and np.isnan(entry)):
        return True
    return type(entry).__name__ in {"NAType", "NaTType"}


def open_entries(argument: str, values: Any, index_ids: IdRange, wanted: str) -> Lookup:
    """Make a lookup from a sequence, a mapping or a function, without reading an entry.

    Parameters
    ----------
    argument : str
        Name of the argument, for messages.
    values : object
        A sequence (entry i belongs to row id i; a column by position, or a frame of one), a mapping from row
        id, or a function of the row id.
    index_ids : IdRange
        Row ids, to check the length of a sequence.
    wanted : str
        Accepted types, for messages.

    Raises
    ------
    TypeError
        If `values` is none of these.
    ValueError
        If a sequence has the wrong number of dimensions or entries.
    """
    if isinstance(values, Mapping):
        return values.get
    if isinstance(values, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"{argument} must be {wanted}; got one {type(values).__name__}")
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise ValueError(
            f"{argument} must have one dimension as an array of entries, got shape {values.shape}"
        )
    values = plain_column(argument, values)
    if hasattr(values, "iloc"):
        return _by_position(argument, values, values.iloc, index_ids)
    if not isinstance(values, type) and hasattr(values, "__len__") and hasattr(values, "__getitem__"):
        return _by_position(argument, values, values, index_ids)
    if callable(values):
        lookup: Lookup = values
        return lookup
    raise TypeError(f"{argument} must be {wanted}; got {type(values).__name__}")


def _by_position(argument: str, sized: Any, entries: Any, index_ids: IdRange) -> Lookup:
    index_ids.check_length(argument, len(sized))

    def lookup(row_id: int) -> Any:
        # A negative id must not count from the end.
        return entries[row_id] if 0 <= row_id < len(sized) else None

    return lookup
