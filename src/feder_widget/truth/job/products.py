"""Matrix products of queries and rows, and by how much they may differ from distances of a search."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

EPSILON = 2.0**-24
"""Unit roundoff of float32."""

TINY = 2.0**-126
"""The smallest number that float32 holds in full."""

LONGEST = 1e36
"""Squared norm up to which products stay finite numbers."""

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]


class Products:
    """Some rows that queries are multiplied with.

    Parameters
    ----------
    rows : float32 (n, dim)
        Contiguous.
    lengths : float64 (n,)
        Their squared norms, at most ``LONGEST``.
    similarity : bool
        Whether keys are negative inner products; else squared L2 distances.
    """

    def __init__(self, rows: Float32Array, lengths: Float64Array, similarity: bool) -> None:
        count, dim = rows.shape
        # It multiplies by Faiss's own BLAS, which keeps to the threads of Faiss, as NumPy's does not.
        self._matrix = faiss.LinearTransform(dim, count, not similarity)
        faiss.copy_array_to_vector(rows.ravel(), self._matrix.A)
        if not similarity:
            faiss.copy_array_to_vector(lengths.astype(np.float32), self._matrix.b)
        self._matrix.is_trained = True
        self._dim = dim
        self._similarity = similarity
        self._largest = float(lengths.max(initial=0))

    def within(self, queries: Float32Array, norms: Float64Array, limits: Float32Array) -> tuple[Ids, Ids]:
        """Return the pairs whose keys, as a search computes them, may be within limits.

        Parameters
        ----------
        queries : float32 (n, dim)
            Contiguous.
        norms : float64 (n,)
            Their squared norms, at most ``LONGEST``.
        limits : float32 (n,)
            The largest key of interest to each.

        Returns
        -------
        int64 (m,), int64 (m,)
            Queries and rows. None is left out whose key is within the limit of the query.
        """
        products = self._matrix.apply(np.negative(queries) if self._similarity else np.float32(-2) * queries)
        bounds = limits + self._slack(norms)
        if not self._similarity:
            # Keys are longer by the norm of the query.
            bounds = bounds - norms
        with np.errstate(over="ignore"):
            bounds = np.nextafter(bounds.astype(np.float32), np.float32(np.inf))
        hit = np.flatnonzero(products.min(axis=1) <= bounds)
        # Of one dimension: NumPy looks through two several times slower.
        pairs = np.flatnonzero(products[hit] <= bounds[hit, None])
        query, row = np.divmod(pairs, products.shape[1])
        return hit[query], row

    def _slack(self, norms: Float64Array) -> Float64Array:
        """Return by how much a product may differ from the key of a search, float64 (n,).

        Each rounding is EPSILON of what is rounded. With s the sum of both squared norms, the kernel of a
        search rounds by 2 (dim + 2) EPSILON s at most, a product and what is added to it by 3 (dim + 2), and
        an origin that was subtracted before by 4. By inner product s is the product of both norms.
        """
        roundings = 6 * (self._dim + 8)
        sizes = np.sqrt(norms * self._largest) if self._similarity else norms + self._largest
        return np.asarray(roundings * (EPSILON * sizes + TINY))
