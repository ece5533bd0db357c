"""A query: the vector to search for, and the row it belongs to, if any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One query, checked and ready to search for.

    Every method of an engine that takes a query takes a ``Query`` too, and then checks and looks up nothing.

    Attributes
    ----------
    vector : float32 (dim,), or uint8 (dim / 8,) for a binary index
        Contiguous, finite, before any transform of the index.
    row_id : int or None
        The stored row that is searched for; None for a vector from elsewhere.
    title : str or None
        What a vector from elsewhere stands for: words, or the name of a picture.
    picture : bytes
        A small encoded picture of it; empty for none.
    """

    vector: npt.NDArray[Any]
    row_id: int | None = None
    title: str | None = None
    picture: bytes = b""

    def left_out(self, include_self: bool) -> int | None:
        """Return the row id that does not count among the query's own neighbours, if any."""
        return None if include_self else self.row_id

    def __post_init__(self) -> None:
        if self.vector.ndim != 1 or self.vector.dtype not in (np.float32, np.uint8):
            raise ValueError(
                "a Query must hold a float32 or uint8 vector of one dimension, "
                f"got {self.vector.dtype} of shape {self.vector.shape}"
            )
