"""The nearest candidates of many queries, by matrix products at first and then as a search compares them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.truth.gathered import Gathered, Run

SPARE = 8
"""Candidates beyond the k nearest that are compared again by the kernels of a search."""

EPSILON = 2.0**-24

_KERNELS = (faiss.fvec_L2sqr_by_idx, faiss.fvec_inner_products_by_idx)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The nearest candidates of each query, in no order.

    Attributes
    ----------
    ids, distances, clusters : (n, width)
        Row ids int64, distances float32 as a search reports them, clusters int64.
    is_certain : bool (n,)
        Whether no other vector can be as near as the k-th, and a search returns every one of these. Nothing
        else that is said of the query counts where this is False.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    clusters: npt.NDArray[np.int64]
    is_certain: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """The best so far, by key and place, (n, width) each, and with how many vectors queries were compared."""

    keys: npt.NDArray[np.float32]
    places: npt.NDArray[np.int64]
    compared: int


class Pool:
    """Finds the candidates of each query.

    Parameters
    ----------
    gathered : Gathered
        What is searched.
    vectors : float32 (n, dim)
        Queries: contiguous.
    own : int64 (n,) or None
        A row id for each query that does not count.
    k : int
        Neighbours wanted.
    similarity : bool
        True when a larger distance is nearer.
    """

    def __init__(
        self,
        gathered: Gathered,
        vectors: npt.NDArray[np.float32],
        own: npt.NDArray[np.int64] | None,
        k: int,
        similarity: bool,
    ) -> None:
        self._gathered = gathered
        self._vectors = vectors
        self._centred = np.ascontiguousarray(vectors - gathered.origin)
        self._k = k
        self._similarity = similarity
        self._own = own
        self._width = min(k + SPARE, gathered.total)
        self._runs = gathered.runs()
        self._run: Run | None = None
        none = np.empty((len(vectors), 0))
        self._held = _Held(none.astype(np.float32), none.astype(np.int64), 0)

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self._vectors)

    @property
    def share(self) -> float:
        """Share of the vectors that the queries were compared with."""
        return self._held.compared / max(1, self._gathered.total)

    def fill(self) -> Iterator[float]:
        """Go through all lists; yields the share of the vectors compared since the last time."""
        for run in self._runs:
            self._run = run
            self._compare(*run)
            yield len(run[1]) / self._gathered.total

    def finish(self, few: int) -> bool:
        """Go on with the first queries alone, after something was raised on the way through the lists.

        Returns
        -------
        bool
            Whether nothing was lost.
        """
        held = self._held
        self._vectors, self._centred = self._vectors[:few], self._centred[:few]
        self._own = None if self._own is None else self._own[:few]
        self._held = _Held(held.keys[:few], held.places[:few], held.compared)
        for start, part in itertools.chain(() if self._run is None else (self._run,), self._runs):
            if start == self._held.compared:
                self._compare(start, part)
        return self._held.compared == self._gathered.total

    def _compare(self, first_place: int, part: npt.NDArray[np.float32]) -> None:
        metric = faiss.METRIC_INNER_PRODUCT if self._similarity else faiss.METRIC_L2
        width = min(self._width, len(part))
        distances, rows = faiss.knn(self._centred, part, width, metric=metric)
        found = rows >= 0
        held = self._held
        keys = np.concatenate(
            [held.keys, np.where(found, -distances if self._similarity else distances, np.float32(np.inf))],
            axis=1,
        )
        places = np.concatenate([held.places, np.where(found, rows + first_place, -1)], axis=1)
        if keys.shape[1] > self._width:
            best = np.argpartition(keys, self._width - 1, axis=1)[:, : self._width]
            keys, places = np.take_along_axis(keys, best, 1), np.take_along_axis(places, best, 1)
        # At once: what interrupts this leaves it done or not begun.
        self._held = _Held(keys, places, first_place + len(part))

    def compared(self) -> Candidates:
        """Compare the candidates as a search does."""
        are_known = (self._held.places >= 0).all(axis=1)
        places = np.maximum(self._held.places, 0)
        sizes, invlists = self._gathered.sizes, self._gathered.index.invlists
        ends = np.cumsum(sizes)
        clusters = np.searchsorted(ends, places, side="right")
        offsets = places - (ends - sizes)[clusters]
        n, width = places.shape
        dim = self._vectors.shape[1]
        stored = np.empty((n * width, dim), np.float32)
        ids = np.empty(n * width, np.int64)
        order = np.argsort(places, axis=None, kind="stable")
        homes = clusters.ravel()[order]
        starts = np.flatnonzero(np.diff(homes, prepend=-1))
        for some in np.split(order, starts[1:]) if len(order) else ():
            cluster, at = int(clusters.flat[some[0]]), offsets.ravel()[some]
            with inverted_lists.borrowed_ids(invlists, cluster) as names:
                ids[some] = names[at]
            with inverted_lists.borrowed_vectors(invlists, cluster, dim) as vectors:
                stored[some] = vectors[at]
        distances = np.empty((n, width), np.float32)
        rows = np.arange(n * width).reshape(n, width)
        compare = _KERNELS[self._similarity]
        compare(*(faiss.swig_ptr(array) for array in (distances, self._vectors, stored, rows)), dim, n, width)
        names_of = ids.reshape(n, width)
        # A search that comes to a row without an id returns nothing in its place.
        are_known &= np.isfinite(distances).all(axis=1) & (names_of != -1).all(axis=1)
        return Candidates(names_of, distances, clusters, are_known & self._certain(names_of, distances))

    def _certain(
        self, ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.bool_]:
        left_out = np.zeros(ids.shape, bool) if self._own is None else ids == self._own[:, None]
        if self._width == self._gathered.total:
            return np.asarray(np.count_nonzero(~left_out, axis=1) >= self._k)
        keys = (-distances if self._similarity else distances).astype(np.float64)
        keys[left_out] = np.inf
        kth = np.partition(keys, self._k - 1, axis=1)[:, self._k - 1]
        centred = self._centred.astype(np.float64)
        norms = np.einsum("ij,ij->i", centred, centred)
        # The bound of a sum of dim products, each term rounded, on both sides of the comparison.
        slack = 2 * (self._vectors.shape[1] + 8) * EPSILON * 2 * (norms + self._gathered.largest)
        # Where numbers overflowed, the comparison is one with NaN: not certain.
        with np.errstate(invalid="ignore"):
            return np.asarray(kth + slack < self._held.keys.max(axis=1))
