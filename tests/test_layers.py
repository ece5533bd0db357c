"""What stands around the inverted lists: transforms, id maps, refinement, shards, coarse quantizers."""

import gc
import threading

import faiss
import families
import numpy as np
import pytest
from makers import make_vectors

from feder_widget.engines import open_index
from feder_widget.errors import UnknownIdError
from feder_widget.model.search_trace import RefineStep

pytestmark = pytest.mark.usefixtures("one_thread")

NAMES = {
    "IVF12,Flat": ("IVF12,Flat", "L2", "squared L2 distance"),
    "IVF12,SQ8": ("IVF12,SQ8", "L2", "squared L2 distance"),
    "IVF12,PQ4x4": ("IVF12,PQ4x4", "L2", "squared L2 distance"),
    "IVF12,PQ4x4fs": ("IVF12,PQ4x4fs", "L2", "estimated squared L2 distance"),
    "IVF12,PQ4x4fsr": ("IVF12,PQ4x4fsr", "L2", "estimated squared L2 distance"),
    "IVF12,RQ3x4": ("IVF12,RQ3x4", "L2", "squared L2 distance"),
    "IVF12,RaBitQ": ("IVF12,RaBitQ1", "L2", "estimated squared L2 distance"),
    "OPQ4_8,IVF12,PQ4x4,RFlat": ("OPQ4_8 → IVF12,PQ4x4 + RFlat", "L2", "squared L2 distance"),
    "IDMap2,PCA8,IVF12,SQ4": ("IDMap2 → PCA8 → IVF12,SQ4", "L2", "squared L2 distance"),
    "IVF12,PQ4x4,Refine(SQ8)": ("IVF12,PQ4x4 + Refine(SQ8)", "L2", "squared L2 distance"),
    "IVF12_HNSW8,Flat": ("IVF12_HNSW8,Flat", "L2", "squared L2 distance"),
    "IMI2x3,Flat": ("IMI2x3,Flat", "L2", "squared L2 distance"),
    "IVF12(PCA8,Flat),SQ8": ("IVF12(PCA8,Flat),SQ8", "L2", "squared L2 distance"),
    "IVF12(SQ4,RFlat),Flat": ("IVF12(SQ4,Refine(Flat)),Flat", "L2", "squared L2 distance"),
}


@pytest.mark.parametrize("description", NAMES)
def test_an_index_is_named_as_people_name_it(description):
    ids = np.arange(families.N) if description.startswith("IDMap") else None
    opened = open_index(families.made(description, ids=ids).index)
    assert (opened.family, opened.metric, opened.distance_name) == NAMES[description]


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("L2norm,IVF12,Flat", "cosine similarity"),
        ("L2norm,OPQ4,IVF12,SQ8", "cosine similarity"),
        ("L2norm,PCA8,IVF12,Flat", "inner product"),
        ("L2norm,IVF12,PQ4x4fs", "estimated cosine similarity"),
        ("IVF12,Flat", "inner product"),
    ],
)
def test_an_inner_product_of_directions_is_a_cosine(description, name):
    opened = open_index(families.made(description, families.IP).index)
    assert opened.distance_name == name
    assert opened.metric == "inner product"


@pytest.mark.parametrize("name", families.OTHER_METRICS)
def test_every_metric_has_a_name(name):
    opened = open_index(families.other_metric(families.OTHER_METRICS[name]).index)
    assert opened.metric.lower().replace("-", "").startswith(name.lower())
    assert opened.distance_name.split()[0].lower().replace("-", "") in (name.lower(), "linfinity", "squared")
    assert opened.similarity is (name == "Jaccard")


def test_other_things_have_names_too():
    assert open_index(families.binary("HNSW", 64).index).family == "BIVF12_HNSW8"
    assert open_index(families.binary("flat", 64).index).distance_name == "Hamming distance"
    assert open_index(families.spectral(0).index).distance_name == "Hamming distance between codes"
    shards = families.sharded("IndexShards", families.L2, True, codes="SQ8").index
    assert open_index(shards).family == "3 shards of IVF12,SQ8"


def test_queries_and_vectors_are_in_the_space_of_the_whole_index():
    case = families.made("PCA8,IVF12,Flat")
    opened = open_index(case.index)
    assert opened.dim == families.D
    assert opened.centroids().shape == (12, 8)
    assert opened.transform(case.queries[0]).shape == (8,)
    assert opened.list_vectors(3).shape[1] == families.D
    assert opened.stored_vectors(3).shape[1] == 8
    transform = faiss.downcast_VectorTransform(case.index.chain.at(0))
    ids = opened.list_ids(3)
    np.testing.assert_allclose(opened.stored_vectors(3), transform.apply(case.vectors[ids]), atol=1e-5)
    with pytest.raises(ValueError, match=r"shape \(16,\), the index's dimension, got \(8,\)"):
        opened.trace(np.zeros(8), 1, 1)


def test_what_a_transform_loses_is_lost_and_the_rest_comes_back():
    case = families.made("PCAW8,IVF12,Flat")
    opened = open_index(case.index)
    vector = opened.vector(5)
    assert vector.shape == (families.D,)
    stored = opened.stored_vectors(*[[n] if i else n for i, n in enumerate(opened.locate(5))])
    np.testing.assert_allclose(opened.transform(vector), stored[0], atol=1e-4)


def test_the_two_passes_of_a_refined_search_are_two_steps():
    case = families.refined("IVF12,PQ4x4,RFlat", families.L2, 4)
    opened = open_index(case.index)
    query = case.queries[0]
    trace = opened.trace(query, 4, 10)
    base = faiss.downcast_index(case.index.base_index)
    base.nprobe = 4
    first, first_ids = base.search(query[None], 40)
    assert trace.refine.k_base == 40
    np.testing.assert_array_equal(trace.refine.ids, first_ids[0])
    np.testing.assert_array_equal(trace.refine.first_distances, first[0])
    exact = ((case.vectors[first_ids[0]] - query) ** 2).sum(axis=1)
    np.testing.assert_allclose(trace.refine.distances, exact, rtol=1e-5)
    candidates = sum(len(step.ids) for step in trace.fine)
    assert trace.n_distances == 12 + candidates + 40
    *_, last = opened.steps(query, 4, 10)
    assert isinstance(last, RefineStep)
    # A row is queried by the vector that it is refined with.
    np.testing.assert_array_equal(opened.vector(7), case.vectors[7])
    assert opened.trace(7, 12, 1).ids[0] == 7
    assert opened.replayable is False
    assert open_index(base).trace(query, 4, 10).refine is None


def test_a_second_pass_of_fewer_than_k_is_refused():
    case = families.refined("IVF12,PQ4x4,RFlat", families.L2, 0.5)
    with pytest.raises(ValueError, match=r"k_factor .* must be at least 1, got 0\.5"):
        open_index(case.index).trace(case.queries[0], 4, 10)


def test_ids_pass_through_maps_around_a_refined_index():
    ids = families.HARD_IDS["negative"]
    case = families.refined_ids()
    opened = open_index(case.index)
    trace = opened.trace(case.queries[0], 4, 10)
    assert set(trace.refine.ids.tolist()) <= set(ids.tolist())
    assert set(np.concatenate([step.ids for step in trace.fine]).tolist()) <= set(ids.tolist())
    np.testing.assert_array_equal(opened.vector(int(ids[8])), case.vectors[8])
    assert opened.max_id == ids.max()


def test_a_map_that_is_too_short_is_an_error_and_not_a_read_out_of_bounds():
    case = families.id_mapped("IDMap,IVF12,Flat", families.HARD_IDS["shuffled"])
    opened = open_index(case.index)
    case.ivfs[0].add(case.vectors[:1])
    with pytest.raises(ValueError, match="the id map names 900 rows, but the index inside it holds row 900"):
        opened.trace(case.vectors[0], 12, 1)


def test_of_an_id_that_a_map_holds_twice_each_kind_of_map_finds_its_own():
    x = families.vectors()
    ids = np.arange(families.N) % 450
    for kind, row in (("IDMap", 3), ("IDMap2", 453)):
        opened = open_index(families.made(f"{kind},IVF12,Flat", ids=ids).index)
        np.testing.assert_array_equal(opened.vector(3), x[row])


def test_shards_are_one_index():
    case = families.sharded("IndexShards", families.L2, True)
    opened = open_index(case.index)
    assert opened.ntotal == families.N
    np.testing.assert_array_equal(opened.list_sizes, sum(open_index(part).list_sizes for part in case.ivfs))
    cluster = int(np.argmax(opened.list_sizes))
    held = np.concatenate([open_index(part).list_ids(cluster) + 300 * i for i, part in enumerate(case.ivfs)])
    np.testing.assert_array_equal(opened.list_ids(cluster), held)
    ids, homes = opened.ids_by_list(0, opened.nlist)
    np.testing.assert_array_equal(homes, np.repeat(np.arange(opened.nlist), opened.list_sizes))
    every = [opened.list_ids(each) for each in range(opened.nlist)]
    np.testing.assert_array_equal(ids, np.concatenate(every))
    np.testing.assert_array_equal(opened.list_vectors(cluster), case.vectors[held])
    for row in (0, 299, 300, 899):
        cluster, offset = opened.locate(row)
        assert opened.list_ids(cluster)[offset] == row
        np.testing.assert_array_equal(opened.list_vectors(cluster, [offset])[0], case.vectors[row])
    np.testing.assert_array_equal(opened.vectors_of([5, 305, 605]), case.vectors[[5, 305, 605]])
    assert opened.max_id == 899
    with pytest.raises(UnknownIdError):
        opened.locate(900)


@pytest.mark.parametrize("quantizer", ["_HNSW8", "(IVF6,Flat)", "(SQ4,RFlat)"])
def test_an_approximate_coarse_search_is_shown_as_it_was_and_the_rest_by_distance(quantizer):
    case = families.large(f"IVF40{quantizer},Flat")
    opened = open_index(case.index)
    assert opened.coarse_is_exact is False
    centroids = opened.centroids().astype(np.float64)
    for query in case.queries:
        for nprobe in (1, 8, 40):
            _, probed = case.ivfs[0].quantizer.search(query[None], nprobe)
            probed = probed[0][probed[0] >= 0]
            coarse = opened.rank(query, nprobe)
            np.testing.assert_array_equal(coarse.clusters[: len(probed)], probed)
            rest = coarse.clusters[len(probed) :]
            assert sorted(coarse.clusters) == list(range(40))
            away = ((centroids[rest] - query) ** 2).sum(axis=1)
            assert (np.diff(away) > -1e-3).all()
            assert len(opened.trace(query, nprobe, 5).fine) == len(probed)
        away = ((centroids - query) ** 2).sum(axis=1)
        np.testing.assert_array_equal(opened.rank(query).clusters, np.argsort(away, kind="stable"))


def test_a_cluster_that_a_multi_index_names_twice_is_scanned_twice_and_ranked_once():
    x = np.random.default_rng(0).integers(-2, 3, size=(4000, 8)).astype(np.float32)
    case = families.made("IMI2x5,Flat", d=8, x=x, q=x[:60])
    opened = open_index(case.index)
    twice = 0
    for query in case.queries:
        _, probed = case.ivfs[0].quantizer.search(query[None], opened.nlist)
        twice += len(set(probed[0].tolist())) < len(probed[0])
        trace = opened.trace(query, opened.nlist, 20)
        expected_ids, expected = case.search(query, opened.nlist, 20)
        np.testing.assert_array_equal(trace.ids, expected_ids)
        np.testing.assert_array_equal(trace.distances, expected)
        assert sorted(trace.coarse.clusters) == list(range(opened.nlist))
    assert twice


def test_a_coarse_quantizer_may_have_another_metric():
    opened = open_index(families.spherical("IndexIVFFlat", families.L2).index)
    assert (opened.similarity, opened.coarse_similarity) == (False, True)
    coarse = opened.rank(families.queries()[0])
    assert (np.diff(coarse.distances) <= 0).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda: families.made("IVF12,PQ4x4"),
        lambda: families.made("IVF12,PQ4x4fs"),
        lambda: families.made("PCA8,IVF12,SQ8"),
        lambda: families.made("IVF12,PQ4x4,RFlat"),
        lambda: families.large("IVF40_HNSW8,Flat"),
        lambda: families.sharded("IndexShards", families.L2, False),
        lambda: families.binary("flat", 64),
    ],
)
def test_vectors_that_are_added_later_are_seen(build):
    case = build()
    opened = open_index(case.index)
    before = opened.ntotal
    opened.trace(case.queries[0], 4, 5)
    for target in case.ivfs if "shard" in opened.family else [case.index]:
        target.add(case.vectors[:3])
    added = 3 * (len(case.ivfs) if "shard" in opened.family else 1)
    assert opened.ntotal == before + added
    assert opened.list_sizes.sum() == before + added
    for k in (5, 1500):
        ids, distances = case.search(case.queries[0], 4, k)
        trace = opened.trace(case.queries[0], 4, k)
        np.testing.assert_array_equal(trace.ids, ids)
        np.testing.assert_array_equal(trace.distances, distances)


@pytest.mark.parametrize("description", ["OPQ4,IVF12,PQ4x4,RFlat", "IVF40_HNSW8,SQ8", "IDMap,IVF12,PQ4x4fs"])
def test_a_whole_index_is_kept_alive(description):
    ids = np.arange(families.N) if description.startswith("IDMap") else None
    case = families.made(description, ids=ids)
    expected = case.search(case.queries[0], 4, 5)[0]
    opened, query = open_index(case.index), case.queries[0]
    del case
    gc.collect()
    junk = [make_vectors(1000, 64) for _ in range(20)]
    np.testing.assert_array_equal(opened.trace(query, 4, 5).ids, expected)
    assert len(junk) == 20


@pytest.mark.parametrize(
    "build",
    [
        lambda: families.made("IVF12,SQ8"),
        lambda: families.made("OPQ4,IVF12,PQ4x4"),
        lambda: families.made("IVF12,PQ4x4fsr"),
        lambda: families.made("IVF12,PQ4x4,RFlat"),
        lambda: families.large("IVF40_HNSW8,PQ4x4"),
        lambda: families.binary("flat", 64),
    ],
)
def test_threads_trace_while_others_search_and_change_nprobe(build):
    case = build()
    opened = open_index(case.index)
    expected = [case.search(query, 5, 10) for query in case.queries]
    threads = faiss.omp_get_max_threads()
    wrong, stop = [], threading.Event()

    def trace():
        for _ in range(25):
            for query, (ids, distances) in zip(case.queries, expected, strict=True):
                found = opened.trace(query, 5, 10)
                if not (np.array_equal(found.ids, ids) and np.array_equal(found.distances, distances)):
                    wrong.append(query)

    def meddle():
        while not stop.is_set():
            for nprobe in range(1, 13):
                case.search(case.queries[0], nprobe, 3)

    meddler = threading.Thread(target=meddle)
    meddler.start()
    tracers = [threading.Thread(target=trace) for _ in range(4)]
    for tracer in tracers:
        tracer.start()
    for tracer in tracers:
        tracer.join()
    stop.set()
    meddler.join()
    assert wrong == []
    assert faiss.omp_get_max_threads() == threads


@pytest.mark.parametrize("metric", families.METRICS.values())
@pytest.mark.parametrize(
    "description", ["SQ8", "SQ4", "PQ4x4", "PQ4x4fs", "PQ4x4fsr", "RQ3x4", "RaBitQ", "RaBitQ4"]
)
def test_ties_are_ordered_as_faiss_orders_them(description, metric):
    rng = np.random.default_rng(1)
    # Few different vectors, so that most distances come many times.
    x = rng.integers(-2, 3, size=(40, 8)).astype(np.float32)[rng.integers(40, size=700)]
    case = families.made(f"IVF6,{description}", metric, d=8, x=x, q=x[:6], ids=rng.permutation(700) - 350)
    opened = open_index(case.index)
    for query in case.queries:
        for nprobe in (1, 3, 6):
            for k in (1, 7, 20, 21, 100, 800):
                ids, distances = case.search(query, nprobe, k)
                trace = opened.trace(query, nprobe, k)
                np.testing.assert_array_equal(trace.ids, ids)
                np.testing.assert_array_equal(trace.distances, distances)


@pytest.mark.parametrize("description", ["SQ8", "PQ4x4", "PQ4x4fs", "RQ3x4", "RaBitQ"])
def test_a_limit_on_the_vectors_compared_is_kept_where_faiss_keeps_it(description):
    case = families.made(f"IVF12,{description}")
    opened = open_index(case.index)
    for limit in (1, 70, 150, 10**6):
        case.ivfs[0].max_codes = limit
        for query in case.queries:
            ids, distances = case.search(query, 6, 300)
            trace = opened.trace(query, 6, 300)
            np.testing.assert_array_equal(trace.ids, ids)
            np.testing.assert_array_equal(trace.distances, distances)
            np.testing.assert_array_equal(
                np.concatenate([step.ids for step in list(opened.steps(query, 6, 5))[1:]]),
                np.concatenate([step.ids for step in trace.fine]),
            )
            if description != "PQ4x4fs":
                assert sum(len(step.ids) for step in trace.fine) <= limit


def test_a_binary_index_keeps_the_limit_too():
    case = families.binary("flat", 64)
    opened = open_index(case.index)
    for limit in (1, 100, 250):
        case.index.max_codes = limit
        for query in case.queries:
            ids, distances = case.search(query, 6, 300)
            trace = opened.trace(query, 6, 300)
            np.testing.assert_array_equal(trace.ids, ids)
            np.testing.assert_array_equal(trace.distances, distances)


@pytest.mark.parametrize("mode", [1, 2, 3])
@pytest.mark.parametrize("description", ["SQ8", "PQ4x4", "RaBitQ"])
def test_every_parallel_mode_gives_the_same_results(description, mode):
    case = families.made(f"IVF12,{description}")
    case.ivfs[0].parallel_mode = mode
    opened = open_index(case.index)
    for query in case.queries:
        ids, distances = case.search(query, 5, 10)
        trace = opened.trace(query, 5, 10)
        np.testing.assert_array_equal(trace.ids, ids)
        np.testing.assert_array_equal(trace.distances, distances)
        step = trace.fine[2]
        np.testing.assert_array_equal(step.ids, opened.list_ids(step.cluster))


@pytest.mark.parametrize("description", ["IVF1,Flat", "IVF1,PQ4x4", "IVF1,PQ4x4fs", "IVF1,SQ8,RFlat"])
def test_one_cluster_is_enough(description):
    case = families.made(description)
    opened = open_index(case.index)
    for k in (1, 10, 1000):
        ids, distances = case.search(case.queries[0], 1, k)
        trace = opened.trace(case.queries[0], 1, k)
        np.testing.assert_array_equal(trace.ids, ids)
        np.testing.assert_array_equal(trace.distances, distances)


@pytest.mark.parametrize("description", ["IVF12,SQ8", "IVF12,PQ4x4fs", "IVF12,PQ4x4,RFlat", "IVF12,RaBitQfs"])
def test_an_index_that_is_emptied_later_has_empty_lists(description):
    case = families.made(description)
    opened = open_index(case.index)
    case.index.reset()
    trace = opened.trace(case.queries[0], 4, 3)
    np.testing.assert_array_equal(trace.ids, case.search(case.queries[0], 4, 3)[0])
    assert [len(step.ids) for step in trace.fine] == [0, 0, 0, 0]
    assert opened.max_id == -1


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (np.zeros(9, np.uint8), ValueError, r"shape \(8,\), 64 bits as bytes, got \(9,\)"),
        (np.full(64, 2), ValueError, "64 numbers must be zeros and ones"),
        (np.full(8, 300), TypeError, "bytes"),
        (np.zeros(8, np.float32), TypeError, "bytes"),
        (np.zeros(8, bool), TypeError, "integers"),
        (None, TypeError, "got None"),
        ("text", TypeError, "got 'text'"),
        (10**6, UnknownIdError, "row id 1000000"),
    ],
)
def test_a_query_that_is_none_of_a_binary_index_is_refused(query, error, message):
    with pytest.raises(error, match=message):
        open_index(families.binary("flat", 64).index).trace(query, 1, 1)


def test_bits_and_bytes_are_the_same_query():
    case = families.binary("flat", 64)
    opened = open_index(case.index)
    for query in case.queries:
        bits = np.unpackbits(query)
        np.testing.assert_array_equal(opened.trace(bits, 3, 5).ids, opened.trace(query, 3, 5).ids)
        np.testing.assert_array_equal(opened.transform(query), bits)
    np.testing.assert_array_equal(opened.vector(3), case.vectors[3])
    np.testing.assert_array_equal(opened.vectors_of([3])[0], np.unpackbits(case.vectors[3]))
    np.testing.assert_array_equal(opened.trace(3, 12, 1).distances, [0])


@pytest.mark.parametrize(
    "description", ["Flat", "SQ8", "PQ4x4", "PQ4x4fs", "RQ3x4", "RaBitQ4", "PQ4x4,RFlat"]
)
def test_several_threads_find_the_same(description, faiss_threads):
    case = families.made(f"IVF12,{description}")
    opened = open_index(case.index)
    for threads in (1, 2, 5):
        faiss_threads(threads)
        for query in case.queries:
            for nprobe in (1, 3, 12):
                ids, distances = case.search(query, nprobe, 10)
                trace = opened.trace(query, nprobe, 10)
                np.testing.assert_array_equal(trace.ids, ids)
                np.testing.assert_array_equal(trace.distances, distances)
                for step in trace.fine:
                    np.testing.assert_array_equal(step.ids, opened.list_ids(step.cluster))
    assert faiss.omp_get_max_threads() == 5
