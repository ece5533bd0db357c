"""What is known of some rows, as columns: for ``FederWidget.selected``."""

from __future__ import annotations

from typing import Any

import numpy as np

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.session.active_search import ActiveSearch


def described(index: IvfIndex, media: Media, ids: list[int], search: ActiveSearch | None) -> dict[str, Any]:
    """Describe rows by their place in a search.

    Parameters
    ----------
    index, media
        Where the rows are, and their labels.
    ids
        Row ids, in the order wanted. One that is not in the index gets cluster -1.
    search
        The search; None before the first.

    Returns
    -------
    dict
        ``id`` int64, ``cluster`` int64, ``rank`` int64 (of the cluster, 1 = nearest; 0 where unknown),
        ``distance`` float32 (as Faiss reports it; NaN where unknown), ``label`` (str or None), each (n,).
    """
    rows = np.array(ids, np.int64).reshape(-1)
    clusters, _ = index.places(rows)
    ranks = np.zeros(len(rows), np.int64)
    distances = np.full(len(rows), np.nan, np.float32)
    known = np.flatnonzero(clusters >= 0)
    if search is not None and known.size:
        ranks[known] = search.rank_of[clusters[known]]
        for cluster in np.unique(clusters[known]):
            here = known[clusters[known] == cluster]
            scanned = index.scan(search.query.vector, [int(cluster)])
            # By id, not by offset: a vector whose distance overflows float32 is not in the scan.
            held, first = np.unique(scanned.ids, return_index=True)
            at = np.minimum(np.searchsorted(held, rows[here]), max(0, held.size - 1))
            hit = held[at] == rows[here] if held.size else np.zeros(here.size, bool)
            distances[here[hit]] = scanned.distances[first[at[hit]]]
    return {
        "id": rows,
        "cluster": clusters,
        "rank": ranks,
        "distance": distances,
        "label": [media.label(int(row)) for row in rows],
    }
