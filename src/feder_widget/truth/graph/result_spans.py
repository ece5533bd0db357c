"""The spans of efSearch over which a search returns some nodes, where codes or a second pass decide.

The results at every efSearch come from ``ef_results``. A walk that ends before it has visited all reachable
nodes does not show whether a later visit pushes a result out. ``Limits`` show it: a node among the ``k_base``
nearest of all vectors by the distances of the walk is always kept once it is visited.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_source import GraphSource, ranked_by
from feder_widget.model.keys import keys_of
from feder_widget.model.vector_source import VectorSource
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.graph.ef_results import EfResults

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Float32Array = npt.NDArray[np.float32]

ROUNDING = 1e-5
"""Relative difference of two computations of one distance, at most."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Keys below which a node cannot be pushed out; a smaller key is nearer.

    Attributes
    ----------
    first : float
        By the distance of the walk: at most ``k_base`` vectors of the index are as near.
    second : float
        By the distance of the second pass: at most k vectors other than the query's own row are as near.
    """

    first: float
    second: float


def limits_steps(
    file: GraphSource, query: Float32Array, k: int, own: int, work: int = WHOLE
) -> Steps[Limits]:
    """Return the limits for a search, by one exhaustive search for each pass.

    Parameters
    ----------
    file : GraphSource
        The index. Not changed.
    query : float32 (dim,)
        Before the transforms.
    k : int
        Results without the row searched for.
    own : int
        The node that does not count; -1 for none.
    work : int
        Multiplications per piece.
    """
    second, asked = file.second_pass, k if own < 0 else k + 1
    k_base = asked if second is None else second.k_base(asked)
    first_limit = yield from _limit_steps(file, query, k_base, -1, work)
    if second is None:
        return Limits(first_limit, np.inf)
    return Limits(first_limit, (yield from _limit_steps(ranked_by(file), query, k, own, work)))


def _limit_steps(source: VectorSource, query: Float32Array, count: int, own: int, work: int) -> Steps[float]:
    """Return a key that at most ``count`` vectors but the own one are below, with a margin for rounding."""
    wanted = count + 2
    if wanted > source.ntotal:
        return float(np.inf)
    vector = source.transform(query[None])[0]
    nodes, distances = yield from source.nearest_steps(vector, wanted, work)
    keys = keys_of(distances[(nodes >= 0) & (nodes != own)], source.similarity)
    if len(keys) <= count:
        return float(np.inf)
    margin = ROUNDING * float(np.abs(keys).max())
    return float(keys[count]) - margin


@dataclass(frozen=True, slots=True, eq=False)
class ResultSpans:
    """Where some nodes are kept by the first pass, and where they are results; see ``EfSpans``.

    Attributes
    ----------
    handed_from, handed_until, returned_from, returned_until : int64 (n,)
        ``ntotal + 1`` for never.
    holds_until : int
        The largest efSearch up to which this holds.
    """

    handed_from: Ids
    handed_until: Ids
    returned_from: Ids
    returned_until: Ids
    holds_until: int


def result_spans(results: EfResults, places: Ids, k: int, own: int, ntotal: int) -> ResultSpans:
    """Return the spans of some nodes.

    Parameters
    ----------
    results : EfResults
        The results of a search for k, or for k + 1 where there is an own node.
    places : int64 (n,)
        Places of the nodes among the visits; -1 for one that was not visited.
    k : int
        Results without the own node.
    own : int
        The node that does not count; -1 for none.
    ntotal : int
        Vectors in the index.
    """
    nodes = results.walk.nodes
    returned = [row[nodes[row] != own][:k] for row in results.returned]
    kept_from, kept_until, _ = _spans(results.kept, results.ef_from, places, ntotal + 1)
    from_, until, back = _spans(returned, results.ef_from, places, ntotal + 1)
    return ResultSpans(kept_from, kept_until, from_, until, min(results.holds_until, back - 1))


def are_settled(results: EfResults, limits: Limits, places: Ids, k: int, own: int) -> bool:
    """Return whether no longer walk changes which of some nodes are results; arguments as above."""
    walk = results.walk
    kept = results.kept[-1][walk.nodes[results.kept[-1]] != own]
    first = keys_of(walk.distances, walk.similarity)
    second = keys_of(results.distances, walk.similarity)
    staying = second[kept[first[kept] < limits.first]]
    returned = results.returned[-1]
    returned = returned[walk.nodes[returned] != own][:k]
    for place in places[np.isin(places, kept)].tolist():
        if place in returned:
            if not (first[place] < limits.first and second[place] < limits.second):
                return False
        elif np.count_nonzero(staying < second[place]) < k:
            return False
    return True


def _spans(rows: list[Ids] | tuple[Ids, ...], ef_from: Ids, places: Ids, never: int) -> tuple[Ids, Ids, int]:
    """Return where each place is among the rows at first, and where no longer, and where one comes back."""
    states = np.arange(len(rows))[:, None]
    member = np.stack([np.isin(places, row) for row in rows]) & (places >= 0)
    is_ever = member.any(axis=0)
    begin = member.argmax(axis=0)
    gone = ~member & (states > begin) & is_ever
    is_left = gone.any(axis=0)
    end = gone.argmax(axis=0)
    back = (member & (states > end) & is_left).any(axis=1)
    return (
        np.where(is_ever, ef_from[begin], never),
        np.where(is_left, ef_from[end], never),
        int(ef_from[back.argmax()]) if back.any() else never,
    )
