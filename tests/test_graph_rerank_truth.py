"""What one walk of a re-ranked graph tells of every efSearch, and its true neighbours, against Faiss."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest
from reranked import EFS, RERANKED, faiss_search, with_ties

import feder_widget as fw
from feder_widget.truth.graph.ef_results import results_by_ef

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("variant", RERANKED, ids=lambda variant: variant.name)
def test_one_walk_tells_the_results_at_every_ef_search(variant):
    index = variant.make()
    opened = fw.open_index(index)
    compared = 0
    for query in graphs.vectors(8, seed=47):
        walk = opened.walk(query, 200)
        for k in (1, 10):
            results = results_by_ef(opened.graph_file, walk, query, k)
            for ef in EFS:
                if ef <= results.holds_until:
                    assert_results(index, opened, results, query, k, ef)
                    compared += 1
    assert compared > 500


@pytest.mark.parametrize(
    "name", ["longer codes, RFlat", "longer codes, Refine(PQ12x4)", "copies, L2", "copies, inner product"]
)
def test_where_distances_tie_one_walk_tells_the_results_as_far_as_it_says(name):
    index, queries = with_ties(name)
    opened = fw.open_index(index)
    held = cut = 0
    for query in queries:
        walk = opened.walk(query, 120)
        results = results_by_ef(opened.graph_file, walk, query, 5)
        cut += results.holds_until < 120
        for ef in EFS:
            if ef <= results.holds_until:
                assert_results(index, opened, results, query, 5, ef)
                held += 1
    assert held > 50
    assert cut > 20


def assert_results(index, opened, results, query, k, ef):
    state = int(np.searchsorted(results.ef_from, ef, side="right")) - 1
    places = results.returned[state]
    ids, distances, _ = faiss_search(index, query, k, ef)
    rows = opened.graph_file.external_ids(results.walk.nodes[places])
    assert ids[ids >= 0].tolist() == rows.tolist()
    assert distances[ids >= 0].tobytes() == results.distances[places].tobytes()


@pytest.mark.parametrize("given", [False, True], ids=["as stored", "by the vectors"])
@pytest.mark.parametrize("variant", RERANKED, ids=lambda variant: variant.name)
def test_a_neighbour_is_returned_over_its_span_and_not_beside_it(variant, given):
    index = variant.make()
    data = graphs.vectors()
    if variant.ids is not None:
        filled = np.zeros((int(variant.ids.max()) + 1, graphs.DIM), np.float32)
        filled[variant.ids] = data
        data = filled
    opened = fw.open_index(index, vectors=data if given else None)
    told = 0
    for query in graphs.vectors(25, seed=59):
        explained = opened.explain(query, 10)
        for row_id, first, last in zip(
            explained.ids.tolist(), explained.returned_from, explained.returned_until, strict=True
        ):
            for ef, is_found in ((first, True), (first - 1, False), (last - 1, True), (last, False)):
                # Nothing is found where nothing serves, and a row that never returns has no span.
                if 1 <= ef <= min(opened.ntotal, explained.holds_until) and first <= opened.ntotal:
                    ids, _, _ = faiss_search(index, query, 10, int(ef))
                    assert (row_id in ids) is is_found
                    told += 1
            if first > opened.ntotal:
                for ef in (1, 16, 100, 1000):
                    if ef <= explained.holds_until:
                        assert row_id not in faiss_search(index, query, 10, ef)[0]
    assert told > 250


@pytest.mark.parametrize("factory", ["HNSW8_SQ8,Refine(PQ6x4)", "HNSW4_SQ4,Refine(PQ12x4)"])
def test_recall_is_that_of_searches_where_a_neighbour_is_pushed_out_and_comes_back(factory):
    index = graphs.reranked(factory, k_factor=1.4)
    opened = fw.open_index(index, vectors=graphs.vectors())
    back = fallen = 0
    for query in graphs.vectors(25, seed=101):
        explained = opened.explain(query, 10)
        back += explained.holds_until < 200 and not opened.walk(query, 200).is_tied
        before = 0.0
        for ef in [*range(1, 60), 128, 300, graphs.ROWS]:
            recall = np.isin(explained.ids, faiss_search(index, query, 10, ef)[0]).mean()
            assert explained.recall(ef) == pytest.approx(recall)
            fallen += recall < before
            before = recall
    assert back > 0
    assert fallen > 5


def test_a_row_that_is_the_query_takes_one_of_the_nodes_that_are_handed_over():
    for factory, metric in (("HNSW8_SQ4,RFlat", faiss.METRIC_L2), ("HNSW8_SQ4,Refine(SQ6)", 0)):
        index = graphs.reranked(factory, metric, 1.5)
        opened = fw.open_index(index)
        lost = 0
        for row_id in range(0, 400, 8):
            explained = opened.explain(row_id, 8)
            assert row_id not in explained.ids
            vector = opened.vector(row_id)
            for ef in (1, 3, 9, 12, 20, 64):
                ids, _, _ = faiss_search(index, vector, 9, ef)
                others = ids[ids != row_id][:8]
                is_found = np.isin(explained.ids, others)
                assert explained.recall(ef) == pytest.approx(is_found.mean())
                assert explained.missed(ef).tolist() == explained.ids[~is_found].tolist()
                lost += np.count_nonzero(~is_found)
        assert lost > 50


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("HNSW8_PQ3x4,Refine(SQ8)", "visits it, but 15 vectors have nearer codes."),
        ("HNSW8_SQ8,Refine(PQ3x4)", "hands it to the second pass, where 10 vectors are nearer."),
    ],
)
def test_the_pass_that_loses_a_neighbour_is_named(factory, said):
    opened = fw.open_index(graphs.reranked(factory, k_factor=1.5), vectors=graphs.vectors())
    lost = 0
    for query in graphs.vectors(30, seed=61):
        explained = opened.explain(query, 10)
        traces = [opened.trace(query, 10, ef) for ef in (1, 5, 20, 60) if ef <= explained.holds_until]
        for place, row_id in enumerate(explained.ids.tolist()):
            reason = explained.reason(row_id)
            is_handed = any(row_id in trace.refine.ids for trace in traces)
            if explained.returned_from[place] > opened.ntotal:
                assert not any(row_id in trace.ids for trace in traces)
                assert ("second pass" in reason) or not is_handed
                lost += reason.endswith(said)
    assert lost > 10


def test_verdicts_are_by_the_second_pass():
    data = graphs.vectors()
    for metric in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        opened = fw.open_index(graphs.reranked("HNSW8_SQ4,RFlat", metric))
        for query, row_id in ((0, 17), (5, 2400), (9, 9)):
            exact = data.astype(np.float64)
            keys = (
                ((exact - exact[query]) ** 2).sum(1) if metric == faiss.METRIC_L2 else -(exact @ exact[query])
            )
            verdict = opened.verdict(query, row_id)
            assert verdict.position == 1 + np.count_nonzero(np.delete(keys, query) < keys[row_id])
            assert abs(verdict.distance) == pytest.approx(abs(keys[row_id]), rel=1e-5, abs=1e-5)
            need = verdict.approach.need
            assert row_id in opened.trace(query, 5, need).visited
            assert need == 1 or row_id not in opened.trace(query, 5, need - 1).visited


@pytest.mark.parametrize(("factory", "given"), [("HNSW8_SQ4,RFlat", False), ("HNSW8_SQ4,Refine(SQ6)", True)])
def test_a_workload_is_the_mean_of_searches_where_recall_falls_too(factory, given):
    index = graphs.reranked(factory, k_factor=1)
    opened = fw.open_index(index, vectors=graphs.vectors() if given else None)
    queries = graphs.vectors(60, seed=67)
    workload = opened.evaluate(queries, 10, ef_max=64, progress=False)
    assert workload.basis == ("vectors" if given else "lists")
    assert not workload.tied.any()
    explained = [opened.explain(query, 10) for query in queries]
    recalls = []
    for ef in range(1, 65):
        found = [
            np.isin(each.ids, faiss_search(index, query, 10, ef)[0]).mean()
            for each, query in zip(explained, queries, strict=True)
        ]
        recalls.append(found)
        np.testing.assert_allclose(workload.recall_of(ef), found)
        assert workload.recall[ef - 1] == pytest.approx(np.mean(found))
    assert (np.diff(recalls, axis=0) < 0).any()
    most = np.max(recalls, axis=0)
    needed = np.where(most == 1, 1 + np.argmax(np.array(recalls) == 1, axis=0), 65)
    assert workload.ef_needed.tolist() == needed.tolist()
    costs = [[opened.trace(query, 10, ef).n_distances for query in queries[:60]] for ef in (5, 40)]
    np.testing.assert_allclose(workload.n_distances[[4, 39]], np.mean(costs, axis=1))


def test_a_workload_where_distances_tie_is_searched_for_at_powers_of_two():
    index, queries = with_ties("short codes, RFlat")
    opened = fw.open_index(index)
    workload = opened.evaluate(queries[:20], 10, ef_max=64, progress=False)
    assert workload.tied.sum() > 10
    explained = [opened.explain(query, 10) for query in queries[:20]]
    for ef in (1, 2, 4, 8, 16, 32, 64):
        found = [
            np.isin(each.ids, faiss_search(index, query, 10, ef)[0]).mean()
            for each, query in zip(explained, queries[:20], strict=True)
        ]
        np.testing.assert_allclose(workload.recall_of(ef), found)
