"""What stands out in an index, a query or an answer, in plain sentences; nothing where nothing does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UNEVEN = 2.0
"""Imbalance factor from which on the clusters are called out of balance."""

ROUNDING = 1e-5
"""Share of a distance by which it may differ from itself when it is computed in another way."""


def index_findings(sizes: npt.NDArray[np.int64], stored_nprobe: int) -> list[str]:
    """Say what stands out in an index.

    Parameters
    ----------
    sizes : int64 (nlist,)
        Vectors in each cluster.
    stored_nprobe : int
        The index's own nprobe.
    """
    found = []
    if stored_nprobe == 1 and len(sizes) > 1:
        found.append("The index has nprobe = 1: a search that sets none probes a single cluster.")
    imbalance = imbalance_factor(sizes)
    if imbalance >= UNEVEN:
        share = sizes.max() / sizes.sum()
        found.append(
            f"The clusters are out of balance: the imbalance factor is {imbalance:.1f} (1 is even), so a "
            f"search compares about {imbalance:.1f} times as many vectors as with even ones. The largest "
            f"holds {share:.1%} of the vectors."
        )
    return found


def duplicate_findings(identical: int) -> list[str]:
    """Say that vectors other than the query's own are at distance 0."""
    if identical == 0:
        return []
    return [
        "Another vector is identical to the query."
        if identical == 1
        else f"{identical:,} other vectors are identical to the query."
    ]


def coarse_findings(
    probed: npt.NDArray[np.float32], rest: npt.NDArray[np.float32], similarity: bool
) -> list[str]:
    """Say that a coarse search has passed over clusters that are nearer than some that it returned.

    Parameters
    ----------
    probed, rest : float32 (n,), float32 (m,)
        Distances to the centroids of the clusters probed, and to those of all others.
    similarity : bool
        True when a larger distance is nearer.
    """
    sign = -1 if similarity else 1
    worst = float((sign * probed).max(initial=-np.inf))
    passed_over = np.count_nonzero(sign * rest < worst - ROUNDING * abs(worst))
    if not passed_over:
        return []
    others = f"{passed_over:,} cluster{'s' if passed_over > 1 else ''}"
    return [f"The coarse search is approximate: it passed over {others} nearer than some that it probes."]


def refine_findings(k: int, first_k: int) -> list[str]:
    """Say that a re-ranking has nothing to choose from."""
    if first_k != k:
        return []
    what = "With k_factor = 1 the first pass hands over k rows"
    return [f"{what}: re-ranking orders them anew and brings in no others."]


def distance_findings(bounds: npt.NDArray[np.float32], similarity: bool) -> list[str]:
    """Say that a query lies outside of all clusters.

    Parameters
    ----------
    bounds : float32 (nlist,)
        The best distance that anything in each cluster can have.
    similarity : bool
        True when a larger distance is nearer: then a query may have any length and is nowhere.
    """
    least = 0.0 if similarity else float(bounds.min(initial=np.inf))
    if not 0 < least < np.inf:
        return []
    far = "The query lies unusually far from every centroid, outside of all clusters"
    return [f"{far}: no vector can be nearer than {least:.4g}."]


def imbalance_factor(sizes: npt.NDArray[np.int64]) -> float:
    """Return nlist Σn² / (Σn)², as ``faiss.InvertedLists.imbalance_factor`` does; 1 for even clusters."""
    total = float(sizes.sum())
    return float(len(sizes) * np.square(sizes, dtype=np.float64).sum() / total**2) if total else 1.0
