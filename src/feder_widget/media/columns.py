"""A column of a table, in any library → entries by position."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from feder_widget.media.one_line import one_line
from feder_widget.model.array_like import as_array, is_data_set, is_tensor

MOST_PIECES = 32
"""Pieces of a column above which it is put together: each is looked at whenever rows are taken."""


class StoredColumn:
    """A column of any library, of which many rows are read at once: what is not asked for is not converted.

    Parameters
    ----------
    column : pandas.Series, polars.Series, pyarrow.Array or pyarrow.ChunkedArray
        Put together when rows are first taken, if it is in many pieces.
    """

    def __init__(self, column: Any) -> None:
        self._column = column
        self._is_whole = False

    def __len__(self) -> int:
        return len(self._column)

    def take(self, places: NDArray[np.int64]) -> list[Any]:
        """Return the values at some places, as Python's own objects."""
        if not self._is_whole:
            self._column, self._is_whole = _whole(self._column), True
        column = self._column
        if hasattr(column, "iloc"):
            return list(column.iloc[places].tolist())
        if hasattr(column, "to_pylist"):
            taken = column.take(places)
            if hasattr(taken.type, "index_type"):  # a dictionary, whose values are else made one by one
                taken = taken.cast(taken.type.value_type)
            return list(taken.to_pylist())
        return list(column[places].to_list())


class ArrowColumn(StoredColumn):
    """A pyarrow column whose items are Python's own objects.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray
    """

    def __getitem__(self, place: int) -> Any:
        return self._column[place].as_py()


def _whole(column: Any) -> Any:
    if hasattr(column, "combine_chunks") and getattr(column, "num_chunks", 1) > MOST_PIECES:
        return column.combine_chunks()
    if hasattr(column, "rechunk") and column.n_chunks() > MOST_PIECES:
        return column.rechunk()
    return column


def is_column(values: object) -> bool:
    """Return whether values are a column of pandas or polars."""
    return isinstance(nw.from_native(values, series_only=True, pass_through=True), nw.Series)


def plain_column(argument: str, values: Any) -> Any:
    """Return a column whose items are plain objects; anything else as it came.

    Parameters
    ----------
    argument : str
        Name of the argument, for messages.
    values : object
        A frame of one column becomes that column, a tensor a NumPy array, a pyarrow column an `ArrowColumn`.

    Raises
    ------
    TypeError
        If it is a frame of several columns, or a whole Hugging Face data set.
    """
    if is_data_set(values):
        held = one_line(", ".join(map(str, values.column_names)), 200)
        kind = type(values).__name__
        raise TypeError(
            f"{argument} must be one column, got a {kind} of {held}; pass {argument}=dataset[name]"
        )
    if is_tensor(values):
        return as_array(values, argument)
    if hasattr(values, "to_pylist") and hasattr(values, "slice") and not hasattr(values, "column_names"):
        return ArrowColumn(values)
    frame = nw.from_native(values, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        return values
    if len(frame.columns) != 1:
        raise TypeError(
            f"{argument} must be one column, got a {type(values).__name__} of {len(frame.columns)} columns; "
            f"pass frame[name]"
        )
    return plain_column(argument, frame.get_column(frame.columns[0]).to_native())
