"""All vectors of an index one run of lists after the other, as products of matrices want them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists

SCRATCH_BYTES = 16 << 20
"""Vectors gathered from the lists at once: as much as a cache holds, and BLAS needs."""

KEPT_BYTES = 64 << 20
"""Vectors kept from one round to the next, where they are no more than this."""

Run = tuple[int, npt.NDArray[np.float32]]
"""How many vectors come before these, and these, (n, dim)."""


class Gathered:
    """Goes through the lists as often as it is asked to.

    Parameters
    ----------
    index : faiss.IndexIVFFlat
        Not changed.
    centred : bool
        Take vectors less the mean of the centroids. Products of large numbers lose the small differences; L2
        distances are the same about any origin.

    Attributes
    ----------
    index
        As given.
    sizes : int64 (nlist,)
        Of the lists.
    origin : float32 (dim,)
        What vectors are taken less of.
    largest : float
        The largest square of a norm of those that were gathered.
    """

    def __init__(self, index: Any, *, centred: bool) -> None:
        self.index = index
        self.sizes = inverted_lists.sizes(index.invlists)
        self.origin = _middle(index) if centred else np.zeros(index.d, np.float32)
        self.largest = 0.0
        self._kept: list[Run] | None = None

    @property
    def total(self) -> int:
        """Number of vectors."""
        return int(self.sizes.sum())

    def runs(self) -> Iterator[Run]:
        """Yield all vectors by cluster and place in its list, each run until the next one."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Run] | None = [] if 4 * self.total * self.index.d <= KEPT_BYTES else None
        start = 0
        for part in self._read(reuse=kept is None):
            self.largest = max(self.largest, float(np.einsum("ij,ij->i", part, part).max(initial=0)))
            run = start, part
            if kept is not None:
                kept.append(run)
            yield run
            start += len(part)
        self._kept = kept

    def _read(self, *, reuse: bool) -> Iterator[npt.NDArray[np.float32]]:
        dim = self.index.d
        room = max(int(self.sizes.max(initial=1)), SCRATCH_BYTES // (4 * dim))
        shared = np.empty((min(room, self.total) if reuse else 0, dim), np.float32)
        for first, last in _runs(self.sizes, room):
            count = int(self.sizes[first:last].sum())
            scratch = shared[:count] if reuse else np.empty((count, dim), np.float32)
            start = 0
            for cluster in range(first, last):
                stop = start + int(self.sizes[cluster])
                with inverted_lists.borrowed_vectors(self.index.invlists, cluster, dim) as stored:
                    if len(stored) != stop - start:
                        raise ValueError(
                            f"the index was changed meanwhile: cluster {cluster} held {stop - start} vectors "
                            f"and holds {len(stored)} now"
                        )
                    np.subtract(stored, self.origin, out=scratch[start:stop])
                start = stop
            yield scratch


def _middle(index: Any) -> npt.NDArray[np.float32]:
    quantizer: Any = faiss.downcast_index(index.quantizer)
    centroids = faiss.rev_swig_ptr(quantizer.get_xb(), index.nlist * index.d).reshape(index.nlist, index.d)
    return np.asarray(centroids.mean(axis=0, dtype=np.float64), np.float32)


def _runs(sizes: npt.NDArray[np.int64], room: int) -> Iterator[tuple[int, int]]:
    """Cut the lists into runs that hold at most ``room`` vectors each."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + room, side="right")))
        if ends[last - 1] > before:
            yield first, last
        first = last
