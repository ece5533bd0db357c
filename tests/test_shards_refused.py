"""Shards that do not belong together, that are missing, damaged or changed, and stores that fail."""

import errno
import gc
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
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
from feder_widget.faiss_internals.shards import fetched_lists, joined_lists, mapped_shards, shard_ids
from feder_widget.stores import remote_file

FLAT = f"IVF{NLIST},Flat"


@pytest.fixture(scope="module")
def empty():
    return trained(FLAT)


@pytest.fixture
def paths(empty, tmp_path):
    return written(tmp_path, [shard(empty, rows_of(number)) for number in range(SHARDS)])


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(remote_file, "FIRST_PAUSE", 0)
    monkeypatch.setattr(mapped_shards, "CHECK_EVERY", 0)
    yield
    CountingStore.failures, CountingStore.error = 0, OSError("503 Slow Down")


def other_ids(empty):
    return shard(empty, rows_of(1))


ALIENS = {
    "other centroids": (lambda _: shard(trained(FLAT, seed=3), rows_of(1)), "has other centroids than"),
    "another metric": (
        lambda _: shard(trained(FLAT, faiss.METRIC_INNER_PRODUCT), rows_of(1)),
        "has another metric than .*: inner product, not L2",
    ),
    "another family": (
        lambda _: shard(trained(f"IVF{NLIST},SQ8"), rows_of(1)),
        "has another class than .*: faiss.IndexIVFScalarQuantizer, not faiss.IndexIVFFlat",
    ),
    "other clusters": (
        lambda _: shard(trained("IVF7,Flat"), rows_of(1)),
        "another number of clusters .*: 7, not 12",
    ),
    "behind a transform": (
        lambda _: shard(trained(f"PCA6,{FLAT}"), rows_of(1)),
        "another number of dimensions of the lists .*: 6, not 8",
    ),
}


@pytest.mark.parametrize("alien", ALIENS)
@pytest.mark.parametrize("remote", [False, True])
def test_a_shard_of_another_index_is_named_with_the_reason(empty, paths, tmp_path, alien, remote):
    make, reason = ALIENS[alien]
    faiss.write_index(make(empty), paths[1])
    source = stored(tmp_path.name, paths) if remote else paths
    with pytest.raises(fw.ShardError, match=f"shard1.faiss.*{reason}"):
        fw.open_index(source)


def test_other_codes_are_refused(tmp_path):
    """The same centroids, and a codebook of other vectors."""
    one = trained(f"IVF{NLIST},PQ4x4")
    other = faiss.clone_index(one)
    other.pq.train(integers(seed=8))
    paths = written(tmp_path, [shard(one, rows_of(0)), shard(other, rows_of(1))])
    with pytest.raises(fw.ShardError, match=r"shard1\.faiss has other codes or transforms than"):
        fw.open_index(paths)


UNFIT = {
    "a flat index": ("Flat", "must be a Faiss IVF index, got faiss.IndexFlatL2"),
    "a graph": ("HNSW4", "must be a Faiss IVF index, got faiss.IndexHNSW"),
    "re-ranked": (f"IVF{NLIST},SQ8,RFlat", "alone or behind transforms"),
    "inside an id map": (f"IDMap,{FLAT}", "alone or behind transforms"),
    "fast-scan": (f"IVF{NLIST},PQ4x4fs", "are in blocks, which Faiss cannot join"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_what_cannot_be_a_shard_is_refused(tmp_path, kind):
    description, reason = UNFIT[kind]
    index = faiss.index_factory(8, description)
    index.train(integers())
    if kind == "inside an id map":
        index.add_with_ids(integers(), np.arange(N))
    else:
        index.add(integers())
    paths = written(tmp_path, [index, index])
    with pytest.raises(fw.UnsupportedIndexError, match=f"shard0.faiss: .*{reason}"):
        fw.open_index(paths)


def test_lists_in_a_file_of_their_own_are_refused(empty, tmp_path):
    index = shard(empty, rows_of(0))
    lists = faiss.OnDiskInvertedLists(NLIST, index.code_size, str(tmp_path / "lists.ivfdata"))
    lists.merge_from_1(index.invlists)
    index.replace_invlists(lists)
    with pytest.raises(fw.UnsupportedIndexError, match="a file of their own"):
        fw.open_index(written(tmp_path, [index]))


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("most", [shard_ids.MOST_READ, 300])
def test_overlapping_row_ids_are_refused(empty, tmp_path, monkeypatch, remote, most):
    """All ids are compared, or some of them."""
    for name in ("MOST_READ", "MOST_SAMPLED", "MOST_FETCHED"):
        monkeypatch.setattr(shard_ids, name, most)
    paths = written(tmp_path, [shard(empty, np.arange(400)), shard(empty, np.arange(400, 800), 400)])
    with pytest.raises(fw.ShardError, match=r"overlapping row ids: .*shard0\.faiss and .*shard1\.faiss both"):
        fw.open_index(stored(tmp_path.name, paths) if remote else paths)
    if not remote and most > N:
        with pytest.raises(
            fw.ShardError, match="both hold row 0; if each counts its rows from 0, a manifest"
        ):
            fw.open_index(paths)


def test_interleaved_row_ids_are_none_of_overlapping_ones(empty, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_ids, "MOST_READ", 300)
    monkeypatch.setattr(shard_ids, "MOST_SAMPLED", 300)
    paths = written(tmp_path, [shard(empty, np.arange(number, N, 2)) for number in range(2)])
    assert fw.open_index(paths).ntotal == N


MISSING = {
    "a file": (
        lambda folder: [str(folder / "shard0.faiss"), str(folder / "none.faiss")],
        "none.faiss does not exist",
    ),
    "an address": (lambda _: ["counting://nowhere/none.faiss"], "none.faiss does not exist"),
    "a pattern": (lambda folder: str(folder / "none*.faiss"), r"no file matches .*none\*\.faiss"),
    "a pattern of addresses": (lambda _: "counting://nowhere/*.faiss", "no file matches counting"),
    "a manifest": (lambda folder: folder / "none.json", "none.json does not exist"),
}


@pytest.mark.parametrize("kind", MISSING)
@pytest.mark.usefixtures("paths")
def test_missing_shards_are_named(tmp_path, kind):
    source, message = MISSING[kind]
    with pytest.raises(FileNotFoundError, match=message):
        fw.open_index(source(tmp_path))


def test_a_folder_is_no_shard(paths, tmp_path):
    with pytest.raises(IsADirectoryError, match="names files"):
        fw.open_index([*paths, str(tmp_path)])


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("kept", [0, 3, 60, 400, 900, -9])
def test_truncated_shards_are_named(paths, tmp_path, remote, kept):
    whole = Path(paths[2]).read_bytes()
    Path(paths[2]).write_bytes(whole[:kept])
    with pytest.raises(fw.IndexFileError, match=r"shard2\.faiss"):
        fw.open_index(stored(tmp_path.name, paths) if remote else paths)


def test_damaged_shards_are_refused_or_answer(paths):
    """Whatever byte before the lists is changed, nothing crashes."""
    whole, refused = Path(paths[1]).read_bytes(), 0
    rng = np.random.default_rng(0)
    for at in rng.integers(0, 620, 120).tolist():
        damaged = bytearray(whole)
        damaged[at] ^= 1 << int(rng.integers(8))
        Path(paths[1]).write_bytes(damaged)
        try:
            fw.open_index(paths).trace(integers(1)[0], k=3, nprobe=2)
        except (ValueError, TypeError, OSError, UserWarning):
            refused += 1
    assert refused


@pytest.mark.parametrize("how", ["changed", "shortened", "removed"])
def test_a_mapped_shard_that_changes_is_noticed(paths, how):
    opened = fw.open_index(paths)
    before = opened.trace(integers(1)[0], k=3, nprobe=2).ids
    path = Path(paths[1])
    if how == "changed":
        os.utime(path, ns=(0, 0))
    elif how == "shortened":
        path.rename(f"{path}.old")
        path.write_bytes(b"")
    else:
        path.unlink()
    for _ in range(2):
        with pytest.raises(fw.IndexChangedError, match=r"shard1\.faiss"):
            opened.trace(integers(1)[0], k=3, nprobe=2)
    assert len(before) == 3


def test_a_shard_elsewhere_that_changes_is_noticed(paths, tmp_path):
    addresses = stored(tmp_path.name, paths)
    opened = fw.open_index(addresses, cache=tmp_path / "cache")
    trace = opened.trace(integers(1)[0], k=3, nprobe=1)
    stored(tmp_path.name, paths[1:2])
    other = int(np.setdiff1d(np.arange(NLIST), trace.coarse.clusters[:1])[0])
    with pytest.raises(fw.IndexChangedError, match=r"counting://.*shard1\.faiss was changed"):
        opened.list_vectors(other)
    # What was fetched before stays.
    np.testing.assert_array_equal(opened.trace(integers(1)[0], k=3, nprobe=1).ids, trace.ids)


def test_a_store_that_fails_now_and_then_is_asked_again(paths, tmp_path):
    opened = fw.open_index(stored(tmp_path.name, paths), cache=tmp_path / "cache")
    CountingStore.failures = remote_file.ATTEMPTS - 1
    whole = merged([faiss.read_index(path) for path in paths])
    found = opened.trace(integers(1)[0], k=3, nprobe=2)
    expected = whole.search(integers(1)[:1], 3, params=faiss.SearchParametersIVF(nprobe=2))[1][0]
    np.testing.assert_array_equal(found.ids, expected)


def test_a_store_that_fails_on_and_on_is_an_error_and_loses_nothing(paths, tmp_path):
    opened = fw.open_index(stored(tmp_path.name, paths), cache=tmp_path / "cache")
    CountingStore.failures = 10**9
    with pytest.raises(OSError, match=r"counting://.*the store failed 4 times, at last by: 503 Slow"):
        opened.explain(integers(1)[0], 3)
    CountingStore.failures = 0
    one = fw.open_index(merged([faiss.read_index(path) for path in paths]))
    np.testing.assert_array_equal(opened.explain(integers(1)[0], 3).ids, one.explain(integers(1)[0], 3).ids)


def test_refused_access_is_not_asked_for_again(paths, tmp_path):
    addresses = stored(tmp_path.name, paths)
    CountingStore.failures, CountingStore.error = 10, PermissionError("Forbidden")
    with pytest.raises(PermissionError, match=r"shard0\.faiss: access was refused: Forbidden"):
        fw.open_index(addresses)
    assert CountingStore.failures == 9


def test_workers_name_the_shard_that_fails(paths, tmp_path):
    opened = fw.open_index(stored(tmp_path.name, paths), cache=tmp_path / "cache")
    CountingStore.failures = 10**9
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.raises(fw.WorkerError, match=r"counting://.*503 Slow Down"),
    ):
        opened.evaluate(integers(4, seed=6), k=3, executor=executor)


def test_a_full_disk_is_an_error_and_loses_nothing(paths, tmp_path, monkeypatch):
    opened = fw.open_index(stored(tmp_path.name, paths), cache=tmp_path / "cache")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    write = os.pwrite
    monkeypatch.setattr(fetched_lists.os, "pwrite", full)
    with pytest.raises(
        OSError, match=r"the disk is full: .*cache.* open the index again with cache="
    ) as caught:
        opened.explain(integers(1)[0], 3)
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.setattr(fetched_lists.os, "pwrite", write)
    one = fw.open_index(merged([faiss.read_index(path) for path in paths]))
    np.testing.assert_array_equal(opened.explain(integers(1)[0], 3).ids, one.explain(integers(1)[0], 3).ids)


LIES = {
    "of its size": ({"size": 5}, "has 5 bytes by the manifest, and [0-9,]+ in truth"),
    "of its vectors": ({"ntotal": 5}, "shard1.faiss holds 400 vectors, and 5 by the manifest"),
    "of fewer rows": ({"rows": [0, 5]}, "shard1.faiss holds 400 vectors, and by the manifest only 5 rows"),
    "of its rows": (
        {"rows": [5000, 9000]},
        r"shard1.faiss holds row \d+; by the manifest its rows are 5,000 to 8,999",
    ),
    "of no range": ({"rows": [9, 5]}, r'"rows" must be \[first, stop\]'),
    "of no number": ({"ntotal": "many"}, "\"ntotal\" must be a whole number from 0, got 'many'"),
    "of its first row": ({"first_row": -1}, '"first_row" must be a whole number from 0, got -1'),
    "in another word": ({"firstrow": 1}, "unknown field 'firstrow'; known are address, first_row"),
    "of no other's first row": ({"first_row": 7}, 'either all shards have "first_row" or none'),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_manifest_that_lies_is_refused(paths, tmp_path, lie):
    said, message = LIES[lie]
    entries = [{"address": Path(path).name} for path in paths]
    entries[1] |= said
    (tmp_path / "shards.json").write_text(json.dumps({"shards": entries}))
    with pytest.raises(fw.ShardError, match=message):
        fw.open_index(tmp_path / "shards.json")


def test_rows_beyond_a_range_are_noticed_when_their_list_is_read(empty, tmp_path, monkeypatch):
    """Of a large index, some ids are looked at when it is opened."""
    monkeypatch.setattr(shard_ids, "check", lambda *_: None)
    paths = written(tmp_path, [shard(empty, rows_of(number)) for number in range(2)])
    entries = [{"address": address, "rows": [0, 900]} for address in stored(tmp_path.name, paths)[:1]]
    (tmp_path / "shards.json").write_text(json.dumps({"shards": entries}))
    opened = fw.open_index(tmp_path / "shards.json", cache=tmp_path / "cache")
    with pytest.raises(
        fw.ShardError, match=r"holds row [0-9,]+ in cluster \d+; by the manifest its rows are 0 to 899"
    ):
        opened.explain(integers(1)[0], 3)


MANIFESTS = {
    "text": ("no json", "it is not JSON"),
    "a list": ("[]", 'must be an object with a list "shards"'),
    "no shards": ('{"shards": []}', 'must be an object with a list "shards"'),
    "a shard without an address": ('{"shards": [{"ntotal": 3}]}', "shard 0 must be an address or an object"),
    "an unknown field": ('{"shards": ["a"], "nlist": 4}', "unknown field 'nlist'; known are shards, ntotal"),
    "overlapping rows": (
        (
            '{"shards": [{"address": "shard0.faiss", "rows": [0, 600]}, '
            '{"address": "shard1.faiss", "rows": [500, 900]}]}'
        ),
        "shard0.faiss and of .*shard1.faiss overlap: both hold row 500",
    ),
    "another total": (
        '{"shards": ["shard0.faiss", "shard1.faiss"], "ntotal": 9}',
        "hold 800 vectors, and 9 by",
    ),
    "another quantizer": (
        '{"shards": ["shard0.faiss"], "quantizer": "other.faiss"}',
        "shard0.faiss has other centroids than .*other.faiss, the quantizer of the manifest",
    ),
}


@pytest.mark.parametrize("kind", MANIFESTS)
@pytest.mark.usefixtures("paths")
def test_what_is_no_manifest_is_refused(tmp_path, kind):
    text, message = MANIFESTS[kind]
    other = trained(FLAT, seed=3)
    faiss.write_index(other.quantizer, str(tmp_path / "other.faiss"))
    (tmp_path / "shards.json").write_text(text)
    with pytest.raises(fw.ShardError, match=message):
        fw.open_index(tmp_path / "shards.json")


def test_the_quantizer_of_a_manifest_may_be_alone_or_an_index(empty, paths, tmp_path):
    quantizer = trained(FLAT)
    faiss.write_index(quantizer.quantizer, str(tmp_path / "quantizer.faiss"))
    faiss.write_index(empty, str(tmp_path / "empty.faiss"))
    for name in ("quantizer.faiss", "empty.faiss"):
        said = {"shards": [Path(path).name for path in paths], "quantizer": name}
        (tmp_path / "shards.json").write_text(json.dumps(said))
        assert fw.open_index(tmp_path / "shards.json").ntotal == N


ARGUMENTS = {
    "no shards": (lambda _: [], {}, ValueError, "the list of shards is empty"),
    "one twice": (lambda paths: [paths[0], paths[0]], {}, ValueError, "shard0.faiss twice"),
    "an index among them": (lambda paths: [paths[0], 3], {}, TypeError, "number 1 is a int"),
    "mmap": (lambda paths: paths, {"mmap": False}, ValueError, "mmap says how a single file is opened"),
    "options for a file": (
        lambda paths: paths[0],
        {"storage_options": {}},
        ValueError,
        "storage_options is for",
    ),
    "options that are none": (
        lambda paths: paths,
        {"storage_options": 3},
        TypeError,
        "storage_options must be a dict of what fsspec takes, got int",
    ),
    "a cache that is none": (
        lambda paths: paths,
        {"cache": 3},
        TypeError,
        "cache must be the path of a folder, got int",
    ),
    "a cache for a file": (
        lambda paths: paths[0],
        {"cache": "x"},
        ValueError,
        "cache is for shards by address",
    ),
    "no protocol": (lambda _: "nothing://x/y.faiss", {}, ValueError, "no address that fsspec opens"),
}


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_arguments_are_refused_by_name(paths, kind):
    source, options, error, message = ARGUMENTS[kind]
    with pytest.raises(error, match=message):
        fw.open_index(source(paths), **options)


def test_a_refused_index_leaves_nothing(paths, tmp_path):
    before = dict(joined_lists._joined)
    faiss.write_index(shard(trained(FLAT), rows_of(0)), paths[1])
    for source in (paths, stored(tmp_path.name, paths)):
        with pytest.raises(fw.ShardError, match=re.escape("overlapping")):
            fw.open_index(source, cache=tmp_path / "cache")
    gc.collect()
    assert joined_lists._joined.keys() <= before.keys()
    assert list((tmp_path / "cache").iterdir()) == []


def test_fsspec_that_is_missing_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"pip install feder-widget\[shards\]"):
        fw.open_index("counting://x/y.faiss")
