"""``data=``: a table of metadata in pandas, polars or pyarrow."""

import io
import threading
from collections import Counter

import faiss
import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from conversation import Page
from PIL import Image

import feder_widget as fw
from feder_widget.engines import open_index
from feder_widget.media import IdRange, Media, RowTable
from feder_widget.media.columns import StoredColumn
from feder_widget.session.answers import label_tally
from feder_widget.session.answers.label_tally import LabelTally
from feder_widget.session.messages.limits import MAX_VALUES
from feder_widget.session.session import Session

HOSTILE = "<img src=x onerror=alert(1)>"
N = 60
DATA = {
    "name": [f"row {i}" for i in range(N)],
    "kind": [("cat", "dog", None)[i % 3] for i in range(N)],
    "price": [i / 8 for i in range(N)],
    "sold": [i % 2 == 0 for i in range(N)],
    "vector": [[float(i)] for i in range(N)],
}
X = np.random.default_rng(0).random((N, 8), np.float32)


def pandas_frame(data):
    return pd.DataFrame(data, index=range(1000, 1000 + len(next(iter(data.values())))))


def polars_frame(data):
    return pytest.importorskip("polars").DataFrame(data, strict=False)


def arrow_table(data):
    return pytest.importorskip("pyarrow").table(data)


KINDS = pytest.mark.parametrize("make", [pandas_frame, polars_frame, arrow_table])


def dense(ntotal=N):
    return IdRange(ntotal, lambda: ntotal - 1)


def index():
    made = faiss.index_factory(8, "IVF4,Flat")
    made.train(X)
    made.add(X)
    return made


@pytest.fixture
def widget():
    opened = []

    def make(**arguments):
        opened.append(fw.FederWidget(arguments.pop("index", None) or index(), **arguments))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def rows_of(table):
    return nw.from_native(table, eager_only=True).rows(named=True)


@KINDS
def test_the_values_of_rows_are_short_texts_by_position(make):
    table = RowTable(make(DATA), dense())
    assert table.names == ["name", "kind", "price", "sold"]
    assert table.texts([1, 59, 2]) == [
        ["row 1", "dog", "0.125", "False"],
        ["row 59", None, "7.375", "False"],
        ["row 2", None, "0.25", "True"],
    ]
    assert table.texts([-1, 60, 2**62]) == [[], [], []]


@KINDS
@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_are_found_by_a_column_of_ids(make, shuffled):
    ids = np.arange(N) * 3 + 2**40
    order = np.random.default_rng(1).permutation(N) if shuffled else np.arange(N)
    data = {"key": ids[order].tolist(), "name": [f"row {i}" for i in order]}
    table = RowTable(make(data), IdRange(7, lambda: 2**62), id_column="key")
    assert table.names == ["name"]
    assert table.texts([2**40 + 3 * 41, 2**40, 5, -1]) == [["row 41"], ["row 0"], [], []]


@KINDS
def test_the_first_of_rows_that_share_an_id_counts(make):
    table = RowTable(make({"key": [5, 3, 5], "name": ["a", "b", "c"]}), dense(), id_column="key")
    assert table.texts([5, 3]) == [["a"], ["b"]]


@KINDS
def test_a_row_without_an_id_or_with_one_beyond_int64_belongs_to_no_row_id(make):
    def by_id(ids):
        data = make({"key": ids, "name": list("abc")})
        return RowTable(data, dense(), id_column="key").texts([5, 2**62 + 1, 0, -1, -(2**63)])

    unsigned = np.array([2**63, 5, 2**64 - 1], np.uint64)
    assert by_id(unsigned) == [["b"], [], [], [], []]
    numbers = [2**62 + 1, None, 5]
    held = pd.array(numbers, dtype="Int64") if make is pandas_frame else numbers
    assert by_id(held) == [["c"], ["a"], [], [], []]


@KINDS
def test_an_empty_table_holds_no_row(make):
    table = RowTable(
        make({"key": np.array([], np.int64), "name": np.array([], str)}), dense(), id_column="key"
    )
    assert table.texts([0]) == [[]]


@KINDS
def test_values_are_cut_and_never_control_the_page(make):
    values = [HOSTILE, "x" * 10_000_000, "a\n\u202eb\0", ""]
    texts = RowTable(make({"v": values}), dense(4)).texts(range(4))
    assert [text for (text,) in texts] == [HOSTILE, "x" * 79 + "…", "a \ufffdb\ufffd", ""]


def test_half_a_surrogate_can_be_sent():
    frame = pd.DataFrame({"v": pd.Series(["\ud83d"], dtype=object)})
    assert RowTable(frame, dense(1)).texts([0]) == [["\ufffd"]]


def test_names_of_columns_are_cut_and_may_be_numbers():
    table = RowTable(pd.DataFrame({0: [1], "y" * 99: [2], HOSTILE: [3]}), dense(1))
    assert table.names == ["0", "y" * 39 + "…", HOSTILE]
    assert table.texts([0]) == [["1", "2", "3"]]


def test_a_whole_number_among_floats_has_no_fraction_and_a_value_that_raises_says_so():
    class Trap:
        def __str__(self):
            raise RuntimeError("/home/someone")

    frame = pd.DataFrame({"year": [1_234_567, None], "trap": [Trap(), None]})
    table = RowTable(frame, dense(2), columns=["year", "trap"])
    assert table.texts([0, 1]) == [["1234567", "(raised RuntimeError)"], [None, None]]


def test_nothing_is_read_before_a_row_is_shown(monkeypatch):
    frame = pd.DataFrame({"key": np.arange(1_000_000)[::-1], "a": np.arange(1_000_000)})
    forbidden = [(pd.Series, "to_numpy"), (pd.DataFrame, "to_numpy"), (pd.Series, "tolist"), (np, "argsort")]
    with monkeypatch.context() as patch:
        for owner, name in forbidden:
            patch.setattr(owner, name, lambda *_args, **_options: pytest.fail("converted as a whole"))
        table = RowTable(frame, IdRange(1_000_000, lambda: 999_999))
        assert table.texts([7]) == [["999992", "7"]]
        by_id = RowTable(frame, IdRange(1_000_000, lambda: 999_999), id_column="key")
    assert by_id.texts([7]) == [["999992"]]


def test_ids_are_sorted_once_on_whatever_threads(monkeypatch):
    table = RowTable(pd.DataFrame({"key": np.arange(1000)[::-1], "a": range(1000)}), dense(), id_column="key")
    sorted_ = []
    argsort = np.argsort
    monkeypatch.setattr(np, "argsort", lambda *a, **o: (sorted_.append(1), argsort(*a, **o))[1])
    threads = [threading.Thread(target=table.texts, args=([7],)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sorted_) == 1


FRAME = pd.DataFrame(DATA)
NO_TABLE = "data must be a pandas, polars or pyarrow table, got "


@pytest.mark.parametrize(
    ("data", "arguments", "error", "match"),
    [
        (pd.DataFrame({"a": range(59)}), {}, ValueError, "data must have one entry .* wanted 60, got 59"),
        (FRAME, {"columns": ["colour"]}, ValueError,
         "columns must name a column of data, got 'colour'; its columns are name, kind, price, sold, vector"),
        (FRAME, {"columns": "name"}, TypeError, r"columns must be a list of names, got 'name'"),
        (FRAME, {"id": "key"}, ValueError, "id must name a column of data, got 'key'"),
        (FRAME, {"id": "name"}, TypeError, "id must name a column of integers, got 'name', which"),
        (FRAME, {"label": "colour"}, ValueError, "label must name a column of data, got 'colour'"),
        (FRAME, {"image": "colour"}, ValueError, "image must name a column of data, got 'colour'"),
        (FRAME, {"label": "kind", "labels": list("ab")}, ValueError, "labels were given as well"),
        (FRAME, {"image": "name", "images": "*.png"}, ValueError, "images were given as well"),
        (pd.DataFrame(np.zeros((N, 40))), {"columns": range(40)}, ValueError, "columns must be at most 32"),
        (pd.DataFrame(np.zeros((N, 2)), columns=["a", "a"]), {}, ValueError, "columns of different names"),
        (DATA, {}, TypeError, NO_TABLE + r"dict; pass pandas\.DataFrame"),
        ([{"a": 1}] * N, {}, TypeError, NO_TABLE + "list"),
        (pd.Series(range(N)), {}, TypeError, NO_TABLE + "Series"),
        (None, {"label": "kind"}, ValueError, "label names a column of data, got 'kind' and no data"),
        (None, {"id": "key"}, ValueError, "id names a column of data, got 'key' and no data"),
        (None, {"columns": []}, ValueError, r"columns names a column of data, got \[\] and no data"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_argument(data, arguments, error, match, widget):
    with pytest.raises(error, match=match):
        widget(data=data, **arguments)


def test_a_lazy_frame_is_to_be_collected():
    pl = pytest.importorskip("polars")
    with pytest.raises(
        TypeError, match=r"data must be a table in memory, got LazyFrame; pass data\.collect\(\)"
    ):
        RowTable(pl.LazyFrame({"a": [1]}), dense(1))


def test_what_can_become_pandas_is_told_so():
    class Dataset:
        def to_pandas(self):
            raise AssertionError("converted unasked")

    with pytest.raises(TypeError, match=r"got Dataset; pass data\.to_pandas\(\)"):
        RowTable(Dataset(), dense(1))


def encoded(shade):
    stream = io.BytesIO()
    Image.new("L", (4, 4), shade).save(stream, "PNG")
    return stream.getvalue()


@KINDS
@pytest.mark.parametrize("by_id", [False, True])
def test_columns_are_labels_and_images(make, by_id, widget):
    order = np.arange(N)[::-1] if by_id else np.arange(N)
    data = {
        "key": order.tolist(),
        "kind": [DATA["kind"][i] for i in order],
        "png": [encoded(int(i)) for i in order],
        "name": [DATA["name"][i] for i in order],
    }
    made = widget(data=make(data), id="key" if by_id else None, label="kind", image="png", columns=["name"])
    media = made._media
    assert [media.label(row) for row in (0, 1, 2, 60, -1)] == ["cat", "dog", None, None, None]
    for row, thumbnail in zip((5, 40), media.thumbnails([5, 40], 64), strict=True):
        assert np.asarray(Image.open(io.BytesIO(thumbnail.data)))[0, 0] == row
    assert made._summary["columns"] == ["name"]
    assert made._summary["labels"]
    assert made._summary["images"]


def test_image_columns_hold_paths_pil_images_arrays_and_dicts(tmp_path, widget):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(9))
    entries = [
        str(path),
        Image.new("L", (4, 4), 9),
        np.full((4, 4), 9, np.uint8),
        {"bytes": encoded(9)},
        None,
    ]
    frame = pd.DataFrame({"image": [entries[i % 5] for i in range(N)]})
    thumbnails = widget(data=frame, image="image")._media.thumbnails(range(4), 64)
    assert all(np.asarray(Image.open(io.BytesIO(t.data)))[0, 0] == 9 for t in thumbnails)


@KINDS
def test_selected_returns_the_callers_kind_of_table(make, widget):
    frame = make(DATA)
    made = widget(data=frame, label="kind", columns=["name", "price"])
    made.search(3)
    made.selection = [5, 3, 40]
    table = made.selected()
    assert type(table) is type(frame)
    rows = rows_of(table)
    assert [list(row) for row in rows] == [
        ["id", "cluster", "rank", "distance", "label", "name", "price"]
    ] * 3
    assert [row["id"] for row in rows] == [5, 3, 40]
    assert [row["name"] for row in rows] == ["row 5", "row 3", "row 40"]
    assert [row["price"] for row in rows] == [0.625, 0.375, 5.0]
    assert rows[1]["distance"] == 0
    assert rows[2]["label"] == "dog"


@KINDS
def test_selected_rows_that_the_table_does_not_hold_have_missing_values(make, widget):
    made = widget(data=make({"key": [7, 5], "name": ["seven", "five"], "rank": [1, 2]}), id="key")
    made.selection = [5, 6, 7, 6]
    rows = rows_of(made.selected())
    assert [row["id"] for row in rows] == [5, 6, 7, 6]
    names = [row["name"] for row in rows]
    assert (names[0], names[2]) == ("five", "seven")
    assert pd.isna(names[1])
    assert pd.isna(names[3])
    assert [row["rank_data"] for row in rows][::2] == [2, 1]


@KINDS
def test_selected_rows_of_an_empty_table_are_described_all_the_same(make, widget):
    made = widget(data=make({"key": np.array([], np.int64), "name": np.array([], str)}), id="key")
    made.selection = [5]
    assert [row["id"] for row in rows_of(made.selected())] == [5]


@KINDS
@pytest.mark.parametrize("columns", [[], ["id", "id_data", "label", "label_data", "feder_is_held"]])
def test_selected_rows_have_whatever_columns_are_left_under_names_of_their_own(make, columns, widget):
    data = {"key": [7, 5], **{name: [f"{name} 7", f"{name} 5"] for name in columns}}
    made = widget(data=make(data), id="key", columns=columns)
    made.selection = [5, 6, 7]
    rows = rows_of(made.selected())
    assert [row["id"] for row in rows] == [5, 6, 7]
    names = ["id_data_data", "id_data", "label_data_data", "label_data", "feder_is_held"][: len(columns)]
    assert list(rows[0]) == ["id", "cluster", "rank", "distance", "label", *names]
    if columns:
        assert rows[0]["id_data_data"] == "id 5"
        assert rows[2]["id_data"] == "id_data 7"
        assert pd.isna(rows[1]["feder_is_held"])


@KINDS
def test_selected_rows_of_a_table_of_labels_alone_have_its_labels(make, widget):
    made = widget(data=make({"kind": DATA["kind"]}), label="kind")
    made.selection = [1, 0]
    assert [row["label"] for row in rows_of(made.selected())] == ["dog", "cat"]


@pytest.mark.parametrize("names", [[0, 1, 2], [("a", 1), ("a", 2), ("b", 1)], ["a", 1.5, 2]])
def test_columns_of_pandas_may_have_names_that_are_no_text(names, widget):
    frame = pd.DataFrame({"key": range(N)[::-1], "kind": DATA["kind"], "price": DATA["price"]})
    frame.columns = pd.MultiIndex.from_tuples(names) if isinstance(names[0], tuple) else names
    made = widget(data=frame, id=names[0], label=names[1])
    made.selection = [N - 1, 0]
    table = made.selected()
    assert list(table.columns) == ["id", "cluster", "rank", "distance", "label", names[2]]
    assert table.iloc[:, 5].tolist() == [0, (N - 1) / 8]
    assert table["label"].tolist() == ["cat", None] or pd.isna(table["label"][1])
    assert made._media.table.texts([N - 3]) == [["0.25"]]


@KINDS
def test_no_selection_is_an_empty_table_of_the_callers_kind(make, widget):
    frame = make(DATA)
    table = widget(data=frame).selected()
    assert type(table) is type(frame)
    assert rows_of(table) == []


def conversation(media):
    page = Page()
    return page, Session(open_index(index()), media, page.send, k_max=9)


def test_the_page_is_told_the_values_of_rows():
    page, session = conversation(Media(None, None, dense(), table=RowTable(pd.DataFrame(DATA), dense())))
    session.handle({"kind": "row_values", "request": "v", "ids": ["5", "-1", "7"]})
    session.drain()
    message, buffers = page.wait(kind="row_values", request="v")
    assert message["ids"] == ["5", "-1", "7"]
    assert message["values"] == [["row 5", None, "0.625", "False"], [], ["row 7", "dog", "0.875", "False"]]
    numbers = np.frombuffer(buffers[0]).reshape(3, 4)
    np.testing.assert_array_equal(numbers[:, 2], [0.625, np.nan, 0.875])
    assert np.isnan(numbers[:, [0, 1, 3]]).all()
    session.close()


def test_without_a_table_rows_have_no_values():
    page, session = conversation(Media(None, None, dense()))
    session.handle({"kind": "row_values", "request": "v", "ids": ["5"]})
    session.drain()
    assert page.wait(kind="row_values", request="v")[0]["values"] == [[]]
    session.close()


def test_too_many_rows_at_once_are_refused():
    page, session = conversation(Media(None, None, dense()))
    session.handle({"kind": "row_values", "request": "v", "ids": ["1"] * (MAX_VALUES + 1)})
    assert page.wait(kind="error", request="v")[0]["code"] == "invalid"
    session.close()


def test_the_largest_answer_stays_under_a_mebibyte():
    frame = pd.DataFrame({f"c{i}": ["\u202e" * 500] * N for i in range(32)})
    page, session = conversation(Media(None, None, dense(), table=RowTable(frame, dense())))
    session.handle({"kind": "row_values", "request": "v", "ids": ["1"] * MAX_VALUES})
    session.drain()
    message, _ = page.wait(kind="row_values", request="v")
    assert len(str(message).encode()) < 1 << 20
    session.close()


def test_text_few_integers_and_bools_are_categories_and_numbers_and_dates_have_scales():
    few = [row % 10 for row in range(N)]
    data = {**DATA, "class": few, "year": range(N), "day": pd.date_range("2024", periods=N)}
    table = RowTable(pd.DataFrame(data), dense())
    assert (table.categories, table.scales) == ([0, 1, 3, 4], [2, 5, 6])


@KINDS
def test_the_values_of_a_column_are_counted_like_labels(make):
    page, session = conversation(Media(None, None, dense(), table=RowTable(make(DATA), dense())))
    session.handle({"kind": "labels", "request": "l", "column": 1})
    session.drain()
    message, _ = page.wait(kind="labels", request="l", final=True)
    # Which of two equally common values comes first is open.
    assert (message["column"], sorted(message["names"])) == (1, ["cat", "dog"])
    assert (message["counted"], message["unlabelled"]) == (N, N // 3)
    session.handle({"kind": "composition", "request": "c", "cluster": 0, "column": 1})
    session.handle({"kind": "row_labels", "request": "r", "clusters": [0], "column": 1})
    session.drain()
    composition, _ = page.wait(kind="composition", request="c")
    rows, (_, _, ids, codes) = page.wait(kind="row_labels", request="r")
    assert rows["names"] == message["names"]
    kinds = [DATA["kind"][row] for row in np.frombuffer(ids, np.int64)]
    assert [(*message["names"], "other", None)[code] for code in codes] == kinds
    found = dict(zip(composition["names"], composition["counts"], strict=True))
    assert found == {kind: kinds.count(kind) for kind in ("cat", "dog") if kind in kinds}
    session.close()


@KINDS
@pytest.mark.parametrize("by_id", [False, True])
def test_values_that_are_counted_are_read_together_and_their_texts_made_once(make, by_id, monkeypatch):
    data = {**DATA, "key": list(range(N))[::-1], "year": [2000 + i % 4 for i in range(N)], "sign": [" +"] * N}
    table = RowTable(
        make(data), dense(), id_column="key" if by_id else None, columns=[*list(data)[:4], "year", "sign"]
    )
    media = Media(None, None, dense(), table=table)
    ids = np.array([*range(N), N + 5])
    wanted = [[table.text(row, column) for row in ids] for column in range(6)]
    made = []
    text = RowTable._text
    monkeypatch.setattr(RowTable, "_text", lambda *given: (made.append(1), text(*given))[1])
    for column, values in enumerate(wanted):
        made.clear()
        tally = LabelTally(media.by_column(column), 60.0)
        rest = ids
        while len(rest):
            rest = rest[tally.read(rest, np.zeros(len(rest), np.int32)) :]
        counts = tally.counts(1, len(ids), N)
        found = dict(zip(counts.names, counts.counts[0].tolist(), strict=False))
        assert found == Counter(value for value in values if value is not None)
        assert (counts.unlabelled, counts.failed) == (values.count(None), 0)
        assert len(made) == len(found)


@KINDS
@pytest.mark.parametrize("by_id", [False, True])
def test_labels_of_a_table_are_read_together(make, by_id, widget, monkeypatch):
    data = {**DATA, "key": list(range(N))[::-1]}
    made = widget(data=make(data), id="key" if by_id else None, label="kind")
    media = made._media
    ids = np.array([*range(N), N + 5])
    wanted = [media.label(row) for row in ids]
    asked = []
    read = Media.read_label
    monkeypatch.setattr(Media, "read_label", lambda *given: (asked.append(1), read(*given))[1])
    tally = LabelTally(media, 60.0)
    rest = ids
    while len(rest):
        rest = rest[tally.read(rest, np.zeros(len(rest), np.int32)) :]
    counts = tally.counts(1, 9, N)
    assert dict(zip(counts.names, counts.counts[0].tolist(), strict=False)) == Counter(filter(None, wanted))
    assert counts.unlabelled == wanted.count(None)
    assert len(asked) == 2


@pytest.mark.parametrize("kind", ["polars", "arrow", "arrow in pieces", "dictionary", "categories", "array"])
def test_columns_given_as_labels_are_taken_together(kind):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    values = DATA["kind"] * 50
    column = {
        "polars": lambda: pl.Series(values),
        "arrow": lambda: pa.chunked_array([values]),
        "arrow in pieces": lambda: pa.chunked_array([[value] for value in values]),
        "dictionary": lambda: pa.chunked_array([values]).dictionary_encode(),
        "categories": lambda: pl.Series(values, dtype=pl.Categorical),
        "array": lambda: pa.array(values),
    }[kind]()
    media = Media(None, column, dense(len(values)))
    ids = np.random.default_rng(0).permutation(len(values))
    assert media.label_entries(np.array([*ids, len(values), -1])) == [*(values[i] for i in ids), None, None]
    assert [media.label(int(i)) for i in ids[:9]] == [values[i] for i in ids[:9]]


@KINDS
def test_of_many_labels_only_those_that_are_counted_are_taken(make, monkeypatch):
    rows = 100_000
    labels = np.array(["cat", "dog"])[np.arange(rows) % 2].tolist()
    taken = []
    take = StoredColumn.take
    monkeypatch.setattr(StoredColumn, "take", lambda *given: (taken.append(len(given[1])), take(*given))[1])
    table = RowTable(make({"kind": labels}), dense(rows))
    media = Media(None, table.column("kind", "label"), dense(rows), table=table)
    assert taken == []
    tally = LabelTally(media, 60.0)
    rest, calls = np.arange(rows), 0
    while len(rest):
        rest = rest[tally.read(rest, np.zeros(len(rest), np.int32)) :]
        calls += 1
    assert max(taken) <= label_tally.TAKEN
    assert sum(taken) <= rows + calls * label_tally.TAKEN


def test_labels_and_columns_are_counted_apart_and_an_unknown_column_is_refused():
    table = RowTable(pd.DataFrame(DATA), dense())
    page, session = conversation(Media(None, lambda _: "label", dense(), table=table))
    for request, column in (("a", 3), ("b", None), ("c", 99), ("d", 4)):
        session.handle({"kind": "labels", "request": request, "column": column})
        session.drain()
    assert set(page.wait(kind="labels", request="a", final=True)[0]["names"]) == {"True", "False"}
    # What is no place of a column counts as null.
    for request in ("b", "c"):
        told = page.wait(kind="labels", request=request, final=True)[0]
        assert (told["column"], told["names"]) == (None, ["label"])
    assert page.wait(kind="error", request="d")[0]["message"] == "column 4 is not among the 4 of the metadata"
    session.close()
