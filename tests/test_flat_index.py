"""Flat indexes: everything is compared, and codes lose what they lose."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest

import feder_widget as fw

pytestmark = pytest.mark.usefixtures("one_thread")

ROWS, DIM = 600, 16
VARIANTS = {
    "Flat": faiss.METRIC_L2,
    "Flat by inner product": faiss.METRIC_INNER_PRODUCT,
    "Flat by L1": faiss.METRIC_L1,
    "SQ8": faiss.METRIC_L2,
    "SQ4": faiss.METRIC_INNER_PRODUCT,
    "PQ4x4": faiss.METRIC_L2,
    "L2norm,Flat": faiss.METRIC_INNER_PRODUCT,
    "PCA8,Flat": faiss.METRIC_L2,
    "IDMap,SQ4": faiss.METRIC_L2,
}


def build(name):
    """Return an index, and its vectors by row id."""
    data = graphs.vectors(ROWS, DIM)
    index = faiss.index_factory(DIM, name.split()[0], VARIANTS[name])
    index.train(data)
    if "IDMap" not in name:
        index.add(data)
        return index, data
    ids = np.random.default_rng(1).permutation(ROWS).astype(np.int64) * 2 + 5
    index.add_with_ids(data, ids)
    by_row = np.zeros((2 * ROWS + 5, DIM), np.float32)
    by_row[ids] = data
    return index, by_row


@pytest.mark.parametrize("name", VARIANTS)
def test_a_trace_is_the_search_of_faiss(name):
    index, _ = build(name)
    opened = fw.open_index(index)
    assert (opened.ntotal, opened.dim, opened.engine_name) == (ROWS, DIM, "Faiss Flat")
    for query in graphs.vectors(20, DIM, seed=7):
        for k in (1, 10, ROWS + 3):
            trace = opened.trace(query, k)
            distances, ids = index.search(query[None], k)
            assert trace.ids.tolist() == ids[0].tolist()
            assert trace.distances.tobytes() == distances[0].tobytes()
            assert trace.n_distances == ROWS


@pytest.mark.parametrize("name", VARIANTS)
def test_by_what_is_stored_nothing_is_missed(name):
    index, _ = build(name)
    opened = fw.open_index(index)
    for query in graphs.vectors(8, DIM, seed=9):
        explained = opened.explain(query, 7)
        assert explained.recall == 1
        assert len(explained.missed) == 0
        assert explained.ids.tolist() == index.search(query[None], 7)[1][0].tolist()
        assert explained.basis == ("lists" if opened.flat_file.holds_vectors else "codes")
    row_id = int(opened.sample_ids(1, np.random.default_rng(0))[0])
    assert row_id not in opened.explain(row_id, 7).ids
    with pytest.raises(ValueError, match="a flat index compares all vectors, so that by its"):
        opened.evaluate(10, 5)


@pytest.mark.parametrize("name", ["SQ4", "PQ4x4", "PCA8,Flat", "IDMap,SQ4"])
def test_by_the_vectors_codes_lose_what_a_search_lacks(name):
    index, data = build(name)
    opened = fw.open_index(index, vectors=data)
    assert opened.basis == "vectors"
    rows = opened.sample_ids(40, np.random.default_rng(2))
    workload = opened.evaluate(rows, 8)
    lost = 0
    for i, row_id in enumerate(rows.tolist()):
        explained = opened.explain(row_id, 8)
        ids = opened.flat_file.all_ids
        keys = -(data[ids] @ data[row_id]) if opened.similarity else ((data[ids] - data[row_id]) ** 2).sum(1)
        true = [each for each in ids[np.argsort(keys, kind="stable")].tolist() if each != row_id][:8]
        assert explained.ids.tolist() == true
        found = [each for each in index.search(data[row_id][None], 9)[1][0].tolist() if each != row_id][:8]
        assert explained.missed.tolist() == [each for each in true if each not in found]
        assert workload.recalls[i] == pytest.approx(explained.recall)
        lost += len(explained.missed)
        for each in explained.missed.tolist():
            assert (
                explained.reason(each) == "Lost to its code: those of 8 other vectors are as near or nearer."
            )
            distances, ids = index.search(data[row_id][None], ROWS)
            others = distances[0][(ids[0] != row_id) & (ids[0] != each)]
            verdict = opened.verdict(row_id, each)
            sign = -1 if opened.similarity else 1
            assert np.count_nonzero(sign * others <= sign * verdict.distance) >= 8
            assert verdict.position == 1 + np.count_nonzero(sign * others < sign * verdict.distance)
    assert lost > 0
    assert workload.recall == pytest.approx(1 - lost / 320)
    assert workload.hardest(1)[0] == np.argmin(workload.recalls)


def test_a_file_is_read_as_the_index(tmp_path):
    index, _ = build("IDMap,SQ4")
    path = tmp_path / "flat.faiss"
    faiss.write_index(index, str(path))
    query = graphs.vectors(1, DIM, seed=3)[0]
    assert fw.open_index(path).trace(query, 5).ids.tolist() == index.search(query[None], 5)[1][0].tolist()


def test_a_widget_says_why_it_shows_none_and_what_to_do():
    with pytest.raises(fw.UnsupportedIndexError, match=r"it compares every vector.*build_index\(vectors\)"):
        fw.FederWidget(build("Flat")[0])


@pytest.mark.parametrize("metric", [faiss.METRIC_Canberra, faiss.METRIC_L2])
def test_a_row_without_a_distance_has_no_place(metric):
    data = np.zeros((5, 4), np.float32)
    data[1:] = 1
    index = faiss.IndexFlat(4, metric)
    index.add(data)
    opened = fw.open_index(index)
    query = np.zeros(4, np.float32) if metric == faiss.METRIC_Canberra else np.full(4, 1e30, np.float32)
    with pytest.raises(ValueError, match="row_id 0: its distance to the query is no finite number"):
        opened.verdict(query, 0)


@pytest.mark.parametrize("name", ["SQ8", "SQ4", "PQ2x4", "PCA2,Flat", "SQfp16"])
@pytest.mark.parametrize("shift", [0, 1e4], ids=["around 0", "far from 0"])
def test_vectors_are_taken_however_coarse_their_codes(name, shift):
    data = graphs.vectors(ROWS, DIM) + np.float32(shift)
    index = faiss.index_factory(DIM, name)
    index.train(data)
    index.add(data)
    assert fw.open_index(index, vectors=data).basis == "vectors"
    # Far from 0, steps of half precision are 8 wide, and tell few rows apart.
    if (name, shift) != ("SQfp16", 1e4):
        with pytest.raises(ValueError, match="in another order"):
            fw.open_index(index, vectors=data[np.random.default_rng(0).permutation(ROWS)])


def test_vectors_beyond_half_precision_are_taken_without_a_warning():
    data = graphs.vectors(ROWS, DIM) * np.float32(1e18)
    index = faiss.index_factory(DIM, "SQfp16")
    index.add(data)
    with np.errstate(all="raise"):
        assert fw.open_index(index, vectors=data).basis == "vectors"


def test_what_cannot_be_told_is_refused():
    index, _ = build("PQ4x4")
    index.search_type = faiss.IndexPQ.ST_HE
    with pytest.raises(fw.UnsupportedIndexError, match="set it to ST_PQ"):
        fw.open_index(index)
    with pytest.raises(ValueError, match="the index is not trained"):
        fw.open_index(faiss.index_factory(DIM, "SQ8"))
    with pytest.raises(fw.UnsupportedIndexError, match="open its base_index"):
        fw.open_index(faiss.index_factory(DIM, "Flat,RFlat"))
    empty = fw.open_index(faiss.IndexFlatL2(DIM))
    assert empty.trace(np.zeros(DIM), 2).ids.tolist() == [-1, -1]
    with pytest.raises(ValueError, match="the index is empty"):
        empty.explain(np.zeros(DIM), 2)
