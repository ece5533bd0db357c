"""Fast-scan indexes, which look distances up in tables of bytes made for the query and its clusters.

A range search there takes only a radius that is within the 65,535 steps of the table's scale, and picks its
clusters itself: so it serves for the clusters of a search, and ``search_scan.scan_by_id`` for any others.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.scans import search_scan
from feder_widget.model.search_trace import Scan

PILOT = 64
"""Results from whose distances the size of a step is computed."""

REACHES = (16_384, 40_000, 6_000)
"""Steps beyond the best result at which the radius is tried, in this order."""


def probe(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    clusters: npt.NDArray[np.int64],
    to_centroids: npt.NDArray[np.float32],
    nprobe: int,
) -> Scan:
    """Scan the clusters that the coarse quantizer returns for ``nprobe``."""
    if ivf.implem == 0:
        order = np.argsort(clusters, kind="stable") if ivf.bbs == 32 else np.arange(len(clusters))
        sizes = [ivf.invlists.list_size(cluster) for cluster in clusters[order].tolist()]
        lims = np.array([0, *accumulate(sizes)])
        for radius in _radii(ivf, vector, clusters, to_centroids) if lims[-1] else ():
            ids, distances = _range_search(ivf, vector, radius, nprobe)
            scan = Scan(clusters[order], lims, ids, distances)
            # The radius may have been too small or too large; then, candidates are missing.
            if len(ids) == lims[-1] and _is_in_list_order(ivf, scan):
                return scan.at(np.argsort(order))
    return search_scan.scan_by_id(ivf, vector, clusters, to_centroids)


def _is_in_list_order(ivf: Any, scan: Scan) -> bool:
    for i, cluster in enumerate(scan.clusters.tolist()):
        with inverted_lists.borrowed_ids(ivf.invlists, cluster) as stored:
            if not np.array_equal(stored, scan.ids[scan.lims[i] : scan.lims[i + 1]]):
                return False
    return True


def _radii(
    ivf: Any,
    vector: npt.NDArray[np.float32],
    clusters: npt.NDArray[np.int64],
    to_centroids: npt.NDArray[np.float32],
) -> Iterator[float]:
    """Yield radii that probably hold every candidate."""
    if faiss.is_similarity_metric(ivf.metric_type):
        yield -np.inf
        return
    ids, distances = search_scan.search(ivf, vector, clusters, to_centroids, PILOT)
    found = np.unique(distances[ids >= 0].astype(np.float64))
    if len(found) > 1:
        step = np.diff(found).min()
        for reach in REACHES:
            yield float(found[0] + reach * step)


def _range_search(
    ivf: Any, vector: npt.NDArray[np.float32], radius: float, nprobe: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    parameters = faiss.SearchParametersIVF()
    parameters.nprobe = nprobe
    result = faiss.RangeSearchResult(1)
    ivf.range_search_c(1, faiss.swig_ptr(vector), radius, result, parameters)
    found = int(faiss.rev_swig_ptr(result.lims, 2)[1])
    if found == 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    return (
        faiss.rev_swig_ptr(result.labels, found).copy(),
        faiss.rev_swig_ptr(result.distances, found).copy(),
    )
