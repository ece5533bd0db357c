"""True neighbours, and what finds them, against Faiss's own searches at every nprobe."""

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import METRICS, cases, ivf_around, make_ivf, make_vectors

from feder_widget import UnknownIdError
from feder_widget.engines import open_index
from feder_widget.truth import found_at
from feder_widget.truth.neighbours import exhaustive_search


def searched(index, query, nprobe, k):
    index.nprobe = nprobe
    distances, ids = index.search(query[None], k)
    found = ids[0] != -1
    return ids[0][found], distances[0][found]


def recall_of(found, true, similarity):
    """Count what a search found of the k nearest; of those that tie for the last place any will do."""
    if len(true) == 0:
        return 1.0
    sign = -1 if similarity else 1
    worst = sign * true[-1]
    better = int((sign * true < worst).sum())
    found_better = int((sign * found < worst).sum())
    return (found_better + min(int((sign * found == worst).sum()), len(true) - better)) / len(true)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases())
def test_the_true_neighbours_are_what_faiss_returns_when_it_probes_every_cluster(case):
    index, queries, _, k = case
    opened = open_index(index)
    for query in queries:
        explanation = opened.explain(query, k)
        ids, distances = searched(index, query, index.nlist, k)
        np.testing.assert_array_equal(explanation.ids, ids)
        np.testing.assert_array_equal(explanation.distances.view(np.uint32), distances.view(np.uint32))
        assert explanation.exact
        for row_id, cluster in zip(explanation.ids, explanation.clusters, strict=True):
            assert row_id in opened.list_ids(cluster)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_recall_at_every_nprobe_is_that_of_a_faiss_search_ties_included(case):
    index, queries, _, k = case
    opened = open_index(index)
    # Where centroids tie for a rank, Faiss may order them otherwise at each nprobe.
    for query in queries:
        coarse = opened.rank(query)
        if len(np.unique(coarse.distances)) < index.nlist:
            continue
        explanation = opened.explain(query, k)
        _, true = searched(index, query, index.nlist, k)
        expected = [
            recall_of(searched(index, query, nprobe, k)[1], true, opened.similarity)
            for nprobe in range(1, index.nlist + 1)
        ]
        np.testing.assert_allclose(explanation.recall(np.arange(1, index.nlist + 1)), expected)
        for nprobe in (1, index.nlist // 2 + 1, index.nlist):
            assert len(explanation.missed(nprobe)) == round((1 - expected[nprobe - 1]) * len(explanation))
            assert explanation.recall(nprobe) == pytest.approx(expected[nprobe - 1])
        assert expected[explanation.nprobe_needed - 1] == 1
        assert explanation.nprobe_needed == 1 or expected[explanation.nprobe_needed - 2] < 1


@pytest.mark.parametrize("metric", METRICS)
def test_each_true_neighbour_is_returned_at_its_rank_and_not_at_one_less(metric):
    index, vectors = make_ivf(4000, 24, 48, metric, seed=3)
    opened = open_index(index)
    queries = make_vectors(60, 24, 48, seed=9) + vectors[:60]
    pairs = 0
    for query in queries:
        explanation = opened.explain(query, 12)
        for row_id, rank in zip(explanation.ids, explanation.ranks, strict=True):
            assert row_id in searched(index, query, int(rank), 12)[0]
            assert rank == 1 or row_id not in searched(index, query, int(rank) - 1, 12)[0]
            pairs += 1
        for nprobe in (1, 3, 10, 48):
            found = searched(index, query, nprobe, 12)[0]
            assert explanation.missed(nprobe).tolist() == [i for i in explanation.ids if i not in found]
    assert pairs == 720


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("threads", [1, 2, 3, 64])
def test_any_number_of_threads_finds_the_same(metric, threads, faiss_threads):
    index, vectors = make_ivf(metric=metric)
    opened = open_index(index)
    faiss_threads(threads)
    explanation = opened.explain(vectors[7], 15)
    ids, distances = searched(index, vectors[7], 20, 15)
    np.testing.assert_array_equal(explanation.ids, ids)
    np.testing.assert_array_equal(explanation.distances, distances)
    assert faiss.omp_get_max_threads() == threads


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases(), st.integers(0, 10**6))
def test_a_row_is_not_its_own_neighbour(case, seed):
    index, _, _, k = case
    opened = open_index(index)
    row_id = int(opened.random_id(np.random.default_rng(seed)))
    explanation = opened.explain(row_id, k)
    held = np.concatenate([opened.list_ids(cluster) for cluster in range(index.nlist)])
    copies = int((held == row_id).sum())
    if -1 not in held:
        assert len(explanation) == min(k, len(held) - copies)
    everything = searched(index, opened.vector(row_id), index.nlist, index.ntotal)
    near = everything[1][everything[0] != row_id][:k]
    np.testing.assert_array_equal(explanation.distances, near)
    for nprobe in {1, index.nlist // 2 + 1, index.nlist}:
        ids, distances = searched(index, opened.vector(row_id), nprobe, k + copies)
        others = np.flatnonzero(ids != row_id)[:k]
        if nprobe == index.nlist:
            np.testing.assert_array_equal(explanation.ids, ids[others])
        expected = recall_of(distances[others], near, opened.similarity)
        # Where centroids tie for a rank, Faiss may order them otherwise at each nprobe.
        if nprobe == index.nlist or len(np.unique(opened.rank(row_id).distances)) == index.nlist:
            assert explanation.recall(nprobe) == pytest.approx(expected)
        assert opened.ledger(row_id, k, nprobe).recall == pytest.approx(expected)
    if row_id != -1:
        assert row_id in opened.explain(row_id, index.ntotal, include_self=True).ids


def test_a_duplicate_of_a_row_is_its_neighbour():
    index, vectors = make_ivf()
    index.add(vectors[[7, 7]])
    opened = open_index(index)
    explanation = opened.explain(7, 3)
    assert explanation.ids[:2].tolist() == [2000, 2001]
    assert explanation.distances[:2].tolist() == [0, 0]
    assert 7 not in explanation.ids


def test_a_vector_has_no_row_to_leave_out(clustered):
    index, vectors = clustered
    opened = open_index(index)
    kept = opened.explain(vectors[3], 5)
    np.testing.assert_array_equal(kept.ids, opened.explain(3, 5, include_self=True).ids)
    assert opened.explain(3, 4).ids.tolist() == kept.ids[1:].tolist()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases(), st.integers(0, 10**6))
def test_a_verdict_does_not_count_the_row_that_is_the_query(case, seed):
    index, _, _, _ = case
    opened = open_index(index)
    rng = np.random.default_rng(seed)
    query, row_id = opened.random_id(rng), opened.random_id(rng)
    scan = opened.scan(query, np.arange(index.nlist))
    counted, alone = opened.verdict(query, row_id, include_self=True), opened.verdict(query, row_id)
    sign = -1 if opened.similarity else 1
    nearer = sign * scan.distances < sign * counted.distance
    assert counted.position == nearer.sum() + 1
    assert alone.position == (nearer & (scan.ids != query)).sum() + 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases(), st.integers(0, 10**6))
def test_a_verdict_counts_what_is_strictly_nearer(case, seed):
    index, queries, _, _ = case
    opened = open_index(index)
    row_id = opened.random_id(np.random.default_rng(seed))
    verdict = opened.verdict(queries[-1], row_id)
    cluster, _ = opened.locate(row_id)
    scan = opened.scan(queries[-1], np.arange(index.nlist))
    own = opened.vector(row_id)
    expected = own @ queries[-1] if opened.similarity else ((own - queries[-1]) ** 2).sum()
    nearer = scan.distances > expected if opened.similarity else scan.distances < expected
    assert verdict.distance == expected
    assert verdict.position == nearer.sum() + 1
    assert verdict.cluster == cluster
    assert opened.rank(queries[-1], index.nlist).clusters[verdict.rank - 1] == cluster


def test_counting_is_done_in_parts_of_bounded_size(clustered, monkeypatch):
    index, vectors = clustered
    opened = open_index(index)
    far = int(opened.explain(vectors[0], index.ntotal).ids[-1])
    whole = opened.verdict(vectors[0], far)
    monkeypatch.setattr(exhaustive_search, "COUNTED", 100)
    assert opened.verdict(vectors[0], far) == whole
    assert whole.position == index.ntotal


def test_ties_for_the_last_place_are_not_missed():
    index = ivf_around(np.array([[0.0], [10], [20]], np.float32))
    index.add_with_ids(np.array([[1.0], [9], [10], [11], [21]], np.float32), np.arange(5))
    opened = open_index(index)
    # From 5: 1 and 9 are at distance 16, 10 at 25.
    explanation = opened.explain(np.array([5.1], np.float32), 1)
    assert explanation.ids.tolist() == [1]
    explanation = opened.explain(np.array([4.9], np.float32), 2)
    assert sorted(explanation.ids.tolist()) == [0, 1]
    tied = open_index(tied_index()).explain(np.array([0.0], np.float32), 2)
    assert tied.found_at.tolist() == [1, 1]
    assert tied.nprobe_needed == 1
    assert tied.recall(1) == 1
    assert len(tied.missed(1)) == 0


def tied_index():
    """An index where -2, 2 and -2.0 again lie at one distance from 0, in three clusters."""
    index = ivf_around(np.array([[0.0], [-5], [6]], np.float32))
    places = ((0, 9, 2.0), (0, 3, -2.0), (1, 1, -2.0), (2, 2, 2.0))
    for cluster, row_id, value in places:
        index.invlists.add_entries(
            cluster,
            1,
            faiss.swig_ptr(np.array([row_id], np.int64)),
            faiss.swig_ptr(np.array([value], np.float32).view(np.uint8)),
        )
        index.ntotal += 1
    return index


def test_a_nearer_neighbour_is_missed_even_where_ties_would_fill_its_place():
    index = ivf_around(np.array([[0.0], [100]], np.float32))
    for cluster, row_id, value in ((0, 0, 2.0), (0, 1, -2.0), (0, 2, 2.0), (1, 3, 1.0)):
        index.invlists.add_entries(
            cluster,
            1,
            faiss.swig_ptr(np.array([row_id], np.int64)),
            faiss.swig_ptr(np.array([value], np.float32).view(np.uint8)),
        )
        index.ntotal += 1
    explanation = open_index(index).explain(np.array([0.0], np.float32), 2)
    assert explanation.missed(1).tolist() == [3]
    assert explanation.recall(1) == 0.5
    assert explanation.nprobe_needed == 2


def test_an_index_that_limits_the_vectors_compared_never_finds_those_beyond():
    vectors = np.random.default_rng(2).normal(size=(2000, 16)).astype(np.float32)
    index = ivf_around(vectors[:20])
    index.add(vectors)
    index.max_codes = 150
    opened = open_index(index)
    for query in vectors[:10]:
        explanation = opened.explain(query, 20)
        _, true = searched(index, query, index.nlist, 20)
        index.max_codes = 0
        _, all_true = searched(index, query, index.nlist, 20)
        index.max_codes = 150
        np.testing.assert_array_equal(explanation.distances, all_true)
        assert explanation.recall(index.nlist) == pytest.approx(recall_of(true, all_true, False))
        assert explanation.nprobe_needed == index.nlist + 1


def test_fewer_vectors_than_k_are_all_neighbours():
    index, vectors = make_ivf(7, 4, 3)
    explanation = open_index(index).explain(vectors[0], 50)
    assert sorted(explanation.ids.tolist()) == list(range(7))
    assert explanation.recall(3) == 1


def test_nothing_but_rows_that_say_no_result():
    index, vectors = make_ivf(5, 4, 2, ids=np.full(5, -1))
    explanation = open_index(index).explain(vectors[0], 3)
    assert len(explanation) == 0
    assert (explanation.nprobe_needed, explanation.recall(1)) == (1, 1)
    assert len(explanation.missed(1)) == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda i: i.explain(np.full(16, np.nan), 3), ValueError, "finite"),
        (lambda i: i.explain(0, 0), ValueError, "k must be at least 1, got 0"),
        (lambda i: i.explain(0, 2.5), TypeError, "k must be an int"),
        (lambda i: i.explain(10**9, 3), UnknownIdError, "1000000000"),
        (lambda i: i.explain(np.zeros(15), 3), ValueError, r"\(16,\)"),
        (lambda i: i.explain(0, 3).recall(0), ValueError, "nprobe must be between 1 and nlist=20, got 0"),
        (lambda i: i.explain(0, 3).recall([1, 21]), ValueError, "got 21"),
        (lambda i: i.explain(0, 3).missed(1.0), TypeError, "nprobe must be an int"),
        (lambda i: i.verdict(0, 10**9), UnknownIdError, "1000000000"),
        (lambda i: i.verdict(0, "7"), TypeError, "row_id must be an int"),
        (lambda i: i.certainty(0, 21, 3), ValueError, "nprobe must be between 1 and nlist=20, got 21"),
    ],
)
def test_a_bad_argument_is_named(clustered, call, error, words):
    with pytest.raises(error, match=words):
        call(open_index(clustered[0]))


def test_found_at_prefers_nearer_clusters_among_ties():
    ranks = np.array([9, 4, 2, 7])
    distances = np.array([1.0, 2.0, 2.0, 2.0], np.float32)
    assert found_at(ranks, distances, 3, False).tolist() == [2, 4, 9]
    assert found_at(ranks, -distances, 3, True).tolist() == [2, 4, 9]
