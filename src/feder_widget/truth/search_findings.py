"""The findings about a query or an answer; none where nothing stands out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.model.finding import Finding
from feder_widget.model.keys import keys_of

ROUNDING = 1e-5
"""Share of a distance by which two ways of computing it may differ."""


def duplicate_findings(identical: int) -> list[Finding]:
    """Find vectors other than the query's own at distance 0."""
    if identical == 0:
        return []
    sentence = (
        "Another vector is identical to the query."
        if identical == 1
        else f"{identical:,} other vectors are identical to the query."
    )
    return [Finding("identical-vectors", "info", sentence, {"identical": identical})]


def coarse_findings(
    probed: npt.NDArray[np.float32], rest: npt.NDArray[np.float32], similarity: bool
) -> list[Finding]:
    """Find clusters that a coarse search passed over although they are nearer than some that it returned.

    Parameters
    ----------
    probed, rest : float32 (n,), float32 (m,)
        Distances to the centroids of the clusters probed, and to all others.
    similarity : bool
        True when a larger distance is nearer.
    """
    worst = float(keys_of(probed, similarity).max(initial=-np.inf))
    passed_over = int(np.count_nonzero(keys_of(rest, similarity) < worst - ROUNDING * abs(worst)))
    if not passed_over:
        return []
    others = f"{passed_over:,} cluster{'s' if passed_over > 1 else ''}"
    return [
        Finding(
            "coarse-search-passed-over",
            "warning",
            f"The coarse search is approximate: it passed over {others} nearer than some that it probes.",
            {"passed_over": passed_over, "probed": len(probed)},
            "Make the coarse quantizer search wider (for HNSW: a larger efSearch), or use a flat one.",
        )
    ]


def refine_findings(k: int, first_k: int) -> list[Finding]:
    """Find a re-ranking that has nothing to choose from."""
    if first_k != k:
        return []
    return [
        Finding(
            "refine-without-choice",
            "warning",
            "With k_factor = 1 the first pass hands over k rows: re-ranking orders them anew and brings in "
            "no others.",
            {"k": k, "handed_over": first_k},
            "index.k_factor = 4",
        )
    ]


def distance_findings(
    bounds: npt.NDArray[np.float32], similarity: bool, *, by_code: bool = False
) -> list[Finding]:
    """Find a query outside of all clusters.

    Parameters
    ----------
    bounds : float32 (nlist,)
        The best distance that any vector of each cluster can have.
    similarity : bool
        True when a larger distance is nearer: then a query may have any length and has no place.
    by_code : bool
        True when the bounds are of distances by code: original vectors may be nearer.
    """
    least = 0.0 if similarity else float(bounds.min(initial=np.inf))
    if not 0 < least < np.inf:
        return []
    return [
        Finding(
            "query-outside-clusters",
            "info",
            "By geometry alone the query lies outside of all clusters: no vector can be nearer than "
            f"{least:.4g}{' by code' if by_code else ''}.",
            {"least_distance": least},
        )
    ]
