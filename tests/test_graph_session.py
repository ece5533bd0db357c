"""Conversations about a graph: what the page is told is what Faiss did."""

from __future__ import annotations

import json

import faiss
import graph_fixture
import graphs
import numpy as np
import pytest
from graph_fixture import PATH, converse

import feder_widget as fw
from feder_widget.session.graph import walk_results
from feder_widget.session.messages.declare import buffer_fields
from feder_widget.session.messages.graph_to_page import Walk, WalkResults, WalkTruth, WalkVerdict

DTYPES = {"uint8": "u1", "int32": "<i4", "int64": "<i8", "float32": "<f4"}


def read(packet):
    """Return the fields and arrays of a message."""
    content, buffers = packet
    declared = {
        "walk": Walk,
        "walk_truth": WalkTruth,
        "walk_results": WalkResults,
        "walk_verdict": WalkVerdict,
    }[content["kind"]]
    names = list(buffer_fields(declared))
    arrays = {
        name: np.frombuffer(buffer, DTYPES[buffer_fields(declared)[name].dtype])
        for name, buffer in zip(names, buffers, strict=True)
    }
    return {**content, **arrays}


def walk(request="w", **others):
    asked = {"kind": "walk", "request": request, "ef_search": 16, "ef_max": 64, "k": 9}
    return {**asked, "query": {"id": "5", "cluster": None}, **others}


def test_the_kept_fixture_is_what_is_sent():
    kept, sent = json.loads(PATH.read_text(encoding="utf-8")), json.loads(json.dumps(graph_fixture.build()))
    # Places are sums of products, which differ in the last digit from machine to machine.
    drawn = [[packet["content"]["kind"] for packet in each.pop("map")["messages"]] for each in (kept, sent)]
    assert drawn[0] == drawn[1]
    assert kept == sent


@pytest.mark.parametrize("name", ["Flat, inner product", "IDMap2", "M 2", "PQ, L2"])
def test_a_walk_is_told_as_it_was(name):
    variant = next(each for each in graphs.VARIANTS if each.name == name)
    index = variant.make()
    session, packets = converse(index)
    row = 5 if variant.ids is None else int(variant.ids[5])
    session.handle(walk(query={"id": str(row), "cluster": None}))
    said = read(packets[-1])
    opened = fw.open_index(index)
    trace = opened.trace(row, 9, said["ef_max"])
    assert said["id"] == str(row)
    assert said["ids"].tolist() == trace.visited.tolist()
    assert said["distances"].tobytes() == trace.walk.distances.tobytes()
    assert said["expanded"].tolist() == trace.walk.expanded.tolist()
    assert said["nearer"].tolist() == trace.walk.nearer.tolist()
    assert said["first"].tolist() == trace.walk.first.tolist()
    assert said["hop_to"].tolist() == opened.ids_of([hop.to for hop in trace.descent.hops]).tolist()
    assert len(said["link_ids"]) == trace.descent.n_distances
    levels = opened.graph_file.links.levels
    nodes = [opened.node_of(int(each)) for each in said["ids"]]
    assert said["levels"].tolist() == (levels[nodes] - 1).tolist()
    session.close()


def test_true_neighbours_are_those_of_an_exhaustive_search():
    index = graphs.build("HNSW4,Flat", construction=8)
    session, packets = converse(index)
    session.handle(walk())
    session.handle({"kind": "walk_truth", "request": "t", "serial": 1, "k": 9})
    said = read(packets[-1])
    opened = fw.open_index(index)
    explained = opened.explain(5, 9)
    count = said["count"]
    assert said["ids"][:count].tolist() == explained.ids.tolist()
    never = opened.ntotal + 1
    assert said["returned_from"][:count].tolist() == [
        0 if each == never else each for each in explained.returned_from.tolist()
    ]
    for i, row in enumerate(explained.ids.tolist()):
        links = said["in_ids"][said["in_offsets"][i] : said["in_offsets"][i + 1]]
        assert links.tolist() == opened.in_links(row).tolist()
    session.close()


def test_results_are_those_of_the_engine():
    index = graphs.build("HNSW8,Flat", data=graphs.whole_numbers())
    session, packets = converse(index)
    session.handle(walk())
    for include in (False, True):
        asked = {"kind": "walk_results", "request": "r", "serial": 1, "ef_search": 12, "k": 7}
        session.handle({**asked, "include_self": include})
        said = read(packets[-1])
        index.hnsw.efSearch = 12
        ids = index.search(graphs.whole_numbers()[5:6], 7 if include else 8)[1][0]
        wanted = ids if include else ids[ids != 5][:7]
        assert said["ids"].tolist() == wanted.tolist()
        assert (said["ef_from"].tolist(), said["ef_until"]) == ([12], 12)
    session.close()


@pytest.mark.parametrize("most", [10**9, 45], ids=["all", "a few"])
def test_results_that_are_re_ranked_are_those_of_the_engine_at_every_ef_search(most, monkeypatch):
    monkeypatch.setattr(walk_results, "MOST_ROWS", most)
    index = graphs.reranked("HNSW8_SQ4,RFlat", k_factor=1.5)
    session, packets = converse(index)
    session.handle(walk())
    covered = 0
    for include in (False, True):
        asked = {"kind": "walk_results", "request": "r", "serial": 1, "ef_search": 12, "k": 7}
        session.handle({**asked, "include_self": include})
        said = read(packets[-1])
        assert said["ef_from"][0] <= 12 <= said["ef_until"]
        assert len(said["ids"]) <= min(most, 7 * len(said["ef_from"]))
        for ef in range(said["ef_from"][0], min(200, said["ef_until"]) + 1):
            graphs.core_of(index).hnsw.efSearch = int(ef)
            distances, ids = index.search(graphs.vectors()[5:6], 7 if include else 8)
            kept = np.flatnonzero((ids[0] != -1) & (include | (ids[0] != 5)))[:7]
            state = np.searchsorted(said["ef_from"], ef, side="right") - 1
            some = slice(said["offsets"][state], said["offsets"][state + 1])
            assert said["ids"][some].tolist() == ids[0][kept].tolist()
            assert said["distances"][some].tobytes() == distances[0][kept].tobytes()
            covered += 1
    assert covered >= (390 if most > 45 else 10)
    session.close()


def test_results_that_are_re_ranked_are_searched_for_where_distances_tie():
    index = graphs.reranked("HNSW8,Flat,RFlat", data=graphs.whole_numbers(), k_factor=2)
    session, packets = converse(index)
    session.handle(walk())
    assert read(packets[-1])["holds_until"] < 12
    session.handle({"kind": "walk_results", "request": "r", "serial": 1, "ef_search": 12, "k": 7})
    said = read(packets[-1])
    assert (said["ef_from"].tolist(), said["ef_until"]) == ([12], 12)
    graphs.core_of(index).hnsw.efSearch = 12
    ids = index.search(graphs.whole_numbers()[5:6], 8)[1][0]
    assert said["ids"].tolist() == ids[ids != 5][:7].tolist()
    session.close()


def test_the_widget_of_a_graph_that_is_re_ranked_describes_it_and_notices_its_k_factor():
    index = graphs.reranked("HNSW8_SQ8,RFlat", k_factor=2)
    widget = fw.FederWidget(index, ef_search=16, k=5)
    widget.open()
    assert widget._graph["k_factor"] == 2
    assert widget._graph["distance"] == "squared L2 distance to codes"
    assert widget._graph["result_distance"] == "squared L2 distance"
    widget.search(7)
    assert widget.trace().refine.k_base == 10
    assert widget.explain().recall(16) > 0.5
    index.k_factor = 3
    widget._session.after_cell()
    assert widget._graph["k_factor"] == 3
    widget.close()


def test_a_verdict_says_where_a_row_stands():
    index = graphs.build("HNSW4,Flat", construction=8)
    session, packets = converse(index)
    session.handle(walk())
    opened = fw.open_index(index)
    for row in (5, 77, 2400):
        session.handle({"kind": "walk_verdict", "request": "v", "serial": 1, "id": str(row)})
        said, wanted = read(packets[-1]), opened.verdict(5, row)
        assert (said["id"], said["position"]) == (str(row), wanted.position)
        assert said["distance"] == pytest.approx(wanted.distance)
        assert said["need"] == (0 if wanted.approach is None else wanted.approach.need)
        assert said["in_ids"].tolist() == opened.in_links(row).tolist()
    session.handle({"kind": "walk_verdict", "request": "v", "serial": 1, "id": "2500"})
    assert "row id 2500 is not in the index" in packets[-1][0]["message"]
    session.close()


def test_a_workload_of_the_page_is_that_of_the_index():
    index = graphs.build("HNSW4,Flat", construction=8)
    session, packets = converse(index)
    session.handle({"kind": "evaluate", "request": "e", "sample": 30, "seed": 4, "k": 6})
    content, buffers = packets[-1]
    assert (content["kind"], content["computed"], content["final"]) == ("workload", 30, True)
    wanted = fw.open_index(index).evaluate(30, 6, seed=4, progress=False)
    efs, recall, _, compared, _ = buffers
    assert np.frombuffer(efs, "<i4").tolist() == list(range(1, 513))
    np.testing.assert_allclose(np.frombuffer(recall, "<f4"), wanted.recall, rtol=1e-6)
    np.testing.assert_allclose(np.frombuffer(compared, "<f4") * graphs.ROWS, wanted.n_distances, rtol=1e-5)
    session.handle({"kind": "hardest", "request": "h", "order": "recall", "nprobe": 4})
    content, (places, ids, _found, _counts, needed) = packets[-1]
    hardest = wanted.hardest(24, ef_search=4)
    assert np.frombuffer(places, "<i4").tolist() == hardest.tolist()
    assert np.frombuffer(ids, "<i8").tolist() == wanted.ids[hardest].tolist()
    assert np.frombuffer(needed, "<i4").tolist() == wanted.ef_needed[hardest].tolist()
    session.handle(walk(query={"workload": int(hardest[0])}))
    assert packets[-1][0]["id"] == str(wanted.ids[hardest[0]])
    session.close()


def test_a_workload_in_a_cell_is_shown():
    widget = fw.GraphWidget(graphs.build("HNSW8,Flat"), k=5)
    sent = []
    widget.send = lambda content, _buffers=None: sent.append(content)
    workload = widget.evaluate(20, ef_max=40, progress=False)
    assert (len(workload), workload.k, workload.ef_max) == (20, 5, 40)
    assert [each["kind"] for each in sent] == ["workload"]
    assert workload.curves.reason is None
    with pytest.raises(ValueError, match="k must be between 1 and k_max=100"):
        widget.evaluate(20, k=101)
    widget.close()


def test_where_distances_tie_the_walk_is_the_one_of_its_ef_search():
    index = graphs.build("HNSW8,Flat", data=graphs.whole_numbers())
    session, packets = converse(index)
    opened = fw.open_index(index)
    for ef in (3, 16, 40):
        session.handle(walk(ef_search=ef))
        said = read(packets[-1])
        # As the longer walk says, even where the one that is sent has no ties itself.
        assert said["holds_until"] < ef
        assert said["ef_max"] == ef
        # The row itself does not count, so that the search is one for ten.
        assert said["ids"].tolist() == opened.trace(5, 10, ef).visited.tolist()
    session.close()


def test_an_older_search_is_over_and_an_index_that_changed_is_noticed():
    index = graphs.build("HNSW8,Flat")
    session, packets = converse(index)
    session.handle(walk("a"))
    session.handle(walk("b", query={"random": True}))
    session.handle({"kind": "walk_truth", "request": "late", "serial": 1, "k": 9})
    assert (packets[-1][0]["kind"], packets[-1][0]["code"]) == ("error", "superseded")
    index.add(graphs.vectors(3, seed=9))
    session.handle({"kind": "walk_truth", "request": "old", "serial": 2, "k": 9})
    assert (packets[-1][0]["kind"], packets[-1][0]["code"]) == ("error", "changed")
    session.handle(walk("c", query={"resume": True}))
    assert packets[-1][0]["index_version"] == 1
    session.close()
    session.handle(walk("d"))
    assert packets[-1][0]["request"] == "c"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"kind": "search", "request": "x"}, "kind must be one of walk"),
        (walk(ef_search=0), "ef_search must be an integer between 1 and ef_limit=2500"),
        (walk(ef_search=20, ef_max=10), "ef_max must be an integer between 20"),
        (walk(k=101), "k must be an integer between 1 and k_max=100"),
        (walk(query={"id": "2500"}), "row id 2500 is not in the index"),
        (walk(query={"workload": 3}), "no workload has been evaluated"),
        (walk(query={"words": "a cat"}), "a graph is asked by a row"),
        (walk(query={"vector": True}), "a search by vector needs one buffer"),
        ({"kind": "walk_truth", "request": "x", "serial": "1", "k": 3}, "serial must be an integer"),
        ([], "a request must be an object"),
    ],
)
def test_a_bad_request_is_answered_in_words(request_, message):
    session, packets = converse(graphs.build("HNSW8,Flat"))
    session.handle(request_)
    assert packets[-1][0]["kind"] == "error"
    assert message in packets[-1][0]["message"]
    session.handle(walk())
    assert packets[-1][0]["kind"] == "walk"
    session.close()


def test_a_widget_of_a_graph_is_made_by_its_index():
    index = graphs.build("HNSW8,Flat")
    widget = fw.FederWidget(index, labels=[f"row {i}" for i in range(graphs.ROWS)], k=4)
    assert isinstance(widget, fw.GraphWidget)
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget.search(17)
    assert (widget.query_id, widget.query) == (17, 17)
    assert (sent[-1][0]["kind"], sent[-1][0]["label"]) == ("walk", "row 17")
    assert widget.trace().ids.tolist() == fw.open_index(index).trace(17, 4, 16).ids.tolist()
    assert widget.explain().ids.tolist() == fw.open_index(index).explain(17, 4).ids.tolist()
    widget.query_id = 20
    assert widget.query == 20
    vector = graphs.vectors(1, seed=8)[0]
    widget.search(vector)
    assert widget.query_id is None
    np.testing.assert_array_equal(widget.query, vector)
    for name, value, message in (
        ("ef_search", 0, "ef_search must be between 1"),
        ("k", 101, "k must be between 1 and k_max=100"),
        ("view", "clusters", "view must be one of map, layers, walk"),
        ("theme", "blue", "theme must be one of auto"),
        ("selection", "1", "selection must be a list"),
        ("query_id", 99_999, "row id 99999 is not in the index"),
        ("include_self", 1, "include_self must be True or False"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            setattr(widget, name, value)
    widget.close()
    with pytest.raises(RuntimeError, match="the widget is closed"):
        widget.search(3)


def test_what_is_no_graph_or_no_option_of_one_is_refused():
    flat = graphs.faiss.index_factory(graphs.DIM, "IVF4,Flat")
    flat.train(graphs.vectors())
    flat.add(graphs.vectors())
    with pytest.raises(fw.UnsupportedIndexError, match="use FederWidget"):
        fw.GraphWidget(flat)
    with pytest.raises(TypeError, match="nprobe"):
        fw.FederWidget(graphs.build("HNSW8,Flat"), nprobe=3)
    with pytest.raises(fw.UnsupportedIndexError, match="a graph has no clusters"):
        fw.figures.cluster_sizes(graphs.build("HNSW8,Flat"))


def test_distances_beyond_all_numbers_are_told():
    vectors = np.full((300, 4), 1e25, np.float32)
    vectors[::2] *= -1
    index = faiss.IndexHNSWFlat(4, 8)
    index.add(vectors)
    session, packets = converse(index)
    session.handle(walk())
    session.handle({"kind": "walk_verdict", "request": "v", "serial": 1, "id": "8"})
    session.close()
    told = {content["kind"]: json.loads(json.dumps(content, allow_nan=False)) for content, _ in packets}
    assert {"walk", "walk_verdict"} <= told.keys()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_figure_of_the_walk_comes_in_parts(kind, monkeypatch):
    monkeypatch.setattr("feder_widget.session.answers.file.PART", 20_000)
    sent = []
    widget = fw.GraphWidget(graphs.build("HNSW8,Flat"), k=5, ef_search=4)
    widget.send = lambda content, buffers: sent.append((content, buffers))
    widget.search(7)
    asked = {"kind": "walk_figure", "request": "f", "format": kind, "ef_search": 16, "k": 5}
    widget._on_request(None, asked, [])
    widget._session.drain()
    parts = [(content, buffers[0]) for content, buffers in sent if content["kind"] == "file_part"]
    assert len(parts) > 1
    assert [content["final"] for content, _ in parts] == [False] * (len(parts) - 1) + [True]
    offsets = np.cumsum([0, *(len(data) for _, data in parts)])
    assert [content["offset"] for content, _ in parts] == offsets[:-1].tolist()
    whole = b"".join(data for _, data in parts)
    if kind == "png":
        assert whole.startswith(b"\x89PNG")
    else:
        assert b"row 7, efSearch 16" in whole
    widget.close()


def test_a_figure_needs_a_search_and_a_widget():
    session, packets = converse(graphs.build("HNSW8,Flat"))
    session.handle({"kind": "walk_figure", "request": "f", "format": "png", "ef_search": 4, "k": 5})
    assert packets[-1][0]["message"] == "this session draws no figures"
    session.close()
    sent = []
    widget = fw.GraphWidget(graphs.build("HNSW8,Flat"))
    widget.send = lambda content, _: sent.append(content)
    asked = {"kind": "walk_figure", "request": "f", "format": "gif", "ef_search": 4, "k": 5}
    for wrong in (asked, {**asked, "format": "svg"}):
        widget._on_request(None, wrong, [])
        widget._session.drain()
    assert "format must be" in sent[-2]["message"]
    assert "needs a search" in sent[-1]["message"]
    widget.close()
