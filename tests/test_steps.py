"""Stepped reads: the same results as the plain methods, in pieces whose work is bounded."""

import itertools

import faiss
import numpy as np
import pytest
from makers import make_ivf
from stepped import assert_same, counted, joined, small_pieces

from feder_widget.engines import open_index
from feder_widget.errors import IndexChangedError, UnknownIdError
from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.scans import range_scan
from feder_widget.model.list_runs import runs
from feder_widget.model.places import pack, unpack, unpack_one
from feder_widget.model.query import Query
from feder_widget.model.work_pieces import ID_WORK, PIECE_WORK, drain, vectors_per_piece


def test_a_list_of_two_million_rows_comes_in_pieces_of_bounded_work(monkeypatch):
    rng = np.random.default_rng(0)
    n, dim = 2_000_000, 8
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, 2)
    index.quantizer.add(np.array([[0] * dim, [100] * dim], np.float32))
    index.is_trained = True
    index.add(rng.standard_normal((n, dim), np.float32))
    index.add(np.full((10, dim), 100, np.float32))
    opened = open_index(index)
    query = np.zeros(dim, np.float32)
    compared = recorded(monkeypatch, range_scan, "_labels_and_distances")
    pieces = list(opened.scan_steps(query, [0, 1]))
    most = vectors_per_piece(dim)
    assert max(len(labels) for labels, _ in compared) <= most
    assert len(pieces) == -(-n // most) + 1
    assert [piece.clusters.tolist() for piece in pieces] == [[0]] * (len(pieces) - 1) + [[1]]
    assert_same(joined(pieces), opened.scan(query, [0, 1]))

    read = recorded(monkeypatch, inverted_lists, "_first_offsets")
    found, held = counted(opened.query_steps(n + 3))
    np.testing.assert_array_equal(found.vector, np.full(dim, 100, np.float32))
    assert held >= n // (PIECE_WORK // ID_WORK)
    assert max(seen for seen, _ in read) <= PIECE_WORK // ID_WORK


@pytest.mark.parametrize("kind", ["IndexIDMap", "IndexIDMap2"])
def test_an_id_map_is_searched_in_steps_and_duplicates_count_as_they_do_at_once(kind):
    inner, x = make_ivf(n=600, d=8, nlist=5)
    inner.reset()
    index = getattr(faiss, kind)(inner)
    names = np.arange(600) % 250
    index.add_with_ids(x, names)
    opened = open_index(index)
    ids = np.array([3, 249, 17, 251])
    (clusters, offsets), held = counted(opened.inverted_file.places_steps(ids, None, work=100 * ID_WORK))
    expected = opened.places(ids)
    np.testing.assert_array_equal(clusters, expected[0])
    np.testing.assert_array_equal(offsets, expected[1])
    assert clusters[3] == -1
    assert held > 4
    rows = np.flatnonzero(names == 17)
    np.testing.assert_array_equal(opened.vector(17), x[rows[-1 if kind.endswith("2") else 0]])


def test_an_unknown_row_is_an_error_at_the_end_of_the_steps():
    opened = open_index(make_ivf()[0])
    with pytest.raises(UnknownIdError, match="row id 12345"):
        drain(opened.query_steps(12345))


def test_a_query_is_taken_as_it_is_and_must_fit_the_index():
    opened = open_index(make_ivf(d=16)[0])
    query = opened.query(5)
    assert (query.row_id, query.vector.shape) == (5, (16,))
    assert opened.query(query) is query
    np.testing.assert_array_equal(opened.trace(query, 3, 5).ids, opened.trace(5, 3, 5).ids)
    assert opened.explain(query, 3).ids.tolist() == [
        row for row in opened.explain(5, 4, include_self=True).ids.tolist() if row != 5
    ]
    with pytest.raises(ValueError, match=r"shape \(16,\).*got float32 of shape \(3,\)"):
        opened.trace(Query(np.zeros(3, np.float32)), 1, 1)
    with pytest.raises(ValueError, match="float32 or uint8"):
        Query(np.zeros(3))


def test_steps_go_on_over_a_grown_index_and_stop_at_a_shrunk_one(monkeypatch):
    small_pieces(monkeypatch)
    index, x = make_ivf()
    opened = open_index(index)
    version = opened.version()
    pieces = opened.scan_steps(x[0], np.arange(opened.nlist))
    next(pieces)
    index.add(x)
    assert opened.version() != version
    assert sum(len(piece.ids) for piece in pieces) > 0

    steps = opened.inverted_file.vectors_of_steps(np.arange(1500), None, work=1)
    for _ in range(1600):
        next(steps)
    index.remove_ids(np.arange(4000))
    with pytest.raises(IndexChangedError, match="lost vectors while it was read"):
        drain(steps)
    assert sum(len(piece.ids) for piece in opened.scan_steps(x[0], np.arange(opened.nlist))) == 0


def test_a_version_tells_sizes_that_trade_places():
    index, _ = make_ivf(n=2000)
    opened = open_index(index)
    before = opened.version()
    assert opened.version() == before
    sizes = opened.list_sizes
    here, there = np.argsort(sizes)[[0, -1]]
    moved = opened.list_ids(there)[:1]
    index.remove_ids(moved)
    index.add_with_ids(opened.centroids([here]), moved)
    assert opened.ntotal == before[0]
    assert opened.version() != before


@pytest.mark.parametrize("filled", ["none", "few", "half", "all"])
@pytest.mark.parametrize("nlist", [3, inverted_lists.WRITTEN_FROM, inverted_lists.WRITTEN_FROM + 88])
def test_sizes_are_those_of_every_list(nlist, filled, tmp_path):
    centroids = np.arange(nlist, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(4), 4, nlist)
    index.quantizer.add(centroids)
    index.is_trained = True
    count = {"none": 0, "few": 2, "half": nlist // 2, "all": nlist}[filled]
    index.add(np.repeat(centroids[:count], np.arange(count) % 3 + 1, axis=0))
    expected = [index.invlists.list_size(cluster) for cluster in range(nlist)]
    assert inverted_lists.sizes(index.invlists).tolist() == expected
    path = str(tmp_path / "lists.faiss")
    faiss.write_index(index, path)
    for flags in (0, faiss.IO_FLAG_MMAP):
        read = faiss.read_index(path, flags)
        assert inverted_lists.sizes(read.invlists).tolist() == expected


def test_a_file_is_frozen_and_a_caller_may_say_so(tmp_path):
    index, _ = make_ivf()
    path = tmp_path / "index.faiss"
    faiss.write_index(index, str(path))
    assert open_index(path).frozen is True
    assert open_index(path, frozen=False).frozen is False
    assert open_index(index).frozen is False
    assert open_index(index, frozen=True).frozen is True


@pytest.mark.parametrize("most", [1, 7, 10, 1000])
def test_runs_hold_at_most_so_many_vectors_and_cover_all_lists(most):
    sizes = np.array([0, 3, 12, 0, 0, 7, 1, 1, 0])
    for first, last in [(0, None), (2, 7), (4, 4)]:
        cut = list(runs(sizes, most, first, last))
        assert [i for begin, end in cut for i in range(begin, end)] == list(range(first, last or len(sizes)))
        assert all(sizes[begin:end].sum() <= most or end == begin + 1 for begin, end in cut)
        # No two neighbouring runs would fit into one.
        assert all(sizes[a:d].sum() > most for (a, _), (_, d) in itertools.pairwise(cut))


def test_places_are_packed_as_faiss_packs_them():
    clusters, offsets = np.array([0, 5, 2**20]), np.array([7, 0, 2**31 + 1])
    places = pack(clusters, offsets)
    assert [int(place) for place in places] == [
        faiss.lo_build(int(cluster), int(offset)) for cluster, offset in zip(clusters, offsets, strict=True)
    ]
    np.testing.assert_array_equal(unpack(places)[0], clusters)
    np.testing.assert_array_equal(unpack(places)[1], offsets)
    assert unpack_one(int(places[2])) == (2**20, 2**31 + 1)


def recorded(monkeypatch, module, name):
    """Return a list that takes what a function of a module returns from now on."""
    results = []
    function = getattr(module, name)

    def recording(*arguments, **keywords):
        results.append(function(*arguments, **keywords))
        return results[-1]

    monkeypatch.setattr(module, name, recording)
    return results


class TestVersionOfManyLists:
    """Sizes asked for one by one would take too long at every request."""

    def refuse(self, *_):
        raise AssertionError("the size of one list is asked for")

    def test_where_most_lists_are_empty(self, monkeypatch):
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(4), 4, 2000)
        centroids = np.random.default_rng(1).normal(size=(2000, 4)).astype(np.float32)
        index.quantizer.add(centroids)
        index.is_trained = True
        index.add(centroids[[5, 1999, 70, 5]])
        opened = open_index(index)
        assert np.flatnonzero(opened.list_sizes).tolist() == [5, 70, 1999]
        monkeypatch.setattr(faiss.InvertedLists, "list_size", self.refuse)
        before = opened.version()
        assert opened.list_sizes[[5, 70, 1999]].tolist() == [2, 1, 1]
        index.remove_ids(np.array([0]))
        index.add_with_ids(centroids[[70]], np.array([0]))
        assert opened.ntotal == before[0]
        assert opened.version() != before

    def test_where_lists_are_in_blocks(self, monkeypatch):
        monkeypatch.setattr(inverted_lists, "COUNTED", 10)
        vectors = make_ivf(n=2000)[1]
        index = faiss.index_factory(16, "IVF20,PQ4x4fs")
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        monkeypatch.setattr(faiss.InvertedLists, "list_size", self.refuse)
        before = opened.version()
        assert opened.version() == before
        index.add(vectors[:1])
        assert opened.version() != before
