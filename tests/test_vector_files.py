"""Vectors in files: read as one array, rows in order; what cannot be read is named."""

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import pytest
import zarr
from executors import Inline
from makers import make_vectors
from pyarrow import parquet

import feder_widget as fw
from feder_widget.vector_files import parquet_block
from feder_widget.vector_files.zarr_block import METADATA

N, D = 900, 12


@pytest.fixture(scope="module")
def vectors():
    return make_vectors(N, D)


def fixed(rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def write_parquet(path, rows, *, name="vector", column=fixed, **more):
    parquet.write_table(pa.table({"id": range(len(rows)), name: column(rows)}), path, **more)


def as_npy(folder, vectors):
    for i, rows in enumerate(np.array_split(vectors, 11)):
        np.save(folder / f"block{i}.npy", rows)
    return folder


def as_one_npy(folder, vectors):
    np.save(folder / "x.npy", vectors)
    return str(folder / "x.npy")


def as_a_list(folder, vectors):
    np.save(folder / "b.npy", vectors[:300])
    np.save(folder / "a.npy", vectors[300:])
    return [folder / "b.npy", str(folder / "a.npy")]


def as_parquet(folder, vectors):
    for i, rows in enumerate(np.array_split(vectors, 4)):
        write_parquet(folder / f"part-{i}.parquet", rows, row_group_size=70)
    return folder


def as_lists(folder, vectors):
    write_parquet(
        folder / "x.parquet", vectors, column=lambda rows: pa.array(rows.tolist(), pa.list_(pa.float32()))
    )
    return folder


def as_zarr(folder, vectors):
    made = zarr.open(str(folder / "x.zarr"), mode="w", shape=vectors.shape, chunks=(128, D), dtype="f4")
    made[:] = vectors
    return folder / "x.zarr"


FORMATS = (as_npy, as_one_npy, as_a_list, as_parquet, as_lists, as_zarr)


@pytest.fixture(params=FORMATS, ids=lambda form: form.__name__)
def files(request, tmp_path, vectors):
    return fw.open_vectors(request.param(tmp_path, vectors))


def test_files_read_as_an_array_does(files, vectors, monkeypatch):
    monkeypatch.setattr(parquet_block, "BATCH_BYTES", 4 * D * 33)
    assert files.shape == (N, D)
    assert files.ndim == 2
    assert files.dtype == np.float32
    assert len(files) == N
    assert files.nbytes == vectors.nbytes
    keys = [
        slice(None), slice(0, 5), slice(77, 460), slice(460, 461), slice(-5, None), slice(899, 2000),
        slice(9, 9),
        slice(3, 800, 7), slice(None, None, -1), np.array([5, 899, 0, 5, 420]), [1, 2], np.array([-1, -900]),
        np.arange(N) % 3 == 0, np.array([], np.int64), [], 7, -1, np.int32(450),
    ]  # fmt: skip
    for key in keys:
        assert np.array_equal(files[key], vectors[key]), key
        assert files[key].dtype == np.float32
    assert np.array_equal(np.asarray(files), vectors)
    assert np.array_equal(np.stack(list(files)[:3]), vectors[:3])
    assert repr(files).startswith("<VectorFiles: 900 x 12 float32 in ")


def test_rows_are_read_in_another_process_as_here(files, vectors):
    source = pickle.loads(pickle.dumps(files.rows(85, 700)))
    assert np.array_equal(source.read(), vectors[85:700])
    assert np.array_equal(source.load(), vectors[85:700])
    assert source.carried_bytes == 0
    assert files.paths[0] in files.rows(0, 700).name


@pytest.mark.parametrize(
    "key", ["a", 1.5, np.ones((2, 2), int), np.array([0.5]), np.ones(N - 1, bool), (1, 2, [3])]
)
def test_other_keys_are_refused(tmp_path, vectors, key):
    files = fw.open_vectors(as_npy(tmp_path, vectors))
    with pytest.raises((TypeError, ValueError)):
        files[key]


@pytest.mark.parametrize("key", [N, -N - 1, np.array([3, N])])
def test_rows_that_are_not_there(tmp_path, vectors, key):
    with pytest.raises(IndexError, match=f"of {N} rows"):
        fw.open_vectors(as_npy(tmp_path, vectors))[key]


def test_each_row_of_parquet_is_decoded_once_in_order(tmp_path, vectors, monkeypatch):
    monkeypatch.setattr(parquet_block, "BATCH_BYTES", 4 * D * 20)
    write_parquet(tmp_path / "x.parquet", vectors)
    files, decoded = fw.open_vectors(tmp_path), []
    inner = parquet_block._vectors

    def counted(column, *rest):
        decoded.append(len(column))
        return inner(column, *rest)

    monkeypatch.setattr(parquet_block, "_vectors", counted)
    assert all(np.array_equal(files[at : at + 50], vectors[at : at + 50]) for at in range(0, N, 50))
    assert sum(decoded) == N


def test_parquet_is_read_by_several_threads_at_once(tmp_path, vectors):
    write_parquet(tmp_path / "x.parquet", vectors, row_group_size=50)
    files, together = fw.open_vectors(tmp_path), threading.Barrier(4)

    def read(start):
        together.wait(60)
        return [files[at : at + 30] for at in range(start, N - 30, 30)]

    with ThreadPoolExecutor(4) as executor:
        for start, found in zip(range(4), executor.map(read, range(4)), strict=True):
            assert np.array_equal(np.concatenate(found), vectors[start : start + 30 * len(found)])


def test_the_column_is_chosen(tmp_path, vectors):
    table = pa.table({"first": fixed(vectors), "second": fixed(-vectors), "number": range(N)})
    parquet.write_table(table, tmp_path / "x.parquet")
    assert np.array_equal(fw.open_vectors(tmp_path, column="second")[:9], -vectors[:9])
    with pytest.raises(
        ValueError, match=r"x\.parquet must have one column .* got columns first, second: name one"
    ):
        fw.open_vectors(tmp_path)
    with pytest.raises(ValueError, match="column must be one of first, second, number"):
        fw.open_vectors(tmp_path, column="third")
    with pytest.raises(ValueError, match=r"column 'number' of .* must hold lists of numbers, got int64"):
        fw.open_vectors(tmp_path, column="number")


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", ">f4"])
def test_other_types_of_numbers(tmp_path, vectors, dtype):
    np.save(tmp_path / "x.npy", vectors.astype(dtype))
    files = fw.open_vectors(tmp_path)
    assert files.dtype == np.dtype(dtype)
    assert np.array_equal(files[5:70], vectors.astype(dtype)[5:70])


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
def test_an_index_is_explained_by_files_as_by_the_array(tmp_path, vectors, form):
    index = faiss.index_factory(D, "IVF8,SQ4")
    index.train(vectors)
    index.add(vectors)
    by_array = fw.open_index(index, vectors=vectors)
    by_files = fw.open_index(index, vectors=form(tmp_path, vectors))
    queries = make_vectors(6, D, seed=4)
    for executor in (None, Inline()):
        for query in (7, queries[0]):
            ours, theirs = by_files.explain(query, 9, executor=executor), by_array.explain(query, 9)
            assert np.array_equal(ours.ids, theirs.ids)
            assert np.array_equal(ours.distances, theirs.distances)
        ours = by_files.evaluate(queries, 9, progress=False, executor=executor)
        assert np.array_equal(ours.found_at, by_array.evaluate(queries, 9, progress=False).found_at)
    for kind in ("HNSW8,SQ4", "SQ4"):
        other = faiss.index_factory(D, kind)
        other.train(vectors)
        other.add(vectors)
        ours = fw.open_index(other, vectors=by_files.vectors_given).explain(3, 9)
        assert np.array_equal(ours.ids, fw.open_index(other, vectors=vectors).explain(3, 9).ids)


def test_files_of_another_shape_than_the_index(tmp_path, vectors):
    index = faiss.index_factory(D + 1, "IVF1,SQ8")
    wider = np.pad(vectors, ((0, 0), (0, 1)))
    index.train(wider)
    index.add(wider)
    with pytest.raises(ValueError, match=rf"vectors must be of shape \(n, {D + 1}\) for this index"):
        fw.open_index(index, vectors=as_npy(tmp_path, vectors))


def cut(path, by=100):
    os.truncate(path, path.stat().st_size - by)


def test_blocks_that_differ_are_named(tmp_path, vectors):
    folder = as_npy(tmp_path, vectors)
    np.save(folder / "block3.npy", vectors[:, :5])
    with pytest.raises(
        ValueError, match=r"block3\.npy must hold vectors of 12 dimensions .*block0\.npy does, got 5"
    ):
        fw.open_vectors(folder)
    np.save(folder / "block3.npy", vectors.astype(np.float64))
    with pytest.raises(ValueError, match=r"block3\.npy must hold float32 as .*block0\.npy does, got float64"):
        fw.open_vectors(folder)


def test_files_that_hold_no_vectors_are_named(tmp_path, vectors):
    bad = tmp_path / "x.npy"
    for made, message in (
        (np.zeros(4, np.float32), r"must hold vectors \(n, dim\), got an array of shape \(4,\)"),
        (np.asfortranarray(vectors), "must be in C order"),
        (np.array([{}, {}], object), "must hold an array of numpy.save"),
    ):
        np.save(bad, made, allow_pickle=True)
        with pytest.raises(fw.VectorFileError, match=rf"x\.npy {message}"):
            fw.open_vectors(bad)
    np.save(bad, vectors.astype("U1"))
    with pytest.raises(TypeError, match=r"x\.npy must hold real numbers"):
        fw.open_vectors(bad)
    bad.write_bytes(b"nothing")
    with pytest.raises(fw.VectorFileError, match=r"x\.npy must hold an array"):
        fw.open_vectors(bad)


def test_a_cut_block_is_named_at_the_door(tmp_path, vectors):
    folder = as_npy(tmp_path, vectors)
    cut(folder / "block7.npy")
    with pytest.raises(fw.VectorFileError, match=r"block7\.npy must hold an array of numpy\.save, whole"):
        fw.open_vectors(folder)


def test_a_cut_parquet_file_is_named(tmp_path, vectors):
    folder = as_parquet(tmp_path, vectors)
    cut(folder / "part-2.parquet")
    with pytest.raises(fw.VectorFileError, match=r"part-2\.parquet must be a Parquet file, whole"):
        fw.open_vectors(folder)


def test_a_damaged_zarr_array_is_named(tmp_path, vectors):
    folder = as_zarr(tmp_path, vectors)
    next(folder / name for name in METADATA if (folder / name).exists()).write_text("{")
    with pytest.raises(fw.VectorFileError, match=r"x\.zarr cannot be read as a Zarr array"):
        fw.open_vectors(folder)


@pytest.mark.parametrize("form", [as_npy, as_parquet, as_zarr], ids=lambda form: form.__name__)
def test_a_block_that_changes_later_is_named_when_it_is_read(tmp_path, vectors, form):
    files = fw.open_vectors(form(tmp_path, vectors))
    changed = files.stamps[-1].path
    os.utime(changed, ns=(1, 1))
    with pytest.raises(fw.IndexChangedError, match=Path(changed).name):
        files[:]
    with pytest.raises(fw.IndexChangedError, match=Path(changed).name):
        files[[0, N - 1]]


def test_a_block_that_goes_missing_later_is_named(tmp_path, vectors):
    files = fw.open_vectors(as_npy(tmp_path, vectors))
    (tmp_path / "block4.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"block4\.npy"):
        files[:]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1.0, 2.0], None, [3.0, 4.0]], "row 1 has none"),
        ([[1.0, 2.0], [1.0, None]], "there are missing ones"),
        ([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0, 3.0]], "must hold vectors of 2 dimensions, row 2 has 3"),
    ],
)
def test_rows_of_parquet_that_are_no_vectors_are_named(tmp_path, rows, message):
    parquet.write_table(pa.table({"x": pa.array(rows, pa.list_(pa.float32()))}), tmp_path / "x.parquet")
    with pytest.raises(fw.VectorFileError, match=rf"x\.parquet .*{message}"):
        fw.open_vectors(tmp_path)[:]


def test_what_is_no_path_or_no_vectors(tmp_path, vectors):
    with pytest.raises(FileNotFoundError, match=r"must hold \.npy or \.parquet files"):
        fw.open_vectors(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"missing\.npy is missing"):
        fw.open_vectors([tmp_path / "missing.npy"])
    with pytest.raises(ValueError, match="at least one"):
        fw.open_vectors([])
    for wrong in (5, b"x", None, [tmp_path, 3]):
        with pytest.raises(TypeError, match="paths must be a path or a list of paths"):
            fw.open_vectors(wrong)
    (tmp_path / "x.csv").write_text("1,2")
    with pytest.raises(ValueError, match=r"x\.csv must be a \.npy or \.parquet file"):
        fw.open_vectors(tmp_path / "x.csv")
    as_npy(tmp_path, vectors)
    as_parquet(tmp_path, vectors)
    with pytest.raises(ValueError, match=r"must hold \.npy files or Parquet files, got both"):
        fw.open_vectors(tmp_path)
    with pytest.raises(IsADirectoryError, match="must be a file"):
        fw.open_vectors([tmp_path])


def test_empty_blocks_are_left_out(tmp_path, vectors):
    np.save(tmp_path / "0.npy", np.empty((0, D), np.float32))
    np.save(tmp_path / "1.npy", vectors)
    assert np.array_equal(fw.open_vectors(tmp_path)[:], vectors)
    (tmp_path / "1.npy").unlink()
    assert fw.open_vectors(tmp_path).shape == (0, D)
