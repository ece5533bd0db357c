"""The stored vectors of an index block by block, as matrix products want them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.shards.joined_lists import have

KEPT_BYTES = 64 << 20
"""All vectors are kept from one pass to the next where they take no more than this."""


class ListBlocks:
    """All vectors of an index in order of cluster and offset, of which any run can be read.

    Parameters
    ----------
    index : faiss.IndexIVFFlat
        Not changed.
    centred : bool
        Subtract the mean of the centroids from each vector. L2 distances stay the same, and products of
        smaller numbers lose less of the differences.
    root : object, optional
        Whatever keeps the index alive.

    Attributes
    ----------
    index
        As given.
    sizes : int64 (nlist,)
        Lengths of the lists.
    total : int
        Number of vectors.
    origin : float32 (dim,)
        The mean that is subtracted; zeros where none is.
    largest : float
        The largest squared norm among the vectors that were read.
    """

    def __init__(self, index: Any, *, centred: bool, root: Any = None) -> None:
        self.index = index
        self._root = root
        self.sizes = inverted_lists.sizes(index.invlists)
        self.total = int(self.sizes.sum())
        self.origin = _mean_centroid(index) if centred else np.zeros(index.d, np.float32)
        self.largest = 0.0
        self._ends = np.cumsum(self.sizes)
        is_small = 4 * self.total * index.d <= KEPT_BYTES
        self._kept = np.empty((self.total, index.d), np.float32) if is_small else None
        self._filled = 0

    def read(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return the vectors at positions ``start`` to ``stop - 1``, float32 (n, dim), less the origin.

        Raises
        ------
        IndexChangedError
            If a list is no longer as long as it was.
        """
        if self._kept is None:
            block = np.empty((stop - start, self.index.d), np.float32)
            self._copy(start, block)
            return block
        if stop > self._filled:
            self._copy(self._filled, self._kept[self._filled : stop])
            self._filled = stop
        return self._kept[start:stop]

    def copied(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return a copy of the vectors at positions ``start`` to ``stop - 1``, float32 (n, dim), as stored.

        Nothing is kept, so any number of threads may call.

        Raises
        ------
        IndexChangedError
            If a list is no longer as long as it was.
        """
        block = np.empty((stop - start, self.index.d), np.float32)
        for stored, rows in self._lists(start, stop):
            block[rows] = stored
        return block

    def ids(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Return the ids at positions ``start`` to ``stop - 1``, int64 (n,), as they stand in the lists."""
        found = np.empty(stop - start, np.int64)
        for cluster, held, rows in self._places(start, stop):
            with inverted_lists.borrowed_ids(self.index.invlists, cluster, held) as stored:
                self._check(cluster)
                found[rows] = stored
        return found

    def _copy(self, start: int, out: npt.NDArray[np.float32]) -> None:
        """Copy the vectors from one position on, less the origin."""
        for stored, rows in self._lists(start, start + len(out)):
            np.subtract(stored, self.origin, out=out[rows])
        self.largest = max(self.largest, largest_norm(out))

    def _lists(self, start: int, stop: int) -> Iterator[tuple[npt.NDArray[np.float32], slice]]:
        """Lend the stored vectors at some positions list by list, with their places from ``start`` on."""
        for cluster, held, rows in self._places(start, stop):
            with inverted_lists.borrowed_vectors(self.index.invlists, cluster, self.index.d, held) as stored:
                self._check(cluster)
                yield stored, rows

    def _places(self, start: int, stop: int) -> Iterator[tuple[int, slice, slice]]:
        """Yield each cluster of some positions, the offsets there, and their places from ``start`` on."""
        if stop <= start:
            return
        first, last = np.searchsorted(self._ends, [start, stop - 1], side="right").tolist()
        have(self.index.invlists, range(first, last + 1))
        for cluster in range(first, last + 1):
            size = int(self.sizes[cluster])
            begins = int(self._ends[cluster]) - size
            begin, end = max(start, begins), min(stop, begins + size)
            if begin < end:
                yield cluster, slice(begin - begins, end - begins), slice(begin - start, end - start)

    def _check(self, cluster: int) -> None:
        size = int(self.index.invlists.list_size(cluster))
        if size != self.sizes[cluster]:
            raise self.changed(cluster, size)

    def changed(self, cluster: int, size: int) -> IndexChangedError:
        """Return the error that says that a list has another length now."""
        return IndexChangedError(
            f"the index was changed meanwhile: cluster {cluster} held {self.sizes[cluster]} vectors and "
            f"holds {size} now"
        )

    def places(self, positions: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the clusters of some positions and the offsets there, int64 of the same shape both."""
        clusters = np.searchsorted(self._ends, positions, side="right")
        return clusters, positions - (self._ends - self.sizes)[clusters]


def largest_norm(vectors: npt.NDArray[np.float32]) -> float:
    """Return the largest squared norm of some vectors; 0 of none."""
    return float(np.einsum("ij,ij->i", vectors, vectors).max(initial=0))


def _mean_centroid(index: Any) -> npt.NDArray[np.float32]:
    quantizer: Any = faiss.downcast_index(index.quantizer)
    centroids = faiss.rev_swig_ptr(quantizer.get_xb(), index.nlist * index.d).reshape(index.nlist, index.d)
    return np.asarray(centroids.mean(axis=0, dtype=np.float64), np.float32)
