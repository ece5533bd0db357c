"""Passes over vectors by the workers of a Dask cluster: two processes on this machine."""

import io
import logging
import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import distributed
import faiss
import numpy as np
import pytest
import s3fs
from executors import Holding, Inline, Stopping
from makers import make_vectors
from s3_store import s3_store
from shard_store import NLIST, SHARDS, integers, merged, rows_of, shard, trained, written

import feder_widget as fw
from feder_widget.truth.job import memory_plan, truth_pass
from feder_widget.truth.neighbours import list_rows, original_vectors, product_parts, row_parts
from feder_widget.workers import Part, Workers

N, D, K = 2600, 16, 7
QUERIES = [5, 1700, 33, 2599, 812]
LONG = 120
"""Seconds that nothing here takes."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two processes with one thread each."""
    started = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=tmp_path_factory.mktemp("dask"),
        silence_logs=logging.CRITICAL,
    )
    with started as cluster:
        yield cluster


@pytest.fixture(scope="module")
def client(cluster):
    with distributed.Client(cluster) as client:
        yield client


@pytest.fixture
def executor(client):
    with client.get_executor() as executor:
        yield executor


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of an index whose lists hold vectors, of one with codes, and of the vectors."""
    folder = tmp_path_factory.mktemp("files")
    vectors = make_vectors(N, D)
    np.save(folder / "vectors.npy", vectors)
    for name, description in (("lists", "IVF12,Flat"), ("codes", "IVF12,PQ4x4")):
        index = faiss.index_factory(D, description)
        index.cp.niter = 3
        index.train(vectors)
        index.add(vectors)
        faiss.write_index(index, str(folder / f"{name}.faiss"))
    return folder


@pytest.fixture(params=["lists", "codes"])
def index(request, files):
    """An index opened from its file; by codes with the vectors in a memory map."""
    mapped = np.load(files / "vectors.npy", mmap_mode="r")
    return fw.open_index(
        files / f"{request.param}.faiss", vectors=mapped if request.param == "codes" else None
    )


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Cut passes into a dozen parts."""
    monkeypatch.setattr(row_parts, "PART_WORK", 1)
    monkeypatch.setattr(product_parts, "PART_WORK", 150_000)
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 1)
    monkeypatch.setattr(truth_pass, "PART_WORK", 1)
    for module in (original_vectors, list_rows):
        monkeypatch.setattr(module, "BLOCK_BYTES", 4 * D * 300)


def answers(index, executor=None):
    """Return all that passes over vectors tell of some queries, as arrays."""
    explained = index.explain(5, K, executor=executor)
    workload = index.evaluate(QUERIES, K, progress=False, executor=executor)
    found = {
        "ids": explained.ids,
        "distances": explained.distances,
        "found at": workload.found_at,
        "recall": workload.recall,
        "nearest clusters": workload.nearest_clusters,
    }
    if index.basis != "codes":
        ledgers = index.ledgers(QUERIES, K, 3, executor=executor)
        found["hits"] = np.concatenate([ledger.hits for ledger in ledgers])
    return found


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def until(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def processes(cluster):
    """Return the process numbers of the workers."""
    return {worker.pid for worker in cluster.workers.values()}


# The same answers.


def test_a_cluster_finds_the_same(index, executor):
    assert_equal(answers(index, executor), answers(index))


def test_parts_are_computed_by_the_processes_of_the_cluster(index, executor, cluster, tmp_path):
    stopping = Stopping(executor, tmp_path)
    stopping.go_on()
    index.explain(5, K, executor=stopping)
    assert stopping.waiting()
    assert stopping.waiting() <= processes(cluster)


def test_vectors_in_memory_are_sent_along(executor, files):
    vectors = np.load(files / "vectors.npy")
    index = fw.open_index(faiss.read_index(str(files / "codes.faiss")), vectors=vectors)
    assert_equal(answers(index, executor), answers(index))


def answers_amid_a_kill(index, executor, cluster, folder, answers=answers):
    """Return the answers of an executor one of whose processes is killed while both compute."""
    stopping = Stopping(executor, folder)
    killed = []

    def kill():
        # Both are in the middle of a part.
        until(lambda: len(stopping.waiting()) == 2)
        pid = min(stopping.waiting() & processes(cluster))
        os.kill(pid, signal.SIGKILL)
        until(lambda: is_gone(pid))
        killed.append(pid)
        stopping.go_on()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    found = answers(index, stopping)
    killer.join()
    assert len(killed) == 1
    until(lambda: len(processes(cluster) - {None}) == 2)
    return found


def test_a_worker_that_is_killed_has_its_part_done_again(index, executor, cluster, tmp_path):
    assert_equal(answers_amid_a_kill(index, executor, cluster, tmp_path), answers(index))


@pytest.fixture(scope="module")
def in_a_store(tmp_path_factory):
    """An index whose shards are in a store, and the merged one."""
    folder = tmp_path_factory.mktemp("shards")
    empty = trained(f"IVF{NLIST},Flat")
    held = [shard(empty, rows_of(number)) for number in range(SHARDS)]
    with s3_store("shards") as options:
        for path in written(folder, held):
            s3fs.S3FileSystem(**options).put(path, "shards/")
        opened = fw.open_index("s3://shards/shard*.faiss", storage_options=options, cache=folder / "cache")
        yield opened, fw.open_index(merged(held))


@pytest.fixture
def shards_in_a_store(in_a_store, monkeypatch):
    """The same, in parts of which each process computes some at once."""
    monkeypatch.setattr(product_parts, "PART_WORK", 20_000)
    return in_a_store


def told_of_shards(index, executor=None):
    """Return what two passes over shards tell, as arrays."""
    workload = index.evaluate(integers(9, seed=5), K, progress=False, executor=executor)
    explained = index.explain(integers(1, seed=6)[0], K, executor=executor)
    return {"found at": workload.found_at, "recall": workload.recall, "distances": explained.distances}


def test_workers_read_shards_in_a_store_themselves(shards_in_a_store, executor, cluster, tmp_path):
    opened, whole = shards_in_a_store
    stopping = Stopping(executor, tmp_path)
    stopping.go_on()
    assert_equal(told_of_shards(opened, stopping), told_of_shards(whole))
    assert stopping.waiting()
    assert stopping.waiting() <= processes(cluster)


def test_a_worker_that_is_killed_over_a_store_has_its_part_done_again(
    shards_in_a_store, executor, cluster, tmp_path
):
    opened, whole = shards_in_a_store
    found = answers_amid_a_kill(opened, executor, cluster, tmp_path, told_of_shards)
    assert_equal(found, told_of_shards(whole))


# Failures.


def fail(log):
    with Path(log).open("a") as file:
        file.write("computed\n")
    raise OSError("the disk is gone")


def test_a_part_that_fails_is_computed_three_times_and_named(executor, tmp_path):
    log = tmp_path / "log"
    steps = Workers(executor).results_steps([Part("rows 0 to 9 of x.npy", fail, (str(log),))], print)
    with pytest.raises(
        fw.WorkerError, match=r"3 times to compare rows 0 to 9 of x\.npy, .* OSError: the disk is gone"
    ):
        list(steps)
    assert log.read_text() == "computed\n" * 3


def test_a_file_that_the_workers_do_not_find_is_named(executor, files, tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes((files / "vectors.npy").read_bytes())
    index = fw.open_index(files / "codes.faiss", vectors=np.load(path, mmap_mode="r"))
    path.rename(tmp_path / "moved.npy")
    with pytest.raises(fw.WorkerError, match=r"3 times to compare rows [\d,]+ to [\d,]+ of .*x\.npy"):
        index.explain(5, K, executor=executor)


def test_an_executor_that_was_shut_down_is_named(index, client):
    executor = client.get_executor()
    executor.shutdown()
    with pytest.raises(fw.WorkerError, match="executor must take work, and ClientExecutor took no more"):
        index.evaluate(3, K, executor=executor)


def test_an_executor_whose_client_was_closed_is_named(index, cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        executor = client.get_executor()
    with pytest.raises(fw.WorkerError, match="executor must take work, and ClientExecutor took no more"):
        index.explain(3, K, executor=executor)


def test_the_client_is_no_executor(index, client):
    with pytest.raises(TypeError, match=r"of a Dask client pass client\.get_executor\(\)"):
        index.explain(3, K, executor=client)


def test_parts_that_are_not_begun_are_cancelled(index, executor, client, tmp_path):
    stopping = Stopping(executor, tmp_path)
    with closing(index.evaluation(30, K, executor=stopping).steps()) as steps:
        while len(stopping.waiting()) < 2:
            next(steps)
    stopping.go_on()
    # Nothing is left of it in the cluster.
    until(lambda: not any(client.processing().values()))
    until(lambda: not any(key.startswith("_stopped") for key in client.who_has()))


# The progress line.


def test_the_bar_leads_to_the_dashboard(index, executor, cluster, monkeypatch):
    assert "http://127.0.0.1:" in cluster.dashboard_link
    said = bar_of(monkeypatch, lambda: index.evaluate(QUERIES, K, executor=executor))
    assert cluster.dashboard_link in said
    assert "queries" in said


def test_the_bar_of_others_leads_nowhere(index, monkeypatch):
    for executor in (None, Inline()):
        said = bar_of(monkeypatch, lambda executor=executor: index.evaluate(QUERIES, K, executor=executor))
        assert "queries" in said
        assert "http" not in said


def bar_of(monkeypatch, run):
    """Return what a bar that is shown at once writes."""
    from tqdm.std import tqdm

    written = io.StringIO()
    shown = lambda **options: tqdm(**options | {"delay": 0, "file": written, "ncols": 200})  # noqa: E731
    monkeypatch.setattr("tqdm.auto.tqdm", shown)
    run()
    return written.getvalue()


class LostScheduler:
    """Like a client whose scheduler is away."""

    @property
    def dashboard_link(self):
        raise OSError("timed out")

    nthreads = dashboard_link

    def submit(self, function, /, *args, pure):
        assert not pure
        return Inline().submit(function, *args)


def test_a_dashboard_that_cannot_be_asked_for_is_left_out(index):
    client = LostScheduler()
    executor = SimpleNamespace(_client=client, submit=client.submit)
    assert Workers(executor).dashboard is None
    assert_equal(answers(index, executor), answers(index))


@pytest.mark.parametrize(("threads", "under_way"), [(1, 64), (100, 800)])
def test_a_large_cluster_gets_parts_for_all_its_threads(threads, under_way):
    executor = Holding(computes=0, workers=None)
    executor._client = LargeCluster(threads)
    steps = Workers(executor).results_steps((Part("a part", int, (i,)) for i in range(2000)), print)
    next(steps)
    assert len(executor.futures) == under_way
    steps.close()


class LargeCluster:
    """Like the client of four workers."""

    dashboard_link = None

    def __init__(self, threads):
        self._threads = threads

    def nthreads(self):
        return dict.fromkeys("abcd", self._threads)
