"""What an embedder returned → vectors, or an error that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_POOLED = ("image_embeds", "text_embeds", "pooler_output")
"""Fields of a transformers output that hold one vector per input."""


class BadVectorsError(ValueError):
    """What an embedder returned is not one vector per picture.

    Attributes
    ----------
    places : list of int
        The places of the pictures at fault; empty where all are.
    """

    def __init__(self, message: str, places: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.places = list(places)


def as_vectors(returned: Any, count: int) -> NDArray[np.float32]:
    """Return an embedder's output as float32 (count, d), a copy of its own.

    Generators are drained; tensors are detached and moved to the CPU; half precision becomes float32. Axes of
    length one are dropped. Nested lists of one (tokens, d) per picture, which a pipeline of transformers
    returns, become the mean over the tokens.

    Parameters
    ----------
    returned : array, tensor, list or iterator
        Of ``count`` vectors.
    count : int
        Number of inputs.

    Raises
    ------
    BadVectorsError
        If it has another shape, or holds no numbers, or such as are not finite.
    """
    if returned is None:
        raise BadVectorsError("it returned None; wanted vectors (n, d)")
    for name in _POOLED:
        if getattr(returned, name, None) is not None:
            returned = getattr(returned, name)
            break
    if isinstance(returned, Iterator):
        returned = list(returned)
    if isinstance(returned, (list, tuple)):
        _check_count(len(returned), count)
        array = _stacked([_one(each) for each in returned])
    else:
        array = _real(_array(returned))
    if array.ndim == 1 and count == 1:
        array = array[None]
    if array.ndim == 0:
        raise BadVectorsError(f"it returned one number for {count} inputs")
    _check_count(len(array), count)
    while array.ndim > 2 and 1 in array.shape[1:]:
        array = array.squeeze(1 + array.shape[1:].index(1))
    if array.ndim > 2:
        raise BadVectorsError(
            f"it returned shape {array.shape}: {array.shape[1]} vectors per picture, not one; return one, "
            "such as the class token (output[:, 0]) or the mean (output.mean(1))"
        )
    if array.ndim == 1:
        raise BadVectorsError(f"it returned shape {array.shape}, one number per picture; wanted (n, d)")
    if array.shape[1] == 0:
        raise BadVectorsError("it returned vectors of no numbers")
    with np.errstate(over="ignore"):
        vectors: NDArray[np.float32] = np.array(array, np.float32, order="C")
    bad = np.flatnonzero(~np.isfinite(vectors).all(1))
    if len(bad):
        raise BadVectorsError("it returned NaN or infinite values, wanted finite ones", bad.tolist())
    return vectors


def _array(value: Any) -> NDArray[Any]:
    """Return an array of a tensor, without importing its library."""
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "cpu"):
        value = value.cpu()
    if hasattr(value, "detach"):
        # NumPy knows no bfloat16.
        value = value.float()
    try:
        array: NDArray[Any] = np.asarray(value)
    except ValueError as error:
        raise BadVectorsError(f"it returned vectors of different lengths: {error}") from None
    return array


def _real(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "iuf":
        raise BadVectorsError(f"it returned {array.dtype}, no real numbers; wanted vectors (n, d)")
    return array


def _one(value: Any) -> NDArray[Any]:
    """Return the vector of one input; a nested list [[d], ...] of tokens becomes their mean."""
    is_nested = isinstance(value, list)
    array = _real(_array(value))
    if is_nested and array.ndim == 3 and array.shape[0] == 1:
        array = array[0].mean(0)
    return array.reshape(-1) if array.size == max(array.shape, default=0) else array


def _stacked(vectors: list[NDArray[Any]]) -> NDArray[Any]:
    shapes = {vector.shape for vector in vectors}
    if len(shapes) > 1:
        raise BadVectorsError(
            f"it returned vectors of different shapes: {', '.join(map(str, sorted(shapes)))}"
        )
    return np.stack(vectors)


def _check_count(found: int, wanted: int) -> None:
    if found != wanted:
        raise BadVectorsError(f"it must return one vector for each of {wanted} inputs, got {found}")
