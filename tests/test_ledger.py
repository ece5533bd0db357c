"""Where recall is lost, against Faiss's own searches and a search of the original vectors."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import faiss
import families
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import make_vectors

from feder_widget import Ledger, MeanLedger, UnknownIdError
from feder_widget.engines import open_index
from feder_widget.model.work_pieces import drain
from feder_widget.truth.neighbours import exhaustive_search, nearest_rows
from feder_widget.truth.neighbours import original_vectors as original_vectors_module
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.workloads import recall_curves as curves_module
from feder_widget.truth.workloads import recall_spans
from feder_widget.truth.workloads.recall_curves import curves_of, joined

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


def with_gaps(description):
    """Build an index of every third row."""
    case = made(description)
    case.index.remove_ids(np.flatnonzero(np.arange(families.N) % 3))
    return case


METRICS = {"L2": L2, "inner product": IP}
CODES = ("PQ4x4", "PQ4x6", "SQ4", "SQ8", "SQfp16", "RQ3x4", "LSQ3x4", "RaBitQ", "RaBitQ4")
FAST = ("PQ4x4fs", "PQ4x4fsr", "RaBitQfs")
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
    "RQ fast-scan": lambda: families.additive_fast(families.ADDITIVE["RQ"], L2, 32, False),
    "shuffled": lambda: made("IDMap,IVF12,PQ4x4", ids=families.HARD_IDS["shuffled"]),
    "IDMap2 around a refined one": lambda: made(
        "IDMap2,IVF12,PQ4x4,RFlat", ids=families.HARD_IDS["shuffled"]
    ),
    "HNSW": lambda: families.large("IVF40_HNSW8,PQ4x4"),
    "multi-index": lambda: made("IMI2x3,PQ4x4"),
    "another metric's quantizer": lambda: families.spherical("IndexIVFPQ", 4, 4, L2),
    "shards": lambda: families.sharded("IndexShards", L2, True, codes="PQ4x4"),
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
    ivf = opened.inverted_file.stack.ivf
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
    ivf = opened.inverted_file.stack.ivf
    point = opened.transform(query)
    clusters = faiss.downcast_index(ivf.quantizer).search(point[None], nprobe)[1][0]
    rows = [opened.list_ids(cluster) for cluster in np.unique(clusters[clusters >= 0])]
    return Counter(np.concatenate(rows).tolist())


def results(case, opened, query, nprobe, k):
    """Return what is handed over and what is returned, as counts, by Faiss's own searches."""
    ids, _ = case.search(query, nprobe, k)
    returned = Counter(ids[ids >= 0].tolist())
    refine = opened.inverted_file.stack.refine
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


@cache
def built(name):
    return BUILD[name]()


@pytest.mark.parametrize("name", BUILD)
def test_every_true_neighbour_is_found_or_lost_at_one_stage(name):
    case = built(name)
    opened = open_index(case.index, vectors=original_vectors(case))
    hits, coarse, code, rerank = assert_adds_up(case, opened)
    assert hits
    assert coarse or not name.endswith("L2")
    if name.startswith(("PQ", "RaBitQ,", "OPQ4", "IVF12,PQ4x4", "spectral", "PCA", "removed", "HNSW")):
        assert code
    if name.startswith("stored whole"):
        assert (code, rerank) == (0, 0)
        assert opened.basis == ("vectors" if "refined" in name else "lists")
    assert bool(rerank) == (name == "k_factor 3")


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
    case = built(name)
    given = original_vectors(case)
    opened = open_index(case.index, vectors=given)
    held = np.sort(np.concatenate([opened.list_ids(cluster) for cluster in range(opened.nlist)]))
    ivf = opened.inverted_file.stack.ivf
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
    case = built(name)
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
        if recall_spans.why_not(opened.inverted_file) and opened.basis == "vectors":
            with pytest.raises(ValueError, match="takes a search at each nprobe to know"):
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
    """An index of few different codes: of few different vectors, or of vectors that their codes confuse."""
    d = 4
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(20, 200))
    distinct = rng.integers(-3, 4, size=(draw(st.integers(6, 40)), d))
    x = distinct[rng.integers(len(distinct), size=n)].astype(np.float32)
    if draw(st.booleans()):
        x += rng.normal(size=x.shape).astype(np.float32) * np.float32(0.2)
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
        if hasattr(ivf, "do_polysemous_training"):
            ivf.do_polysemous_training = False
    index.train(x)
    kind = draw(st.sampled_from(["sequential", "shuffled", "duplicate"]))
    if kind == "sequential":
        index.add(x)
        given = x
    else:
        # An id that is there twice is of one vector, whose copies are in lists of their own.
        ids = rng.permutation(n) if kind == "shuffled" else rng.integers(max(1, n // 3), size=n)
        given = np.zeros((n, d), np.float32)
        given[ids] = x
        if "," in codes or draw(st.booleans()):
            index = faiss.IndexIDMap2(index)
        index.add_with_ids(given[ids], ids)
    if int(index.this) == int(ivf.this) and draw(st.booleans()):
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
            assert not ledger.lost_to_rerank.size or opened.inverted_file.stack.refine is not None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(tied_cases(), st.integers(0, 10**6))
def test_a_row_is_not_its_own_neighbour(drawn, seed):
    case, k = drawn
    opened = open_index(case.index, vectors=case.vectors)
    row = opened.random_id(np.random.default_rng(seed))
    query = opened.query_vector(row)
    explained = opened.explain(row, k)
    true = truth(opened, query, k, without=row)
    assert row not in explained.ids
    assert len(explained) == true.count
    for nprobe in (1, opened.nlist):
        ledger = opened.ledger(row, k, nprobe)
        copies = sum(opened.list_ids(cluster).tolist().count(row) for cluster in range(opened.nlist))
        found = case.search(query, nprobe, k + copies)[0]
        kept = [other for other in found.tolist() if other not in (row, -1)][:k]
        assert len(ledger.hits) == true.of(Counter(kept))
        if opened.nlist == nprobe or len(np.unique(opened.rank(query).distances)) == opened.nlist:
            assert explained.recall(nprobe) == ledger.recall
        assert len(ledger) == len(explained)


UNREADABLE = {
    "RaBitQ fast-scan": lambda: made("IVF12,RaBitQfs"),
    "spectral hash": lambda: families.spectral(faiss.IndexIVFSpectralHash.Thresh_global),
}
"""Codes that tell no vectors."""


@pytest.mark.parametrize("build", [*UNREADABLE.values(), lambda: made("IVF12,PQ4x4,RFlat")])
def test_a_row_is_searched_for_by_the_vector_given(build):
    case = build()
    opened = open_index(case.index, vectors=case.vectors.astype(np.float64))
    row = int(opened.sample_ids(1, np.random.default_rng(3))[0])
    np.testing.assert_array_equal(opened.query_vector(row), case.vectors[row])
    home = opened.locate(row)[0]
    asked = drain(opened.queries_of_steps([row, row, 10**9], [home, (home + 1) % opened.nlist, home]))
    np.testing.assert_array_equal(asked[0], case.vectors[row])
    assert np.isnan(asked[1:]).all()
    with pytest.raises(UnknownIdError):
        opened.query_vector(10**9)
    np.testing.assert_array_equal(opened.trace(row, 4, K).ids, case.search(case.vectors[row], 4, K)[0])
    ledgers = opened.ledgers(5, K, 4, seed=1, include_self=True)
    assert len(ledgers) == 5
    assert ledgers[0].hits.tolist() == opened.ledger(case.vectors[first_of(opened, 5)], K, 4).hits.tolist()


def test_a_row_that_was_added_after_the_vectors_were_given_cannot_be_searched_for():
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    case.index.add(case.vectors[:3])
    case.index.add_with_ids(case.vectors[:1], np.array([-5]))
    for row in (families.N, -5):
        with pytest.raises(ValueError, match=rf"now holds row id {row}, but there are"):
            opened.query_vector(row)
        with pytest.raises(ValueError, match=rf"now holds row id {row}, but there are"):
            drain(opened.queries_of_steps([0, row]))
    np.testing.assert_array_equal(opened.query_vector(1), case.vectors[1])


def first_of(opened, size):
    """Return the first row of a sample of that size drawn with seed 1."""
    return int(opened.sample_ids(size, np.random.default_rng(1))[0])


@pytest.mark.parametrize("build", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_without_the_vectors_rows_of_unreadable_codes_cannot_be_searched_for(build):
    opened = open_index(build().index)
    with pytest.raises(ValueError, match=r"cannot be read back.*vectors="):
        opened.query_vector(int(opened.random_id()))


@pytest.mark.parametrize("codes", ["IVF12,PQ4x4", "L2norm,IVF12,SQ4", "PCA8,IVF12,Flat"])
@pytest.mark.parametrize("include_self", [True, False])
def test_a_workload_is_its_queries_explained(codes, include_self):
    case = made(codes)
    opened = open_index(case.index, vectors=case.vectors)
    ids = np.arange(0, families.N, 23)
    workload = opened.evaluate(ids, K, include_self=include_self, progress=False)
    alone = [opened.explain(int(row), K, include_self=include_self) for row in ids]
    nprobes = np.arange(1, 13)
    recalls = np.array([explained.recall(nprobes) for explained in alone])
    np.testing.assert_array_equal(workload.found_at, [explained.found_at for explained in alone])
    np.testing.assert_array_equal(workload.nprobe_needed, [each.nprobe_needed for each in alone])
    np.testing.assert_allclose(workload.recall, recalls.mean(axis=0))
    np.testing.assert_allclose(workload.zero_recall, (recalls == 0).mean(axis=0))
    assert workload.nearest_clusters.tolist() == [opened.rank(int(row)).clusters[0] for row in ids]
    curves = workload.curves_of(slice(5, len(ids)))
    np.testing.assert_allclose([curves.at(nprobe) / K for nprobe in nprobes], recalls[5:].T)
    for share in (0.5, 0.95, 1.0):
        place = len(ids) - int(np.ceil(share * len(ids) - 1e-9))
        np.testing.assert_allclose(workload.reached(share), np.sort(recalls, axis=0)[place])
        for recall in (0.3, 0.6, 1.0):
            enough = np.flatnonzero(workload.reached(share) >= recall - 1e-9)
            assert workload.nprobe_for(recall=recall, share=share) == (enough[0] + 1 if len(enough) else None)
    for recall in (0.3, 0.6, 1.0):
        enough = np.flatnonzero(recalls.mean(axis=0) >= recall - 1e-9)
        assert workload.nprobe_for(recall=recall) == (enough[0] + 1 if len(enough) else None)
    for nprobe in (1, 3, 12):
        np.testing.assert_allclose(workload.recall_of(nprobe), recalls[:, nprobe - 1])
        ledgers = opened.ledgers(ids, K, nprobe, include_self=include_self)
        for each, explained in zip(ledgers, alone, strict=True):
            assert lengths(each) == lengths(explained.ledger(nprobe))
        assert_same_mean(workload.ledger(nprobe), MeanLedger.of(ledgers))
    assert (workload.basis, workload.exact) == ("vectors", True)
    assert len(workload.hardest(5)) == 5


def assert_same_mean(mean, other):
    for name in ("recall", "lost_to_coarse", "lost_to_code", "lost_to_rerank"):
        assert getattr(mean, name) == pytest.approx(getattr(other, name), abs=1e-12)
    assert mean.recall + mean.lost_to_coarse + mean.lost_to_code + mean.lost_to_rerank == pytest.approx(1)


def test_a_workload_of_vectors_stored_whole_has_a_ledger_too(clustered):
    opened = open_index(clustered[0])
    workload = opened.evaluate(40, K, progress=False)
    for nprobe in (1, 5, 20):
        ledgers = opened.ledgers(workload.ids, K, nprobe)
        assert_same_mean(workload.ledger(nprobe), MeanLedger.of(ledgers))
        assert workload.ledger(nprobe).lost_to_code == 0
        assert {each.basis for each in ledgers} == {"lists"}


def test_ledgers_of_an_index_that_refines_show_what_the_re_ranking_loses():
    case = BUILD["k_factor 3"]()
    opened = open_index(case.index, vectors=case.vectors)
    ledgers = opened.ledgers(case.queries, K, 4)
    assert [lengths(each) for each in ledgers] == [
        lengths(opened.ledger(query, K, 4)) for query in case.queries
    ]
    assert MeanLedger.of(ledgers).lost_to_rerank > 0
    assert opened.ledgers(3, K, 4, seed=1)[0].nprobe == 4


def test_queries_are_compared_in_blocks_of_bounded_size(monkeypatch):
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    whole = opened.evaluate(case.queries, K, progress=False)
    first = opened.explain(case.queries[0], K)
    sizes = []
    distances = RowComparison.distances

    def watched(self, points, block, counted):
        sizes.append(len(points) * len(block))
        return distances(self, points, block, counted)

    monkeypatch.setattr(original_vectors_module, "BLOCK_PAIRS", 200)
    monkeypatch.setattr(nearest_rows, "SPARE", 0)
    monkeypatch.setattr(RowComparison, "distances", watched)
    monkeypatch.setattr(exhaustive_search, "FIRST_RUN", 50)
    monkeypatch.setattr(exhaustive_search, "COUNTED", 100)
    told = []
    cut = opened.evaluate(case.queries, K, progress=lambda done, asked: told.append((done, asked)))
    assert max(sizes) <= 200
    assert len(sizes) > 10
    assert (np.diff([done for done, _ in told]) > -1e-9).all()
    assert told[-1][0] == pytest.approx(len(case.queries))
    np.testing.assert_array_equal(cut.found_at, whole.found_at)
    np.testing.assert_array_equal(cut.recall, whole.recall)
    np.testing.assert_array_equal(opened.explain(case.queries[0], K).ids, first.ids)


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_any_number_of_threads_finds_the_same(threads, faiss_threads):
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    expected_ = opened.explain(case.queries[0], K)
    faiss_threads(threads)
    explained = opened.explain(case.queries[0], K)
    np.testing.assert_array_equal(explained.ids, expected_.ids)
    np.testing.assert_array_equal(explained.distances, expected_.distances)
    np.testing.assert_array_equal(explained.returned_until, expected_.returned_until)


def mapped(vectors, path):
    np.save(path, vectors)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize(
    "convert",
    [
        mapped,
        lambda x, _: x.astype(np.float64),
        lambda x, _: x.astype(">f4"),
        lambda x, _: np.asfortranarray(x),
        lambda x, _: np.concatenate([x, np.full((50, x.shape[1]), np.nan, np.float32)]),
    ],
)
def test_vectors_may_be_of_any_type_and_in_a_file_and_more_than_are_stored(convert, tmp_path):
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    other = open_index(case.index, vectors=convert(case.vectors, tmp_path / "vectors.npy"))
    for query in case.queries:
        np.testing.assert_array_equal(other.explain(query, K).ids, opened.explain(query, K).ids)


def test_rows_of_whole_numbers_are_compared_as_they_are():
    rng = np.random.default_rng(0)
    x = rng.integers(-100, 100, size=(400, 8)).astype(np.int8)
    case = families.made("IVF6,SQ4", d=8, x=x.astype(np.float32), q=x[:3].astype(np.float32))
    opened = open_index(case.index, vectors=x)
    for query in case.queries:
        distances, ids = faiss.knn(query[None], x.astype(np.float32), K)
        np.testing.assert_array_equal(opened.explain(query, K).distances, distances[0])
        np.testing.assert_array_equal(opened.explain(query, K).ids[:3], ids[0][:3])


@pytest.mark.parametrize("metric", ["L1", "Jaccard"])
def test_other_metrics_are_those_of_a_flat_index(metric):
    number = families.OTHER_METRICS[metric]
    x = np.abs(families.vectors())
    compared = original_vectors_module.Originals(x, (), number, 0.0)
    present = np.arange(len(x)) % 4 > 0
    flat = faiss.IndexIDMap(faiss.IndexFlat(x.shape[1], number))
    flat.add_with_ids(x[present], np.flatnonzero(present))
    for query in np.abs(families.queries()):
        ((rows, distances),) = drain(compared.nearest_steps(query[None], present, K))
        order = np.argsort(-distances if compared.similarity else distances, kind="stable")
        expected_, ids = flat.search(query[None], K)
        np.testing.assert_allclose(distances[order][:K], expected_[0], rtol=1e-6)
        np.testing.assert_array_equal(rows[order][:K], ids[0])


@pytest.mark.parametrize(
    ("description", "metric", "by_codes", "by_vectors"),
    [
        ("IVF12,RaBitQ", L2, "estimated squared L2 distance", "squared L2 distance"),
        ("L2norm,OPQ4_8,IVF12,PQ4x4fs", IP, "estimated inner product", "cosine similarity"),
        ("IVF12,SQ8", L2, "squared L2 distance to codes", "squared L2 distance"),
        ("IVF12,Flat", IP, "inner product", "inner product"),
    ],
)
def test_distances_are_named_by_what_they_are(description, metric, by_codes, by_vectors):
    case = made(description, metric)
    names = [
        open_index(case.index, vectors=given).explain(case.queries[0], 3).distance_name
        for given in (None, case.vectors)
    ]
    assert names == [by_codes, by_vectors]


@pytest.mark.filterwarnings("ignore:.*unlike vectors=")
def test_rows_that_have_no_distance_are_no_neighbours():
    case = made("IVF12,SQ8")
    given = case.vectors.copy()
    given[5] = np.nan
    given[6] = 3e38
    explained = open_index(case.index, vectors=given).explain(case.vectors[5], families.N)
    assert len(explained) == families.N - 2
    assert not {5, 6} & set(explained.ids.tolist())


def test_fewer_vectors_than_k_are_all_neighbours():
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    ledger = opened.ledger(case.queries[0], 2000, 12)
    assert lengths(ledger) == (families.N, 0, 0, 0)
    assert opened.explain(case.queries[0], 2000).recall(12) == 1
    workload = opened.evaluate(case.queries, 2000, progress=False)
    assert workload.found_at.shape == (len(case.queries), families.N)
    assert workload.recall[-1] == 1


def test_without_the_vectors_the_truth_is_as_the_codes_see_it_and_there_is_no_ledger():
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index)
    explained = opened.explain(case.queries[0], K)
    assert (opened.basis, explained.basis, explained.exact) == ("codes", "codes", False)
    assert "as the codes see it" in repr(explained)
    workload = opened.evaluate(case.queries, K, progress=False)
    assert (workload.basis, workload.exact) == ("codes", False)
    for ask in (
        lambda: opened.ledger(case.queries[0], K, 3),
        lambda: opened.ledgers(case.queries, K, 3),
        lambda: explained.ledger(3),
        lambda: workload.ledger(3),
    ):
        with pytest.raises(ValueError, match=r"pass the original vectors, open_index\(source, vectors=...\)"):
            ask()


def test_an_index_that_refines_needs_the_vectors_even_where_it_holds_them():
    case = made("IVF12,Flat,RFlat")
    opened = open_index(case.index)
    with pytest.raises(ValueError, match="pass the original vectors"):
        opened.ledger(case.queries[0], K, 3)
    with pytest.raises(ValueError, match="pass the original vectors"):
        opened.explain(case.queries[0], K)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: made("IVF12,PQ4x4,RFlat"), "compared once more depends on all"),
        (lambda: made("IVF12,PQ4x4fs"), "orders ties in its own way"),
        (lambda: families.large("IVF40_HNSW8,PQ4x4"), "depends on nprobe"),
    ],
)
def test_a_curve_that_takes_a_search_at_every_nprobe_is_refused_with_the_reason(build, reason):
    case = build()
    opened = open_index(case.index, vectors=case.vectors)
    assert reason in opened.why_no_curve
    explained = opened.explain(case.queries[0], K)
    for name in ("found_at", "nprobe_needed", "returned_from", "returned_until"):
        with pytest.raises(ValueError, match=reason):
            getattr(explained, name)
    assert explained.recall(3) == opened.ledger(case.queries[0], K, 3).recall
    assert len(opened.ledgers(case.queries, K, 3)) == len(case.queries)


def test_an_index_that_stops_early_loses_what_comes_after_to_the_coarse_search():
    case = made("IVF12,PQ4x4")
    case.ivfs[0].max_codes = 90
    opened = open_index(case.index, vectors=case.vectors)
    for query in case.queries:
        ledger = opened.ledger(query, K, 12)
        true = truth(opened, query, K)
        seen = Counter(opened.trace(query, 12, 90).ids.tolist())
        assert len(ledger) - len(ledger.lost_to_coarse) == true.of(seen)
        assert len(ledger.hits) == true.of(Counter(case.search(query, 12, K)[0].tolist()))
        assert opened.explain(query, K).recall(12) == ledger.recall
    assert recall_spans.why_not(opened.inverted_file) == "the search stops at max_codes"


def test_shards_that_stop_early_are_refused():
    case = families.sharded("IndexShards", L2, True, codes="PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    assert len(opened.ledger(case.queries[0], K, 3)) == K
    for part in case.ivfs:
        part.max_codes = 50
    for ask in (lambda: opened.ledger(case.queries[0], K, 3), lambda: opened.explain(case.queries[0], K)):
        with pytest.raises(ValueError, match="shards that have max_codes"):
            ask()


def test_an_index_that_outgrows_its_vectors_says_so():
    case = made("IVF12,PQ4x4")
    opened = open_index(case.index, vectors=case.vectors)
    case.index.add(case.vectors[:1])
    with pytest.raises(ValueError, match=r"now holds row ids .* to 900 in one cluster"):
        opened.explain(case.queries[0], K)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda i: i.ledger(0, 0, 1), ValueError, "k must be at least 1"),
        (lambda i: i.ledger(0, 3, 21), ValueError, "nprobe must be between 1 and nlist=20, got 21"),
        (lambda i: i.ledger(np.zeros(3), 3, 1), ValueError, r"\(16,\)"),
        (lambda i: i.ledgers([], 3, 1), ValueError, "queries must be"),
        (lambda i: i.explain(0, 3).ledger(0), ValueError, "nprobe must be between"),
        (lambda i: i.evaluate(3, 3, progress=False).ledger(21), ValueError, "nprobe must be between"),
        (lambda _: MeanLedger.of([]), ValueError, "at one nprobe, at least one, got 0"),
        (
            lambda i: MeanLedger.of([i.ledger(0, 3, 1), i.ledger(0, 3, 2)]),
            ValueError,
            "at one nprobe, at least one, got 2",
        ),
    ],
)
def test_a_bad_argument_is_named(clustered, call, error, words):
    with pytest.raises(error, match=words):
        call(open_index(clustered[0]))


def ledger_of(hits, coarse, code, rerank, basis="vectors", wrongly=0):
    ids = iter(range(100))
    stages = [np.array([next(ids) for _ in range(n)], np.int64) for n in (hits, coarse, code, rerank)]
    return Ledger(4, *stages, basis, wrongly_ranked=stages[1][:wrongly])


def test_a_ledger_says_itself_in_words():
    assert ledger_of(7, 1, 2, 0).sentence == (
        "3 of 10 true neighbours are lost: 1 to the coarse search (clusters not probed), 2 to the code "
        "(exact, by the original vectors)"
    )
    assert ledger_of(7, 3, 0, 0, "lists", wrongly=1).sentence == (
        "3 of 10 true neighbours are lost: 2 to the coarse search (clusters not probed), 1 to the coarse "
        "quantizer (clusters ranked wrongly) (exact, by the vectors in the index)"
    )
    assert ledger_of(0, 0, 0, 1).sentence == (
        "1 of 1 true neighbour is lost: 1 to the re-ranking (exact, by the original vectors)"
    )
    assert ledger_of(3, 0, 0, 0, "lists").sentence == (
        "all 3 true neighbours are found (exact, by the vectors in the index)"
    )
    assert ledger_of(1, 0, 0, 0).sentence.startswith("the true neighbour is found")
    assert ledger_of(0, 0, 0, 0).recall == 1
    assert repr(ledger_of(7, 1, 2, 0)).startswith("<Ledger at nprobe 4: 3 of 10")
    mean = MeanLedger.of([ledger_of(7, 1, 2, 0), ledger_of(1, 0, 0, 1)])
    assert (mean.recall, mean.lost_to_coarse, mean.lost_to_code, mean.lost_to_rerank) == (
        0.6,
        0.05,
        0.1,
        0.25,
    )
    assert mean.sentence == (
        "recall 60.0% at nprobe 4; lost 5.0% to the coarse search, 10.0% to the code, 25.0% to the "
        "re-ranking (exact, by the original vectors)"
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 12))
def test_curves_are_what_they_were_made_of(seed, count, nlist):
    rows = np.random.default_rng(seed).integers(0, 5, size=(count, nlist))
    curves = curves_of(list(rows))
    weights = np.random.default_rng(seed).uniform(size=count)
    np.testing.assert_allclose(curves.total(nlist, weights), weights @ rows, atol=1e-12)
    counts = np.random.default_rng(seed + 1).integers(0, 6, count)
    recalls = np.where(counts[:, None] == 0, 1, rows / np.maximum(counts, 1)[:, None])
    for nprobe in range(1, nlist + 1):
        np.testing.assert_array_equal(curves.at(nprobe), rows[:, nprobe - 1])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(curves_module, "ENTRIES", 2 * count)
        for place in range(count):
            np.testing.assert_array_equal(
                curves.exceeded(place, nlist, counts), np.sort(recalls, axis=0)[place]
            )
    np.testing.assert_array_equal(curves.without_any(nlist, np.full(count, 5)), (rows == 0).sum(axis=0))
    some = slice(count // 3, count)
    np.testing.assert_array_equal(curves.of(some).at(nlist), rows[some, -1])
    halves = joined([curves_of(list(rows[:3])), curves_of(list(rows[3:]))])
    np.testing.assert_array_equal(halves.at(nlist), rows[:, -1])
    assert halves.count == count
