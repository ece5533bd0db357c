"""Workloads of graphs in which distances tie: recall is that of the engine's own searches."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest

import feder_widget as fw
from feder_widget.truth.graph.ef_spans import searched_values

pytestmark = pytest.mark.usefixtures("one_thread")

K = 6
EF_MAX = 150


def duplicated(copies=8, shift=0.0):
    """Return vectors of which each is there several times."""
    return np.repeat(graphs.vectors(600 // copies), copies, axis=0) + np.float32(shift)


CASES = {
    "one vector only": ("HNSW8,Flat", lambda: np.full((300, 8), 2, np.float32)),
    "each eight times": ("HNSW8,Flat", duplicated),
    "whole numbers": ("HNSW8,Flat", lambda: graphs.whole_numbers(600)),
    "codes of four bits": ("HNSW8_SQ4", lambda: duplicated(3)),
    "product codes": ("HNSW8_PQ12x4", lambda: duplicated(3)),
    "product codes far from 0": ("HNSW8_PQ12x4", lambda: duplicated(3, shift=100)),
}


def engine_hits(index, storage, query, k, ef):
    """Return how many of the k nearest of all a search by Faiss alone returns; of equal ones any will do."""
    settings = faiss.SearchParametersHNSW(efSearch=ef)
    found = index.search(query[None], k, params=settings)[1][0]
    distances, rows = (part[0] for part in storage.search(query[None], storage.ntotal))
    of_row = dict(zip(rows.tolist(), distances.tolist(), strict=True))
    keys = np.array([of_row[row] for row in found.tolist() if row >= 0])
    limit = distances[k - 1]
    places = k - np.count_nonzero(distances < limit)
    return np.count_nonzero(keys < limit) + min(places, np.count_nonzero(keys == limit))


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT], ids=["L2", "products"])
@pytest.mark.parametrize("case", CASES)
def test_recall_of_tied_queries_is_that_of_searches_anew(case, metric):
    factory, make = CASES[case]
    data = make()
    index = graphs.build(factory, metric, data)
    index.hnsw.efSearch = 101
    opened = fw.open_index(index)
    queries = data[np.random.default_rng(2).integers(0, len(data), 8)]
    workload = opened.evaluate(queries, K, ef_max=EF_MAX, progress=False)
    assert workload.tied.any()
    efs = workload.searched_at
    assert {1, 2, 63, 64, 72, 101, EF_MAX} <= set(efs.tolist())
    explained = [opened.explain(query, K) for query in queries]
    for ef in efs.tolist():
        recalls = np.array([each.recall(ef) for each in explained])
        np.testing.assert_array_equal(workload.recall_of(ef), recalls)
        assert workload.recall[ef - 1] == pytest.approx(recalls.mean())
    if factory == "HNSW8,Flat":
        storage = faiss.downcast_index(index.storage)
        storage = faiss.clone_index(storage) if metric == faiss.METRIC_L2 else negated(storage)
        for ef in efs.tolist()[::5]:
            hits = [engine_hits(index, storage, query, K, ef) for query in queries]
            np.testing.assert_allclose(workload.recall_of(ef), np.array(hits) / K)


def negated(storage):
    """Return what searches a flat index for products, as distances that are smaller for the nearer."""

    class Negated:
        ntotal = storage.ntotal

        def search(self, queries, k):
            products, rows = storage.search(queries, k)
            return -products, rows

    return Negated()


def test_recall_of_a_workload_falls_where_that_of_the_engine_does():
    fallen = 0
    for seed in range(6):
        data = np.round(graphs.vectors(900, 5, seed) * 1.5).astype(np.float32)
        index = graphs.build("HNSW4,Flat", data=data, construction=6)
        opened = fw.open_index(index)
        queries = data[::9]
        workload = opened.evaluate(queries, K, ef_max=48, progress=False)
        curves = np.stack([workload.recall_of(ef) for ef in range(1, 49)])
        for place in np.flatnonzero((np.diff(curves, axis=0) < 0).any(axis=0)):
            fallen += 1
            explained = opened.explain(queries[place], K)
            np.testing.assert_array_equal(curves[:, place], explained.recall(np.arange(1, 49)))
    assert fallen > 0


def test_without_ties_every_ef_search_is_known():
    opened = fw.open_index(graphs.build("HNSW8,Flat"))
    workload = opened.evaluate(12, K, ef_max=90, progress=False)
    assert not workload.tied.any()
    assert workload.searched_at.tolist() == list(range(1, 91))


@pytest.mark.parametrize("ef_max", [1, 2, 5, 63, 64, 65, 100, 1024, 1500, 2047, 70_000])
def test_values_searched_at_are_close_together(ef_max):
    values = searched_values(ef_max)
    assert values[0] == 1
    assert values[-1] == ef_max
    assert (np.diff(values) > 0).all()
    assert values[:64].tolist() == list(range(1, min(64, ef_max) + 1))
    gaps = np.diff(values) / values[:-1]
    assert (gaps[(values[:-1] >= 64) & (values[1:] <= 1024)] <= 0.125).all()
    assert (gaps <= 1).all()
