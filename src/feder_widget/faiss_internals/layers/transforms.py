"""Vectors through the transforms before an index, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]

REVERSIBLE = {
    "OPQMatrix",
    "RandomRotationMatrix",
    "PCAMatrix",
    "ITQMatrix",
    "LinearTransform",
    "RemapDimensionsTransform",
    "NormalizationTransform",
    "CenteringTransform",
    "HadamardRotation",
}
"""Transforms that can be reversed: exactly for rotations, else to a vector with the same image."""


def forward(chain: Sequence[Any], vector: Float32Array) -> Float32Array:
    """Return a query behind the transforms: float32 (dim,) to float32 (inner dim,).

    The same calls as ``IndexPreTransform.search`` makes for one query, so the same bits.
    """
    for step in chain:
        vector = step.apply(vector[None])[0]
    return vector


def is_reversible(chain: Sequence[Any]) -> bool:
    """Return whether ``backward`` can be called."""
    return all(type(step).__name__ in REVERSIBLE for step in chain)


def backward(chain: Sequence[Any], vectors: Float32Array) -> Float32Array:
    """Return vectors that the chain takes to the given ones, float32 (n, inner dim) to float32 (n, dim).

    As ``IndexPreTransform.reconstruct`` where Faiss can reverse a transform itself; where it cannot
    (whitening, a rotation into more dimensions), the shortest of those vectors, by least squares.

    Raises
    ------
    ValueError
        If a transform cannot be reversed.
    """
    for step in reversed(chain):
        if type(step).__name__ not in REVERSIBLE:
            raise ValueError(f"a faiss.{type(step).__name__} cannot be reversed: query by vector")
        if _faiss_reverses(step):
            vectors = step.reverse_transform(np.ascontiguousarray(vectors, np.float32))
        else:
            vectors = _least_squares(step, vectors)
    return vectors


def _faiss_reverses(step: Any) -> bool:
    if hasattr(step, "is_orthonormal"):
        return bool(step.is_orthonormal)
    if type(step).__name__ == "HadamardRotation":
        return bool(step.d_in == step.d_out)
    return True


def _least_squares(step: Any, vectors: Float32Array) -> Float32Array:
    """Solve for the input of an affine transform, whose matrix and offset are found by applying it."""
    offset = step.apply(np.zeros((1, step.d_in), np.float32))
    matrix = (step.apply(np.eye(step.d_in, dtype=np.float32)) - offset).astype(np.float64)
    solved = (vectors - offset) @ np.linalg.pinv(matrix)
    return np.asarray(solved, np.float32)
