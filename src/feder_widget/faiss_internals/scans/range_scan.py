"""By a range search without a limit: the scanner of a search, without its heap.

It is the only call that gives every distance as the search computes it, at the search's own speed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import accumulate
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.scans import search_scan
from feder_widget.faiss_internals.shards.joined_lists import have
from feder_widget.model.keys import infinitely_far
from feder_widget.model.places import unpack
from feder_widget.model.search_trace import Scan

BUFFER_ENTRIES = 16_384
"""Candidates per buffer in which Faiss gathers them: 192 kB instead of its own 3 MB, most of it unused."""

PARALLEL_MODES = (0, 1, 2)
"""Values of an index's ``parallel_mode`` that a range search accepts."""

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]


def scan(ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances) -> Scan:
    """Return every vector of ``clusters`` with its distance to ``vector``, in list order.

    Left out, as in a search, are distances that overflow float32 or are not a number, and codes that the
    index's own filter (``polysemous_ht``) rejects.

    The query is repeated once per cluster: so Faiss slices the result, and shares the clusters among threads.
    """
    if len(clusters) == 0:
        return Scan(clusters, np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    if ivf.parallel_mode not in PARALLEL_MODES:
        return search_scan.scan(ivf, vector, clusters, to_centroids)
    return Scan(clusters, *_range_search(ivf, vector, clusters, to_centroids, 1))


def scan_in_groups(ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances) -> Scan:
    """Return the same where a query costs a table: the query is repeated once per thread."""
    n = len(clusters)
    # In other modes the threads share the clusters of one query, in any order.
    if n == 0 or ivf.parallel_mode != 0:
        return scan(ivf, vector, clusters, to_centroids)
    width = -(-n // min(n, faiss.omp_get_max_threads()))
    _, ids, distances = _range_search(ivf, vector, clusters, to_centroids, width)
    lims = np.array([0, *accumulate(map(ivf.invlists.list_size, clusters.tolist()))])
    if len(ids) != lims[-1]:
        # A vector is left out, and only a query per cluster shows of which list.
        return scan(ivf, vector, clusters, to_centroids)
    return Scan(clusters, lims, ids, distances)


def scan_slice(
    ivf: Any, vector: npt.NDArray[np.float32], cluster: int, to_centroid: float, begin: int, end: int
) -> tuple[Ids, Distances]:
    """Compare a query with the vectors at offsets ``begin`` to ``end - 1`` of one list.

    The slices of a list joined equal ``scan`` of it, bit for bit, where they begin at multiples
    of four: product codes are compared in groups of four.

    Returns
    -------
    ids : int64 (n,)
    distances : float32 (n,)
    """
    return _search_slice(
        ivf, vector, cluster, to_centroid, slice(begin, end), _everything(ivf), store_pairs=False
    )


def offsets(ivf: Any, vector: npt.NDArray[np.float32], cluster: int, to_centroid: float) -> Ids:
    """Return the offsets in one list of the candidates that ``scan`` returns for it, int64 (n,)."""
    found = _range_search(
        ivf, vector, np.array([cluster]), np.array([to_centroid], np.float32), 1, store_pairs=True
    )
    return unpack(found[1])[1]


def nearer(
    ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances, limit: float
) -> tuple[Ids, Distances]:
    """Return the places of all vectors of ``clusters`` that are strictly nearer than a distance, and theirs.

    In the order of the scan; see ``model.places``. For a ``parallel_mode`` of 0.
    """
    width = max(1, -(-len(clusters) // faiss.omp_get_max_threads()))
    _, places, distances = _range_search(
        ivf, vector, clusters, to_centroids, width, store_pairs=True, radius=limit
    )
    return places, distances


def nearer_in_slice(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    cluster: int,
    to_centroid: float,
    some: slice,
    limit: float,
) -> tuple[Ids, Distances]:
    """Return the same as ``nearer`` for a slice of one list, which begins at a multiple of four."""
    places, distances = _search_slice(ivf, vector, cluster, to_centroid, some, limit, store_pairs=True)
    return places + some.start, distances


def _search_slice(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    cluster: int,
    to_centroid: float,
    some: slice,
    radius: float,
    *,
    store_pairs: bool,
) -> tuple[Ids, Distances]:
    """Search a slice of a list; return labels (places within the slice for ``store_pairs``) and distances."""
    result = faiss.RangeSearchResult(1)
    result.buffer_size = BUFFER_ENTRIES
    partial = faiss.RangeSearchPartialResult(result)
    with (
        inverted_lists.borrowed_codes(ivf.invlists, cluster, ivf.code_size, some) as codes,
        inverted_lists.borrowed_ids(ivf.invlists, cluster, some) as ids,
        _scanner(ivf, store_pairs) as scanner,
    ):
        if not len(ids):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scanner.set_query(faiss.swig_ptr(vector))
        scanner.set_list(cluster, to_centroid)
        scanner.scan_codes_range(
            len(ids), faiss.swig_ptr(codes), faiss.swig_ptr(ids), radius, partial.new_result(0)
        )
    partial.set_lims()
    result.do_allocation()
    partial.copy_result()
    return _labels_and_distances(result, int(faiss.rev_swig_ptr(result.lims, 2)[1]))


def _range_search(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    clusters: Ids,
    to_centroids: Distances,
    width: int,
    *,
    store_pairs: bool = False,
    radius: float | None = None,
) -> tuple[Ids, Ids, Distances]:
    """Search ``width`` clusters with each of several queries; return limits, labels and distances."""
    have(ivf.invlists, clusters)
    n = -(-len(clusters) // width)
    missing = n * width - len(clusters)
    if missing:
        clusters = np.concatenate([clusters, np.full(missing, -1, np.int64)])
        to_centroids = np.concatenate([to_centroids, np.zeros(missing, np.float32)])
    queries = np.repeat(vector[None], n, axis=0)
    result = faiss.RangeSearchResult(n)
    result.buffer_size = BUFFER_ENTRIES
    ivf.range_search_preassigned_c(
        n,
        faiss.swig_ptr(queries),
        _everything(ivf) if radius is None else radius,
        faiss.swig_ptr(clusters),
        faiss.swig_ptr(to_centroids),
        result,
        store_pairs,
        probing(width),
    )
    lims = faiss.rev_swig_ptr(result.lims, n + 1).astype(np.int64)
    return lims, *_labels_and_distances(result, int(lims[-1]))


def _labels_and_distances(result: Any, count: int) -> tuple[Ids, Distances]:
    """Return copies of the labels and distances of a range search."""
    if count == 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    labels: Ids = faiss.rev_swig_ptr(result.labels, count).copy()
    distances: Distances = faiss.rev_swig_ptr(result.distances, count).copy()
    return labels, distances


def _everything(ivf: Any) -> float:
    """Return the radius that leaves no finite distance out."""
    return infinitely_far(bool(faiss.is_similarity_metric(ivf.metric_type)))


@contextmanager
def _scanner(ivf: Any, store_pairs: bool) -> Iterator[Any]:
    """Lend the scanner of a search; dead when the block is left."""
    scanner = ivf.get_InvertedListScanner(store_pairs, None, None)
    try:
        yield scanner
    finally:
        # Python does not own it, and making Python own it breaks faiss's module when it is freed.
        type(scanner).__swig_destroy__(scanner)


@cache
def probing(nprobe: int) -> Any:
    """Return the parameters of a search of so many clusters; not to be changed."""
    parameters = faiss.SearchParametersIVF()
    parameters.nprobe = nprobe
    return parameters
