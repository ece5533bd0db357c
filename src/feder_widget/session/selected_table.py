"""Selected rows as the caller's kind of table: their place in a search, and the columns of ``data``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import narwhals as nw
import numpy as np

from feder_widget.media.row_table import RowTable


def selected_table(described: dict[str, Any], table: RowTable) -> Any:
    """Join what is known of rows with the columns of the caller's table.

    Parameters
    ----------
    described : dict
        Columns of ``selected_rows.described``, each (n,).
    table
        The caller's table.

    Returns
    -------
    pandas.DataFrame, polars.DataFrame or pyarrow.Table
        As the caller's. Its n rows are in the order of ``described``; a row that the table does not hold has
        missing values. A column of the caller's whose name is taken ends in ``_data``, as often as it takes.
    """
    places = table.places(described["id"])
    ours = nw.from_dict(described, backend=table.kind)
    if len(table) == 0:
        return ours.to_native()
    # Columns have numbers meanwhile: pandas' may have any names.
    given = [column.alias(str(i)) for i, column in enumerate(table.taken(np.maximum(places, 0)))]
    if not given:
        return ours.to_native()
    held = nw.maybe_reset_index(nw.concat([column.to_frame() for column in given], how="horizontal"))
    if (places < 0).any():
        is_held = nw.new_series("is_held", places >= 0, backend=table.kind)
        held = held.with_columns(is_held)
        held = held.select(
            nw.when(nw.col("is_held")).then(nw.col(column.name)).alias(column.name) for column in given
        )
    joined = nw.concat([ours, held], how="horizontal")
    names = [_free_name(name, table.columns, described) for name in table.columns]
    return _named(joined, [*described, *names])


def _free_name(name: Any, names: list[Any], taken: Collection[str]) -> Any:
    """Return the name of one of the caller's columns, followed by ``_data`` until no other has it."""
    free = name
    while free in taken or (free != name and free in names):
        free = f"{free}_data"
    return free


def _named(frame: nw.DataFrame[Any], names: list[Any]) -> Any:
    """Return the caller's kind of table with these names for its columns."""
    if all(isinstance(name, str) for name in names):
        return frame.rename(dict(zip(frame.columns, names, strict=True))).to_native()
    native = frame.to_native()
    native.columns = names
    return native
