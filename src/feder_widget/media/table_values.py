"""A table of any library, opened, and its values as they are told."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from feder_widget.media.entries import is_missing
from feder_widget.media.one_line import one_line

PLAIN = frozenset({str, int, type(None)})
"""Types of values that are given as they are stored."""


def plain_entry(value: Any) -> Any:
    """Return a value whose equals have one text: bools as text, and None for a missing one."""
    if type(value) is str or type(value) is int:
        return value
    return str(value) if type(value) is bool else None if is_missing(value) else value


def number_text(value: float | np.floating[Any]) -> str:
    """Return a number as short text."""
    # Whole numbers with missing ones among them are floats in pandas.
    is_whole = float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if is_whole else f"{value:.6g}"


def opened(data: Any) -> nw.DataFrame[Any]:
    """Return a table in one form, whatever its library.

    Raises
    ------
    TypeError, ValueError
        If it is no table in memory, or two columns have one name.
    """
    try:
        frame = nw.from_native(data, pass_through=True)
        _ = getattr(frame, "columns", None)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(f"data must have columns of different names: {one_line(str(error), 200)}") from None
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(f"data must be a table in memory, got {type(data).__name__}; pass data.collect()")
    if isinstance(frame, nw.DataFrame):
        return frame
    hint = "pass data.to_pandas()" if hasattr(data, "to_pandas") else "pass pandas.DataFrame(data)"
    raise TypeError(f"data must be a pandas, polars or pyarrow table, got {type(data).__name__}; {hint}")


def may_repeat(kind: Any) -> bool:
    """Return whether values of a type may be categories."""
    return bool(kind.is_integer()) or isinstance(kind, (nw.String, nw.Boolean, nw.Categorical, nw.Enum))


def is_scalar(kind: Any) -> bool:
    """Return whether values of a type can be shown in a line."""
    is_whole = isinstance(kind, (nw.List, nw.Array, nw.Struct, nw.Object, nw.Binary, nw.Unknown))
    return not (is_whole or kind in (nw.Object, nw.Binary, nw.Unknown))
