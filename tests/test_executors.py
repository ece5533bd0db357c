"""Passes over vectors by an executor: the same answers, bit for bit, whichever it is and however it works."""

import gc
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing

import faiss
import numpy as np
import pytest
from executors import Ending, Failing, Holding, Inline, LastFirst
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import make_vectors

import feder_widget as fw
from feder_widget.faiss_internals import index_file, opened_file
from feder_widget.model.row_source import MappedArray
from feder_widget.truth.neighbours import list_blocks, list_rows, original_vectors, product_parts, row_parts

L2, IP = faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT
N, D, K = 2600, 16, 7

FAMILIES = {
    "lists": ("IVF12,Flat", L2, False),
    "lists by inner product": ("IVF12,Flat", IP, False),
    "lists by cosine": ("L2norm,IVF12,Flat", IP, False),
    "lists with ids": ("IDMap,IVF12,Flat", L2, False),
    "lists and an approximate coarse search": ("IVF12_HNSW4,Flat", L2, False),
    "codes": ("IVF12,PQ4x4", L2, True),
    "codes by inner product": ("IVF12,SQ8", IP, True),
    "codes by cosine": ("PCA8,L2norm,IVF12,SQ8", IP, True),
    "re-ranked codes": ("IVF12,PQ4x4,RFlat", L2, True),
    "graph": ("HNSW8,SQ4", L2, True),
    "graph by inner product": ("HNSW8,SQ8", IP, True),
    "flat codes": ("SQ4", L2, True),
}
"""Description, metric, and whether the original vectors are needed."""


def build(description, metric, vectors):
    index = faiss.index_factory(vectors.shape[1], description, metric)
    for part in (index, getattr(index, "index", None), getattr(index, "base_index", None)):
        if hasattr(part, "cp"):
            part.cp.niter = 3
    index.train(vectors)
    if description.startswith("IDMap"):
        index.add_with_ids(vectors, np.random.default_rng(0).permutation(len(vectors)))
    else:
        index.add(vectors)
    return index


def with_ties(vectors):
    """Return vectors of few integers, many of them equal, so that distances tie."""
    tied = np.round(vectors / 3)
    tied[len(tied) // 2 :] = tied[: len(tied) - len(tied) // 2]
    return np.ascontiguousarray(tied, np.float32)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A function: a family and whether there are ties in; the index, its file and its vectors' file out."""
    folder = tmp_path_factory.mktemp("indexes")
    built = {}

    def get(family, ties=False):
        if (family, ties) not in built:
            vectors = make_vectors(N, D)
            vectors = with_ties(vectors) if ties else vectors
            place = folder / f"{len(built)}"
            index = build(*FAMILIES[family][:2], vectors)
            faiss.write_index(index, f"{place}.faiss")
            np.save(f"{place}.npy", vectors)
            built[family, ties] = index, vectors, f"{place}.faiss", f"{place}.npy"
        return built[family, ties]

    return get


def opened_as(stored, family, ties, from_files):
    index, vectors, index_path, vectors_path = stored(family, ties)
    given_ = np.load(vectors_path, mmap_mode="r") if from_files else vectors
    needed = FAMILIES[family][2]
    return fw.open_index(index_path if from_files else index, vectors=given_ if needed else None)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Cut passes into a dozen parts."""
    monkeypatch.setattr(row_parts, "PART_WORK", 1)
    monkeypatch.setattr(product_parts, "PART_WORK", 150_000)
    for module in (original_vectors, list_rows):
        monkeypatch.setattr(module, "BLOCK_BYTES", 4 * D * 300)


@pytest.fixture(scope="module")
def spawned():
    """Two processes, started anew."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


def answers(index, queries, include_self, executor=None):
    """Return all that passes over vectors tell of some queries, as arrays."""
    found = {}
    for query in queries[:2]:
        explained = index.explain(query, K, include_self=include_self, executor=executor)
        found |= {f"ids of {query}": explained.ids, f"distances of {query}": explained.distances}
        if isinstance(index, fw.IvfIndex):
            found[f"clusters of {query}"] = explained.clusters
            if index.why_no_curve is None:
                found[f"found at of {query}"] = explained.found_at
    if isinstance(index, fw.FlatIndex):
        if index.basis == "vectors":
            found["recalls"] = index.evaluate(
                queries, K, include_self=include_self, executor=executor
            ).recalls
        return found
    workload = index.evaluate(queries, K, include_self=include_self, progress=False, executor=executor)
    curves = workload if isinstance(index, fw.IvfIndex) else workload.curves
    found |= {"found at": curves.found_at, "recall": curves.recall, "scanned": curves.scanned}
    if isinstance(index, fw.IvfIndex):
        found["nearest clusters"] = workload.nearest_clusters
        if index.basis != "codes":
            ledgers = index.ledgers(queries[:4], K, 3, include_self=include_self, executor=executor)
            found["hits"] = np.concatenate([ledger.hits for ledger in ledgers])
            one = index.ledger(queries[0], K, 3, include_self=include_self, executor=executor)
            found["hits of one"] = one.hits
    return found


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


# The same answers.


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_threads_find_the_same(stored, family, threads, data):
    ties, from_files = data.draw(st.booleans()), data.draw(st.booleans())
    include_self = data.draw(st.booleans())
    queries = data.draw(st.lists(st.integers(0, N - 1), min_size=4, max_size=20, unique=True))
    index = opened_as(stored, family, ties, from_files)
    with ThreadPoolExecutor(threads) as executor:
        assert_equal(answers(index, queries, include_self, executor), answers(index, queries, include_self))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("from_files", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_processes_find_the_same(stored, spawned, family, from_files, ties):
    index = opened_as(stored, family, ties, from_files)
    queries = [5, 1700, 33, 2599, 812]
    for include_self in (False, True):
        assert_equal(answers(index, queries, include_self, spawned), answers(index, queries, include_self))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.parametrize("family", ["lists", "codes by cosine", "graph"])
def test_forked_processes_find_the_same(stored, family, faiss_threads):
    faiss_threads(2)
    index = opened_as(stored, family, False, True)
    expected = answers(index, [5, 1700, 33], False)
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
        assert_equal(answers(index, [5, 1700, 33], False, executor), expected)


@pytest.mark.parametrize(
    "executor", [Inline, LastFirst, lambda: Failing(2), lambda: Failing(2, cancels=True)]
)
@pytest.mark.parametrize("family", ["lists", "codes by cosine", "graph", "flat codes"])
def test_order_and_failures_change_nothing(stored, family, executor):
    index = opened_as(stored, family, True, False)
    with executor() as working:
        assert_equal(
            answers(index, [5, 1700, 33, 12], False, working), answers(index, [5, 1700, 33, 12], False)
        )


def test_many_queries_are_compared_by_the_same_products(stored, spawned, faiss_threads, monkeypatch):
    faiss_threads(2)
    monkeypatch.setattr(product_parts, "PART_WORK", 10_000_000)
    lists = opened_as(stored, "lists", False, True)
    queries = make_vectors(8100, D, seed=1)
    expected = lists.evaluate(queries, K, progress=False)
    for executor in (spawned, Inline()):
        found = lists.evaluate(queries, K, progress=False, executor=executor)
        np.testing.assert_array_equal(found.found_at, expected.found_at)
        np.testing.assert_array_equal(found.scanned, expected.scanned)


@pytest.mark.parametrize(
    ("description", "metric", "given_"),
    [("IVF12,Flat", L2, False), ("IVF12,SQ8", IP, True), ("HNSW4,SQ8", L2, True), ("SQ8", L2, True)],
)
def test_few_queries_of_many_vectors_round_alike(description, metric, given_, faiss_threads, monkeypatch):
    # From 10,000 vectors on Faiss compares fewer queries than threads by products, which round otherwise.
    monkeypatch.setattr(row_parts, "PART_WORK", 50_000_000)
    faiss_threads(2)
    vectors = make_vectors(24_000, D) + 100
    index = fw.open_index(build(description, metric, vectors), vectors=vectors if given_ else None)
    for query in (5, 1700):
        expected = index.explain(query, K)
        with ThreadPoolExecutor(2) as executor:
            found = index.explain(query, K, executor=executor)
        np.testing.assert_array_equal(found.ids, expected.ids)
        np.testing.assert_array_equal(found.distances, expected.distances)


def test_transforms_round_alike_with_any_number_of_threads(faiss_threads, monkeypatch):
    monkeypatch.setattr(original_vectors, "BLOCK_BYTES", 4 * 128 * 8192)
    vectors = make_vectors(9000, 128)
    index = build("PCA64,L2norm,IVF12,SQ8", IP, vectors)
    found = []
    for threads, executor in ((1, None), (2, None), (2, Inline())):
        faiss_threads(threads)
        found.append(fw.open_index(index, vectors=vectors).explain(5, K, executor=executor))
    for other in found[1:]:
        np.testing.assert_array_equal(other.ids, found[0].ids)
        np.testing.assert_array_equal(other.distances, found[0].distances)


def test_the_threads_of_the_caller_are_left_alone(stored, faiss_threads):
    faiss_threads(3)
    opened_as(stored, "lists", False, False).explain(5, K, executor=Inline())
    assert faiss.omp_get_max_threads() == 3


def test_passes_are_cut_into_parts(stored):
    for family in FAMILIES:
        executor = Inline()
        opened_as(stored, family, False, False).explain(5, K, executor=executor)
        assert executor.parts >= 3, family


# Who reads what.


def test_only_the_caller_reads_an_index_in_memory(stored, monkeypatch):
    read_by = set()
    original = list_blocks.ListBlocks.copied

    def watched(self, *args):
        read_by.add(threading.get_ident())
        return original(self, *args)

    monkeypatch.setattr(list_blocks.ListBlocks, "copied", watched)
    index = opened_as(stored, "lists", False, False)
    with ThreadPoolExecutor(2) as executor:
        index.explain(5, K, executor=executor)
    assert read_by == {threading.get_ident()}


def test_a_thread_reads_the_index_that_is_open_unless_it_may_change(stored, monkeypatch):
    index = opened_as(stored, "lists", False, True)
    monkeypatch.setattr(index_file, "read", lambda *_: pytest.fail("a second copy is opened"))
    with ThreadPoolExecutor(4) as executor:
        expected = index.explain(5, K, executor=executor).ids
    monkeypatch.undo()
    opened, read = [], index_file.read
    monkeypatch.setattr(opened_file, "_opened", type(opened_file._opened)())
    monkeypatch.setattr(index_file, "read", lambda path, mmap: opened.append(path) or read(path, mmap))
    path = index.inverted_file.file_of_lists.path
    del index
    gc.collect()
    changing = fw.open_index(path, frozen=False)
    opened.clear()
    with ThreadPoolExecutor(4) as executor:
        found = changing.explain(5, K, executor=executor)
    assert len(opened) == 1
    np.testing.assert_array_equal(found.ids, expected)


def test_a_worker_opens_a_file_once(stored, monkeypatch):
    index = opened_as(stored, "lists", False, True)
    # As in a process of its own.
    monkeypatch.setattr(opened_file, "_lent", {})
    monkeypatch.setattr(opened_file, "_opened", type(opened_file._opened)())
    opened = []
    read = index_file.read
    monkeypatch.setattr(index_file, "read", lambda path, mmap: opened.append(path) or read(path, mmap))
    with ThreadPoolExecutor(4) as executor:
        index.explain(5, K, executor=executor)
        index.explain(6, K, executor=executor)
    assert len(opened) == 1


@pytest.mark.parametrize("family", ["lists", "graph", "codes"])
def test_parts_of_files_carry_no_vectors(stored, family):
    carried = []

    class Weighing(Inline):
        def submit(self, function, /, *args, **kwargs):
            carried.append(args[0].carried_bytes)
            return super().submit(function, *args, **kwargs)

    opened_as(stored, family, False, True).explain(5, K, executor=Weighing())
    assert carried
    assert set(carried) == {0}
    carried.clear()
    opened_as(stored, family, False, False).explain(5, K, executor=Weighing())
    assert sum(carried) == 4 * N * D


@pytest.mark.parametrize("family", ["lists", "graph", "codes"])
def test_a_file_that_has_changed_is_refused_by_its_name(family, tmp_path):
    vectors = make_vectors(N, D)
    description, metric, needed = FAMILIES[family]
    index_path, vectors_path = tmp_path / "i.faiss", tmp_path / "x.npy"
    faiss.write_index(build(description, metric, vectors), str(index_path))
    np.save(vectors_path, vectors)
    given_ = np.load(vectors_path, mmap_mode="r") if needed else None
    index = fw.open_index(index_path, vectors=given_)
    changed = vectors_path if needed else index_path
    data = changed.read_bytes()
    changed.unlink()
    changed.write_bytes(data + b"\0")
    with pytest.raises(fw.IndexChangedError, match=f"{changed.name} was changed"):
        index.explain(5, K, executor=Inline())
    changed.unlink()
    with pytest.raises(fw.WorkerError, match=rf"[\d,]+ to [\d,]+ of {changed}, .*FileNotFoundError"):
        index.explain(5, K, executor=Inline())


def test_vectors_added_to_an_index_from_a_file_are_carried(tmp_path):
    vectors = make_vectors(N, D)
    faiss.write_index(build("IVF12,Flat", L2, vectors), str(tmp_path / "i.faiss"))
    index = fw.open_index(tmp_path / "i.faiss")
    index.faiss_index.add(vectors[:9])
    expected = index.explain(5, K)
    found = index.explain(5, K, executor=Inline())
    np.testing.assert_array_equal(found.ids, expected.ids)
    assert N + 5 in found.ids


# Arrays in files.


def test_a_map_whose_file_was_replaced_is_carried(tmp_path):
    vectors = make_vectors(N, D)
    path = tmp_path / "x.npy"
    np.save(path, vectors)
    mapped = np.load(path, mmap_mode="r")
    assert MappedArray.behind(mapped) is not None
    np.save(tmp_path / "other.npy", make_vectors(N, D, seed=9))
    (tmp_path / "other.npy").replace(path)
    assert MappedArray.behind(mapped) is None
    index = fw.open_index(build("IVF12,SQ8", L2, vectors), vectors=mapped)
    expected, found = index.explain(5, K), index.explain(5, K, executor=Inline())
    np.testing.assert_array_equal(found.ids, expected.ids)


@given(st.integers(0, 6), st.integers(1, 9), st.sampled_from(["<f4", ">f4", "<f8", "<i2"]))
def test_a_map_and_its_views_are_found_in_the_file(tmp_path_factory, start, count, dtype):
    path = tmp_path_factory.mktemp("x") / "x.npy"
    np.save(path, np.arange(60).reshape(15, 4).astype(dtype))
    whole = np.load(path, mmap_mode="r")
    for array in (whole, whole[start : start + count], np.asarray(whole)[start : start + count]):
        found = MappedArray.behind(array)
        np.testing.assert_array_equal(found.rows(1, len(array)).read(), array[1:])
        assert found.file.path == str(path)


def test_an_array_that_may_differ_from_its_file_is_carried(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((6, 4), np.float32))
    whole = np.load(path, mmap_mode="r")
    others = [np.zeros((6, 4)), np.array(whole), whole[::2], whole[:, 1:], whole.T, whole[:0]]
    others.append(np.load(path, mmap_mode="c"))
    assert [MappedArray.behind(array) for array in others] == [None] * len(others)


# Failures.


@pytest.mark.parametrize("family", ["lists", "codes", "graph"])
def test_a_part_that_fails_three_times_is_named(stored, family):
    executor = Failing(3)
    with pytest.raises(
        fw.WorkerError, match=r"3 times .* [\d,]+ to [\d,]+ of .*OSError: the worker was lost"
    ):
        opened_as(stored, family, False, False).explain(5, K, executor=executor)
    assert max(count for count, _ in executor.attempts.values()) == 3


def test_the_file_of_a_part_is_named(stored):
    _, _, _, path = stored("codes")
    with pytest.raises(
        fw.WorkerError, match=rf"rows [\d,]+ to [\d,]+ of {path}, the last time with CancelledError"
    ):
        opened_as(stored, "codes", False, True).explain(5, K, executor=Failing(3, cancels=True))


@pytest.mark.parametrize("takes", [0, 1, 5])
def test_an_executor_that_ends_is_named(stored, takes):
    with pytest.raises(fw.WorkerError, match="executor must take work, and Ending took no more"):
        opened_as(stored, "lists", False, False).explain(5, K, executor=Ending(takes))


def test_an_executor_that_was_shut_down_is_named(stored):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(fw.WorkerError, match="executor must take work, and ThreadPoolExecutor took no more"):
        opened_as(stored, "lists", False, False).evaluate(3, K, executor=executor)


class Client:
    """Like a client of Dask, whose futures are its own."""

    def submit(self, *_):
        return object()


@pytest.mark.parametrize("executor", [7, "threads", ThreadPoolExecutor, Client()])
@pytest.mark.parametrize("family", ["lists", "graph", "flat codes"])
def test_what_is_no_executor_is_refused(stored, family, executor):
    index = opened_as(stored, family, False, False)
    for call in (index.explain, index.evaluate):
        with pytest.raises(TypeError, match=r"executor must be a concurrent\.futures\.Executor"):
            call(5, K, executor=executor)


@pytest.mark.parametrize(
    ("description", "metric"),
    [
        ("IVF12,PQ4x4", L2),
        ("IVF12,Flat", faiss.METRIC_L1),
        ("HNSW8,SQ8", L2),
        ("HNSW8,Flat", L2),
        ("SQ8", L2),
        ("Flat", L2),
    ],
)
def test_codes_without_vectors_are_refused_at_the_door(description, metric):
    index = fw.open_index(build(description, metric, make_vectors(600, D)))
    executor = Inline()
    with pytest.raises(
        ValueError, match=r"executor needs (vectors that workers can compare|codes with the original)"
    ):
        index.explain(5, K, executor=executor)
    with pytest.raises(ValueError, match=r"executor needs|there is nothing to evaluate"):
        index.evaluate(5, K, executor=executor)
    assert executor.parts == 0


# Progress and ends.


@pytest.mark.parametrize("family", ["lists", "codes"])
def test_progress_grows_to_the_number_of_queries(stored, family):
    told = []
    opened_as(stored, family, False, False).evaluate(
        30, K, progress=lambda done, asked: told.append((done, asked)), executor=LastFirst()
    )
    dones = [done for done, _ in told]
    assert dones == sorted(dones)
    assert dones[-1] == pytest.approx(30)
    # Also within the pass, before any query is done.
    assert len({done for done in dones if 0 < done < 30}) >= 7


@pytest.mark.parametrize("family", ["lists", "codes", "graph"])
def test_parts_that_are_not_begun_are_cancelled(stored, family):
    index = opened_as(stored, family, False, False)
    executor = Holding(computes=1)
    with closing(index.evaluation(30, K, executor=executor).steps()) as steps:
        while not executor.begun_never:
            next(steps)
        next(steps)
    assert all(future.cancelled() for future in executor.begun_never)
    assert len(executor.futures) <= 1 + 2 * 3


@pytest.mark.parametrize("family", ["lists", "codes", "graph"])
def test_an_interrupt_cancels_parts_that_are_not_begun(stored, family):
    executor = Holding(computes=1)

    def interrupt(*_):
        if executor.begun_never:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened_as(stored, family, False, False).evaluate(30, K, progress=interrupt, executor=executor)
    assert executor.begun_never
    assert all(future.cancelled() for future in executor.begun_never)


def test_queries_done_are_kept_by_an_interrupt(stored):
    def interrupt(done, _):
        if done > 310:
            raise KeyboardInterrupt

    index = opened_as(stored, "lists", False, False)
    queries = np.arange(600)
    with pytest.warns(RuntimeWarning, match="interrupted"):
        found = index.evaluate(queries, K, progress=interrupt, executor=Inline())
    expected = index.evaluate(queries, K, progress=False)
    assert len(found) == 300
    np.testing.assert_array_equal(found.found_at, expected.found_at[: len(found)])
