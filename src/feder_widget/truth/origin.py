"""Where an answer comes from: the index, as it was, and what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from feder_widget.errors import IndexChangedError


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The opened index that an answer is about, and the queries.

    It keeps the index in memory. It stays in its process: a copy of the answer in another one has none.

    Attributes
    ----------
    index : IvfIndex
        The opened index.
    version : tuple of float
        Its version when it was asked.
    include_self : bool
        Whether a row counts among its own neighbours.
    query : function
        Returns the query at a place: a row id, a vector or a ``Query``.
    """

    index: Any
    version: tuple[float, ...]
    include_self: bool
    query: Callable[[int], Any]

    def unchanged_index(self) -> Any:
        """Return the index.

        Raises
        ------
        IndexChangedError
            If it is another by now.
        """
        if self.index.version() != self.version:
            raise IndexChangedError("the index has changed since this was computed; compute it again")
        return self.index

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    def __deepcopy__(self, _: dict[int, Any]) -> Origin:
        return self
