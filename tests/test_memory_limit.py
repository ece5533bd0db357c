"""Passes over what lies on a disk: resident memory within a limit, no list read twice, the same answers."""

import gc
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from makers import make_vectors
from shard_store import written

import feder_widget as fw
from feder_widget.faiss_internals import mapped_pages
from feder_widget.truth.job import memory_plan, truth_pass
from feder_widget.truth.neighbours.list_blocks import ListBlocks
from feder_widget.truth.search_stages import Spans

N, D, K, NLIST = 6000, 16, 7, 12


@pytest.fixture(scope="module")
def vectors():
    made = make_vectors(N, D)
    # Rows that tie, more than a batch leaves room for.
    made[200:230] = made[5]
    return made


@pytest.fixture(scope="module")
def queries(vectors):
    return np.concatenate([make_vectors(40, D, seed=2), vectors[[5, 9]]])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks of 1,024 vectors, parts of one block, pages given back after each list."""
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 4 * D * 1024)
    monkeypatch.setattr(truth_pass, "PART_WORK", 1)
    monkeypatch.setattr("feder_widget.faiss_internals.inverted_file.MOST_PAGES", 1024 * (4 * D + 8))


def built(description, vectors, ids=None, metric=faiss.METRIC_L2):
    index = faiss.index_factory(D, description, metric)
    ivf = faiss.extract_index_ivf(index)
    ivf.cp.niter = 3
    index.train(vectors)
    index.add(vectors) if ids is None else index.add_with_ids(vectors, ids)
    return index


def opened(tmp_path, index, where, **more):
    """The index in memory, mapped from its file, or in mapped shards."""
    if where == "memory":
        return fw.open_index(index, **more)
    if where == "mapped":
        faiss.write_index(index, str(tmp_path / "i.faiss"))
        return fw.open_index(tmp_path / "i.faiss", mmap=True, **more)
    # Faiss clones no normalisation.
    shards = [faiss.deserialize_index(faiss.serialize_index(index)) for _ in range(3)]
    ivf = faiss.extract_index_ivf(index)
    for number, shard in enumerate(shards):
        shard.reset()
        inner = faiss.extract_index_ivf(shard)
        for cluster in range(ivf.nlist):
            size = ivf.invlists.list_size(cluster)
            begin, end = size * number // 3, size * (number + 1) // 3
            codes = faiss.rev_swig_ptr(ivf.invlists.get_codes(cluster), size * ivf.code_size)
            ids = faiss.rev_swig_ptr(ivf.invlists.get_ids(cluster), size)
            if begin < end:
                some = np.array(codes.reshape(size, -1)[begin:end])
                named = np.array(ids[begin:end])
                inner.invlists.add_entries(cluster, end - begin, faiss.swig_ptr(named), faiss.swig_ptr(some))
        inner.ntotal = sum(inner.invlists.list_size(cluster) for cluster in range(ivf.nlist))
        shard.ntotal = inner.ntotal
    return fw.open_index(written(tmp_path, shards), **more)


def facts(workload):
    return [
        array if array is None else array.tobytes()
        for array in (
            workload.found_at,
            workload.scanned,
            workload.ids,
            workload.nearest_clusters,
            workload.compared_at,
            workload.recall,
        )
    ]


def explained(one):
    found = one.found_at if isinstance(one.presence, Spans) else np.empty(0)
    return [array.tobytes() for array in (one.ids, one.distances, one.clusters, found)]


CASES = {
    "L2": ("IVF12,Flat", faiss.METRIC_L2, None),
    "inner product": ("IVF12,Flat", faiss.METRIC_INNER_PRODUCT, None),
    "cosine": ("L2norm,IVF12,Flat", faiss.METRIC_INNER_PRODUCT, None),
    "copies": ("IVF12,Flat", faiss.METRIC_L2, np.arange(N) // 2),
    "many copies": ("IVF12,Flat", faiss.METRIC_L2, np.arange(N) // 15),
    "without ids": ("IVF12,Flat", faiss.METRIC_L2, np.where(np.arange(N) % 9, np.arange(N), -1)),
}


@pytest.mark.parametrize("where", ["mapped", "shards"])
@pytest.mark.parametrize("case", CASES)
def test_lists_on_a_disk_give_the_answers_of_lists_in_memory(tmp_path, vectors, queries, case, where):
    description, metric, ids = CASES[case]
    if where == "shards" and "copies" in case:
        pytest.skip("shards that share row ids are refused")
    index = built(description, vectors, ids, metric)
    memory = opened(tmp_path, index, "memory")
    disk = opened(tmp_path, index, where, memory_limit="64MiB")
    rows = np.arange(30, 60)
    if ids is not None:
        rows = ids[rows][ids[rows] >= 0]
    with ThreadPoolExecutor(2) as threads:
        for asked in (queries, rows):
            expected = facts(memory.evaluate(asked, K, progress=False))
            assert facts(disk.evaluate(asked, K, progress=False)) == expected
            assert facts(disk.evaluate(asked, K, progress=False, executor=threads)) == expected
            ledgers = [repr(ledger) for ledger in memory.ledgers(asked[:9], K, 3)]
            assert [repr(ledger) for ledger in disk.ledgers(asked[:9], K, 3, executor=threads)] == ledgers
    for query in (*queries[-3:], int(rows[0])):
        assert explained(disk.explain(query, K)) == explained(memory.explain(query, K))


@pytest.mark.parametrize("given", ["map", "files"])
@pytest.mark.parametrize("description", ["IVF12,SQ8", "IVF12,PQ4x4,RFlat"])
def test_vectors_in_files_give_the_answers_of_vectors_in_memory(
    tmp_path, vectors, queries, given, description
):
    index = built(description, vectors)
    np.save(tmp_path / "x.npy", vectors)
    path = tmp_path / "x.npy"
    files = np.load(path, mmap_mode="r") if given == "map" else str(path)
    memory = fw.open_index(index, vectors=vectors)
    disk = fw.open_index(index, vectors=files, memory_limit="64MiB")
    with ThreadPoolExecutor(2) as threads:
        for asked in (queries, np.arange(30, 50)):
            expected = facts(memory.evaluate(asked, K, progress=False))
            assert facts(disk.evaluate(asked, K, progress=False)) == expected
            assert facts(disk.evaluate(asked, K, progress=False, executor=threads)) == expected
            ledgers = [repr(ledger) for ledger in memory.ledgers(asked[:9], K, 3)]
            assert [repr(ledger) for ledger in disk.ledgers(asked[:9], K, 3)] == ledgers
    for query in (queries[3], 30):
        assert explained(disk.explain(query, K)) == explained(memory.explain(query, K))


class Readings:
    """The vectors of lists that are read from now on: by blocks, and by Faiss's own scans."""

    def __init__(self, monkeypatch):
        self.blocks = 0
        inner = ListBlocks.copied

        def copied(blocks, start, stop):
            self.blocks += stop - start
            return inner(blocks, start, stop)

        monkeypatch.setattr(ListBlocks, "copied", copied)
        faiss.cvar.indexIVF_stats.reset()

    @property
    def count(self):
        return self.blocks + faiss.cvar.indexIVF_stats.ndis


@pytest.mark.parametrize("where", ["mapped", "shards"])
def test_no_list_is_read_twice(tmp_path, vectors, queries, where, monkeypatch):
    disk = opened(tmp_path, built("IVF12,Flat", vectors), where)
    with ThreadPoolExecutor(2) as threads:
        for executor in (None, threads):
            # Some of the queries tie far beyond k, and none is looked at again for it.
            for ask in (
                lambda executor=executor: disk.evaluate(queries, K, progress=False, executor=executor),
                lambda executor=executor: disk.explain(queries[-2], K, executor=executor),
                lambda executor=executor: disk.explain(5, K, executor=executor),
            ):
                readings = Readings(monkeypatch)
                ask()
                assert readings.count == N
                monkeypatch.undo()
        # What is beside the neighbours is one search of each query.
        readings = Readings(monkeypatch)
        disk.ledgers(queries, K, 1)
        assert readings.blocks == N


def test_originals_are_read_once_for_all_queries(tmp_path, vectors, monkeypatch):
    np.save(tmp_path / "x.npy", vectors)
    disk = fw.open_index(built("IVF12,SQ8", vectors), vectors=tmp_path / "x.npy")
    read, inner = [], type(disk.vectors_given.rows(0, 1)).load

    def load(rows):
        found = inner(rows)
        read.append(len(found))
        return found

    monkeypatch.setattr(type(disk.vectors_given.rows(0, 1)), "load", load)
    queries = make_vectors(300, D, seed=9)
    for executor in (None, ThreadPoolExecutor(2)):
        read.clear()
        disk.evaluate(queries, K, progress=False, executor=executor)
        # And the first block, for a point amidst the vectors.
        assert sum(read) == N + 1024


def test_pages_are_unmapped_and_read_again(tmp_path, vectors, monkeypatch):
    disk = opened(tmp_path, built("IVF12,Flat", vectors), "mapped")
    told, inner = [], mapped_pages.MappedPages.unmap

    def unmap(pages):
        told.append(1)
        inner(pages)

    monkeypatch.setattr(mapped_pages.MappedPages, "unmap", unmap)
    before = disk.explain(vectors[3], K)
    assert len(told) > 3
    assert explained(disk.explain(vectors[3], K)) == explained(before)
    assert disk.inverted_file.vectors_at_once == 1024
    # Nothing is kept of an index that is gone.
    address = int(disk.inverted_file.stack.ivf.invlists.this)
    assert address in mapped_pages._kept
    del disk, before
    gc.collect()
    assert address not in mapped_pages._kept


def test_an_index_in_memory_is_read_at_once(vectors):
    held = fw.open_index(built("IVF12,Flat", vectors))
    assert not held.inverted_file.is_on_disk
    assert held.inverted_file.vectors_at_once > 1 << 40


def test_limits_are_checked(tmp_path, vectors):
    index = built("IVF12,Flat", vectors)
    for wrong, message in ((5, "memory_limit must be at least 67,108,864"), ("lots", "memory_limit must be")):
        with pytest.raises(ValueError, match=message):
            fw.open_index(index, memory_limit=wrong)
    graph = faiss.IndexHNSWFlat(D, 8)
    graph.add(vectors[:100])
    with pytest.raises(ValueError, match="memory_limit is for inverted lists"):
        fw.open_index(graph, memory_limit="1GB")
    limited = fw.open_index(index, memory_limit="100MB")
    assert limited.inverted_file.memory_limit == 100_000_000
    many = make_vectors(300, 512)
    wide = faiss.index_factory(512, "IVF2,Flat")
    wide.train(many)
    wide.add(many)
    faiss.write_index(wide, str(tmp_path / "wide.faiss"))
    narrow = fw.open_index(tmp_path / "wide.faiss", mmap=True, memory_limit="64MiB")
    with pytest.raises(ValueError, match=r"memory_limit must be at least [0-9,]+ bytes for vectors of 512"):
        narrow.evaluate(many, 200_000, progress=False)


MEASURED = """
import json, sys
import numpy as np
import feder_widget as fw

def peak():
    with open("/proc/self/status") as file:
        held = dict(line.split(":", 1) for line in file)
    return int(held["VmHWM"].split()[0]) * 1024

def forget():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")

def ask(opened, queries):
    return {ask}

queries = np.random.default_rng(0).standard_normal((300, 64), np.float32)
# What is loaded with the first call of each kind.
ask(fw.open_index({small!r}, mmap=True), queries)
opened = fw.open_index({path!r}, mmap=True, memory_limit={limit})
forget()
before = peak()
ask(opened, queries)
print(json.dumps(peak() - before))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An index file of several limits, and a small one of the same kind."""
    folder, rng = tmp_path_factory.mktemp("large"), np.random.default_rng(1)
    index = faiss.index_factory(64, "IVF64,Flat")
    index.train(rng.standard_normal((4000, 64), np.float32))
    index.add(rng.standard_normal((4000, 64), np.float32))
    faiss.write_index(index, str(folder / "small.faiss"))
    for _ in range(30):
        index.add(rng.standard_normal((40_000, 64), np.float32))
    faiss.write_index(index, str(folder / "large.faiss"))
    return folder


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are told by Linux")
@pytest.mark.parametrize(
    "ask",
    [
        "opened.explain(queries[0], 10)",
        "opened.explain(3, 10)",
        "opened.evaluate(queries, 10, progress=False)",
        "opened.evaluate(200, 10, progress=False)",
        "opened.ledgers(queries[:50], 10, 4)",
        "opened.verdict(queries[0], 3)",
        "opened.bounds(queries[0])",
        "fw.ground_truth(opened, queries, 10, memory_limit={limit}, progress=False)",
    ],
)
def test_memory_stays_within_its_limit(files, ask):
    limit, path = 64 << 20, files / "large.faiss"
    assert path.stat().st_size > 4 * limit
    code = MEASURED.format(
        ask=ask.format(limit=limit), path=str(path), small=str(files / "small.faiss"), limit=limit
    )
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(ended.stdout) < limit
