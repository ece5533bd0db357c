"""A column of a table, in any library → entries by position."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from feder_widget.media.text import one_line
from feder_widget.model.array_like import as_array, is_data_set, is_tensor


class ArrowColumn:
    """A pyarrow column whose items are Python's own objects.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray
        Read one item at a time.
    """

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, place: int) -> Any:
        return self._column[place].as_py()


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
