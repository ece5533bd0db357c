"""The nearest vectors in lists on a disk for many queries, by one reading of the lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.places import pack
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.job.one_reading import found_steps
from feder_widget.truth.neighbours import list_rows
from feder_widget.truth.neighbours.exhaustive_search import Stored, stored_at
from feder_widget.truth.neighbours.list_vectors import ListVectors
from feder_widget.workers import Workers

SPARE = 8
"""Vectors beyond k that are found of each query: its own row is left out, in several copies too."""

Float32Array = npt.NDArray[np.float32]


def reads_once(file: InvertedFile) -> bool:
    """Return whether lists are on a disk, and hold vectors that are compared with many queries at once."""
    return file.is_on_disk and list_rows.why_not_shared(file) is None


@dataclass(frozen=True, slots=True, eq=False)
class ReadNeighbours:
    """What one reading found for some queries.

    Attributes
    ----------
    each : list of Stored
        For each query its ``wanted`` nearest, and all as near as the last of them, in the order of their
        places; with the ids in the lists. Fewer where fewer are at a finite distance.
    wanted : int
        Vectors of each.
    """

    each: list[Stored]
    wanted: int

    def part(self, some: slice) -> ReadNeighbours:
        """Return those of some of the queries."""
        return ReadNeighbours(self.each[some], self.wanted)

    def holds(self, i: int, k: int, own: int | None, total: int) -> bool:
        """Return whether the k nearest of a query are certainly among these, of ``total`` vectors.

        ``own`` is the id in the lists of a row that is left out.
        """
        ids = self.each[i].ids
        if (ids == -1).any():
            # A search that comes to a row without an id returns nothing in its place.
            return False
        left = len(ids) if own is None else int(np.count_nonzero(ids != own))
        return left >= k or len(ids) == total


def read_steps(
    file: InvertedFile,
    points: Float32Array,
    k: int,
    workers: Workers | None = None,
    progress: Callable[[float], None] = lambda _: None,
    work: int = WHOLE,
) -> Steps[ReadNeighbours]:
    """Find the nearest vectors of many queries; several readings only where queries exceed the memory limit.

    Parameters
    ----------
    file : InvertedFile
        An index that ``reads_once``.
    points : float32 (n, inner dim)
        The queries behind the transforms of the index. Contiguous.
    k : int
        Neighbours wanted, at least 1.
    workers : Workers, optional
        Compare the vectors.
    progress : function
        Called with the share of the work done since the last call.
    work : int
        Multiplications per piece.
    """
    rows = ListVectors(file, by_position=True)
    wanted = min(k + 1 + SPARE, max(1, len(rows)))
    found = yield from found_steps(rows, points, wanted, file.memory_limit, workers, progress, work)
    each: list[Stored] = []
    for positions, distances in found:
        places = pack(*rows.blocks.places(positions))
        each.append(stored_at(file.stack.ivf, places, distances))
        yield
    return ReadNeighbours(each, wanted)
