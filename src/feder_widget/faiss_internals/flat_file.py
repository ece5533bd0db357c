"""One Faiss index that compares a query with all that it holds: what it is, and whether it is told here."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.admission.check_sizes import misfit
from feder_widget.faiss_internals.admission.ivf_admission import InconsistentIndexError
from feder_widget.faiss_internals.admission.supported_quantizers import FLAT
from feder_widget.faiss_internals.family_name import METRICS
from feder_widget.faiss_internals.stored_vectors import StoredVectors
from feder_widget.faiss_internals.unwrap import Stack, refusal

CODED = ("IndexScalarQuantizer", "IndexPQ")


def is_flat(stack: Stack) -> bool:
    """Return whether the index inside all layers compares a query with all that it holds."""
    return stack.sharded is None and type(stack.core).__name__ in (*FLAT, *CODED)


def check(stack: Stack) -> None:
    """Raise if searches of a flat index cannot be told, or not safely. It may be empty.

    Raises
    ------
    UnsupportedIndexError
        If a layer around it, its metric or its way to search is not known.
    InconsistentIndexError
        If parts do not fit together.
    ValueError
        If it is not trained.
    """
    index = stack.core
    if stack.refine is not None:
        raise refusal(stack.root, "it re-ranks what a flat index has compared already; open its base_index")
    if index.metric_type not in METRICS:
        raise refusal(index, f"its metric_type {index.metric_type} is unknown")
    if type(index).__name__ == "IndexPQ" and index.search_type != index.ST_PQ:
        raise refusal(index, "its search_type leaves vectors out or codes the query; set it to ST_PQ")
    if not index.is_trained:
        raise ValueError("the index is not trained: call its train() and add() first")
    found = misfit(stack)
    if found:
        raise InconsistentIndexError(found)


class FlatFile(StoredVectors):
    """One flat index taken apart.

    Parameters
    ----------
    stack : Stack
        As ``unwrap`` returns it and ``check`` approves it.
    """

    engine_name = "Faiss Flat"

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added or removed."""
        return (self.ntotal,)

    def search(
        self, vectors: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return row ids and distances as the whole index returns them, each (n, k)."""
        root: Any = self.stack.root
        distances, ids = root.search(vectors, k)
        return ids, distances
