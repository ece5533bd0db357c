"""Shards in a store that answers slowly: the session has other things to do, and clusters come one by one."""

import threading
from contextlib import closing

import faiss
import numpy as np
import pytest
from conversation import Page, Received, converse, search_request, step, step_until
from shard_store import NLIST, CountingStore, integers, merged, rows_of, shard, stored, trained, written

import feder_widget as fw
from feder_widget.session.answers import pieces

SEARCH = search_request(query={"vector": True}, nprobe=5)


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """Shards in the store, which reads nothing from now on but what the test lets through."""
    monkeypatch.setattr(pieces, "FETCHED_TOGETHER", 1)
    monkeypatch.setattr(pieces, "MOST_FETCHED_TOGETHER", 1)
    empty = trained(f"IVF{NLIST},Flat")
    shards = [shard(empty, rows_of(number)) for number in range(3)]
    opened = fw.open_index(stored(tmp_path.name, written(tmp_path, shards)), cache=tmp_path / "cache")
    gate = threading.Semaphore(0)
    monkeypatch.setattr(CountingStore, "gate", gate)
    yield opened, gate, merged(shards)
    # Nobody waits for ever.
    gate.release(10_000)


def waits(session):
    """Step until nothing is left to do but to wait for the store."""
    turns = 0
    while step(session) is not None:
        turns += 1
        assert turns < 200, "a turn is due only when lists have come"


def test_clusters_come_one_by_one_and_nothing_waits_in_a_step(slow):
    opened, gate, whole = slow
    page, query = Page(), integers(1, seed=5)
    with closing(converse(opened, page, by_hand=True)) as session:
        session.handle(SEARCH, [memoryview(query.tobytes())])
        waits(session)
        assert {message["kind"] for message, _ in page.of("a")} == {"coarse"}
        let_through = 0
        while not any(message["kind"] == "fine" for message, _ in page.of("a")):
            gate.release()
            let_through += 1
            assert let_through < 60
            waits_a_moment(session)
        first = next(message for message, _ in page.of("a") if message["kind"] == "fine")
        assert first["first_rank"] == 1
        assert not any(message["kind"] == "done" for message, _ in page.of("a"))
        assert opened.is_elsewhere
        gate.release(10_000)
        step_until(session, page, kind="done", request="a")
    received = Received(page.of("a"))
    parameters = faiss.SearchParametersIVF(nprobe=5)
    distances, ids = whole.search(query, 5, params=parameters)
    found = received.results(5, 5, similarity=False)
    np.testing.assert_array_equal(found[0], ids[0])
    np.testing.assert_array_equal(found[1], distances[0])


def waits_a_moment(session):
    """Step while there is something to do, and give a thread the time to bring something."""
    waits(session)
    threading.Event().wait(0.01)
    waits(session)


@pytest.mark.parametrize("query", [7, integers(1, seed=5)[0]], ids=["row", "vector"])
def test_a_cell_does_not_wait_for_the_store(slow, query):
    opened, gate, _ = slow
    page = Page()
    with closing(converse(opened, page, by_hand=True)) as session:
        # It returns, though nothing was read.
        session.search(query, 3, 5)
        waits(session)
        assert not any(message["kind"] == "done" for message, _ in page.packets)
        gate.release(10_000)
        step_until(session, page, kind="done", request="kernel:1")


def test_a_store_that_fails_is_told_to_the_page(slow, monkeypatch):
    opened, gate, _ = slow
    page, query = Page(), integers(1, seed=5)
    monkeypatch.setattr("feder_widget.stores.remote_file.PAUSES", (0, 0, 0), raising=False)
    monkeypatch.setattr(CountingStore, "failures", 10_000)
    gate.release(10_000)
    with closing(converse(opened, page, by_hand=True)) as session:
        session.handle(SEARCH, [memoryview(query.tobytes())])
        message, _ = step_until(session, page, kind="error", request="a")
        assert "503 Slow Down" in message["message"]
        monkeypatch.setattr(CountingStore, "failures", 0)
        session.handle({**SEARCH, "request": "b"}, [memoryview(query.tobytes())])
        step_until(session, page, kind="done", request="b")
