"""The findings that the sizes of the clusters give; none where nothing stands out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.model.finding import Finding
from feder_widget.model.shares import percent

UNEVEN = 2.0
"""Imbalance factor from which on the clusters are called uneven."""

EMPTY = 0.5
"""Share of empty clusters from which on they are mentioned."""


def size_findings(sizes: npt.NDArray[np.int64], stored_nprobe: int) -> list[Finding]:
    """Return the findings about clusters of these sizes, searched with this nprobe.

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
                f"cluster holds {percent(share)} of the vectors.",
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


def imbalance_factor(sizes: npt.NDArray[np.int64]) -> float:
    """Return nlist Σn² / (Σn)², as ``faiss.InvertedLists.imbalance_factor`` does; 1 for even clusters."""
    total = float(sizes.sum())
    return float(len(sizes) * np.square(sizes, dtype=np.float64).sum() / total**2) if total else 1.0
