"""Segments of databases that Milvus Lite writes: the keys and the distances of its own searches."""

import json
import shutil
import sys

import faiss
import numpy as np
import pytest
from milvus_databases import D, N, files_of, write

import feder_widget as fw

K = 5
QUERIES = np.random.default_rng(5).standard_normal((12, D)).astype(np.float32)

INDEXES = ["IVF_FLAT", "IVF_SQ8", "HNSW", "HNSW_SQ", "AUTOINDEX", "FLAT"]


@pytest.fixture
def written(tmp_path):
    """Write databases that are closed after the test."""
    opened = []

    def make(*args, name="milvus.db", **options):
        opened.append(write(tmp_path / name, *args, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.db.close()


@pytest.fixture(scope="module")
def simple(tmp_path_factory):
    """A closed database with one segment, to be copied."""
    path = tmp_path_factory.mktemp("milvus") / "milvus.db"
    write(path).db.close()
    return path


@pytest.fixture
def copied(simple, tmp_path):
    return shutil.copytree(simple, tmp_path / "copied.db")


def trace(opened, query, k, value):
    """Search with this nprobe or efSearch, where there is one."""
    if isinstance(opened, fw.FlatIndex):
        return opened.trace(query, k)
    if isinstance(opened, fw.GraphIndex):
        return opened.trace(query, k=k, ef_search=value)
    return opened.trace(query, nprobe=value, k=k)


def milvus_distances(distances, metric):
    """Return what Milvus Lite makes of Faiss's distances."""
    if metric == "L2":
        return np.sqrt(distances.astype(np.float64)).astype(np.float32).astype(np.float64) ** 2
    return distances.astype(np.float64)


# The same answers.


@pytest.mark.parametrize("text_keys", [False, True])
@pytest.mark.parametrize("metric", ["L2", "IP", "COSINE"])
@pytest.mark.parametrize("index_type", INDEXES)
def test_searches_find_what_milvus_lite_finds(written, index_type, metric, text_keys):
    made = written(index_type, metric, text_keys)
    opened = fw.open_index(made.path, collection="t", field="v")
    (segment,) = fw.milvus_segments(made.path)
    # Neither Faiss nor this package normalises as NumPy does, nor compares all as NumPy does.
    close = {"L2": 4e-6, "IP": 4e-6, "COSINE": 4e-7} if index_type == "FLAT" else {"COSINE": 4e-7}
    for value in (2, 8):
        keys, distances = made.search(QUERIES, K, nprobe=value, ef=10 * value)
        for query, milvus_keys, milvus_found in zip(QUERIES, keys, distances, strict=True):
            found = trace(opened, query, K, value if index_type.startswith("IVF") else 10 * value)
            ids = segment.keys[found.ids] if text_keys else found.ids
            assert ids.tolist() == milvus_keys
            np.testing.assert_allclose(
                milvus_distances(found.distances, metric), milvus_found, rtol=0, atol=close.get(metric, 0)
            )


def test_what_is_opened_is_what_milvus_lite_searches(written):
    made = written("IVF_FLAT", "L2")
    opened = fw.open_index(made.path)
    assert (opened.ntotal, opened.nlist, opened.dim, opened.metric) == (N, 8, D, "L2")
    # Searched with eight of eight where nobody says how many, for its default is ten.
    assert opened.stored_nprobe == 8
    assert opened.frozen
    keys, _ = made.search(QUERIES, K)
    assert [trace(opened, query, K, 8).ids.tolist() for query in QUERIES] == keys


def test_graphs_are_searched_with_the_default_of_milvus_lite(written):
    made = written("HNSW", "L2")
    opened = fw.open_index(made.path)
    assert opened.parameter.stored == 64
    keys, _ = made.search(QUERIES, K)
    assert [trace(opened, query, K, 64).ids.tolist() for query in QUERIES] == keys


def test_rows_are_explained_by_their_keys(written):
    made = written("IVF_FLAT", "COSINE")
    opened = fw.open_index(made.path)
    key = made.keys[17]
    explained = opened.explain(key, K)
    keys, _ = made.search(made.vectors[17:18], K + 1, nprobe=8)
    assert explained.ids.tolist() == keys[0][1:]
    assert opened.evaluate(made.keys[:20], K, progress=False).recall[-1] == 1


def test_text_keys_are_labels(written):
    made = written("HNSW", "L2", text_keys=True)
    (segment,) = fw.milvus_segments(made.path)
    assert segment.keys.tolist() == made.keys
    widget = fw.GraphWidget(fw.open_index(made.path), labels=segment.keys)
    try:
        widget.search(3)
        assert len(widget.results()) == widget.k
    finally:
        widget.close()


def test_vectors_are_as_they_were_inserted(written):
    made = written("IVF_SQ8", "COSINE", text_keys=True)
    (segment,) = fw.milvus_segments(made.path)
    np.testing.assert_array_equal(segment.vectors(), made.vectors)
    opened = fw.open_index(made.path, vectors=segment.vectors())
    assert opened.basis == "vectors"
    normed = made.vectors / np.linalg.norm(made.vectors, axis=1, keepdims=True)
    best = np.argsort(-(normed @ normed[3]))[1 : K + 1]
    assert opened.explain(3, K).ids.tolist() == best.tolist()


# Several segments.


def test_segments_are_listed_and_together_answer_as_milvus_lite(written):
    made = written("IVF_FLAT", "L2", flushes=3)
    segments = fw.milvus_segments(made.path, collection="t", field="v")
    assert [len(segment) for segment in segments] == [200, 200, 200]
    assert {(one.index_type, one.metric, one.partition) for one in segments} == {
        ("IVF_FLAT", "L2", "_default")
    }
    opened = [fw.open_index(made.path, segment=one.segment) for one in segments]
    keys, _ = made.search(QUERIES, K, nprobe=3)
    for query, milvus_keys in zip(QUERIES, keys, strict=True):
        traces = [trace(index, query, K, 3) for index in opened]
        ids = np.concatenate([found.ids for found in traces])
        best = np.argsort(np.concatenate([found.distances for found in traces]), kind="stable")[:K]
        assert ids[best].tolist() == milvus_keys


def test_one_of_several_segments_is_to_be_chosen(written):
    made = written(flushes=2)
    for chosen, came in (({}, "none"), ({"segment": "data_7"}, "'data_7'")):
        with pytest.raises(ValueError, match="segment must choose one of these") as got:
            fw.open_index(made.path, **chosen)
        assert f"got {came}" in str(got.value)
        for one in fw.milvus_segments(made.path):
            assert f'collection="t", field="v", segment="{one.segment}"' in str(got.value)


def test_one_of_several_collections_is_to_be_chosen(written):
    made = written("HNSW")
    write(made.path, "IVF_FLAT", name="other", db=made.db)
    with pytest.raises(ValueError, match=r'(?s)collection="other".*collection="t"'):
        fw.open_index(made.path)
    assert isinstance(fw.open_index(made.path, collection="t"), fw.GraphIndex)
    assert isinstance(fw.open_index(made.path, collection="other"), fw.IvfIndex)
    assert [one.collection for one in fw.milvus_segments(made.path)] == ["other", "t"]


# Rows that come and go.


@pytest.mark.parametrize("is_flushed", [False, True])
@pytest.mark.parametrize("metric", ["L2", "COSINE"])
@pytest.mark.parametrize("text_keys", [False, True])
@pytest.mark.parametrize("index_type", ["IVF_FLAT", "IVF_SQ8", "FLAT"])
def test_deleted_rows_are_left_out(written, index_type, text_keys, metric, is_flushed):
    made = written(index_type, metric, text_keys)
    nearest = [found[0] for found in made.search(QUERIES, K, nprobe=8)[0]]
    made.delete([made.keys.index(key) for key in nearest])
    if is_flushed:
        made.collection.flush()
    opened = fw.open_index(made.path)
    (segment,) = fw.milvus_segments(made.path)
    assert opened.ntotal == segment.is_live.sum() == N - len(set(nearest))
    assert set(segment.keys[~segment.is_live]) == set(nearest)
    for nprobe in (2, 8):
        keys, _ = made.search(QUERIES, K, nprobe=nprobe)
        for query, milvus_keys in zip(QUERIES, keys, strict=True):
            ids = trace(opened, query, K, nprobe).ids
            assert (segment.keys[ids] if text_keys else ids).tolist() == milvus_keys


def test_rows_deleted_from_a_graph_are_refused(written):
    made = written("HNSW")
    made.delete([5, 6])
    with pytest.raises(fw.UnsupportedIndexError, match="2 of its 600 rows were deleted or replaced"):
        fw.open_index(made.path)


def test_a_row_that_was_replaced_is_in_the_later_segment(written):
    made = written("IVF_FLAT", "L2")
    made.insert(range(40), -made.vectors)
    made.collection.flush()
    made.collection.load()
    made.collection._wait_for_bg()
    first, second = fw.milvus_segments(made.path)
    assert (~first.is_live).nonzero()[0].tolist() == list(range(40))
    assert second.is_live.all()
    assert len(second) == 40
    opened = fw.open_index(made.path, segment=first.segment)
    assert opened.ntotal == N - 40
    with pytest.raises(fw.UnknownIdError):
        opened.explain(made.keys[3], K)
    other = fw.open_index(made.path, segment=second.segment)
    np.testing.assert_array_equal(other.vectors_of([made.keys[3]])[0], -made.vectors[3])


def test_rows_that_are_in_no_segment_are_told(written):
    made = written("IVF_FLAT", "L2")
    made.insert(range(30), -made.vectors)
    with pytest.warns(UserWarning, match="30 rows of collection 't' are in no segment yet") as got:
        opened = fw.open_index(made.path)
    assert got[0].filename == __file__
    # They replace rows of the segment.
    assert opened.ntotal == N - 30


def test_a_deleted_row_that_came_back_counts(written):
    made = written("IVF_FLAT", "L2")
    made.delete([3])
    made.insert([3])
    made.collection.flush()
    made.collection._wait_for_bg()
    first, second = fw.milvus_segments(made.path)
    assert not first.is_live[3]
    assert second.keys.tolist() == [made.keys[3]]
    assert second.is_live.all()


def test_a_segment_of_which_nothing_is_left_is_refused(written):
    made = written("IVF_FLAT", "L2")
    made.delete(range(N))
    with pytest.raises(ValueError, match=r"all 600 rows of segment data_\w+ were deleted"):
        fw.open_index(made.path)


def test_a_segment_without_its_index_is_refused(written):
    made = written(indexed=False)
    (segment,) = fw.milvus_segments(made.path)
    assert not segment.has_index
    with pytest.raises(FileNotFoundError, match=r"has no index yet, .*idx is missing.*load_collection"):
        fw.open_index(made.path)


# A database is only read.


@pytest.mark.parametrize("is_closed", [False, True])
def test_nothing_is_changed(written, is_closed):
    made = written("IVF_FLAT", "COSINE", flushes=2)
    made.delete([3])
    made.insert([7])
    made.collection._wait_for_bg()
    if is_closed:
        made.db.close()
    before = files_of(made.path)
    first, *others = fw.milvus_segments(made.path)
    for one in (first, *others):
        one.vectors()
    if is_closed:
        opened = fw.open_index(made.path, segment=first.segment)
    else:
        with pytest.warns(UserWarning, match="1 rows"):
            opened = fw.open_index(made.path, segment=first.segment)
    opened.evaluate(20, K, progress=False)
    assert files_of(made.path) == before


def test_neither_milvus_library_is_needed(simple, monkeypatch):
    for name in ("milvus_lite", "pymilvus"):
        monkeypatch.setitem(sys.modules, name, None)
    assert fw.open_index(simple).ntotal == N


def test_pyarrow_is_asked_for(simple, monkeypatch):
    for name in ("pyarrow", "pyarrow.parquet", "pyarrow.compute"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install feder-widget\[milvus\]"):
        fw.open_index(simple)


# What is wrong.


def test_what_is_not_there_is_named(simple):
    with pytest.raises(ValueError, match="collection must be one of 't', got 'x'"):
        fw.open_index(simple, collection="x")
    with pytest.raises(ValueError, match="field must be a field of float vectors, one of 'v', got 'id'"):
        fw.open_index(simple, collection="t", field="id")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.db does not exist"):
        fw.open_index(simple.parent / "nowhere.db", collection="t")


def test_other_sources_have_no_collections(tmp_path):
    index = faiss.IndexFlatL2(D)
    faiss.write_index(index, str(tmp_path / "i.faiss"))
    for chosen in ({"collection": "t"}, {"field": "v"}, {"segment": "data_1"}):
        with pytest.raises(ValueError, match="source must be its path, got IndexFlatL2"):
            fw.open_index(index, **chosen)
        for path in (tmp_path / "i.faiss", tmp_path):
            with pytest.raises(fw.IndexFileError, match="is no database of Milvus Lite"):
                fw.open_index(path, **chosen)
    with pytest.raises(fw.IndexFileError, match="is no database of Milvus Lite"):
        fw.milvus_segments(tmp_path)


def test_a_database_is_not_mapped(simple):
    with pytest.raises(ValueError, match="mmap has no use for a database of Milvus Lite"):
        fw.open_index(simple, mmap=True)


def test_a_database_of_milvus_lite_2_is_told(tmp_path):
    path = tmp_path / "old.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(fw.IndexFileError, match="looks like a database of Milvus Lite 2"):
        fw.open_index(path, collection="t")


def test_a_collection_without_an_index_is_refused(written):
    made = written(indexed=False)
    made.collection.drop_index("v")
    with pytest.raises(ValueError, match="holds no segment with an index there"):
        fw.open_index(made.path)


def one_file(path, pattern):
    (file,) = path.rglob(pattern)
    return file


@pytest.mark.parametrize("name", ["manifest.json", "schema.json", "*.parquet", "*.idx"])
@pytest.mark.parametrize("cut", [0, 0.3, 0.97])
def test_files_that_are_cut_off_are_named(copied, name, cut):
    file = one_file(copied, name)
    data = file.read_bytes()
    file.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(fw.IndexFileError, match=str(file)):
        fw.open_index(copied)


@pytest.mark.parametrize("name", ["manifest.json", "*.parquet", "*.idx"])
def test_files_that_are_missing_are_named(copied, name):
    file = one_file(copied, name)
    file.unlink()
    with pytest.raises(FileNotFoundError, match=str(file)):
        fw.open_index(copied)


def test_lists_that_contradict_the_index_are_refused(copied):
    made = one_file(copied, "*.idx")
    index = faiss.read_index(str(made))
    # Codes of a quarter of their size: read as whole vectors, they would lead past their end.
    lists = faiss.ArrayInvertedLists(index.nlist, D)
    for cluster in range(index.nlist):
        ids = faiss.rev_swig_ptr(index.invlists.get_ids(cluster), index.invlists.list_size(cluster)).copy()
        lists.add_entries(
            cluster, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(np.zeros((len(ids), D), np.uint8))
        )
    index.own_invlists = False
    index.invlists = lists
    faiss.write_index(index, str(made))
    with pytest.raises(fw.IndexFileError, match=str(made)):
        fw.open_index(copied)


@pytest.mark.parametrize("key", ["partitions", "index_specs", "current_seq"])
@pytest.mark.parametrize("value", [None, [], "x", {"v": 1}])
def test_manifests_that_say_nothing_usable_are_named(copied, key, value):
    edit(one_file(copied, "manifest.json"), lambda manifest: manifest.update({key: value}))
    with pytest.raises(
        (fw.IndexFileError, ValueError), match=r"no readable collection|no segment with an index"
    ):
        fw.open_index(copied)


@pytest.mark.parametrize("file", ["../../../../x.parquet", "/etc/passwd", "data/../data_1_2.parquet", 7])
def test_a_manifest_cannot_lead_elsewhere(copied, file):
    edit(
        one_file(copied, "manifest.json"),
        lambda manifest: manifest["partitions"]["_default"].update(data_files=[file]),
    )
    with pytest.raises(fw.IndexFileError, match="no readable collection"):
        fw.open_index(copied)


@pytest.mark.parametrize(
    ("file", "name"), [("manifest.json", "manifest_format_version"), ("schema.json", "schema_format_version")]
)
def test_another_layout_is_told(copied, file, name):
    edit(one_file(copied, file), lambda found: found.update({name: 3}))
    with pytest.raises(fw.IndexFileError, match=f"{name} 3, and 2 is known here"):
        fw.open_index(copied)


def test_the_index_of_other_rows_is_refused(copied, written):
    other = written("IVF_FLAT", "L2", flushes=2)
    file = one_file(copied, "*.idx")
    file.write_bytes(next(other.path.rglob("*.idx")).read_bytes())
    with pytest.raises(
        fw.IndexFileError, match=r"must hold 600 rows of 16 dimensions compared by L2, got 300"
    ):
        fw.open_index(copied)


def test_an_index_of_another_metric_is_refused(copied):
    edit(
        one_file(copied, "manifest.json"),
        lambda manifest: manifest["index_specs"]["v"].update(metric_type="IP"),
    )
    with pytest.raises(fw.IndexFileError, match="compared by IP"):
        fw.open_index(copied)


def edit(file, change):
    found = json.loads(file.read_text())
    change(found)
    file.write_text(json.dumps(found))


# The client that people use.


def test_what_pymilvus_writes_is_opened(tmp_path):
    from milvus_lite import server_manager_instance
    from pymilvus import DataType, MilvusClient

    path = tmp_path / "milvus.db"
    client = MilvusClient(str(path))
    try:
        schema = client.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("v", DataType.FLOAT_VECTOR, dim=D)
        vectors = np.random.default_rng(0).standard_normal((N, D), np.float32)
        client.create_collection("t", schema=schema)
        client.insert("t", [{"id": 10 * i + 1, "v": vector.tolist()} for i, vector in enumerate(vectors)])
        client.flush("t")
        params = client.prepare_index_params()
        params.add_index("v", index_type="IVF_FLAT", metric_type="L2", params={"nlist": 8})
        client.create_index("t", params)
        client.load_collection("t")
        hits = client.search(
            "t", QUERIES.tolist(), limit=K, anns_field="v", search_params={"params": {"nprobe": 3}}
        )
        opened = fw.open_index(path, collection="t", field="v")
        # Milvus Lite does not take the nlist that pymilvus sends, and has its own.
        assert opened.nlist == 128
        for query, found in zip(QUERIES, hits, strict=True):
            traced = trace(opened, query, K, 3)
            assert traced.ids.tolist() == [hit["id"] for hit in found]
            np.testing.assert_array_equal(
                milvus_distances(traced.distances, "L2").astype(np.float32),
                np.array([hit["distance"] for hit in found], np.float32),
            )
    finally:
        client.close()
        server_manager_instance.release_server(str(path))
