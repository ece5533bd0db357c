"""The values of a column of the metadata, as labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media.row_table import RowTable


class ColumnLabels:
    """The values of a column of a table as labels: of one row, or of many at once.

    Parameters
    ----------
    table : RowTable
    column : int
        Place among the columns shown.
    """

    def __init__(self, table: RowTable, column: int) -> None:
        self._table = table
        self._column = column

    def __call__(self, row_id: int) -> str | None:
        """Return the value of a row as a short line of text."""
        return self._table.text(row_id, self._column)

    def take(self, ids: NDArray[np.int64]) -> list[Any]:
        """Return the values of rows as they are stored."""
        return self._table.entries(ids, self._column)
