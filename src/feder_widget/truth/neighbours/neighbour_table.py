"""The true neighbours of many queries, as they were computed once and kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import TruthFileError
from feder_widget.model.kept_arrays import read_arrays, write_arrays
from feder_widget.model.keys import keys_of
from feder_widget.model.top_k import top_k_places
from feder_widget.truth.neighbours.truth_fingerprint import Compared, query_hashes

FORMAT = 1
"""Of the file."""

FILE = "truth.npz"
"""Name of the file in a folder."""

WHAT = "ground truth of feder_widget.ground_truth"

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NeighbourTable:
    """The k nearest rows of many queries, exactly. ``ground_truth`` makes one.

    Attributes
    ----------
    ids : int64 (n, k)
        Row ids, nearest first; -1 where there are fewer rows. A query that is a row is its own neighbour.
    distances : float32 (n, k)
        Their distances, as ``explain`` gives them; the largest float32 where there is no row.
    tied_ids : int64 (m,)
        All other rows that are as near as the last of a query's, query by query.
    tied_ends : int64 (n,)
        Where those of each query end.
    hashes : uint64 (n, 2)
        Of the queries.
    compared : Compared
        The rows they were compared with, and how.
    similarity : bool
        True when a larger distance is nearer.
    """

    ids: Ids
    distances: Float32Array
    tied_ids: Ids
    tied_ends: Ids
    hashes: npt.NDArray[np.uint64]
    compared: Compared
    similarity: bool

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.ids)

    def __repr__(self) -> str:
        rows = f"{self.compared.ids.count:,} rows"
        return f"<NeighbourTable of {len(self):,} queries, k={self.k}, {self.metric}, {rows}>"

    @property
    def k(self) -> int:
        """Neighbours of each query; of queries that are rows, the row itself is one of them."""
        return int(self.ids.shape[1])

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return self.compared.metric

    @classmethod
    def of(
        cls,
        found: list[tuple[Ids, Float32Array]],
        k: int,
        hashes: npt.NDArray[np.uint64],
        compared: Compared,
        similarity: bool,
    ) -> NeighbourTable:
        """Return the table of rows, ascending, and distances of each query: its nearest, ties included."""
        ids = np.full((len(found), k), -1, np.int64)
        largest = np.finfo(np.float32).max
        kept = np.full((len(found), k), -largest if similarity else largest, np.float32)
        tied = []
        for i, (rows, distances) in enumerate(found):
            best = top_k_places(rows, distances, k, similarity)
            ids[i, : len(best)], kept[i, : len(best)] = rows[best], distances[best]
            spare = np.zeros(len(rows), np.bool_)
            if len(best) == k:
                spare = distances == distances[best[-1]]
                spare[best] = False
            tied.append(rows[spare])
        ends = np.cumsum([len(rows) for rows in tied], dtype=np.int64)
        others = np.concatenate([*tied, np.empty(0, np.int64)])
        return cls(ids, kept, others, ends, hashes, compared, similarity)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, or as ``truth.npz`` into a folder; an older file stays whole until then.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        target = _file_at(path)
        facts = {"format": FORMAT, "similarity": self.similarity, "compared": self.compared.as_facts()}
        names = ("ids", "distances", "tied_ids", "tied_ends", "hashes")
        write_arrays(target, facts, {name: getattr(self, name) for name in names})
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> NeighbourTable:
        """Read what ``save`` or ``ground_truth(folder=...)`` wrote: the file, or its folder.

        Raises
        ------
        FileNotFoundError
            If it is not there.
        TruthFileError
            (an ``OSError``) If it is damaged or something else.
        """
        target = _file_at(path)
        facts, arrays = read_arrays(target, WHAT)
        if facts.get("format") != FORMAT:
            raise TruthFileError(f"{target} must hold {WHAT}, format {FORMAT}, got {facts.get('format')!r}")
        try:
            similarity, compared = bool(facts["similarity"]), Compared.from_facts(facts["compared"])
            table = cls(**arrays, compared=compared, similarity=similarity)
        except (KeyError, TypeError, ValueError) as error:
            raise TruthFileError(f"{target} must hold {WHAT}, and lacks a part of it: {error}") from error
        table._check(target)
        return table

    def places(self, queries: Float32Array) -> Ids:
        """Return the place of each query, float32 (n, dim), in the table, int64 (n,); -1 for none."""
        hashes = query_hashes(queries)
        order, first, second = self._order
        at = np.searchsorted(first, hashes[:, 0])
        places = np.full(len(queries), -1, np.int64)
        # Two queries with one first hash and other second ones do not occur.
        at = np.minimum(at, len(first) - 1)
        known = (first[at] == hashes[:, 0]) & (second[at] == hashes[:, 1])
        places[known] = order[at[known]]
        return places

    def nearest(self, place: int, wanted: int) -> tuple[Ids, Float32Array]:
        """Return the ``wanted`` nearest rows of a query, ascending, and all as near as the last; distances.

        Fewer where there are fewer rows. ``wanted`` is at most k, unless there are no more rows than k.
        """
        real = self.ids[place] >= 0
        rows, distances = self.ids[place][real], self.distances[place][real]
        if len(rows) == self.k:
            begin = int(self.tied_ends[place - 1]) if place else 0
            tied = self.tied_ids[begin : int(self.tied_ends[place])]
            rows = np.concatenate([rows, tied])
            distances = np.concatenate([distances, np.repeat(distances[-1:], len(tied))])
        keys = keys_of(distances, self.similarity)
        if wanted < len(keys):
            # They are in order of distance.
            kept = keys <= keys[wanted - 1]
            rows, distances = rows[kept], distances[kept]
        order = np.argsort(rows)
        return rows[order], distances[order]

    @cached_property
    def _order(self) -> tuple[Ids, npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        order = np.lexsort((self.hashes[:, 1], self.hashes[:, 0]))
        return order, self.hashes[order, 0], self.hashes[order, 1]

    def _check(self, path: Path) -> None:
        n, ends = len(self.ids), self.tied_ends
        kinds: dict[str, tuple[Any, tuple[int, ...]]] = {
            "ids": (np.int64, (n, -1)),
            "distances": (np.float32, self.ids.shape),
            "tied_ids": (np.int64, (int(ends[-1]) if ends.ndim == 1 and len(ends) else 0,)),
            "tied_ends": (np.int64, (n,)),
            "hashes": (np.uint64, (n, 2)),
        }
        for name, (dtype, shape) in kinds.items():
            array = getattr(self, name)
            fits = array.ndim == len(shape) and all(
                want in (-1, have) for want, have in zip(shape, array.shape, strict=True)
            )
            if array.dtype != dtype or not fits:
                raise TruthFileError(
                    f"{path} must hold {WHAT}: {name} must be {np.dtype(dtype)} {shape}, got {array.dtype} "
                    f"{array.shape}"
                )
        if n == 0 or (np.diff(ends, prepend=0) < 0).any():
            raise TruthFileError(f"{path} must hold {WHAT}, and its ties are in no order")


def _file_at(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    return target / FILE if target.is_dir() else target
