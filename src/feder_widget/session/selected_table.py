"""Selected rows as the caller's kind of table: their place in a search, and the columns of ``data``."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from feder_widget.media.row_table import RowTable

_HELD = "feder_is_held"


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
        missing values. A column of the caller's whose name is taken ends in ``_data``.
    """
    places = table.places(described["id"])
    ours = nw.from_dict(described, backend=table.kind)
    if len(table) == 0:
        return ours.to_native()
    held = table.taken(np.maximum(places, 0))
    held = nw.maybe_reset_index(
        held.rename({name: f"{name}_data" for name in held.columns if name in described})
    )
    if (places < 0).any():
        is_held = nw.new_series(_HELD, places >= 0, backend=table.kind)
        named = held.columns
        held = held.with_columns(is_held)
        held = held.select(nw.when(nw.col(_HELD)).then(nw.col(name)).alias(name) for name in named)
    return nw.concat([ours, held], how="horizontal").to_native()
