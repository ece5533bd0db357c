"""The vectors that a graph or a flat index holds whole, to be told from others."""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import original_space
from feder_widget.faiss_internals.stored_vectors import StoredVectors
from feder_widget.model.vector_source import VectorSource
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.truth_fingerprint import Compared, ids_digest

READ_BYTES = 8 << 20
"""Vectors read at once."""


class NodeVectors:
    """All vectors of one index.

    Parameters
    ----------
    file : VectorSource
        The index.

    Raises
    ------
    ValueError
        If its distances are not those to the vectors as they were added.
    """

    def __init__(self, file: VectorSource) -> None:
        if not isinstance(file, StoredVectors):
            raise ValueError(f"truth is taken for indexes of Faiss, got one of {file.engine_name}")
        if file.is_binary:
            raise ValueError("truth is of vectors of numbers, and this index is binary; leave truth out")
        chain, index = original_space.metric_chain(file.stack), file.index
        if index.metric_type not in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT) or len(chain) != len(
            file.stack.chain
        ):
            raise ValueError(
                "truth is of vectors as they were added, and this index compares others: vectors that are "
                "rotated, or vectors by another metric than L2 and inner product; leave truth out"
            )
        self._file = file
        self._comparison = RowComparison(chain, index.metric_type, index.metric_arg)

    def compared(self) -> Compared:
        """Describe them, without reading vectors."""
        return Compared.of(self._comparison, self._file.dim, ids_digest(self._file.all_ids))

    def digest_of_all(self) -> RowDigest:
        """Read them, some at a time."""
        found = RowDigest()
        for nodes in self._runs():
            found += RowDigest.of(self._file.stored_vectors(nodes), self._file.external_ids(nodes))
        return found

    def _runs(self) -> Iterator[npt.NDArray[np.int64]]:
        size = max(1, READ_BYTES // (4 * self._file.stored_dim))
        for start in range(0, self._file.ntotal, size):
            yield np.arange(start, min(start + size, self._file.ntotal))
