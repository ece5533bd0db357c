"""Distances as keys: smaller is nearer, for L2 and for similarities alike."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", bound=np.generic)

_LARGEST_FLOAT = np.finfo(np.float32).max
_LARGEST_INT = np.iinfo(np.int32).max


def keys_of(distances: npt.NDArray[Number], similarity: bool) -> npt.NDArray[Number]:
    """Return the keys of some distances: the distances themselves, or negated for a similarity.

    Negation is exact, so ``keys_of(keys_of(d, s), s)`` equals ``d``. The result may be ``distances`` itself.
    """
    return np.negative(distances) if similarity else distances


def key_of(distance: float, similarity: bool) -> float:
    """Return the key of one distance; also the distance of one key."""
    return -distance if similarity else distance


def infinitely_far(similarity: bool) -> float:
    """Return the distance beyond all others: infinity, or its negative for a similarity."""
    return -np.inf if similarity else np.inf


def no_result(dtype: np.dtype[Any], similarity: bool) -> Any:
    """Return the number that Faiss reports where there is no result: the farthest finite distance."""
    largest = _LARGEST_FLOAT if dtype.kind == "f" else _LARGEST_INT
    return -largest if similarity else largest
