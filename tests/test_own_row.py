"""A query that is a row is not its own neighbour: compared with Faiss's searches for k + 1 and with NumPy."""

import faiss
import families
import numpy as np
import pytest
from conversation import search_request
from makers import make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.faiss_internals.repeated_ids import repeated_ids_steps
from feder_widget.model.work_pieces import ID_WORK, drain
from feder_widget.truth import MeanLedger

pytestmark = pytest.mark.usefixtures("one_thread")

K = 8
ROWS = np.arange(0, families.N, 97)

BY_LISTS = {
    "flat": lambda: families.made("IVF12,Flat"),
    "inner product": lambda: families.made("IVF12,Flat", families.IP),
    "cosine": lambda: families.made("L2norm,IVF12,Flat", families.IP),
    "SQ8": lambda: families.made("IVF12,SQ8"),
    "PQ": lambda: families.made("IVF12,PQ4x4"),
    "id map": lambda: families.made("IDMap2,IVF12,Flat", ids=np.arange(families.N)[::-1]),
    "shards": lambda: families.sharded("IndexShards", families.L2, True),
    "fast-scan": lambda: families.made("IVF12,PQ4x4fs"),
    "binary": lambda: families.binary("flat", 64),
}
GIVEN = {
    "SQ4": lambda: families.made("IVF12,SQ4"),
    "PQ, inner product": lambda: families.made("IVF12,PQ4x4", families.IP),
    "OPQ": lambda: families.made("OPQ4_8,IVF12,PQ4x4"),
    "re-ranked": lambda: families.made("IVF12,PQ4x4,RFlat"),
    "fast-scan by residual": lambda: families.made("IVF12,PQ4x4fsr"),
}


def others(case, query, nprobe, row, k=K):
    """Return ids and distances of a search for one more, without the row."""
    ids, distances = case.search(query, nprobe, k + 1)
    kept = np.flatnonzero((ids != row) & (ids != -1))[:k]
    return ids[kept], distances[kept]


def found(distances, true, similarity):
    """Count what results hold of the true distances; of ties for the last place any will do."""
    sign = -1 if similarity else 1
    worst = sign * true[-1]
    nearer = np.count_nonzero(sign * true < worst)
    return np.count_nonzero(sign * distances < worst) + min(
        np.count_nonzero(sign * distances == worst), len(true) - nearer
    )


@pytest.mark.parametrize("name", BY_LISTS)
def test_by_the_lists_neighbours_and_recall_are_those_of_a_search_for_one_more(name):
    case = BY_LISTS[name]()
    opened = open_index(case.index)
    shares = []
    for row in ROWS.tolist():
        query = opened.query_vector(row)
        explained = opened.explain(row, K)
        ids, true = others(case, query, opened.nlist, row)
        np.testing.assert_array_equal(explained.distances, true.astype(np.float32))
        if len(np.unique(true)) == K:
            np.testing.assert_array_equal(explained.ids, ids)
        assert row not in explained.ids
        measured = [
            found(others(case, query, nprobe, row)[1], true, opened.similarity) / K
            for nprobe in range(1, opened.nlist + 1)
        ]
        np.testing.assert_allclose(explained.recall(np.arange(1, opened.nlist + 1)), measured)
        shares.append(measured)
    workload = opened.evaluate(ROWS, K, progress=False)
    assert workload.include_self is False
    np.testing.assert_allclose(workload.recall, np.mean(shares, axis=0))
    counted = opened.evaluate(ROWS, K, include_self=True, progress=False)
    assert counted.include_self is True
    assert counted.recall[0] >= workload.recall[0]


@pytest.mark.parametrize("name", GIVEN)
def test_by_the_vectors_given_neighbours_are_those_of_numpy_and_hits_those_of_a_search_for_one_more(name):
    case = GIVEN[name]()
    similarity = bool(faiss.is_similarity_metric(case.index.metric_type))
    opened = open_index(case.index, vectors=case.vectors)
    exact = case.vectors.astype(np.float64)
    for row in ROWS.tolist():
        distances = exact @ exact[row] if similarity else ((exact - exact[row]) ** 2).sum(axis=1)
        order = np.argsort(-distances if similarity else distances, kind="stable")
        true = order[order != row][:K]
        np.testing.assert_array_equal(opened.explain(row, K).ids, true)
        for nprobe in (1, 3, 12):
            hits = set(others(case, case.vectors[row], nprobe, row)[0].tolist()) & set(true.tolist())
            assert set(opened.ledger(row, K, nprobe).hits.tolist()) == hits
    ledgers = opened.ledgers(ROWS, K, 3)
    alone = [opened.ledger(int(row), K, 3) for row in ROWS]
    assert MeanLedger.of(ledgers) == MeanLedger.of(alone)


@pytest.mark.parametrize("factory", ["IVF20,Flat", "IVF20,SQ8"])
def test_at_k_1_a_row_does_not_find_itself(factory):
    vectors = np.random.default_rng(0).random((2000, 32), np.float32)
    case = families.made(factory, d=32, x=vectors, q=vectors[:1])
    opened = open_index(case.index)
    rows = np.arange(200)
    assert opened.evaluate(rows, 1, include_self=True, progress=False).recall[0] > 0.99
    stored = opened.vectors_of(rows)
    exact = np.stack([others(case, stored[row], 20, row, 1)[1] for row in rows])
    near = np.stack([others(case, stored[row], 1, row, 1)[1] for row in rows])
    workload = opened.evaluate(rows, 1, progress=False)
    assert workload.recall[0] == np.mean(near == exact) < 0.6


def test_rows_stored_twice_are_left_out_twice():
    index, vectors = make_ivf()
    index.add_with_ids(vectors[[5, 6]], np.array([5, 5]))
    opened = open_index(index)
    explained = opened.explain(5, K)
    assert 5 not in explained.ids
    assert len(explained) == K
    index.nprobe = 20
    ids = index.search(opened.query_vector(5)[None], K + 3)[1][0]
    np.testing.assert_array_equal(explained.ids, ids[ids != 5][:K])


@pytest.mark.parametrize("spread", [1, 10**12])
@pytest.mark.parametrize("work", [1, 100 * ID_WORK, 1 << 62])
def test_repeated_ids_are_counted(spread, work):
    rng = np.random.default_rng(4)
    ids = rng.integers(-300, 300, size=500) * spread
    index, _ = make_ivf(500, ids=ids)
    found_ids, counts = np.unique(ids, return_counts=True)
    repeated = drain(repeated_ids_steps(open_index(index).inverted_file, work))
    np.testing.assert_array_equal(repeated.ids, found_ids[counts > 1])
    np.testing.assert_array_equal(repeated.counts, counts[counts > 1])
    for row, count in zip(found_ids.tolist(), counts.tolist(), strict=True):
        assert repeated.copies_of(row) == count


def test_ids_are_counted_anew_once_the_index_has_changed():
    index, vectors = make_ivf()
    opened = open_index(index)
    copies = opened.truth.row_copies
    assert len(drain(copies.repeated_steps()).ids) == 0
    assert copies.known() is not None
    index.add_with_ids(vectors[:1], np.array([7]))
    assert copies.known() is None
    assert drain(copies.own_row_steps(7)).copies == 2
    assert drain(copies.own_row_steps(8)).copies == 1


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("k_factor", [1, 4])
def test_the_page_gets_the_other_results_of_an_index_that_re_ranks(talk, include_self, k_factor):
    case = families.refined("IVF12,PQ4x4,RFlat", families.L2, k_factor)
    opened = open_index(case.index, vectors=case.vectors)
    session, page = talk(opened)
    session.handle(search_request(query={"id": "3", "cluster": None}, k=K, include_self=include_self))
    message, (ids, distances, _, handed, *_passes) = page.wait(kind="results")
    expected = case.search(case.vectors[3], 4, K) if include_self else others(case, case.vectors[3], 4, 3)
    np.testing.assert_array_equal(np.frombuffer(ids, "<i8"), expected[0])
    np.testing.assert_array_equal(np.frombuffer(distances, "<f4"), expected[1])
    assert message["include_self"] is include_self
    assert (3 in np.frombuffer(handed, "<i8")) is include_self
    assert set(np.frombuffer(ids, "<i8")) <= set(np.frombuffer(handed, "<i8"))
    codes = [finding["code"] for finding in page.wait(kind="done")[0]["findings"]]
    assert ("refine-without-choice" in codes) is (k_factor == 1)


def test_a_row_that_is_added_again_is_left_out_twice_as_soon_as_it_is_counted(talk):
    index, vectors = make_ivf()
    session, page = talk(index)
    session.handle(search_request("a", query={"id": "3", "cluster": None}))
    assert page.wait(kind="coarse", request="a")[0]["copies"] == 1
    index.add_with_ids(vectors[3:5], np.array([3, 3]))
    session.handle(search_request("b", query={"id": "3", "cluster": None}))
    session.drain()
    session.handle(search_request("c", query={"id": "3", "cluster": None}))
    assert page.wait(kind="coarse", request="c")[0]["copies"] == 3


def test_lists_on_a_disk_are_not_read_to_know_how_often_a_row_is_stored(talk):
    case = families.on_disk("IVF12,Flat", families.L2)
    session, page = talk(open_index(case.index))
    session.handle(search_request(query={"id": "3", "cluster": None}))
    assert page.wait(kind="coarse")[0]["copies"] == 1


def test_free_vectors_are_searched_for_as_before(talk):
    vectors = make_vectors(600, 16)
    index, _ = make_ivf(600)
    session, page = talk(index)
    session.search(vectors[3], 4, 5)
    assert page.wait(kind="coarse")[0]["copies"] == 0
    opened = open_index(index)
    assert opened.explain(vectors[3], 1).distances[0] == opened.trace(vectors[3], 20, 1).distances[0]
    workload = opened.evaluate(vectors[:20], 5, progress=False)
    assert workload.include_self is True
