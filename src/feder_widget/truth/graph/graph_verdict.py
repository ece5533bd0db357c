"""Where one row stands for a query of a graph: why it is a result, or why it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.truth.graph.graph_explanation import Approach


@dataclass(frozen=True, slots=True, eq=False)
class GraphVerdict:
    """The place of one row for a query of a graph.

    Attributes
    ----------
    id : int
        The row.
    distance : float
        Its distance to the query as the engine reports it.
    position : int or None
        One more than the number of vectors in the index that are strictly nearer; None where they were not
        counted, or its distance is no number.
    approach : Approach or None
        How a walk comes to it, and the efSearch that it takes; None where no path leads to it.
    holds_until : int
        The largest efSearch for which ``approach`` holds: nodes of one distance were expanded beyond it.
    in_links : int64 (n,)
        Row ids that link to it on level 0.
    """

    id: int
    distance: float
    position: int | None
    approach: Approach | None
    holds_until: int
    in_links: npt.NDArray[np.int64]
