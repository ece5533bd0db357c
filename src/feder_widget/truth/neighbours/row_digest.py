"""A fingerprint of rows with their ids that does not depend on the order in which they are read."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_SEED = 20_220_401
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_WORDS = 1 << 18
_SHIFT = np.uint64(33)

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class RowDigest:
    """Sums of hashes of rows, modulo 2^64: equal for equal rows with equal ids, in any order.

    It tells accidents apart, not forgeries: two sets of rows that differ have one digest with a probability
    of about 2^-128.

    Attributes
    ----------
    count : int
        Number of rows.
    sums : (int, int)
        Sums of two hashes.
    """

    count: int = 0
    sums: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, vectors: npt.NDArray[np.float32], ids: npt.NDArray[np.int64]) -> RowDigest:
        """Return the digest of some rows, float32 (n, dim), contiguous, and their ids, int64 (n,)."""
        factors = np.array(_raw(2, 1), np.uint64)
        sums = np.zeros(2, np.uint64)
        size = max(1, _WORDS // max(1, vectors.shape[1]))
        for start in range(0, len(vectors), size):
            some = slice(start, start + size)
            named = ids[some].astype(np.uint64)[:, None] * factors
            sums += _mixed(row_hashes(vectors[some]) + named).sum(axis=0, dtype=np.uint64)
        return cls(len(vectors), (int(sums[0]), int(sums[1])))

    def __add__(self, other: RowDigest) -> RowDigest:
        """Return the digest of the rows of both."""
        first, second = ((a + b) % (1 << 64) for a, b in zip(self.sums, other.sums, strict=True))
        return RowDigest(self.count + other.count, (first, second))


def row_hashes(vectors: npt.NDArray[np.float32]) -> Hashes:
    """Return two hashes of the bytes of each row, uint64 (n, 2), of float32 (n, dim), contiguous."""
    # Words of 32 bits by multipliers of 64: of a sign that changes, half of the product does.
    words = vectors.view(np.uint32).astype(np.uint64)
    first, second = _multipliers(vectors.shape[1])
    # NumPy multiplies whole numbers by a vector faster than by a matrix.
    sums = [np.einsum("ij,j->i", words, factors) for factors in (first, second)]
    return _mixed(np.stack(sums, axis=1))


@functools.lru_cache(maxsize=8)
def _multipliers(dim: int) -> Hashes:
    return np.ascontiguousarray(np.array(_raw(2 * dim, 0), np.uint64).reshape(dim, 2).T)


def _raw(count: int, stream: int) -> list[int]:
    # Raw numbers are the same in every version of NumPy, as those of a Generator are not.
    raw: Any = np.random.PCG64(_SEED + stream).random_raw(count)
    return [int(number) | 1 for number in raw]


def _mixed(hashes: Hashes) -> Hashes:
    for factor in _MIX:
        hashes = (hashes ^ (hashes >> _SHIFT)) * factor
    mixed: Hashes = hashes ^ (hashes >> _SHIFT)
    return mixed
