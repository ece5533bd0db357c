"""Binary indexes: the bits that differ, counted by Faiss's own kernel."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.shards.joined_lists import have
from feder_widget.model.search_trace import Scan

WORD = 8
"""Faiss counts eight bytes at a time."""


def scan(
    ivf: Any,
    vector: npt.NDArray[np.uint8],
    clusters: npt.NDArray[np.int64],
    to_centroids: npt.NDArray[np.int32],  # noqa: ARG001
) -> Scan:
    """Return every vector of ``clusters`` in list order; distances are int32, the bits that differ."""
    have(ivf.invlists, clusters)
    ids = [inverted_lists.copy_ids(ivf.invlists, int(cluster)) for cluster in clusters]
    lims = np.zeros(len(clusters) + 1, np.int64)
    np.cumsum([len(some) for some in ids], out=lims[1:])
    distances: Any = np.empty(int(lims[-1]), np.int32)
    for cluster, start, stop in zip(clusters.tolist(), lims[:-1].tolist(), lims[1:].tolist(), strict=True):
        with inverted_lists.borrowed_codes(ivf.invlists, cluster, ivf.code_size) as codes:
            count_differing_bits(vector, codes, distances[start:stop])
    return Scan(clusters, lims, np.concatenate([np.empty(0, np.int64), *ids]), distances)


def scan_slice(
    ivf: Any,
    vector: npt.NDArray[np.uint8],
    cluster: int,
    to_centroid: float,  # noqa: ARG001
    begin: int,
    end: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Compare a query with the vectors at offsets ``begin`` to ``end - 1`` of one list."""
    ids = inverted_lists.copy_ids(ivf.invlists, cluster, slice(begin, end))
    distances: Any = np.empty(len(ids), np.int32)
    with inverted_lists.borrowed_codes(ivf.invlists, cluster, ivf.code_size, slice(begin, end)) as codes:
        count_differing_bits(vector, codes, distances)
    return ids, distances


def count_differing_bits(
    vector: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint8], out: npt.NDArray[np.int32]
) -> None:
    """Write the bits that differ between ``vector`` and each of ``codes``, (n, bytes), into ``out``, (n,)."""
    n, size = codes.shape
    if size % WORD:
        missing = (0, -size % WORD)
        vector, codes = np.pad(vector, missing), np.pad(codes, ((0, 0), missing))
    if n:
        faiss.hammings(
            faiss.swig_ptr(vector), faiss.swig_ptr(codes), 1, n, codes.shape[1], faiss.swig_ptr(out)
        )
