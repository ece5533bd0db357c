"""Where recall is lost, against Faiss's own searches and a search of the original vectors."""

from collections import Counter
from dataclasses import dataclass

import faiss
import families
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import make_ivf, make_vectors

from feder_widget import Ledger, MeanLedger
from feder_widget.index import open_index, originals, outranking
from feder_widget.recall.curves import curves_of

pytestmark = pytest.mark.usefixtures("one_thread")

L2, IP = families.L2, families.IP
K = 10


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def behind(case, steps):
    """Return what the first transforms of a case make of vectors."""
    chain = [faiss.downcast_VectorTransform(case.index.chain.at(i)) for i in range(steps)]

    def apply(vectors):
        for step in chain:
            vectors = step.apply(np.ascontiguousarray(vectors))
        return vectors

    return apply


def made(description, metric=L2, **options):
    return families.made(description, metric, **options)


def with_gaps(description, metric=L2):
    """Build an index of every third row, from which some were removed again."""
    case = made(f"IDMap2,{description}", metric, ids=np.arange(families.N))
    case.index.remove_ids(np.flatnonzero(np.arange(families.N) % 3))
    return case


METRICS = {"L2": L2, "inner product": IP}
CODES = ("PQ4x4", "PQ4x6", "SQ4", "SQ8", "SQfp16", "RQ3x4", "LSQ3x4", "RaBitQ", "RaBitQ4")
FAST = ("PQ4x4fs", "PQ4x4fsr", "RaBitQfs", "RQ3x4fs")
BUILD = {
    **{
        f"{codes}, {name}": lambda codes=codes, metric=metric: made(f"IVF12,{codes}", metric)
        for codes in (*CODES, *FAST)
        for name, metric in METRICS.items()
    },
    **{
        f"{description}, {name}": lambda description=description, metric=metric: made(description, metric)
        for description in (
            "OPQ4,IVF12,PQ4x4",
            "OPQ4_8,IVF12,PQ4x4",
            "IVF12,PQ4x4,RFlat",
            "IVF12,PQ4x4,Refine(PQ8x4)",
            "IVF12,PQ4x4fs,Refine(SQ4)",
            "OPQ4_8,IVF12,PQ4x4,RFlat",
        )
        for name, metric in METRICS.items()
    },
    "k_factor 3": lambda: families.refined("IVF12,PQ4x4,Refine(PQ8x4)", L2, 3),
    "spectral hash": lambda: families.spectral(0),
    "PCA": lambda: made("PCA8,IVF12,SQ8"),
    "PCA, stored whole": lambda: made("PCA8,IVF12,Flat"),
    "removed": lambda: with_gaps("IVF12,PQ4x4"),
    "removed, refined": lambda: families.moved("IVF12,SQ8"),
    "shuffled": lambda: made("IDMap,IVF12,PQ4x4", ids=families.HARD_IDS["shuffled"]),
    "IDMap2 around a refined one": lambda: made(
        "IDMap2,IVF12,PQ4x4,RFlat", ids=families.HARD_IDS["shuffled"]
    ),
    "HNSW": lambda: families.large("IVF40_HNSW8,PQ4x4"),
    "multi-index": lambda: made("IMI2x3,PQ4x4"),
    "another metric's quantizer": lambda: families.spherical("IndexIVFPQ", 4, 4, L2),
    "shards": lambda: families.sharded("IndexShards", L2, True, codes="PQ4x4"),
    "refined under L1": lambda: refined_l1(),
    "stored whole": lambda: made("IVF12,Flat"),
    "stored whole, refined": lambda: made("IVF12,Flat,RFlat"),
}
BEHIND = {
    "L2norm,IVF12,SQ8": (IP, lambda _: unit),
    "L2norm,IVF12,PQ4x4": (L2, lambda _: unit),
    "L2norm,OPQ4,IVF12,PQ4x4": (IP, lambda _: unit),
    "PCA8,IVF12,PQ4x4": (IP, lambda case: behind(case, 1)),
    "PCAW8,IVF12,PQ4x4": (L2, lambda case: behind(case, 1)),
    "PCA8,L2norm,IVF12,SQ8": (IP, lambda case: behind(case, 2)),
}


def refined_l1():
    base = faiss.IndexIVFFlat(faiss.IndexFlat(families.D, faiss.METRIC_L1), families.D, 12, faiss.METRIC_L1)
    again = faiss.IndexFlat(families.D, faiss.METRIC_L1)
    index = faiss.IndexRefine(base, again)
    index.k_factor = 2
    case = families.filled(index, base)
    index.referenced_objects = [base, base.quantizer, again]
    return case


def original_vectors(case):
    """Return vectors by row id."""
    if isinstance(case.index, (faiss.IndexIDMap, faiss.IndexIDMap2)):
        ids = faiss.vector_to_array(case.index.id_map)
        if len(ids) == len(case.vectors):
            by_id = np.empty_like(case.vectors)
            by_id[ids] = case.vectors
            return by_id
    return case.vectors


@dataclass
class Truth:
    """The oracle's: which rows are nearest, and what came of them."""

    strictly: Counter
    tied: Counter
    places: int

    @property
    def count(self):
        return self.strictly.total() + self.places

    def of(self, counter):
        """Count how many true neighbours are among rows."""
        return (self.strictly & counter).total() + min((self.tied & counter).total(), self.places)


def truth(opened, query, k, measured=lambda x: x, without=None):
    """Search the original vectors, as they are measured, for every vector that is stored."""
    ivf = opened.engine.stack.ivf
    flat = faiss.IndexFlat(measured(query[None]).shape[1], ivf.metric_type)
    flat.metric_arg = ivf.metric_arg
    flat.add(measured(np.ascontiguousarray(opened.vectors_given)))
    distances, rows = flat.search(measured(query[None]), flat.ntotal)
    distance_of = dict(zip(rows[0].tolist(), distances[0].tolist(), strict=True))
    sign = -1 if opened.similarity else 1
    held = np.concatenate([opened.list_ids(cluster) for cluster in range(opened.nlist)]).tolist()
    keys = sorted((sign * distance_of[row], row) for row in held if row != without)
    count = min(k, len(keys))
    last = keys[count - 1][0]
    strictly = Counter(row for key, row in keys if key < last)
    return Truth(strictly, Counter(row for key, row in keys if key == last), count - strictly.total())


def probed(opened, query, nprobe):
    """Count the rows in the clusters that the coarse quantizer returns."""
    ivf = opened.engine.stack.ivf
    point = opened.transform(query)
    clusters = faiss.downcast_index(ivf.quantizer).search(point[None], nprobe)[1][0]
    rows = [opened.list_ids(cluster) for cluster in np.unique(clusters[clusters >= 0])]
    return Counter(np.concatenate(rows).tolist())


def results(case, opened, query, nprobe, k):
    """Return what is handed over and what is returned, as counts, by Faiss's own searches."""
    ids, _ = case.search(query, nprobe, k)
    returned = Counter(ids[ids >= 0].tolist())
    refine = opened.engine.stack.refine
    if refine is None:
        return returned, returned
    base = faiss.downcast_index(refine.base_index)
    first = base.search(query[None], int(k * refine.k_factor))[1][0]
    first = first[first >= 0]
    if refine is not case.index:
        first = faiss.vector_to_array(case.index.id_map)[first]
    return Counter(first.tolist()), returned


def expected(case, opened, query, nprobe, k, measured):
    true = truth(opened, query, k, measured)
    handed_over, returned = results(case, opened, query, nprobe, k)
    compared = true.of(probed(opened, query, nprobe))
    return (
        true.of(returned),
        true.count - compared,
        compared - true.of(handed_over),
        true.of(handed_over) - true.of(returned),
    )


def parts(ledger):
    return (ledger.hits, ledger.lost_to_coarse, ledger.lost_to_code, ledger.lost_to_rerank)


def lengths(ledger):
    return tuple(len(part) for part in parts(ledger))


def assert_adds_up(case, opened, measured=lambda x: x):
    lost = np.zeros(4, int)
    for query in case.queries:
        for nprobe in sorted({1, 2, 4, opened.nlist}):
            ledger = opened.ledger(query, K, nprobe)
            assert lengths(ledger) == expected(case, opened, query, nprobe, K, measured)
            assert len(ledger) == sum(lengths(ledger)) == min(K, opened.ntotal)
            returned = set(case.search(query, nprobe, K)[0].tolist())
            assert set(ledger.hits.tolist()) <= returned
            assert not returned & set(np.concatenate(parts(ledger)[1:]).tolist())
            assert not probed(opened, query, nprobe).keys() & set(ledger.lost_to_coarse.tolist())
            assert set(ledger.lost_to_code.tolist()) <= probed(opened, query, nprobe).keys()
            lost += lengths(ledger)
    return lost


@pytest.mark.parametrize("name", BUILD)
def test_every_true_neighbour_is_found_or_lost_at_one_stage(name):
    case = BUILD[name]()
    opened = open_index(case.index, vectors=original_vectors(case))
    hits, coarse, code, rerank = assert_adds_up(case, opened)
    assert hits
    assert coarse or "inner product" in name
    if name.startswith(("PQ", "RaBitQ,", "OPQ4", "IVF12,PQ4x4", "spectral", "PCA", "removed,", "HNSW")):
        assert code or name == "removed, refined"
    if name.startswith("stored whole"):
        assert (code, rerank) == (0, 0)
        assert opened.basis == ("vectors" if "refined" in name else "lists")
    assert bool(rerank) == ("Refine" in name or name == "k_factor 3")


@pytest.mark.parametrize("description", BEHIND)
def test_transforms_that_change_what_is_measured_belong_to_the_metric(description):
    metric, measured = BEHIND[description]
    case = made(description, metric)
    opened = open_index(case.index, vectors=case.vectors)
    for query in case.queries:
        explained = opened.explain(query, K)
        point, vectors = measured(case)(query[None]), measured(case)(case.vectors)
        distances, ids = faiss.knn(point, vectors, K, metric=metric)
        np.testing.assert_allclose(explained.distances, distances[0], rtol=1e-4, atol=1e-5)
        assert len(set(explained.ids) & set(ids[0])) >= K - 1
        assert explained.basis == "vectors"
        for nprobe in (1, 3, 12):
            ledger = opened.ledger(query, K, nprobe)
            returned = case.search(query, nprobe, K)[0]
            assert set(ledger.hits) == set(explained.ids) & set(returned)
            assert len(ledger) == K


@pytest.mark.parametrize("name", BUILD)
def test_the_truth_is_that_of_a_flat_index_bit_for_bit(name):
    case = BUILD[name]()
    given = original_vectors(case)
    opened = open_index(case.index, vectors=given)
    held = np.sort(np.concatenate([opened.list_ids(cluster) for cluster in range(opened.nlist)]))
    ivf = opened.engine.stack.ivf
    flat = faiss.IndexIDMap(faiss.IndexFlat(opened.dim, ivf.metric_type))
    flat.add_with_ids(np.ascontiguousarray(given[held]), held)
    for query in case.queries:
        explained = opened.explain(query, K)
        distances, ids = flat.search(query[None], K)
        np.testing.assert_array_equal(explained.distances.view(np.uint32), distances[0].view(np.uint32))
        np.testing.assert_array_equal(explained.ids, ids[0])
        assert explained.exact
        places = [opened.locate(row)[0] for row in explained.ids.tolist()]
        np.testing.assert_array_equal(explained.clusters, places)
        order = opened.rank(query, opened.nlist).clusters
        np.testing.assert_array_equal(order[explained.ranks - 1], explained.clusters)


@pytest.mark.parametrize("name", BUILD)
def test_recall_at_every_nprobe_is_that_of_searches(name):
    case = BUILD[name]()
    opened = open_index(case.index, vectors=original_vectors(case))
    nprobes = np.arange(1, opened.nlist + 1)
    for query in case.queries:
        explained = opened.explain(query, K)
        curve = explained.recall(nprobes)
        for nprobe in nprobes.tolist():
            ledger = opened.ledger(query, K, nprobe)
            assert curve[nprobe - 1] == explained.recall(nprobe) == ledger.recall
            told = explained.ledger(nprobe)
            assert lengths(told) == lengths(ledger)
            assert len(explained.missed(nprobe)) == ledger.lost
        if outranking.why_not(opened.engine) and opened.basis == "vectors":
            with pytest.raises(ValueError, match="takes a search at each to know"):
                _ = explained.nprobe_needed
            continue
        for count in range(1, K + 1):
            reached = np.flatnonzero(curve * K >= count - 1e-9)
            assert explained.found_at[count - 1] == (reached[0] + 1 if len(reached) else opened.nlist + 1)
        assert explained.nprobe_needed == explained.found_at[-1]


def test_recall_can_fall_where_codes_stand_for_vectors():
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    falls = 0
    for query in make_vectors(60, families.D, families.NLIST, seed=5):
        explained = opened.explain(query, K)
        falls += bool((np.diff(explained.recall(np.arange(1, 13))) < 0).any())
        for row, begin, end in zip(
            explained.ids, explained.returned_from, explained.returned_until, strict=True
        ):
            for nprobe in range(1, 13):
                assert (row in case.search(query, nprobe, K)[0]) == (begin <= nprobe < end)
    assert falls


@st.composite
def tied_cases(draw):
    """An index of codes over few different vectors, so that true distances and those to codes tie."""
    d = 4
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(20, 200))
    distinct = rng.integers(-3, 4, size=(draw(st.integers(6, 40)), d))
    x = distinct[rng.integers(len(distinct), size=n)].astype(np.float32)
    metric = draw(st.sampled_from([L2, IP]))
    nlist = draw(st.integers(1, 6))
    codes = draw(
        st.sampled_from(["SQ4", "SQ8", "PQ2x2", "Flat", "PQ2x2,RFlat", "PQ2x2,Refine(SQ4)", "PQ2x4fs"])
    )
    index = faiss.index_factory(d, f"IVF{nlist},{codes}", metric)
    ivf = faiss.downcast_index(faiss.extract_index_ivf(index))
    ivf.cp.min_points_per_centroid = 1
    if hasattr(ivf, "pq"):
        ivf.pq.cp.min_points_per_centroid = 1
        ivf.do_polysemous_training = False
    index.train(x)
    kind = draw(st.sampled_from(["sequential", "shuffled", "duplicate"]))
    if kind == "sequential":
        index.add(x)
        given = x
    else:
        # An id that is there twice is of one vector, whose copies are in lists of their own.
        ids = rng.permutation(n) if kind == "shuffled" else rng.integers(max(1, n // 3), size=n)
        index = faiss.IndexIDMap2(index)
        given = np.zeros((n, d), np.float32)
        given[ids] = x
        index.add_with_ids(given[ids], ids)
    if "Refine" not in codes and "RFlat" not in codes and "fs" not in codes and draw(st.booleans()):
        index.remove_ids(np.arange(0, n, 5))
    if "RFlat" in codes:
        faiss.downcast_index(index.index if kind != "sequential" else index).k_factor = draw(
            st.sampled_from([1, 2, 5])
        )
    queries = np.concatenate([x[:2], rng.integers(-3, 4, size=(2, d))]).astype(np.float32)
    case = families.Case(index, [ivf], given, queries)
    return case, draw(st.integers(1, 30))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(tied_cases())
def test_ties_and_duplicates_are_counted_once(drawn):
    case, k = drawn
    opened = open_index(case.index, vectors=case.vectors)
    ordered = len(np.unique(opened.centroids(), axis=0)) == opened.nlist
    for query in case.queries:
        distinct = len(np.unique(opened.rank(query).distances)) == opened.nlist
        explained = opened.explain(query, k)
        for nprobe in range(1, opened.nlist + 1):
            if not (ordered and distinct) and nprobe < opened.nlist:
                continue
            ledger = opened.ledger(query, k, nprobe)
            assert lengths(ledger) == expected(case, opened, query, nprobe, k, lambda x: x)
            assert lengths(explained.ledger(nprobe)) == lengths(ledger)
            assert explained.recall(nprobe) == ledger.recall
            assert not ledger.lost_to_rerank.size or opened.engine.stack.refine is not None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(tied_cases(), st.integers(0, 10**6))
def test_the_row_searched_for_can_be_left_out(drawn, seed):
    case, k = drawn
    opened = open_index(case.index, vectors=case.vectors)
    row = opened.random_id(np.random.default_rng(seed))
    query = opened.vector(row)
    explained = opened.explain(row, k, include_self=False)
    true = truth(opened, query, k, without=row)
    assert row not in explained.ids
    assert len(explained) == true.count
    for nprobe in (1, opened.nlist):
        ledger = opened.ledger(row, k, nprobe, include_self=False)
        found = case.search(query, nprobe, k + 1)[0]
        kept = [other for other in found.tolist() if other not in (row, -1)][:k]
        assert len(ledger.hits) == true.of(Counter(kept))
        if opened.nlist == nprobe or len(np.unique(opened.rank(query).distances)) == opened.nlist:
            assert explained.recall(nprobe) == ledger.recall
        assert len(ledger) == len(explained)
