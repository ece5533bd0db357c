"""Measuring how far the clusters of an index extend, once for all who want bounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.model.list_runs import runs
from feder_widget.model.work_pieces import DECODE_WORK, PIECE_WORK
from feder_widget.truth.cluster_bounds import Extents, rounding_of
from feder_widget.truth.job.one_reading import PRODUCT_SPEED
from feder_widget.truth.workloads.rankings import blas_work

PLANES_WORK = 3e11
"""Multiplications up to which every vector is compared with every centroid: some ten seconds by products."""

PRODUCTS_WORK = 100 * PIECE_WORK
"""Multiplications of the smallest matrix product that Faiss makes, up to which it is one piece."""

UNDERFLOW = 1e-18
"""A distance that float32 may take for zero."""


class Survey:
    """Measures the clusters piece by piece, and keeps the extents until the sizes of the lists change.

    All who ask share one pass; any number of threads may ask.

    Parameters
    ----------
    file : InvertedFile
        The index.
    """

    def __init__(self, file: InvertedFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._sizes = b""
        self._pieces: Iterator[Extents | None] = iter(())
        self._extents: Extents | None = None
        self._is_final = False

    def known(self) -> Extents | None:
        """Return the extents of the lists as they are now, if they were measured; measures nothing."""
        with self._lock:
            return self._extents if self._sizes == self._file.sizes().tobytes() else None

    def forget(self) -> None:
        """Forget the extents, also those of a pass that is under way."""
        with self._lock:
            self._begin(b"")

    def steps(self) -> Iterator[Extents | None]:
        """Measure, unless that was done; yields the extents when more is known, and None between pieces.

        Radii are known after each vector was read once. Where planes count, under L2 with every vector in the
        list of its nearest centroid, each is read twice. Nothing is yielded where geometry says nothing of
        distances.
        """
        yielded: Extents | None = None
        while True:
            with self._lock:
                goes_on = self._step()
                known = self._extents
            if known is not yielded:
                yielded = known
                yield known
            elif goes_on:
                yield None
            if not goes_on:
                return

    def _begin(self, sizes: bytes) -> None:
        self._sizes, self._extents, self._is_final = sizes, None, False
        self._pieces = measured(self._file)

    def _step(self) -> bool:
        """Measure one more piece; return whether there are others."""
        sizes = self._file.sizes().tobytes()
        if sizes != self._sizes:
            self._begin(sizes)
        if self._is_final:
            return False
        try:
            found = next(self._pieces)
        except StopIteration:
            self._is_final = True
            return False
        except BaseException:
            self._begin(b"")
            raise
        self._extents = self._extents if found is None else found
        return True


def is_measurable(file: InvertedFile) -> bool:
    """Return whether distances are those between points that can be read, so that geometry bounds them."""
    if file.stack.refine is not None or file.family.decode is None:
        return False
    return file.is_faithful and bool(file.stack.ivf.metric_type <= faiss.METRIC_L2)


def measured(file: InvertedFile) -> Iterator[Extents | None]:
    """Measure all clusters: yields their radii as soon as they are known, then all, and None in between."""
    if not is_measurable(file):
        return
    centroids = file.centroids.vectors()
    nlist, dim = centroids.shape
    sizes = file.sizes()
    radii = np.full(nlist, -1.0)
    decoding = DECODE_WORK * dim * file.family.work
    for clusters, some in _pieces(sizes, decoding, max(1, PIECE_WORK // decoding)):
        for cluster in clusters:
            vectors = file.decode(cluster, some)
            radii[cluster] = max(radii[cluster], _radius(vectors, centroids[cluster]))
        yield None
    proper = np.zeros(nlist, bool)
    extents = Extents(centroids.astype(np.float64), radii, proper, summed=not file.family.exact)
    yield extents
    has_planes = file.centroids.is_flat and not file.similarity and file.centroids.metric == faiss.METRIC_L2
    most, speed = _compared_at_once(nlist, dim)
    if not has_planes or float(sizes.sum()) * nlist * dim > PLANES_WORK * speed / PRODUCT_SPEED:
        return
    proper = np.ones(nlist, bool)
    for clusters, some in _pieces(sizes, max(1, PIECE_WORK // most), most):
        held = [file.decode(cluster, some) for cluster in clusters]
        homes = np.repeat(np.array(clusters), [len(vectors) for vectors in held])
        if len(homes):
            _, nearest = file.centroids.quantizer.search(np.concatenate(held), 1)
            proper[homes[nearest[:, 0] != homes]] = False
        yield None
    yield replace(extents, proper=proper)


def _pieces(
    sizes: npt.NDArray[np.int64], each: int, most: int
) -> Iterator[tuple[range, npt.NDArray[np.int64] | None]]:
    """Cut the lists into pieces: some clusters whole, or one cluster and the offsets of some of its vectors.

    ``each`` is the work that a vector takes, ``most`` the vectors of a piece.
    """
    for first, last in runs(sizes * each + LIST_WORK, each * most):
        if last > first + 1 or sizes[first] <= most:
            yield range(first, last), None
        else:
            for begin in range(0, int(sizes[first]), most):
                yield range(first, last), np.arange(begin, min(begin + most, int(sizes[first])))


def _compared_at_once(nlist: int, dim: int) -> tuple[int, int]:
    """Return how many vectors to compare with all centroids in one piece, and how fast that is."""
    by_products = -(-blas_work() // dim)
    if by_products * nlist * dim <= PRODUCTS_WORK:
        return max(by_products, PIECE_WORK * PRODUCT_SPEED // (nlist * dim)), PRODUCT_SPEED
    return max(1, PIECE_WORK // (nlist * dim)), 1


def _radius(vectors: npt.NDArray[np.float32], centroid: npt.NDArray[np.float32]) -> float:
    """Return at least the L2 distance of the farthest vector from a centroid; -1 where there is none."""
    n, dim = vectors.shape
    if not n:
        return -1.0
    squared = np.empty(n, np.float32)
    faiss.fvec_L2sqr_ny(*(faiss.swig_ptr(array) for array in (squared, centroid, vectors)), dim, n)
    if np.isnan(squared).any():
        # A vector that holds a NaN is at no distance from anything, and is never returned.
        squared = np.nan_to_num(squared[~np.isnan(vectors).any(axis=1)], nan=np.inf)
        if not len(squared):
            return -1.0
    return float(np.sqrt(float(squared.max()))) * (1 + rounding_of(dim)) + UNDERFLOW
