"""What an ``IvfIndex`` says about the index it stands for."""

import gc
import weakref

import faiss
import numpy as np
import pytest
from makers import ivf_around, make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.errors import UnknownIdError

BIG = 2**53 + 1


def test_the_properties_are_those_of_the_faiss_index(clustered):
    index, _ = clustered
    traceable = open_index(index)
    assert traceable.faiss_index is index
    assert (traceable.nlist, traceable.dim, traceable.ntotal) == (20, 16, 2000)
    assert (traceable.metric, traceable.similarity, traceable.stored_nprobe) == ("L2", False, 1)
    assert repr(traceable) == "<IvfIndex 2,000 x 16, nlist=20, L2>"
    np.testing.assert_array_equal(
        traceable.list_sizes, [index.invlists.list_size(i) for i in range(index.nlist)]
    )


def test_inner_product_is_a_similarity():
    traceable = open_index(make_ivf(metric="inner product")[0])
    assert (traceable.metric, traceable.similarity) == ("inner product", True)


def test_what_changes_in_the_faiss_index_is_seen_at_once(clustered):
    index, vectors = clustered
    traceable = open_index(index)
    index.nprobe = 7
    index.add(vectors[:5])
    assert traceable.stored_nprobe == 7
    assert traceable.ntotal == 2005
    assert traceable.list_sizes.sum() == 2005
    assert traceable.max_id == 2004
    np.testing.assert_array_equal(traceable.vector(2004), vectors[4])
    index.reset()
    assert traceable.max_id == -1
    trace = traceable.trace(vectors[0], 3, 2)
    np.testing.assert_array_equal(trace.ids, [-1, -1])
    assert all(len(step.ids) == 0 for step in trace.fine)
    with pytest.raises(ValueError, match="no vectors"):
        traceable.random_id(np.random.default_rng(0))


def test_using_it_changes_nothing_in_the_faiss_index(clustered):
    index, vectors = clustered
    index.nprobe = 3
    before = faiss.serialize_index(index)
    traceable = open_index(index)
    traceable.trace(vectors[0], 20, 10)
    traceable.trace(5, 2, 10)
    traceable.rank(7)
    list(traceable.steps(7, 3, 1))
    traceable.locate(9)
    traceable.vectors_of([1, 2])
    np.testing.assert_array_equal(faiss.serialize_index(index), before)
    assert index.own_fields is False or index.own_fields == 0
    assert index.own_invlists


def test_the_faiss_index_lives_as_long_as_it_is_needed_and_no_longer():
    index, vectors = make_ivf()
    traceable = open_index(index)
    seen = weakref.ref(index)
    expected = index.search(vectors[:1], 5)[1][0]
    del index
    gc.collect()
    np.testing.assert_array_equal(traceable.trace(vectors[0], 1, 5).ids, expected)
    del traceable
    gc.collect()
    assert seen() is None


def _inside(name, vectors):
    """Return an index, a part of it that owns nothing, and the same part as the caller would search it."""
    if name == "downcast":
        index, _ = make_ivf()
        return index, faiss.downcast_index(index)
    if name == "shard":
        shards = faiss.IndexShards(16, False, False)
        for _ in range(2):
            shards.add_shard(make_ivf()[0])
        return shards, shards.at(1)
    outer = faiss.index_factory(16, {"extracted": "RR16,IVF20,Flat", "inner": "IDMap,IVF20,Flat"}[name])
    outer.train(vectors)
    if name == "inner":
        outer.add_with_ids(vectors, np.arange(len(vectors)))
        return outer, outer.index
    outer.add(vectors)
    return outer, faiss.extract_index_ivf(outer)


@pytest.mark.parametrize("name", ["downcast", "extracted", "inner", "shard"])
def test_the_index_that_a_part_belongs_to_lives_as_long_as_the_part_is_needed(name):
    vectors = make_vectors(seed=3)
    outer, part = _inside(name, vectors)
    seen = weakref.ref(outer)
    traceable = open_index(part)
    expected = traceable.trace(vectors[0], 3, 5).ids
    del outer, part
    gc.collect()
    assert seen() is not None
    np.testing.assert_array_equal(traceable.trace(vectors[0], 3, 5).ids, expected)
    del traceable
    gc.collect()
    assert seen() is None


def test_an_index_outlives_one_that_was_around_it():
    index, vectors = make_ivf()
    around = faiss.IndexPreTransform(faiss.RandomRotationMatrix(16, 16), index)
    traceable = open_index(index)
    expected = traceable.trace(vectors[0], 3, 5).ids
    del around, index
    gc.collect()
    np.testing.assert_array_equal(traceable.trace(vectors[0], 3, 5).ids, expected)


def test_what_is_returned_stays_when_the_index_is_gone():
    index, vectors = make_ivf()
    traceable = open_index(index)
    centroids, ids = traceable.centroids(), traceable.list_ids(3)
    stored, trace = traceable.list_vectors(3), traceable.trace(vectors[0], 5, 5)
    copies = [a.copy() for a in (centroids, ids, stored, trace.fine[0].distances)]
    index.reset()
    index.quantizer.reset()
    del index, traceable
    gc.collect()
    for array, copy in zip((centroids, ids, stored, trace.fine[0].distances), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_centroids_are_those_of_the_coarse_quantizer():
    centroids = make_vectors(7, 5)
    index = ivf_around(centroids)
    index.add(centroids)
    got = open_index(index).centroids()
    np.testing.assert_array_equal(got, centroids)
    got[:] = 0
    np.testing.assert_array_equal(index.quantizer.reconstruct_n(0, 7), centroids)


IDS = {
    "negative": -np.arange(1, 301),
    "beyond floats": BIG + np.arange(300),
    "extremes": np.r_[np.iinfo(np.int64).min, np.iinfo(np.int64).max, np.arange(298)],
}


@pytest.mark.parametrize("name", IDS)
def test_ids_of_any_int64_find_their_vector(name):
    ids = IDS[name].astype(np.int64)
    index, vectors = make_ivf(n=300, nlist=8, ids=ids)
    traceable = open_index(index)
    for i in (0, 1, 150, 299):
        cluster, offset = traceable.locate(int(ids[i]))
        assert traceable.list_ids(cluster)[offset] == ids[i]
        np.testing.assert_array_equal(traceable.list_vectors(cluster, [offset])[0], vectors[i])
        np.testing.assert_array_equal(traceable.vector(ids[i]), vectors[i])
    assert traceable.max_id == ids.max()


@pytest.mark.parametrize("kind", ["NoMap", "Array", "Hashtable"])
def test_every_kind_of_direct_map_locates_ids(kind):
    index, vectors = make_ivf(n=300, nlist=8)
    index.set_direct_map_type(getattr(faiss.DirectMap, kind))
    traceable = open_index(index)
    for row_id in (0, 17, 299):
        cluster, offset = traceable.locate(row_id)
        assert traceable.list_ids(cluster)[offset] == row_id
    for unknown in (300, -1, 2**63 - 1, -(2**63), 2**63, 10**30):
        with pytest.raises(UnknownIdError, match=f"row id {unknown} is not in the index of 300 vectors"):
            traceable.locate(unknown)
    got = traceable.vectors_of(np.array([5, 999, 299, 5, -4]))
    np.testing.assert_array_equal(got[[0, 2, 3]], vectors[[5, 299, 5]])
    assert np.isnan(got[[1, 4]]).all()


@pytest.mark.parametrize("kind", ["NoMap", "Hashtable"])
def test_a_removed_id_is_unknown(kind):
    index, vectors = make_ivf(n=300, nlist=8)
    index.set_direct_map_type(getattr(faiss.DirectMap, kind))
    traceable = open_index(index)
    index.remove_ids(np.array([17]))
    with pytest.raises(UnknownIdError):
        traceable.trace(17, 1, 1)
    np.testing.assert_array_equal(traceable.vector(299), vectors[299])


def test_of_an_id_added_twice_the_first_is_found():
    index = ivf_around(np.array([[0.0], [10.0]], np.float32))
    index.add_with_ids(np.array([[11.0], [1.0], [2.0]], np.float32), np.array([4, 4, 4]))
    traceable = open_index(index)
    assert traceable.locate(4) == (0, 0)
    np.testing.assert_array_equal(traceable.vectors_of([4]), [[1.0]])
    np.testing.assert_array_equal(traceable.vectors_of([4, 4], [1, 0]), [[11.0], [1.0]])


def test_a_hint_of_the_clusters_reads_only_these(clustered):
    index, vectors = clustered
    traceable = open_index(index)
    ids = np.array([1999, 3, 77, 3, 10**6])
    homes = np.array([traceable.locate(i)[0] for i in ids[:4]] + [0])
    got = traceable.vectors_of(ids, homes)
    np.testing.assert_array_equal(got[:4], vectors[ids[:4]])
    assert np.isnan(got[4]).all()
    elsewhere = (homes + 1) % traceable.nlist
    assert np.isnan(traceable.vectors_of(ids, elsewhere)).all()
    assert traceable.vectors_of([], []).shape == (0, 16)
    assert traceable.vectors_of([]).shape == (0, 16)


def test_list_vectors_takes_the_offsets_in_the_order_given(clustered):
    traceable = open_index(clustered[0])
    cluster = int(np.argmax(traceable.list_sizes))
    everything = traceable.list_vectors(cluster)
    np.testing.assert_array_equal(traceable.list_vectors(cluster, [4, 0, 4]), everything[[4, 0, 4]])
    assert traceable.list_vectors(cluster, []).shape == (0, 16)


def test_an_empty_list_is_an_empty_answer():
    index = ivf_around(np.array([[0.0, 0.0], [9.0, 9.0]], np.float32))
    index.add(np.zeros((3, 2), np.float32))
    traceable = open_index(index)
    assert traceable.list_ids(1).shape == (0,)
    assert traceable.list_vectors(1).shape == (0, 2)
    assert traceable.list_vectors(1, []).shape == (0, 2)
    scan = traceable.scan([0, 0], [1, 0, 1])
    np.testing.assert_array_equal(scan.lims, [0, 0, 3, 3])
    assert traceable.scan([0, 0], []).ids.shape == (0,)


def test_random_ids_are_spread_evenly_over_vectors_not_clusters():
    index = ivf_around(np.array([[0.0], [100.0], [200.0]], np.float32))
    index.add_with_ids(np.r_[np.zeros(9), 200.0].astype(np.float32)[:, None], np.arange(10) - BIG)
    traceable = open_index(index)
    rng = np.random.default_rng(0)
    drawn = np.array([traceable.random_id(rng) for _ in range(2000)])
    counts = np.array([(drawn == i - BIG).sum() for i in range(10)])
    assert counts.sum() == 2000
    assert counts.min() > 150
    assert counts.max() < 250


def test_a_random_row_comes_with_its_cluster(clustered):
    traceable = open_index(clustered[0])
    rng = np.random.default_rng(0)
    for row, cluster in (traceable.random_row(rng) for _ in range(50)):
        assert traceable.locate(row)[0] == cluster


def test_a_query_by_id_is_a_query_by_its_vector(clustered):
    index, vectors = clustered
    traceable = open_index(index)
    for row_id in (5, np.int64(5), np.uint8(5)):
        np.testing.assert_array_equal(traceable.query_vector(row_id), vectors[5])
        np.testing.assert_array_equal(
            traceable.trace(row_id, 3, 4).ids, traceable.trace(vectors[5], 3, 4).ids
        )


@pytest.mark.parametrize(
    "convert",
    [
        lambda v: v[None],
        lambda v: v.astype(np.float64),
        lambda v: v.astype(">f4"),
        lambda v: np.repeat(v, 2)[::2],
        list,
        tuple,
    ],
)
def test_any_array_of_numbers_is_a_query(clustered, convert):
    index, vectors = clustered
    traceable = open_index(index)
    expected = traceable.trace(vectors[5], 3, 4)
    np.testing.assert_array_equal(traceable.trace(convert(vectors[5]), 3, 4).distances, expected.distances)


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (np.zeros(15), ValueError, r"shape \(16,\), the index's dimension, got \(15,\)"),
        (np.zeros((2, 16)), ValueError, r"got \(2, 16\)"),
        (np.zeros((16, 1)), ValueError, r"got \(16, 1\)"),
        (np.float32(3), ValueError, r"got \(\)"),
        ([], ValueError, r"got \(0,\)"),
        (np.r_[np.zeros(15), np.nan], ValueError, "finite float32 numbers, got nan at position 15"),
        (np.r_[np.inf, np.zeros(15)], ValueError, "got inf at position 0"),
        (np.full(16, 1e39), ValueError, r"got 1e\+39 at position 0"),
        ([[1, 2], [3]], ValueError, "query must be a vector of 16 numbers"),
        (True, TypeError, r"got True \(bool\)"),
        (np.bool_(True), TypeError, "bool"),
        (np.zeros(16, bool), TypeError, "real numbers, got an array of bool"),
        (np.zeros(16, complex), TypeError, "complex128"),
        (["a"] * 16, TypeError, "real numbers"),
        ([None] * 16, TypeError, "object"),
        (None, TypeError, "got None"),
        ("12", TypeError, r"got '12' \(str\)"),
        (2000, UnknownIdError, "row id 2000 is not in the index of 2,000 vectors"),
        (-1, UnknownIdError, "row id -1"),
    ],
)
def test_a_query_that_is_none_is_refused_with_the_reason(clustered, query, error, message):
    traceable = open_index(clustered[0])
    for ask in (
        lambda: traceable.query_vector(query),
        lambda: traceable.trace(query, 1, 1),
        lambda: traceable.steps(query, 1, 1),
        lambda: traceable.rank(query),
        lambda: traceable.scan(query, [0]),
    ):
        with pytest.raises(error, match=message):
            ask()


@pytest.mark.parametrize(
    ("nprobe", "k", "error", "message"),
    [
        (0, 1, ValueError, "nprobe must be between 1 and nlist=20, got 0"),
        (400, 1, ValueError, "nprobe must be between 1 and nlist=20, got 400"),
        (-1, 1, ValueError, "got -1"),
        (2.0, 1, TypeError, r"nprobe must be an int, got 2.0 \(float\)"),
        (True, 1, TypeError, r"nprobe must be an int, got True \(bool\)"),
        (None, 1, TypeError, "nprobe"),
        (1, 0, ValueError, "k must be at least 1, got 0"),
        (1, -3, ValueError, "k must be at least 1, got -3"),
        (1, "3", TypeError, r"k must be an int, got '3' \(str\)"),
        (1, np.bool_(True), TypeError, "k must be an int"),
    ],
)
def test_an_nprobe_or_k_out_of_range_is_refused_with_the_range(clustered, nprobe, k, error, message):
    index, vectors = clustered
    traceable = open_index(index)
    with pytest.raises(error, match=message):
        traceable.trace(vectors[0], nprobe, k)
    with pytest.raises(error, match=message):
        traceable.steps(vectors[0], nprobe, k)


def test_numpy_integers_are_integers(clustered):
    index, vectors = clustered
    trace = open_index(index).trace(vectors[0], np.int32(3), np.uint8(4))
    assert (len(trace.fine), len(trace.ids)) == (3, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: t.list_ids(20), ValueError, "cluster must be between 0 and nlist - 1=19, got 20"),
        (lambda t: t.list_ids(-1), ValueError, "got -1"),
        (lambda t: t.ids_by_list(3, 21), ValueError, "last must be between 3 and nlist=20, got 21"),
        (lambda t: t.list_vectors(10**6), ValueError, "got 1000000"),
        (lambda t: t.list_vectors(1.5), TypeError, "cluster must be an int"),
        (lambda t: t.list_vectors(0, [10**6]), ValueError, "offsets must be between 0 and"),
        (lambda t: t.list_vectors(0, [-1]), ValueError, "got -1"),
        (lambda t: t.scan(1, [0, 20]), ValueError, "clusters must be between 0 and 19, got 20"),
        (lambda t: t.scan(1, [-1]), ValueError, "got -1"),
        (lambda t: t.scan(1, [0.5]), TypeError, "clusters must be integers, got an array of float64"),
        (lambda t: t.scan(1, [[0]]), ValueError, r"one-dimensional, got shape \(1, 1\)"),
        (lambda t: t.scan(1, np.array([2**63], np.uint64)), ValueError, "got 9223372036854775808"),
        (lambda t: t.vectors_of([1, 2], [0]), ValueError, r"as long as ids \(2\), got 1"),
        (lambda t: t.vectors_of([1], [20]), ValueError, "got 20"),
        (lambda t: t.vectors_of([1.0]), TypeError, "ids must be integers"),
        (lambda t: t.vectors_of(np.array([2**63], np.uint64)), ValueError, "ids must fit in int64"),
        (lambda t: t.locate(True), TypeError, "row_id must be an int"),
        (lambda t: t.locate("5"), TypeError, "row_id must be an int"),
        (lambda t: t.rank(1, 21), ValueError, "nprobe must be between 1 and nlist=20, got 21"),
    ],
)
def test_nothing_out_of_range_reaches_faiss(clustered, call, error, message):
    with pytest.raises(error, match=message):
        call(open_index(clustered[0]))


def test_fine_steps_are_a_sequence(clustered):
    index, vectors = clustered
    fine = open_index(index).trace(vectors[0], 5, 3).fine
    assert len(fine) == 5
    assert [step.rank for step in fine] == [1, 2, 3, 4, 5]
    assert [step.rank for step in fine[1:3]] == [2, 3]
    assert fine[-1].rank == 5
    with pytest.raises(IndexError):
        fine[5]
