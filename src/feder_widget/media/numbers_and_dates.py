"""A column of numbers, dates or times → float64."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

Unit: TypeAlias = Literal["number", "date", "time"]
"""What the numbers of a column are: themselves, or seconds since 1970 at midnight or at any time."""

LOOKED_AT = 200
"""Values of a column of integers that are looked at to tell numbers from categories."""

MOST_CATEGORIES = 20
"""Different integers among these up to which they are categories: each may be a class or a code."""


def unit_of(series: nw.Series[Any]) -> Unit | None:
    """Return what the numbers of a column are; None where its values have no place on a scale.

    Floats, decimals, dates and times have one. Integers have one unless few different ones occur. Bools and
    durations have none. This reads `LOOKED_AT` values at most.
    """
    kind = series.dtype
    if kind.is_float() or isinstance(kind, nw.Decimal) or kind == nw.Decimal:
        return "number"
    if kind == nw.Date:
        return "date"
    if kind == nw.Datetime:
        return "time"
    return "number" if kind.is_integer() and not has_few_values(series) else None


def has_few_values(series: nw.Series[Any]) -> bool:
    """Return whether at most `MOST_CATEGORIES` different values occur at even distances in a column."""
    places = np.unique(np.linspace(0, len(series) - 1, LOOKED_AT).astype(np.int64)) if len(series) else ()
    return len({str(series.item(int(place))) for place in places}) <= MOST_CATEGORIES


def as_numbers(series: nw.Series[Any], unit: Unit) -> NDArray[np.float64]:
    """Return values as float64 (n,): NaN for a missing one, and seconds for dates and times.

    Integers and decimals that float64 does not hold are rounded. Times with a zone are those of its clock.
    """
    if unit == "number":
        return _floats(series if series.dtype.is_integer() else series.cast(nw.Float64))
    if unit == "date":
        series = series.cast(nw.Datetime("us"))
    elif getattr(series.dtype, "time_zone", None) is not None:
        series = series.dt.replace_time_zone(None)
    return _floats(series.dt.timestamp("us")) / 1e6


def _floats(series: nw.Series[Any]) -> NDArray[np.float64]:
    missing = series.is_null().to_numpy().astype(bool)
    # NumPy rounds large integers, where a cast of pyarrow refuses them.
    values: NDArray[np.float64] = np.array(series.fill_null(0).to_numpy(), np.float64)
    values[missing] = np.nan
    return values
