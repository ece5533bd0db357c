"""The recall lost at each stage: to the coarse search, to the code, to the re-ranking. The parts add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from feder_widget.model.plot_functions import plot
from feder_widget.model.shares import NO_BREAK, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Basis = Literal["vectors", "lists", "codes"]
"""Definition of the true neighbours: by the vectors given, vectors stored whole in the lists, or codes."""

BASES: dict[Basis, str] = {
    "vectors": "exact, by the original vectors",
    "lists": "exact, by the vectors in the index",
    "codes": "as the codes see it",
}
"""The words for each basis."""

WITHOUT_VECTORS = (
    "the losses of the code cannot be computed from the codes: pass the original vectors, "
    "open_index(source, vectors=...)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The fate of each true neighbour of one query in a search: returned, or lost at one of three stages.

    Where several vectors are at the distance of the last true neighbour, any of them serves. A stage loses
    one only where it leaves fewer of them than there are places; the last ones in order are listed as lost.

    Attributes
    ----------
    nprobe : int
        Clusters probed.
    hits : int64 (n,)
        Row ids of the neighbours that the search returned, nearest first, as in the other arrays.
    lost_to_coarse : int64 (n,)
        Neighbours whose cluster was not probed, or that come after the search stopped (``max_codes``).
    lost_to_code : int64 (n,)
        Neighbours in probed clusters that are not among the k nearest by the distances to codes; where the
        index refines, not among the rows that the first pass hands over.
    lost_to_rerank : int64 (n,)
        Neighbours handed over that are not among the k nearest by the distances of the re-ranking.
    basis : "vectors" or "lists"
        The definition of the true neighbours: by the vectors given, or by the vectors in the index.
    wrongly_ranked : int64 (n,)
        Those of ``lost_to_coarse`` whose cluster is among the nprobe nearest: an approximate coarse quantizer
        ranked it behind others. A wider coarse search finds them, as a larger nprobe may.
    """

    nprobe: int
    hits: npt.NDArray[np.int64]
    lost_to_coarse: npt.NDArray[np.int64]
    lost_to_code: npt.NDArray[np.int64]
    lost_to_rerank: npt.NDArray[np.int64]
    basis: Basis
    wrongly_ranked: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of true neighbours: k, or fewer where the index holds fewer vectors."""
        return len(self.hits) + self.lost

    def __repr__(self) -> str:
        return f"<Ledger at nprobe {self.nprobe}: {self.sentence}>"

    @property
    def lost(self) -> int:
        """How many true neighbours were not returned."""
        return len(self.lost_to_coarse) + len(self.lost_to_code) + len(self.lost_to_rerank)

    @property
    def recall(self) -> float:
        """The share that was returned, 0 to 1; 1 where there are none."""
        return len(self.hits) / len(self) if len(self) else 1.0

    @property
    def sentence(self) -> str:
        """The ledger in words."""
        neighbours = "true neighbour" if len(self) == 1 else "true neighbours"
        if not self.lost:
            found = f"all {len(self)} {neighbours} are" if len(self) != 1 else "the true neighbour is"
            return f"{found} found ({BASES[self.basis]})"
        wrongly = len(self.wrongly_ranked)
        parts = [
            f"{count} to {stage}"
            for count, stage in (
                (len(self.lost_to_coarse) - wrongly, "the coarse search (clusters not probed)"),
                (wrongly, "the coarse quantizer (clusters ranked wrongly)"),
                (len(self.lost_to_code), "the code"),
                (len(self.lost_to_rerank), "the re-ranking"),
            )
            if count
        ]
        verb = "is" if self.lost == 1 else "are"
        return (
            f"{self.lost} of {len(self)} {neighbours} {verb} lost: {', '.join(parts)} ({BASES[self.basis]})"
        )

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the ledger as one bar; see ``figures.ledger``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("ledger", self, ax, options)


@dataclass(frozen=True, slots=True)
class MeanLedger:
    """The mean of the ledgers of many queries: four shares of the true neighbours, which add up to 1.

    Attributes
    ----------
    nprobe : int
        Clusters probed.
    recall : float
        Share returned.
    lost_to_coarse, lost_to_code, lost_to_rerank : float
        Shares lost; see ``Ledger``.
    basis : "vectors" or "lists"
        The definition of the true neighbours.
    """

    nprobe: int
    recall: float
    lost_to_coarse: float
    lost_to_code: float
    lost_to_rerank: float
    basis: Basis

    @classmethod
    def of(cls, ledgers: Sequence[Ledger]) -> MeanLedger:
        """Return the mean of some ledgers, at least one, each with the same weight.

        Raises
        ------
        ValueError
            If there is none, or if they are of searches at different nprobe.
        """
        if len({(each.nprobe, each.basis) for each in ledgers}) != 1:
            raise ValueError(f"ledgers must be of searches at one nprobe, at least one, got {len(ledgers)}")
        some = [each for each in ledgers if len(each)]
        shares = [
            [len(each.lost_to_coarse), len(each.lost_to_code), len(each.lost_to_rerank)] for each in some
        ]
        lost = np.mean(np.array(shares) / [[len(each)] for each in some], axis=0) if some else np.zeros(3)
        coarse, code, rerank = lost.tolist()
        recall = float(np.mean([each.recall for each in ledgers]))
        return cls(ledgers[0].nprobe, recall, coarse, code, rerank, ledgers[0].basis)

    @property
    def sentence(self) -> str:
        """The ledger in words."""
        recall, coarse, code, rerank = (
            percent(share).replace(NO_BREAK, "")
            for share in (self.recall, self.lost_to_coarse, self.lost_to_code, self.lost_to_rerank)
        )
        return (
            f"recall {recall} at nprobe {self.nprobe}; lost {coarse} to the coarse search, {code} to the "
            f"code, {rerank} to the re-ranking ({BASES[self.basis]})"
        )
