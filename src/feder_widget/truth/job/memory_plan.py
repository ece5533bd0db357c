"""How a pass is cut so that what it holds stays within a limit."""

from __future__ import annotations

from dataclasses import dataclass

from feder_widget.truth.neighbours.nearest_rows import SPARE

PAIR_BYTES = 80
"""Of a pair of a query and a row near it, while the nearest are sorted out: it is held four times then."""

PRODUCT_BYTES = 24 << 20
"""That is held while queries and rows are multiplied: two million products, and what is picked of them."""

BLOCK_BYTES = 16 << 20
"""Vectors compared at once at most."""

ALIGN = 1024
"""Blocks begin and end at multiples of so many rows: transforms that multiply matrices round by them."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """How a job is cut.

    Attributes
    ----------
    limit : int
        Bytes that it may hold.
    together : int
        Queries of one pass.
    block_rows : int
        Rows compared at once, a multiple of ``ALIGN``.
    most_pairs : int
        Pairs of a query and a row that may be held.
    part_rows : int
        Rows that a worker reads at once at most, a multiple of ``block_rows``.
    """

    limit: int
    together: int
    block_rows: int
    most_pairs: int
    part_rows: int

    @classmethod
    def of(cls, limit: int, queries: int, k: int, dim: int, item_bytes: int, workers: int = 1) -> MemoryPlan:
        """Cut a job of so many queries over rows of so many dimensions and bytes for each number.

        ``workers`` share the memory for blocks; a block has at least ``ALIGN`` rows.

        Raises
        ------
        ValueError
            If the limit is too low.
        """
        query_bytes = 2 * (2 * k + SPARE) * PAIR_BYTES + 16 * dim + 64
        # Two blocks are there at once, as they are in the file and as they are compared.
        row_bytes = dim * (2 * (item_bytes + 8) + 4)
        for_blocks = (limit - PRODUCT_BYTES) // 3
        rows = min(for_blocks // workers // row_bytes, BLOCK_BYTES // (4 * dim)) // ALIGN * ALIGN
        block_rows = max(ALIGN, rows)
        for_queries = (limit - PRODUCT_BYTES) // 2
        most = for_queries // query_bytes
        if most < 1 or for_blocks < row_bytes * ALIGN:
            least = PRODUCT_BYTES + max(2 * query_bytes, 3 * row_bytes * ALIGN)
            raise ValueError(
                f"memory_limit must be at least {least:,} bytes for vectors of {dim} dimensions and k={k}, "
                f"got {limit:,}"
            )
        passes = -(-queries // most)
        blocks = max(1, for_blocks // (2 * workers) // (item_bytes * dim * block_rows))
        return cls(limit, -(-queries // passes), block_rows, for_queries // PAIR_BYTES, blocks * block_rows)
