"""The true neighbours of one query in a graph, and at which efSearch a search finds each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from feder_widget.model.arguments import as_int
from feder_widget.truth.ledger import BASES, Basis
from feder_widget.truth.search_stages import Near

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


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


@dataclass(frozen=True, slots=True, eq=False)
class EfSpans:
    """From which efSearch on a search finds each vector that can count as a true neighbour.

    ``ntotal + 1`` stands for an efSearch where none serves.

    Attributes
    ----------
    near : Near
        The true neighbours, and all others at the distance of the last of them.
    visited_from : int64 (n,)
        The smallest efSearch that visits each.
    returned_from, returned_until : int64 (n,)
        It is a result where ``returned_from <= efSearch < returned_until``. Nearer codes may push one out
        again; elsewhere ``returned_until`` is ``ntotal + 1``.
    ntotal : int
        Vectors in the index.
    holds_until : int
        The largest efSearch up to which this holds: beyond it, nodes of one distance were expanded, and only
        a search tells.
    search : function
        Returns which of ``near`` the index's own search finds at an efSearch, bool (n,).
    """

    near: Near
    visited_from: Ids
    returned_from: Ids
    returned_until: Ids
    ntotal: int
    holds_until: int
    search: Callable[[int], Mask]

    def returned(self, ef_search: int) -> Mask:
        """Return which are results at an efSearch, bool (n,)."""
        if ef_search > self.holds_until:
            return self.search(ef_search)
        found: Mask = (self.returned_from <= ef_search) & (ef_search < self.returned_until)
        return found

    def hits(self, ef_search: int) -> int:
        """Return how many true neighbours are results at an efSearch."""
        return self.near.counted(self.returned(ef_search))

    def found_at(self, ef_max: int) -> Ids:
        """Return the smallest efSearch that finds 1, 2, … m true neighbours, ascending, int64 (m,).

        ``ntotal + 1`` where none up to ``ef_max`` does. Beyond ``holds_until``, of 1, 2, 4, 8, … and
        ``ef_max``.
        """
        spans = np.concatenate([self.returned_from, self.returned_until])
        spans = spans[spans <= self.holds_until]
        doubled = np.append(1 << np.arange(int(ef_max).bit_length()), ef_max)
        values = np.unique(np.concatenate([spans, doubled[doubled > self.holds_until]]))
        values = values[(values >= 1) & (values <= ef_max)]
        found = np.array([self.hits(value) for value in values.tolist()], np.int64)
        places = np.searchsorted(np.maximum.accumulate(found), np.arange(1, self.near.count + 1))
        return np.append(values, self.ntotal + 1)[places]


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
        """The largest efSearch that one walk tells of; beyond it, ``recall`` and ``missed`` search."""
        return self.spans.holds_until

    @property
    def visited_from(self) -> Ids:
        """The smallest efSearch that visits each, int64 (m,); ``ntotal + 1`` where no path leads to it.

        Where distances tie, as the longest walk visits it; see ``holds_until``.
        """
        return self.spans.visited_from[: len(self)]

    @property
    def returned_from(self) -> Ids:
        """The efSearch from which on each is returned, int64 (m,); ``ntotal + 1`` for one that never is."""
        return self.spans.returned_from[: len(self)]

    @property
    def returned_until(self) -> Ids:
        """The efSearch from which on each is pushed out, int64 (m,); ``ntotal + 1`` for one that stays."""
        return self.spans.returned_until[: len(self)]

    @property
    def found_at(self) -> Ids:
        """The smallest efSearch that finds 1, 2, … m of them, ascending, int64 (m,).

        ``ntotal + 1`` where none does. Beyond ``holds_until``, of 1, 2, 4, 8, … only, by a search at each.
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
        approach = self.approaches[int(at[0])]
        if approach is None:
            return "No path leads to it."
        if self.returned_from[at[0]] > self.ntotal:
            return f"efSearch {approach.need} visits it, but {len(self)} vectors have nearer codes."
        if approach.gate is None or self.visited_from[at[0]] == 1:
            return "Every efSearch visits it."
        behind = "" if approach.led_by == approach.gate else f", behind row {approach.gate}"
        return (
            f"Row {approach.led_by} leads to it{behind}: when its turn comes, {approach.need - 1} visited "
            f"ones are nearer, so it takes efSearch {approach.need}."
        )
