"""A search of a graph as the page shows it: without the query's own row, with its missed neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from feder_widget.engines import GraphIndex
from feder_widget.figures.graph_walk.scene import MissedMark
from feder_widget.figures.shown_search import Rows, no_rows, placed_among
from feder_widget.model.arguments import as_bool, as_int
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.model.query import Query
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_loss import Losses, graph_losses, known_from, needed_tag

AHEAD = 2.5
"""A larger efSearch is shown up to this many times the present one, or up to where it finds all."""

FARTHEST = 1024
"""It is not walked farther than to this efSearch, which takes a tenth of a second or so."""

WIDEST = 3
"""At most this many times as wide as the walk itself is what a larger efSearch visits."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownWalk:
    """One search of a graph at one efSearch, and its missed neighbours.

    Attributes
    ----------
    index : GraphIndex
        The index searched.
    query : Query
        The query.
    ef_search, ef_used, k : int
        The efSearch asked for and the one that the engine uses, and results asked for.
    include_self : bool
        Whether a row counts among its own results and neighbours.
    trace : GraphTrace
        The search; of a row that is left out, a search for one more result.
    results : Rows
        The results shown, nearest first.
    missed : Rows
        True neighbours that are no results, nearest first; none where ``explanation`` is None.
    explanation : GraphExplanation or None
        The true neighbours; None where they are unavailable.
    losses : list of str or None
        Why each true neighbour is missed, None for those that came back.
    """

    index: GraphIndex
    query: Query
    ef_search: int
    ef_used: int
    k: int
    include_self: bool
    trace: GraphTrace
    results: Rows
    missed: Rows
    explanation: GraphExplanation | None
    losses: Losses

    @property
    def found(self) -> int:
        """How many true neighbours are results."""
        return 0 if self.explanation is None else len(self.explanation) - len(self.missed)

    @property
    def handed_over(self) -> int:
        """How many nodes the first pass hands to a second one; 0 where there is none."""
        second = self.index.graph_file.second_pass
        return 0 if second is None else second.k_base(len(self.trace.ids))

    @property
    def placed_results(self) -> Rows:
        """The results with their places among the true neighbours, where these are known; 0 for none."""
        return self.results if self.explanation is None else placed_among(self.results, self.explanation.ids)

    @property
    def marks(self) -> dict[int, MissedMark]:
        """The missed neighbours by their row ids, for a picture of the walk."""
        return {} if self.explanation is None else missed_marks(self.explanation, self.losses)


def shown_walk(
    index: GraphIndex, query: Any, ef_search: int | None = None, k: int = 9, *, include_self: bool = False
) -> ShownWalk:
    """Search, and find the missed neighbours; arguments as for ``GraphIndex.trace``."""
    *_, last = shown_walk_steps(index, query, ef_search, k, include_self=include_self)
    return last


def shown_walk_steps(
    index: GraphIndex,
    query: Any,
    ef_search: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[ShownWalk]:
    """Yield the search without its true neighbours, then with them where they come in time.

    Parameters
    ----------
    is_late : function
        Asked every few milliseconds; true leaves the true neighbours out.
    """
    found, k = index.query(query), as_int(k, "k")
    own = found.left_out(as_bool(include_self, "include_self"))
    # More results than vectors would only be filling.
    most = max(1, min(k if own is None else k + 1, index.ntotal))
    trace = index.trace(found, most, ef_search)
    used = max(trace.ef_search, index.graph_file.least_ef(most))
    results = results_in(trace, own, k)

    def shown(missed: Rows, explanation: GraphExplanation | None, losses: Losses) -> ShownWalk:
        return ShownWalk(
            index, found, trace.ef_search, used, k, include_self, trace, results, missed, explanation, losses
        )

    yield shown(no_rows(), None, [])
    if index.ntotal == 0:
        return
    steps = index.explain_steps(found, k, include_self=include_self)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            explanation: GraphExplanation = end.value
            break
        if is_late():
            return
    losses = graph_losses(explanation, trace.ef_search, used)
    yield shown(missed_rows(explanation, losses), explanation, losses)


def ahead_of(search: ShownWalk) -> GraphTrace:
    """Return a longer walk that begins with that of a search, as far as a picture shows it, with its results.

    The trace of the search itself where distances tie, or a longer walk does not tell.
    """
    trace, index, explanation = search.trace, search.index, search.explanation
    needs = []
    if explanation is not None:
        known = [known_from(explanation, i) for i, loss in enumerate(search.losses) if loss is not None]
        needs = [need for need in known if need is not None]
    wanted = min(index.ntotal, FARTHEST, max(math.ceil(AHEAD * search.ef_used), *needs, 0))
    if wanted <= search.ef_used:
        return trace
    walk, file = index.walk(search.query, wanted), index.graph_file
    most = WIDEST * (trace.descent.n_distances + len(trace.walk)) - trace.descent.n_distances
    shown = min(walk.holds_until, wanted if len(walk) <= most else int(walk.need[most]) - 1)
    if shown <= search.ef_used:
        return trace
    walk = walk.up_to(shown)
    deleted = ~file.can_be_found(walk.nodes)
    return replace(trace, walk=walk, visited=file.external_ids(walk.nodes), deleted=deleted)


def results_in(trace: GraphTrace, own: int | None = None, k: int | None = None) -> Rows:
    """Return the first k results of a trace, without filling and without one row."""
    kept = np.flatnonzero((trace.ids != -1) & (True if own is None else trace.ids != own))[:k]
    nowhere = np.full(len(kept), -1)
    return Rows(trace.ids[kept], trace.distances[kept], nowhere, nowhere, np.arange(1, len(kept) + 1))


def missed_marks(explanation: GraphExplanation, losses: Losses) -> dict[int, MissedMark]:
    """Return the missed neighbours by their row ids."""
    return {
        row_id: MissedMark(place + 1, known_from(explanation, place), needed_tag(explanation, place, loss))
        for place, (row_id, loss) in enumerate(zip(explanation.ids.tolist(), losses, strict=True))
        if loss is not None
    }


def missed_rows(explanation: GraphExplanation, losses: Losses) -> Rows:
    """Return the missed neighbours, at their distances as explained."""
    at = np.array([i for i, loss in enumerate(losses) if loss is not None], np.intp)
    nowhere = np.full(len(at), -1)
    distances = np.asarray(explanation.distances[at], np.float32)
    return Rows(explanation.ids[at], distances, nowhere, nowhere, at + 1)
