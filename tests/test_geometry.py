"""Bounds from geometry alone: they never rule out what is there."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from makers import METRICS, cases, ivf_around, make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.model.work_pieces import drain
from feder_widget.truth import cluster_bounds, survey


def best_distances(opened, query):
    """The best distance in each cluster, infinitely far where there is none."""
    scan = opened.scan(query, np.arange(opened.nlist))
    parts = np.split(scan.distances, scan.lims[1:-1])
    if opened.similarity:
        return np.array([part.max(initial=-np.inf) for part in parts])
    return np.array([part.min(initial=np.inf) for part in parts])


def holds(bounds, best, similarity):
    return bool((bounds >= best).all() if similarity else (bounds <= best).all())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases())
def test_nothing_in_a_cluster_beats_its_bound(case):
    index, queries, _, _ = case
    opened = open_index(index)
    for query in queries:
        bounds = opened.bounds(query)
        assert bounds.dtype == np.float32
        assert holds(bounds, best_distances(opened, query), opened.similarity)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_rounding_does_not_rule_out_what_is_there(metric, scale, offset):
    vectors = ((make_vectors(3000, 32, 40, seed=2) + offset) * scale).astype(np.float32)
    index = ivf_around(vectors[:60], metric)
    index.add(vectors)
    opened = open_index(index)
    for query in np.concatenate([vectors[:40], vectors[:40] * 1.5]).astype(np.float32):
        assert holds(opened.bounds(query), best_distances(opened, query), opened.similarity)


def test_planes_rule_out_more_than_radii_alone():
    index, vectors = make_ivf(3000, 8, 40)
    opened = open_index(index)
    radii, both = (found for found in opened.survey() if found is not None)
    assert both.proper.all()
    assert not radii.proper.any()
    ruled_out = [
        sum(int((cluster_bounds.bounds(known, query, False) > 20).sum()) for query in vectors[:50])
        for known in (radii, both)
    ]
    assert ruled_out[1] > ruled_out[0]


def test_a_vector_in_another_cluster_than_its_nearest_is_never_ruled_out():
    index = ivf_around(np.array([[0.0, 0], [10, 0], [20, 0]], np.float32))
    index.add(np.array([[0, 1], [10, 1], [20, 1]], np.float32))
    import faiss

    stray = np.array([[0.5, 0]], np.float32)
    index.invlists.add_entries(
        2, 1, faiss.swig_ptr(np.array([7], np.int64)), faiss.swig_ptr(stray.view(np.uint8))
    )
    index.ntotal += 1
    opened = open_index(index)
    query = np.array([0.6, 0], np.float32)
    (*_, known) = filter(None, opened.survey())
    assert known.proper.tolist() == [True, True, False]
    assert opened.bounds(query)[2] <= 0.01 + 1e-6
    certainty = opened.certainty(query, 1, 1)
    assert not certainty.certified
    assert certainty.unprobed == 2
    assert opened.explain(query, 1).missed(1).tolist() == [7]


@pytest.mark.parametrize("metric", METRICS)
def test_an_answer_that_is_certified_is_exact(metric):
    index, vectors = make_ivf(3000, 6, 50, metric, seed=4)
    opened = open_index(index)
    certified = 0
    for query in np.concatenate([vectors[:80], vectors[:80] * 2]):
        explanation = opened.explain(query, 5)
        for nprobe in (1, 3, 8, 25, 49):
            certainty = opened.certainty(query, nprobe, 5)
            assert certainty.unprobed == 50 - nprobe
            if certainty.certified:
                certified += 1
                assert len(explanation.missed(nprobe)) == 0
    assert certified > 30
    assert opened.certainty(vectors[0], 50, 5).certified


def test_with_fewer_results_than_asked_for_every_cluster_with_vectors_is_open():
    index, vectors = make_ivf(30, 4, 10)
    opened = open_index(index)
    populated = np.count_nonzero(opened.list_sizes[opened.rank(vectors[0]).clusters[1:]])
    certainty = opened.certainty(vectors[0], 1, 30)
    assert (certainty.open, certainty.certified) == (populated, False)


@pytest.mark.parametrize(("metric", "never"), [("L2", np.inf), ("inner product", -np.inf)])
def test_an_empty_cluster_can_hold_nothing(metric, never):
    index = ivf_around(np.array([[0.0], [5], [9]], np.float32), metric)
    index.add(np.array([[0.0], [0.1]], np.float32) if metric == "L2" else np.array([[1.0], [2]], np.float32))
    opened = open_index(index)
    empty = opened.list_sizes == 0
    assert empty.sum() == 2
    np.testing.assert_array_equal(opened.bounds(np.array([3.0], np.float32))[empty], never)


def test_vectors_added_later_are_measured():
    index, vectors = make_ivf(500, 4, 10)
    opened = open_index(index)
    query = vectors[0] + 100
    before = opened.bounds(query)
    assert drain(opened.known_bounds_steps(query)) is not None
    index.add(query[None])
    assert drain(opened.known_bounds_steps(query)) is None
    after = opened.bounds(query)
    home, _ = opened.locate(500)
    assert after[home] == 0 < before[home]


def test_vectors_replaced_are_measured_after_a_refresh():
    import faiss

    index, vectors = make_ivf(500, 4, 10)
    opened = open_index(index)
    query = vectors[0] + 100
    opened.bounds(query)
    ids = faiss.rev_swig_ptr(index.invlists.get_ids(0), 1).copy()
    index.invlists.update_entries(0, 0, 1, faiss.swig_ptr(ids), faiss.swig_ptr(query.view(np.uint8)))
    opened.refresh()
    assert drain(opened.known_bounds_steps(query)) is None
    assert opened.bounds(query)[0] == 0


def test_too_much_work_leaves_it_at_the_radii(monkeypatch):
    index, vectors = make_ivf()
    monkeypatch.setattr(survey, "PLANES_WORK", 1000)
    opened = open_index(index)
    (known,) = filter(None, opened.survey())
    assert not known.proper.any()
    assert holds(opened.bounds(vectors[0]), best_distances(opened, vectors[0]), False)


def test_the_clusters_are_measured_once_for_all_who_ask():
    index, vectors = make_ivf()
    opened = open_index(index)
    measured = []
    survey = opened.survey()
    next(survey)
    threads = [threading.Thread(target=lambda: measured.append(opened.bounds(vectors[1]))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in survey:
        pass
    for thread in threads:
        thread.join()
    assert len(measured) == 3
    assert len(list(opened.survey())) == 1


def test_an_abandoned_survey_leaves_no_lock_behind():
    index, vectors = make_ivf()
    opened = open_index(index)
    survey = opened.survey()
    next(survey)
    survey.close()
    assert opened.bounds(vectors[0]).shape == (20,)
