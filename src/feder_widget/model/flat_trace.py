"""One search of a flat index as data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class FlatTrace:
    """One query against all that is stored.

    Attributes
    ----------
    ids : int64 (k,)
        The results, nearest first, exactly as ``faiss_index.search`` returns them; -1 where there are fewer.
    distances : float32 (k,)
        Their distances.
    n_distances : int
        Distances computed: one for each vector.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    n_distances: int
