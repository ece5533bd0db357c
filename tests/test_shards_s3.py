"""Shards in a store that speaks the S3 protocol, over HTTP on this machine."""

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest
import s3fs
from s3_store import s3_store
from shard_store import NLIST, SHARDS, integers, merged, rows_of, shard, trained, written

import feder_widget as fw
from feder_widget.stores import remote_file


@pytest.fixture(scope="module")
def s3():
    """``storage_options`` of a store that is empty but for the bucket ``vectors``."""
    with s3_store("vectors") as options:
        yield options


@pytest.fixture(scope="module")
def shards(s3, tmp_path_factory):
    """Shards as Faiss holds them, after they were put into the bucket."""
    empty = trained(f"IVF{NLIST},Flat")
    held = [shard(empty, rows_of(number)) for number in range(SHARDS)]
    folder = tmp_path_factory.mktemp("s3")
    for path in written(folder, held):
        s3fs.S3FileSystem(**s3).put(path, "vectors/")
    return held


def test_shards_of_a_bucket_answer_as_one_merged_index(s3, shards, tmp_path):
    whole = merged(shards)
    one = fw.open_index(whole)
    opened = fw.open_index("s3://vectors/shard*.faiss", storage_options=s3, cache=tmp_path)
    queries = integers(6, seed=5)
    for query in queries:
        trace = opened.trace(query, k=9, nprobe=3)
        distances, ids = whole.search(query[None], 9, params=faiss.SearchParametersIVF(nprobe=3))
        np.testing.assert_array_equal(trace.ids, ids[0])
        np.testing.assert_array_equal(trace.distances, distances[0])
    with ThreadPoolExecutor(2) as executor:
        found = opened.evaluate(queries, k=5, executor=executor)
    np.testing.assert_array_equal(found.recall, one.evaluate(queries, k=5).recall)


def test_what_is_wrong_with_a_bucket_is_named(s3, shards, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_file, "FIRST_PAUSE", 0)
    assert len(shards) == SHARDS
    with pytest.raises(FileNotFoundError, match=r"s3://vectors/none\.faiss does not exist"):
        fw.open_index(["s3://vectors/shard0.faiss", "s3://vectors/none.faiss"], storage_options=s3)
    opened = fw.open_index("s3://vectors/shard*.faiss", storage_options=s3, cache=tmp_path)
    s3fs.S3FileSystem(**s3).pipe("vectors/shard1.faiss", b"IwFl, but another one")
    with pytest.raises(fw.IndexChangedError, match=r"s3://vectors/shard1\.faiss was changed"):
        opened.explain(integers(1, seed=9)[0], 3)
