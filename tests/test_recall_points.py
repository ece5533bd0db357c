"""Workloads where recall takes a search at each nprobe, against Faiss's own searches and NumPy."""

import itertools
import math

import families
import numpy as np
import pytest

from feder_widget.engines import open_index
from feder_widget.truth import MeanLedger
from feder_widget.truth.neighbours import exhaustive_search
from feder_widget.truth.workloads.recall_points import Points, doubled_up_to

pytestmark = pytest.mark.usefixtures("one_thread")

K = 7
ROWS = np.arange(0, families.N, 61)

GIVEN = {
    "re-ranked": lambda: families.made("IVF12,PQ4x4,RFlat"),
    "re-ranked, k_factor 4": lambda: families.refined("IVF12,PQ4x4,RFlat", families.L2, 4),
    "re-ranked by codes, inner product": lambda: families.made("IVF12,SQ4,Refine(SQ8)", families.IP),
    "fast-scan": lambda: families.made("IVF12,PQ4x4fs"),
    "fast-scan by residual": lambda: families.made("IVF12,PQ4x4fsr"),
    "HNSW": lambda: families.large("IVF40_HNSW8,PQ4x4"),
}
BY_CODES = {
    "fast-scan by residual": lambda: families.made("IVF12,PQ4x4fsr"),
    "RaBitQ of 4 bits": lambda: families.made("IVF12,RaBitQ4"),
}


def found(case, query, nprobe, without=None):
    """Return the ids of Faiss's search, without a row where one is left out."""
    ids = case.search(query, nprobe, K if without is None else K + 1)[0]
    return [row for row in ids.tolist() if row not in (-1, without)][:K]


def exact(case, query, similarity, without=None):
    """Return the true neighbours by NumPy."""
    rows = case.vectors.astype(np.float64)
    distances = -(rows @ query) if similarity else ((rows - query) ** 2).sum(axis=1)
    order = np.argsort(distances, kind="stable")
    return order[order != without][:K].tolist()


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("by_rows", [True, False])
def test_recall_is_that_of_searches_against_the_vectors_given(name, by_rows):
    case = GIVEN[name]()
    opened = open_index(case.index, vectors=case.vectors)
    assert opened.why_unevaluated is None
    workload = opened.evaluate(ROWS if by_rows else case.queries, K, progress=False)
    queries = case.vectors[ROWS] if by_rows else case.queries
    own = ROWS.tolist() if by_rows else [None] * len(queries)
    true = [exact(case, query, opened.similarity, row) for query, row in zip(queries, own, strict=True)]
    at = [nprobe for nprobe in (1, 2, 4, 8, 16, 32) if nprobe <= opened.nlist]
    assert workload.evaluated_at.tolist() == at
    expected = {}
    for nprobe in at:
        hits = [
            len(set(found(case, query, nprobe, row)) & set(near))
            for query, row, near in zip(queries, own, true, strict=True)
        ]
        expected[nprobe] = np.array(hits) / K
        np.testing.assert_allclose(workload.recall_of(nprobe), expected[nprobe])
        assert workload.recall[nprobe - 1] == pytest.approx(expected[nprobe].mean())
        for share in (0.5, 0.95, 1.0):
            place = len(hits) - math.ceil(share * len(hits) - 1e-9)
            assert workload.reached(share)[nprobe - 1] == pytest.approx(np.sort(expected[nprobe])[place])
        assert workload.zero_recall[nprobe - 1] == pytest.approx(np.mean(expected[nprobe] == 0))
        curves = workload.curves_of(slice(3, len(hits)))
        np.testing.assert_allclose(curves.at(nprobe) / K, expected[nprobe][3:])
        order = workload.hardest(5, nprobe=nprobe)
        np.testing.assert_array_equal(expected[nprobe][order], np.sort(expected[nprobe])[:5])
        ledgers = opened.ledgers(ROWS if by_rows else case.queries, K, nprobe)
        mean, other = workload.ledger(nprobe), MeanLedger.of(ledgers)
        for part in ("recall", "lost_to_coarse", "lost_to_code", "lost_to_rerank"):
            assert getattr(mean, part) == pytest.approx(getattr(other, part), abs=1e-12)
        assert mean.basis == other.basis == workload.basis == "vectors"
    needed = [next((n for n in at if expected[n][i] == 1), opened.nlist + 1) for i in range(len(queries))]
    assert workload.nprobe_needed.tolist() == needed
    for target in (0.2, 0.5, 1.0):
        enough = [nprobe for nprobe in at if expected[nprobe].mean() >= target - 1e-9]
        assert workload.nprobe_for(recall=target) == (enough[0] if enough else None)


@pytest.mark.parametrize("name", BY_CODES)
def test_recall_is_that_of_searches_against_what_the_codes_take_for_nearest(name):
    case = BY_CODES[name]()
    opened = open_index(case.index)
    workload = opened.evaluate(case.queries, K, progress=False)
    assert workload.basis == "codes"
    for i, query in enumerate(case.queries):
        explained = opened.explain(query, K)
        for nprobe in workload.evaluated_at.tolist():
            assert workload.recall_of(nprobe)[i] == pytest.approx(explained.recall(nprobe))
    with pytest.raises(ValueError, match="pass the original vectors"):
        workload.ledger(4)


def test_of_other_values_of_nprobe_nothing_is_said():
    case = GIVEN["re-ranked"]()
    opened = open_index(case.index, vectors=case.vectors)
    workload = opened.evaluate(20, K, seed=3, progress=False)
    assert "compared once more depends on all that are probed" in opened.why_no_curve
    np.testing.assert_array_equal(opened.evaluated_at, [1, 2, 4, 8])
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(workload.recall)) + 1, [1, 2, 4, 8])
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(workload.reached(0.5))) + 1, [1, 2, 4, 8])
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(workload.zero_recall)) + 1, [1, 2, 4, 8])
    for ask in (
        workload.recall_of,
        workload.ledger,
        lambda n: workload.hardest(nprobe=n),
        workload.to_pandas,
    ):
        with pytest.raises(ValueError, match="nprobe must be one that was searched at, 1, 2, 4, 8, got 3"):
            ask(3)
        with pytest.raises(ValueError, match="between 1 and nlist=12, got 13"):
            ask(13)
    assert [workload.evaluated_below(nprobe) for nprobe in (1, 3, 4, 12)] == [1, 2, 4, 8]
    assert (workload.scanned > 0).all()


def test_what_takes_no_nprobe_takes_the_next_smaller_one_that_was_searched_at():
    case = GIVEN["re-ranked"]()
    opened = open_index(case.index, vectors=case.vectors)
    case.ivfs[0].nprobe = 5
    workload = opened.evaluate(ROWS, K, progress=False)
    assert repr(workload).endswith(f"recall {workload.recall[3]:.3f} at nprobe 4>")
    np.testing.assert_array_equal(workload.to_pandas()["recall"], workload.recall_of(4))


def test_where_one_pass_tells_every_nprobe_is_known():
    case = families.made("IVF12,SQ4")
    for given in (None, case.vectors):
        opened = open_index(case.index, vectors=given)
        workload = opened.evaluate(case.queries, K, progress=False)
        assert opened.why_no_curve is None
        np.testing.assert_array_equal(opened.evaluated_at, np.arange(1, 13))
        np.testing.assert_array_equal(workload.evaluated_at, np.arange(1, 13))
        assert workload.evaluated_below(7) == 7
        assert np.isfinite(workload.recall).all()


@pytest.mark.parametrize(
    ("nlist", "at"), [(1, [1]), (2, [1, 2]), (3, [1, 2]), (100, [1, 2, 4, 8, 16, 32, 64])]
)
def test_values_of_nprobe_double_up_to_nlist(nlist, at):
    assert doubled_up_to(nlist).tolist() == at


def test_queries_without_neighbours_miss_none():
    nobody = np.zeros((1, 2), np.int32)
    points = Points(np.array([1, 2]), nobody, nobody, nobody)
    np.testing.assert_array_equal(points.exceeded(0, 3, np.zeros(1, np.int64)), [1, 1, np.nan])


def test_an_evaluation_that_ends_early_keeps_the_first_queries(monkeypatch):
    case = GIVEN["re-ranked"]()
    opened = open_index(case.index, vectors=case.vectors)
    monkeypatch.setattr(exhaustive_search, "FIRST_RUN", 50)
    whole = opened.evaluate(ROWS, K, progress=False)
    evaluation = opened.evaluation(ROWS, K)
    told = []
    for done in evaluation.steps():
        told.append(done)
        if evaluation.done == 5:
            break
    part = evaluation.workload("cancelled")
    assert (len(part), part.asked) == (5, len(ROWS))
    assert told == sorted(told)
    np.testing.assert_array_equal(part.recall_of(2), whole.recall_of(2)[:5])
    assert len(opened.evaluation(ROWS, K).workload("cancelled")) == 0


def test_an_index_whose_neighbours_are_unknown_is_refused():
    case = GIVEN["re-ranked"]()
    opened = open_index(case.index)
    assert opened.why_unevaluated == opened.why_unexplained
    with pytest.raises(ValueError, match="pass the original vectors"):
        opened.evaluate(case.queries, K, progress=False)


def test_the_hardest_at_an_nprobe_are_those_of_the_lowest_recall():
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(2000, 12)).astype(np.float32)
    case = families.made("IVF20,Flat", d=12, x=vectors, q=vectors[:1])
    opened = open_index(case.index)
    workload = opened.evaluate(np.arange(0, 2000, 10), 10, progress=False)
    for nprobe in (1, 5):
        recalls = workload.recall_of(nprobe)
        order = workload.hardest(30, nprobe=nprobe)
        np.testing.assert_array_equal(recalls[order], np.sort(recalls)[:30])
        assert recalls[order[0]] == workload.reached(1.0)[nprobe - 1]
        for one, other in itertools.pairwise(order):
            if recalls[one] == recalls[other]:
                assert workload.nprobe_needed[one] >= workload.nprobe_needed[other]
