"""How much work one piece of a stepped read may do, so that a notebook stays responsive between pieces.

A piece takes one to four milliseconds on one core. The bound counts multiplications, never time: the same
index is cut the same way on every machine.
"""

from __future__ import annotations

PIECE_WORK = 6_000_000
"""Multiplications per piece."""

LEAST_DIM = 32
"""Dimensions that a vector counts for at least: its id, its distance and its result slot cost time too."""

IDS_PER_PIECE = PIECE_WORK // LEAST_DIM
"""Row ids read per piece where no vector is compared."""


def vectors_per_piece(dim: int) -> int:
    """Return how many vectors of ``dim`` dimensions one piece compares with a query, at least 1,024.

    A multiple of 1,024, because Faiss compares product codes in groups of four and its results would round
    differently if a piece cut a group.
    """
    return max(1024, PIECE_WORK // max(dim, LEAST_DIM) // 1024 * 1024)
