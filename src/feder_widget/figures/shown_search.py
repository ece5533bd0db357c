"""A search as the page shows it: without the query's own row, with its missed neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines import IvfIndex
from feder_widget.model.arguments import as_bool, as_int
from feder_widget.model.query import Query
from feder_widget.model.search_trace import SearchTrace
from feder_widget.model.work_pieces import drain
from feder_widget.truth import Explanation

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Results or missed neighbours, each array (n,).

    Attributes
    ----------
    ids : int64
        Row ids.
    distances : float32
        As the index reports them; NaN where that is unknown.
    clusters, ranks : int64
        The cluster of each, and its rank; -1 where that is unknown.
    places : int64
        Place among the results or, of missed neighbours, among the true neighbours, from 1.
    """

    ids: Ids
    distances: npt.NDArray[np.float32]
    clusters: Ids
    ranks: Ids
    places: Ids

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ids)

    def first(self, count: int) -> Rows:
        """Return the first rows, so many at most."""
        some = slice(count)
        return Rows(
            self.ids[some], self.distances[some], self.clusters[some], self.ranks[some], self.places[some]
        )


def placed_among(results: Rows, true_ids: Ids) -> Rows:
    """Return results with their places among the true neighbours; 0 for none."""
    place_of = {row_id: i + 1 for i, row_id in reversed(list(enumerate(true_ids.tolist())))}
    places = [place_of.get(row_id, 0) for row_id in results.ids.tolist()]
    return replace(results, places=np.array(places, np.int64))


def no_rows() -> Rows:
    """Return no rows."""
    none = np.zeros(0, np.int64)
    return Rows(none, np.zeros(0, np.float32), none, none, none)


@dataclass(frozen=True, slots=True, eq=False)
class ShownSearch:
    """One search at one nprobe, and its missed neighbours.

    Attributes
    ----------
    index : IvfIndex
        The index searched.
    query : Query
        The query.
    nprobe, k : int
        Clusters probed and results asked for.
    include_self : bool
        Whether a row counts among its own results and neighbours.
    trace : SearchTrace
        The search; of a row that is left out, a search for more results.
    results : Rows
        The results shown, nearest first.
    missed : Rows
        True neighbours that are no results, nearest first; none where ``explanation`` is None.
    explanation : Explanation or None
        The true neighbours; None where they are unavailable.
    """

    index: IvfIndex
    query: Query
    nprobe: int
    k: int
    include_self: bool
    trace: SearchTrace
    results: Rows
    missed: Rows
    explanation: Explanation | None

    @property
    def probed(self) -> Ids:
        """The ranks of the clusters scanned, from 1."""
        return np.arange(1, len(self.trace.fine) + 1)

    @property
    def found(self) -> int:
        """How many true neighbours are results."""
        return 0 if self.explanation is None else len(self.explanation) - len(self.missed)

    @property
    def placed_results(self) -> Rows:
        """The results with their places among the true neighbours, where these are known; 0 for none."""
        return self.results if self.explanation is None else placed_among(self.results, self.explanation.ids)


def shown_search(
    index: IvfIndex,
    query: Any,
    nprobe: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    explain: bool = True,
) -> ShownSearch:
    """Search, and find the missed neighbours; arguments as for ``figures.distances``."""
    steps = shown_search_steps(index, query, nprobe, k, include_self=include_self)
    if explain:
        *_, last = steps
        return last
    return next(steps)


def shown_search_steps(
    index: IvfIndex,
    query: Any,
    nprobe: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[ShownSearch]:
    """Yield the search without its true neighbours, then with them where they come in time.

    Parameters
    ----------
    is_late : function
        Asked every few milliseconds; true leaves the true neighbours out.
    """
    if query is None:
        raise TypeError("a figure of a search needs a query: a row id or a vector, got None")
    found, k = index.query(query), as_int(k, "k")
    wanted = min(index.stored_nprobe, index.nlist) if nprobe is None else nprobe
    include_self = as_bool(include_self, "include_self")
    own = drain(index.own_row_steps(found, include_self=include_self))
    # More results than vectors would only be filling.
    most = min(k, index.ntotal + 1)
    trace = index.trace(found, wanted, most if own is None else most + own.copies)
    wanted = int(wanted)
    kept = np.flatnonzero(trace.ids != -1) if own is None else own.others(trace.ids, most)
    results = results_of(trace, kept)
    yield ShownSearch(index, found, wanted, k, include_self, trace, results, no_rows(), None)
    if index.why_unexplained is not None or index.ntotal == 0:
        return
    steps = index.explain_steps(found, k, include_self=include_self)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            explanation: Explanation = end.value
            break
        if is_late():
            return
    missed = _missed(index, found, explanation, wanted)
    yield ShownSearch(index, found, wanted, k, include_self, trace, results, missed, explanation)


def results_of(trace: SearchTrace, kept: npt.NDArray[np.intp]) -> Rows:
    """Return results with the cluster that each was found in."""
    scan = trace.fine.scan
    ids, distances = trace.ids[kept], trace.distances[kept]
    clusters, ranks = np.full(len(ids), -1), np.full(len(ids), -1)
    places = np.flatnonzero(np.isin(scan.ids, ids))
    taken: set[int] = set()
    for i, row_id in enumerate(ids.tolist()):
        # Rows of several clusters may share an id.
        alike = [at for at in places[scan.ids[places] == row_id].tolist() if at not in taken]
        alike.sort(key=lambda at: scan.distances[at] != distances[i])
        if alike:
            taken.add(alike[0])
            step = int(np.searchsorted(scan.lims, alike[0], side="right")) - 1
            clusters[i], ranks[i] = scan.clusters[step], step + 1
    return Rows(ids, distances, clusters, ranks, np.arange(1, len(ids) + 1))


def neighbours_at(explanation: Explanation, ids: Ids) -> Rows:
    """Return some of the true neighbours, by their ids in order, at their distances as explained."""
    remaining = ids.tolist()
    at = []
    for i, row_id in enumerate(explanation.ids.tolist()):
        if row_id in remaining:
            remaining.remove(row_id)
            at.append(i)
    places = np.array(at, np.intp)
    distances = np.asarray(explanation.distances[places], np.float32)
    clusters, ranks = explanation.clusters[places], explanation.ranks[places]
    return Rows(explanation.ids[places], distances, clusters, ranks, places + 1)


def _missed(index: IvfIndex, query: Query, explanation: Explanation, nprobe: int) -> Rows:
    """Return the missed neighbours, at the distances that the lists have for them."""
    missed = neighbours_at(explanation, explanation.missed(nprobe))
    if explanation.basis != "vectors" or not len(missed):
        return missed
    distances = np.full(len(missed), np.nan, np.float32)
    scan = index.scan(query, np.unique(missed.clusters))
    homes = scan.clusters.repeat(np.diff(scan.lims))
    for i, (row_id, cluster) in enumerate(zip(missed.ids.tolist(), missed.clusters.tolist(), strict=True)):
        same = np.flatnonzero((scan.ids == row_id) & (homes == cluster))
        if len(same):
            distances[i] = scan.distances[same[0]]
    return replace(missed, distances=distances)
