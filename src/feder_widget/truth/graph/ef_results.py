"""The results of a graph search at every efSearch, from one walk.

A search at an efSearch visits the first nodes of the walk. Its first pass keeps the nearest of them by
Faiss's rule for ties (``model.top_k``). A heap knows only what it holds, so its contents and the next visits
give its later contents. The second pass, where the index has one, compares the nodes kept once more and
returns the k best. A node that the first pass has dropped never comes back. A result may, because the first
pass also drops nodes that the second pass prefers to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.model.graph_source import GraphSource
from feder_widget.model.graph_walk import Walk
from feder_widget.model.keys import keys_of
from feder_widget.model.top_k import top_k_places

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class EfResults:
    """The results of a search for k at every efSearch. Places are positions among the visits of the walk.

    Attributes
    ----------
    walk : Walk
        The walk.
    ef_from : int64 (s,)
        The smallest efSearch of each state of the search, ascending; the first is 1.
    kept : tuple of int64 (<= k_base,)
        Places of the nodes that the first pass keeps in each state.
    returned : tuple of int64 (<= k,)
        Places of the results in each state, nearest first.
    distances : float32 (v,)
        The distances that order the results, by place; NaN for nodes that are never kept.
    holds_until : int
        The largest efSearch up to which this holds; ``ntotal`` where the walk has visited all that it can.
    """

    walk: Walk
    ef_from: Ids
    kept: tuple[Ids, ...]
    returned: tuple[Ids, ...]
    distances: Float32Array
    holds_until: int


def results_by_ef(file: GraphSource, walk: Walk, query: Float32Array, k: int) -> EfResults:
    """Return the results of a search for k at every efSearch.

    Parameters
    ----------
    file : GraphSource
        A Faiss graph. Not changed.
    walk : Walk
        The walk of the query.
    query : float32 (dim,)
        Before the transforms.
    k : int
        Results of the engine's search, the row searched for among them.
    """
    second, similarity = file.second_pass, walk.similarity
    ef_from, kept = _kept(walk, k if second is None else second.k_base(k))
    distances = np.full(len(walk), np.nan, np.float32)
    compared = np.unique(np.concatenate([np.empty(0, np.int64), *kept]))
    found = walk.distances[compared] if second is None else second.distances(query, walk.nodes[compared])
    distances[compared] = found
    returned = [places[top_k_places(walk.nodes[places], distances[places], k, similarity)] for places in kept]
    holds_until = walk.ef_search
    if walk.is_tied:
        holds_until = walk.holds_until
    elif walk.is_exhausted:
        holds_until = file.ntotal
    # A heap that Faiss fills with infinite distances or NaN orders them in its own way.
    if not np.isfinite(found).all():
        holds_until = 0
    return EfResults(walk, np.array(ef_from, np.int64), tuple(kept), tuple(returned), distances, holds_until)


def _kept(walk: Walk, k_base: int) -> tuple[list[int], list[Ids]]:
    """Return the smallest efSearch of each state of the first pass, and the places that it keeps."""
    keys = keys_of(walk.distances, walk.similarity)
    starts = np.flatnonzero(np.diff(walk.need, prepend=0))
    ends = np.append(starts[1:], len(walk))
    places = np.empty(0, np.int64)
    ef_from: list[int] = []
    kept: list[Ids] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        new = np.arange(start, end)
        if len(places) == k_base:
            new = new[keys[new] < keys[places[-1]]]
        if not len(new):
            continue
        held = np.concatenate([places, new])
        places = held[top_k_places(walk.nodes[held], walk.distances[held], k_base, walk.similarity)]
        ef_from.append(int(walk.need[start]))
        kept.append(places)
    return ef_from, kept
