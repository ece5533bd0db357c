"""True neighbours that were computed before, for queries of an index they are checked against."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.truth.neighbours.neighbour_table import NeighbourTable
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.truth_fingerprint import Compared

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

WITHOUT_VECTORS = (
    "truth is of vectors, and this index holds codes: open it with them, open_index(source, vectors=...)"
)


class Known(Protocol):
    """The neighbours of some queries, by their ids."""

    def part(self, some: slice) -> Known:
        """Return those of some of the queries."""
        ...

    def nearest(self, wanted: int) -> list[tuple[Ids, Float32Array]]:
        """Return the ``wanted`` nearest rows of each query, ascending, ties included, and their distances."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class KnownNeighbours:
    """The neighbours of some queries.

    Attributes
    ----------
    table : NeighbourTable
        Where they are.
    places : int64 (n,)
        The place of each query there.
    """

    table: NeighbourTable
    places: Ids

    def part(self, some: slice) -> KnownNeighbours:
        """Return those of some of the queries."""
        return KnownNeighbours(self.table, self.places[some])

    def nearest(self, wanted: int) -> list[tuple[Ids, Float32Array]]:
        """Return the ``wanted`` nearest rows of each query, ascending, ties included, and their distances."""
        return [self.table.nearest(place, wanted) for place in self.places.tolist()]


class TableCheck:
    """Checks tables against the rows of one index, once for each table until the index changes.

    Parameters
    ----------
    compared : function
        Describes the rows that the index stores, and how it compares them.
    digest : function
        Reads them.
    version : function
        Returns what differs once the index has changed.
    """

    def __init__(
        self,
        compared: Callable[[], Compared],
        digest: Callable[[], RowDigest],
        version: Callable[[], tuple[float, ...]],
    ) -> None:
        self._compared = compared
        self._digest = digest
        self._version = version
        self._accepted: set[tuple[Compared, tuple[float, ...]]] = set()

    def known(self, given: Any, queries: Float32Array, wanted: int) -> KnownNeighbours:
        """Return what a table tells of queries.

        Parameters
        ----------
        given : NeighbourTable or path
            The table, its file or its folder.
        queries : float32 (n, dim)
            Before the transforms.
        wanted : int
            Neighbours of each.

        Raises
        ------
        ValueError
            If it is the ground truth of other rows, of another metric or of other queries, or has fewer
            neighbours.
        TypeError
            If it is no table.
        OSError
            If it cannot be read.
        """
        table = as_table(given)
        self._accept(table)
        if wanted > table.k and table.k < table.compared.ids.count:
            raise ValueError(
                f"truth must hold {wanted} neighbours of each query, the query itself counted where it is a "
                f"row, got {table.k}"
            )
        places = table.places(queries)
        unknown = np.flatnonzero(places < 0)
        if len(unknown):
            raise ValueError(
                f"truth must be of these queries: {len(unknown):,} of {len(queries):,} are not among its "
                f"{len(table):,}, the first is query {unknown[0]}"
            )
        return KnownNeighbours(table, places)

    def forget(self) -> None:
        """Check tables anew: rows were replaced."""
        self._accepted.clear()

    def _accept(self, table: NeighbourTable) -> None:
        key = table.compared, self._version()
        if key in self._accepted:
            return
        compared = self._compared()
        difference = table.compared.difference(compared)
        if difference is None and not table.compared.has_files_of(compared):
            difference = table.compared.difference(compared.read_as(self._digest()))
        if difference is not None:
            raise ValueError(f"truth must be of the vectors of this index, and is of {difference}")
        self._accepted.add(key)


def as_table(given: Any) -> NeighbourTable:
    """Return a caller's ``truth``: a table, or the path of one."""
    if isinstance(given, NeighbourTable):
        return given
    if isinstance(given, (str, os.PathLike)):
        return NeighbourTable.load(given)
    raise TypeError(
        f"truth must be what ground_truth returned, or the path of its file or folder, got "
        f"{type(given).__name__}"
    )
