"""Comparing one query with every vector of some inverted lists, by Faiss's own scanner."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.search import Scan

BUFFER_ENTRIES = 16_384
"""Candidates per buffer in which Faiss gathers them: 192 kB instead of its own 3 MB, most of it unused."""


def scan_lists(
    index: Any, vector: npt.NDArray[np.float32], clusters: npt.NDArray[np.int64], similarity: bool
) -> Scan:
    """Return every vector of ``clusters`` with its distance to ``vector``.

    A range search without a limit is the only call that runs the scanner of a search without its heap. The
    query is repeated once per cluster: so Faiss slices the result by cluster and shares them among threads.

    Parameters
    ----------
    index : faiss.IndexIVFFlat
        Not changed. Its ``nprobe`` is not used.
    vector : float32 (dim,)
        The query: contiguous, of the index's dimension. Faiss does not check.
    clusters : int64 (n,)
        Contiguous, each in 0..nlist-1. Faiss does not check.
    similarity : bool
        True when a larger distance is nearer.

    Returns
    -------
    Scan
        In list order. Vectors whose distance overflows float32 are not in it.
    """
    n = len(clusters)
    if n == 0:
        return Scan(clusters, np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    queries = np.repeat(vector[None], n, axis=0)
    # The distance to a vector stored whole does not depend on the distance to its centroid.
    to_centroids = np.zeros(n, np.float32)
    result = faiss.RangeSearchResult(n)
    result.buffer_size = BUFFER_ENTRIES
    in_default_mode(index).range_search_preassigned_c(
        n,
        faiss.swig_ptr(queries),
        -np.inf if similarity else np.inf,
        faiss.swig_ptr(clusters),
        faiss.swig_ptr(to_centroids),
        result,
        False,
        ONE_LIST,
    )
    lims = faiss.rev_swig_ptr(result.lims, n + 1).astype(np.int64)
    found = int(lims[-1])
    if found == 0:
        return Scan(clusters, lims, np.empty(0, np.int64), np.empty(0, np.float32))
    ids = faiss.rev_swig_ptr(result.labels, found).copy()
    distances = faiss.rev_swig_ptr(result.distances, found).copy()
    return Scan(clusters, lims, ids, distances)


def _one_list() -> Any:
    parameters = faiss.SearchParametersIVF()
    parameters.nprobe = 1
    return parameters


ONE_LIST = _one_list()


def in_default_mode(index: Any) -> Any:
    """Return the index, or one over its lists where its ``parallel_mode`` is not the default."""
    if index.parallel_mode == 0:
        return index
    twin = faiss.IndexIVFFlat(index.quantizer, index.d, index.nlist, index.metric_type)
    twin.own_fields = False
    twin.replace_invlists(index.invlists, False)
    return twin
