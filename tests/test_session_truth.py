"""True neighbours by the original vectors for the page: by the workers of an executor, with progress."""

from concurrent.futures import ThreadPoolExecutor

import faiss
import pytest
from conversation import Page, converse, limit_streams, step, step_until
from executors import Failing, Holding
from makers import make_vectors

import feder_widget as fw
from feder_widget.session.answers import true_neighbours
from feder_widget.truth.neighbours import row_parts

N, D = 1500, 16
SEARCH = {"kind": "search", "request": "s", "query": {"id": "7", "cluster": None}, "nprobe": 2, "k": 5}
TRUTH = {"kind": "truth", "request": "t", "serial": 1, "nprobe": 2, "k": 5}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Cut passes into many parts, and report each."""
    monkeypatch.setattr(row_parts, "PART_WORK", 1)
    monkeypatch.setattr("feder_widget.truth.neighbours.original_vectors.BLOCK_BYTES", 4 * D * 100)
    monkeypatch.setattr(true_neighbours, "REPORTED", 0)


@pytest.fixture(scope="module")
def vectors():
    return make_vectors(N, D)


@pytest.fixture(scope="module")
def opened(vectors):
    index = faiss.index_factory(D, "IVF12,SQ8")
    index.train(vectors)
    index.add(vectors)
    return fw.open_index(index, vectors=vectors)


def searched(opened, executor, page):
    session = converse(opened, page, by_hand=True, executor=executor)
    session.handle(SEARCH)
    step_until(session, page, kind="done", request="s")
    return session


def truth(opened, executor):
    page = Page()
    session = searched(opened, executor, page)
    session.handle(TRUTH)
    found = step_until(session, page, kind="truth", request="t")
    session.close()
    return found, page


def test_true_neighbours_are_the_same_by_workers(opened):
    with ThreadPoolExecutor(2) as executor:
        by_workers, page = truth(opened, executor)
    assert by_workers == truth(opened, None)[0]
    told = [message for message, _ in page.of("t") if message["kind"] == "truth_progress"]
    assert told
    done = [message["done"] for message in told]
    assert done == sorted(done)
    # Each part that has come, and nothing else, is counted.
    assert set(done) <= {*range(0, N, 100), N}
    assert {message["asked"] for message in told} == {N}
    assert {message["serial"] for message in told} == {1}


def test_a_session_has_nothing_to_do_while_workers_compare(opened):
    page, executor = Page(), Holding(computes=3)
    session = searched(opened, executor, page)
    session.handle(TRUTH)
    while not executor.begun_never:
        assert step(session) is not None
    turns = 0
    while step(session) is not None:
        turns += 1
        assert turns < 50, "a turn is due only when a part is done"
    # A newer search ends it, and cancels what is not begun.
    session.handle({**SEARCH, "request": "u"})
    step_until(session, page, kind="done", request="u")
    assert all(future.cancelled() for future in executor.begun_never)
    session.close()


def test_workers_that_fail_are_told_to_the_page(opened):
    page, executor = Page(), Failing(times=3)
    session = searched(opened, executor, page)
    session.handle(TRUTH)
    message, _ = step_until(session, page, kind="error", request="t")
    assert message["message"].startswith("executor failed 3 times to compare rows ")
    executor._times = 0
    session.handle({**TRUTH, "request": "v"})
    assert step_until(session, page, kind="truth", request="v")
    session.close()


def test_the_price_is_said_where_true_neighbours_are_not_unasked(opened, monkeypatch):
    page = Page()
    searched(opened, None, page).close()
    coarse = next(message for message, _ in page.of("s") if message["kind"] == "coarse")
    assert (coarse["exhaustive"], coarse["truth_bytes"], coarse["truth_seconds"]) == (True, 0, 0)
    limit_streams(monkeypatch, exhaustive_work=0)
    page = Page()
    searched(opened, None, page).close()
    coarse = next(message for message, _ in page.of("s") if message["kind"] == "coarse")
    assert (coarse["exhaustive"], coarse["truth_bytes"]) == (False, 4 * N * D)
    assert coarse["truth_seconds"] > 0
    page = Page()
    searched(fw.open_index(opened.faiss_index), None, page).close()
    coarse = next(message for message, _ in page.of("s") if message["kind"] == "coarse")
    assert (coarse["truth_bytes"], coarse["truth_seconds"]) == (0, 0)
