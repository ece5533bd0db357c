"""The queries that a widget has searched for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.query import Query

MOST = 100
"""Queries that are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class PastQuery:
    """A query that was searched for.

    Attributes
    ----------
    row_id : int or None
        Its row; None for a vector from elsewhere.
    vector : float32 (dim,), or uint8 (dim / 8,) for a binary index
        The query itself.
    nprobe, k : int
        With which it was searched for last.
    title : str or None
        What a vector from elsewhere stands for: words, or the name of a picture.
    picture : bytes
        A small JPEG of a picture that was the query; empty for none.
    """

    row_id: int | None
    vector: npt.NDArray[Any]
    nprobe: int
    k: int
    title: str | None = None
    picture: bytes = b""

    def __repr__(self) -> str:
        name = (self.title or "vector") if self.row_id is None else f"row {self.row_id}"
        return f"<{name}, nprobe {self.nprobe}, k {self.k}>"


class PastQueries:
    """The last queries, oldest first. One that is searched for again at once stands there once."""

    def __init__(self) -> None:
        self._kept: deque[PastQuery] = deque(maxlen=MOST)

    def note(self, query: Query, nprobe: int, k: int) -> None:
        """Add a query that is being searched for."""
        if self._kept and _is_same(self._kept[-1], query):
            self._kept.pop()
        self._kept.append(PastQuery(query.row_id, query.vector.copy(), nprobe, k, query.title, query.picture))

    def named(self, query: Query) -> Query:
        """Return a vector with the title and the picture that it was searched for with before."""
        for past in reversed(self._kept):
            if past.title is not None and _is_same(past, query):
                return replace(query, title=past.title, picture=past.picture)
        return query

    def all(self) -> list[PastQuery]:
        """Return them, oldest first."""
        return list(self._kept)


def _is_same(past: PastQuery, query: Query) -> bool:
    if past.row_id is not None or query.row_id is not None:
        return past.row_id == query.row_id
    return np.array_equal(past.vector, query.vector)
