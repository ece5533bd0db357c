"""Shards by address are the one index that Faiss would merge of them: every answer equal, bit for bit."""

import gc
import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import faiss
import numpy as np
import pytest
from conversation import Page, Received, converse, search_request
from shard_store import (
    NLIST,
    SHARDS,
    CountingStore,
    N,
    integers,
    merged,
    rows_of,
    shard,
    stored,
    trained,
    written,
)

import feder_widget as fw
from feder_widget.faiss_internals import inverted_file
from feder_widget.faiss_internals.shards import fetched_lists, joined_lists, shard_ids
from feder_widget.faiss_internals.shards.fetched_lists import FetchedLists
from feder_widget.faiss_internals.shards.mapped_shards import MappedShards

L2, IP = faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT

FAMILIES = {
    "vectors": (f"IVF{NLIST},Flat", L2),
    "vectors by inner product": (f"IVF{NLIST},Flat", IP),
    "scalar codes": (f"IVF{NLIST},SQ8", L2),
    "product codes": (f"IVF{NLIST},PQ4x4", L2),
    "product codes by inner product": (f"IVF{NLIST},PQ4x4", IP),
    "behind a transform": (f"PCA6,IVF{NLIST},SQ8", L2),
    "a graph ranks the clusters": (f"IVF{NLIST}_HNSW4,Flat", L2),
    "additive codes": (f"IVF{NLIST},RQ2x4", L2),
}

PLACES = [
    "paths",
    "pattern",
    "manifest",
    "first rows",
    "addresses",
    "pattern of addresses",
    "remote manifest",
]


class Case:
    """Shards of one family in files and in the store, and the index that Faiss merges of them."""

    def __init__(self, description, metric, folder):
        empty = trained(description, metric)
        self.rows = [rows_of(number) for number in range(SHARDS)]
        self.paths = written(folder, [shard(empty, rows) for rows in self.rows])
        self.addresses = stored(folder.name, self.paths)
        self.folder = folder
        self.empty = empty

    def source(self, place):
        """Return what to open, and the shards as Faiss would hold them."""
        read = [faiss.read_index(path) for path in self.paths]
        if place == "paths":
            return self.paths, read
        if place == "pattern":
            return str(self.folder / "shard*.faiss"), read
        if place == "addresses":
            return self.addresses, read
        if place == "pattern of addresses":
            return f"counting://{self.folder.name}/shard*.faiss", read
        if place == "first rows":
            return self._numbered_from_zero()
        shards = [
            {"address": Path(path).name, "ntotal": len(rows)}
            for path, rows in zip(self.paths, self.rows, strict=True)
        ]
        said = {"shards": shards, "ntotal": N, "quantizer": "shard1.faiss"}
        if place == "manifest":
            path = self.folder / "shards.json"
            path.write_text(json.dumps(said))
            return path, read
        path = self.folder / "remote.json"
        path.write_text(json.dumps(said))
        return stored(self.folder.name, [str(path)])[0], read

    def _numbered_from_zero(self):
        """Write the same number of vectors under ids from 0 in each shard."""
        firsts, entries, whole = np.arange(SHARDS) * (N // SHARDS), [], []
        for first in firsts.tolist():
            rows = np.arange(first, first + N // SHARDS)
            path = self.folder / f"from-zero-{first}.faiss"
            faiss.write_index(shard(self.empty, rows, first), str(path))
            entries.append({"address": path.name, "first_row": first, "rows": [first, first + len(rows)]})
            whole.append(shard(self.empty, rows))
        path = self.folder / "numbered.json"
        path.write_text(json.dumps({"shards": entries}))
        return str(path), whole


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    built = {}

    def get(family):
        if family not in built:
            folder = tmp_path_factory.mktemp("shards")
            built[family] = Case(*FAMILIES[family], folder)
        return built[family]

    return get


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def parameters(index, nprobe):
    inner = faiss.SearchParametersIVF(nprobe=nprobe)
    if isinstance(index, faiss.IndexPreTransform):
        return faiss.SearchParametersPreTransform(index_params=inner)
    return inner


def lists_of(opened):
    return joined_lists.joined_in(opened.inverted_file.stack.ivf.invlists)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_those_of_one_merged_index(cases, cache, family, place):
    source, shards = cases(family).source(place)
    whole = merged(shards)
    one = fw.open_index(whole)
    opened = fw.open_index(source, cache=cache)
    assert opened.ntotal == N
    assert (opened.list_sizes == one.list_sizes).all()
    assert opened.family == one.family
    for query in integers(3, seed=5):
        for nprobe, k in ((1, 1), (3, 10), (NLIST, 40)):
            trace = opened.trace(query, k=k, nprobe=nprobe)
            distances, ids = whole.search(query[None], k, params=parameters(whole, nprobe))
            np.testing.assert_array_equal(trace.ids, ids[0])
            np.testing.assert_array_equal(trace.distances, distances[0])
            expected = one.trace(query, k=k, nprobe=nprobe)
            np.testing.assert_array_equal(trace.fine.scan.ids, expected.fine.scan.ids)
            np.testing.assert_array_equal(trace.fine.scan.distances, expected.fine.scan.distances)
    found, expected = opened.explain(query, 10), one.explain(query, 10)
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.distances, expected.distances)
    np.testing.assert_array_equal(found.ranks, expected.ranks)
    np.testing.assert_array_equal(
        opened.evaluate(integers(20, seed=6), k=5).recall, one.evaluate(integers(20, seed=6), k=5).recall
    )
    rows = np.array([0, 7, N - 1])
    np.testing.assert_array_equal(opened.places(rows), one.places(rows))
    np.testing.assert_array_equal(opened.ids_by_list(2, 5), one.ids_by_list(2, 5))
    if family == "vectors":
        opened.explain(query, 10)
        distances, ids = opened.faiss_index.search(query[None], 10, params=parameters(whole, NLIST))
        np.testing.assert_array_equal(ids, whole.search(query[None], 10, params=parameters(whole, NLIST))[1])


def test_faiss_itself_never_searches_lists_that_are_not_here(cases, cache):
    source, shards = cases("vectors").source("addresses")
    opened, whole, query = fw.open_index(source, cache=cache), merged(shards), integers(1, seed=5)
    opened.trace(query[0], k=3, nprobe=2)
    with pytest.raises(AttributeError, match=r"faiss_index: [0-9,]+ bytes of the lists .* fetch_lists\(\)"):
        _ = opened.faiss_index
    assert not hasattr(opened, "faiss_index")
    # Ids alone are not enough.
    opened.places(np.array([N + 5]))
    assert not hasattr(opened, "faiss_index")
    opened.fetch_lists()
    found = opened.faiss_index.search(query, 10, params=parameters(whole, NLIST))
    expected = whole.search(query, 10, params=parameters(whole, NLIST))
    np.testing.assert_array_equal(found, expected)
    here = fw.open_index(cases("vectors").paths)
    here.fetch_lists()
    assert here.faiss_index.ntotal == N


@pytest.mark.parametrize("place", ["paths", "addresses"])
def test_a_long_list_is_compared_in_slices(cases, cache, monkeypatch, place):
    """A slice that spans shards is put together of parts of each."""
    source, shards = cases("product codes").source(place)
    monkeypatch.setattr(inverted_file, "vectors_per_piece", lambda *_: 24)
    opened, one = fw.open_index(source, cache=cache), fw.open_index(merged(shards))
    assert opened.list_sizes.max() > 24
    query = integers(1, seed=5)[0]
    clusters = np.arange(NLIST)
    pieces = list(opened.inverted_file.scan_steps(query, clusters))
    assert len(pieces) > NLIST
    expected = one.inverted_file.scan(query, clusters)
    np.testing.assert_array_equal(np.concatenate([piece.ids for piece in pieces]), expected.ids)
    np.testing.assert_array_equal(np.concatenate([piece.distances for piece in pieces]), expected.distances)


@pytest.mark.parametrize("place", ["paths", "addresses"])
def test_original_vectors_go_with_shards_of_codes(cases, cache, place):
    source, shards = cases("scalar codes").source(place)
    one = fw.open_index(merged(shards), vectors=integers())
    opened = fw.open_index(source, cache=cache, vectors=integers())
    query = integers(1, seed=5)[0]
    np.testing.assert_array_equal(opened.explain(query, 9).ids, one.explain(query, 9).ids)
    assert str(opened.ledger(query, 9, 3)) == str(one.ledger(query, 9, 3))


def test_shards_of_bits(tmp_path, cache):
    """A pattern of binary IVF files is one binary index."""
    bits = np.random.default_rng(0).integers(0, 256, (600, 4), dtype=np.uint8)
    empty = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(32), 32, 6)
    empty.train(bits)
    whole, paths = faiss.clone_binary_index(empty), []
    for number in range(2):
        part, rows = faiss.clone_binary_index(empty), np.arange(number * 300, number * 300 + 300)
        part.add_with_ids(bits[rows], rows)
        whole.add_with_ids(bits[rows], rows)
        paths.append(str(tmp_path / f"bits{number}.faiss"))
        faiss.write_index_binary(part, paths[-1])
    one = fw.open_index(whole)
    for source in (paths, stored(tmp_path.name, paths)):
        opened = fw.open_index(source, cache=cache)
        found, expected = opened.trace(bits[3], k=9, nprobe=3), one.trace(bits[3], k=9, nprobe=3)
        np.testing.assert_array_equal(found.ids, expected.ids)
        np.testing.assert_array_equal(found.distances, expected.distances)


def test_lists_of_files_are_mapped_and_those_elsewhere_fetched(cases, cache):
    case = cases("vectors")
    assert isinstance(lists_of(fw.open_index(case.source("paths")[0])), MappedShards)
    opened = fw.open_index(case.addresses, cache=cache)
    assert isinstance(lists_of(opened), FetchedLists)
    assert opened.on_disk
    assert opened.frozen
    # The file has no name, so that nothing is left even when the process is killed.
    assert list(cache.iterdir()) == []


def test_only_the_lists_that_are_probed_are_fetched(cases, cache, monkeypatch):
    monkeypatch.setattr(shard_ids, "MOST_FETCHED", 8)
    monkeypatch.setattr(fetched_lists, "GAP", 0)
    case = cases("vectors")
    opened = fw.open_index(case.addresses, cache=cache)
    lists = lists_of(opened)
    entry = 8 * 4 + 8
    CountingStore.ranges.clear()
    before = lists.fetched_bytes
    trace = opened.trace(integers(1, seed=5)[0], k=5, nprobe=2)
    probed = opened.list_sizes[trace.coarse.clusters[:2]].sum()
    assert 0 < lists.fetched_bytes - before == probed * entry
    assert sum(stop - start for _, start, stop in CountingStore.ranges) == probed * entry
    CountingStore.ranges.clear()
    opened.trace(integers(1, seed=5)[0], k=9, nprobe=2)
    assert CountingStore.ranges == []
    cluster = int(np.setdiff1d(np.arange(NLIST), trace.coarse.clusters[:2])[0])
    opened.list_vectors(cluster)
    assert sum(stop - start for _, start, stop in CountingStore.ranges) == opened.list_sizes[cluster] * entry
    before = lists.fetched_bytes
    opened.locate(N - 1)
    # Ids alone, of all lists at most.
    assert lists.fetched_bytes - before <= N * 8
    opened.explain(integers(1, seed=5)[0], 5)
    CountingStore.ranges.clear()
    opened.explain(integers(1, seed=9)[0], 5)
    opened.evaluate(integers(10, seed=6), k=5)
    assert CountingStore.ranges == []


def test_lists_asked_for_in_order_are_fetched_ahead(cases, cache, monkeypatch):
    monkeypatch.setattr(shard_ids, "MOST_FETCHED", 8)
    opened = fw.open_index(cases("vectors").addresses, cache=cache)
    CountingStore.ranges.clear()
    for cluster in range(NLIST):
        opened.list_vectors(cluster)
    # One by one, each shard would be asked for each list.
    assert SHARDS * 4 <= len(CountingStore.ranges) < SHARDS * (NLIST - 2)


def test_neighbouring_lists_are_fetched_by_one_request(cases, cache, monkeypatch):
    monkeypatch.setattr(shard_ids, "MOST_FETCHED", 8)
    opened = fw.open_index(cases("vectors").addresses, cache=cache)
    CountingStore.ranges.clear()
    opened.explain(integers(1, seed=5)[0], 5)
    assert len(CountingStore.ranges) <= 2 * SHARDS


def test_nothing_is_left_of_an_index_that_is_gone(cases, cache):
    # Indexes of other tests may be gone but for a cycle, and their addresses be taken again.
    gc.collect()
    before = set(joined_lists._joined)
    for source in (cases("vectors").paths, cases("vectors").addresses):
        opened = fw.open_index(source, cache=cache)
        opened.trace(integers(1)[0], k=3, nprobe=2)
        assert len(joined_lists._joined.keys() - before) == 1
        del opened
        gc.collect()
        assert joined_lists._joined.keys() <= before


def test_an_index_outlives_what_opened_it(cases):
    """The Faiss index keeps the lists that it searches."""
    whole = merged(cases("scalar codes").source("paths")[1])
    index = fw.open_index(cases("scalar codes").paths).faiss_index
    gc.collect()
    queries = integers(4, seed=5)
    np.testing.assert_array_equal(
        index.search(queries, 5, params=parameters(index, 4))[1],
        whole.search(queries, 5, params=parameters(whole, 4))[1],
    )


@pytest.mark.parametrize("place", ["paths", "first rows", "addresses"])
def test_workers_open_the_shards_themselves(cases, cache, place):
    source, shards = cases("vectors").source(place)
    one, opened = fw.open_index(merged(shards)), fw.open_index(source, cache=cache)
    queries, query = integers(12, seed=6), integers(1, seed=5)[0]
    with ThreadPoolExecutor(2) as executor:
        assert opened.inverted_file.file_of_lists is not None
        found = opened.evaluate(queries, k=5, executor=executor)
        explained = opened.explain(query, 9, executor=executor)
    expected = one.evaluate(queries, k=5)
    np.testing.assert_array_equal(found.recall, expected.recall)
    np.testing.assert_array_equal(found.nprobe_needed, expected.nprobe_needed)
    np.testing.assert_array_equal(explained.ids, one.explain(query, 9).ids)
    np.testing.assert_array_equal(explained.distances, one.explain(query, 9).distances)


def test_threads_fetch_nothing_that_the_caller_has(cases, cache):
    source, _ = cases("vectors").source("addresses")
    opened, queries = fw.open_index(source, cache=cache), integers(12, seed=6)
    CountingStore.ranges.clear()
    with ThreadPoolExecutor(2) as executor:
        opened.evaluate(queries, k=5, executor=executor)
        fetched = sum(stop - start for _, start, stop in CountingStore.ranges)
        assert fetched <= 1.2 * opened.ntotal * (4 * opened.dim + 8)
        CountingStore.ranges.clear()
        opened.evaluate(queries, k=5, executor=executor)
        opened.explain(queries[0], 5)
    assert not CountingStore.ranges
    assert opened.faiss_index.ntotal == N


def test_processes_open_the_shards_themselves(cases):
    source, shards = cases("vectors").source("paths")
    queries = integers(12, seed=6)
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        found = fw.open_index(source).evaluate(queries, k=5, executor=executor)
    np.testing.assert_array_equal(found.recall, fw.open_index(merged(shards)).evaluate(queries, k=5).recall)


@pytest.mark.parametrize("place", ["paths", "addresses"])
def test_a_page_is_answered_from_shards(cases, cache, place):
    source, shards = cases("vectors").source(place)
    page, whole = Page(), merged(shards)
    opened = fw.open_index(source, cache=cache)
    with closing(converse(opened, page)) as session:
        query = integers(1, seed=5)
        session.handle(search_request(query={"vector": True}, nprobe=3), [memoryview(query.tobytes())])
        page.wait(kind="done", request="a")
    received = Received(page.of("a"))
    for nprobe in (1, 3):
        distances, ids = whole.search(query, 5, params=parameters(whole, nprobe))
        found = received.results(nprobe, 5, similarity=False)
        np.testing.assert_array_equal(found[0], ids[0])
        np.testing.assert_array_equal(found[1], distances[0])
