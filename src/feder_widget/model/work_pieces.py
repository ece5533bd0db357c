"""Reads in steps: how much work one piece may do, so that a notebook stays responsive between pieces.

A stepped read is a generator that yields between pieces and returns its result. A piece takes one to four
milliseconds on one core. The bound counts multiplications, never time: the same index is cut the same way on
every machine.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]
"""A read that yields between pieces and returns a T."""

PIECE_WORK = 6_000_000
"""Multiplications per piece."""

WHOLE = 1 << 62
"""Multiplications per piece for a read that nobody interrupts: one piece."""

ID_WORK = 32
"""Multiplications that reading one row id counts for."""

RESULT_WORK = 64
"""Multiplications that comparing a vector counts for at least: its id and its distance are copied too."""

DECODE_WORK = 8
"""Multiplications per dimension that decoding one vector counts for."""


def vectors_per_piece(dim: int, work: int = PIECE_WORK) -> int:
    """Return how many vectors of ``dim`` dimensions one piece compares with a query, at least 1,024.

    The number is a multiple of 1,024, because Faiss compares product codes in groups of four, and its results
    would round differently if a piece cut a group.
    """
    return max(1024, work // max(dim, RESULT_WORK) // 1024 * 1024)


def drain(steps: Generator[object, None, T]) -> T:
    """Run a stepped read to its end and return its result."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
