"""Graph indexes for the tests: a registry of variants, and vectors that make walks long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import faiss
import numpy as np

ROWS = 2_500
DIM = 24


def vectors(count=ROWS, dim=DIM, seed=0):
    """Return vectors around many centres on a curved surface, float32 (count, dim)."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((60, 10))
    at = centres[rng.integers(0, 60, count)] + 0.5 * rng.standard_normal((count, 10))
    spread = np.random.default_rng(1).standard_normal((10, dim))
    return (np.tanh(at @ spread / 3) + 0.05 * rng.standard_normal((count, dim))).astype(np.float32)


def whole_numbers(count=ROWS, dim=6, seed=0):
    """Return vectors of small whole numbers, many of them equal, and most distances too."""
    return np.round(vectors(count, dim, seed) * 2).astype(np.float32)


def build(factory, metric=faiss.METRIC_L2, data=None, ids=None, construction=24):
    """Return a graph index of some vectors."""
    data = vectors() if data is None else data
    index = faiss.index_factory(data.shape[1], factory, metric)
    core_of(index).hnsw.efConstruction = construction
    stored = faiss.downcast_index(core_of(index).storage)
    if hasattr(stored, "do_polysemous_training"):
        # Faiss asks for it by itself, and it takes longer than all the rest.
        stored.do_polysemous_training = False
    index.train(data)
    if ids is None:
        index.add(data)
    else:
        index.add_with_ids(data, ids)
    return index


def core_of(index):
    """Return the graph inside all layers."""
    while not hasattr(index, "hnsw"):
        index = faiss.downcast_index(index.base_index if hasattr(index, "base_index") else index.index)
    return index


def refine_of(index):
    """Return the index that re-ranks, inside the layers around it."""
    while not hasattr(index, "refine_index"):
        index = faiss.downcast_index(index.index)
    return index


def reranked(factory, metric=faiss.METRIC_L2, k_factor=4.0, data=None, ids=None):
    """Return a graph index whose results are compared once more."""
    index = build(factory, metric, data, ids)
    refine_of(index).k_factor = k_factor
    return index


def normalised_and_reranked():
    """Return a graph of cosines whose transform is around the re-ranking, which no factory makes."""
    inner = faiss.IndexRefineFlat(
        faiss.IndexHNSWSQ(DIM, faiss.ScalarQuantizer.QT_4bit, 8, faiss.METRIC_INNER_PRODUCT)
    )
    index = faiss.IndexPreTransform(faiss.NormalizationTransform(DIM), inner)
    index.train(vectors())
    index.add(vectors())
    inner.k_factor = 3
    return index


@dataclass(frozen=True)
class Variant:
    """One graph index: its name, how it is made, and the vectors it holds by row id."""

    name: str
    make: Callable[[], faiss.Index]
    ids: np.ndarray | None = None


def named_ids():
    """Return row ids that are no numbers of nodes."""
    return np.random.default_rng(5).permutation(ROWS).astype(np.int64) * 3 + 11


VARIANTS = [
    Variant("Flat, L2", lambda: build("HNSW8,Flat")),
    Variant("Flat, inner product", lambda: build("HNSW8,Flat", faiss.METRIC_INNER_PRODUCT)),
    Variant("Flat, L1", lambda: build("HNSW8,Flat", faiss.METRIC_L1)),
    Variant("Flat, cosine", lambda: build("L2norm,HNSW8,Flat", faiss.METRIC_INNER_PRODUCT)),
    Variant("SQ8, L2", lambda: build("HNSW8,SQ8")),
    Variant("SQ8, inner product", lambda: build("HNSW8,SQ8", faiss.METRIC_INNER_PRODUCT)),
    Variant("SQ4, L2", lambda: build("HNSW8,SQ4")),
    Variant("SQfp16, L2", lambda: build("HNSW8,SQfp16")),
    Variant("PQ, L2", lambda: build("HNSW8_PQ8")),
    Variant("PQ of 4 bits, L2", lambda: build("HNSW8_PQ12x4")),
    Variant("Cagra", lambda: cagra()),
    Variant("IDMap", lambda: build("IDMap,HNSW8,Flat", ids=named_ids()), named_ids()),
    Variant("IDMap2", lambda: build("IDMap2,HNSW8,SQ8", ids=named_ids()), named_ids()),
    Variant("PCA", lambda: build("PCA12,HNSW8,Flat")),
    Variant("IDMap, OPQ, PQ", lambda: build("IDMap,OPQ8,HNSW8_PQ8", ids=named_ids()), named_ids()),
    Variant("M 2", lambda: build("HNSW2,Flat")),
    Variant("M 32", lambda: build("HNSW32,Flat")),
    Variant("SQ8 + RFlat, k_factor 1", lambda: reranked("HNSW8_SQ8,RFlat", k_factor=1)),
    Variant("SQ4 + RFlat, k_factor 2", lambda: reranked("HNSW8_SQ4,RFlat", k_factor=2)),
    Variant(
        "SQ4 + RFlat, inner product, k_factor 4",
        lambda: reranked("HNSW8_SQ4,RFlat", faiss.METRIC_INNER_PRODUCT),
    ),
    Variant("PQ + RFlat, k_factor 2.5", lambda: reranked("HNSW8_PQ6,RFlat", k_factor=2.5)),
    Variant("Flat + RFlat, k_factor 1", lambda: reranked("HNSW8,Flat,RFlat", k_factor=1)),
    Variant("PQ + RFlat, k_factor 400", lambda: reranked("HNSW8_PQ6,RFlat", k_factor=400)),
    Variant("SQ4 + Refine(SQ8), k_factor 1.7", lambda: reranked("HNSW8_SQ4,Refine(SQ8)", k_factor=1.7)),
    Variant(
        "SQ4 + Refine(SQ6), inner product",
        lambda: reranked("HNSW8_SQ4,Refine(SQ6)", faiss.METRIC_INNER_PRODUCT),
    ),
    Variant(
        "IDMap, PCA, PQ + RFlat",
        lambda: reranked("IDMap,PCA12,HNSW8_PQ6,RFlat", ids=named_ids()),
        named_ids(),
    ),
    Variant(
        "IDMap2, rotation, PQ + Refine(SQ8)",
        lambda: reranked("IDMap2,RR24,HNSW8_PQ6,Refine(SQ8)", ids=named_ids()),
        named_ids(),
    ),
    Variant("L2norm around SQ4 + RFlat, cosine", lambda: normalised_and_reranked()),
]


def cagra():
    """Return a graph of the class that holds graphs made on a GPU, made without one."""
    index = faiss.IndexHNSWCagra(DIM, 8)
    index.base_level_only = False
    index.add(vectors())
    return index


def binary_codes(count=1200, width=8, seed=0):
    """Return bytes around some centres, a few of them twice, uint8 (count, width)."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 256, (20, width), dtype=np.uint8)
    flips = np.packbits(rng.random((count, 8 * width)) < 0.15, axis=1)
    made = centres[rng.integers(0, 20, count)] ^ flips
    made[: count // 20] = made[count // 20 : 2 * (count // 20)]
    return made


def build_binary(data=None, m=6, kind=faiss.IndexBinaryHNSW, id_map=None):
    """Return a graph of some bytes, with other row ids where an id map is around it."""
    data = binary_codes() if data is None else data
    graph = kind(8 * data.shape[1], m)
    graph.hnsw.efConstruction = 24
    if id_map is None:
        graph.add(data)
        return graph
    index = id_map(graph)
    index.add_with_ids(data, np.arange(len(data)) * 3 + 11)
    return index


BINARY = [
    Variant("Binary, 64 bits", lambda: build_binary()),
    Variant("Binary, 104 bits", lambda: build_binary(binary_codes(width=13))),
    Variant("Binary, Cagra", lambda: build_binary(kind=faiss.IndexBinaryHNSWCagra)),
    Variant("Binary, IDMap", lambda: build_binary(id_map=faiss.IndexBinaryIDMap)),
    Variant("Binary, IDMap2", lambda: build_binary(id_map=faiss.IndexBinaryIDMap2)),
]
"""Graphs of bits, whose queries are bytes."""
