"""``save_html`` and ``to_html`` of a graph: what is in the file, what is not, and what goes wrong."""

import base64
import gzip
import html
import re
from itertools import pairwise

import faiss
import graphs
import hnswlib_stand_in
import numpy as np
import pytest
from PIL import Image
from test_saved_page import HOSTILE, header_of, kinds_of

import feder_widget as fw
from feder_widget.export import GraphView

pytestmark = pytest.mark.usefixtures("one_thread")

ROWS = 900
X = graphs.vectors(ROWS)


def made(vectors=X, **options):
    index = graphs.build("HNSW8,Flat", data=vectors)
    return fw.FederWidget(fw.open_index(index), **{"ef_search": 6, "k": 5, **options})


def page_of(w, queries=(), hardest=0, max_bytes=None, title=None):
    return w._page("save_html", queries, hardest, max_bytes, title)


def asked_in(page, kind):
    header, _ = header_of(page)
    return [exchange["asked"] for exchange in header["exchanges"] if exchange["asked"]["kind"] == kind]


def missing_row(w):
    """Return a row that misses some of its neighbours at the present efSearch."""
    return next(row for row in range(ROWS) if 0 < w.index.explain(row, w.k).recall(w.ef_search) < 1)


def test_it_is_one_file_that_asks_nothing_of_a_network(tmp_path):
    w = made(images=np.zeros((ROWS, 8, 8, 3), np.uint8))
    w.search(7)
    path = w.save_html(tmp_path / "search.html")
    page = path.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert page.count("<script") == 2
    outside_the_bundle = re.sub(
        r"<script type=\"module\">.*?</script>|<style>.*?</style>", "", page, flags=re.S
    )
    assert not re.search(r"""(src|href)="(?!data:)""", outside_the_bundle)
    assert list(tmp_path.iterdir()) == [path]
    header, _ = header_of(page)
    graph = header["traits"].pop("_graph")
    assert header["traits"] == {
        "ef_search": 6,
        "k": 5,
        "include_self": False,
        "selection": [],
        "view": "walk",
        "theme": "auto",
    }
    assert (graph["ef_limit"], graph["k_max"], graph["index_version"]) == (512, 30, 0)
    assert {"map", "walk", "walk_places", "walk_truth", "walk_projection", "thumbnails"} <= set(
        kinds_of(header)
    )
    assert "Shows efSearch up to 512 and k up to 30." in page


def test_it_says_the_answer_where_no_script_runs():
    w = made(labels=[f"row of {row}" for row in range(ROWS)])
    row = missing_row(w)
    w.search(row)
    page = w.to_html(title="Why?")
    document = html.unescape(re.search(r'srcdoc="([^"]*)"', page)[1])
    explanation = w.index.explain(row, 5)
    missed = w.report().missed
    assert "<h1>Why?</h1>" in document
    assert f"{5 - len(missed)} of 5 true neighbours of row {row} came back." in document
    for neighbour in explanation.ids:
        assert f"<td>{neighbour}</td><td></td><td>row of {neighbour}</td>" in document
    for one in missed:
        assert f"<td>{one.ef_needed:,}</td><td>missed: {html.escape(one.why)}</td>" in document
    assert re.search(r'<img alt="[^"]+" src="data:image/png;base64,', document)
    assert 'sandbox="allow-scripts allow-downloads"' in page


@pytest.mark.parametrize("place", ["labels", "title", "data"])
def test_hostile_text_stays_text(place):
    pd = pytest.importorskip("pandas")
    options = {"labels": [HOSTILE] * ROWS} if place == "labels" else {}
    if place == "data":
        options = {"data": pd.DataFrame({HOSTILE: [HOSTILE] * ROWS}), "label": HOSTILE}
    w = made(**options)
    w.search(7)
    page = page_of(w, title=HOSTILE if place == "title" else None)
    assert page.count("</script>") == 2
    assert "<img src=x" not in page
    assert html.escape(HOSTILE) in page


def test_names_of_files_and_folders_are_not_in_it(tmp_path):
    folder = tmp_path / "secret folder"
    folder.mkdir()
    for row in range(40):
        Image.new("RGB", (8, 8), (row, 0, 0)).save(folder / f"private-{row}.png")
    (folder / "private-7.png").write_bytes(b"no picture")
    images = [str(folder / f"private-{row}.png") for row in range(40)]
    w = made(X[:40], images=images)
    w.search(3)
    page = page_of(w)
    raw = gzip.decompress(base64.b64decode(re.search(r'data-length="\d+">([^<]*)<', page)[1]))
    for text in ("secret", "private-", str(tmp_path)):
        assert text not in page
        assert text.encode() not in raw


def test_pictures_of_other_sites_and_their_addresses_are_left_out():
    w = made(images=[f"https://example.org/{row}.jpg?token=secret" for row in range(ROWS)])
    w.search(7)
    page = page_of(w)
    raw = gzip.decompress(base64.b64decode(re.search(r'data-length="\d+">([^<]*)<', page)[1]))
    assert b"secret" not in raw
    assert "secret" not in page


def test_rows_and_vectors_are_recorded_once_each_and_the_one_on_screen_comes_last():
    w = made()
    w.search(7)
    assert [one["query"]["id"] for one in asked_in(page_of(w, [7, 12, 12, 3]), "walk")] == ["12", "3", "7"]
    asked = asked_in(page_of(made(), X[:2] + 0.01), "walk")
    assert [one["query"] for one in asked] == [{"vector": True}] * 2


def test_one_walk_is_recorded_where_it_tells_every_ef_search():
    w = made()
    w.search(7)
    page = page_of(w)
    (walk,) = asked_in(page, "walk")
    assert walk["ef_max"] == 512
    assert asked_in(page, "walk_results") == []
    # Those at a smaller k follow, whether the row itself counts or not.
    assert [(one["k"], one["include_self"]) for one in asked_in(page, "walk_truth")] == [
        (30, False),
        (30, True),
    ]
    w.ef_search = 300
    assert {one["ef_max"] for one in asked_in(page_of(w), "walk")} == {600}


def test_where_distances_tie_a_search_is_recorded_at_some_ef_search():
    w = made(graphs.whole_numbers(ROWS), ef_search=20)
    w.search(7)
    page = page_of(w)
    walks = [one["ef_search"] for one in asked_in(page, "walk")]
    assert walks[-1] == 20
    assert set(walks[1:]) <= {1, 2, 4, 8, 16, 20, 32, 64, 128, 256, 512}
    assert {64, 128, 256, 512} <= set(walks)
    results = asked_in(page, "walk_results")
    assert {64, 128, 256, 512, 20} <= {one["ef_search"] for one in results}
    assert {one["k"] for one in results} == {5}
    assert "Distances of one query tie: from the first tie on it shows efSearch 1, 2, 4, 8, … only." in page


def test_results_of_a_second_pass_are_recorded_at_every_ef_search():
    w = fw.FederWidget(graphs.reranked("HNSW8_SQ4,RFlat", k_factor=2.0, data=X), ef_search=6, k=5)
    w.search(7)
    header, _ = header_of(page_of(w))
    told = [
        exchange["answers"][0]["content"]
        for exchange in header["exchanges"]
        if exchange["asked"]["kind"] == "walk_results"
    ]
    assert told[0]["ef_search"] == 1
    assert told[-1]["ef_until"] >= 512
    assert all(one["ef_search"] == before["ef_until"] + 1 for before, one in pairwise(told))
    truths = [one["asked"] for one in header["exchanges"] if one["asked"]["kind"] == "walk_truth"]
    assert [(one["k"], one["include_self"]) for one in truths] == [(5, False)]


@pytest.mark.parametrize("variant", ["l2 with deleted", "l2 with ties", "ip"])
def test_a_graph_of_hnswlib_is_saved(variant):
    index = fw.open_index(hnswlib_stand_in.recorded(variant))
    w = fw.FederWidget(index, ef_search=8, k=5)
    w.search(hnswlib_stand_in.data_of(variant)[3][0])
    header, _ = header_of(page_of(w))
    assert header["traits"]["_graph"]["least_is_k"]
    assert {"walk", "walk_truth"} <= set(kinds_of(header))


def test_a_graph_of_bits_is_saved():
    w = fw.FederWidget(graphs.build_binary(), ef_search=9, k=5)
    w.search(graphs.binary_codes(1, seed=3)[0])
    page = page_of(w)
    assert {1, 2, 4, 8, 9} <= {one["ef_search"] for one in asked_in(page, "walk_results")}


def test_the_hardest_queries_of_the_workload_are_saved_with_it():
    w = made()
    w.search(7)
    workload = w.evaluate(60, progress=False)
    page = page_of(w, hardest=4)
    asked = asked_in(page, "walk")
    assert [one["query"].get("workload") for one in asked[:-1]] == workload.hardest(4, ef_search=6).tolist()
    values = {one["nprobe"] for one in asked_in(page, "hardest")}
    assert set(range(1, 65)) | {128, 256, 512} == values
    assert "workload" in {exchange["asked"]["kind"] for exchange in header_of(page)[0]["exchanges"]}
    alone = made()
    workload = alone.evaluate(60, progress=False)
    asked = asked_in(page_of(alone, hardest=2), "walk")
    assert [one["query"]["workload"] for one in asked] == workload.hardest(2, ef_search=6).tolist()[::-1]


def test_pictures_are_left_out_beyond_the_budget_and_it_says_so():
    w = made(images=np.random.default_rng(0).integers(0, 255, (ROWS, 32, 32, 3), np.uint8))
    w.search(7)
    with pytest.raises(ValueError, match="max_bytes must be at least") as caught:
        page_of(w, max_bytes=1000)
    bare = int(re.search(r"at least ([\d,]+)", str(caught.value))[1].replace(",", ""))
    page = page_of(w, max_bytes=bare + 250_000)
    assert len(page) <= bare + 250_000
    held = re.search(r"Holds the pictures of ([\d,]+) of the", page)
    assert 0 < int(held[1].replace(",", "")) < ROWS
    first = asked_in(page, "thumbnails")[0]
    # What is on screen first comes first.
    assert set(map(str, w.index.explain(7, 5).ids)) <= set(first["ids"])
    assert len(page_of(w)) <= 1_500_000


def test_values_of_metadata_are_recorded():
    pd = pytest.importorskip("pandas")
    w = made(data=pd.DataFrame({"size": np.arange(ROWS) / 3}))
    w.search(7)
    (asked,) = asked_in(page_of(w), "row_values")
    assert set(map(str, w.index.explain(7, 5).ids)) <= set(asked["ids"])


def test_bad_input_is_named_and_leaves_no_file(tmp_path):
    w = made()
    with pytest.raises(ValueError, match="search first, or pass queries="):
        w.save_html(tmp_path / "a.html")
    w.search(7)
    for queries in ("seven", [1.5], [ROWS], X[:2, :3], {"a": 1}, [None]):
        with pytest.raises((TypeError, ValueError)):
            w.save_html(tmp_path / "a.html", queries=queries)
    for value in (0, 1.5, "1 MB", True):
        with pytest.raises((TypeError, ValueError), match="max_bytes"):
            w.save_html(tmp_path / "a.html", max_bytes=value)
    with pytest.raises(FileNotFoundError, match="path must be in a folder that exists"):
        w.save_html(tmp_path / "none" / "a.html")
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_changes_while_the_page_is_made_is_told():
    w = made()
    w.search(7)
    steps = w._page_steps(GraphView(6, 5, False), [], 0, None, None)
    next(steps)
    w.index.faiss_index.add(X[:5])
    with pytest.raises(fw.IndexChangedError, match="save it again"):
        for _ in steps:
            pass


def test_a_graph_that_grew_is_saved_as_it_is():
    w = made()
    w.search(7)
    w.index.faiss_index.add(X[:10] + 1)
    header, _ = header_of(page_of(w))
    assert header["traits"]["_graph"]["ntotal"] == ROWS + 10
    assert header["traits"]["_graph"]["index_version"] == 0


def test_a_projection_that_fails_leaves_the_rest():
    def broken(_rows):
        raise RuntimeError("no")

    w = made(projection=broken)
    w.search(7)
    assert "walk" in kinds_of(header_of(page_of(w))[0])


def test_a_single_vector_is_saved():
    index = faiss.IndexHNSWFlat(4, 4)
    index.add(np.zeros((1, 4), np.float32))
    w = fw.FederWidget(index, ef_search=1, k=1, include_self=True)
    w.search(0)
    assert "The true neighbour of row 0 came back." in page_of(w)


def test_the_page_asks_the_kernel_for_a_page_of_its_search():
    w = made()
    w.search(7)
    said = []
    w._session._outbox._send = lambda content, buffers: said.append((content, buffers))
    w._session.handle({"kind": "walk_page", "request": "page", "ef_search": 9, "k": 4})
    w._session.drain()
    parts = [(content, buffers) for content, buffers in said if content["request"] == "page"]
    assert [content["kind"] for content, _ in parts] == ["file_part"] * len(parts)
    page = b"".join(buffers[0] for _, buffers in parts).decode()
    traits = header_of(page)[0]["traits"]
    assert (traits["ef_search"], traits["k"]) == (9, 4)
