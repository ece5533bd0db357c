"""The original vectors that a caller gives beside an index."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.stored_vectors import StoredVectors
from feder_widget.model.array_like import as_array
from feder_widget.vector_files import VectorFiles, open_vectors
from feder_widget.vector_files.open_vectors import are_paths

COMPARED = 256
"""Rows of a graph whose codes are compared with the vectors given."""

LEAST_LIKE = 0.25
"""Share of these that must be nearest to their own vectors. Of vectors in another order, 1 in 256 is."""

SAME = 1e-4
"""Share of its greatest number by which a vector that is decoded twice may differ."""


def check_vectors(vectors: Any, file: InvertedFile | StoredVectors) -> Any:
    """Return a caller's vectors as an array or as files (n, dim), without copying; see ``as_vectors``.

    One pass over the ids of the index finds the largest.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they have another shape, or if a row id of the index is no row of the array.
    """
    array = as_vectors(vectors, "vectors")
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


def as_vectors(vectors: Any, name: str) -> Any:
    """Return a caller's vectors as an array (n, dim) without copying one, or as files that are open.

    Raises
    ------
    TypeError, ValueError, OSError
        If they are no vectors of real numbers; see ``open_vectors``.
    """
    if are_paths(vectors):
        vectors = open_vectors(vectors)
    if isinstance(vectors, VectorFiles):
        return vectors
    try:
        array = as_array(vectors, name)
    except ValueError as error:
        raise ValueError(f"{name} must be an array of numbers (n, dim): {error}") from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got an array of {array.dtype}")
    return array


def check_graph_vectors(vectors: Any, file: StoredVectors) -> Any:
    """Return a caller's vectors of a graph or a flat index, as ``check_vectors``; some are compared.

    Raises
    ------
    TypeError, ValueError
        As ``check_vectors``; and if codes are stored that are mostly not those of the vectors, and mostly
        nearer to the vectors of other rows than to their own.
    """
    array = check_vectors(vectors, file)
    if file.holds_vectors or file.ntotal < 2:
        return array
    nodes = np.random.default_rng(0).choice(file.ntotal, min(COMPARED, file.ntotal), replace=False)
    with np.errstate(over="ignore"):
        given = np.ascontiguousarray(vectors_of(array, file.external_ids(nodes)), np.float32)
    # As the storage sees them: what a transform drops would stand between a vector and its own row.
    decoded, given = file.stored_vectors(nodes), file.transform(given)
    is_finite = np.isfinite(decoded).all(axis=1) & np.isfinite(given).all(axis=1)
    nodes, decoded, given = nodes[is_finite], decoded[is_finite], given[is_finite]
    if not len(nodes) or _is_code_of(file, given, decoded).mean() >= LEAST_LIKE:
        return array
    # Far from the origin, and squared, float32 would keep nothing of the distances.
    middle = given.mean(axis=0, dtype=np.float64)
    held, own_vectors = decoded - middle, given - middle
    to_each = (held**2).sum(1)[:, None] + (own_vectors**2).sum(1) - 2 * held @ own_vectors.T
    own = to_each.diagonal()
    # Of duplicates any may be the nearest.
    is_nearest = own <= to_each.min(axis=1) + 1e-4 * np.abs(own)
    if is_nearest.mean() < LEAST_LIKE:
        raise ValueError(
            f"vectors must be those of this index, row i for row id i; of {len(nodes)} rows compared, "
            f"{np.count_nonzero(~is_nearest)} are nearer to the vector of another row: are they of another "
            "model, or in another order?"
        )
    return array


def _is_code_of(
    file: StoredVectors, given: npt.NDArray[np.float32], decoded: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Return which vectors, encoded by the index, are what it holds, bool (n,), however coarse its codes."""
    with np.errstate(over="ignore"):
        encoded = file.storage.sa_decode(file.storage.sa_encode(given))
        apart = np.abs(encoded - decoded).max(axis=1, initial=0)
        same: npt.NDArray[np.bool_] = apart <= SAME * np.abs(decoded).max(axis=1, initial=0)
    return same


def vectors_of(vectors: Any, ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
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
