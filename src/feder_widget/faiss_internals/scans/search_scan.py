"""By a search for as many results as there are candidates.

A heap that large costs ten times the search, but it works where a range search does not. The plain search for
k results over the same clusters is here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.shards.joined_lists import have
from feder_widget.model.places import unpack
from feder_widget.model.search_trace import Scan

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]


def search(
    ivf: Any,
    vector: npt.NDArray[Any],
    clusters: Ids,
    to_centroids: npt.NDArray[Any],
    k: int,
    *,
    max_codes: int = 0,
    store_pairs: bool = False,
) -> tuple[Ids, Distances]:
    """Return the k results of Faiss's own search of these clusters, int64 (k,) and float32 (k,).

    ``to_centroids`` and the distances are int32 for a binary index.
    """
    have(ivf.invlists, clusters)
    parameters = faiss.SearchParametersIVF()
    parameters.nprobe = len(clusters)
    parameters.max_codes = max_codes
    ids = np.empty((1, k), np.int64)
    distances = np.empty((1, k), to_centroids.dtype)
    ivf.search_preassigned_c(
        1,
        faiss.swig_ptr(vector),
        k,
        faiss.swig_ptr(clusters),
        faiss.swig_ptr(to_centroids),
        faiss.swig_ptr(distances),
        faiss.swig_ptr(ids),
        store_pairs,
        parameters,
    )
    return ids[0], distances[0]


def scan(ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances) -> Scan:
    """Scan an index that can label results by their place."""
    return _each_once(_scan, ivf, vector, clusters, to_centroids)


def scan_by_id(ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances) -> Scan:
    """Scan an index that can label results by their id only.

    Of rows that share an id, which one is at which of their distances cannot be known.
    """
    return _each_once(_scan_by_id, ivf, vector, clusters, to_centroids)


def _scan(ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances) -> Scan:
    sizes = _sizes(ivf, clusters)
    total = int(sizes.sum())
    if total == 0:
        return _nothing(clusters)
    places, distances = search(ivf, vector, clusters, to_centroids, total, store_pairs=True)
    found = places >= 0
    homes, offsets = unpack(places[found])
    distances = distances[found]
    rank_of = np.argsort(clusters, kind="stable")
    ranks = rank_of[np.searchsorted(clusters[rank_of], homes)]
    order = np.lexsort((offsets, ranks))
    lims = np.zeros(len(clusters) + 1, np.int64)
    np.cumsum(np.bincount(ranks, minlength=len(clusters)), out=lims[1:])
    ids = np.concatenate([inverted_lists.copy_ids(ivf.invlists, int(cluster)) for cluster in clusters])
    starts = np.cumsum(sizes) - sizes
    return Scan(clusters, lims, ids[starts[ranks] + offsets][order], distances[order])


def _scan_by_id(ivf: Any, vector: npt.NDArray[np.float32], clusters: Ids, to_centroids: Distances) -> Scan:
    sizes = _sizes(ivf, clusters)
    total = int(sizes.sum())
    if total == 0:
        return _nothing(clusters)
    labels, distances = search(ivf, vector, clusters, to_centroids, total)
    ids = np.concatenate([inverted_lists.copy_ids(ivf.invlists, int(cluster)) for cluster in clusters])
    place = _places(ids, labels)
    found = place >= 0
    in_list_order = np.full(total, np.nan, np.float32)
    in_list_order[place[found]] = distances[found]
    # A search never returns infinitely far vectors or NaN: they keep no distance.
    held = ~np.isnan(in_list_order)
    lims = np.concatenate([[0], np.cumsum(sizes)])
    return Scan(clusters, np.concatenate([[0], np.cumsum(held)])[lims], ids[held], in_list_order[held])


def _places(ids: Ids, labels: Ids) -> npt.NDArray[np.intp]:
    """Return where among ``ids`` each label stands, -1 where it does not; equal ones one after the other."""
    by_id, by_label = np.argsort(ids, kind="stable"), np.argsort(labels, kind="stable")
    ordered, sought = ids[by_id], labels[by_label]
    nth = np.arange(len(sought)) - np.searchsorted(sought, sought)
    at = np.searchsorted(ordered, sought) + nth
    within = np.minimum(at, len(ids) - 1)
    places = np.empty(len(labels), np.intp)
    places[by_label] = np.where((at < len(ids)) & (ordered[within] == sought), by_id[within], -1)
    return places


def _each_once(
    scan: Callable[..., Scan],
    ivf: Any,
    vector: npt.NDArray[np.float32],
    clusters: Ids,
    to_centroids: Distances,
) -> Scan:
    """Scan each cluster once, since copies of a candidate look alike, and repeat clusters afterwards."""
    distinct, first, at = np.unique(clusters, return_index=True, return_inverse=True)
    if len(distinct) == len(clusters):
        return scan(ivf, vector, clusters, to_centroids)
    return scan(ivf, vector, distinct, to_centroids[first]).at(at)


def _sizes(ivf: Any, clusters: Ids) -> Ids:
    return np.fromiter(map(ivf.invlists.list_size, clusters.tolist()), np.int64, len(clusters))


def _nothing(clusters: Ids) -> Scan:
    return Scan(
        clusters, np.zeros(len(clusters) + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    )
