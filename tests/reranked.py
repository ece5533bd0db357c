"""Graphs that are re-ranked, for the tests, and Faiss's own searches of them."""

from __future__ import annotations

import faiss
import graphs

RERANKED = [variant for variant in graphs.VARIANTS if "+" in variant.name]
EFS = [*range(1, 50), 60, 64, 65, 80, 100, 128, 160, 200]


def faiss_search(index, query, k, ef):
    """Return ids, distances and counts of a search by Faiss alone."""
    graphs.core_of(index).hnsw.efSearch = ef
    faiss.cvar.hnsw_stats.reset()
    distances, ids = index.search(query[None], k)
    stats = faiss.cvar.hnsw_stats
    return ids[0], distances[0], (stats.ndis, stats.nhops)


def with_ties(name):
    """Return a re-ranked graph in which most distances tie, and queries of its dimension."""
    if "codes" in name:
        bits = "PQ3x4" if name.startswith("short") else "PQ6x4"
        return graphs.reranked(f"HNSW8_{bits},{name.rpartition(' ')[2]}", k_factor=3), graphs.vectors(
            60, seed=43
        )
    metric = faiss.METRIC_L2 if "L2" in name else faiss.METRIC_INNER_PRODUCT
    if name.startswith("whole numbers"):
        index = graphs.reranked("HNSW8,Flat,RFlat", metric, 1.6, graphs.whole_numbers())
        return index, graphs.whole_numbers(60, seed=43)
    data = graphs.vectors()
    data[:250] = data[250:500]
    return graphs.reranked("HNSW8_SQ8,RFlat", metric, 2, data), graphs.vectors(60, seed=43)


TIED = [
    "short codes, Refine(PQ12x4)",
    "short codes, Refine(PQ3x4)",
    "short codes, RFlat",
    "whole numbers, L2",
    "whole numbers, inner product",
    "copies, L2",
    "copies, inner product",
]
