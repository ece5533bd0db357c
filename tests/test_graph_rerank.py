"""Graphs that are re-ranked, against Faiss: searches bit for bit, and every efSearch from one walk."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest

import feder_widget as fw
from feder_widget.truth.ef_results import results_by_ef

pytestmark = pytest.mark.usefixtures("one_thread")

RERANKED = [variant for variant in graphs.VARIANTS if "+" in variant.name]
EFS = [*range(1, 50), 60, 64, 65, 80, 100, 128, 160, 200]


def by_name(name):
    """Return a variant of the registry."""
    return next(each for each in graphs.VARIANTS if each.name == name)


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


@pytest.mark.parametrize("variant", RERANKED, ids=lambda variant: variant.name)
def test_a_trace_is_the_search_of_faiss(variant):
    index = variant.make()
    refine = graphs.refine_of(index)
    opened = fw.open_index(index)
    for query in graphs.vectors(8, seed=41):
        for k_factor in (1, 1.7, 2, 4, 300):
            refine.k_factor = k_factor
            for k, ef in ((1, 16), (10, 16), (10, 64), (30, 8), (graphs.ROWS + 5, 40)):
                trace = opened.trace(query, k, ef)
                ids, distances, counts = faiss_search(index, query, k, ef)
                assert trace.ids.tolist() == ids.tolist()
                assert trace.distances.tobytes() == distances.tobytes()
                assert (trace.n_distances, trace.n_hops) == counts


@pytest.mark.parametrize("name", TIED)
def test_a_trace_with_equal_distances_is_the_search_of_faiss(name):
    index, queries = with_ties(name)
    opened = fw.open_index(index)
    tied = 0
    for query in queries[:15]:
        for k, ef in ((1, 4), (5, 3), (10, 16), (10, 64), (40, 8), (40, 30)):
            trace = opened.trace(query, k, ef)
            ids, distances, counts = faiss_search(index, query, k, ef)
            assert trace.ids.tolist() == ids.tolist()
            assert trace.distances.tobytes() == distances.tobytes()
            assert (trace.n_distances, trace.n_hops) == counts
            tied += trace.walk.is_tied
    assert tied > 30


def test_a_trace_names_what_is_compared_once_more():
    index = graphs.reranked("IDMap,PCA12,HNSW8_SQ4,RFlat", k_factor=2.5, ids=graphs.named_ids())
    opened = fw.open_index(index)
    data = np.empty((int(graphs.named_ids().max()) + 1, graphs.DIM), np.float32)
    data[graphs.named_ids()] = graphs.vectors()
    for query in graphs.vectors(10, seed=3):
        trace = opened.trace(query, 7, 12)
        refine = trace.refine
        assert refine.k_base == 17
        assert len(refine.ids) == 17
        assert np.isin(refine.ids, trace.visited).all()
        assert (np.diff(refine.first_distances) >= 0).all()
        np.testing.assert_allclose(refine.distances, ((data[refine.ids] - query) ** 2).sum(1), rtol=1e-4)
        best = np.argsort(refine.distances, kind="stable")[:7]
        assert trace.ids.tolist() == refine.ids[best].tolist()
        at = {row: place for place, row in enumerate(trace.visited.tolist())}
        by_walk = trace.walk.distances[[at[row] for row in refine.ids.tolist()]]
        assert refine.first_distances.tobytes() == by_walk.tobytes()
        steps = list(opened.steps(query, 7, 12))
        assert len(steps) == trace.n_hops + 1
        assert steps[-1].ids.tolist() == refine.ids.tolist()


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


def test_facts_are_those_of_the_second_pass_and_of_the_walk():
    index = graphs.reranked("HNSW8_SQ8,RFlat", k_factor=3)
    opened = fw.open_index(index)
    assert (opened.family, opened.basis) == ("HNSW8,SQ8 + RFlat", "lists")
    assert (opened.distance_name, opened.walk_distance_name) == (
        "squared L2 distance",
        "squared L2 distance to codes",
    )
    assert opened.vector(7).tobytes() == graphs.vectors()[7].tobytes()
    assert opened.vectors_of([7, 10**9])[0].tobytes() == graphs.vectors()[7].tobytes()
    assert opened.structure().level_sizes[0] == graphs.ROWS
    assert opened.check() == []
    before = opened.version()
    index.k_factor = 4
    assert opened.version() != before
    codes = fw.open_index(graphs.reranked("HNSW8_SQ4,Refine(SQ8)"))
    assert (codes.basis, codes.distance_name) == ("codes", "squared L2 distance to codes")
    given = fw.open_index(codes.library_index, vectors=graphs.vectors())
    assert given.basis == "vectors"
    assert given.query(7).vector.tobytes() == graphs.vectors()[7].tobytes()


def test_an_index_that_grows_or_comes_from_a_file_is_read_as_it_is(tmp_path):
    index = graphs.reranked("PCA12,HNSW8_SQ8,RFlat", k_factor=2)
    opened = fw.open_index(index)
    added = graphs.vectors(3, seed=71)
    index.add(added)
    assert opened.trace(added[1], 3, 30).ids[0] == graphs.ROWS + 1
    path = tmp_path / "graph.faiss"
    faiss.write_index(index, str(path))
    read = fw.open_index(path)
    # A file holds k_factor too.
    assert (
        read.trace(added[1], 5, 30).distances.tobytes() == opened.trace(added[1], 5, 30).distances.tobytes()
    )


def around(base, refining, metric=faiss.METRIC_L2, data=None):
    """Return an index that re-ranks one with another, both made and filled here."""
    data = graphs.vectors() if data is None else data
    indexes = [faiss.index_factory(graphs.DIM, each, metric) for each in (base, refining)]
    for each in indexes:
        each.train(data)
        each.add(data)
    return faiss.IndexRefine(*indexes), indexes


def of_too_few():
    index, (_, refining) = around("HNSW8,SQ8", "Flat")
    refining.remove_ids(np.arange(5))
    return index


def of_other_metric():
    index, (_, refining) = around("HNSW8,SQ8", "Flat")
    refining.metric_type = faiss.METRIC_INNER_PRODUCT
    return index


def around_id_map():
    graph = graphs.build("IDMap,HNSW8,Flat", ids=np.arange(graphs.ROWS)[::-1].copy())
    flat = faiss.IndexFlat(graphs.DIM)
    flat.add(graphs.vectors())
    return faiss.IndexRefine(graph, flat)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: around("HNSW8,SQ8", "PCA12,SQ8")[0], "compares with a faiss.*IndexPreTransform, whose"),
        (lambda: around("HNSW8,SQ8", "LSH")[0], "compares with a faiss.*IndexLSH, whose distances"),
        (lambda: around("HNSW8,Flat", "Flat", faiss.METRIC_L1)[0], "by L2 and by inner product only"),
        (around_id_map, "put the id map around it"),
        (of_too_few, "number of vectors in the refining index"),
        (of_other_metric, "different metrics"),
        (lambda: faiss.index_factory(graphs.DIM, "HNSW8_SQ8,RFlat"), "the index is not trained"),
        (lambda: faiss.IndexRefineFlat(faiss.IndexHNSWFlat(graphs.DIM, 8)), "the index is empty"),
    ],
    ids=["transform", "LSH", "L1", "id map", "too few", "other metric", "untrained", "empty"],
)
def test_what_cannot_be_re_ranked_here_is_refused_with_the_reason(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fw.open_index(make())


def test_a_k_factor_that_faiss_does_not_allow_is_named():
    index = graphs.reranked("HNSW8_SQ8,RFlat")
    opened = fw.open_index(index)
    index.k_factor = 0.5
    for ask in (lambda: opened.trace(0, 4, 16), lambda: opened.explain(0, 4), lambda: opened.evaluate(5, 4)):
        with pytest.raises(
            ValueError, match=r"k_factor of the index that refines must be at least 1, got 0\.5"
        ):
            ask()
    index.k_factor = 1
    assert opened.trace(0, 4, 16).refine.k_base == 4
    with pytest.raises(ValueError, match="k must be at least 1"):
        opened.trace(0, 0, 16)
    with pytest.raises(ValueError, match="ef_search must be between 1 and ntotal"):
        opened.trace(0, 4, graphs.ROWS + 1)
