"""Traces against Faiss's own search, over everything an IVF,Flat index can be."""

import threading

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import METRICS, cases, ivf_around, make_ivf

from feder_widget.engines import open_index
from feder_widget.model.top_k import keep, top_k


def bits(array):
    return array.view(np.uint32)


def assert_is_the_search(index, query, nprobe, k, trace):
    index.nprobe = nprobe
    distances, ids = index.search(query[None], k)
    np.testing.assert_array_equal(trace.ids, ids[0])
    np.testing.assert_array_equal(bits(trace.distances), bits(distances[0]))
    assert trace.ids.dtype == np.int64
    assert trace.distances.dtype == np.float32


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases())
def test_a_trace_ends_in_what_faiss_returns_bit_for_bit(case):
    index, queries, nprobe, k = case
    traceable = open_index(index)
    for query in queries:
        assert_is_the_search(index, query, nprobe, k, traceable.trace(query, nprobe, k))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_the_clusters_probed_are_the_ones_faiss_probes(case):
    index, queries, nprobe, k = case
    traceable = open_index(index)
    for query in queries:
        distances, probed = index.quantizer.search(query[None], nprobe)
        coarse = traceable.rank(query, nprobe)
        np.testing.assert_array_equal(coarse.clusters[:nprobe], probed[0])
        np.testing.assert_array_equal(bits(coarse.distances[:nprobe]), bits(distances[0]))
        trace = traceable.trace(query, nprobe, k)
        assert [step.cluster for step in trace.fine] == probed[0].tolist()
        assert sorted(coarse.clusters) == list(range(index.nlist))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases())
def test_every_candidate_is_its_lists_vector_at_faiss_own_distance(case):
    index, queries, nprobe, k = case
    traceable = open_index(index)
    trace = traceable.trace(queries[0], nprobe, k)
    similarity = traceable.similarity
    for rank, step in enumerate(trace.fine, start=1):
        assert step.rank == rank
        np.testing.assert_array_equal(step.ids, traceable.list_ids(step.cluster))
        vectors = traceable.list_vectors(step.cluster)
        expected = vectors @ queries[0] if similarity else ((vectors - queries[0]) ** 2).sum(1)
        np.testing.assert_array_equal(step.distances, expected)
    assert trace.n_distances == index.nlist + sum(len(step.ids) for step in trace.fine)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_steps_are_the_trace_one_at_a_time(case):
    index, queries, nprobe, k = case
    traceable = open_index(index)
    trace = traceable.trace(queries[0], nprobe, k)
    coarse, *fine = traceable.steps(queries[0], nprobe, k)
    np.testing.assert_array_equal(coarse.clusters, trace.coarse.clusters)
    assert len(fine) == len(trace.fine)
    for step, expected in zip(fine, trace.fine, strict=True):
        assert (step.cluster, step.rank) == (expected.cluster, expected.rank)
        np.testing.assert_array_equal(step.ids, expected.ids)
        np.testing.assert_array_equal(step.distances, expected.distances)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases(), st.integers(0, 100))
def test_what_is_kept_of_each_cluster_answers_every_k_and_prefix(case, more):
    index, queries, nprobe, k = case
    traceable = open_index(index)
    coarse = traceable.rank(queries[0], nprobe)
    kept = keep(traceable.scan(queries[0], coarse.clusters), k + more, traceable.similarity)
    end = kept.lims[nprobe]
    ids, distances = top_k(kept.ids[:end], kept.distances[:end], k, traceable.similarity)
    index.nprobe = nprobe
    expected, expected_ids = index.search(queries[:1], k)
    np.testing.assert_array_equal(ids, expected_ids[0])
    np.testing.assert_array_equal(bits(distances), bits(expected[0]))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases(), st.randoms(use_true_random=False))
def test_what_is_kept_answers_any_set_of_clusters_in_any_order(case, random):
    index, queries, _, k = case
    traceable = open_index(index)
    clusters = random.sample(range(index.nlist), random.randint(1, index.nlist))
    scan = traceable.scan(queries[0], clusters)
    kept = keep(scan, k, traceable.similarity)
    for short in {1, k}:
        expected = top_k(scan.ids, scan.distances, short, traceable.similarity)
        got = top_k(kept.ids, kept.distances, short, traceable.similarity)
        np.testing.assert_array_equal(got[0], expected[0])
        np.testing.assert_array_equal(bits(got[1]), bits(expected[1]))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_what_is_kept_of_a_cluster_is_what_its_rule_says(case):
    index, queries, _, k = case
    traceable = open_index(index)
    scan = traceable.scan(queries[0], np.arange(index.nlist))
    kept = keep(scan, k, traceable.similarity)
    for i in range(index.nlist):
        distances = scan.distances[scan.lims[i] : scan.lims[i + 1]]
        near = -distances if traceable.similarity else distances
        limit = np.sort(near)[:k][-1] if len(near) else 0
        not_worse = np.flatnonzero(near <= limit)
        stays = [at for place, at in enumerate(not_worse) if near[at] < limit or place < k]
        got = slice(kept.lims[i], kept.lims[i + 1])
        np.testing.assert_array_equal(kept.ids[got], scan.ids[scan.lims[i] :][stays])
        np.testing.assert_array_equal(kept.distances[got], distances[stays])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_a_worst_distance_drops_only_what_is_strictly_worse(case):
    index, queries, _, k = case
    traceable = open_index(index)
    scan = traceable.scan(queries[0], np.arange(index.nlist))
    worst = float(np.median(scan.distances))
    everything = keep(scan, k, traceable.similarity)
    limited = keep(scan, k, traceable.similarity, worst=worst)
    good = everything.distances >= worst if traceable.similarity else everything.distances <= worst
    np.testing.assert_array_equal(limited.ids, everything.ids[good])
    np.testing.assert_array_equal(limited.distances, everything.distances[good])
    np.testing.assert_array_equal(limited.lims, np.concatenate([[0], np.cumsum(good)])[everything.lims])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("d", [1, 2, 3, 4, 8, 12, 15, 16, 17, 33, 128, 200])
def test_real_valued_searches_are_equal_at_every_dimension_and_nprobe(d, metric):
    index, vectors = make_ivf(n=1500, d=d, nlist=150, metric=metric, seed=d)
    traceable = open_index(index)
    for nprobe in (1, 2, 20, 99, 100, 101, 150):
        for query in vectors[:5] + np.float32(0.1):
            assert_is_the_search(index, query, nprobe, 10, traceable.trace(query, nprobe, 10))


@pytest.mark.parametrize("metric", METRICS)
def test_more_than_ten_thousand_centroids_are_ranked_as_faiss_probes_them(metric, faiss_threads):
    rng = np.random.default_rng(5)
    index = ivf_around((rng.normal(size=(10_500, 32)) + 50).astype(np.float32), metric)
    vectors = (rng.normal(size=(3000, 32)) + 50).astype(np.float32)
    index.add(vectors)
    traceable = open_index(index)
    for threads in (1, 2):
        faiss_threads(threads)
        for query in vectors[:5]:
            for nprobe in (1, 32, 200):
                _, probed = index.quantizer.search(query[None], nprobe)
                trace = traceable.trace(query, nprobe, 10)
                assert [step.cluster for step in trace.fine] == probed[0].tolist()
                assert_is_the_search(index, query, nprobe, 10, trace)
        assert sorted(traceable.rank(vectors[0]).clusters) == list(range(10_500))


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_every_parallel_mode_gives_the_same_results(clustered, mode):
    index, vectors = clustered
    index.parallel_mode = mode
    traceable = open_index(index)
    for query in vectors[:10]:
        assert_is_the_search(index, query, 5, 10, traceable.trace(query, 5, 10))
    assert index.parallel_mode == mode


def test_a_limit_on_the_vectors_compared_is_kept(clustered):
    index, vectors = clustered
    traceable = open_index(index)
    for limit in (1, 50, 100, 10**6):
        index.max_codes = limit
        for query in vectors[:5]:
            trace = traceable.trace(query, 8, 300)
            assert_is_the_search(index, query, 8, 300, trace)
            assert trace.n_distances <= index.nlist + limit


@pytest.mark.filterwarnings("ignore:.*in no list")
def test_distances_that_overflow_are_left_out_as_faiss_leaves_them_out():
    for metric in METRICS:
        index, vectors = make_ivf(metric=metric)
        index.add_with_ids(np.full((1, 16), 3e38, np.float32), np.array([9]))
        index.add_with_ids(np.full((1, 16), -1e25, np.float32), np.array([10]))
        traceable = open_index(index)
        for query in (vectors[0], vectors[0] * 1e18, np.full(16, 1e25, np.float32)):
            for nprobe in (1, 7, 20):
                assert_is_the_search(index, query, nprobe, 5, traceable.trace(query, nprobe, 5))


def test_ids_that_say_no_result_are_no_results():
    index, vectors = make_ivf(n=100, nlist=4, ids=np.r_[np.full(50, -1), np.arange(50)])
    traceable = open_index(index)
    for query in vectors[::9]:
        for k in (1, 5, 200):
            assert_is_the_search(index, query, 4, k, traceable.trace(query, 4, k))


def test_several_threads_trace_while_the_caller_changes_nprobe(clustered):
    index, vectors = clustered
    traceable = open_index(index)
    index.nprobe = 6
    expected, expected_ids = index.search(vectors[:20], 10)
    wrong, stop = [], threading.Event()

    def search():
        for _ in range(10):
            for i in range(20):
                trace = traceable.trace(vectors[i], 6, 10)
                same = np.array_equal(trace.ids, expected_ids[i])
                if not (same and np.array_equal(trace.distances, expected[i])):
                    wrong.append(i)

    def meddle():
        while not stop.is_set():
            for nprobe in range(1, 21):
                index.nprobe = nprobe

    meddler = threading.Thread(target=meddle)
    meddler.start()
    searchers = [threading.Thread(target=search) for _ in range(4)]
    for thread in searchers:
        thread.start()
    for thread in searchers:
        thread.join()
    stop.set()
    meddler.join()
    assert wrong == []


@pytest.mark.shared
def test_searches_of_real_embeddings_are_equal(shared_data):
    with np.load(shared_data / "cifar10_embeddings.npz") as stored:
        embeddings = next(stored[name] for name in stored if stored[name].ndim == 2)
    vectors = np.ascontiguousarray(embeddings, np.float32)
    index = faiss.index_factory(vectors.shape[1], "IVF100,Flat")
    index.cp.min_points_per_centroid = 1
    index.train(vectors)
    index.add(vectors)
    traceable = open_index(index)
    for query in vectors[::1000]:
        for nprobe in (1, 8, 100):
            assert_is_the_search(index, query, nprobe, 50, traceable.trace(query, nprobe, 50))
