"""Checks of graphs: links must lead to existing nodes.

Each function yields a sentence per misfit, as in ``check_sizes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np

from feder_widget.faiss_internals.admission.check_codecs import Misfit, equal


def hnsw(index: Any) -> Iterator[Misfit]:
    """Check the graph of an HNSW index.

    A search enters at ``entry_point`` on ``max_level`` and follows links down; ``levels`` counts the levels
    that a node is on, and its links on level l are ``cum_nneighbor_per_level[l:l + 2]`` beyond its offset.
    """
    graph = index.hnsw
    n = index.ntotal
    levels, offsets = (
        faiss.vector_to_array(graph.levels),
        faiss.vector_to_array(graph.offsets).astype(np.int64),
    )
    links = faiss.vector_to_array(graph.neighbors)
    begins = faiss.vector_to_array(graph.cum_nneighbor_per_level).astype(np.int64)
    yield from equal("nodes with a level", len(levels), n)
    yield from equal("offsets of links", len(offsets), n + 1)
    if n == 0:
        return
    if len(begins) < 2 or (np.diff(begins) < 0).any() or begins[0] != 0:
        yield "the levels of the graph have no room for links"
    if not 1 <= levels.min() <= levels.max() < len(begins):
        yield f"a node must be on 1 to {len(begins) - 1} levels, got {levels.min()} to {levels.max()}"
    if not 0 <= graph.entry_point < n or levels[graph.entry_point] <= graph.max_level or graph.max_level < 0:
        yield f"the entry point {graph.entry_point} must be one of {n} nodes and on level {graph.max_level}"
    if offsets[0] != 0 or (np.diff(offsets) != begins[levels]).any():
        yield "the links of a node overlap those of another"
    yield from equal("number of links", len(links), int(offsets[-1]))
    if len(links) and not -1 <= links.min() <= links.max() < n:
        yield f"links must lead to nodes 0 to {n - 1}, got {links.min()} to {links.max()}"
    for level in range(1, int(levels.max())):
        width = np.arange(begins[level], begins[level + 1])
        ends = links[(offsets[:-1][levels > level, None] + width).ravel()]
        if (levels[ends[ends >= 0]] <= level).any():
            yield f"a link on level {level} leads to a node that is not on it"


def nsg(index: Any) -> Iterator[Misfit]:
    """Check the graph of an NSG index: ``K`` links per node, -1 for none."""
    if not index.nsg.is_built:
        yield "the graph is not built"
    n = index.ntotal
    graph = index.nsg.get_final_graph()
    yield from equal("nodes of the graph", graph.N, n)
    links = faiss.rev_swig_ptr(graph.data, graph.N * graph.K)
    if len(links) and not -1 <= links.min() <= links.max() < n:
        yield f"links must lead to nodes 0 to {n - 1}, got {links.min()} to {links.max()}"
    if not 0 < index.nsg.search_L <= n:
        yield f"search_L must be between 1 and {n}, the number of nodes, got {index.nsg.search_L}"
    if not 0 <= index.nsg.enterpoint < n:
        yield f"the entry point must be one of {n} nodes, got {index.nsg.enterpoint}"
