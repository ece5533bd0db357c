"""Ground truth by the vectors that the lists of an index hold: the same as by the vectors themselves."""

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest
from makers import make_vectors
from shard_store import written

import feder_widget as fw
from feder_widget.truth.job import memory_plan, truth_pass
from feder_widget.truth.neighbours.list_blocks import ListBlocks

N, D, K = 4000, 12, 6
TABLE = ("ids", "distances", "tied_ids", "tied_ends", "hashes")


@pytest.fixture(scope="module")
def vectors():
    made = make_vectors(N, D)
    made[100:110] = made[7]
    return made


@pytest.fixture(scope="module")
def queries(vectors):
    return np.concatenate([make_vectors(20, D, seed=3), vectors[[7, 50]]])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks of 1,024 rows, and parts of one block."""
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 4 * D * 1024)
    monkeypatch.setattr(truth_pass, "PART_WORK", 1)


def built(description, vectors, ids=None, metric=faiss.METRIC_L2):
    index = faiss.index_factory(D, description, metric)
    index.train(vectors)
    index.add(vectors) if ids is None else index.add_with_ids(vectors, ids)
    return index


def of(source, queries, **more):
    return fw.ground_truth(source, queries, K, progress=False, **more)


def assert_equal(found, table):
    for name in TABLE:
        assert np.array_equal(getattr(found, name), getattr(table, name)), name
    assert found.compared.difference(table.compared) is None


@pytest.mark.parametrize(
    ("description", "metric", "name"),
    [
        ("IVF9,Flat", faiss.METRIC_L2, "L2"),
        ("IVF9,Flat", faiss.METRIC_INNER_PRODUCT, "inner product"),
        ("L2norm,IVF9,Flat", faiss.METRIC_INNER_PRODUCT, "cosine"),
        ("IDMap,IVF9,Flat", faiss.METRIC_L2, "L2"),
    ],
)
def test_lists_give_the_table_of_their_vectors(vectors, queries, description, metric, name):
    by_vectors = of(vectors, queries, metric=name)
    index = built(description, vectors, None if "IDMap" not in description else np.arange(N), metric)
    opened = fw.open_index(index)
    assert_equal(of(opened, queries), by_vectors)
    with ThreadPoolExecutor(2) as executor:
        assert_equal(of(opened, queries, executor=executor), by_vectors)
    assert len(opened.evaluate(queries, K, truth=by_vectors, progress=False)) == len(queries)


def test_ids_are_those_of_the_index(vectors, queries):
    ids = np.random.default_rng(0).permutation(10**12 + np.arange(N))
    table = of(fw.open_index(built("IVF9,Flat", vectors, ids)), queries)
    flat = faiss.IndexIDMap(faiss.IndexFlatL2(D))
    flat.add_with_ids(vectors, ids)
    # One query at a time: Faiss compares many by products, which round otherwise.
    for query, found, distances in zip(queries[:20], table.ids, table.distances, strict=False):
        expected = flat.search(query[None], K)
        assert found.tolist() == expected[1][0].tolist()
        assert distances.tobytes() == expected[0][0].tobytes()


@pytest.mark.parametrize("where", ["mapped", "shards"])
def test_lists_in_files_are_read_by_workers_and_once(tmp_path, vectors, queries, where, monkeypatch):
    by_vectors = of(vectors, queries)
    empty = built("IVF9,Flat", vectors)
    if where == "mapped":
        faiss.write_index(empty, str(tmp_path / "i.faiss"))
        opened = fw.open_index(tmp_path / "i.faiss", mmap=True)
    else:
        empty.reset()
        shards = []
        for rows in np.array_split(np.arange(N), 3):
            shards.append(faiss.clone_index(empty))
            shards[-1].add_with_ids(vectors[rows], rows)
        opened = fw.open_index(written(tmp_path, shards))
    read, inner = [], ListBlocks.copied

    def noted(blocks, start, stop):
        read.append((start, stop))
        return inner(blocks, start, stop)

    monkeypatch.setattr(ListBlocks, "copied", noted)
    for executor in (None, ThreadPoolExecutor(2)):
        read.clear()
        # A limit that would cut vectors in memory into as many passes.
        assert_equal(of(opened, queries, executor=executor, memory_limit="64MiB"), by_vectors)
        assert sum(stop - start for start, stop in read) == N
        assert len(set(read)) == len(read)
    if where == "mapped":
        read.clear()
        table = of(opened, queries)
        read.clear()
        opened.evaluate(queries, K, truth=table, progress=False)
        assert not read, "the file that the table is of has not changed"


def test_a_job_on_lists_goes_on_where_it_was(tmp_path, vectors, queries):
    opened = fw.open_index(built("IVF9,Flat", vectors))

    def ended(done, _):
        if done >= 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fw.ground_truth(opened, queries, K, folder=tmp_path, progress=ended)
    assert fw.ground_truth_cost(opened, queries, K, folder=tmp_path).done > 0.4
    assert_equal(of(opened, queries, folder=tmp_path), of(vectors, queries))


def test_rows_of_lists_are_their_own_nearest(vectors):
    opened = fw.open_index(built("IVF9,Flat", vectors))
    table = of(opened, np.arange(20, 40))
    assert table.k == K + 1
    assert table.ids[:, 0].tolist() == list(range(20, 40))
    explained = opened.explain(25, K, truth=table)
    assert explained.ids.tolist() == opened.explain(25, K).ids.tolist()


def test_vectors_without_an_id_count_not(vectors, queries):
    ids = np.arange(N)
    ids[::3] = -1
    opened = fw.open_index(built("IVF9,Flat", vectors, ids))
    table = of(opened, queries)
    assert table.compared.ids.count == np.count_nonzero(ids >= 0)
    assert (table.ids[:, 0] % 3 != 0).all()


def test_what_lists_cannot_tell_is_refused(vectors, queries):
    for description in ("IVF9,SQ8", "PCA6,IVF9,Flat"):
        with pytest.raises(ValueError, match="source must be an index that holds vectors whole"):
            of(fw.open_index(built(description, vectors)), queries)
    ids = np.arange(N)
    ids[5] = 4
    opened = fw.open_index(built("IVF9,Flat", vectors, ids))
    with pytest.raises(ValueError, match="source must hold each row id once, and 4 is stored several times"):
        of(opened, queries)
