"""The widget without a browser: its traits, its end of the comm, and what is left of it after close()."""

import asyncio
import gc
import json
import threading
import tracemalloc
import weakref
from xml.etree import ElementTree

import comm
import faiss
import ipywidgets
import numpy as np
import pytest
from comm.base_comm import BaseComm
from conversation import (
    PATIENCE,
    ByHand,
    Clock,
    Page,
    Received,
    assert_same_results,
    converse,
    faiss_search,
    limit_streams,
    search_request,
    step,
    step_until,
)
from ipywidgets.embed import dependency_state
from makers import ivf_around, make_ivf
from stand_ins import EagerTensor, Tensor

import feder_widget as fw
from feder_widget.model.work_pieces import drain
from feder_widget.palette import PALETTES
from feder_widget.session import session as session_module
from feder_widget.session.answers.thumbnails import read_vectors
from feder_widget.session.message_rate import BURST
from feder_widget.truth.workloads import rankings, workload_truth

BIG = 2**62 + 1
BIG_IDS = np.r_[np.arange(1997), BIG, -7, 2**53 + 1]


class PageComm(BaseComm):
    """A comm to a page that keeps what it is sent."""

    def __init__(self, **options):
        self.page = Page()
        self.states = []
        super().__init__(**options)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **_):
        json.dumps(metadata)
        if data and data.get("method") == "custom":
            self.page.send(data["content"], buffers)
        elif data and "state" in data:
            self.states.append((msg_type, data["state"], buffers or []))

    def last(self, name):
        """Return the trait as the page knows it."""
        return next(state[name] for _, state, _ in reversed(self.states) if name in state)

    def ask(self, content, buffers=()):
        """Send a request as a page does."""
        self.receive({"method": "custom", "content": content}, buffers)

    def set(self, **state):
        """Change traits as a page does."""
        self.receive({"method": "update", "state": state, "buffer_paths": []})

    def receive(self, data, buffers=()):
        self.handle_msg({"content": {"data": data}, "buffers": list(buffers)})


@pytest.fixture(autouse=True)
def comms(monkeypatch):
    monkeypatch.setattr(comm, "create_comm", PageComm)


@pytest.fixture
def make():
    """Make widgets that are closed when the test is over."""
    widgets = []

    def start(index, **options):
        widget = fw.FederWidget(index, **options)
        widgets.append(widget)
        return widget

    yield start
    for widget in widgets:
        widget.close()


@pytest.fixture
def widget(make, clustered):
    return make(clustered[0], nprobe=4, k=5)


def answers(widget):
    """Return the searches that the page has been sent from the first to the last message."""
    page = widget.comm.page
    requests = [message["request"] for message, _ in list(page.packets) if message["kind"] == "done"]
    return [Received(page.of(request)) for request in requests]


def answer(widget, row_id):
    """Return the whole answer to a search by id."""
    widget._session.drain()
    coarse, _ = widget.comm.page.wait(kind="coarse", id=None if row_id is None else str(row_id))
    widget.comm.page.wait(kind="done", request=coarse["request"])
    return Received(widget.comm.page.of(coarse["request"]))


# Workloads


def test_a_workload_evaluated_in_python_is_shown_on_the_page(widget):
    workload = widget.evaluate(30, seed=5, progress=False)
    sent, _ = widget.comm.page.wait(kind="workload", final=True)
    assert (sent["computed"], sent["asked"], sent["seed"], sent["k"]) == (30, 30, 5, 5)
    expected = widget.index.evaluate(30, 5, seed=5, progress=False)
    np.testing.assert_array_equal(workload.found_at, expected.found_at)


def test_its_k_can_be_another_and_its_queries_anything(widget, clustered):
    workload = widget.evaluate(clustered[1][:7] + 1, k=12, progress=False)
    assert (workload.k, workload.source, len(workload)) == (12, "vectors", 7)
    assert widget.evaluate([4, 5], progress=False).include_self is False
    assert widget.evaluate([4, 5], include_self=True, progress=False).include_self is True
    widget.include_self = True
    assert widget.evaluate([4, 5], progress=False).include_self is True
    with pytest.raises(TypeError, match="include_self must be True or False, got 'yes'"):
        widget.evaluate([4, 5], include_self="yes", progress=False)


def test_an_interrupt_keeps_what_was_computed_on_the_page_too(widget, clustered, monkeypatch):
    monkeypatch.setattr(rankings, "LEAST_BATCH", 20)
    monkeypatch.setattr(rankings, "blas_work", lambda: 16)
    monkeypatch.setattr(workload_truth, "blas_work", lambda: 16)
    monkeypatch.setattr(rankings, "RANKING_BYTES", 32 * 20 * 20)

    def interrupt(done, _asked):
        if done > 50:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="of 200 queries were evaluated"):
        kept = widget.evaluate(clustered[1][:200], progress=interrupt)
    sent, _ = widget.comm.page.wait(kind="workload", final=True)
    assert 0 < sent["computed"] == len(kept) < 200
    assert sent["reason"] == kept.reason == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"queries": 0}, "at least 1 query"),
        ({"queries": 3, "k": 101}, "k_max=100"),
        ({"queries": []}, "none"),
    ],
)
def test_a_workload_that_makes_no_sense_is_refused(widget, arguments, words):
    with pytest.raises(ValueError, match=words):
        widget.evaluate(**arguments)


# Made of


def test_a_widget_is_made_of_a_faiss_index_a_path_or_an_opened_index(make, clustered, tmp_path):
    index, _ = clustered
    faiss.write_index(index, str(tmp_path / "stored.index"))
    for source in (index, tmp_path / "stored.index", str(tmp_path / "stored.index"), fw.open_index(index)):
        widget = make(source)
        assert widget.index.ntotal == 2000
        widget.search(3)
        assert answer(widget, 3).ranks == 20


def test_an_opened_index_is_used_as_it_is(make, clustered):
    opened = fw.open_index(clustered[0])
    assert make(opened).index is opened


def test_nprobe_starts_where_the_index_has_it(make, clustered):
    clustered[0].nprobe = 7
    assert make(clustered[0]).nprobe == 7
    clustered[0].nprobe = 500
    assert make(clustered[0]).nprobe == 20


def test_a_k_above_k_max_raises_k_max(make, clustered):
    widget = make(clustered[0], k=150)
    assert widget.k == 150
    assert widget.comm.states[0][1]["_summary"]["k_max"] == 150


@pytest.mark.parametrize(
    ("options", "error", "complaint"),
    [
        ({"nprobe": 0}, ValueError, "nprobe must be between 1 and nlist=20, got 0"),
        ({"nprobe": 21}, ValueError, "nprobe must be between 1 and nlist=20, got 21"),
        ({"nprobe": 2.0}, TypeError, "nprobe must be an int, got 2.0"),
        ({"k": 0}, ValueError, "k must be between 1 and"),
        ({"k": "9"}, TypeError, "k must be an int, got '9'"),
        ({"k_max": 10**6}, ValueError, "k_max must be between 1 and"),
        ({"include_self": 1}, TypeError, r"include_self must be True or False, got 1 \(int\)"),
        ({"theme": "blue"}, ValueError, "theme must be one of auto, light, dark, got 'blue'"),
        ({"images": ["a.png"] * 3}, ValueError, "images must have one entry per vector of the index: wanted"),
        ({"images": 3}, TypeError, "images must be"),
        ({"labels": ["a"] * 3}, ValueError, "labels must have one entry per vector of the index: wanted"),
    ],
)
def test_a_wrong_argument_is_named_and_leaves_nothing_behind(clustered, options, error, complaint):
    threads = set(threading.enumerate())
    with pytest.raises(error, match=complaint):
        fw.FederWidget(clustered[0], **options)
    gc.collect()
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (faiss.IndexFlatL2(4), fw.UnsupportedIndexError),
        (3, TypeError),
        ("no such.index", OSError),
        (ivf_around(np.zeros((1, 2), np.float32)), ValueError),
    ],
)
def test_what_is_no_index_to_show_is_refused_without_noise(source, error):
    # ipywidgets closes whatever is dropped; a failure of that would be an error of this test.
    with pytest.raises(error):
        fw.FederWidget(source)
    gc.collect()


def test_the_page_is_told_of_the_index_once(widget):
    _, state, buffers = widget.comm.states[0]
    assert state["_summary"] == {
        "kind": "index",
        "buffers": [["sizes", "int32", [20]]],
        "index_version": 0,
        "nlist": 20,
        "ntotal": 2000,
        "dim": 16,
        "family": "IVF20,Flat",
        "metric": "L2",
        "distance": "squared L2 distance",
        "refined_distance": None,
        "similarity": False,
        "coarse_distance": "squared L2 distance",
        "coarse_similarity": False,
        "coarse_exact": True,
        "coarse_measured": True,
        "exact": True,
        "replayable": True,
        "renamed": False,
        "steady": True,
        "given": False,
        "unexplained": None,
        "no_curve": None,
        "evaluated_at": [],
        "k_max": 100,
        "nprobe": 1,
        "images": False,
        "labels": False,
        "asks_pictures": False,
        "asks_words": False,
        "columns": [],
        "categories": [],
        "scales": [],
        "findings": [
            {
                "code": "stored-nprobe",
                "severity": "warning",
                "sentence": "Outside this widget the index uses its stored nprobe = 1.",
                "evidence": {"nprobe": 1, "nlist": 20},
                "remedy": None,
            }
        ],
        "constants": {
            "views": ["clusters", "distances", "projection"],
            "thumbnail_sizes": [64, 128, 256, 512, 1024],
            "snapshot_limit": 40_000,
            "sample_limit": 1_000_000,
            "batch_limit": 1024,
            "query_bytes": 1_048_576,
            "words_limit": 2000,
            "values_limit": 64,
        },
    }
    assert np.frombuffer(buffers[0], "<i4").tolist() == widget.index.list_sizes.tolist()


# Traits


@pytest.mark.parametrize(
    ("name", "good", "bad", "error", "complaint"),
    [
        ("nprobe", 7, 0, ValueError, "nprobe must be between 1 and nlist=20, got 0"),
        ("nprobe", 20, 21, ValueError, "nprobe must be between 1 and nlist=20, got 21"),
        ("nprobe", np.int64(7), 7.0, TypeError, "nprobe must be an int, got 7.0"),
        ("nprobe", 7, True, TypeError, "nprobe must be an int, got True"),
        ("nprobe", 7, None, TypeError, "nprobe must be an int, got None"),
        ("k", 100, 101, ValueError, "k must be between 1 and k_max=100, got 101"),
        ("k", 1, 0, ValueError, "k must be between 1 and k_max=100, got 0"),
        ("k", 1, "2", TypeError, "k must be an int, got '2'"),
        ("include_self", True, 1, TypeError, r"include_self must be True or False, got 1 \(int\)"),
        ("include_self", np.bool_(True), None, TypeError, "include_self must be True or False, got None"),
        ("cluster", 19, 20, ValueError, "cluster must be between 0 and nlist - 1=19, got 20"),
        ("cluster", 0, -1, ValueError, "cluster must be between 0 and"),
        ("cluster", 5, "5", TypeError, "cluster must be an int, got '5'"),
        ("query_id", 9, 2000, ValueError, "row id 2000 is not in the index"),
        ("query_id", 1, True, TypeError, "query_id must be an int, got True"),
        ("query_id", 1, 1.0, TypeError, "query_id must be an int, got 1.0"),
        ("query_id", 1, np.arange(2), TypeError, "query_id must be an int"),
        ("query_id", 1, 2**70, ValueError, "is not in the index"),
        ("selection", [1, 2], [1, "2"], TypeError, "selection must be an int, got '2'"),
        ("selection", [1, 2], "12", TypeError, "selection must be a list of row ids, got '12'"),
        ("selection", [1, 2], 3, TypeError, "selection must be a list of row ids, got 3"),
        ("view", "clusters", "graph", ValueError, "view must be one of clusters, distances, .*, got 'graph'"),
        ("theme", "dark", "blue", ValueError, "theme must be one of auto, light, dark, got 'blue'"),
        ("theme", "light", None, ValueError, "theme must be one of"),
    ],
)
def test_a_bad_value_is_refused_and_the_old_one_stays(widget, name, good, bad, error, complaint):
    setattr(widget, name, good)
    with pytest.raises(error, match=complaint):
        setattr(widget, name, bad)
    assert getattr(widget, name) == good
    with pytest.raises(error, match=complaint), widget.hold_trait_notifications():
        setattr(widget, name, bad)
    assert getattr(widget, name) == good


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nprobe", 999),
        ("k", "many"),
        ("include_self", 0),
        ("cluster", -1),
        ("query_id", "12345"),
        ("query_id", "x"),
        ("theme", 3),
    ],
)
def test_a_bad_value_from_the_page_changes_nothing(widget, name, value):
    before = getattr(widget, name)
    widget.comm.set(**{name: value})
    assert getattr(widget, name) == before
    widget.comm.set(nprobe=8)
    assert widget.nprobe == 8


def test_numbers_of_numpy_are_plain_ones_on_the_wire(widget):
    widget.nprobe, widget.k, widget.cluster = np.int64(7), np.uint8(3), np.int32(2)
    for name, value in (("nprobe", 7), ("k", 3), ("cluster", 2)):
        assert widget.comm.last(name) == value
        assert type(widget.comm.last(name)) is int


def test_row_ids_are_strings_on_the_wire_and_integers_in_python(make):
    index, vectors = make_ivf(ids=BIG_IDS)
    widget = make(index)
    widget.selection = [BIG, -7, np.int64(3)]
    widget.query_id = BIG
    assert widget.comm.last("selection") == [str(BIG), "-7", "3"]
    assert widget.comm.last("query_id") == str(BIG)
    assert widget.selection == [BIG, -7, 3]
    received = answer(widget, BIG)
    np.testing.assert_array_equal(received.vector, vectors[1997])
    assert received.results(20, 1, similarity=False)[0].tolist() == [BIG]

    widget.comm.ask(search_request(query={"id": str(2**53 + 1), "cluster": None}))
    assert answer(widget, 2**53 + 1).vector.tolist() == vectors[1999].tolist()
    widget.comm.set(selection=[str(2**53 + 1), "-7"], query_id=str(2**53 + 1))
    assert widget.selection == [2**53 + 1, -7]
    assert widget.query_id == 2**53 + 1


def test_two_widgets_have_selections_of_their_own(make, clustered):
    first, second = make(clustered[0]), make(clustered[0])
    assert first.selection == second.selection == []
    first.selection = [1]
    assert second.selection == []


def test_traits_can_be_observed_and_linked(widget):
    seen = []
    widget.observe(lambda change: seen.append((change["name"], change["new"])), ["nprobe", "query_id"])
    slider = ipywidgets.IntSlider(min=1, max=20)
    ipywidgets.link((widget, "nprobe"), (slider, "value"))
    slider.value = 11
    assert widget.nprobe == 11
    assert widget.comm.last("nprobe") == 11
    widget.comm.set(nprobe=3)
    assert slider.value == 3
    widget.query_id = 5
    assert seen == [("nprobe", 11), ("nprobe", 3), ("query_id", 5)]


def test_two_widgets_can_be_linked(make, clustered):
    first, second = make(clustered[0]), make(clustered[0], nprobe=1)
    for name in ("nprobe", "k", "query_id", "cluster", "selection"):
        ipywidgets.link((first, name), (second, name))
    first.nprobe, first.k, first.cluster, first.selection = 9, 3, 2, [4]
    second.query_id = 8
    assert (second.nprobe, second.k, second.cluster, second.selection) == (9, 3, 2, [4])
    assert first.query_id == 8
    assert answer(first, 8).vector.tolist() == answer(second, 8).vector.tolist()
    assert len(answers(first)) == len(answers(second)) == 1


@pytest.mark.parametrize("name", ["nprobe", "k", "include_self", "cluster", "selection", "theme"])
def test_no_trait_but_the_query_starts_a_search(widget, name):
    widget.search(1)
    answer(widget, 1)
    setattr(widget, name, {"selection": [1], "theme": "dark", "include_self": True}.get(name, 2))
    widget.search(2)
    answer(widget, 2)
    assert [received.coarse["id"] for received in answers(widget)] == ["1", "2"]


# Searching


@pytest.mark.parametrize("metric", ["L2", "inner product"])
def test_a_search_by_id_or_vector_streams_what_faiss_finds(make, metric):
    index, vectors = make_ivf(metric=metric)
    widget = make(index, nprobe=4, k=5)
    queries = {12: 12, None: vectors[3] + np.float32(0.5)}
    for row_id, query in queries.items():
        widget.search(query)
        assert widget.query_id == row_id
        received = answer(widget, row_id)
        vector = vectors[query] if row_id else query
        for nprobe in (1, 4, 20):
            expected = faiss_search(index, vector, nprobe, 5)
            assert_same_results(received.results(nprobe, 5, metric != "L2"), expected)
            widget.nprobe = nprobe
            trace = widget.trace()
            assert_same_results((trace.ids, trace.distances), expected)


@pytest.mark.parametrize("kind", [list, lambda row: row[None], lambda row: row.astype(np.float64)])
def test_a_query_may_be_any_array_of_numbers(widget, clustered, kind):
    widget.search(kind(clustered[1][3]))
    assert answer(widget, None).vector.tolist() == clustered[1][3].tolist()


@pytest.mark.parametrize(
    ("query", "error", "complaint"),
    [
        (5000, fw.UnknownIdError, "row id 5000 is not in the index of 2,000 vectors"),
        (-1, ValueError, "row id -1 is not in the index"),
        (np.zeros(5), ValueError, r"query must be a vector of shape \(16,\)"),
        (np.full(16, np.nan), ValueError, "query must be finite float32 numbers, got nan at position 0"),
        (np.full(16, 1e300), ValueError, "query must be finite float32 numbers"),
        ("5", TypeError, "query must be a row id"),
        (True, TypeError, "query must be a row id"),
        (None, TypeError, "query must be a row id"),
        (["a"] * 16, TypeError, "query must hold real numbers"),
    ],
)
def test_a_bad_query_is_refused_and_the_answer_stays(widget, query, error, complaint):
    widget.search(7)
    answer(widget, 7)
    before = widget.trace()
    with pytest.raises(error, match=complaint):
        widget.search(query)
    assert widget.query_id == 7
    assert_same_results(*((trace.ids, trace.distances) for trace in (widget.trace(), before)))
    widget.search(8)
    answer(widget, 8)
    assert [received.coarse["id"] for received in answers(widget)] == ["7", "8"]


def test_setting_the_query_id_starts_exactly_one_search(widget):
    widget.query_id = 7
    answer(widget, 7)
    widget.query_id = 7
    widget.comm.set(query_id="7")
    widget.query_id = None
    widget.search(8)
    answer(widget, 8)
    widget.query_id = 8
    widget.query_id = 9
    answer(widget, 9)
    assert [received.coarse["id"] for received in answers(widget)] == ["7", "8", "9"]


def paced(clustered):
    """A widget whose messages are paced by a clock that stands still, and the clock."""
    clock = Clock()

    class Paced(ByHand):
        is_paced = True

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(session_module, "driver_for", lambda _frozen: Paced())
        widget = fw.FederWidget(clustered[0], nprobe=4, k=5)
    widget._session._runner.now = clock
    return widget, clock


def query_ids(widget):
    return [state["query_id"] for _, state, _ in widget.comm.states if "query_id" in state]


@pytest.mark.parametrize("by", ["search", "query_id"])
def test_the_query_id_is_sent_when_its_search_begins(clustered, by):
    widget, clock = paced(clustered)
    widget.comm.states.clear()
    for row in range(1, 200):
        if by == "search":
            widget.search(row)
        else:
            widget.query_id = row
        assert widget.query_id == row
    assert len(query_ids(widget)) <= BURST
    clock.now += 60
    step_until(widget._session, widget.comm.page, kind="coarse", id="199")
    assert query_ids(widget)[-1] == "199"
    begun = [message["id"] for message, _ in widget.comm.page.packets if message["kind"] == "coarse"]
    assert query_ids(widget) == begun
    widget.query_id = None
    assert query_ids(widget)[-1] is None
    widget.close()


def test_a_query_id_whose_search_never_begins_is_not_sent(clustered):
    widget, clock = paced(clustered)
    for row in range(1, 20):
        widget.search(row)
    widget.comm.states.clear()
    widget.comm.ask(search_request("page", {"id": "50", "cluster": None}))
    clock.now += 60
    step_until(widget._session, widget.comm.page, kind="coarse", id="50")
    assert query_ids(widget) == []
    widget.comm.set(query_id="50")
    assert widget.query_id == 50
    widget.close()


def test_a_vector_search_clears_the_query_id_and_an_id_can_be_searched_again(widget, clustered):
    widget.search(7)
    answer(widget, 7)
    widget.search(clustered[1][7])
    assert widget.query_id is None
    answer(widget, None)
    widget.comm.page.packets.clear()
    widget.query_id = 7
    answer(widget, 7)
    assert widget.trace().ids[0] == 7


def test_the_trace_is_of_the_query_on_screen_at_the_present_nprobe_and_k(widget, clustered):
    index, vectors = clustered
    assert widget.trace() is None
    widget.query_id = 7
    widget.nprobe, widget.k = 11, 33
    trace = widget.trace()
    assert_same_results((trace.ids, trace.distances), faiss_search(index, vectors[7], 11, 33))
    assert len(trace.fine) == 11


def test_a_request_of_the_page_is_answered_over_the_comm(widget, clustered):
    widget.comm.ask(search_request(query={"vector": True}), [memoryview(clustered[1][5].tobytes())])
    widget.comm.page.wait(kind="done", request="a")
    received = Received(widget.comm.page.of("a"))
    assert_same_results(
        received.results(4, 5, similarity=False), faiss_search(clustered[0], clustered[1][5], 4, 5)
    )
    trace = widget.trace()
    assert trace.ids[0] == 5


def test_the_page_reports_the_query_it_shows_without_a_second_search(widget):
    widget.comm.ask(search_request(query={"id": "5", "cluster": None}))
    answer(widget, 5)
    widget.comm.set(query_id="5")
    assert widget.query_id == 5
    widget.search(6)
    answer(widget, 6)
    assert [received.coarse["id"] for received in answers(widget)] == ["5", "6"]


def test_a_late_report_of_the_page_does_not_undo_a_newer_search(widget):
    widget.comm.ask(search_request("a", query={"id": "5", "cluster": None}))
    answer(widget, 5)
    widget.search(6)
    widget.comm.set(query_id="5", nprobe=9)
    answer(widget, 6)
    widget.search(7)
    answer(widget, 7)
    assert (widget.query_id, widget.nprobe) == (7, 9)
    assert [received.coarse["id"] for received in answers(widget)] == ["5", "6", "7"]


def test_a_late_report_does_not_undo_a_search_that_begins_while_it_is_read(widget, monkeypatch):
    widget.comm.ask(search_request("a", query={"id": "5", "cluster": None}))
    answer(widget, 5)
    check = fw.FederWidget._check_query_id

    def checked(self, value):
        found = check(self, value)
        monkeypatch.undo()
        monkeypatch.setattr(comm, "create_comm", PageComm)
        widget.comm.ask(search_request("b", query={"id": "6", "cluster": None}))
        return found

    monkeypatch.setattr(fw.FederWidget, "_check_query_id", checked)
    widget.comm.set(query_id="5")
    assert widget._session.query.row_id == 6
    widget.search(7)
    answer(widget, 7)
    assert [received.coarse["id"] for received in answers(widget)] == ["5", "6", "7"]


def test_a_page_that_asks_as_soon_as_it_can_is_answered(make, clustered, monkeypatch):
    class Hasty(PageComm):
        """Asks as soon as somebody listens, while the widget is still being made."""

        def on_msg(self, callback):
            super().on_msg(callback)
            self.ask({"kind": "map", "request": "hasty"})

    monkeypatch.setattr(comm, "create_comm", Hasty)
    widget = make(clustered[0])
    widget.comm.page.wait(kind="map", request="hasty")


@pytest.mark.parametrize("content", [None, 3, "search", [], {}, {"kind": "search", "request": "x"}])
def test_a_wrong_request_of_the_page_is_answered_in_words(widget, content):
    widget.comm.ask(content)
    error, _ = widget.comm.page.wait(kind="error")
    assert "must be" in error["message"]
    widget.search(1)
    answer(widget, 1)


def test_the_pages_picture_is_kept_and_not_sent_back(widget):
    snapshot = ["data:image/webp;base64,UklGRkRw", "query 5, nprobe 4, k 5"]
    before = len(widget.comm.states)
    widget.comm.set(_snapshot=snapshot)
    assert widget.get_state("_snapshot") == {"_snapshot": snapshot}
    assert widget.comm.states[before:] == []


def test_a_picture_of_the_page_that_is_none_is_refused_and_the_last_stays(widget):
    snapshot = ["data:image/webp;base64,UklGRkRw", "query 5, nprobe 4, k 5"]
    widget.comm.set(_snapshot=snapshot)
    widget.comm.set(_snapshot=["javascript:alert(1)", ""])
    assert widget.get_state("_snapshot") == {"_snapshot": snapshot}


def test_the_picture_is_in_what_is_exported_to_a_page_without_a_kernel(widget):
    snapshot = ["data:image/webp;base64,UklGRkRw", "query 5, nprobe 4, k 5"]
    widget.comm.set(_snapshot=snapshot)
    states = dependency_state([widget], drop_defaults=False)
    assert states[widget.model_id]["state"]["_snapshot"] == snapshot


def test_pictures_come_over_the_comm(make, clustered):
    widget = make(clustered[0], images=np.zeros((2000, 4, 4), np.uint8), labels=["<i>"] * 2000)
    widget.comm.ask({"kind": "thumbnails", "request": "t", "ids": ["3"], "clusters": None, "size": 64})
    message, (data,) = widget.comm.page.wait(kind="thumbnails")
    assert message["items"][0]["label"] == "<i>"
    assert data.startswith(b"\x89PNG")


def test_several_widgets_on_one_index_do_not_disturb_each_other(make, clustered):
    index, vectors = clustered
    widgets = [make(index, nprobe=nprobe) for nprobe in (2, 5, 9)]
    for row_id, widget in enumerate(widgets):
        widget.search(row_id)
    for row_id, widget in enumerate(widgets):
        received = answer(widget, row_id)
        assert_same_results(
            received.results(widget.nprobe, 9, similarity=False),
            faiss_search(index, vectors[row_id], widget.nprobe, 9),
        )
    widgets[0].close()
    widgets[1].search(50)
    answer(widgets[1], 50)


def test_the_index_and_the_threads_of_faiss_are_left_as_they_were(make, clustered):
    index, vectors = clustered
    index.nprobe = 3
    threads = faiss.omp_get_max_threads()
    widget = make(index)
    widget.search(vectors[0])
    answer(widget, None)
    widget.trace()
    widget.close()
    assert faiss.omp_get_max_threads() == threads
    assert index.nprobe == 3
    assert index.ntotal == 2000


# What it costs and what is left


def test_a_widget_keeps_next_to_nothing_per_vector(make):
    n, d = 100_000, 16
    index, _ = make_ivf(n=n, d=d, nlist=500)
    labels = [None] * n
    first = make(index, images=labels, labels=labels)
    search_everything(first)
    first.close()
    stored = n * (4 * d + 8)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        widget = make(index, images=labels, labels=labels)
        search_everything(widget)
        widget._session.drain()
        widget.comm.page.packets.clear()
        widget.comm.states.clear()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 0.05 * stored


def search_everything(widget):
    widget.comm.ask({"kind": "map", "request": "map"})
    widget.comm.page.wait(kind="map", final=True)
    widget.search(5)
    answer(widget, 5)
    widget.trace()
    widget.comm.ask({"kind": "members", "request": "m", "clusters": [3], "offset": 0, "limit": 50})
    widget.comm.page.wait(kind="members")


def test_a_closed_widget_frees_its_index_its_pictures_and_its_threads(clustered):
    threads = set(threading.enumerate())
    index, _ = clustered

    class Images(dict):
        """A mapping that can be referred to weakly."""

    images = Images()
    widget = fw.FederWidget(fw.open_index(index), images=images)
    widget.search(3)
    answer(widget, 3)
    left = [weakref.ref(thing) for thing in (widget, widget._session, widget._media, widget.index, images)]
    widget.close()
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    del widget, images
    gc.collect()
    assert [reference() for reference in left] == [None] * 5


def test_a_widget_can_be_closed_twice_and_in_the_middle_of_a_search(widget):
    comm_of_page = widget.comm
    widget.search(3)
    widget.close()
    widget.close()
    sent = len(comm_of_page.page.packets)
    comm_of_page.ask(search_request())
    assert len(comm_of_page.page.packets) == sent
    assert widget.trace() is None


def test_a_closed_widget_says_so_when_it_is_asked_to_search(widget):
    widget.close()
    with pytest.raises(RuntimeError, match="the widget is closed"):
        widget.search(3)


def test_a_row_is_drawn_even_where_the_page_is_wrong_about_its_cluster(clustered):
    opened = fw.open_index(clustered[0])
    wrong = (opened.locate(5)[0] + 1) % opened.nlist
    drawn = drain(read_vectors(opened, [5, 10**9], [wrong, wrong]))
    np.testing.assert_array_equal(drawn[0], opened.vector(5))
    assert np.isnan(drawn[1]).all()


# The index changes


def test_the_page_hears_at_the_next_call_that_the_index_has_grown(make, clustered):
    index, vectors = clustered
    widget = make(index)
    widget.search(3)
    assert answer(widget, 3).coarse["index_version"] == 0
    index.add(vectors[:100] + 1)
    widget.search(4)
    assert answer(widget, 4).coarse["index_version"] == 1
    summary = widget.comm.last("_summary")
    assert (summary["index_version"], summary["ntotal"]) == (1, 2100)


def test_what_is_asked_about_an_answer_older_than_the_index_is_refused_in_words(make, clustered):
    index, vectors = clustered
    widget = make(index)
    widget.search(3)
    serial = answer(widget, 3).coarse["serial"]
    index.add(vectors[:100] + 1)
    widget.comm.ask({"kind": "results", "request": "r", "serial": serial, "nprobe": 2, "k": 3})
    error, _ = widget.comm.page.wait(kind="error", request="r")
    assert error["code"] == "changed"
    assert error["message"] == "the index has changed since this search; search again"
    widget.comm.ask(search_request("again", {"resume": True}))
    received = Received(widget.comm.page.of("again"))
    assert_same_results(received.results(4, 5, False), faiss_search(index, vectors[3], 4, 5))


@pytest.mark.parametrize("change", ["add", "remove", "reset"])
@pytest.mark.parametrize("steps", [0, 1, 2, 5, 9])
def test_a_search_that_is_under_way_when_the_index_changes_begins_anew(clustered, change, steps, monkeypatch):
    limit_streams(monkeypatch, piece=100)
    index, vectors = clustered
    page = Page()
    session = converse(index, page, by_hand=True)
    session.handle(search_request("a", {"vector": True}), [vectors[3].tobytes()])
    for _ in range(steps):
        step(session)
    if change == "add":
        index.add(vectors[:500] + 1)
    elif change == "remove":
        index.remove_ids(np.arange(100, 900))
    else:
        index.reset()
    session.drain()
    packets = page.of("a")
    last = max(place for place, (message, _) in enumerate(packets) if message["kind"] == "coarse")
    received = Received(packets[last:])
    assert_same_results(received.results(20, 5, False), faiss_search(index, vectors[3], 20, 5))
    assert [message for message, _ in page.packets if message["kind"] == "error"] == []
    session.close()


# Threads


def elsewhere(call):
    """Make a call on another thread, and return its result or what it raised."""
    done = []

    def run():
        try:
            done.append(call())
        except Exception as error:
            done.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    return done[0]


@pytest.fixture
def in_loop(clustered):
    """A widget whose index belongs to the thread of a loop, and the loop."""
    loop = asyncio.new_event_loop()

    async def start():
        return fw.FederWidget(clustered[0], nprobe=4, k=5)

    widget = loop.run_until_complete(start())
    yield widget, loop
    widget.close()
    loop.close()


async def is_sent(page, **fields):
    while not any(all(m.get(n) == v for n, v in fields.items()) for m, _ in list(page.packets)):
        await asyncio.sleep(0)


def test_a_search_on_another_thread_is_made_by_the_one_that_owns_the_index(in_loop):
    widget, loop = in_loop
    assert elsewhere(lambda: widget.search(3)) is None
    assert widget.comm.page.packets == []
    loop.run_until_complete(asyncio.wait_for(is_sent(widget.comm.page, kind="done"), PATIENCE))
    assert widget.query_id == 3
    elsewhere(lambda: widget.search(99999))
    loop.run_until_complete(asyncio.wait_for(is_sent(widget.comm.page, kind="error"), PATIENCE))
    assert "is not in the index" in widget.comm.page.wait(kind="error")[0]["message"]
    assert widget.query_id == 3


def test_no_other_thread_reads_an_index_that_was_passed_in(in_loop):
    widget, _ = in_loop
    for call in (widget.trace, widget.selected, lambda: widget.evaluate(5)):
        error = elsewhere(call)
        assert isinstance(error, RuntimeError)
        assert "frozen=True" in str(error)


def test_a_page_that_speaks_on_another_thread_is_answered_by_the_loop(in_loop):
    widget, loop = in_loop
    elsewhere(lambda: widget.comm.ask(search_request()))
    assert widget.comm.page.packets == []
    loop.run_until_complete(asyncio.wait_for(is_sent(widget.comm.page, kind="done"), PATIENCE))


def test_a_loop_that_is_over_hangs_nobody(in_loop):
    widget, loop = in_loop
    loop.close()
    widget.comm.ask(search_request())
    widget.search(3)
    assert widget.trace().ids[0] == 3


def test_a_frozen_index_is_read_on_any_thread(make, clustered):
    widget = make(fw.open_index(clustered[0], frozen=True))
    elsewhere(lambda: widget.search(3))
    assert elsewhere(widget.trace).ids[0] == 3
    widget.comm.page.wait(kind="done")


def test_a_widget_made_in_a_thread_without_a_loop_works_there_at_once(clustered):
    def use():
        widget = fw.FederWidget(clustered[0])
        widget.search(3)
        widget.comm.ask(search_request())
        found = widget.trace().ids[0], widget.comm.page.kinds("a")[-1]
        widget.close()
        return found

    assert elsewhere(use) == (0, "done")


# Views


def test_work_in_the_background_rests_while_no_page_shows_the_widget(make, clustered):
    widget = make(clustered[0])
    widget.search(3)
    widget.comm.set(_view_count=1)
    widget.comm.ask({"kind": "members", "request": "m", "clusters": [3], "offset": 0, "limit": 5})
    assert len(widget._session._orderings._kept) == 1
    widget.comm.set(_view_count=0)
    assert len(widget._session._orderings._kept) == 0
    assert widget._media.cached_bytes == 0
    widget.search(4)
    assert answer(widget, 4).ranks == 20
    widget.comm.set(_view_count=1)
    widget.comm.ask(search_request())
    widget.comm.page.wait(kind="done", request="a")


def test_a_job_that_is_interrupted_ends_and_the_next_search_works(make, clustered, monkeypatch):
    widget = make(clustered[0])
    with monkeypatch.context() as patched:

        def interrupt(*_arguments):
            raise KeyboardInterrupt

        patched.setattr(widget.index, "scan_steps", interrupt)
        with pytest.raises(KeyboardInterrupt):
            widget.search(3)
        widget.comm.ask(search_request("page"))
    errors = [m for m, _ in widget.comm.page.packets if m["kind"] == "error"]
    assert [error["code"] for error in errors] == ["interrupted", "interrupted"]
    widget.search(5)
    assert answer(widget, 5).ranks == 20


def test_the_history_holds_the_queries_searched_for(clustered):
    index, vectors = clustered
    w = fw.FederWidget(index, nprobe=2, k=3)
    w.search(5)
    w.nprobe = 4
    w.search(5)
    w.search(vectors[7] + 1)
    w.search(vectors[7] + 1)
    w.search(9)
    assert [(past.row_id, past.nprobe, past.k) for past in w.history] == [(5, 4, 3), (None, 4, 3), (9, 4, 3)]
    assert np.array_equal(w.history[1].vector, vectors[7] + 1)
    w.close()


@pytest.mark.parametrize("form", [lambda x: Tensor(x, requires_grad=True, device="cuda"), EagerTensor, list])
def test_a_query_of_another_library_is_searched(form, clustered):
    widget = fw.FederWidget(clustered[0])
    vector = widget.index.query_vector(3)
    widget.search(form(vector))
    np.testing.assert_array_equal(widget.history[-1].vector, vector)
    widget.close()


@pytest.mark.parametrize("view", ["clusters", "distances", "projection"])
@pytest.mark.parametrize("style", ["light", "dark"])
def test_the_page_is_sent_a_view_as_a_figure_with_its_text_as_text(make, clustered, view, style):
    widget = make(clustered[0], labels=['<b>"&'] * clustered[0].ntotal)
    widget.search(3)
    settings = {"nprobe": 2, "k": 5, "include_self": False, "style": style}
    widget.comm.ask({"kind": "figure", "request": "f", "view": view, **settings})
    content, (data,) = widget.comm.page.wait(kind="file_part", request="f", final=True)
    assert content["offset"] == 0
    root = ElementTree.fromstring(data)
    said = " ".join(text for one in root.iter() if one.tag.endswith("}text") for text in one.itertext())
    assert "nprobe 2 of" in said
    assert PALETTES[style].background in data.decode()


@pytest.mark.parametrize("change", [{"view": "recall"}, {"style": "print"}, {"k": 0}, {"nprobe": 10_000}])
def test_a_figure_that_the_page_cannot_mean_is_refused(make, clustered, change):
    widget = make(clustered[0])
    widget.search(3)
    asked = {"view": "clusters", "nprobe": 2, "k": 5, "include_self": False, "style": "light", **change}
    widget.comm.ask({"kind": "figure", "request": "f", **asked})
    assert widget.comm.page.wait(kind="error", request="f")[0]["code"] == "invalid"
