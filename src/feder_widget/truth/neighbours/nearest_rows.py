"""The nearest rows of each query, kept while blocks of rows come in, in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import keys_of

SPARE = 64
"""Candidates beyond twice k that each query may have before the worst are dropped."""

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NearRows:
    """Pairs of a query and a row near it.

    Attributes
    ----------
    queries, rows : int64 (n,)
        The place of the query, and the row.
    keys : float32 (n,)
        The distance as a key; see ``model.keys``.
    """

    queries: Ids
    rows: Ids
    keys: Float32Array

    @classmethod
    def none(cls) -> NearRows:
        """Return no pairs."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


class NearestRows:
    """The k nearest of the rows seen, and all as near as the last of them, for each query.

    Which these are does not depend on the order in which the rows come.

    Parameters
    ----------
    count : int
        Number of queries.
    k : int
        Rows wanted of each.
    similarity : bool
        True when a larger distance is nearer.
    limits : float32 (count,), optional
        Keys beyond which no row is of interest. Not changed.
    """

    def __init__(self, count: int, k: int, similarity: bool, limits: Float32Array | None = None) -> None:
        self._k = k
        self._similarity = similarity
        self._limits = np.full(count, np.inf, np.float32) if limits is None else limits.copy()
        self._room = count * (2 * k + SPARE)
        self._held = 0
        self._parts = [NearRows.none()]

    def take(self, distances: Float32Array, first_row: int) -> None:
        """Look at the distances to some rows that follow on one another, float32 (queries, rows)."""
        keys = keys_of(distances, self._similarity)
        # Nothing that is infinitely far or no number passes.
        near = (keys <= self._limits[:, None]) & (keys < np.inf)
        if np.count_nonzero(near) > self._room and keys.shape[1] > self._k:
            kth = np.partition(np.where(near, keys, np.inf), self._k - 1, axis=1)[:, self._k - 1]
            near &= keys <= kth[:, None]
        query, row = np.nonzero(near)
        self._hold(NearRows(query, row + first_row, keys[query, row]))

    def join(self, part: NearRows) -> None:
        """Look at what another found in other rows."""
        near = part.keys <= self._limits[part.queries]
        self._hold(NearRows(part.queries[near], part.rows[near], part.keys[near]))

    def limits(self) -> Float32Array:
        """Return the largest key of each query that can still be among its nearest, float32 (count,)."""
        limits: Float32Array = self._limits.copy()
        return limits

    @property
    def held(self) -> int:
        """Number of pairs that are held, farther ones among them."""
        return self._held

    def near(self) -> NearRows:
        """Return what was found."""
        self._drop()
        return self._parts[0]

    def found(self) -> list[tuple[Ids, Float32Array]]:
        """Return rows, ascending, and distances of each query."""
        near = self.near()
        order = np.lexsort((near.rows, near.queries))
        ends = np.searchsorted(near.queries[order], np.arange(1, len(self._limits)))
        distances = keys_of(near.keys[order], self._similarity)
        return list(zip(np.split(near.rows[order], ends), np.split(distances, ends), strict=True))

    def _hold(self, part: NearRows) -> None:
        self._parts.append(part)
        self._held += len(part.queries)
        if self._held > self._room:
            self._drop()

    def _drop(self) -> None:
        """Keep the k nearest of each query and those as near as the last of them."""
        query = np.concatenate([part.queries for part in self._parts])
        rows = np.concatenate([part.rows for part in self._parts])
        keys = np.concatenate([part.keys for part in self._parts])
        order = np.lexsort((keys, query))
        query, rows, keys = query[order], rows[order], keys[order]
        starts = np.searchsorted(query, np.arange(len(self._limits)))
        counts = np.diff(np.append(starts, len(query)))
        full = np.flatnonzero(counts >= self._k)
        self._limits[full] = keys[starts[full] + self._k - 1]
        kept = keys <= self._limits[query]
        self._parts = [NearRows(query[kept], rows[kept], keys[kept])]
        self._held = int(np.count_nonzero(kept))
        # Where many tie, they must not be looked through again at every block.
        self._room = max(self._room, 2 * self._held)
