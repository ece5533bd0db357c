"""The caller's table of metadata: row id → the values of some columns, read as they are shown."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from feder_widget.media.columns import StoredColumn
from feder_widget.media.entries import IdRange, is_missing
from feder_widget.media.numbers_and_dates import Unit, as_numbers, unit_of
from feder_widget.media.one_line import one_line
from feder_widget.media.table_values import PLAIN, is_scalar, may_repeat, number_text, opened, plain_entry

MAX_COLUMNS = 32
"""Columns shown at most: more do not fit in a card."""

NAME_LIMIT = 40
"""Most characters of a column's name on the page."""

VALUE_LIMIT = 80
"""Most characters of a value on the page."""


class RowTable:
    """A table whose row i, or whose row with an id, belongs to a row id.

    Parameters
    ----------
    data : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        Read a value at a time; safe on any thread.
    index_ids : IdRange
        Row ids, to check the number of rows.
    id_column : str, optional
        The column of row ids; without it, row i belongs to row id i. Of an id that occurs twice, the first
        row counts. A row without an id, or with one that int64 does not hold, belongs to no row id.
    columns : sequence of str, optional
        The columns to show; by default those of scalars, except ``others``.
    others : iterable of str or None
        Columns that are used otherwise: as labels, as images.

    Raises
    ------
    TypeError
        If it is no table in memory, or the column of ids holds no integers.
    ValueError
        If a column is missing, more than `MAX_COLUMNS` are chosen, or the table has another length.
    """

    def __init__(
        self,
        data: Any,
        index_ids: IdRange,
        *,
        id_column: str | None = None,
        columns: Sequence[str] | None = None,
        others: Iterable[str | None] = (),
    ) -> None:
        self._frame = opened(data)
        self._id_column = id_column
        if id_column is None:
            index_ids.check_length("data", len(self._frame))
        else:
            self.check_column(id_column, "id")
            if not self._frame.get_column(id_column).dtype.is_integer():
                kind = self._frame.get_column(id_column).dtype
                raise TypeError(f"id must name a column of integers, got {id_column!r}, which holds {kind}")
        self.columns = self._shown(columns, {id_column, *others})
        self._series = {name: self._frame.get_column(name) for name in self.columns}
        self._stored = [StoredColumn(series.to_native()) for series in self._series.values()]
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def kind(self) -> Any:
        """The library that the table comes from."""
        return self._frame.implementation

    @cached_property
    def units(self) -> list[Unit | None]:
        """Of each column shown the unit of its scale; None for one whose values have no place on a scale."""
        return [unit_of(self._series[name]) for name in self.columns]

    @property
    def scales(self) -> list[int]:
        """The places among the columns shown of those whose values have a place on a scale."""
        return [i for i, unit in enumerate(self.units) if unit is not None]

    @property
    def categories(self) -> list[int]:
        """The places among the columns shown of categories: text, few different integers, bools."""
        kinds = [self._series[name].dtype for name in self.columns]
        return [i for i, kind in enumerate(kinds) if self.units[i] is None and may_repeat(kind)]

    @property
    def names(self) -> list[str]:
        """The names of the columns shown, as text for the page."""
        return [one_line(str(name), NAME_LIMIT) for name in self.columns]

    def check_column(self, name: Any, argument: str) -> None:
        """Raise ValueError unless the table has a column of this name."""
        if name not in self._frame.columns:
            held = one_line(", ".join(map(str, self._frame.columns)), 200)
            raise ValueError(f"{argument} must name a column of data, got {name!r}; its columns are {held}")

    def column(self, name: str, argument: str) -> Any:
        """Return a column for ``images`` or ``labels``: itself where row i is row id i, else a lookup.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        self.check_column(name, argument)
        series = self._frame.get_column(name)
        return series.to_native() if self._id_column is None else ColumnById(self, series)

    def texts(self, ids: Sequence[int]) -> list[list[str | None]]:
        """Return the values shown of some rows as short lines of text; None for a missing value.

        A row that the table does not hold has no values at all: an empty list.
        """
        places = self.places(np.array(ids, np.int64)).tolist()
        return [[] if place < 0 else [self._text(name, place) for name in self.columns] for place in places]

    def text(self, row_id: int, column: int) -> str | None:
        """Return the value of a row in the column at a place among those shown, as ``texts`` does."""
        (place,) = self.places(np.array([row_id], np.int64)).tolist()
        return None if place < 0 else self._text(self.columns[column], place)

    def entries(self, ids: NDArray[np.int64], column: int) -> list[Any]:
        """Return the values of rows in the column at a place among those shown; None for a missing value.

        Equal values of type str or int have one text. Bools are given as text.
        """
        values = self.values(ids, self._stored[column])
        return values if set(map(type, values)) <= PLAIN else [plain_entry(value) for value in values]

    def values(self, ids: NDArray[np.int64], column: StoredColumn) -> list[Any]:
        """Return the values of rows in a column as they are stored; None for a row that the table has not."""
        places = self.places(ids)
        is_held = places >= 0
        if is_held.all():
            return column.take(places)
        values: list[Any] = [None] * len(ids)
        for at, value in zip(np.flatnonzero(is_held).tolist(), column.take(places[is_held]), strict=True):
            values[at] = value
        return values

    def numbers(self, ids: NDArray[np.int64], column: int) -> NDArray[np.float64]:
        """Return the values of rows in a column of ``scales``, float64 (n,), as `as_numbers` does.

        A row that the table does not hold has NaN.
        """
        unit = self.units[column]
        if unit is None:
            raise ValueError(f"column {column} has no scale")
        places = self.places(ids)
        is_held = places >= 0
        values = np.full(len(ids), np.nan)
        if is_held.any():
            values[is_held] = as_numbers(self._series[self.columns[column]][places[is_held]], unit)
        return values

    def all_numbers(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the values of rows in all columns shown, float64 (n, columns); NaN without a scale."""
        found = np.full((len(ids), len(self.columns)), np.nan)
        for column in self.scales:
            found[:, column] = self.numbers(ids, column)
        return found

    def places(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of each row id in the table, int64 (n,); -1 for one that it does not hold."""
        if self._id_column is None:
            return np.where((ids >= 0) & (ids < len(self._frame)), ids, -1)
        with self._lock:
            held, order = self._sorted_ids
        if held.size == 0:
            return np.full(len(ids), -1)
        at = np.minimum(np.searchsorted(held, ids), held.size - 1)
        places = at if order is None else order[at]
        return np.where(held[at] == ids, places, -1)

    def taken(self, places: NDArray[np.int64]) -> list[nw.Series[Any]]:
        """Return the columns shown, of the rows at some places."""
        rows = places.tolist()
        return [self._series[name][rows] for name in self.columns]

    @cached_property
    def _sorted_ids(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """The row ids in ascending order, and the place of each; made when the first row is looked up."""
        column = self._frame.get_column(self._id_column)  # type: ignore[arg-type]
        is_id = ~np.asarray(column.is_null().to_numpy(), np.bool_)
        # With a missing one among them, whole numbers would become floats, which round.
        given = np.asarray((column if is_id.all() else column.fill_null(0)).to_numpy())
        is_id &= given <= np.iinfo(np.int64).max
        if not is_id.all():
            places = np.flatnonzero(is_id)
            ids = given[places].astype(np.int64)
            order = np.argsort(ids, kind="stable")
            return ids[order], places[order]
        ids = given.astype(np.int64)
        if np.all(ids[1:] >= ids[:-1]):
            return ids, None
        order = np.argsort(ids, kind="stable")
        return ids[order], order

    def _shown(self, columns: Sequence[str] | None, others: set[str | None]) -> list[str]:
        if columns is None:
            schema = self._frame.schema
            scalar = [name for name, kind in schema.items() if is_scalar(kind) and name not in others]
            return scalar[:MAX_COLUMNS]
        if isinstance(columns, (str, bytes)):
            raise TypeError(f"columns must be a list of names, got {columns!r}; pass [{columns!r}]")
        chosen = list(dict.fromkeys(columns))
        if len(chosen) > MAX_COLUMNS:
            raise ValueError(f"columns must be at most {MAX_COLUMNS} names, got {len(chosen)}")
        for name in chosen:
            self.check_column(name, "columns")
        return chosen

    def _text(self, name: str, place: int) -> str | None:
        try:
            value = self._series[name].item(place)
            if is_missing(value):
                return None
            text = number_text(value) if isinstance(value, (float, np.floating)) else str(value)
        except Exception as error:  # a user's object may raise anything
            return f"(raised {type(error).__name__})"
        return one_line(text, VALUE_LIMIT)


class ColumnById:
    """A column of a table whose rows are found by a column of ids: the value of one row id, or of many.

    Parameters
    ----------
    table : RowTable
    series : narwhals.Series
        One of its columns.
    """

    def __init__(self, table: RowTable, series: nw.Series[Any]) -> None:
        self._table = table
        self._series = series
        self._stored = StoredColumn(series.to_native())

    def __call__(self, row_id: int) -> Any:
        """Return the value of a row; None for one that the table does not hold."""
        (place,) = self._table.places(np.array([row_id], np.int64)).tolist()
        return None if place < 0 else self._series.item(place)

    def take(self, ids: NDArray[np.int64]) -> list[Any]:
        """Return the values of rows as they are stored."""
        return self._table.values(ids, self._stored)
