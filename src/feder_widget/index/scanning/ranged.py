"""By a range search without a limit: the scanner of a search, without its heap.

It is the only call that gives every distance as the search computes it, at the search's own speed. The query
is repeated once per cluster: so Faiss slices the result by cluster and shares the clusters among threads.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.index.scanning import everything
from feder_widget.search import Scan

BUFFER_ENTRIES = 16_384
"""Candidates per buffer in which Faiss gathers them: 192 kB instead of its own 3 MB, most of it unused."""

PARALLEL_MODES = (0, 1, 2)
"""What an index's ``parallel_mode`` may be in a range search."""


def scan(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    clusters: npt.NDArray[np.int64],
    to_centroids: npt.NDArray[np.float32],
) -> Scan:
    """Return every vector of ``clusters`` with its distance to ``vector``, in list order.

    What a search passes over is left out: distances that overflow float32 or are not a number, and codes that
    the index's own filter (``polysemous_ht``) rejects.
    """
    n = len(clusters)
    if n == 0:
        return Scan(clusters, np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    if ivf.parallel_mode not in PARALLEL_MODES:
        return everything.scan(ivf, vector, clusters, to_centroids)
    lims, labels, distances = _range_search(ivf, vector, clusters, to_centroids, store_pairs=False)
    return Scan(clusters, lims, labels, distances)


def offsets(
    ivf: Any, vector: npt.NDArray[np.float32], cluster: int, to_centroid: float
) -> npt.NDArray[np.int64]:
    """Return the offsets in one list of the candidates that ``scan`` returns for it, int64 (n,)."""
    labels = _range_search(
        ivf, vector, np.array([cluster]), np.array([to_centroid], np.float32), store_pairs=True
    )[1]
    return labels & everything.OFFSET_MASK


def _range_search(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    clusters: npt.NDArray[np.int64],
    to_centroids: npt.NDArray[np.float32],
    *,
    store_pairs: bool,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    n = len(clusters)
    queries = np.repeat(vector[None], n, axis=0)
    result = faiss.RangeSearchResult(n)
    result.buffer_size = BUFFER_ENTRIES
    ivf.range_search_preassigned_c(
        n,
        faiss.swig_ptr(queries),
        -np.inf if faiss.is_similarity_metric(ivf.metric_type) else np.inf,
        faiss.swig_ptr(clusters),
        faiss.swig_ptr(to_centroids),
        result,
        store_pairs,
        ONE_LIST,
    )
    lims = faiss.rev_swig_ptr(result.lims, n + 1).astype(np.int64)
    found = int(lims[-1])
    if found == 0:
        return lims, np.empty(0, np.int64), np.empty(0, np.float32)
    labels = faiss.rev_swig_ptr(result.labels, found).copy()
    return lims, labels, faiss.rev_swig_ptr(result.distances, found).copy()


def _one_list() -> Any:
    parameters = faiss.SearchParametersIVF()
    parameters.nprobe = 1
    return parameters


ONE_LIST = _one_list()
