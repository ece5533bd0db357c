"""The conversation, with a list as the other end."""

import logging
import threading

import faiss
import numpy as np
import pytest
from conversation import (
    PATIENCE,
    ByHand,
    Clock,
    Page,
    Received,
    ReceivedMap,
    assert_same_results,
    converse,
    faiss_search,
    limit_streams,
    search_request,
    step,
    step_until,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from makers import ivf_around, make_ivf

from feder_widget.engines import open_index
from feder_widget.map import LayoutCancelled, cluster_map
from feder_widget.media import Media
from feder_widget.media.vector_strip import render_strip
from feder_widget.session import session as session_module
from feder_widget.session.answers import map as map_answer
from feder_widget.session.answers import pieces
from feder_widget.session.message_rate import BURST, RATE
from feder_widget.session.thread_driver import ThreadDriver


def assert_threads_end(before):
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread.name} goes on"


class Watched:
    """An ``IvfIndex`` whose scans are noted."""

    def __init__(self, index):
        self._index = open_index(index)
        self.scanned = []

    def __getattr__(self, name):
        return getattr(self._index, name)

    def scan_steps(self, query, clusters, to_centroids=None):
        self.scanned.append(np.array(clusters).tolist())
        return self._index.scan_steps(query, clusters, to_centroids)


def searched(session, page, request):
    """Ask, wait for the whole answer and put it together."""
    session.handle(request)
    page.wait(kind="done", request=request["request"])
    return Received(page.of(request["request"]))


# Searches


@pytest.mark.parametrize("metric", ["L2", "inner product"])
def test_a_search_by_id_is_answered_with_what_faiss_finds(talk, metric):
    index, vectors = make_ivf(metric=metric)
    session, page = talk(index)
    received = searched(session, page, search_request(query={"id": "17", "cluster": None}))
    assert received.coarse["id"] == "17"
    assert received.coarse["nprobe"] == 4
    assert received.coarse["k"] == 5
    assert received.coarse["k_max"] == 100
    for nprobe in (1, 4, 20):
        assert_same_results(
            received.results(nprobe, 5, metric != "L2"), faiss_search(index, vectors[17], nprobe, 5)
        )


def test_the_answer_comes_as_coarse_then_fine_then_nearest_then_done(talk, clustered):
    session, page = talk(clustered[0])
    searched(session, page, search_request())
    kinds = page.kinds("a")
    assert kinds == sorted(kinds, key=["coarse", "fine", "nearest", "done"].index)


def test_the_query_has_its_label(talk, clustered):
    session, page = talk(clustered[0], labels=[f"<b>{i}</b>" for i in range(2000)])
    session.handle(search_request(query={"id": "3", "cluster": None}))
    assert page.wait(kind="coarse")[0]["label"] == "<b>3</b>"


def test_ids_beyond_what_a_float_holds_arrive_whole(talk):
    ids = np.array([2**63 - 1, -(2**63), 2**53 + 1, -5, *range(100, 196)])
    index, vectors = make_ivf(n=100, nlist=4, ids=ids)
    session, page = talk(index)
    for row, row_id in enumerate(ids[:4].tolist()):
        received = searched(session, page, search_request(str(row), {"id": str(row_id), "cluster": None}, 4))
        assert received.coarse["id"] == str(row_id)
        assert received.results(4, 1, similarity=False)[0].tolist() == [row_id]
        np.testing.assert_array_equal(received.vector, vectors[row])


def test_a_hint_where_the_row_lives_saves_looking_for_it(talk, clustered):
    index, vectors = clustered
    opened = open_index(index)
    looked = []

    class NoLocate(Watched):
        def vector(self, row_id):
            looked.append(row_id)
            return opened.vector(row_id)

    session, page = talk(NoLocate(index))
    home, _ = opened.locate(5)
    received = searched(session, page, search_request("right", {"id": "5", "cluster": home}))
    np.testing.assert_array_equal(received.vector, vectors[5])
    assert looked == []


@pytest.mark.parametrize("hint", ["wrong", -1, 20, 10**30, 1.5, "3", None, [1], {}])
def test_a_useless_hint_is_ignored(talk, clustered, hint):
    index, vectors = clustered
    home, _ = open_index(index).locate(5)
    session, page = talk(index)
    query = {"id": "5", "cluster": (home + 1) % 20 if hint == "wrong" else hint}
    received = searched(session, page, search_request(query=query))
    np.testing.assert_array_equal(received.vector, vectors[5])


def test_a_search_by_vector_has_no_id(talk, clustered):
    index, vectors = clustered
    session, page = talk(index)
    query = vectors[8] + np.float32(0.25)
    session.handle(search_request(query={"vector": True}), [memoryview(query.tobytes())])
    page.wait(kind="done")
    received = Received(page.of("a"))
    assert received.coarse["id"] is None
    np.testing.assert_array_equal(received.vector, query)
    assert_same_results(received.results(4, 5, similarity=False), faiss_search(index, query, 4, 5))


@pytest.mark.parametrize(
    ("buffers", "complaint"),
    [
        ([], "a search by vector needs one buffer, got 0"),
        ([b"", b""], "a search by vector needs one buffer, got 2"),
        ([bytes(63)], "the query vector must hold 16 float32 values, got 63 bytes"),
        ([bytes(68)], "the query vector must hold 16 float32 values, got 68 bytes"),
        ([np.full(16, np.nan, np.float32).tobytes()], "query must be finite float32 numbers, got nan at"),
        ([np.r_[np.zeros(15), -np.inf].astype("<f4").tobytes()], "got -inf at position 15"),
    ],
)
def test_a_bad_vector_is_refused_and_the_query_stays(talk, clustered, buffers, complaint):
    session, page = talk(clustered[0])
    searched(session, page, search_request("good"))
    session.handle(search_request("bad", {"vector": True}), buffers)
    error, _ = page.wait(kind="error", request="bad")
    assert complaint in error["message"]
    assert error["code"] == "invalid"
    assert session.query.row_id == 0


def test_an_unknown_id_is_an_error_and_the_query_stays(talk, clustered):
    session, page = talk(clustered[0])
    searched(session, page, search_request("good"))
    for cluster in (None, 3):
        session.handle(search_request("bad", {"id": "99999", "cluster": cluster}))
        error, _ = page.wait(kind="error", request="bad")
        assert error["message"] == "row id 99999 is not in the index of 2,000 vectors"
        page.packets.remove((error, []))
    assert session.query.row_id == 0


def test_a_random_search_is_for_a_row_of_the_index(talk):
    ids = np.arange(1000, 1100)
    index, vectors = make_ivf(n=100, nlist=4, ids=ids)
    session, page = talk(index)
    found = set()
    for number in range(12):
        received = searched(session, page, search_request(number, {"random": True}))
        row_id = int(received.coarse["id"])
        np.testing.assert_array_equal(received.vector, vectors[row_id - 1000])
        found.add(row_id)
    assert len(found) > 3


def test_resuming_repeats_the_query_that_the_kernel_has(talk, clustered):
    session, page = talk(clustered[0])
    first = searched(session, page, search_request("first", {"id": "9", "cluster": None}))
    again = searched(session, page, search_request("again", {"resume": True}, nprobe=7, k=2))
    assert again.coarse["id"] == "9"
    assert (again.coarse["nprobe"], again.coarse["k"]) == (7, 2)
    assert again.coarse["serial"] > first.coarse["serial"]


def test_resuming_without_a_query_is_not_answered(talk, clustered):
    session, page = talk(clustered[0])
    session.handle(search_request("early", {"resume": True}))
    searched(session, page, search_request("later"))
    assert page.of("early") == []


def test_the_kernel_can_search_by_itself(talk, clustered):
    session, page = talk(clustered[0])
    session.search(4, 3, 2)
    session.drain()
    received = Received(page.of(page.wait(kind="done")[0]["request"]))
    assert (received.coarse["id"], received.coarse["nprobe"], received.coarse["k"]) == ("4", 3, 2)


# One search instead of another


def test_a_newer_search_supersedes_an_older_one_within_one_message(talk, clustered):
    session, page = talk(clustered[0], by_hand=True)
    session.handle(search_request("old"))
    step_until(session, page, kind="coarse", request="old")
    session.handle(search_request("new", {"id": "1", "cluster": None}))
    session.drain()
    assert page.kinds("old") == ["coarse"]
    assert Received(page.of("new")).ranks == 20


def test_searches_that_were_overtaken_before_they_began_send_nothing(talk, clustered):
    session, page = talk(clustered[0], by_hand=True)
    session.handle(search_request("0"))
    step_until(session, page, kind="coarse", request="0")
    for number in range(1, 10):
        session.handle(search_request(str(number), {"id": str(number), "cluster": None}))
    session.drain()
    assert [page.kinds(str(number)) for number in range(1, 9)] == [[]] * 8
    assert page.kinds("0") == ["coarse"]
    assert Received(page.of("9")).ranks == 20


def test_serials_grow_with_every_search(talk, clustered):
    session, page = talk(clustered[0])
    serials = [searched(session, page, search_request(str(number))).coarse["serial"] for number in range(5)]
    assert serials == sorted(set(serials))


def test_a_search_that_the_kernel_begins_supersedes_one_of_the_page(talk, clustered):
    session, page = talk(clustered[0], by_hand=True)
    session.handle(search_request("page", {"id": "1", "cluster": None}))
    session.search(2, 3, 3)
    assert session.query.row_id == 2
    session.drain()
    assert session.query.row_id == 2
    assert page.wait(kind="done")[0]["request"] == page.wait(kind="coarse", id="2")[0]["request"]


def test_a_search_in_a_call_sends_the_results_before_the_call_returns(talk, clustered):
    session, page = talk(clustered[0], by_hand=True)
    session.search(2, 3, 3)
    (request,) = {message["request"] for message, _ in page.packets}
    received = Received(page.of(request))
    assert_same_results(
        received.results(3, 3, similarity=False), faiss_search(clustered[0], clustered[1][2], 3, 3)
    )
    assert "done" not in page.kinds()
    session.drain()
    assert Received(page.of(request)).ranks == 20


def test_a_search_in_a_call_sends_the_results_of_probed_clusters_too_large_to_send_whole(
    talk, clustered, monkeypatch
):
    limit_streams(monkeypatch, full_candidates=150, piece=40)
    session, page = talk(clustered[0], by_hand=True)
    session.search(2, 8, 3)
    received = Received(page.packets)
    assert 0 < len(received.fine_ranks()) < 8 <= received.ranks
    assert_same_results(
        received.results(8, 3, similarity=False), faiss_search(clustered[0], clustered[1][2], 8, 3)
    )
    session.drain()
    assert Received(page.packets).ranks == 20


def test_searches_in_calls_that_come_too_fast_leave_all_to_the_last_one(talk, clustered):
    driver, clock = ByHand(), Clock()
    driver.is_paced = True
    session, page = talk(clustered[0], driver=driver)
    session._runner.now = clock
    for row in range(100):
        session.search(row, 3, 3)
        clock.now += 0.01
    assert len(page.packets) <= BURST + RATE * 1.0
    assert session.query.row_id == 99
    run_to_the_end(session, clock)
    last = page.wait(kind="coarse", id="99")[0]["request"]
    assert Received(page.of(last)).ranks == 20
    assert page.wait(kind="done", request=last)


def test_messages_are_paced_after_a_burst(talk, clustered, monkeypatch):
    monkeypatch.setattr(pieces, "CHUNK", 20)
    driver, clock = ByHand(), Clock()
    driver.is_paced = True
    session, page = talk(clustered[0], driver=driver)
    session._runner.now = clock
    session.handle(search_request(nprobe=20))
    times = run_to_the_end(session, clock, lambda: len(page.packets))
    assert len(page.of("a")) > 50
    for second in range(int(clock.now)):
        sent = sum(second <= moment < second + 1 for moment in times)
        assert sent <= RATE + (BURST if second == 0 else 1)


def run_to_the_end(session, clock, count=lambda: 0):
    """Step a session by its clock until nothing is left; return the moments at which ``count`` grew by 1."""
    moments = []
    for _ in range(100_000):
        before = count()
        due = session._runner.turn(0)
        moments += [clock.now] * (count() - before)
        if due is None and not session._runner.wait_for_a_thread():
            return moments
        clock.now += due or 0
    raise AssertionError("it does not come to an end")


# Wrong requests


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "a request must be an object, got NoneType"),
        ([], "a request must be an object, got list"),
        ({}, "kind must be one of search, rest"),
        ({"kind": "explode"}, "got 'explode'"),
        ({"kind": {}}, "got '{}'"),
        ({"kind": "search"}, "query must be an object, got NoneType"),
        (
            search_request(query={}),
            "query must hold one of id, vector, picture, words, random, workload, resume",
        ),
        (search_request(query={"id": "x"}), "id must be a 64-bit integer, got 'x'"),
        (search_request(query={"id": 2**64}), "id must be a 64-bit integer"),
        (search_request(nprobe=0), "nprobe must be an integer between 1 and nlist=20, got '0'"),
        (search_request(nprobe=21), "nprobe must be an integer between 1 and nlist=20, got '21'"),
        (search_request(k=101), "k must be an integer between 1 and k_max=100, got '101'"),
        (search_request(k=float("nan")), "k must be an integer between 1 and k_max=100, got 'nan'"),
        ({"kind": "thumbnails", "ids": "1", "size": 64}, "ids must be a list"),
        ({"kind": "members", "clusters": [20], "offset": 0, "limit": 1}, "clusters must be a list"),
        ({"kind": "members", "clusters": [1, 2, 3], "offset": 0, "limit": 30_000}, "the most is 65,536"),
        ({"kind": "medoids", "clusters": [20]}, "clusters must be a list"),
    ],
)
def test_a_wrong_request_gets_an_error_that_says_what_is_wrong(talk, clustered, content, complaint):
    session, page = talk(clustered[0])
    if isinstance(content, dict):
        content = {**content, "request": "wrong"}
    session.handle(content)
    error, buffers = page.wait(kind="error")
    assert complaint in error["message"]
    assert error["code"] == "invalid"
    assert error["request"] == ("wrong" if isinstance(content, dict) else "")
    assert buffers == []


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 30)
    | st.sampled_from([2**31, 2**53 + 1, -(2**63), 2**64, 10**4000])
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0", "-1", "9" * 400, "x" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "cluster", "vector", "random", "workload", "resume"])
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)
KINDS = [
    "search",
    "rest",
    "thumbnails",
    "members",
    "candidates",
    "medoids",
    "projection",
    "verdict",
    "results",
    "truth",
    "evaluate",
    "workload",
    "map",
    "cancel",
]
FIELDS = [
    "serial",
    "id",
    "sample",
    "seed",
    "ranks",
    "extra",
    "extra_clusters",
    "first_rank",
    "last_rank",
    "query",
    "nprobe",
    "k",
    "ids",
    "clusters",
    "size",
    "cluster",
    "offset",
    "limit",
    "request",
]
odd_requests = odd | st.builds(
    lambda kind, fields: {"kind": kind, **fields},
    st.sampled_from(KINDS) | odd,
    st.dictionaries(st.sampled_from(FIELDS), odd, max_size=6),
)


@pytest.fixture(scope="module")
def shared_talk():
    before = set(threading.enumerate())
    index, _ = make_ivf(n=300, nlist=6)
    page = Page()
    session = converse(index, page)
    yield session, page
    session.close()
    assert_threads_end(before)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(odd_requests, st.lists(st.binary(max_size=80), max_size=2))
def test_whatever_is_asked_nothing_breaks_and_a_good_search_is_answered(shared_talk, content, buffers):
    session, page = shared_talk
    session.handle(content, buffers)
    searched(session, page, search_request("good"))
    assert [message for message, _ in page.packets if message.get("code") == "internal"] == []
    assert page.kinds().count("error") <= 1
    page.packets.clear()


def test_what_goes_wrong_inside_is_told_and_logged(talk, clustered, caplog):
    class Broken(Watched):
        broken = True

        def scan_steps(self, query, clusters, to_centroids=None):
            if self.broken:
                raise RuntimeError("the disk is gone")
            return self._index.scan_steps(query, clusters, to_centroids)

    index = Broken(clustered[0])
    session, page = talk(index)
    with caplog.at_level(logging.ERROR):
        session.handle(search_request("bad"))
        error, _ = page.wait(kind="error", request="bad")
    assert error["code"] == "internal"
    assert error["message"] == "RuntimeError: the disk is gone"
    assert "the disk is gone" in caplog.text
    index.broken = False
    searched(session, page, search_request("good"))


def test_a_page_that_cannot_be_reached_breaks_nothing(talk, clustered, caplog):
    class Unreachable(Page):
        def send(self, message, buffers):
            if message["request"] == "lost":
                self.held.set()
                raise ConnectionError("the comm is closed")
            super().send(message, buffers)

    session, page = talk(clustered[0], Unreachable())
    with caplog.at_level(logging.CRITICAL):
        session.handle(search_request("lost"))
        assert page.held.wait(PATIENCE)
    searched(session, page, search_request("good"))
    assert page.kinds("lost") == []


# Members and medoids


def members_of(session, page, cluster, offset=0, limit=100, request="m"):
    session.handle(
        {"kind": "members", "request": request, "clusters": [cluster], "offset": offset, "limit": limit}
    )
    message, buffers = page.wait(kind="members", request=request)
    clusters, totals, counts = (np.frombuffer(buffer, "<i4").tolist() for buffer in buffers[:3])
    ids, distances = np.frombuffer(buffers[3], "<i8"), np.frombuffer(buffers[4], "<f4")
    assert (clusters, counts) == ([cluster], [len(ids)])
    return {**message, "total": totals[0]}, ids, distances


@pytest.mark.parametrize("metric", ["L2", "inner product"])
def test_members_without_a_query_are_ordered_by_their_centroid_without_distances(talk, metric):
    index, vectors = make_ivf(metric=metric)
    session, page = talk(index)
    message, ids, distances = members_of(session, page, 3, limit=65_536)
    opened = open_index(index)
    rows = opened.list_ids(3)
    centroid = opened.centroids([3])[0]
    near = ((vectors[rows] - centroid) ** 2).sum(1) if metric == "L2" else -(vectors[rows] @ centroid)
    assert ids.tolist() == rows[np.argsort(near, kind="stable")].tolist()
    assert np.isnan(distances).all()
    assert message["total"] == len(ids) == len(distances)
    assert message["serial"] == 0


def test_members_without_a_query_include_rows_whose_distance_overflows(talk):
    index = ivf_around(np.array([[0.0], [100.0]], np.float32))
    index.add(np.array([[3.0], [101.0], [1.0]], np.float32))
    code = np.array([1e30], np.float32).view(np.uint8)
    index.invlists.add_entries(0, 1, faiss.swig_ptr(np.array([9])), faiss.swig_ptr(code))
    index.ntotal += 1
    session, page = talk(index)
    assert members_of(session, page, 0)[1].tolist() == [2, 0, 9]


def test_members_of_several_clusters_come_in_one_message(talk, clustered):
    session, page = talk(clustered[0])
    searched(session, page, search_request())
    expected = [members_of(session, page, cluster, 2, 5, request=cluster)[1] for cluster in (7, 3, 5)]
    session.handle({"kind": "members", "request": "all", "clusters": [7, 3, 5], "offset": 2, "limit": 5})
    _, (clusters, totals, counts, ids, distances) = page.wait(kind="members", request="all")
    assert np.frombuffer(clusters, "<i4").tolist() == [7, 3, 5]
    sizes = open_index(clustered[0]).list_sizes
    assert np.frombuffer(totals, "<i4").tolist() == sizes[[7, 3, 5]].tolist()
    assert np.frombuffer(counts, "<i4").tolist() == [len(rows) for rows in expected]
    assert np.frombuffer(ids, "<i8").tolist() == np.concatenate(expected).tolist()
    assert len(distances) == 4 * len(np.concatenate(expected))


def test_members_of_no_cluster_are_an_answer_too(talk, clustered):
    session, page = talk(clustered[0])
    session.handle({"kind": "members", "request": "m", "clusters": [], "offset": 0, "limit": 9})
    assert page.wait(kind="members")[1] == [b""] * 5


@pytest.mark.parametrize("metric", ["L2", "inner product"])
def test_members_with_a_query_are_ordered_by_distance_to_it(talk, metric):
    index, vectors = make_ivf(metric=metric)
    session, page = talk(index)
    searched(session, page, search_request(query={"id": "7", "cluster": None}))
    _, ids, distances = members_of(session, page, 3, limit=65_536)
    scan = open_index(index).scan(vectors[7], [3])
    near = -scan.distances if metric != "L2" else scan.distances
    assert ids.tolist() == scan.ids[np.argsort(near, kind="stable")].tolist()
    assert sorted(distances.tolist(), reverse=metric != "L2") == distances.tolist()


def test_windows_of_members_join_without_a_gap(talk, clustered):
    session, page = talk(clustered[0])
    searched(session, page, search_request())
    message, everything, _ = members_of(session, page, 3, limit=65_536, request="all")
    windows = [
        members_of(session, page, 3, offset, 7, request=f"from {offset}")[1]
        for offset in range(0, message["total"], 7)
    ]
    assert np.concatenate(windows).tolist() == everything.tolist()


@pytest.mark.parametrize("offset", [10_000, 2**62])
def test_a_window_beyond_the_end_is_empty(talk, clustered, offset):
    session, page = talk(clustered[0])
    message, ids, distances = members_of(session, page, 3, offset=offset)
    assert len(ids) == len(distances) == 0
    assert message["offset"] == offset
    assert message["total"] > 0


def test_an_empty_cluster_has_no_members(talk):
    index = ivf_around(np.array([[0.0], [100.0]], np.float32))
    index.add(np.zeros((5, 1), np.float32))
    session, page = talk(index)
    assert members_of(session, page, 1)[0]["total"] == 0
    searched(session, page, search_request(nprobe=1))
    assert members_of(session, page, 1, request="after")[0]["total"] == 0


def test_scrolling_a_cluster_scans_it_once_per_query(talk, clustered):
    index = Watched(clustered[0])
    session, page = talk(index)
    searched(session, page, search_request("a"))
    index.scanned.clear()
    for offset in range(0, 40, 10):
        members_of(session, page, 3, offset, 10, request=offset)
    assert index.scanned == [[3]]
    searched(session, page, search_request("b"))
    index.scanned.clear()
    members_of(session, page, 3, request="b again")
    assert index.scanned == [[3]]


def test_members_asked_for_between_two_searches_are_not_taken_for_those_of_the_second(talk, clustered):
    index, vectors = clustered
    session, page = talk(index, by_hand=True)
    session.handle(search_request("old", {"id": "1", "cluster": None}))
    session.drain()
    session.handle({"kind": "members", "request": "early", "clusters": [3], "offset": 0, "limit": 9})
    step(session)
    session.handle(search_request("new", {"id": "2", "cluster": None}))
    session.drain()
    early = page.wait(kind="members", request="early")[0]
    assert early["serial"] == page.wait(kind="coarse", request="old")[0]["serial"]
    session.handle({"kind": "members", "request": "late", "clusters": [3], "offset": 0, "limit": 65_536})
    session.drain()
    distances = page.wait(kind="members", request="late")[1][4]
    expected = open_index(index).scan(vectors[2], [3]).distances
    assert np.frombuffer(distances, "<f4").tolist() == sorted(expected.tolist())


@pytest.mark.parametrize("chunk", [65_536, 40])
def test_every_candidate_of_further_clusters_can_be_asked_for(talk, clustered, monkeypatch, chunk):
    index, vectors = clustered
    session, page = talk(index)
    received = searched(session, page, search_request(query={"id": "7", "cluster": None}))
    monkeypatch.setattr(pieces, "CHUNK", chunk)
    session.handle({"kind": "candidates", "request": "c", "serial": 1, "first_rank": 5, "last_rank": 7})
    scan = open_index(index).scan(vectors[7], received.clusters[4:7])
    page.wait_for(lambda: sum(len(buffers[1]) for _, buffers in page.of("c")) == scan.ids.nbytes)
    packets = page.of("c")
    assert {message["kind"] for message, _ in packets} == {"fine"}
    ranks = [message["first_rank"] for message, _ in packets]
    assert ranks == sorted(ranks)
    assert ranks[0] == 5
    assert b"".join(buffers[1] for _, buffers in packets) == scan.ids.tobytes()
    assert b"".join(buffers[2] for _, buffers in packets) == scan.distances.tobytes()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"serial": 0}, "the search 0 is over"),
        ({"serial": None}, "serial must be an integer"),
        ({"first_rank": 0}, "first_rank must be an integer between 1 and nlist=20"),
        ({"last_rank": 21}, "last_rank must be an integer between 5 and nlist=20"),
        ({"last_rank": 4}, "last_rank must be an integer between 5 and nlist=20"),
    ],
)
def test_candidates_of_another_search_or_of_no_rank_are_refused(talk, clustered, change, complaint):
    session, page = talk(clustered[0])
    searched(session, page, search_request())
    asked = {"kind": "candidates", "request": "c", "serial": 1, "first_rank": 5, "last_rank": 7}
    session.handle({**asked, **change})
    assert complaint in page.wait(kind="error", request="c")[0]["message"]


def test_more_candidates_than_a_page_can_hold_are_refused(talk, clustered, monkeypatch):
    session, page = talk(clustered[0])
    searched(session, page, search_request())
    monkeypatch.setattr(session_module, "FULL_CANDIDATES", 100)
    asked = {"kind": "candidates", "request": "c", "serial": 1, "first_rank": 1, "last_rank": 20}
    session.handle(asked)
    assert "the most is 100" in page.wait(kind="error", request="c")[0]["message"]


def test_the_medoid_of_a_cluster_is_the_vector_nearest_to_its_centroid(talk):
    index = ivf_around(np.array([[0.0], [50.0], [100.0]], np.float32))
    index.add_with_ids(np.array([[3], [-1], [98], [103]], np.float32), np.array([7, 2**60, -4, 9]))
    session, page = talk(index)
    session.handle({"kind": "medoids", "request": "m", "clusters": [2, 1, 0]})
    _, (clusters, ids) = page.wait(kind="medoids")
    assert np.frombuffer(clusters, "<i4").tolist() == [2, 0]
    assert np.frombuffer(ids, "<i8").tolist() == [-4, 2**60]


def test_the_medoids_of_no_cluster_are_an_answer_too(talk, clustered):
    session, page = talk(clustered[0])
    session.handle({"kind": "medoids", "request": "m", "clusters": []})
    assert page.wait(kind="medoids")[1] == [b"", b""]


# Pictures


def thumbnails_of(session, page, ids, clusters=None, size=64):
    """Ask for pictures, and return the message that sent all of them at once would be."""
    session.handle({"kind": "thumbnails", "request": "t", "ids": ids, "clusters": clusters, "size": size})
    page.wait(kind="thumbnails", final=True)
    items, parts, offset = [None] * len(ids), [], 0
    for message, (data,) in page.of("t"):
        for place, item in zip(message["places"], message["items"], strict=True):
            assert items[place] is None, "each picture is sent once"
            items[place] = {**item, "offset": item["offset"] + offset}
        parts.append(bytes(data))
        offset += len(data)
    return {**message, "items": items}, [b"".join(parts)]


def test_thumbnails_come_in_one_buffer_with_their_places(talk, clustered):
    images = np.random.default_rng(0).integers(0, 255, (2000, 8, 8, 3), np.uint8)
    session, page = talk(clustered[0], images=images, labels=[f"row {i}" for i in range(2000)])
    message, (data,) = thumbnails_of(session, page, ["5", "1999", "5"])
    assert [item["id"] for item in message["items"]] == ["5", "1999", "5"]
    assert [item["label"] for item in message["items"]] == ["row 5", "row 1999", "row 5"]
    assert sum(item["length"] for item in message["items"]) == len(data)
    pictures = [data[item["offset"] :][: item["length"]] for item in message["items"]]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0] == pictures[2] != pictures[1]
    assert {item["mime"] for item in message["items"]} == {"image/png"}


def test_a_picture_that_cannot_be_had_says_why_and_costs_no_other_its_own(talk, clustered):
    images = [b"no image"] + [np.zeros((4, 4), np.uint8)] * 1998 + ["https://example.org/last.png"]
    session, page = talk(clustered[0], images=images)
    message, _ = thumbnails_of(session, page, ["0", "1", "1999", "777777"])
    broken, good, url, unknown = message["items"]
    assert broken["length"] == 0
    assert broken["reason"]
    assert good["length"] > 0
    assert url["url"] == "https://example.org/last.png"
    assert unknown["reason"] == "there is no vector to draw"


def test_without_images_the_vector_is_drawn(talk, clustered):
    index, _ = clustered
    home, _ = open_index(index).locate(5)
    session, page = talk(index)
    message, (data,) = thumbnails_of(session, page, ["5", "6"], [home, (home + 1) % 20])
    assert message["items"][0]["length"] > 0
    assert data.startswith(b"\x89PNG")


def test_vectors_of_rows_that_share_an_id_are_drawn_each(talk):
    index, vectors = make_ivf(ids=np.arange(2000) % 1000)
    homes = index.quantizer.assign(vectors, 1)[:, 0].tolist()
    row = next(row for row in range(1000) if homes[row] != homes[row + 1000])
    session, page = talk(index)
    clusters = [homes[row], homes[row + 1000]]
    for ids in ([str(row)] * 2, [str(row)]):
        for order in (clusters, clusters[::-1]):
            wanted = order[: len(ids)]
            page.packets.clear()
            message, (data,) = thumbnails_of(session, page, ids, wanted)
            for item, home in zip(message["items"], wanted, strict=True):
                vector = vectors[row if home == homes[row] else row + 1000]
                drawn = data[item["offset"] :][: item["length"]]
                assert drawn == render_strip(vector, 64).data


def replace_vectors(index, vectors):
    """Have every row hold another vector of the same cluster, and one more vector tell of the change."""
    index.reset()
    index.add(vectors)
    index.add(vectors[:1])


def test_a_vector_that_has_changed_is_drawn_anew_and_an_image_is_kept(talk, clustered):
    index, vectors = clustered
    made = []

    def image(row_id):
        made.append(row_id)
        return None if row_id == 5 else np.zeros((4, 4), np.uint8)

    session, page = talk(index, images=image)
    before = thumbnails_of(session, page, ["5", "6"])
    replace_vectors(index, vectors[::-1])
    session.notice_changes()
    page.packets.clear()
    after = thumbnails_of(session, page, ["5", "6"])
    strips = [data[: message["items"][0]["length"]] for message, (data,) in (before, after)]
    assert strips[0] != strips[1]
    assert made.count(6) == 1


def test_a_vector_that_changes_while_it_is_drawn_is_drawn_anew(talk, clustered, monkeypatch):
    index, vectors = clustered
    drawing, go_on = threading.Event(), threading.Event()
    real = Media.thumbnails

    def slowly(*arguments, **options):
        drawn = real(*arguments, **options)
        drawing.set()
        assert go_on.wait(PATIENCE)
        return drawn

    monkeypatch.setattr(Media, "thumbnails", slowly)
    session, page = talk(index, driver=ThreadDriver())
    session.handle({"kind": "thumbnails", "request": "t", "ids": ["5"], "clusters": None, "size": 64})
    assert drawing.wait(PATIENCE)
    replace_vectors(index, vectors[::-1])
    session.hand_over(session.notice_changes)
    session.hand_over(go_on.set)
    _, (first,) = page.wait(kind="thumbnails")
    assert first == render_strip(vectors[-6], 64).data
    assert len(page.of("t")) == 1


def test_each_picture_of_a_slow_function_is_sent_when_it_is_ready(talk, clustered):
    rows = [7, 3, 5, 9]
    gates = {row: threading.Event() for row in rows}

    def slow(row):
        assert gates[row].wait(PATIENCE)
        return np.full((4, 4), row, np.uint8)

    session, page = talk(clustered[0], images=slow, driver=ThreadDriver())
    session.handle({"kind": "thumbnails", "request": "t", "ids": list(map(str, rows)), "size": 64})
    for sent, row in enumerate(rows):
        assert sum(len(message["items"]) for message, _ in page.of("t")) == sent
        gates[row].set()
        page.wait_for(lambda sent=sent: len(page.of("t")) > sent)
    page.wait(kind="thumbnails", final=True)
    places = [place for message, _ in page.of("t") for place in message["places"]]
    assert places == [0, 1, 2, 3], "the nearest first"


def test_no_thumbnails_are_an_answer_too(talk, clustered):
    session, page = talk(clustered[0])
    message, buffers = thumbnails_of(session, page, [])
    assert message["items"] == []
    assert buffers == [b""]


def test_pictures_do_not_wait_for_a_search(talk, clustered):
    session, page = talk(clustered[0], images=np.zeros((2000, 4, 4), np.uint8), by_hand=True)
    session.handle(search_request())
    thumbnails_of(session, page, ["1"])
    assert set(page.kinds()) == {"thumbnails"}


# The map


def test_a_map_is_sent_until_it_is_final(talk, clustered):
    index, _ = clustered
    session, page = talk(index)
    session.handle({"kind": "map", "request": "m"})
    drawn = ReceivedMap.wait(page, "m")
    assert drawn.message["method"] == "t-SNE"
    assert drawn.message["aspect"] == 1.4
    assert ((drawn.points >= 0) & (drawn.points <= np.float32([1.4, 1]))).all()
    assert ((drawn.centres > 0) & (drawn.centres < [1.4, 1])).all()
    assert (drawn.inradii > 0).all()
    for cell in range(20):
        x, y = drawn.points[drawn.offsets[cell] : drawn.offsets[cell + 1]].astype(np.float64).T
        area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2
        assert area / 1.4 == pytest.approx(index.invlists.list_size(cell) / 2000, abs=1e-6)
    assert [message["final"] for message, _ in page.of("m")] in ([True], [False, True])


@pytest.mark.parametrize(("chunk", "parts"), [(300, 5), (1, 20)])
def test_a_large_map_is_sent_in_parts_that_join(talk, clustered, monkeypatch, chunk, parts):
    session, page = talk(clustered[0])
    session.handle({"kind": "map", "request": "whole"})
    whole = ReceivedMap.wait(page, "whole")
    monkeypatch.setattr(map_answer, "CHUNK", chunk)
    session.handle({"kind": "map", "request": "parts"})
    joined = ReceivedMap.wait(page, "parts")
    assert joined.parts == parts
    for name in ("points", "offsets", "centres", "inradii"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_no_part_of_a_map_is_larger_than_a_message_may_be(talk, monkeypatch):
    monkeypatch.setattr(cluster_map, "neighbour_layout", lambda centroids, **_: centroids[:, :2])
    centroids = np.random.default_rng(0).random((21_000, 2), np.float32)
    index = ivf_around(centroids)
    index.add(centroids)
    session, page = talk(index)
    session.handle({"kind": "map", "request": "m"})
    drawn = ReceivedMap.wait(page, "m")
    assert drawn.parts > 1
    assert len(drawn.inradii) == 21_000
    assert max(sum(map(len, buffers)) for _, buffers in page.of("m")) < 2**20


def test_a_cluster_without_vectors_is_on_the_map_but_has_no_cell(talk):
    index = ivf_around(np.eye(5, dtype=np.float32))
    index.add(np.eye(5, dtype=np.float32)[[0, 1, 2, 4]])
    session, page = talk(index)
    session.handle({"kind": "map", "request": "m"})
    drawn = ReceivedMap.wait(page, "m")
    assert (np.diff(drawn.offsets) > 0).tolist() == [True, True, True, False, True]
    assert drawn.inradii[3] == 0


def test_the_first_map_is_there_while_the_final_one_is_made(talk, clustered, monkeypatch):
    go_on = threading.Event()

    def slow(centroids, **_):
        assert go_on.wait(PATIENCE)
        return np.full((len(centroids), 2), 0.5, np.float32)

    monkeypatch.setattr(cluster_map, "neighbour_layout", slow)
    session, page = talk(clustered[0])
    session.handle({"kind": "map", "request": "one"})
    session.handle({"kind": "map", "request": "two"})
    for request in ("one", "two"):
        message = page.wait(kind="map", request=request)[0]
        assert (message["method"], message["final"], message["aspect"]) == ("PCA", False, 1.4)
        assert (message["rows"], message["offset"]) == (20, 0)
    go_on.set()
    for request in ("one", "two"):
        page.wait(kind="map", request=request, final=True)
        assert len(page.of(request)) == 2
    session.handle({"kind": "map", "request": "late"})
    page.wait(kind="map", request="late", final=True)
    assert len(page.of("late")) == 1


def test_a_map_is_sent_once_for_each_request_however_often_the_index_changes(talk, clustered):
    index, vectors = clustered
    session, page = talk(index)
    for version in range(4):
        request = f"map {version}"
        session.handle({"kind": "map", "request": request})
        page.wait(kind="map", request=request, final=True)
        with session._map._sending:
            assert session._map._requests == []
        index.add(vectors[:10])
        session.notice_changes()
    session.handle({"kind": "map", "request": "last"})
    page.wait(kind="map", request="last", final=True)
    finals = [message["request"] for message, _ in page.packets if message.get("final")]
    assert finals == ["map 0", "map 1", "map 2", "map 3", "last"]


def test_a_map_asked_for_before_a_change_is_asked_for_anew(talk, clustered, monkeypatch):
    go_on = threading.Event()

    def slow(centroids, *, cancelled, **_):
        while not go_on.wait(0.001):
            if cancelled():
                raise LayoutCancelled
        return np.full((len(centroids), 2), 0.5, np.float32)

    monkeypatch.setattr(cluster_map, "neighbour_layout", slow)
    index, vectors = clustered
    session, page = talk(index)
    session.handle({"kind": "map", "request": "old"})
    page.wait(kind="map", request="old")
    index.add(vectors[:10])
    session.notice_changes()
    session.handle({"kind": "map", "request": "new"})
    go_on.set()
    page.wait(kind="map", request="new", final=True)
    assert [message["final"] for message, _ in page.of("old")] == [False]


@pytest.mark.parametrize("slow", ["bisected_cells", "round_cells"])
def test_a_map_that_is_being_drawn_is_given_up_at_the_end(clustered, monkeypatch, slow):
    before = set(threading.enumerate())
    begun = threading.Event()
    make = getattr(cluster_map, slow)

    def slowly(*given, check):
        begun.set()
        patience = threading.Event()
        while True:
            check()
            patience.wait(0.01)
        return make(*given, check=check)

    monkeypatch.setattr(cluster_map, slow, slowly)
    page = Page()
    session = converse(clustered[0], page)
    session.handle({"kind": "map", "request": "m"})
    assert begun.wait(PATIENCE)
    session.close()
    assert_threads_end(before)
    assert not any(message["final"] for message, _ in page.of("m"))


def test_every_session_draws_the_same_map(talk, clustered):
    maps = []
    for _ in range(2):
        session, page = talk(clustered[0])
        session.handle({"kind": "map", "request": "m"})
        maps.append(page.wait(kind="map", final=True)[1])
    assert maps[0] == maps[1]


def test_a_map_that_cannot_be_drawn_is_an_error_and_searches_go_on(talk, clustered, monkeypatch, caplog):
    def broken(*_, **__):
        raise FloatingPointError("no layout")

    monkeypatch.setattr(cluster_map, "neighbour_layout", broken)
    with caplog.at_level(logging.CRITICAL):
        session, page = talk(clustered[0])
        error, _ = page.wait(kind="error")
    assert error["request"] is None
    assert error["message"] == "FloatingPointError: no layout"
    searched(session, page, search_request())


# The end


def test_after_close_nothing_is_sent_and_every_thread_ends(clustered):
    before = set(threading.enumerate())
    page = Page()
    session = converse(clustered[0], page, by_hand=True)
    session.handle({"kind": "map", "request": "map"})
    page.wait(kind="map", final=True)
    session.handle(search_request("running"))
    step_until(session, page, kind="coarse")
    session.handle(search_request("waiting"))
    session.close()
    session.close()
    sent = len(page.packets)
    assert step(session) is None
    assert_threads_end(before)
    session.handle(search_request("late"))
    session.handle(None)
    session.drain()
    assert len(page.packets) == sent
    assert page.kinds("running") == ["coarse"]
    assert session.query is None


def test_a_picture_that_is_ready_after_close_is_not_sent(clustered):
    before = set(threading.enumerate())
    asked, closed = threading.Event(), threading.Event()

    def slow(_row_id):
        asked.set()
        assert closed.wait(PATIENCE)
        return np.zeros((4, 4), np.uint8)

    page = Page()
    session = converse(clustered[0], page, images=slow, by_hand=True)
    session.handle({"kind": "thumbnails", "request": "t", "ids": ["1"], "clusters": None, "size": 64})
    assert asked.wait(PATIENCE)
    session.close()
    closed.set()
    assert_threads_end(before)
    assert page.of("t") == []


def test_a_closed_session_refuses_to_search(talk, clustered):
    session, _ = talk(clustered[0])
    session.close()
    with pytest.raises(RuntimeError, match="the widget is closed"):
        session.search(0, 1, 1)


def test_closing_stops_the_layout(clustered, monkeypatch):
    before = set(threading.enumerate())
    begun = threading.Event()
    neighbour_layout = cluster_map.neighbour_layout

    def endless(centroids, *, cancelled, **options):
        begun.set()
        while not cancelled():
            neighbour_layout(centroids, cancelled=cancelled, **options)
        raise map_answer.LayoutCancelled

    monkeypatch.setattr(cluster_map, "neighbour_layout", endless)
    page = Page()
    session = converse(clustered[0], page)
    assert begun.wait(PATIENCE)
    session.close()
    assert_threads_end(before)
    assert page.kinds() == []
