"""The original vectors that a caller gives beside an index."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.facts import Facts


def as_vectors(vectors: Any, index: Facts) -> npt.NDArray[Any]:
    """Return vectors as an array (n, dim) without copying one, or raise.

    One pass over the ids of the index, to know the largest.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they have another shape, or if a row id of the index is not a row of theirs.
    """
    try:
        array = np.asarray(vectors)
    except ValueError as error:
        raise ValueError(f"vectors must be an array of numbers (n, dim): {error}") from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"vectors must hold real numbers, got an array of {array.dtype}")
    width = index.dim // 8 if index.engine.stack.is_binary else index.dim
    if array.ndim != 2 or array.shape[1] != width:
        raise ValueError(f"vectors must be of shape (n, {width}) for this index, got {array.shape}")
    found = index.engine.extremes()
    if found is not None and (found[0] < 0 or found[1] >= len(array)):
        raise ValueError(
            f"vectors must hold row i for every row id i, and the index holds row ids {found[0]} to "
            f"{found[1]}, got {len(array)} rows"
        )
    return array
