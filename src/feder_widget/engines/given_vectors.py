"""The original vectors that a caller gives beside an index."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.array_like import as_array


def check_vectors(vectors: Any, file: InvertedFile) -> npt.NDArray[Any]:
    """Return a caller's vectors as an array (n, dim) without copying one; see ``as_array``.

    One pass over the ids of the index finds the largest.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they have another shape, or if a row id of the index is no row of the array.
    """
    try:
        array = as_array(vectors, "vectors")
    except ValueError as error:
        raise ValueError(f"vectors must be an array of numbers (n, dim): {error}") from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"vectors must hold real numbers, got an array of {array.dtype}")
    width = file.dim // 8 if file.stack.is_binary else file.dim
    if array.ndim != 2 or array.shape[1] != width:
        raise ValueError(f"vectors must be of shape (n, {width}) for this index, got {array.shape}")
    found = file.extremes()
    if found is not None and (found[0] < 0 or found[1] >= len(array)):
        raise ValueError(
            f"vectors must hold row i for every row id i, and the index holds row ids {found[0]} to "
            f"{found[1]}, got {len(array)} rows"
        )
    return array


def vectors_of(vectors: npt.NDArray[Any], ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return the given vectors of stored rows, (n, dim).

    Raises
    ------
    ValueError
        If a row was added since that has no vector.
    """
    beyond = ids[(ids < 0) | (ids >= len(vectors))]
    if len(beyond):
        raise ValueError(
            f"vectors must hold row i for every row id i, and the index now holds row id {beyond[0]}, "
            f"but there are {len(vectors):,} rows"
        )
    found: npt.NDArray[Any] = vectors[ids]
    return found
