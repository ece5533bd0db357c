"""The conversation about what is beyond the probed clusters: the rest, bounds, verdicts and workloads."""

import itertools

import faiss
import numpy as np
import pytest
from conversation import (
    Received,
    assert_same_results,
    faiss_search,
    limit_streams,
    search_request,
    slowly,
    step_until,
)
from makers import METRICS, ivf_around, make_ivf, make_vectors

from feder_widget.checks import cluster_sizes
from feder_widget.engines import open_index
from feder_widget.faiss_internals import inverted_lists
from feder_widget.model.top_k import top_k
from feder_widget.session.answers import workload as evaluator_module
from feder_widget.session.summary import summary_of
from feder_widget.truth import search_findings as findings
from feder_widget.truth import survey as survey_module


def searched(session, page, request):
    """Ask, wait for the whole answer and return its messages."""
    session.handle(request)
    page.wait(kind="done", request=request["request"])
    return page.of(request["request"])


def values(buffer, dtype):
    return np.frombuffer(buffer, dtype)


# The rest of a search that stops at the probed clusters


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("complete", [True, False])
def test_a_search_of_a_very_large_index_stops_until_it_is_asked_to_go_on(talk, monkeypatch, metric, complete):
    limit_streams(monkeypatch, exhaustive_work=0, complete_entries=10**9 if complete else 0, piece=100)
    index, vectors = make_ivf(metric=metric)
    session, page = talk(index, k_max=12)
    packets = searched(session, page, search_request(query={"id": "3", "cluster": None}, nprobe=4))
    assert packets[0][0]["exhaustive"] is False
    assert Received(packets).ranks == 4
    serial = packets[0][0]["serial"]
    for request, last_rank in (("b", 9), ("c", 20)):
        session.handle({"kind": "rest", "request": request, "serial": serial, "last_rank": last_rank})
        page.wait(kind="done", request=request)
        packets += page.of(request)
        received = Received(packets)
        assert received.ranks == last_rank
        for nprobe in (1, 4, last_rank):
            for k in (1, 5, 12):
                assert_same_results(
                    received.results(nprobe, k, metric != "L2"), faiss_search(index, vectors[3], nprobe, k)
                )


def test_an_index_of_usual_size_is_compared_whole_unasked(talk, clustered):
    session, page = talk(clustered[0])
    packets = searched(session, page, search_request())
    assert packets[0][0]["exhaustive"] is True
    assert Received(packets).ranks == 20
    session.handle({"kind": "rest", "request": "r", "serial": packets[0][0]["serial"], "last_rank": 20})
    page.wait(kind="done", request="r")
    assert page.kinds("r") == ["done"]


def test_clusters_that_are_probed_but_too_many_to_be_sent_whole_are_compared_all_the_same(
    talk, clustered, monkeypatch
):
    limit_streams(monkeypatch, exhaustive_work=0, full_candidates=150)
    session, page = talk(clustered[0])
    received = Received(searched(session, page, search_request(nprobe=9)))
    assert received.ranks == 9
    assert len(received.fine_ranks()) < 9


def test_going_on_with_a_search_that_is_over_or_was_stopped_is_refused(talk, clustered, monkeypatch):
    limit_streams(monkeypatch, exhaustive_work=0)
    session, page = talk(clustered[0])
    serial = searched(session, page, search_request())[0][0]["serial"]
    searched(session, page, search_request("b"))
    session.handle({"kind": "rest", "request": "r", "serial": serial, "last_rank": 20})
    assert "is over" in page.wait(kind="error", request="r")[0]["message"]


def test_going_on_stops_where_a_newer_search_begins_and_can_be_taken_up_again(talk, clustered, monkeypatch):
    limit_streams(monkeypatch, exhaustive_work=0, piece=100)
    index, vectors = clustered
    session, page = talk(index, by_hand=True)
    session.handle(search_request(query={"id": "3", "cluster": None}))
    serial = step_until(session, page, kind="coarse")[0]["serial"]
    step_until(session, page, kind="done")
    session.handle({"kind": "rest", "request": "b", "serial": serial, "last_rank": 20})
    step_until(session, page, kind="nearest", request="b")
    session.handle(search_request("c", {"resume": True}))
    step_until(session, page, kind="done", request="c")
    serial = page.wait(kind="coarse", request="c")[0]["serial"]
    session.handle({"kind": "rest", "request": "d", "serial": serial, "last_rank": 20})
    session.drain()
    received = Received(page.of("c") + page.of("d"))
    assert_same_results(received.results(20, 5, False), faiss_search(index, vectors[3], 20, 5))
    assert page.kinds("b") == ["nearest", "error"]
    assert page.of("b")[-1][0]["code"] == "superseded"


@pytest.mark.parametrize("metric", METRICS)
def test_clusters_switched_by_hand_are_told_unpruned(talk, monkeypatch, metric):
    index, vectors = make_ivf(metric=metric)
    limit_streams(monkeypatch, complete_entries=0)
    session, page = talk(index, k_max=12)
    packets = searched(session, page, search_request(query={"id": "3", "cluster": None}, nprobe=1))
    assert packets[0][0]["complete"] is False
    order = values(packets[0][1][0], "<i4")
    similarity = metric != "L2"
    ranks = [9, 2, 20]
    serial = packets[0][0]["serial"]
    session.handle({"kind": "clusters", "request": "c", "serial": serial, "ranks": ranks})
    *told, (done, _) = page.of("c")
    assert done["kind"] == "done"
    assert [message["first_rank"] for message, _ in told] == ranks
    assert all(values(buffers[0], "<i4").size == 1 for _, buffers in told)
    ids, distances = (
        np.concatenate([values(buffers[at], dtype) for _, buffers in told])
        for at, dtype in ((1, "<i8"), (2, "<f4"))
    )
    scan = open_index(index).scan(vectors[3], order[np.array(ranks) - 1])
    for k in (1, 5, 12):
        assert_same_results(
            top_k(ids, distances, k, similarity), top_k(scan.ids, scan.distances, k, similarity)
        )


# Bounds


def _bounds_sent(page, serial, expected):
    """Say whether the last bounds that were sent for a search are these."""
    sent = [b for m, b in page.packets if m["kind"] == "bounds" and m["serial"] == serial]
    return bool(sent) and bool((values(sent[-1][0], "<f4") == expected).all())


@pytest.mark.parametrize("metric", METRICS)
def test_bounds_come_with_every_search_by_rank(talk, metric):
    index, _ = make_ivf(metric=metric)
    opened = open_index(index)
    session, page = talk(index)
    for request, row_id in (("a", 3), ("b", 99)):
        coarse, (order, *_) = searched(
            session, page, search_request(request, query={"id": str(row_id), "cluster": None})
        )[0]
        expected = opened.bounds(row_id)[values(order, "<i4")]

        serial = coarse["serial"]
        page.wait_for(lambda serial=serial, expected=expected: _bounds_sent(page, serial, expected))


def test_the_bounds_that_come_last_are_the_best_that_are_known(talk, clustered, monkeypatch):
    monkeypatch.setattr(survey_module, "PIECE_WORK", 10)
    opened = open_index(clustered[0])
    session, page = talk(opened, by_hand=True)
    session.handle(search_request(query={"id": "3", "cluster": None}))
    session.drain()
    coarse, (order, *_) = page.wait(kind="coarse")
    sent = [values(b[0], "<f4") for m, b in page.packets if m["kind"] == "bounds"]
    assert len(sent) > 1
    assert not (sent[0] == sent[-1]).all()
    assert _bounds_sent(page, coarse["serial"], opened.bounds(3)[values(order, "<i4")])


def test_bounds_of_a_search_that_was_overtaken_are_not_sent(talk, clustered):
    session, page = talk(clustered[0], by_hand=True)
    for number in range(3):
        session.handle(search_request(str(number)))
        step_until(session, page, kind="coarse", request=str(number))
    session.drain()
    serials = [m["serial"] for m, _ in page.packets if m["kind"] in ("coarse", "bounds")]
    assert serials == sorted(serials)
    assert page.kinds(f"bounds:{serials[-1]}")


# Results


@pytest.mark.parametrize("include_self", [True, False])
def test_what_faiss_returns_can_be_asked_for(talk, clustered, include_self):
    index, vectors = clustered
    session, page = talk(index)
    serial = searched(session, page, search_request(query={"id": "3", "cluster": None}))[0][0]["serial"]
    for nprobe, k in ((1, 3), (20, 100)):
        asked = {
            "kind": "results",
            "request": nprobe,
            "serial": serial,
            "nprobe": nprobe,
            "k": k,
            "include_self": include_self,
        }
        session.handle(asked)
        message, (ids, distances, ranks, *refined) = page.wait(kind="results", request=nprobe)
        expected = faiss_search(index, vectors[3], nprobe, k + (not include_self))
        if not include_self:
            assert expected[0][0] == 3
            expected = expected[0][1:], expected[1][1:]
        assert {name: message[name] for name in asked} == asked
        assert_same_results((np.frombuffer(ids, "<i8"), np.frombuffer(distances, "<f4")), expected)
        assert message["first_k"] == 0
        assert refined == [b"", b"", b""]
        assert message["compared"] == sum(
            len(step.ids) for step in open_index(index).trace(vectors[3], nprobe, k).fine
        )
        assert len(ranks) == 4 * k


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"serial": 99}, "the search 99 is over"),
        ({"nprobe": 0}, "nprobe must be an integer between 1 and nlist=20, got '0'"),
        ({"nprobe": 21}, "nprobe must be an integer between 1 and nlist=20, got '21'"),
        ({"k": 101}, "k must be an integer between 1 and k_max=100, got '101'"),
        ({"k": None}, "k must be an integer between 1 and k_max=100, got 'None'"),
    ],
)
def test_what_faiss_returns_for_nothing_sensible_is_refused(talk, clustered, change, words):
    session, page = talk(clustered[0])
    serial = searched(session, page, search_request(query={"id": "3", "cluster": None}))[0][0]["serial"]
    session.handle({"kind": "results", "request": "r", "serial": serial, "nprobe": 2, "k": 3, **change})
    error = page.wait(kind="error", request="r")[0]
    assert words in error["message"]
    assert error["code"] == ("superseded" if "serial" in change else "invalid")


# True neighbours by the vectors given


LOSSY = ["IVF20,PQ4x4", "IVF20,SQ4", "IVF20,PQ4x4fs", "IVF20,PQ4x4,RFlat", "IVF20,PQ4x4,Refine(SQ4)"]


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("factory", LOSSY)
def test_what_is_lost_and_to_what_is_told_as_it_is_in_a_ledger(talk, clustered, factory, include_self):
    vectors = clustered[1]
    index = faiss.index_factory(vectors.shape[1], factory)
    index.train(vectors)
    index.add(vectors)
    opened = open_index(index, vectors=vectors)
    session, page = talk(opened)
    packets = searched(session, page, search_request(query={"id": "3", "cluster": None}))
    serial, query = packets[0][0]["serial"], np.frombuffer(packets[0][1][2], "<f4")
    order = np.frombuffer(packets[0][1][0], "<i4")
    k, nlist, every = 10, 20, []
    for nprobe in (1, 4, 20):
        asked = {"kind": "truth", "request": nprobe, "serial": serial, "nprobe": nprobe, "k": k}
        session.handle({**asked, "include_self": include_self})
        message, buffers = page.wait(kind="truth", request=nprobe)
        ids, distances, ranks = (
            np.frombuffer(buffer, dtype)
            for buffer, dtype in zip(buffers, ("<i8", "<f4", "<i4"), strict=False)
        )
        compared, handed, begin, end = (np.frombuffer(buffer, "<i4") for buffer in buffers[3:])
        assert message["nprobe"] in (0, nprobe)
        every.append(message["nprobe"] == 0)
        assert message["count"] == k
        assert message["include_self"] is include_self
        exact = ((vectors.astype(np.float64) - query) ** 2).sum(axis=1)
        exact = exact if include_self else np.delete(exact, 3)
        np.testing.assert_allclose(distances[:k], np.sort(exact)[:k], rtol=1e-4, atol=1e-4)
        assert all(
            opened.locate(int(row))[0] == order[rank - 1] for row, rank in zip(ids, ranks, strict=True)
        )
        returned = (begin <= nprobe) & (nprobe < end)
        by_code = (compared <= nprobe) & ~returned & (handed > nprobe)
        ledger = opened.ledger(3, k, nprobe, include_self=include_self)
        assert ids[:k][returned[:k]].tolist() == ledger.hits.tolist()
        assert ids[:k][compared[:k] > nprobe].tolist() == ledger.lost_to_coarse.tolist()
        assert ids[:k][by_code[:k]].tolist() == ledger.lost_to_code.tolist()
        assert ids[:k][(~returned & (handed <= nprobe))[:k]].tolist() == ledger.lost_to_rerank.tolist()
        assert max(*compared, *handed, *begin, *end) <= nlist + 1
    assert every == [factory in ("IVF20,PQ4x4", "IVF20,SQ4")] * 3


def test_each_vector_that_is_stored_under_one_id_has_the_rank_of_its_own_cluster(talk):
    vectors = make_vectors(500, seed=8)
    index = faiss.index_factory(vectors.shape[1], "IVF20,SQ8")
    index.train(vectors)
    centroids = index.quantizer.reconstruct_n(0, 20)
    index.add_with_ids(centroids, np.r_[1:11, 0, 0, 1:9])
    opened = open_index(index, vectors=centroids)
    session, page = talk(opened)
    packets = searched(session, page, search_request(query={"id": "0", "cluster": None}))
    order = np.frombuffer(packets[0][1][0], "<i4").tolist()
    serial = packets[0][0]["serial"]
    asked = {"kind": "truth", "request": "t", "serial": serial, "nprobe": 2, "k": 1, "include_self": True}
    session.handle(asked)
    _, buffers = page.wait(kind="truth", request="t")
    assert np.frombuffer(buffers[0], "<i8").tolist() == [0, 0]
    ranks = np.frombuffer(buffers[2], "<i4").tolist()
    assert sorted(ranks) == sorted(order.index(cluster) + 1 for cluster in (10, 11))


def test_without_vectors_there_is_nothing_to_tell(talk, clustered):
    session, page = talk(clustered[0])
    serial = searched(session, page, search_request(query={"id": "3", "cluster": None}))[0][0]["serial"]
    session.handle({"kind": "truth", "request": "t", "serial": serial, "nprobe": 2, "k": 3})
    assert "no vectors were given" in page.wait(kind="error", request="t")[0]["message"]


# Verdicts


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("metric", METRICS)
def test_any_row_gets_its_verdict(talk, metric, include_self):
    index, _ = make_ivf(metric=metric)
    opened = open_index(index)
    session, page = talk(index)
    packets = searched(session, page, search_request(query={"id": "3", "cluster": None}))
    serial = packets[0][0]["serial"]
    for row_id in (3, 17, 1999):
        asked = {"kind": "verdict", "request": row_id, "serial": serial, "id": str(row_id)}
        session.handle({**asked, "include_self": include_self})
        verdict, _ = page.wait(kind="verdict", request=row_id)
        expected = opened.verdict(3, row_id, include_self=include_self)
        assert verdict["id"] == str(row_id)
        assert verdict["cluster"] == expected.cluster
        assert verdict["rank"] == expected.rank
        assert verdict["distance"] == expected.distance
        assert verdict["position"] == expected.position


def test_rows_that_share_an_id_get_a_verdict_each(talk):
    index, vectors = make_ivf(ids=np.arange(2000) % 1000)
    session, page = talk(index)
    serial = searched(session, page, search_request(query={"id": "3", "cluster": None}))[0][0]["serial"]
    opened = open_index(index)
    homes = [int(index.quantizer.assign(vectors[row : row + 1], 1)[0, 0]) for row in range(2000)]
    row = next(row for row in range(1000) if homes[row] != homes[row + 1000])
    found = {}
    for copy in (row, row + 1000):
        asked = {"serial": serial, "id": str(row), "cluster": homes[copy]}
        session.handle({"kind": "verdict", "request": copy, **asked})
        verdict, _ = page.wait(kind="verdict", request=copy)
        scan = opened.scan(3, [homes[copy]])
        assert verdict["cluster"] == homes[copy]
        assert verdict["distance"] in scan.distances[scan.ids == row].tolist()
        found[verdict["rank"]] = verdict["position"]
    assert len(found) == 2
    # Where no row of this id is in the cluster, another one is found.
    empty = next(cluster for cluster in range(20) if cluster not in (homes[row], homes[row + 1000]))
    session.handle({"kind": "verdict", "request": "v", "serial": serial, "id": str(row), "cluster": empty})
    assert page.wait(kind="verdict", request="v")[0]["cluster"] in (homes[row], homes[row + 1000])


def test_a_verdict_does_not_count_where_nobody_asked_for_all_clusters(talk, clustered, monkeypatch):
    limit_streams(monkeypatch, exhaustive_work=0)
    session, page = talk(clustered[0])
    serial = searched(session, page, search_request())[0][0]["serial"]
    session.handle({"kind": "verdict", "request": "v", "serial": serial, "id": "17"})
    assert page.wait(kind="verdict", request="v")[0]["position"] is None
    session.handle({"kind": "rest", "request": "r", "serial": serial, "last_rank": 20})
    page.wait(kind="done", request="r")
    session.handle({"kind": "verdict", "request": "w", "serial": serial, "id": "17"})
    assert page.wait(kind="verdict", request="w")[0]["position"] > 0


@pytest.mark.parametrize(("row_id", "words"), [("123456789", "is not in the index"), ("x", "id must be")])
def test_a_row_that_is_not_there_has_no_verdict(talk, clustered, row_id, words):
    session, page = talk(clustered[0])
    serial = searched(session, page, search_request())[0][0]["serial"]
    session.handle({"kind": "verdict", "request": "v", "serial": serial, "id": row_id})
    assert words in page.wait(kind="error", request="v")[0]["message"]


# Workloads


def evaluate_request(request="w", sample=40, k=10, seed=3):
    return {"kind": "evaluate", "request": request, "sample": sample, "seed": seed, "k": k}


class Sent:
    """A workload as a page gets it."""

    def __init__(self, packet):
        self.message, (nprobes, recall, reached, compared, without_any) = packet
        self.nprobes = values(nprobes, "<i4")
        curves = recall, reached, compared
        self.curves = np.concatenate([values(curve, "<f4") for curve in curves]).reshape(6, -1)
        self.without_any = values(without_any, "<f4")


class SentHardest:
    """The hardest queries of a workload as a page gets them."""

    def __init__(self, packet):
        self.message, (places, ids, found, counts, needed) = packet
        self.ids = values(ids, "<i8")
        self.places, self.found, self.counts, self.needed = (
            values(column, "<i4") for column in (places, found, counts, needed)
        )

    @classmethod
    def asked(cls, session, page, order="nprobe", nprobe=4):
        asked = {"kind": "hardest", "request": f"{order} {nprobe}", "order": order, "nprobe": nprobe}
        session.handle(asked)
        session.drain()
        return cls(page.wait(kind="hardest", request=asked["request"]))


@pytest.mark.parametrize("metric", METRICS)
def test_a_workload_is_what_python_computes(talk, metric):
    index, _ = make_ivf(metric=metric)
    session, page = talk(index, labels=lambda row_id: f"row {row_id}")
    session.handle(evaluate_request())
    sent = Sent(page.wait(kind="workload", final=True))
    expected = open_index(index).evaluate(40, 10, seed=3, progress=False)
    assert sent.nprobes.tolist() == list(range(1, 21))
    np.testing.assert_allclose(sent.curves[0], expected.recall, rtol=1e-6)
    for curve, share in zip(sent.curves[1:5], (0.5, 0.95, 0.99, 1.0), strict=True):
        np.testing.assert_allclose(curve, expected.reached(share), rtol=1e-6)
    np.testing.assert_allclose(sent.curves[5], expected.scanned, rtol=1e-6)
    np.testing.assert_allclose(sent.without_any, expected.zero_recall, rtol=1e-6)
    fields = {"computed": 40, "asked": 40, "source": "sample", "seed": 3, "reason": None, "apart": False}
    assert fields.items() <= sent.message.items()


def sent_recalls(session, page, nprobe):
    """Return the rank-1 cluster and the recall of each query at an nprobe, as a page computes them."""
    session.handle({"kind": "query_recalls", "request": f"q{nprobe}"})
    session.drain()
    nearest, recalls = [], []
    for message, buffers in page.of(f"q{nprobe}"):
        clusters, counts, offsets, nprobes, changes = (values(buffer, "<i4") for buffer in buffers)
        assert message["offset"] == len(nearest)
        assert sum(map(len, buffers)) < 2**20
        for i, (begin, end) in enumerate(itertools.pairwise(offsets)):
            assert (np.diff(nprobes[begin:end]) > 0).all()
            found = changes[begin:end][nprobes[begin:end] <= nprobe].sum()
            recalls.append(1.0 if counts[i] == 0 else found / counts[i])
        nearest.extend(clusters.tolist())
    assert message["rows"] == len(nearest)
    return np.array(nearest), np.array(recalls)


@pytest.mark.parametrize("part", [1 << 15, 25])
def test_the_recall_of_every_query_is_sent_at_every_nprobe(talk, monkeypatch, part):
    monkeypatch.setattr("feder_widget.session.answers.workload.PART", part)
    vectors = np.random.default_rng(3).normal(size=(2000, 16)).astype(np.float32)
    index = ivf_around(vectors[:20])
    index.add(vectors)
    session, page = talk(index)
    session.handle({"kind": "query_recalls", "request": "early"})
    session.handle(evaluate_request(sample=200))
    page.wait(kind="workload", final=True)
    assert page.of("early") == []
    expected = open_index(index).evaluate(200, 10, seed=3, progress=False)
    _, nearest = index.quantizer.search(vectors[expected.ids], 1)
    for nprobe in (1, 4, 20):
        clusters, recalls = sent_recalls(session, page, nprobe)
        np.testing.assert_array_equal(clusters, nearest[:, 0])
        np.testing.assert_allclose(recalls, expected.recall_of(nprobe))


def test_of_a_very_large_workload_the_recalls_of_the_first_queries_are_sent(talk, monkeypatch):
    monkeypatch.setattr("feder_widget.session.answers.workload.RECALLS", 70)
    index, _ = make_ivf()
    session, page = talk(index)
    session.handle(evaluate_request())
    page.wait(kind="workload", final=True)
    expected = open_index(index).evaluate(40, 10, seed=3, progress=False)
    _, recalls = sent_recalls(session, page, 2)
    np.testing.assert_allclose(recalls, expected.recall_of(2)[:7])


@pytest.mark.parametrize("order", ["recall", "nprobe"])
def test_the_hardest_queries_are_those_of_python_in_the_order_asked_for(talk, order):
    vectors = np.random.default_rng(3).normal(size=(2000, 16)).astype(np.float32)
    index = ivf_around(vectors[:20])
    index.add(vectors)
    session, page = talk(index, labels=lambda row_id: f"row {row_id}")
    session.handle({"kind": "hardest", "request": "early", "order": order, "nprobe": 4})
    session.handle(evaluate_request(sample=200))
    page.wait(kind="workload", final=True)
    expected = open_index(index).evaluate(200, 10, seed=3, progress=False)
    assert page.of("early") == []
    for nprobe in (1, 4, 20):
        sent = SentHardest.asked(session, page, order, nprobe)
        places = expected.hardest(24, nprobe=nprobe if order == "recall" else None)
        np.testing.assert_array_equal(sent.places, places)
        np.testing.assert_array_equal(sent.ids, expected.ids[places])
        np.testing.assert_array_equal(sent.found / sent.counts, expected.recall_of(nprobe)[places])
        np.testing.assert_array_equal(sent.counts, expected.counts[places])
        np.testing.assert_array_equal(sent.needed, expected.nprobe_needed[places])
        assert sent.message["labels"] == [f"row {row_id}" for row_id in sent.ids]
        assert (sent.message["order"], sent.message["nprobe"]) == (order, nprobe)
        if order == "recall":
            assert sent.found[0] / 10 == expected.reached(1.0)[nprobe - 1]
    session.handle({"kind": "hardest", "request": "x", "order": "size", "nprobe": 4})
    assert "order must be recall or nprobe, got 'size'" in page.wait(kind="error", request="x")[0]["message"]


def test_a_workload_of_an_index_that_re_ranks_is_sent_at_the_values_searched_at(talk, clustered):
    vectors = clustered[1]
    index = faiss.index_factory(16, "IVF20,PQ4x4,RFlat")
    index.train(vectors)
    index.add(vectors)
    opened = open_index(index, vectors=vectors)
    session, page = talk(opened)
    session.handle(evaluate_request(sample=30))
    sent = Sent(page.wait(kind="workload", final=True))
    expected = opened.evaluate(30, 10, seed=3, progress=False)
    assert sent.message["apart"] is True
    assert sent.nprobes.tolist() == [1, 2, 4, 8, 16]
    np.testing.assert_allclose(sent.curves[0], expected.recall[sent.nprobes - 1], rtol=1e-6)
    np.testing.assert_allclose(sent.curves[5], expected.scanned[sent.nprobes - 1], rtol=1e-6)
    assert np.isfinite(sent.curves).all()
    np.testing.assert_allclose(sent.without_any, expected.zero_recall[sent.nprobes - 1], rtol=1e-6)
    for nprobe, searched_at in ((1, 1), (7, 4), (20, 16)):
        clusters, recalls = sent_recalls(session, page, nprobe)
        np.testing.assert_allclose(recalls, expected.recall_of(searched_at))
        np.testing.assert_array_equal(clusters, expected.nearest_clusters)
    hardest = SentHardest.asked(session, page, "recall", 7)
    assert hardest.message["nprobe"] == 4
    np.testing.assert_array_equal(hardest.places, expected.hardest(24, nprobe=4))


def test_a_query_of_a_workload_can_be_searched_for(talk, clustered):
    index, vectors = clustered
    session, page = talk(index)
    session.handle(evaluate_request())
    page.wait(kind="workload", final=True)
    sent = SentHardest.asked(session, page)
    place = int(sent.places[5])
    packets = searched(session, page, search_request("s", {"workload": place}))
    assert packets[0][0]["id"] == str(sent.ids[5])
    np.testing.assert_array_equal(Received(packets).vector, vectors[sent.ids[5]])


def test_free_vectors_of_a_workload_have_no_id(talk, clustered):
    index, _ = clustered
    session, page = talk(index)
    queries = make_vectors(30, seed=8)
    told = []
    workload = session.evaluate(
        open_index(index).evaluation(queries, 5), lambda done, asked: told.append((done, asked))
    )
    page.wait(kind="workload", final=True)
    sent = SentHardest.asked(session, page)
    assert len(workload) == 30
    assert told[-1] == (30, 30)
    assert sent.ids.size == 0
    assert sent.message["labels"] == [None] * 24
    packets = searched(session, page, search_request("s", {"workload": 7}))
    assert packets[0][0]["id"] is None
    np.testing.assert_array_equal(Received(packets).vector, queries[7])


def binary_ivf():
    """Return an opened binary index of 200 vectors, and its bits as 0 and 1."""
    bits = np.random.default_rng(6).integers(0, 2, (200, 32))
    codes = np.packbits(bits.astype(np.uint8), axis=1)
    quantizer = faiss.IndexBinaryFlat(32)
    index = faiss.IndexBinaryIVF(quantizer, 32, 5)
    index.cp.min_points_per_centroid = 1
    index.train(codes)
    index.add(codes)
    index.referenced_objects = [quantizer]
    return open_index(index), bits


def test_a_query_of_a_workload_that_was_removed_since_is_refused(talk):
    index, _ = make_ivf()
    session, page = talk(index)
    session.handle(evaluate_request())
    page.wait(kind="workload", final=True)
    sent = SentHardest.asked(session, page)
    index.remove_ids(sent.ids[5:6])
    session.handle(search_request("s", {"workload": int(sent.places[5])}))
    assert f"row id {sent.ids[5]} is not in the index" in page.wait(kind="error", request="s")[0]["message"]


@pytest.mark.parametrize("by_id", [True, False])
def test_a_query_of_a_workload_of_a_binary_index_can_be_searched_for(talk, by_id):
    opened, bits = binary_ivf()
    session, page = talk(opened)
    queries = np.arange(30) if by_id else bits[:30]
    session.evaluate(opened.evaluation(queries, 5), lambda *_: None)
    packets = searched(session, page, search_request("s", {"workload": 7}))
    assert packets[0][0]["id"] == ("7" if by_id else None)
    np.testing.assert_array_equal(Received(packets).vector, bits[7])


def test_a_query_of_a_workload_is_looked_up_in_steps(talk):
    opened, _ = binary_ivf()
    session, page = talk(opened, by_hand=True)
    session.evaluate(opened.evaluation([7], 5), lambda *_: None)
    asked, find = [], opened.query_steps

    def query_steps(query):
        asked.append(query)
        return find(query)

    opened.query_steps = query_steps
    session.handle(search_request("s", {"workload": 0}))
    session._runner.heed()
    assert not page.kinds("s")
    step_until(session, page, kind="done", request="s")
    assert asked == [7]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"workload": 0}, "no workload has been evaluated"),
        ({"workload": -1}, "workload must be an integer"),
        ({"workload": "0"}, "workload must be an integer"),
    ],
)
def test_a_query_of_no_workload_is_refused(talk, clustered, query, words):
    session, page = talk(clustered[0])
    session.handle(search_request("s", query))
    assert words in page.wait(kind="error", request="s")[0]["message"]


def test_a_place_beyond_the_workload_is_refused(talk, clustered):
    session, page = talk(clustered[0])
    session.handle(evaluate_request(sample=5))
    page.wait(kind="workload", final=True)
    session.handle(search_request("s", {"workload": 5}))
    assert "between 0 and 4, got 5" in page.wait(kind="error", request="s")[0]["message"]


def test_a_workload_grows_on_the_page(talk, clustered, monkeypatch):
    slowly(monkeypatch)
    session, page = talk(clustered[0])
    session.handle(evaluate_request(sample=200))
    page.wait(kind="workload", final=True)
    computed = [m["computed"] for m, _ in page.of("w") if m["kind"] == "workload"]
    assert computed == sorted(computed)
    assert len(computed) > 5
    assert computed[-1] == 200
    done = [m["done"] for m, _ in page.of("w") if m["kind"] == "progress"]
    assert done == sorted(done)
    assert done[-1] == 200


def step_to_60(session, page):
    """Step until 60 of 200 queries are evaluated."""
    step_until(session, page, lambda m: m["kind"] == "workload" and not m["final"] and m["computed"] >= 60)


def test_a_cancelled_workload_keeps_what_was_computed(talk, clustered, monkeypatch):
    slowly(monkeypatch)
    session, page = talk(clustered[0], by_hand=True)
    session.handle(evaluate_request(sample=200))
    step_to_60(session, page)
    session.handle({"kind": "cancel", "request": "other"})
    session.handle({"kind": "cancel", "request": "w"})
    session.drain()
    message, _ = page.wait(kind="workload", final=True)
    assert (message["reason"], message["asked"]) == ("cancelled", 200)
    assert 60 <= message["computed"] < 200


def test_a_newer_workload_takes_the_place_of_an_older_one(talk, clustered, monkeypatch):
    slowly(monkeypatch)
    session, page = talk(clustered[0], by_hand=True)
    session.handle(evaluate_request("old", sample=200))
    step_to_60(session, page)
    session.handle(evaluate_request("new", sample=40))
    session.drain()
    message, _ = page.wait(kind="workload", request="new", final=True)
    assert message["computed"] == 40
    assert all(not m.get("final") for m, _ in page.of("old"))


def test_a_page_that_opens_later_can_ask_for_the_workload(talk, clustered):
    session, page = talk(clustered[0])
    session.handle({"kind": "workload", "request": "early"})
    session.handle(evaluate_request())
    first = Sent(page.wait(kind="workload", final=True))
    session.handle({"kind": "workload", "request": "late"})
    again = Sent(page.wait(kind="workload", request="late"))
    np.testing.assert_array_equal(again.curves, first.curves)
    assert page.of("early") == []


def test_searches_are_answered_while_a_workload_is_evaluated(talk, clustered, monkeypatch):
    slowly(monkeypatch)
    session, page = talk(clustered[0], by_hand=True)
    session.handle(evaluate_request(sample=200))
    step_to_60(session, page)
    session.handle(search_request())
    step_until(session, page, kind="done", request="a")
    assert not [m for m, _ in page.of("w") if m.get("final")]
    session.drain()
    assert page.wait(kind="workload", final=True)[0]["computed"] == 200


def test_what_goes_wrong_in_a_workload_is_told_and_what_was_computed_kept(talk, clustered, monkeypatch):
    slowly(monkeypatch)
    session, page = talk(clustered[0], by_hand=True)
    session.handle(evaluate_request(sample=200))
    step_to_60(session, page)

    def failing(*_arguments, **_options):
        raise ValueError("the disk is gone")

    monkeypatch.setattr(inverted_lists, "borrowed_vectors", failing)
    session.drain()
    assert page.wait(kind="error", request="w")[0]["message"] == "the disk is gone"
    message, _ = page.wait(kind="workload", final=True)
    assert message["reason"] == "failed"
    assert 60 <= message["computed"] < 200


def test_an_evaluation_in_python_that_raises_raises_and_ends_on_the_page(talk, clustered):
    session, page = talk(clustered[0])

    def stop(_done, _asked):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.evaluate(open_index(clustered[0]).evaluation(30, 5), stop)
    assert page.wait(kind="workload", final=True)[0]["reason"] == "interrupted"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_ends_before_it_began_leaves_the_workload_before_it(talk, clustered, error):
    session, page = talk(clustered[0])
    opened = open_index(clustered[0])
    before = session.evaluate(opened.evaluation(30, 5), lambda _done, _asked: None)

    def stop(_done, _asked):
        raise error

    with pytest.raises(error):
        session.evaluate(opened.evaluation(20, 5), stop)
    last = [m for m, _ in page.packets if m["kind"] == "workload"][-1]
    assert (last["computed"], last["final"], last["reason"]) == (30, True, None)
    session.handle(search_request("s", {"workload": 29}))
    page.wait(kind="done", request="s")
    session.handle({"kind": "workload", "request": "again"})
    assert page.wait(kind="workload", request="again")[0]["computed"] == len(before)


def test_an_unfinished_workload_that_is_left_is_said_to_have_been_ended(talk, clustered, monkeypatch):
    slowly(monkeypatch)
    session, page = talk(clustered[0], by_hand=True)
    session.handle(evaluate_request("old", sample=200))
    step_to_60(session, page)
    session.handle(evaluate_request("new", sample=40))
    session.handle({"kind": "cancel", "request": "new"})
    session.drain()
    message, _ = page.wait(kind="workload", request="new", final=True)
    assert 60 <= message["computed"] < 200
    assert message["reason"] == "ended by another evaluation"


def test_a_closed_session_refuses_to_evaluate(talk, clustered):
    session, _ = talk(clustered[0])
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.evaluate(open_index(clustered[0]).evaluation(30, 5), lambda *_: None)


@pytest.mark.parametrize("change", [{"sample": 0}, {"sample": "9"}, {"k": 101}, {"seed": -1}, {"seed": None}])
def test_a_workload_that_makes_no_sense_is_refused_by_name(talk, clustered, change):
    session, page = talk(clustered[0])
    session.handle(evaluate_request() | change)
    assert next(iter(change)) in page.wait(kind="error", request="w")[0]["message"]


def test_the_curves_of_very_many_clusters_are_thinned_out():
    for nlist in (1, 2, 4096):
        assert evaluator_module.nprobes_shown(nlist).tolist() == list(range(1, nlist + 1))
    for nlist in (4097, 65_536):
        chosen = evaluator_module.nprobes_shown(nlist)
        assert chosen[0] == 1
        assert chosen[-1] == nlist
        assert (np.diff(chosen) > 0).all()
        assert len(chosen) <= 4096
        assert np.diff(chosen)[chosen[:-1] < 2000].max() == 1


# Findings


def test_findings_come_with_the_answer(talk):
    vectors = make_vectors(300, 8, 6)
    index = ivf_around(vectors[[0, 100, 200]])
    index.add(np.concatenate([np.repeat(vectors[:1], 250, axis=0), vectors]))
    index.nprobe = 1
    session, page = talk(index)
    packets = searched(session, page, search_request(query={"id": "0", "cluster": None}, nprobe=1))
    about_index = summary_of(session._index, k_max=20, images=False)["findings"]
    found = {finding["code"]: finding for finding in about_index + packets[-1][0]["findings"]}
    sentences = " ".join(finding["sentence"] for finding in found.values())
    assert "nprobe = 1" in sentences
    assert "250 other vectors are identical" in sentences
    assert {finding["severity"] for finding in found.values()} <= {"info", "warning", "error"}
    assert all(finding["evidence"] for finding in found.values())
    far = {"vector": True}
    session.handle(search_request("far", far, nprobe=1), [np.full(8, 100, "<f4").tobytes()])
    bounds, _ = page.wait(kind="bounds", serial=packets[0][0]["serial"] + 1)
    assert "outside of all clusters" in " ".join(finding["sentence"] for finding in bounds["findings"])


def test_an_ordinary_index_has_nothing_that_stands_out(talk, clustered):
    index, _ = clustered
    index.nprobe = 4
    session, page = talk(index)
    packets = searched(session, page, search_request())
    assert packets[-1][0]["findings"] == []
    bounds, _ = page.wait(kind="bounds", serial=packets[0][0]["serial"])
    assert bounds["findings"] == []


@pytest.mark.parametrize(
    ("sizes", "factor"), [([10, 10, 10], 1.0), ([30, 0, 0], 3.0), ([0, 0], 1.0), ([1, 2, 3, 4], 1.2)]
)
def test_the_imbalance_factor_is_that_of_faiss(sizes, factor):
    assert cluster_sizes.imbalance_factor(np.array(sizes)) == pytest.approx(factor)


def test_it_is_that_of_faiss_on_an_index(clustered):
    index, _ = clustered
    mine = cluster_sizes.imbalance_factor(open_index(index).list_sizes)
    assert mine == pytest.approx(index.invlists.imbalance_factor())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cluster_sizes.size_findings(np.array([5, 5]), 1), ["nprobe = 1"]),
        (lambda: cluster_sizes.size_findings(np.array([5]), 1), []),
        (lambda: cluster_sizes.size_findings(np.array([0, 4, 0, 5]), 2), ["2 of 4 clusters are empty"]),
        (
            lambda: cluster_sizes.size_findings(np.array([97, 1, 1, 1]), 2),
            ["imbalance factor is 3.8", "97.0\N{NO-BREAK SPACE}%"],
        ),
        (lambda: findings.coarse_findings(np.float32([1, 5]), np.float32([4.99999, 6]), False), []),
        (
            lambda: findings.coarse_findings(np.float32([1, 5]), np.float32([3, 6]), False),
            ["passed over 1 cluster nearer"],
        ),
        (
            lambda: findings.coarse_findings(np.float32([9, 5]), np.float32([7, 6, 1]), True),
            ["passed over 2 clusters"],
        ),
        (lambda: findings.coarse_findings(np.float32([]), np.float32([3, 6]), False), []),
        (lambda: findings.refine_findings(5, 5), ["With k_factor = 1"]),
        (lambda: findings.refine_findings(5, 20), []),
        (lambda: findings.refine_findings(5, 0), []),
        (lambda: findings.duplicate_findings(0), []),
        (lambda: findings.duplicate_findings(1), ["Another vector is identical"]),
        (lambda: findings.duplicate_findings(1200), ["1,200 other vectors"]),
        (lambda: findings.distance_findings(np.array([0.0, 3], np.float32), False), []),
        (lambda: findings.distance_findings(np.array([2.5, 3], np.float32), False), ["nearer than 2.5"]),
        (lambda: findings.distance_findings(np.array([2.5, 3], np.float32), True), []),
        (lambda: findings.distance_findings(np.array([np.inf], np.float32), False), []),
    ],
)
def test_sentences(call, words):
    found = call()
    assert bool(found) == bool(words)
    for word in words:
        assert word in " ".join(finding.sentence for finding in found)
    assert all(finding.code and finding.evidence for finding in found)
