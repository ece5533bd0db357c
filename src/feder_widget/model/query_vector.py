"""Checks of a query that is a vector: its shape, its type, and that it is finite."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.model.arguments import shown
from feder_widget.model.array_like import as_array, is_tensor


def as_vector(query: Any, dim: int) -> npt.NDArray[np.float32]:
    """Return a query as contiguous float32 (dim,), or raise."""
    if isinstance(query, (bool, str, bytes)) or query is None:
        raise TypeError(f"query must be a row id (int) or a vector of {dim} numbers, got {shown(query)}")
    try:
        array = as_array(query, "query")
    except ValueError as error:
        raise ValueError(f"query must be a vector of {dim} numbers, got {shown(query)}: {error}") from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"query must hold real numbers, got an array of {array.dtype}")
    if array.shape not in ((dim,), (1, dim)):
        raise ValueError(
            f"query must be a vector of shape ({dim},), the index's dimension, got {array.shape}"
        )
    if array.dtype == np.float32:
        vector = np.ascontiguousarray(array, np.float32).reshape(dim)
    else:
        with np.errstate(over="ignore"):
            vector = np.ascontiguousarray(array, np.float32).reshape(dim)
    finite = np.isfinite(vector)
    if not finite.all():
        at = int(np.argmin(finite))
        raise ValueError(
            f"query must be finite float32 numbers, got {array.reshape(dim)[at]} at position {at}"
        )
    return vector


def as_bytes(query: Any, dim: int) -> npt.NDArray[np.uint8]:
    """Return a query of a binary index as contiguous uint8 (dim / 8,), or raise.

    Takes the bytes that Faiss takes, or ``dim`` zeros and ones, the first in the highest bit.
    """
    if isinstance(query, (bool, str, bytes)) or query is None:
        raise TypeError(f"query must be a row id (int) or uint8 of shape ({dim // 8},), got {shown(query)}")
    try:
        array = as_array(query, "query")
    except ValueError as error:
        raise ValueError(
            f"query must be uint8 of shape ({dim // 8},), got {shown(query)}: {error}"
        ) from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"query must hold integers, got an array of {array.dtype}")
    if array.shape in ((dim,), (1, dim)):
        if not np.isin(array, (0, 1)).all():
            raise ValueError(f"a query of {dim} numbers must be zeros and ones, got {shown(array)}")
        return np.packbits(array.reshape(dim).astype(np.uint8))
    if array.shape not in ((dim // 8,), (1, dim // 8)):
        raise ValueError(
            f"query must be a vector of shape ({dim // 8},), {dim} bits as bytes, got {array.shape}"
        )
    if array.dtype.kind == "f" or array.min() < 0 or array.max() > 255:
        raise TypeError(f"query must hold bytes (uint8), got an array of {array.dtype}")
    return np.ascontiguousarray(array.reshape(dim // 8), np.uint8)


def as_bits(query: Any, dim: int) -> npt.NDArray[np.float32]:
    """Return a query as zeros and ones, float32 (dim,), from what ``as_bytes`` takes, or raise."""
    return np.unpackbits(as_bytes(query, dim)).astype(np.float32)


def bits_of_many(queries: Any, dim: int) -> Any:
    """Return the queries of a workload as zeros and ones, bytes unpacked; leave row ids and a size alone.

    Raises
    ------
    ValueError
        If numbers of ``dim`` columns are others than zeros and ones.
    """
    if is_tensor(queries):
        queries = as_array(queries, "queries")
    if getattr(queries, "ndim", 0) != 2:
        return queries
    if queries.dtype == np.uint8 and 8 * queries.shape[1] == dim:
        return np.unpackbits(queries, axis=1)
    if queries.shape[1] == dim and not np.isin(queries, (0, 1)).all():
        raise ValueError(f"queries of {dim} numbers must be zeros and ones, or bytes (n, {dim // 8})")
    return queries
