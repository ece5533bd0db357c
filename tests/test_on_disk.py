"""Indexes that are larger than memory: mapped files, and lists in a file of their own."""

import subprocess
import sys
from pathlib import Path

import faiss
import families
import numpy as np
import pytest
from makers import make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.errors import IndexFileError
from feder_widget.faiss_internals import index_file as reading_module

GUARDED = """
import ctypes, sys
import faiss, numpy as np
from feder_widget.engines import open_index

PAGE = 4096
opened = open_index(sys.argv[1], mmap=True)
query = np.full(opened.dim, 0.5, np.float32)
probed = opened.rank(query, 3).clusters[:3].tolist()
lists = faiss.downcast_InvertedLists(opened.inverted_file.stack.ivf.invlists)
base = int(lists.ptr)
libc = ctypes.CDLL(None, use_errno=True)
needed = set()
for cluster in probed:
    one = lists.lists.at(cluster)
    last = one.offset + one.capacity * (lists.code_size + 8)
    needed |= set(range(one.offset // PAGE, last // PAGE + 1))
pages = -(-lists.totsize // PAGE)
guarded = [page for page in range(pages) if page not in needed]
assert len(guarded) > pages / 2
for page in guarded:
    assert libc.mprotect(ctypes.c_void_p(base + page * PAGE), PAGE, 0) == 0
# From here on, a look at any other list ends the process.
trace = opened.trace(query, 3, 5)
assert [step.cluster for step in trace.fine] == probed
assert sum(len(step.ids) for step in trace.fine) == opened.list_sizes[probed].sum()
list(opened.steps(query, 3, 5))
opened.rank(query)
opened.scan(query, probed[:1])
opened.centroids(), opened.list_vectors(probed[0]), opened.list_ids(probed[1])
opened.vectors_of(opened.list_ids(probed[2])[:2], [probed[2]] * 2)
print("traced", flush=True)
if sys.argv[2] == "other":
    opened.scan(query, [next(c for c in range(opened.nlist) if c not in probed)])
    print("scanned", flush=True)
"""


@pytest.fixture
def large_file(tmp_path):
    """A file whose inverted lists span many pages each."""
    index, _ = make_ivf(n=4000, d=64, nlist=12)
    path = tmp_path / "large.index"
    faiss.write_index(index, str(path))
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="guards pages by mprotect")
@pytest.mark.parametrize("also", ["nothing", "other"])
def test_a_trace_reads_the_probed_lists_and_no_others(large_file, also):
    ran = subprocess.run(
        [sys.executable, "-c", GUARDED, str(large_file), also], capture_output=True, text=True, check=False
    )
    assert ran.stdout.splitlines()[-1:] == ["traced"], ran.stderr[-2000:]
    # That a look at another list does end the process shows that the guard is one.
    assert (ran.returncode == 0) is (also == "nothing")


def test_a_mapped_file_is_known_to_be_on_disk(large_file):
    query = np.full(64, 0.5, np.float32)
    mapped, read = (open_index(large_file, mmap=mmap) for mmap in (True, False))
    assert (mapped.on_disk, read.on_disk, open_index(large_file).on_disk) == (True, False, False)
    assert mapped.trace(query, 4, 9).ids.tolist() == read.trace(query, 4, 9).ids.tolist()


def test_a_file_is_mapped_by_itself_where_it_is_large(large_file, monkeypatch):
    monkeypatch.setattr(reading_module, "MAPPED_FROM", large_file.stat().st_size)
    assert open_index(large_file).on_disk
    assert not open_index(large_file, mmap=False).on_disk
    # Lists that Faiss cannot map are read.
    panorama = large_file.with_name("panorama.index")
    faiss.write_index(families.made("IVF12,FlatPanorama4").index, str(panorama))
    monkeypatch.setattr(reading_module, "MAPPED_FROM", 0)
    assert not open_index(panorama).on_disk
    with pytest.raises(IndexFileError, match="could not load"):
        open_index(panorama, mmap=True)


def test_whether_to_map_is_a_question_of_files():
    with pytest.raises(ValueError, match="mmap says how a file is opened, but source is IndexIVFFlat"):
        open_index(make_ivf()[0], mmap=True)


@pytest.fixture
def separate(tmp_path):
    """An index file and the file of its lists, in one folder, and a query."""
    case = families.made("IVF12,Flat")
    folder = tmp_path / "here"
    folder.mkdir()
    lists = faiss.OnDiskInvertedLists(12, case.ivfs[0].code_size, str(folder / "lists"))
    lists.merge_from_1(case.ivfs[0].invlists)
    expected = case.search(case.queries[0], 4, 9)
    case.ivfs[0].replace_invlists(lists, False)
    faiss.write_index(case.index, str(folder / "index"))
    case.ivfs[0].replace_invlists(faiss.ArrayInvertedLists(12, case.ivfs[0].code_size), False)
    return folder, case.queries[0], expected


@pytest.mark.parametrize(
    ("field", "value"),
    [(0, 1 << 40), (1, 1 << 40), (1, (1 << 64) - 1), (2, 1 << 40), (2, (1 << 64) - 1)],
    ids=["size", "capacity", "capacity that wraps", "offset", "offset that wraps"],
)
def test_a_list_that_is_not_within_the_file_of_lists_is_refused_by_its_number(separate, field, value):
    folder, _, _ = separate
    damaged = bytearray((folder / "index").read_bytes())
    # "ilod", the number of lists, the bytes of a code, and the number of structs: size, capacity, offset.
    at = damaged.index(b"ilod") + 28 + 24 * 5 + 8 * field
    damaged[at : at + 8] = value.to_bytes(8, "little")
    (folder / "index").write_bytes(damaged)
    with pytest.raises(IndexFileError, match="list 5 of"):
        open_index(folder / "index")


def test_lists_in_a_file_of_their_own_are_found_beside_the_index(separate, tmp_path):
    folder, query, (ids, distances) = separate
    elsewhere = tmp_path / "there"
    folder.rename(elsewhere)
    opened = open_index(elsewhere / "index")
    assert opened.on_disk
    trace = opened.trace(query, 4, 9)
    np.testing.assert_array_equal(trace.ids, ids)
    np.testing.assert_array_equal(trace.distances, distances)


def test_an_index_file_cannot_name_a_file_in_another_folder(separate, tmp_path):
    folder, _, _ = separate
    (folder / "lists").rename(tmp_path / "lists")
    with pytest.raises(IndexFileError, match=r"here/index .* is no readable faiss index"):
        open_index(folder / "index")


def test_a_file_of_lists_that_is_too_short_is_refused_before_it_is_read(separate):
    folder, _, _ = separate
    whole = (folder / "lists").read_bytes()
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        (folder / "lists").write_bytes(whole[:size])
        with pytest.raises(IndexFileError, match=r"lists|index"):
            open_index(folder / "index")


def test_reading_changes_no_file_of_lists(separate):
    folder, query, _ = separate
    before = (folder / "lists").read_bytes()
    open_index(folder / "index").trace(query, 12, 9)
    assert (folder / "lists").read_bytes() == before


def test_an_older_faiss_is_warned_of(large_file, monkeypatch):
    monkeypatch.setattr(faiss, "__version__", "1.14.3")
    with pytest.warns(
        RuntimeWarning, match=r"faiss 1\.14\.3 does not check .* upgrade to faiss-cpu 1\.15\.1"
    ):
        opened = open_index(large_file)
    assert opened.ntotal == 4000
    monkeypatch.setattr(faiss, "__version__", "1.16.0")
    open_index(large_file)


def test_a_file_smaller_than_the_table_that_its_search_needs_is_read(tmp_path):
    case = families.made("IVF12,PQ4x6")
    path = tmp_path / "small.index"
    faiss.write_index(case.index, str(path))
    assert path.stat().st_size < 4 * 12 * 4 * 64 * 4
    opened = open_index(path)
    assert opened.faiss_index.use_precomputed_table == faiss.read_index(str(path)).use_precomputed_table
    for query in case.queries:
        ids, distances = case.search(query, 4, 9)
        trace = opened.trace(query, 4, 9)
        np.testing.assert_array_equal(trace.ids, ids)
        np.testing.assert_array_equal(trace.distances, distances)


def stored(vectors, path):
    mapped = np.lib.format.open_memmap(path, "w+", vectors.dtype, vectors.shape)
    mapped[:] = vectors
    return mapped


@pytest.mark.parametrize(
    "convert", [lambda x, _: x, lambda x, _: x.tolist(), stored, lambda x, _: x.astype("<f8")]
)
def test_original_vectors_are_taken_as_they_are(tmp_path, convert):
    index, vectors = make_ivf()
    given = convert(vectors, Path(tmp_path / "vectors.npy"))
    opened = open_index(index, vectors=given)
    np.testing.assert_array_equal(opened.vectors_given, vectors)
    if isinstance(given, np.ndarray):
        assert np.shares_memory(opened.vectors_given, given)
    assert open_index(index).vectors_given is None


def test_original_vectors_of_a_transformed_or_binary_index_are_those_of_its_queries():
    case = families.made("PCA8,IVF12,Flat")
    assert open_index(case.index, vectors=case.vectors).vectors_given.shape == (900, 16)
    case = families.binary("flat", 64)
    assert open_index(case.index, vectors=case.vectors).vectors_given.shape == (900, 8)


@pytest.mark.parametrize(
    ("vectors", "error", "message"),
    [
        (np.zeros((1999, 16)), ValueError, "holds row ids 0 to 1999, got 1999 rows"),
        (np.zeros((2000, 15)), ValueError, r"shape \(n, 16\) for this index, got \(2000, 15\)"),
        (np.zeros(16), ValueError, r"got \(16,\)"),
        (np.zeros((2000, 16), complex), TypeError, "real numbers, got an array of complex128"),
        (np.zeros((2000, 16), bool), TypeError, "array of bool"),
        (np.full((2000, 16), "a"), TypeError, "real numbers"),
        ([[1], [1, 2]], ValueError, r"array of numbers \(n, dim\)"),
        ("vectors.npy", FileNotFoundError, r"vectors\.npy is missing"),
    ],
)
def test_original_vectors_that_do_not_fit_are_refused(vectors, error, message):
    with pytest.raises(error, match=message):
        open_index(make_ivf()[0], vectors=vectors)


def test_original_vectors_need_row_ids_that_are_rows():
    index, vectors = make_ivf(ids=np.arange(2000) - 1)
    with pytest.raises(ValueError, match="holds row ids -1 to 1998"):
        open_index(index, vectors=vectors)
    assert open_index(make_ivf()[0], vectors=make_vectors(3000)).vectors_given.shape == (3000, 16)
