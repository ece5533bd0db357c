"""The true neighbours of one query in a graph, and at which efSearch a search finds each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from feder_widget.model.arguments import as_int
from feder_widget.model.plot_functions import plot
from feder_widget.truth.graph.ef_spans import EfSpans
from feder_widget.truth.ledger import BASES, Basis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """How a walk comes to a node.

    Attributes
    ----------
    row_id : int
        The node, as its row id.
    need : int
        The smallest efSearch that visits it.
    led_by : int or None
        Row id of the visited node whose links lead to it; None for the node at which the walk begins.
    gate : int or None
        Row id of the node for which ``need`` visited ones less one are nearer when its turn comes: the search
        must not stop there. None where every efSearch visits the node.
    """

    row_id: int
    need: int
    led_by: int | None
    gate: int | None


@dataclass(frozen=True, eq=False)
class GraphExplanation:
    """The k true neighbours of one query of a graph.

    Attributes
    ----------
    ids : int64 (m,)
        Row ids, nearest first, as an exhaustive search returns them; m is k, or fewer where the index holds
        fewer vectors.
    distances : float32 (m,)
        Their distances: as the index reports them, or to the vectors given, under the same metric.
    approaches : tuple of Approach or None
        How a walk comes to each; None where no path leads to it.
    spans : EfSpans
        From which efSearch on a search finds each; the methods below read it.
    basis : "vectors", "lists" or "codes"
        The definition of the neighbours: by the vectors given to ``open_index``, by those stored in the
        index, or by its codes.
    distance_name : str
        Name of ``distances``.
    """

    ids: Ids
    distances: npt.NDArray[np.float32]
    approaches: tuple[Approach | None, ...]
    spans: EfSpans
    basis: Basis
    distance_name: str

    def __len__(self) -> int:
        """Return the number of true neighbours."""
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<GraphExplanation: {len(self)} true neighbours, {BASES[self.basis]}>"

    @property
    def ntotal(self) -> int:
        """Vectors in the index; ``ntotal + 1`` stands for an efSearch where none serves."""
        return self.spans.ntotal

    @property
    def holds_until(self) -> int:
        """The largest efSearch that one walk tells of; beyond it, ``recall`` and ``missed`` search.

        Nodes of one distance end it, and a neighbour that a second pass returns, loses and returns again.
        """
        return self.spans.holds_until

    @property
    def visited_from(self) -> Ids:
        """The smallest efSearch that visits each, int64 (m,); ``ntotal + 1`` where no path leads to it.

        Where distances tie, as the longest walk visits it; see ``holds_until``.
        """
        return self.spans.visited_from[: len(self)]

    @property
    def returned_from(self) -> Ids:
        """The efSearch from which on each is returned, int64 (m,); ``ntotal + 1`` for one that never is.

        Beyond ``holds_until``, as the longest walk says it: only ``recall`` and ``missed`` tell for sure.
        """
        return self.spans.returned_from[: len(self)]

    @property
    def returned_until(self) -> Ids:
        """The efSearch from which on each is pushed out, int64 (m,); ``ntotal + 1`` for one that stays."""
        return self.spans.returned_until[: len(self)]

    @property
    def found_at(self) -> Ids:
        """The smallest efSearch that finds 1, 2, … m of them, ascending, int64 (m,).

        ``ntotal + 1`` where none does. Beyond ``holds_until``, a search tells at every efSearch up to 64, at
        eight from one power of two to the next up to 1,024, and at 2,048, 4,096, ….
        """
        return self.spans.found_at(self.ntotal)

    @property
    def ef_needed(self) -> int:
        """The smallest efSearch that finds all true neighbours; ``ntotal + 1`` when none does."""
        return int(self.found_at[-1]) if len(self) else 1

    @overload
    def recall(self, ef_search: int) -> float: ...
    @overload
    def recall(self, ef_search: npt.ArrayLike) -> float | npt.NDArray[np.float64]: ...
    def recall(self, ef_search: npt.ArrayLike) -> float | npt.NDArray[np.float64]:
        """Return the share of the true neighbours that a search for k results finds.

        Parameters
        ----------
        ef_search : int or int array_like (n,)
            At least 1. Beyond ``holds_until``, each takes a search.

        Returns
        -------
        float, or float64 (n,)
            Between 0 and 1; 1 where there are no neighbours to find.
        """
        wanted = np.asarray(ef_search)
        if wanted.dtype.kind not in "iu":
            raise TypeError(f"ef_search must be an int or an array of ints, got {wanted.dtype}")
        if (wanted < 1).any():
            raise ValueError(f"ef_search must be at least 1, got {int(wanted.min())}")
        hits = [self.spans.hits(value) for value in wanted.reshape(-1).tolist()]
        share = (
            np.array(hits, np.float64).reshape(wanted.shape) / len(self)
            if len(self)
            else np.ones(wanted.shape)
        )
        return float(share) if wanted.ndim == 0 else share

    def missed(self, ef_search: int) -> Ids:
        """Return the row ids of the true neighbours that a search does not find, nearest first, int64 (n,).

        A neighbour whose place is taken by another vector at the same distance is not missed.
        """
        returned = self.spans.returned(as_int(ef_search, "ef_search"))
        return self.spans.near.lost(np.ones(len(returned), bool), returned)

    def reason(self, row_id: int) -> str:
        """Return in one sentence from which efSearch on a true neighbour is found, and what stands before it.

        Raises
        ------
        ValueError
            If the row is none of ``ids``.
        """
        row_id = as_int(row_id, "row_id", least=None)
        at = np.flatnonzero(self.ids == row_id)
        if not len(at):
            raise ValueError(f"row_id must be one of the true neighbours, got {row_id}")
        place = int(at[0])
        approach = self.approaches[place]
        if approach is None:
            return "No path leads to it."
        spans = self.spans
        if self.holds_until < self.returned_from[place] <= self.ntotal:
            known = self.holds_until
            before = f"No efSearch up to {known} finds it. Beyond that, distances" if known else "Distances"
            return f"{before} tie or results come back, so that only a search tells: missed(ef_search)."
        if spans.handed_from[place] > self.ntotal:
            return f"efSearch {approach.need} visits it, but {spans.k_base} vectors have nearer codes."
        if self.returned_from[place] > self.ntotal:
            return (
                f"efSearch {spans.handed_from[place]} hands it to the second pass, where {len(self)} vectors "
                "are nearer."
            )
        until = int(self.returned_until[place])
        later = f" From efSearch {until} on, nearer codes push it out." if until <= self.ntotal else ""
        if approach.gate is None or self.visited_from[place] == 1:
            return f"Every efSearch visits it.{later}"
        behind = "" if approach.led_by == approach.gate else f", behind row {approach.gate}"
        return (
            f"Row {approach.led_by} leads to it{behind}: when its turn comes, {approach.need - 1} visited "
            f"ones are nearer, so it takes efSearch {approach.need}.{later}"
        )

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw recall at every efSearch; see ``figures.recall``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``ef_search`` and ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("recall", self, ax, options)
