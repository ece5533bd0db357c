"""The findings about an index, a query or an answer; none where nothing stands out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.model.finding import Finding
from feder_widget.model.keys import keys_of

UNEVEN = 2.0
"""Imbalance factor from which on the clusters are called uneven."""

EMPTY = 0.5
"""Share of empty clusters from which on they are mentioned."""

ROUNDING = 1e-5
"""Share of a distance by which two ways of computing it may differ."""


def index_findings(sizes: npt.NDArray[np.int64], stored_nprobe: int) -> list[Finding]:
    """Return the findings about an index.

    Parameters
    ----------
    sizes : int64 (nlist,)
        Vectors in each cluster.
    stored_nprobe : int
        The index's own nprobe.
    """
    nlist = len(sizes)
    found = []
    if stored_nprobe == 1 and nlist > 1:
        found.append(
            Finding(
                "stored-nprobe",
                "warning",
                "Outside this widget the index uses its stored nprobe = 1.",
                {"nprobe": 1, "nlist": nlist},
                "faiss.extract_index_ivf(index).nprobe = 8",
            )
        )
    factor = imbalance_factor(sizes)
    if factor >= UNEVEN:
        share = float(sizes.max() / sizes.sum())
        found.append(
            Finding(
                "uneven-clusters",
                "warning",
                f"The clusters are uneven: the imbalance factor is {factor:.1f} (1 is even), so a search "
                f"compares about {factor:.1f} times as many vectors as with even clusters. The largest "
                f"cluster holds {share:.1%} of the vectors.",
                {"imbalance_factor": factor, "largest_share": share},
                "Train the index on a larger sample of the vectors that it stores.",
            )
        )
    empty = int(np.count_nonzero(sizes == 0))
    if nlist > 1 and empty >= EMPTY * nlist and sizes.any():
        found.append(
            Finding(
                "empty-clusters",
                "warning",
                f"{empty:,} of {nlist:,} clusters are empty.",
                {"empty": empty, "nlist": nlist},
                "Train the index with a smaller nlist, or on the vectors that it stores.",
            )
        )
    return found


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


def distance_findings(bounds: npt.NDArray[np.float32], similarity: bool) -> list[Finding]:
    """Find a query outside of all clusters.

    Parameters
    ----------
    bounds : float32 (nlist,)
        The best distance that any vector of each cluster can have.
    similarity : bool
        True when a larger distance is nearer: then a query may have any length and has no place.
    """
    least = 0.0 if similarity else float(bounds.min(initial=np.inf))
    if not 0 < least < np.inf:
        return []
    return [
        Finding(
            "query-outside-clusters",
            "info",
            "The query lies unusually far from every centroid, outside of all clusters: no vector can be "
            f"nearer than {least:.4g}.",
            {"least_distance": least},
        )
    ]


def imbalance_factor(sizes: npt.NDArray[np.int64]) -> float:
    """Return nlist Σn² / (Σn)², as ``faiss.InvertedLists.imbalance_factor`` does; 1 for even clusters."""
    total = float(sizes.sum())
    return float(len(sizes) * np.square(sizes, dtype=np.float64).sum() / total**2) if total else 1.0
