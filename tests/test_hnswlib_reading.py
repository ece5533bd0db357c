"""hnswlib's graphs, read from recorded states without the library; see ``hnswlib_stand_in.py``."""

from __future__ import annotations

import sys
import types

import hnswlib_stand_in as stand_in
import numpy as np
import pytest

import feder_widget as fw
from feder_widget.errors import IndexChangedError, IndexFileError, UnknownIdError, UnsupportedIndexError
from feder_widget.hnswlib_internals import hnswlib_file
from feder_widget.hnswlib_internals.searching import HnswlibSearch
from feder_widget.hnswlib_internals.state import HnswlibState

pytestmark = pytest.mark.usefixtures("one_thread")

NEAR = {"rtol": 3e-6, "atol": 1e-6}


@pytest.fixture
def stands_in(monkeypatch):
    """Put the stand-in in the place of hnswlib."""
    module = types.ModuleType("hnswlib")
    module.Index = stand_in.Index
    monkeypatch.setitem(sys.modules, "hnswlib", module)


@pytest.mark.parametrize("variant", stand_in.VARIANTS)
def test_a_state_holds_vectors_labels_and_marks(variant):
    vectors, labels, deleted, _ = stand_in.data_of(variant)
    state = HnswlibState.of(stand_in.state_of(variant))
    order = np.argsort(labels)
    assert state.labels[state.by_label].tolist() == np.sort(labels).tolist()
    stored = state.vectors[state.by_label]
    if variant == "cosine":
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(stored, vectors[order], rtol=1e-5, atol=1e-6)
    assert sorted(state.labels[state.deleted]) == sorted(deleted)
    assert state.links.width == 2 * stand_in.M
    assert (state.links.levels - 1).max() == state.links.max_level > 0
    again = HnswlibState.of(state.parts())
    assert again.links.links.tolist() == state.links.links.tolist()


@pytest.mark.parametrize("variant", stand_in.VARIANTS)
def test_the_nearest_of_a_walk_are_the_results_of_hnswlib(variant):
    state = HnswlibState.of(stand_in.state_of(variant))
    for query, k, ef, labels, distances in stand_in.searches_of(variant):
        search = HnswlibSearch(state, query)
        walk = search.walk(max(ef, k))
        kept = ~state.deleted[walk.nodes]
        nodes, found = walk.nodes[kept], walk.distances[kept]
        best = np.lexsort((nodes, found))[:k]
        np.testing.assert_allclose(found[best], distances, **NEAR)
        if len(np.unique(found)) == len(found):
            assert state.labels[nodes[best]].tolist() == labels.tolist()


@pytest.mark.parametrize("variant", stand_in.VARIANTS)
def test_a_trace_returns_what_hnswlib_returns(variant):
    opened = fw.open_index(stand_in.recorded(variant))
    assert opened.engine_name == "hnswlib"
    assert (opened.ntotal, opened.dim, opened.stored_ef) == (stand_in.ROWS, stand_in.DIM, 10)
    for query, k, ef, labels, distances in stand_in.searches_of(variant):
        trace = opened.trace(query, k, ef)
        assert trace.ids.tolist() == labels.tolist()
        assert trace.distances.tobytes() == distances.tobytes()
        assert np.isin(labels, trace.visited).all()
        assert trace.walk.ef_search == max(ef, k)


@pytest.mark.parametrize("variant", stand_in.VARIANTS)
def test_every_ef_follows_from_one_walk(variant):
    opened = fw.open_index(stand_in.recorded(variant))
    is_tied = 0
    explained = {}
    for query, k, ef, labels, distances in stand_in.searches_of(variant):
        key = query.tobytes(), k
        if key not in explained:
            explained[key] = opened.explain(query, k)
        found = explained[key]
        is_tied += found.holds_until < opened.ntotal
        last = found.distances[-1]
        keys = np.where(np.abs(distances - last) <= 1e-6 + 3e-6 * abs(last), last, distances)
        true = found.distances
        places = k - np.count_nonzero(true < last)
        hits = np.count_nonzero(keys < last) + min(places, np.count_nonzero(keys == last))
        assert found.recall(ef) == pytest.approx(hits / k)
        if len(found.spans.near.ids) == k:
            assert sorted(found.missed(ef)) == sorted(set(found.ids.tolist()) - set(labels.tolist()))
    assert (is_tied > 0) == ("ties" in variant)


def test_deleted_elements_are_walked_through_and_never_returned():
    opened = fw.open_index(stand_in.recorded("l2 with deleted"))
    vectors, labels, deleted, queries = stand_in.data_of("l2 with deleted")
    passed = 0
    for query in queries:
        trace = opened.trace(query, 5, 20)
        passed += np.isin(trace.visited, deleted).sum()
        explained = opened.explain(query, 5)
        live = ~np.isin(labels, deleted)
        keys = ((vectors[live] - query) ** 2).sum(1)
        assert explained.ids.tolist() == labels[live][np.argsort(keys)[:5]].tolist()
    assert passed > 0
    drawn = opened.sample_ids(1000, np.random.default_rng(0))
    assert sorted(drawn) == sorted(set(labels.tolist()) - set(deleted.tolist()))
    with pytest.raises(UnknownIdError, match=f"row id {deleted[0]} is marked as deleted"):
        opened.trace(int(deleted[0]), 3)
    workload = opened.evaluate(20, 5, ef_max=40, progress=False)
    assert not np.isin(workload.ids, deleted).any()


def test_needs_of_fewer_results_than_k_are_those_at_k():
    opened = fw.open_index(stand_in.recorded("l2"))
    query = stand_in.data_of("l2")[3][0]
    explained = opened.explain(query, 12)
    needs = explained.visited_from
    assert ((needs == 1) | (needs > 12)).all()
    assert {explained.recall(ef) for ef in range(1, 13)} == {explained.recall(12)}


def test_structure_verdict_and_links():
    opened = fw.open_index(stand_in.recorded("l2"))
    vectors, labels, _, queries = stand_in.data_of("l2")
    structure = opened.structure()
    ends = [opened.links(label) for label in opened.graph_file.all_ids.tolist()]
    assert structure.degrees.tolist() == [len(some) for some in ends]
    assert structure.in_degrees.sum() == structure.degrees.sum()
    assert structure.level_sizes[0] == stand_in.ROWS
    label = int(labels[17])
    assert opened.in_links(label).tolist() == [
        each for each, some in zip(opened.graph_file.all_ids.tolist(), ends, strict=True) if label in some
    ]
    keys = ((vectors.astype(np.float64) - queries[0]) ** 2).sum(1)
    verdict = opened.verdict(queries[0], label)
    assert verdict.position == 1 + np.count_nonzero(keys < keys[17])
    assert verdict.distance == pytest.approx(keys[17], rel=3e-6)
    np.testing.assert_array_equal(opened.vector(label), vectors[17])


@pytest.mark.usefixtures("stands_in")
def test_a_file_is_read_as_the_index_was(tmp_path):
    for variant in stand_in.VARIANTS:
        path = tmp_path / "graph.bin"
        parts = stand_in.state_of(variant)
        path.write_bytes(stand_in.file_of(parts))
        state = hnswlib_file.read(path, stand_in.space_of(variant))
        for name in ("elements", "upper_links", "labels", "deleted"):
            assert getattr(state, name).tobytes() == getattr(HnswlibState.of(parts), name).tobytes()
        query, k, ef, labels, _ = next(stand_in.searches_of(variant))
        stand_in.recorded(variant)
        opened = fw.open_hnswlib(path, space=stand_in.space_of(variant))
        assert opened.frozen
        assert opened.trace(query, k, ef).ids.tolist() == labels.tolist()


@pytest.mark.usefixtures("stands_in")
def test_a_chroma_collection_is_read(tmp_path):
    data = stand_in.file_of(stand_in.state_of("l2"))
    begin = stand_in.HEADER.size
    middle = begin + stand_in.state_of("l2")["data_level0"].size
    (tmp_path / "header.bin").write_bytes(b"\1\0\0\0" + data[:begin])
    # It keeps room for more elements.
    (tmp_path / "data_level0.bin").write_bytes(data[begin:middle] + bytes(1000))
    (tmp_path / "link_lists.bin").write_bytes(data[middle:])
    stand_in.recorded("l2")
    opened = fw.open_hnswlib(str(tmp_path), space="l2")
    query, k, ef, labels, _ = next(stand_in.searches_of("l2"))
    assert opened.trace(query, k, ef).ids.tolist() == labels.tolist()
    with pytest.raises(UnsupportedIndexError, match=r"feder_widget\.open_hnswlib\(path, space="):
        fw.open_index(tmp_path)
    (tmp_path / "header.bin").write_bytes(b"\2\0\0\0" + data[:begin])
    with pytest.raises(IndexFileError, match="no header of a Chroma collection"):
        fw.open_hnswlib(tmp_path, space="l2")
    (tmp_path / "data_level0.bin").unlink()
    with pytest.raises(IndexFileError, match=r"it has no data_level0\.bin"):
        fw.open_hnswlib(tmp_path, space="l2")


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    data = stand_in.file_of(stand_in.state_of("l2"))
    path = tmp_path / "graph.bin"
    for size in [*range(0, 200, 7), *range(200, len(data), 211), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(IndexFileError, match="is no readable hnswlib index"):
            hnswlib_file.read(path, "l2")
    path.write_bytes(data + b"\0")
    with pytest.raises(IndexFileError, match="1 bytes follow the last links"):
        hnswlib_file.read(path, "l2")


def test_a_file_of_flipped_bytes_is_refused_or_sound(tmp_path):
    data = np.frombuffer(stand_in.file_of(stand_in.state_of("l2")), np.uint8)
    rng = np.random.default_rng(1)
    path = tmp_path / "graph.bin"
    query = stand_in.data_of("l2")[3][0]
    refused = 0
    for turn in range(400):
        damaged = data.copy()
        # The header and the first elements more often than the rest.
        places = rng.integers(0, 96 if turn % 2 else len(data), 1 + turn % 3)
        damaged[places] ^= rng.integers(1, 256, len(places)).astype(np.uint8)
        path.write_bytes(damaged.tobytes())
        try:
            state = hnswlib_file.read(path, "l2")
        except (IndexFileError, ValueError):
            refused += 1
            continue
        with np.errstate(all="ignore"):
            walk = HnswlibSearch(state, query).walk(stand_in.ROWS)
        assert walk.nodes.max() < stand_in.ROWS
    assert refused > 150


def test_an_index_that_has_grown_is_read_anew():
    index = stand_in.recorded("l2")
    opened = fw.open_index(index)
    before = opened.version()
    whole = stand_in.state_of("ip")
    index.params = whole | {"space": "l2", "cur_element_count": stand_in.ROWS + 1}
    assert opened.version() != before
    with pytest.raises(IndexChangedError, match=r"read it when add_items\(\) has ended"):
        opened.structure()


@pytest.mark.usefixtures("stands_in")
def test_wrong_arguments_are_named(tmp_path, monkeypatch):
    path = tmp_path / "graph.bin"
    path.write_bytes(stand_in.file_of(stand_in.state_of("l2")))
    with pytest.raises(ValueError, match="space must be one of 'l2', 'ip', 'cosine', got 'dot'"):
        fw.open_hnswlib(path, space="dot")
    with pytest.raises(TypeError, match="path must be a path, got Index"):
        fw.open_hnswlib(stand_in.recorded("l2"), space="l2")
    with pytest.raises(FileNotFoundError):
        fw.open_hnswlib(tmp_path / "none.bin", space="l2")
    with pytest.raises(UnsupportedIndexError, match="looks like an index of hnswlib"):
        fw.open_index(path)
    with pytest.raises(ValueError, match="vectors has no use for an hnswlib index"):
        fw.open_index(stand_in.recorded("l2"), vectors=np.zeros((9, 8), np.float32))
    with pytest.raises(ValueError, match="the index is empty"):
        fw.open_index(stand_in.Index({"index_inited": False, "space": "l2", "dim": 8, "ef": 10}))
    with pytest.raises(AttributeError, match="this is an index of hnswlib"):
        fw.open_index(stand_in.recorded("l2")).faiss_index  # noqa: B018
    brute_force = type("BFIndex", (), {"__module__": "hnswlib"})()
    with pytest.raises(UnsupportedIndexError, match=r"got an hnswlib\.BFIndex"):
        fw.open_index(brute_force)
    monkeypatch.setitem(sys.modules, "hnswlib", None)
    with pytest.raises(ImportError, match=r"pip install feder-widget\[hnswlib\]"):
        fw.open_hnswlib(path, space="l2")
