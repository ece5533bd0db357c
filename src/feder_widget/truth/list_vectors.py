"""The vectors that the lists of an index hold whole, to be told from others."""

from __future__ import annotations

import numpy as np

from feder_widget.faiss_internals import original_space
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.truth import list_rows
from feder_widget.truth.row_comparison import RowComparison
from feder_widget.truth.row_digest import RowDigest
from feder_widget.truth.truth_fingerprint import Compared, ids_digest


class ListVectors:
    """All vectors in the lists of one index.

    Parameters
    ----------
    file : InvertedFile
        The index.

    Raises
    ------
    ValueError
        If its distances are not those to the vectors as they were added.
    """

    def __init__(self, file: InvertedFile) -> None:
        chain = original_space.metric_chain(file.stack)
        if list_rows.why_not_shared(file) is not None or len(chain) != len(file.stack.chain):
            raise ValueError(
                "truth is of vectors as they were added, and this index compares others: codes, vectors that "
                "are rotated, or vectors by another metric than L2 and inner product; leave truth out"
            )
        self._file = file
        self._comparison = RowComparison(chain, file.stack.ivf.metric_type, file.stack.ivf.metric_arg)

    def compared(self) -> Compared:
        """Describe them, without reading vectors."""
        ids = RowDigest()
        for cluster in range(self._file.nlist):
            ids += ids_digest(self._file.ids(cluster))
        return Compared.of(self._comparison, self._file.dim, ids)

    def digest_of_all(self) -> RowDigest:
        """Read them, list by list."""
        found = RowDigest()
        for cluster in range(self._file.nlist):
            ids = self._file.ids(cluster)
            if len(ids):
                vectors = np.ascontiguousarray(self._file.decode(cluster, None), np.float32)
                found += RowDigest.of(vectors, ids)
        return found
