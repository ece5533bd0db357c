"""Vectors and queries in every form that people hold them in."""

import faiss
import numpy as np
import pandas as pd
import pytest
from stand_ins import Column, CupyArray, EagerTensor, Tensor

import feder_widget as fw
from feder_widget.model.array_like import as_array

X = np.random.default_rng(0).random((500, 16), np.float32)


@pytest.fixture(scope="module")
def index():
    made = faiss.index_factory(16, "IVF10,SQ8")
    made.train(X)
    made.add(X)
    return made


def memory_map(values, folder):
    path = folder / "vectors.npy"
    np.save(path, values)
    return np.load(path, mmap_mode="r")


FORMS = {
    "tensor": lambda x: Tensor(x),
    "tensor that requires grad": lambda x: Tensor(x, requires_grad=True),
    "tensor on a device": lambda x: Tensor(x, device="cuda:0", requires_grad=True),
    "bfloat16 tensor": lambda x: Tensor(x, dtype="torch.bfloat16", requires_grad=True, device="mps"),
    "EagerTensor": EagerTensor,
    "CuPy": CupyArray,
    "lists": lambda x: x.tolist(),
    "float64": lambda x: x.astype(np.float64),
    "Fortran order": np.asfortranarray,
}

TABLES = {
    "list of arrays": list,
    "tuple of tensors": lambda x: tuple(Tensor(row, requires_grad=True) for row in x),
    "list of EagerTensors": lambda x: [EagerTensor(row) for row in x],
    "pandas column of arrays": lambda x: pd.Series(list(x), index=range(7, 7 + len(x))),
    "pandas column of lists": lambda x: pd.Series(x.tolist()),
    "pandas column of tensors": lambda x: pd.Series([Tensor(row, requires_grad=True) for row in x]),
    "pandas frame of one such column": lambda x: pd.DataFrame({"vector": list(x)}),
    "pandas frame of numbers": pd.DataFrame,
    "nullable pandas frame": lambda x: pd.DataFrame(x).astype("Float32"),
    "Hugging Face column": Column,
    "masked array without a mask": np.ma.MaskedArray,
}


def polars_forms():
    pl = pytest.importorskip("polars")
    yield pl.Series("v", X.tolist())
    yield pl.Series("v", X, dtype=pl.Array(pl.Float32, 16))
    yield pl.DataFrame({"v": X.tolist()})
    yield pl.DataFrame(X)


def arrow_forms():
    pa = pytest.importorskip("pyarrow")
    flat = pa.array(X.ravel())
    yield pa.array(X.tolist(), pa.list_(pa.float32()))
    yield pa.FixedSizeListArray.from_arrays(flat, 16)
    yield pa.chunked_array([pa.array(X[:200].tolist()), pa.array(X[200:].tolist())])


@pytest.mark.parametrize("form", [*FORMS, *TABLES])
def test_vectors_are_taken_in_every_form(form, index):
    given = {**FORMS, **TABLES}[form](X)
    opened = fw.open_index(index, vectors=given)
    expected = fw.open_index(index, vectors=X).explain(X[3], 5)
    assert opened.explain(X[3], 5).ids.tolist() == expected.ids.tolist()
    np.testing.assert_array_equal(opened.explain(X[3], 5).distances, expected.distances)


@pytest.mark.parametrize("form", [*FORMS, *TABLES])
def test_queries_of_a_workload_are_taken_in_every_form(form, index):
    opened = fw.open_index(index)
    given = {**FORMS, **TABLES}[form](X[:20])
    found = opened.evaluate(given, 5, progress=False)
    np.testing.assert_array_equal(found.found_at, opened.evaluate(X[:20], 5, progress=False).found_at)


@pytest.mark.parametrize(
    "form", [*FORMS, "list of numbers", "pandas column", "row of a table", "column of one"]
)
@pytest.mark.parametrize("shape", [(16,), (1, 16)])
def test_a_query_is_taken_in_every_form(form, shape, index):
    query = X[7].reshape(shape)
    forms = {
        **FORMS,
        "list of numbers": lambda x: x.tolist(),
        "pandas column": lambda x: pd.Series(x.ravel()),
        "row of a table": lambda x: pd.DataFrame(x.reshape(1, 16)),
        "column of one": lambda x: pd.Series([x.ravel()]),
    }
    opened = fw.open_index(index)
    expected = opened.trace(X[7], 3, 5)
    traced = opened.trace(forms[form](query), 3, 5)
    assert traced.ids.tolist() == expected.ids.tolist()
    np.testing.assert_array_equal(traced.distances, expected.distances)


@pytest.mark.parametrize("forms", [polars_forms, arrow_forms])
def test_columns_of_polars_and_pyarrow_are_stacked(forms):
    for given in forms():
        np.testing.assert_array_equal(as_array(given, "vectors").astype(np.float32), X)


def test_half_precision_is_searched_as_its_own_numbers(index):
    opened = fw.open_index(index)
    half = X[7].astype(np.float16)
    expected = opened.trace(half.astype(np.float32), 3, 5)
    for given in (half, Tensor(half, device="cuda", requires_grad=True)):
        np.testing.assert_array_equal(opened.trace(given, 3, 5).distances, expected.distances)


def test_a_memory_map_is_not_copied(index, tmp_path):
    mapped = memory_map(X, tmp_path)
    assert np.shares_memory(as_array(mapped, "vectors"), mapped)
    assert fw.open_index(index, vectors=mapped).explain(X[3], 5).ids[0] == 3


def test_an_array_is_not_copied():
    assert as_array(X, "vectors") is X


def test_row_ids_are_taken_from_a_tensor(index):
    opened = fw.open_index(index)
    ids = Tensor(np.array([3, 4, 5]), device="cuda")
    np.testing.assert_array_equal(
        opened.evaluate(ids, 5, progress=False).found_at,
        opened.evaluate([3, 4, 5], 5, progress=False).found_at,
    )
    assert opened.places(ids)[0].tolist() == opened.places([3, 4, 5])[0].tolist()


def test_a_binary_index_takes_tensors_of_bytes():
    codes = np.random.default_rng(1).integers(0, 256, (300, 4), np.uint8)
    quantizer = faiss.IndexBinaryFlat(32)
    binary = faiss.IndexBinaryIVF(quantizer, 32, 8)
    binary.train(codes)
    binary.add(codes)
    opened = fw.open_index(binary)
    given = Tensor(codes[:9], device="cuda")
    assert opened.trace(given[2], 8, 3).ids.tolist() == opened.trace(codes[2], 8, 3).ids.tolist()
    np.testing.assert_array_equal(
        opened.evaluate(given, 3, progress=False).found_at,
        opened.evaluate(codes[:9], 3, progress=False).found_at,
    )


class Sparse:
    nnz = 3

    def toarray(self):
        raise AssertionError("made dense unasked: it may not fit into memory")


class DataSet(list):
    """A Hugging Face data set: its rows are dicts."""

    column_names = ("vector",)
    features = {}  # noqa: RUF012


class Refusing(Tensor):
    def detach(self):
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")


class Trap:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no")


def masked():
    return np.ma.MaskedArray(X[0], mask=np.arange(16) == 2)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        (Sparse(), TypeError, r"query must be a dense array, got .*Sparse; pass query\.toarray\(\)"),
        (Refusing(X[0]), TypeError, r"query must be an array that NumPy can read, got .*meta tensor"),
        (Trap(), TypeError, r"query must be an array that NumPy can read, got .*Trap"),
        (
            iter(X[0]),
            TypeError,
            r"query must be an array of real numbers, got .*iterator; pass a list of its items",
        ),
        (
            (x for x in X[0]),
            TypeError,
            "query must be an array of real numbers, got generator; pass a list of its items",
        ),
        ({"vector": X[0]}, TypeError, "query must be an array of real numbers, got dict; pass its values"),
        (set(X[0].tolist()), TypeError, "query must be an array of real numbers, got set"),
        (masked(), ValueError, r"query must have no masked entries; pass query\.filled"),
        (pd.Series([1.0] * 15 + [None], dtype="object"), ValueError, "query must have a value in every row"),
        (["a"] * 16, TypeError, "query must hold real numbers"),
        (object(), TypeError, "query must hold real numbers"),
    ],
)
def test_what_is_no_vector_is_refused_with_the_argument_and_a_remedy(given, error, match, index):
    with pytest.raises(error, match=match):
        fw.open_index(index).trace(given, 1, 1)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        (
            pd.Series([*X[:499], X[0][:3]]),
            ValueError,
            r"vectors must have rows of one length, got shape \(16,\)",
        ),
        (pd.Series([*X[:499], None]), ValueError, "vectors must have a value in every row, got 1 missing"),
        ([[1.0, 2.0], [3.0]], ValueError, "vectors must be an array whose rows have one length"),
        (pd.DataFrame({"name": ["a"] * 500}), TypeError, "vectors must hold real numbers"),
        ({0: X[0]}, TypeError, "vectors must be an array of real numbers, got dict"),
        (
            DataSet([{"vector": X[0]}]),
            TypeError,
            r"got test_array_like\.DataSet; pass vectors=dataset\[column\]",
        ),
        (
            (row for row in X),
            TypeError,
            "vectors must be an array of real numbers, got generator; pass a list",
        ),
        (b"abc", TypeError, "vectors must be an array of real numbers, got bytes"),
    ],
)
def test_vectors_of_another_form_are_refused_by_name(given, error, match, index):
    with pytest.raises(error, match=match):
        fw.open_index(index, vectors=given)


def test_queries_of_another_form_are_refused_by_name(index):
    opened = fw.open_index(index)
    for given in ({1, 2}, (row for row in X), {"a": 1}):
        with pytest.raises(TypeError, match="queries must be an array"):
            opened.evaluate(given, 5, progress=False)
