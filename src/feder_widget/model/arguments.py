"""Checks of callers' arguments: Faiss itself would read out of bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.array_like import as_array


def as_int(
    value: Any, name: str, *, least: int | None = 1, most: int | None = None, most_name: str = ""
) -> int:
    """Return an int between ``least`` and ``most``, or raise. NumPy integers are taken, bools are not."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an int, got {shown(value)}")
    number = int(value)
    if (least is not None and number < least) or (most is not None and number > most):
        limit = f"{most_name}={most}" if most_name else most
        wanted = f"at least {least}" if most is None else f"between {least} and {limit}"
        raise ValueError(f"{name} must be {wanted}, got {number}")
    return number


def as_bool(value: Any, name: str) -> bool:
    """Return a bool, or raise. NumPy's is taken, numbers are not."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def as_clusters(clusters: npt.ArrayLike, nlist: int) -> npt.NDArray[np.int64]:
    """Return cluster numbers as contiguous int64 (n,), or raise."""
    return as_rows(clusters, "clusters", nlist)


def as_distances(values: npt.ArrayLike, count: int) -> npt.NDArray[np.float32]:
    """Return distances to centroids as contiguous float32 (count,), or raise."""
    array = np.asarray(values)
    if array.shape != (count,) or array.dtype.kind not in "iuf":
        raise ValueError(
            f"to_centroids must be {count} numbers, one per cluster, got {array.dtype} of shape {array.shape}"
        )
    return np.ascontiguousarray(array, np.float32)


def as_rows(values: npt.ArrayLike, name: str, size: int | None) -> npt.NDArray[np.int64]:
    """Return integers as contiguous int64 (n,), each in 0..size-1 unless ``size`` is None, or raise."""
    array = as_array(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got an array of {array.dtype}")
    if size is not None:
        for extreme in (int(array.min()), int(array.max())):
            if not 0 <= extreme < size:
                raise ValueError(f"{name} must be between 0 and {size - 1}, got {extreme}")
    elif array.dtype == np.uint64 and int(array.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"{name} must fit in int64, got {int(array.max())}")
    return np.ascontiguousarray(array, np.int64)


def shown(value: Any) -> str:
    """Return a value for an error message: short, with its type."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
