"""What a flat index should have found: it compares everything, so that only codes lose a neighbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.arguments import as_int
from feder_widget.model.shares import recall_number
from feder_widget.truth.ledger import BASES, Basis
from feder_widget.truth.search_stages import Near

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FlatExplanation:
    """The k true neighbours of one query of a flat index.

    Attributes
    ----------
    ids : int64 (m,)
        Row ids, nearest first; m is k, or fewer where the index holds fewer vectors.
    distances : float32 (m,)
        Their distances: as the index reports them, or to the vectors given, under the same metric.
    near : Near
        The true neighbours, and all others at the distance of the last of them, by row ids.
    returned : bool (n,)
        Which of ``near`` a search for k returns.
    basis : "vectors", "lists" or "codes"
        The definition of the neighbours: by the vectors given to ``open_index``, by those stored, or by their
        codes.
    distance_name : str
        Name of ``distances``.
    """

    ids: Ids
    distances: npt.NDArray[np.float32]
    near: Near
    returned: npt.NDArray[np.bool_]
    basis: Basis
    distance_name: str

    def __len__(self) -> int:
        """Return the number of true neighbours."""
        return len(self.ids)

    def __repr__(self) -> str:
        return (
            f"<FlatExplanation: recall {recall_number(self.recall, 3)} of {len(self)}, {BASES[self.basis]}>"
        )

    @property
    def recall(self) -> float:
        """Share of the true neighbours that a search for k returns; 1 where there are none to find."""
        return self.near.counted(self.returned) / len(self) if len(self) else 1.0

    @property
    def missed(self) -> Ids:
        """Row ids of the true neighbours that it does not return, nearest first, int64 (n,)."""
        return self.near.lost(np.ones(len(self.returned), np.bool_), self.returned)

    def reason(self, row_id: int) -> str:
        """Say in one sentence why a true neighbour is returned, or why not.

        Raises
        ------
        ValueError
            If the row is none of ``ids``.
        """
        row_id = as_int(row_id, "row_id", least=None)
        if row_id not in self.ids:
            raise ValueError(f"row_id must be one of the true neighbours, got {row_id}")
        if row_id in self.missed:
            return f"Lost to its code: those of {len(self)} other vectors are as near or nearer."
        return "Every vector is compared, and it is among the nearest."


@dataclass(frozen=True, slots=True, eq=False)
class FlatVerdict:
    """The place of one row for a query of a flat index.

    Attributes
    ----------
    id : int
        The row.
    distance : float
        Its distance to the query as the index reports it.
    position : int
        One more than the number of vectors that are strictly nearer, by what the index stores: a search for
        that many returns it, but for others at its distance.
    """

    id: int
    distance: float
    position: int


@dataclass(frozen=True, eq=False)
class FlatWorkload:
    """What the codes of a flat index lose, over many queries.

    Attributes
    ----------
    recalls : float64 (n,)
        The recall of each query, in order.
    k : int
        Neighbours of each.
    ids : int64 (n,) or None
        The row ids of the queries; None for vectors.
    """

    recalls: npt.NDArray[np.float64]
    k: int
    ids: Ids | None

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.recalls)

    def __repr__(self) -> str:
        return f"<FlatWorkload of {len(self):,} queries, k={self.k}, recall {recall_number(self.recall, 3)}>"

    @property
    def recall(self) -> float:
        """Mean recall: what is missing to 1 is lost to the codes."""
        return float(self.recalls.mean())

    def hardest(self, n: int = 10) -> Ids:
        """Return the positions of the queries with the lowest recall, the lowest first, int64 (n,)."""
        return np.argsort(self.recalls, kind="stable")[: as_int(n, "n")]
