"""Ground truth of many queries: exact, the same however it is computed, and taken for its own rows only."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import faiss
import numpy as np
import pytest
from executors import Failing, Inline, LastFirst
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import make_vectors

import feder_widget as fw
from feder_widget.faiss_internals import original_space
from feder_widget.faiss_internals.unwrap import unwrap
from feder_widget.model.work_pieces import drain
from feder_widget.truth.job import block_search, memory_plan, truth_pass
from feder_widget.truth.job.block_search import BlockSearch
from feder_widget.truth.neighbours.original_vectors import Originals
from feder_widget.truth.neighbours.row_digest import RowDigest

N, D, K = 3000, 12, 7
L2, IP = faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT


@pytest.fixture(scope="module")
def vectors():
    return make_vectors(N, D)


@pytest.fixture(scope="module")
def queries():
    return make_vectors(40, D, seed=3)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Cut passes into blocks of 1,024 rows, and parts of one block."""
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 4 * D * 1024)
    # As for many queries: by products.
    monkeypatch.setattr(block_search, "FEW_QUERIES", 0)
    monkeypatch.setattr(truth_pass, "PART_WORK", 1)


def built(description, vectors, metric=L2, ids=None):
    index = faiss.index_factory(vectors.shape[1], description, metric)
    index.train(vectors)
    if ids is None:
        index.add(vectors)
    else:
        index.add_with_ids(vectors, ids)
    return index


def by_kernels(vectors, queries, k, metric="L2"):
    """Return rows and distances of each query, each distance by a kernel of Faiss by itself."""
    chain = (faiss.NormalizationTransform(vectors.shape[1], 2.0),) if metric == "cosine" else ()
    number = L2 if metric == "L2" else IP
    everything = np.ones(len(vectors), np.bool_)
    return drain(Originals(vectors, chain, number, 0.0).nearest_steps(queries, everything, k))


def assert_same(table, found, k=None):
    for place, (rows, distances) in enumerate(found):
        ours, at = table.nearest(place, k or table.k)
        assert np.array_equal(ours, rows), place
        assert np.array_equal(at, distances), place


def assert_equal(table, other):
    for name in ("ids", "distances", "tied_ids", "tied_ends", "hashes"):
        assert np.array_equal(getattr(table, name), getattr(other, name)), name
    assert table.compared.difference(other.compared) is None


def of(source, queries, k=K, **more):
    return fw.ground_truth(source, queries, k, progress=False, **more)


@pytest.mark.parametrize("metric", ["L2", "inner product", "cosine"])
def test_ground_truth_is_what_a_flat_index_finds(vectors, queries, metric):
    table = of(vectors, queries, metric=metric)
    described = {"L2": ("Flat", L2), "inner product": ("Flat", IP), "cosine": ("L2norm,Flat", IP)}[metric]
    index = built(described[0], vectors, described[1])
    for place, query in enumerate(queries):
        distances, ids = index.search(query[None], K)
        assert np.array_equal(table.ids[place], ids[0])
        assert np.array_equal(table.distances[place], distances[0])
    assert (table.k, len(table), table.metric) == (K, 40, "L2" if metric == "L2" else "inner product")
    assert repr(table) == f"<NeighbourTable of 40 queries, k=7, {table.metric}, 3,000 rows>"


@st.composite
def hard_cases(draw):
    """Vectors on which products round badly, tie, overflow or are no numbers; queries; k; a metric."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.sampled_from([1, 5, 300, 1500])), draw(st.integers(1, 20))
    vectors = rng.normal(size=(n, d)) * draw(st.sampled_from([1e-30, 1e-20, 1, 1e15, 1e19]))
    kind = draw(st.sampled_from(["plain", "offset", "whole", "equal", "outliers", "broken", "zeros"]))
    if kind == "offset":
        vectors += 1e5 * np.abs(vectors).max()
    elif kind == "whole":
        vectors = rng.integers(-1, 2, (n, d)).astype(np.float64)
    elif kind == "equal":
        vectors[:] = vectors[rng.integers(0, min(n, 3), n)]
    elif kind == "outliers":
        vectors[rng.integers(0, n, 1 + n // 100)] *= 1e4
    elif kind == "broken":
        vectors[rng.integers(0, n, 2), rng.integers(0, d)] = rng.choice([np.nan, np.inf, -np.inf, 3e38])
    elif kind == "zeros":
        vectors[rng.random(n) < 0.9] = 0
    with np.errstate(all="ignore"):
        held = vectors.astype(np.float32)
    finite = held[np.isfinite(held).all(axis=1)]
    asked = finite[rng.integers(0, max(1, len(finite)), 25)] if len(finite) else np.zeros((25, d), np.float32)
    noise = rng.normal(size=asked.shape) * draw(st.sampled_from([0, 1e-7, 0.1]))
    with np.errstate(all="ignore"):
        asked = (asked * (1 + noise)).astype(np.float32)
    asked[~np.isfinite(asked)] = 1
    return held, asked, draw(st.integers(1, 40)), draw(st.sampled_from(["L2", "inner product"]))


@settings(max_examples=120, deadline=None)
@given(hard_cases())
def test_products_never_decide(case):
    held, asked, k, metric = case
    table = fw.ground_truth(held, asked, k, metric=metric, progress=False)
    wanted = min(k, len(held))
    found = by_kernels(held, asked, wanted, metric)
    for place, (rows, distances) in enumerate(found):
        # What is infinitely near is a neighbour to some metrics; the table holds finite distances.
        real = np.abs(distances) < np.finfo(np.float32).max
        if real.all():
            ours, at = table.nearest(place, wanted)
            assert np.array_equal(ours, rows)
            assert np.array_equal(at, distances)


@settings(max_examples=40, deadline=None)
@given(hard_cases())
def test_few_queries_are_compared_by_searches_with_the_same_bits(case):
    held, asked, k, metric = case
    by_products = of(held, asked, k, metric=metric)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_search, "FEW_QUERIES", 1000)
        assert_equal(of(held, asked, k, metric=metric), by_products)


@pytest.mark.parametrize("metric", ["L2", "inner product"])
@pytest.mark.parametrize("noise", [1e-3, 1e-2, 1e-1, 1])
def test_rows_whose_products_round_away_what_tells_them_apart(metric, noise):
    rng = np.random.default_rng(2)
    far = 1000 * np.where(rng.random((4000, 1)) < 0.5, -1, 1)
    held = (far + noise * rng.normal(size=(4000, D))).astype(np.float32)
    asked = (1000 + noise * rng.normal(size=(20, D))).astype(np.float32)
    assert_same(of(held, asked, 3, metric=metric), by_kernels(held, asked, 3, metric))


def test_few_rows_are_compared_by_kernels(vectors, queries, monkeypatch):
    compared, again = [], []
    by_kernels_alone, pairs = BlockSearch._by_kernels, BlockSearch._pairs

    def counted(search, some, block, rows, limits):
        compared.append(len(some) * len(rows))
        return by_kernels_alone(search, some, block, rows, limits)

    def counted_again(search, some, rows, block):
        again.append(len(some))
        return pairs(search, some, rows, block)

    monkeypatch.setattr(BlockSearch, "_by_kernels", counted)
    monkeypatch.setattr(BlockSearch, "_pairs", counted_again)
    assert_same(of(vectors, queries), by_kernels(vectors, queries, K))
    # The first rows, which bound the others.
    assert sum(compared) == len(queries) * 1024
    assert K * len(queries) / 2 < sum(again) < 3 * K * len(queries)


@pytest.mark.parametrize("k", [1, 3, K])
def test_a_table_tells_smaller_k_too(vectors, queries, k):
    tied = np.round(vectors / 3)
    table = of(tied, np.round(queries / 3))
    assert len(table.tied_ids)
    assert_same(table, by_kernels(tied, np.round(queries / 3), k), k)


def test_every_other_way_gives_the_same_bits(tmp_path, vectors, queries, monkeypatch):
    tied = np.concatenate([np.round(vectors / 3), vectors])
    table = of(tied, queries)
    for i, rows in enumerate(np.array_split(tied, 3)):
        np.save(tmp_path / f"{i}.npy", rows)
    np.save(tmp_path / "x", tied)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    (tmp_path / "x.npy").rename(tmp_path / "x.whole")
    np.save(tmp_path.parent / "one.npy", tied)
    mapped = np.load(tmp_path.parent / "one.npy", mmap_mode="r")
    assert_equal(of(tmp_path, queries), table)
    assert_equal(of(mapped, queries), table)
    assert_equal(of(tied.astype(np.float64), queries), table)
    spawn = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(1, spawn) as process:
        for executor in (threads, process, Inline(), LastFirst(), Failing(2)):
            for source in (tied, tmp_path, mapped):
                assert_equal(of(source, queries, executor=executor), table)
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 1 << 30)
    assert_equal(of(tied, queries), table)
    # So many queries at once that the limit asks for several passes.
    monkeypatch.setattr(memory_plan, "PAIR_BYTES", 20_000)
    assert fw.ground_truth_cost(tied, queries, K, memory_limit="64MiB").passes == 7
    assert_equal(of(tied, queries, memory_limit="64MiB"), table)


def test_a_worker_that_fails_three_times_is_named(tmp_path, vectors, queries):
    np.save(tmp_path / "x.npy", vectors)
    with pytest.raises(fw.WorkerError, match=r"rows [0-9,]+ to [0-9,]+ of .*x\.npy"):
        of(tmp_path, queries, executor=Failing(3))


INDEXES = {
    "codes": ("IVF9,PQ4x4", L2),
    "codes by inner product": ("IVF9,SQ4", IP),
    "codes by cosine": ("L2norm,IVF9,SQ4", IP),
    "rotated codes": ("OPQ4,IVF9,PQ4x4", L2),
    "re-ranked codes": ("IVF9,PQ4x4,RFlat", L2),
    "lists": ("IVF9,Flat", L2),
    "lists by cosine": ("L2norm,IVF9,Flat", IP),
    "lists with ids": ("IDMap,IVF9,Flat", L2),
    "lists and an approximate coarse search": ("IVF9_HNSW4,Flat", IP),
    "graph": ("HNSW8,Flat", L2),
    "graph of codes": ("HNSW8,SQ4", IP),
    "graph with ids": ("IDMap,HNSW8,SQ8", L2),
    "re-ranked graph": ("HNSW8,SQ4,RFlat", L2),
    "flat codes": ("SQ4", L2),
}


@pytest.fixture(scope="module")
def opened(vectors):
    """A function: a family in; an opened index of few integers with ties out."""
    tied = np.concatenate([np.round(vectors[:700] / 3), vectors[:300]])
    made = {}

    def get(family):
        if family not in made:
            description, metric = INDEXES[family]
            ids = np.random.default_rng(0).permutation(len(tied)) if description.startswith("IDMap") else None
            held = tied if ids is None else tied[ids]
            made[family] = fw.open_index(built(description, held, metric, ids), vectors=tied)
        return made[family]

    return get


def facts(workload):
    """Return all arrays of a workload, by name."""
    found = {
        name: getattr(workload, name, None)
        for name in (*vars(type(workload)).get("__annotations__", ()), "recall")
    }
    curves = found.pop("curves", None)
    if curves is not None:
        found |= {f"curves {name}": getattr(curves, name) for name in curves.__dataclass_fields__}
    return {name: value for name, value in found.items() if isinstance(value, (np.ndarray, float))}


@pytest.mark.parametrize("family", INDEXES)
def test_evaluations_with_a_table_are_those_without(opened, queries, family, tmp_path):
    index = opened(family)
    shown = {} if family == "flat codes" else {"progress": False}
    if isinstance(index, fw.GraphIndex):
        shown["ef_max"] = 40
    for asked in (queries[:9], 14, np.array([5, 800, 5, 64])):
        of(index, asked, folder=tmp_path / str(np.shape(asked)))
        for include_self in (False, True):
            for k in (K, 2):
                ours = index.evaluate(
                    asked, k, include_self=include_self, truth=tmp_path / str(np.shape(asked)), **shown
                )
                theirs = index.evaluate(asked, k, include_self=include_self, **shown)
                assert facts(ours).keys() == facts(theirs).keys()
                for name, value in facts(theirs).items():
                    assert np.array_equal(facts(ours)[name], value, equal_nan=True), name


@pytest.mark.parametrize("family", INDEXES)
def test_explanations_with_a_table_are_those_without(opened, queries, family):
    index = opened(family)
    for query, asked in ((queries[3], queries[:9]), (64, np.array([5, 800, 5, 64]))):
        table = of(index, asked)
        for k in (K, 2):
            ours, theirs = index.explain(query, k, truth=table), index.explain(query, k)
            if family != "graph":
                # Faiss compares what a graph holds whole by products, which round.
                assert np.array_equal(ours.distances, theirs.distances)
            assert np.array_equal(ours.ids, theirs.ids)
            for name in ("clusters", "ranks", "efs_needed", "returned"):
                if hasattr(theirs, name):
                    assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
            if isinstance(index, fw.IvfIndex):
                assert str(index.ledger(query, k, 2, truth=table)) == str(index.ledger(query, k, 2))
                every = index.ledgers(asked, k, 2, truth=table)
                assert list(map(str, every)) == list(map(str, index.ledgers(asked, k, 2)))


def test_nothing_is_compared_where_neighbours_are_known(opened, queries, monkeypatch):
    tables = {family: of(opened(family), queries[:5]) for family in ("codes", "lists", "graph of codes")}
    for family, table in tables.items():
        opened(family).explain(queries[0], K, truth=table)

    def refused(*_):
        raise AssertionError("a vector was compared")

    for name in ("original_vectors.Originals.nearest_steps", "batch_search.BatchSearch.steps"):
        monkeypatch.setattr(f"feder_widget.truth.neighbours.{name}", refused)
    monkeypatch.setattr("feder_widget.truth.neighbours.true_neighbours.nearest_steps", refused)
    for family, table in tables.items():
        opened(family).evaluate(queries[:5], K, progress=False, truth=table)
        opened(family).explain(queries[0], K, truth=table)


def test_a_table_without_an_index_serves_indexes_of_these_vectors(vectors, queries):
    table = of(vectors, queries)
    for description in ("IVF9,SQ4", "IVF9,Flat", "HNSW8,Flat", "HNSW8,SQ4"):
        index = fw.open_index(built(description, vectors), vectors=vectors)
        ours = index.evaluate(queries, K, progress=False, truth=table)
        assert np.array_equal(ours.recall, index.evaluate(queries, K, progress=False).recall)


REFUSED = "truth must be of the vectors of this index, and is of "


@pytest.mark.parametrize("description", ["IVF9,SQ8", "IVF9,Flat", "HNSW8,SQ8", "HNSW8,Flat"])
def test_a_table_of_other_rows_is_refused(vectors, queries, description):
    index = fw.open_index(built(description, vectors), vectors=vectors)
    swapped = vectors.copy()
    swapped[[5, 6]] = swapped[[6, 5]]
    nudged = vectors.copy()
    nudged[77, 3] = np.nextafter(nudged[77, 3], np.float32(9))
    for other, difference in (
        (vectors[::-1].copy(), "other vectors"),
        (swapped, "other vectors"),
        (nudged, "other vectors"),
        (vectors[:-1], "2,999 rows, not 3,000"),
        (vectors[:, :-1], "vectors of 11 dimensions, not 12"),
    ):
        asked = queries[:, : other.shape[1]]
        with pytest.raises(ValueError, match=REFUSED + difference):
            index.evaluate(queries, K, progress=False, truth=of(other, asked))
    with pytest.raises(ValueError, match=f"{REFUSED}the metric inner product, not L2"):
        index.evaluate(queries, K, progress=False, truth=of(vectors, queries, metric="inner product"))
    with pytest.raises(ValueError, match=f"{REFUSED}the metric inner product, not L2"):
        index.explain(queries[0], K, truth=of(vectors, queries, metric="cosine"))


def test_transforms_of_the_metric_count(vectors, queries):
    index = fw.open_index(built("L2norm,IVF9,SQ8", vectors, IP), vectors=vectors)
    index.explain(queries[0], K, truth=of(vectors, queries, metric="cosine"))
    with pytest.raises(ValueError, match=f"{REFUSED}other transforms"):
        index.explain(queries[0], K, truth=of(vectors, queries, metric="inner product"))


def test_rows_that_are_not_stored_count_not(vectors, queries):
    index = fw.open_index(built("IDMap,IVF9,SQ8", vectors[1::2], L2, np.arange(N)[1::2]), vectors=vectors)
    table = of(index, queries)
    assert (table.ids % 2 == 1).all()
    assert np.array_equal(
        index.evaluate(queries, K, progress=False, truth=table).recall,
        index.evaluate(queries, K, progress=False).recall,
    )
    with pytest.raises(ValueError, match=f"{REFUSED}3,000 rows, not 1,500"):
        index.explain(queries[0], K, truth=of(vectors, queries))


def test_an_index_that_grows_is_checked_anew(vectors, queries):
    held = built("IVF9,Flat", vectors[:-1])
    index, table = fw.open_index(held), of(vectors[:-1], queries)
    index.explain(queries[0], K, truth=table)
    held.add(vectors[-1:])
    with pytest.raises(ValueError, match=f"{REFUSED}2,999 rows, not 3,000"):
        index.explain(queries[0], K, truth=table)


def test_other_queries_and_more_neighbours_are_refused(vectors, queries):
    index = fw.open_index(built("IVF9,SQ8", vectors), vectors=vectors)
    table = of(vectors, queries)
    other = queries.copy()
    other[7, 0] += 1
    with pytest.raises(ValueError, match="1 of 40 are not among its 40, the first is query 7"):
        index.evaluate(other, K, progress=False, truth=table)
    with pytest.raises(ValueError, match=r"truth must hold 8 neighbours of each query, .* got 7"):
        index.evaluate(queries, K + 1, progress=False, truth=table)
    index.evaluate(queries[30:10:-2], K, progress=False, truth=table)
    rows = of(vectors, [3, 4])
    assert rows.k == K + 1
    index.explain(4, K, truth=rows)
    for wrong in (5, queries, "IVF"):
        with pytest.raises((TypeError, FileNotFoundError)):
            index.explain(queries[0], K, truth=wrong)
    codes = fw.open_index(built("IVF9,SQ8", vectors))
    with pytest.raises(ValueError, match="truth is of vectors, and this index holds codes"):
        codes.explain(queries[0], K, truth=table)
    rotated = fw.open_index(built("RR12,IVF9,Flat", vectors))
    with pytest.raises(ValueError, match="this index compares others"):
        rotated.explain(queries[0], K, truth=table)


def test_an_index_of_one_row_has_no_other(vectors):
    for description in ("IVF1,SQ8", "IVF1,Flat", "HNSW4,SQ8"):
        index = fw.open_index(built(description, vectors[:1]), vectors=vectors[:1])
        table = of(index, [0], 3)
        ours, theirs = (index.evaluate([0], 3, progress=False, truth=truth) for truth in (table, None))
        assert np.array_equal(ours.recall, theirs.recall)


def test_what_takes_no_table_says_so(vectors, queries):
    table = of(vectors, queries)
    bits = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(32), 32, 2)
    rows = np.random.default_rng(0).integers(0, 256, (100, 4), dtype=np.uint8)
    bits.train(rows)
    bits.add(rows)
    for original in (None, rows):
        with pytest.raises(ValueError, match="this index is binary"):
            fw.open_index(bits, vectors=original).explain(rows[0], 3, truth=table)
    with pytest.raises(ValueError, match="got a binary index"):
        of(fw.open_index(bits, vectors=rows), rows[:2])
    by_sum = fw.open_index(built("IVF9,Flat", vectors, faiss.METRIC_L1), vectors=vectors)
    with pytest.raises(ValueError, match="this index compares others"):
        by_sum.explain(queries[0], K, truth=table)


@pytest.mark.parametrize("metric", [faiss.METRIC_L1, faiss.METRIC_Linf, faiss.METRIC_Canberra])
def test_other_metrics_of_an_index_are_compared_by_their_kernels(vectors, queries, metric):
    index = fw.open_index(built("IVF9,Flat,RFlat", vectors, metric), vectors=vectors)
    table = of(index, queries)
    for query in queries[:5]:
        ours, theirs = index.explain(query, K, truth=table), index.explain(query, K)
        assert np.array_equal(ours.ids, theirs.ids)
        assert np.array_equal(ours.distances, theirs.distances)
    assert_equal(of(index, queries, executor=Inline()), table)


def test_few_rows_are_all_neighbours(vectors):
    table = of(vectors[:5], vectors[:3] + 1, 9)
    assert table.k == 5
    index = fw.open_index(built("IVF1,SQ8", vectors[:5]), vectors=vectors[:5])
    ours = index.evaluate(vectors[:3] + 1, 9, progress=False, truth=table)
    assert np.array_equal(ours.found_at, index.evaluate(vectors[:3] + 1, 9, progress=False).found_at)
    rows = of(index, np.arange(5), 9)
    ours = index.evaluate(np.arange(5), 9, progress=False, truth=rows)
    assert np.array_equal(ours.found_at, index.evaluate(np.arange(5), 9, progress=False).found_at)


def test_a_digest_tells_rows_apart_in_any_order(vectors):
    ids = np.arange(N)
    whole = RowDigest.of(vectors, ids)
    order = np.random.default_rng(1).permutation(N)
    assert RowDigest.of(vectors[order], ids[order]) == whole
    assert RowDigest.of(vectors[:9], ids[:9]) + RowDigest.of(vectors[9:], ids[9:]) == whole
    assert RowDigest.of(vectors, ids[::-1].copy()) != whole
    for signs in ((3, 5), (2, 4), tuple(range(D))):
        flipped = vectors.copy()
        flipped[7, list(signs)] *= -1
        assert RowDigest.of(flipped, ids) != whole
    # Written in files: it must be the same in every version.
    assert RowDigest.of(np.arange(6, dtype=np.float32).reshape(2, 3), np.array([4, -1])) == RowDigest(
        2, PINNED
    )


PINNED = (2640763335335646981, 8958611557831981871)


def test_whitening_is_the_same_in_blocks_of_any_size(vectors, queries, monkeypatch):
    stack = unwrap(built("PCAW8,IVF9,SQ8", vectors))
    assert original_space.metric_chain(stack)
    index = fw.open_index(built("PCAW8,IVF9,SQ8", vectors), vectors=vectors)
    table = of(index, queries)
    assert_equal(of(index, queries, executor=Inline()), table)
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 1 << 30)
    assert_equal(of(index, queries), table)
    ours = index.evaluate(queries, K, progress=False, truth=table)
    assert np.array_equal(ours.recall, index.evaluate(queries, K, progress=False).recall)


def test_arguments(vectors, queries):
    for message, call in {
        "k must be": lambda: of(vectors, queries, 0),
        "metric must be one of L2": lambda: of(vectors, queries, metric="l1"),
        "source must be vectors": lambda: of(vectors[0], queries),
        "source must be an opened index or vectors": lambda: of(built("Flat", vectors), queries),
        "queries must be": lambda: of(vectors, queries[:, :3]),
        "the index, 3000 is not in it": lambda: of(vectors, [0, N]),
        "progress must be": lambda: fw.ground_truth(vectors, queries, K, progress=3),
        "executor must be": lambda: of(vectors, queries, executor=3),
        "memory_limit must be at least 67,108,864": lambda: of(vectors, queries, memory_limit=5),
        "memory_limit must be bytes, or a text": lambda: of(vectors, queries, memory_limit="much"),
        "memory_limit must be bytes, or a": lambda: of(vectors, queries, memory_limit=1.5),
        "metric is that of the index": lambda: of(
            fw.open_index(built("IVF9,SQ8", vectors), vectors=vectors), queries, metric="L2"
        ),
        "holds vectors whole, or that was opened with": lambda: of(
            fw.open_index(built("IVF9,SQ8", vectors)), queries
        ),
        "was opened with its vectors": lambda: of(fw.open_index(built("HNSW8,Flat", vectors)), queries),
    }.items():
        with pytest.raises((TypeError, ValueError), match=message):
            call()
