"""``fw.build_index``: choices that it explains, rows that keep their ids, an index that Faiss saves."""

import faiss
import numpy as np
import pandas as pd
import pytest
from makers import make_vectors

import feder_widget as fw
from feder_widget.engines import built_index
from feder_widget.engines.built_index import sensible_nlist


def built(vectors, **options):
    return fw.build_index(vectors, explain=False, **options)


def ids_of(index, queries, k=1):
    inner = faiss.extract_index_ivf(index)
    before, inner.nprobe = inner.nprobe, inner.nlist
    try:
        return index.search(queries, k)[1]
    finally:
        inner.nprobe = before


@pytest.mark.parametrize("metric", ["cosine", "inner_product", "l2", "L2"])
def test_every_row_is_found_under_its_number(metric):
    vectors = make_vectors(500)
    if metric == "inner_product":
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = built(vectors, metric=metric)
    np.testing.assert_array_equal(ids_of(index, vectors)[:, 0], np.arange(500))
    wanted = faiss.METRIC_L2 if metric.lower() == "l2" else faiss.METRIC_INNER_PRODUCT
    assert index.metric_type == wanted


def test_cosine_normalises_vectors_and_queries_inside_the_index():
    vectors = make_vectors(300)
    index = built(vectors * np.random.default_rng(0).uniform(0.1, 10, (300, 1)))
    faiss.extract_index_ivf(index).nprobe = faiss.extract_index_ivf(index).nlist
    distances, ids = index.search(vectors[:5] * 7, 300)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(distances, np.take_along_axis(unit[:5] @ unit.T, ids, 1), atol=1e-5)


def test_rows_without_a_vector_are_left_out_and_no_other_moves():
    vectors = make_vectors(200)
    left_out = [0, 17, 199]
    vectors[left_out] = np.nan
    vectors[5, 3] = np.inf
    index = built(vectors)
    good = np.setdiff1d(np.arange(200), [*left_out, 5])
    assert index.ntotal == 196
    np.testing.assert_array_equal(ids_of(index, vectors[good])[:, 0], good)
    opened = fw.open_index(index)
    with pytest.raises(fw.UnknownIdError):
        opened.trace(17, 1, 1)
    flat = built(vectors, factory="Flat", metric="l2")
    np.testing.assert_array_equal(flat.search(vectors[good], 1)[1][:, 0], good)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 39, 100, 999])
def test_few_vectors_do_too(n, capfd):
    vectors = make_vectors(n)
    index = built(vectors)
    np.testing.assert_array_equal(ids_of(index, vectors)[:, 0], np.arange(n))
    assert fw.FederWidget(index).index.nlist == sensible_nlist(n)
    # Faiss prints a warning where vectors are few.
    assert capfd.readouterr() == ("", "")


def test_nlist_follows_the_number_of_vectors():
    counts = [1, 2, 10, 100, 1000, 2000, 10_000, 100_000, 1_000_000, 10_000_000]
    assert [sensible_nlist(count) for count in counts] == [1, 1, 3, 10, 32, 51, 256, 1265, 4000, 12649]


def test_choices_are_explained_in_a_sentence(capsys):
    vectors = make_vectors(2000)
    vectors[3] = np.nan
    index = fw.build_index(vectors)
    said = capsys.readouterr().out
    assert said.startswith("L2norm,IVF51,Flat: 1,999 vectors (rows left out by id: 1). nlist 51: ")
    assert "about 39 vectors each. Trained on all of them; nprobe 4." in said
    assert "inner product is the cosine" in said
    assert faiss.extract_index_ivf(index).nprobe == 4
    fw.build_index(vectors, nlist=7, metric="l2")
    assert capsys.readouterr().out.startswith(
        "IVF7,Flat: 1,999 vectors (rows left out by id: 1). nlist 7 as given"
    )


def test_a_factory_string_counts():
    vectors = make_vectors(1000)
    index = built(vectors, factory="IVF8,SQ8")
    assert fw.open_index(index).family == fw.open_index(built(vectors, factory="L2norm,IVF8,SQ8")).family
    assert faiss.extract_index_ivf(index).nlist == 8
    assert isinstance(built(vectors, factory="HNSW8", metric="l2"), faiss.IndexHNSW)


def test_it_is_saved_and_read_back(tmp_path):
    vectors = make_vectors(400)
    vectors[2] = np.nan
    index = built(vectors)
    faiss.write_index(index, str(tmp_path / "a.index"))
    again = faiss.read_index(str(tmp_path / "a.index"))
    assert faiss.extract_index_ivf(again).nprobe == faiss.extract_index_ivf(index).nprobe
    np.testing.assert_array_equal(again.search(vectors[3:9], 4)[1], index.search(vectors[3:9], 4)[1])


def test_the_same_vectors_make_the_same_index():
    vectors = make_vectors(400)
    np.testing.assert_array_equal(
        faiss.serialize_index(built(vectors)), faiss.serialize_index(built(vectors.copy()))
    )


def test_a_memory_map_is_read_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr(built_index, "BLOCK_BYTES", 4 * 16 * 30)
    vectors = np.memmap(tmp_path / "vectors", np.float32, "w+", shape=(500, 16))
    vectors[:] = make_vectors(500)
    vectors[[40, 41, 42]] = np.nan
    index = built(vectors)
    good = np.setdiff1d(np.arange(500), [40, 41, 42])
    np.testing.assert_array_equal(ids_of(index, np.asarray(vectors[good]))[:, 0], good)


@pytest.mark.parametrize(
    ("vectors", "options", "error", "message"),
    [
        (np.ones(5), {}, ValueError, r"shape \(n, d\), got \(5,\)"),
        (np.ones((5, 0)), {}, ValueError, r"got \(5, 0\)"),
        (np.ones((0, 5)), {}, ValueError, "at least one finite row"),
        (np.full((5, 2), np.nan), {}, ValueError, "at least one finite row"),
        ([["a"]], {}, TypeError, "real numbers"),
        ([[1.0], [1.0, 2.0]], {}, ValueError, "rows have one length"),
        (np.ones((5, 2)), {"metric": "euclid"}, ValueError, "cosine, inner_product, l2, got 'euclid'"),
        (np.ones((5, 2)), {"nlist": 6}, ValueError, "nlist must be between 1 and vectors=5, got 6"),
        (np.ones((5, 2)), {"nlist": 0}, ValueError, "nlist"),
        (np.ones((5, 2)), {"nlist": 2, "factory": "Flat"}, ValueError, "nlist or factory, not both"),
        (np.ones((5, 2)), {"factory": "Nonsense"}, ValueError, "factory must be a Faiss factory string"),
        (np.ones((5, 2)), {"factory": 3}, TypeError, "factory"),
    ],
)
def test_bad_arguments_are_named(vectors, options, error, message):
    with pytest.raises(error, match=message):
        built(vectors, **options)


def test_rows_whose_distances_overflow_are_left_out():
    vectors = make_vectors(200)
    vectors[7, 3] = 1e19
    index = built(vectors, metric="l2")
    assert index.ntotal == 199
    assert 7 not in ids_of(index, vectors[:20], k=5)


@pytest.mark.parametrize("factory", ["IVF16,PQ4x4,RFlat", "L2norm,IDMap,Flat", "IDMap,IVF4,Flat", "Flat"])
@pytest.mark.parametrize("has_gaps", [False, True])
def test_every_row_keeps_its_number_behind_any_factory_string(factory, has_gaps):
    vectors = make_vectors(500)
    if has_gaps:
        vectors[[0, 9]] = np.nan
    index = built(vectors, factory=factory, metric="l2")
    good = np.flatnonzero(np.isfinite(vectors).all(1))
    inner = built_index._ivf_in(index)
    if inner is not None:
        inner.nprobe = inner.nlist
    found = index.search(vectors[good], 10)[1]
    assert (found == good[:, None]).any(1).mean() > 0.95


@pytest.mark.parametrize("factory", ["IVF4000,Flat", "IVF4,PQ4x8"])
def test_fewer_vectors_than_a_factory_string_needs_are_said(factory):
    with pytest.raises(ValueError, match=f"{factory} cannot hold these 50 vectors"):
        built(make_vectors(50), factory=factory, metric="l2")


def test_a_masked_array_is_refused():
    with pytest.raises(ValueError, match="masked"):
        built(np.ma.masked_greater(make_vectors(50), 0.5))


def columns_of(rows):
    """Return a column of lists in each library that has such."""
    pa = pytest.importorskip("pyarrow")
    pl = pytest.importorskip("polars")
    return [
        pd.Series(rows),
        pl.Series("vector", rows, dtype=pl.List(pl.Float32)),
        pl.DataFrame({"vector": rows}),
        pa.array(rows),
    ]


def test_columns_of_lists_are_vectors():
    x = np.random.default_rng(0).random((50, 8), np.float32)
    wanted = faiss.serialize_index(fw.build_index(x, explain=False))
    for column in columns_of(x.tolist()):
        found = fw.build_index(column, explain=False)
        np.testing.assert_array_equal(faiss.serialize_index(found), wanted)


@pytest.mark.parametrize(
    ("last", "message"),
    [(None, "a value in every row, got 1 missing"), ([1.0], r"rows of one length.*\(1,\) in row 9")],
)
def test_a_row_of_a_column_that_is_no_vector_is_named(last, message):
    for column in columns_of([[1.0, 2.0]] * 9 + [last]):
        with pytest.raises(ValueError, match=f"vectors must have {message}"):
            fw.build_index(column, explain=False)
