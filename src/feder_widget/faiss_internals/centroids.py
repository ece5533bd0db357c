"""The centroids of an index, and a query's distance to each of them."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.admission.supported_quantizers import EXHAUSTIVE, FLAT, STEADY
from feder_widget.faiss_internals.codes import unpacked
from feder_widget.faiss_internals.layers import transforms
from feder_widget.faiss_internals.scans.hamming_scan import count_differing_bits
from feder_widget.faiss_internals.unwrap import chain_of, derived
from feder_widget.model.keys import infinitely_far


class Centroids:
    """The centroids of one IVF index.

    The class of the quantizer is looked up once, and a copy of decoded centroids is kept; ``refresh`` forgets
    both.

    Parameters
    ----------
    ivf : faiss.IndexIVF or faiss.IndexBinaryIVF
        Not changed.

    Attributes
    ----------
    nlist : int
        How many there are.
    kind : str
        Class of the coarse quantizer.
    metric : int
        Its metric, as Faiss numbers them; L2 where it is binary.
    similarity : bool
        True when the coarse quantizer takes a larger distance for nearer.
    """

    def __init__(self, ivf: Any) -> None:
        self._ivf = ivf
        self._is_binary = isinstance(ivf, faiss.IndexBinary)
        self.refresh()

    def refresh(self) -> None:
        """Forget the quantizer's class and the decoded centroids, after training or a change of quantizer."""
        quantizer = self.quantizer
        self.nlist = int(self._ivf.nlist)
        self.kind = type(quantizer).__name__
        self.metric = faiss.METRIC_L2 if self._is_binary else quantizer.metric_type
        self.similarity = bool(faiss.is_similarity_metric(self.metric))
        self._decoded: list[Any] = []

    @property
    def quantizer(self) -> Any:
        """The coarse quantizer, now."""
        return derived(self._ivf.quantizer)

    @property
    def is_exhaustive(self) -> bool:
        """True when a coarse search compares the query with every centroid."""
        return self.kind in EXHAUSTIVE

    @property
    def is_steady(self) -> bool:
        """True when a coarse search for more clusters begins with the results of one for fewer."""
        quantizer = self.quantizer
        while type(quantizer).__name__ == "IndexPreTransform":
            quantizer = derived(quantizer.index)
        if not getattr(getattr(quantizer, "hnsw", None), "search_bounded_queue", True):
            return False
        return type(quantizer).__name__ in STEADY

    @property
    def names_once(self) -> bool:
        """True when a coarse search names each cluster at most once; a multi-index may name one again."""
        return self.kind != "MultiIndexQuantizer"

    @property
    def are_measured(self) -> bool:
        """True when the quantizer reports distances to the centroids, to within rounding."""
        by_beam = self.kind == "ResidualCoarseQuantizer" and self.similarity
        return self.kind not in ("IndexPreTransform", "IndexPQFastScan") and not by_beam

    @property
    def is_flat(self) -> bool:
        """True when a coarse search uses the kernels that ``distances`` uses."""
        return self.kind in FLAT

    @property
    def may_be_negative(self) -> bool:
        """True when distances can be below zero."""
        return bool(self.metric != faiss.METRIC_L2)

    def search(
        self, vector: npt.NDArray[Any], nprobe: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the clusters that a search probes, int64 (n,), n <= nprobe, and their distances."""
        distances, clusters = self.quantizer.search(vector[None], nprobe)
        found = clusters[0] >= 0
        return clusters[0][found], distances[0][found]

    def vectors(self) -> npt.NDArray[np.float32]:
        """Return a copy of the centroids as the quantizer stores them, float32 (nlist, inner dim)."""
        held = self.quantizer.reconstruct_n(0, self.nlist)
        return unpacked(held) if self._is_binary else held

    def some(self, clusters: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return a copy of the centroids of these clusters, as ``vectors`` does, and read no others."""
        if not len(clusters):
            return np.empty((0, self.quantizer.d), np.float32)
        held = np.stack([self.vector(int(cluster)) for cluster in clusters])
        return unpacked(held) if self._is_binary else held

    def vector(self, cluster: int) -> npt.NDArray[Any]:
        """Return one centroid as a query behind the transforms, float32 (inner dim,) or uint8 (bytes,)."""
        found: npt.NDArray[Any] = self.quantizer.reconstruct_n(cluster, 1)[0]
        return found

    def distances(self, vector: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the distance to every centroid as the quantizer measures it, float32 (nlist,).

        Behind the quantizer's own transforms, and to its codes, where it has some. An overflow or NaN is
        infinitely far. int32 for a binary index.
        """
        if self._is_binary:
            distances: Any = np.empty(self.nlist, np.int32)
            count_differing_bits(vector, self.quantizer.reconstruct_n(0, self.nlist), distances)
            return np.asarray(distances)
        if self.is_flat and self.metric <= faiss.METRIC_L2:
            # The base class suffices and saves a downcast.
            return _by_range_search(self._ivf.quantizer, vector, self.nlist, self.similarity)
        return self._distances(self.quantizer, vector)

    def _distances(self, quantizer: Any, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        kind = type(quantizer).__name__
        if kind in EXHAUSTIVE:
            return _to_all(quantizer, vector)
        if hasattr(quantizer, "storage"):
            return self._distances(derived(quantizer.storage), vector)
        if kind == "IndexPreTransform":
            return self._distances(derived(quantizer.index), transforms.forward(chain_of(quantizer), vector))
        if kind in ("IndexRefine", "IndexRefineFlat"):
            return self._distances(derived(quantizer.refine_index), vector)
        if kind == "MultiIndexQuantizer":
            return _to_products(quantizer, vector)
        return _to_all(self._flat_copy(quantizer), vector)

    def _flat_copy(self, quantizer: Any) -> Any:
        # A refresh replaces the list: a copy decoded meanwhile is not kept.
        decoded = self._decoded
        if not decoded:
            copy = faiss.IndexFlat(quantizer.d, quantizer.metric_type)
            copy.add(quantizer.reconstruct_n(0, quantizer.ntotal))
            decoded.append(copy)
        return decoded[0]


def _to_all(quantizer: Any, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the distances that an exhaustive search for all centroids gives."""
    nlist = quantizer.ntotal
    similarity = bool(faiss.is_similarity_metric(quantizer.metric_type))
    if type(quantizer).__name__ in FLAT and quantizer.metric_type <= faiss.METRIC_L2:
        return _by_range_search(quantizer, vector, nlist, similarity)
    distances = np.full(nlist, infinitely_far(similarity), np.float32)
    found, clusters = quantizer.search(vector[None], nlist)
    valid = clusters[0] >= 0
    distances[clusters[0][valid]] = found[0][valid]
    return distances


def _by_range_search(
    quantizer: Any, vector: npt.NDArray[np.float32], nlist: int, similarity: bool
) -> npt.NDArray[np.float32]:
    """Return the distances to flat centroids.

    A range search without a limit runs the kernels of ``search``, which ``fvec_L2sqr_ny`` does not at 2 to 12
    dimensions.
    """
    worst = infinitely_far(similarity)
    result = faiss.RangeSearchResult(1)
    result.buffer_size = nlist
    quantizer.range_search_c(1, faiss.swig_ptr(vector), worst, result)
    found = int(faiss.rev_swig_ptr(result.lims, 2)[1])
    distances = np.full(nlist, worst, np.float32)
    if found:
        distances[faiss.rev_swig_ptr(result.labels, found)] = faiss.rev_swig_ptr(result.distances, found)
    return distances


def _to_products(quantizer: Any, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the distances to all combinations of the centroids of a multi-index, the first part fastest."""
    pq = quantizer.pq
    tables = np.empty((pq.M, pq.ksub), np.float32)
    pq.compute_distance_table(faiss.swig_ptr(vector), faiss.swig_ptr(tables))
    distances: npt.NDArray[np.float32] = tables[0]
    for table in tables[1:]:
        distances = (table[:, None] + distances[None, :]).reshape(-1)
    return distances
