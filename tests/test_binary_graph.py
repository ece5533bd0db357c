"""Graphs of bits: a trace is Faiss's own search, though nearly all distances tie."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest
from graphs import binary_codes as codes
from graphs import build_binary as build
from hypothesis import given, settings
from hypothesis import strategies as st
from test_graph_map import Asked, Read

import feder_widget as fw
from feder_widget.model.top_k import top_k_places

pytestmark = pytest.mark.usefixtures("one_thread")

EFS = (1, 2, 5, 16, 40, 64, 200)


def faiss_search(index, query, k, ef):
    """Return ids, distances and counts of a search by Faiss alone."""
    inside = index
    while not hasattr(inside, "hnsw"):
        inside = faiss.downcast_IndexBinary(inside.index)
    inside.hnsw.efSearch = ef
    faiss.cvar.hnsw_stats.reset()
    distances, ids = index.search(query[None], k)
    stats = faiss.cvar.hnsw_stats
    return ids[0], distances[0], (stats.ndis, stats.nhops)


def check(index, opened, query, k, ef):
    """Hold a trace to a search: results, counts, and that its visits make these results."""
    trace = opened.trace(query, k, ef)
    ids, distances, counts = faiss_search(index, query, k, ef)
    assert trace.ids.tolist() == ids.tolist()
    assert trace.distances.dtype == np.int32
    assert trace.distances.tolist() == distances.tolist()
    assert (trace.n_distances, trace.n_hops) == counts
    best = top_k_places(trace.walk.nodes, trace.walk.distances, k, False)
    found = ids[ids >= 0]
    assert trace.visited[best].tolist() == found.tolist()
    assert trace.walk.distances[best].tolist() == distances[: len(found)].tolist()
    return trace


@given(
    count=st.integers(1, 400),
    width=st.sampled_from([1, 2, 3, 8, 13, 32]),
    m=st.sampled_from([2, 4, 12]),
    distinct=st.sampled_from([1, 3, 40, 400]),
    k=st.integers(1, 40),
    ef=st.integers(1, 300),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_a_trace_is_the_search_of_faiss_for_any_bits(count, width, m, distinct, k, ef, seed):
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (distinct, width), dtype=np.uint8)[rng.integers(0, distinct, count)]
    index = build(data, m)
    opened = fw.open_index(index)
    for query in (data[0], *rng.integers(0, 256, (2, width), dtype=np.uint8)):
        check(index, opened, query, k, min(ef, count))


@pytest.mark.parametrize("variant", graphs.BINARY, ids=lambda variant: variant.name)
def test_a_trace_is_the_search_of_faiss_at_every_ef_search(variant):
    index = variant.make()
    opened = fw.open_index(index)
    tied = 0
    for query in codes(6, index.code_size, seed=3):
        for k, ef in ((1, 16), (10, 16), (30, 8), *((5, ef) for ef in EFS)):
            tied += check(index, opened, query, k, ef).walk.is_tied
    assert tied > 30


def test_an_opened_graph_of_bits_says_what_it_is():
    opened = fw.open_index(build())
    assert (opened.family, opened.metric, opened.distance_name) == ("BHNSW6", "Hamming", "Hamming distance")
    assert (opened.dim, opened.basis, opened.engine_name) == (64, "lists", "Faiss HNSW")
    assert opened.vector(7).tolist() == codes()[7].tolist()
    assert opened.vectors_of([7, -3])[0].tolist() == np.unpackbits(codes()[7]).tolist()
    assert np.isnan(opened.vectors_of([7, -3])[1]).all()


def test_a_query_is_a_row_bytes_or_zeros_and_ones():
    opened = fw.open_index(build())
    wanted = opened.trace(7, 5, 30).ids.tolist()
    assert opened.trace(codes()[7], 5, 30).ids.tolist() == wanted
    assert opened.trace(np.unpackbits(codes()[7]), 5, 30).ids.tolist() == wanted
    for query, message in (
        (np.zeros(9, np.uint8), r"query must be a vector of shape \(8,\), 64 bits as bytes, got \(9,\)"),
        (np.full(64, 2), "a query of 64 numbers must be zeros and ones"),
    ):
        with pytest.raises(ValueError, match=message):
            opened.trace(query, 5)
    with pytest.raises(ValueError, match="queries of 64 numbers must be zeros and ones"):
        opened.evaluate(np.full((3, 64), 0.5), 5, progress=False)


def test_a_page_of_bits_is_told_the_walk_results_map_and_picture():
    index = build()
    asked = Asked(index)
    asked.map()
    opened = fw.open_index(index)
    for chosen in (5, np.unpackbits(codes(1, seed=9)[0])):
        walk = asked.walk(chosen)
        trace = opened.trace(chosen, 1, 16)
        assert walk.ids.tolist() == trace.visited.tolist()
        assert walk.distances.tolist() == trace.walk.distances.tolist()
        assert np.isfinite(asked.places(walk).places).all()
        about = {"serial": walk.serial, "ef_search": 16, "k": 3, "include_self": True}
        asked.session.handle({"kind": "walk_results", "request": "results", **about})
        asked.session.drain()
        results = Read(asked.page.of("results")[-1])
        assert results.ids.tolist() == opened.trace(chosen, 3, 16).ids.tolist()
        projection = {"kind": "walk_projection", "request": "plane", "serial": walk.serial, "visits": 0}
        asked.session.handle({**projection, "extra": []})
        asked.session.drain()
        assert np.isfinite(Read(asked.page.of("plane")[-1]).places).all()


def test_the_widget_of_bits_reports_and_draws_its_search():
    w = fw.FederWidget(build(), ef_search=20, k=5)
    w.search(codes(1, seed=9)[0])
    assert [each.id for each in w.report().results] == w.trace().ids.tolist()
    assert "Hamming" in w.finding()
    assert w.figure("walk").axes
    w.close()


def test_a_file_of_bits_is_opened_and_a_damaged_one_refused(tmp_path):
    index = build()
    path = tmp_path / "bits.index"
    faiss.write_index_binary(index, str(path))
    opened = fw.open_index(path)
    query = codes(1, seed=4)[0]
    assert opened.trace(query, 9, 20).ids.tolist() == faiss_search(index, query, 9, 20)[0].tolist()
    links = faiss.rev_swig_ptr(index.hnsw.neighbors.data(), index.hnsw.neighbors.size())
    links[5] = 99_999
    with pytest.raises(ValueError, match="links must lead to nodes 0 to 1199"):
        fw.open_index(index)


def test_true_neighbours_are_those_of_an_exhaustive_search():
    data = codes()
    index, flat = build(data), faiss.IndexBinaryFlat(64)
    flat.add(data)
    opened = fw.open_index(index)
    missed = 0
    for query in codes(15, seed=5):
        explained = opened.explain(query, 10)
        assert explained.distances.tolist() == flat.search(query[None], 10)[0][0].tolist()
        for ef in EFS:
            ids, distances, _ = faiss_search(index, query, 10, ef)
            found, worst = distances[ids >= 0], explained.distances[-1]
            # Of those as far as the last, as many count as there are places.
            places = np.count_nonzero(explained.distances == worst)
            counted = np.count_nonzero(found < worst) + min(np.count_nonzero(found == worst), places)
            assert explained.recall(ef) == counted / 10
            missed += counted < 10
    assert missed > 10


def test_a_workload_is_searched_for_where_one_walk_does_not_tell_it():
    data, queries = codes(), codes(12, seed=6)
    index = build(data)
    opened = fw.open_index(index)
    workload = opened.evaluate(queries, 10, ef_max=64, progress=False)
    assert workload.tied.any()
    for ef in (1, 2, 4, 8, 16, 32, 64):
        for place, query in enumerate(queries):
            assert workload.recall_of(ef)[place] == opened.explain(query, 10).recall(ef)
    by_bits = opened.evaluate(np.unpackbits(queries, axis=1), 10, ef_max=64, progress=False)
    assert by_bits.recall.tolist() == workload.recall.tolist()


def test_a_verdict_counts_what_is_nearer():
    data = codes()
    opened = fw.open_index(build(data))
    query = codes(1, seed=8)[0]
    apart = np.unpackbits(data ^ query, axis=1).sum(axis=1)
    for row in (3, 77, 900):
        verdict = opened.verdict(query, row)
        assert verdict.distance == apart[row]
        assert verdict.position == 1 + np.count_nonzero(apart < apart[row])


def test_what_has_no_use_for_bits_is_refused():
    index = build()
    with pytest.raises(ValueError, match="vectors has no use for a binary graph"):
        fw.open_index(index, vectors=codes())
    with pytest.raises(ValueError, match="this index is binary; leave truth out"):
        fw.open_index(index).explain(3, 5, truth=fw.ground_truth(graphs.vectors(50, 64), [3], 5))
    index.hnsw.check_relative_distance = False
    with pytest.raises(fw.UnsupportedIndexError, match="check_relative_distance = True"):
        fw.open_index(index)
    cagra = build(kind=faiss.IndexBinaryHNSWCagra)
    cagra.base_level_only = True
    with pytest.raises(fw.UnsupportedIndexError, match="its search begins at random nodes"):
        fw.open_index(cagra)
    with pytest.raises(ValueError, match="the index is empty"):
        fw.open_index(faiss.IndexBinaryHNSW(64, 8))
