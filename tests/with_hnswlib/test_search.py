"""Searches of hnswlib itself, held to what is traced and explained of them: ``make test-hnswlib``."""

import heapq
from collections import Counter

import graphs
import hnswlib_stand_in as stand_in
import numpy as np
import pytest

import feder_widget as fw

hnswlib = pytest.importorskip("hnswlib", reason="make test-hnswlib installs it")

pytestmark = pytest.mark.usefixtures("one_thread")

SPACES = ("l2", "ip", "cosine")
ROWS, DIM = 2_000, 24
LABELS = np.random.default_rng(2).permutation(ROWS) * 5 + 3
NEAR = {"rtol": 3e-6, "atol": 1e-6}


def build(space, data=None, deleted=0, m=6, construction=30):
    """Return an index, some elements of which are marked as deleted."""
    data = graphs.vectors(ROWS, DIM) if data is None else data
    index = hnswlib.Index(space, data.shape[1])
    index.init_index(len(data) + 50, M=m, ef_construction=construction)
    index.add_items(data, LABELS[: len(data)], num_threads=1)
    for label in LABELS[:deleted].tolist():
        index.mark_deleted(label)
    return index


def search(index, query, k, ef):
    """Return labels and distances of a search by hnswlib alone."""
    index.set_ef(ef)
    labels, distances = index.knn_query(query[None], k, num_threads=1)
    return labels[0].astype(np.int64), distances[0]


@pytest.mark.parametrize("deleted", [0, 500], ids=["none deleted", "a quarter deleted"])
@pytest.mark.parametrize("space", SPACES)
def test_a_trace_is_the_search_of_hnswlib(space, deleted):
    index = build(space, deleted=deleted)
    opened = fw.open_index(index)
    ef_before = index.ef
    for query in graphs.vectors(200, DIM, seed=7):
        for k, ef in ((1, 1), (1, 16), (10, 4), (10, 16), (10, 64), (30, 30)):
            trace = opened.trace(query, k, ef)
            assert index.ef == ef_before
            labels, distances = search(index, query, k, ef)
            ef_before = ef
            assert trace.ids.tolist() == labels.tolist()
            assert trace.distances.tobytes() == distances.tobytes()
            nodes, found = trace.walk.nodes, trace.walk.distances
            kept = opened.graph_file.can_be_found(nodes)
            best = np.argsort(found[kept], kind="stable")[:k]
            assert trace.visited[kept][best].tolist() == labels.tolist()
            np.testing.assert_allclose(found[kept][best], distances, **NEAR)


@pytest.mark.parametrize("deleted", [0, 500], ids=["none deleted", "a quarter deleted"])
@pytest.mark.parametrize("space", SPACES)
def test_a_neighbour_is_found_from_its_ef_on_and_not_before(space, deleted):
    index = build(space, deleted=deleted)
    opened = fw.open_index(index)
    pairs = Counter()
    for query in graphs.vectors(200, DIM, seed=11):
        for k in (1, 10):
            explained = opened.explain(query, k)
            for row_id, need in zip(explained.ids.tolist(), explained.returned_from.tolist(), strict=True):
                if need > opened.ntotal:
                    assert row_id not in search(index, query, k, 1_000)[0]
                    pairs["no path"] += 1
                    continue
                assert row_id in search(index, query, k, need)[0]
                pairs["found at its ef"] += 1
                if need > 1:
                    assert row_id not in search(index, query, k, need - 1)[0]
                    pairs["not before"] += 1
            for ef in (1, k, k + 1, 17, 40, 100):
                found = search(index, query, k, ef)[0]
                assert explained.recall(ef) == pytest.approx(np.isin(explained.ids, found).mean())
    assert pairs["found at its ef"] > 1_500
    assert pairs["not before"] > 50


@pytest.mark.parametrize("deleted", [0, 400], ids=["none deleted", "a fifth deleted"])
@pytest.mark.parametrize("space", ["l2", "ip"])
def test_the_walk_considers_what_hnswlib_considers_in_its_order(space, deleted):
    # Of whole numbers every distance is exact, and many are equal.
    index = build(space, graphs.whole_numbers(ROWS), deleted)
    opened = fw.open_index(index)
    tied = 0
    for query in graphs.whole_numbers(60, seed=3):
        for ef in (1, 5, 20, 64):
            told = []
            index.set_ef(ef)
            index.knn_query(query[None], 1, num_threads=1, filter=lambda row: told.append(row) or True)  # noqa: B023
            walk = opened.walk(query, ef)
            assert opened.ids_of(considered(opened, walk, ef)).tolist() == told
            tied += walk.is_tied
    assert tied > 50


def considered(opened, walk, ef):
    """Return the nodes that hnswlib puts into its queue, deleted ones aside, in their order."""
    nodes, kept = [], []
    live = opened.graph_file.can_be_found(walk.nodes)
    for node, key, is_live in zip(walk.nodes.tolist(), walk.distances.tolist(), live.tolist(), strict=True):
        if is_live and (len(kept) < ef or -kept[0] > key):
            nodes.append(node)
            heapq.heappush(kept, -key)
            if len(kept) > ef:
                heapq.heappop(kept)
    return np.array(nodes, np.int64)


@pytest.mark.parametrize("space", ["l2", "ip"])
def test_where_distances_tie_recall_is_that_of_searches(space):
    data = graphs.whole_numbers(ROWS)
    index = build(space, data)
    opened = fw.open_index(index)
    by_row = dict(zip(LABELS.tolist(), data, strict=True))
    tied = 0
    for query in graphs.whole_numbers(40, seed=3):
        explained = opened.explain(query, 7)
        tied += explained.holds_until < opened.ntotal
        exact = ((data - query) ** 2).sum(1) if space == "l2" else 1 - data @ query
        limit = np.sort(exact)[6]
        for ef in (1, 3, 6, 7, 8, 9, 12, 30, 100):
            found = np.array([by_row[row] for row in search(index, query, 7, ef)[0].tolist()])
            keys = ((found - query) ** 2).sum(1) if space == "l2" else 1 - found @ query
            places = 7 - np.count_nonzero(exact < limit)
            hits = np.count_nonzero(keys < limit) + min(places, np.count_nonzero(keys == limit))
            assert explained.recall(ef) == pytest.approx(hits / 7)
    assert tied > 10


def test_a_row_is_not_its_own_neighbour_and_a_workload_counts_as_explanations_do():
    index = build("cosine", deleted=300)
    opened = fw.open_index(index)
    rows = opened.sample_ids(40, np.random.default_rng(1))
    workload = opened.evaluate(rows, 5, ef_max=64, progress=False)
    for i, row_id in enumerate(rows.tolist()):
        explained = opened.explain(row_id, 5)
        assert row_id not in explained.ids
        query = opened.vector(row_id)
        for ef in (1, 5, 6, 7, 20, 64):
            others = [row for row in search(index, query, 6, ef)[0].tolist() if row != row_id][:5]
            assert explained.recall(ef) == pytest.approx(np.isin(explained.ids, others).mean())
            assert workload.recall_of(ef)[i] == pytest.approx(explained.recall(ef))


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_more_results_than_there_are_end_with_none(rows):
    index = build("l2", graphs.vectors(rows, DIM))
    opened = fw.open_index(index)
    query = graphs.vectors(1, DIM, seed=5)[0]
    trace = opened.trace(query, rows + 9, 1)
    assert sorted(trace.ids[:rows]) == sorted(LABELS[:rows])
    assert trace.ids[rows:].tolist() == [-1] * 9
    index.mark_deleted(int(LABELS[0]))
    again = fw.open_index(index).trace(query, rows + 9, 1)
    assert sorted(again.ids[again.ids >= 0]) == sorted(LABELS[1:rows])


def test_an_index_that_grows_is_read_as_it_is():
    index = build("l2")
    opened = fw.open_index(index)
    query = graphs.vectors(1, DIM, seed=99)[0]
    before = opened.version()
    opened.trace(query, 3)
    index.add_items(query[None], np.array([7_000_000]))
    assert opened.version() != before
    assert opened.trace(query, 3).ids[0] == 7_000_000
    assert opened.ntotal == ROWS + 1


@pytest.mark.parametrize("variant", stand_in.VARIANTS)
def test_the_recorded_states_are_those_of_hnswlib(variant, tmp_path):
    recorded = stand_in.state_of(variant)
    index = hnswlib.Index(params={name: each for name, each in recorded.items() if "found" not in name})
    told = index.__getstate__()[0]
    assert told["data_level0"].tobytes() == recorded["data_level0"].tobytes()
    for query, k, ef, labels, distances in stand_in.searches_of(variant):
        found = search(index, query, k, ef)
        assert found[0].tolist() == labels.tolist()
        np.testing.assert_allclose(found[1], distances, **NEAR)
    path = tmp_path / "graph.bin"
    index.save_index(str(path))
    assert path.read_bytes() == stand_in.file_of(told)


@pytest.mark.parametrize("scale", [1e-30, 1e-21, 1, 1e18])
def test_under_cosine_lengths_are_those_of_float32(scale):
    data = (graphs.vectors(300, DIM) * np.float64(scale)).astype(np.float32)
    index = build("cosine", data)
    opened = fw.open_index(index)
    for query in data[:10] + data[10:20]:
        trace = opened.trace(query, 5, 64)
        nearest = np.sort(trace.walk.distances)[:5]
        np.testing.assert_allclose(nearest, trace.distances, rtol=1e-5, atol=1e-5)
