"""Workloads that the page asks for, compared by the workers of an executor."""

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest
from conversation import ByHand, Page, converse, step, step_until
from executors import Failing, Holding, Inline
from makers import make_vectors

import feder_widget as fw
from feder_widget.media import IdRange, Media
from feder_widget.session.graph.graph_session import GraphSession
from feder_widget.truth.neighbours import row_parts

N, D = 1500, 16
ASK = {"kind": "evaluate", "request": "w", "sample": 40, "seed": 3, "k": 5, "include_self": False}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Cut passes into many parts."""
    monkeypatch.setattr(row_parts, "PART_WORK", 1)
    monkeypatch.setattr("feder_widget.truth.neighbours.original_vectors.BLOCK_BYTES", 4 * D * 100)


@pytest.fixture(scope="module")
def vectors():
    return make_vectors(N, D)


def opened(description, vectors):
    index = faiss.index_factory(D, description)
    index.train(vectors)
    index.add(vectors)
    return fw.open_index(index, vectors=vectors)


def session_of(index, page, executor):
    if index.engine_name == "Faiss IVF":
        return converse(index, page, by_hand=True, executor=executor)
    media = Media(None, None, IdRange(index.ntotal, lambda: index.ntotal - 1))
    return GraphSession(index, media, page.send, k_max=100, driver=ByHand(), executor=executor)


def workload(index, executor):
    page = Page()
    session = session_of(index, page, executor)
    session.handle(ASK)
    message, buffers = step_until(session, page, kind="workload", final=True)
    session.close()
    return message, buffers


@pytest.mark.parametrize("description", ["IVF12,SQ8", "HNSW8,SQ4"])
def test_a_workload_of_the_page_is_the_same_by_workers(vectors, description):
    index = opened(description, vectors)
    with ThreadPoolExecutor(2) as executor:
        assert workload(index, executor) == workload(index, None)


@pytest.mark.parametrize("description", ["IVF12,SQ8", "HNSW8,SQ4"])
def test_a_session_has_nothing_to_do_while_workers_compare(vectors, description):
    page, executor = Page(), Holding(computes=3)
    session = session_of(opened(description, vectors), page, executor)
    session.handle(ASK)
    while not executor.begun_never:
        assert step(session) is not None
    turns = 0
    while step(session) is not None:
        turns += 1
        assert turns < 50, "a turn is due only when a part is done"
    session.handle({"kind": "cancel", "request": "w"})
    message, _ = step_until(session, page, kind="workload", final=True)
    assert (message["computed"], message["reason"]) == (0, "cancelled")
    assert all(future.cancelled() for future in executor.begun_never)
    session.close()


def test_workers_that_fail_are_told_to_the_page_and_the_next_workload_works(vectors, caplog):
    page, executor = Page(), Failing(times=3)
    session = session_of(opened("IVF12,SQ8", vectors), page, executor)
    session.handle(ASK)
    message, _ = step_until(session, page, kind="error", request="w")
    assert message["code"] == "invalid"
    assert message["message"].startswith("executor failed 3 times to compare rows ")
    assert not caplog.records
    executor._times = 0
    session.handle({**ASK, "request": "v"})
    message, _ = step_until(session, page, kind="workload", request="v", final=True)
    assert message["computed"] == 40
    session.close()


@pytest.mark.parametrize(
    ("description", "widget"), [("IVF12,SQ8", fw.FederWidget), ("HNSW8,SQ4", fw.GraphWidget)]
)
def test_a_widget_has_its_executor_compare(vectors, description, widget):
    index = opened(description, vectors)
    counted = Holding(computes=1 << 30)
    shown = widget(index, executor=counted, static=False)
    by_workers = shown.evaluate(np.arange(30), k=4, progress=False)
    assert counted.futures
    shown.close()
    plain = widget(index, static=False)
    own = plain.evaluate(np.arange(30), k=4, progress=False)
    once = Holding(computes=1 << 30)
    plain.evaluate(np.arange(30), k=4, progress=False, executor=once)
    assert once.futures
    plain.close()
    np.testing.assert_array_equal(by_workers.found_at, own.found_at)


def test_an_executor_is_checked_when_a_widget_is_made(vectors):
    with pytest.raises(TypeError, match=r"executor must be a concurrent\.futures\.Executor"):
        fw.FederWidget(opened("IVF12,SQ8", vectors), executor=3)
    index = faiss.index_factory(D, "IVF12,SQ8")
    index.train(vectors)
    index.add(vectors)
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="executor needs vectors"):
        fw.FederWidget(fw.open_index(index), executor=executor)


@pytest.mark.parametrize("description", ["IVF12,SQ8", "HNSW8,SQ4"])
def test_the_page_is_told_where_a_cluster_shows_its_work(vectors, description, monkeypatch):
    monkeypatch.setattr("feder_widget.session.answers.workload.REPORTED", 0.0)
    index = opened(description, vectors)
    for executor, link in (
        (OfCluster("http://10.0.0.1:8787/status"), "http://10.0.0.1:8787/status"),
        (OfCluster("javascript:alert(1)"), None),
        (Inline(), None),
    ):
        page = Page()
        session = session_of(index, page, executor)
        session.handle(ASK)
        step_until(session, page, kind="workload", final=True)
        session.close()
        told = {message["dashboard"] for message, _ in page.packets if message["kind"] == "progress"}
        assert told == {link}


class OfCluster(Inline):
    """Like Dask's executor."""

    def __init__(self, link):
        super().__init__()
        self._client = type("Client", (), {"dashboard_link": link, "nthreads": lambda _: {"a": 1}})()

    def submit(self, function, /, *args, pure):
        assert not pure
        return super().submit(function, *args)
