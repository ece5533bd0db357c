"""What the page is told of an index once."""

from __future__ import annotations

from typing import Any

from feder_widget.engines import IvfIndex
from feder_widget.session.answers.search import is_replayable
from feder_widget.session.page_constants import page_constants


def summary_of(index: IvfIndex, *, k_max: int, images: bool, version: int = 0) -> dict[str, Any]:
    """Describe an index, as JSON and bytes.

    Parameters
    ----------
    index
        The opened index.
    k_max
        The largest k that can be chosen.
    images
        Whether its rows have pictures.
    version
        How often the index was seen to have changed.

    Returns
    -------
    dict
        ``distance``, ``coarse_distance``, ``refined_distance``: what is compared in the lists, in the coarse
        search and in a second pass, null where there is none. ``replayable``: the results are the best of the
        candidates. ``renamed``: but where some of these are as far as each other, which of them are results
        does not depend on their ids. ``steady``: another nprobe probes the same clusters and more, or fewer,
        and finds the same distances. ``given``: true neighbours are by the vectors given. ``unexplained``:
        why there are no true neighbours to compare with, and ``unevaluated``: why none for many queries at
        every nprobe, or null.
    """
    return {
        "index_version": version,
        "nlist": index.nlist,
        "ntotal": index.ntotal,
        "dim": index.dim,
        "family": index.family,
        "metric": index.metric,
        "distance": index.compared_distance_name,
        "refined_distance": index.refined_distance_name,
        "similarity": index.similarity,
        "coarse_distance": index.coarse_distance_name,
        "coarse_similarity": index.coarse_similarity,
        "coarse_exact": index.coarse_is_exact,
        "exact": index.exact,
        "replayable": is_replayable(index),
        "renamed": index.renames_rows,
        "steady": index.coarse_is_exact and index.splittable,
        "given": index.basis == "vectors",
        "unexplained": index.why_unexplained,
        "unevaluated": index.why_unevaluated,
        "k_max": k_max,
        "nprobe": min(index.stored_nprobe, index.nlist),
        "images": images,
        "sizes": index.list_sizes.astype("<i4").tobytes(),
        "constants": page_constants(),
    }
