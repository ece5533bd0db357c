"""``save_html`` and ``to_html``: what is in the file, what is not, and what goes wrong."""

import base64
import copy
import gzip
import html
import json
import os
import pickle
import re

import faiss
import numpy as np
import pytest
from PIL import Image

import feder_widget as fw
from feder_widget.export import View
from feder_widget.export.compressed_recording import Exchange, PackedRecording

RNG = np.random.default_rng(3)
X = RNG.random((2000, 16), np.float32)
HOSTILE = "</script><img src=x onerror=alert(1)>$x^2$"


def made(description="IVF20,Flat", **options):
    index = faiss.index_factory(16, description)
    index.train(X)
    index.add(X)
    return fw.FederWidget(fw.open_index(index), nprobe=2, k=5, **options)


def pictures():
    return RNG.integers(0, 255, (2000, 32, 32, 3), np.uint8)


def header_of(page):
    """Return what the page's recording says of itself, and its size in bytes."""
    text = re.search(r'data-length="(\d+)">([^<]*)<', page)
    assert len(text[2]) == int(text[1])
    raw = gzip.decompress(base64.b64decode(text[2]))
    header, start = {"exchanges": []}, 0
    while start < len(raw):
        length = int.from_bytes(raw[start : start + 4], "little")
        block = json.loads(raw[start + 4 : start + 4 + length])
        packets = [answer for one in block["exchanges"] for answer in one["answers"]]
        packets += [block["summary"]] if "summary" in block else []
        start += 4 + length + sum(sum(packet["lengths"]) for packet in packets)
        header = {**header, **block, "exchanges": header["exchanges"] + block["exchanges"]}
    assert start == len(raw)
    return header, len(raw)


def kinds_of(header):
    return [exchange["asked"]["kind"] for exchange in header["exchanges"]]


def test_a_block_that_is_too_large_leaves_no_trace():
    noise = np.random.default_rng(0).bytes(40_000)
    kept = [Exchange({"kind": "a"}, [({"kind": "b"}, [noise[:1000]])])]
    large = [Exchange({"kind": "c"}, [({"kind": "d"}, [noise])])]
    tried, plain = PackedRecording(), PackedRecording()
    for packed in (tried, plain):
        packed.add(kept)
    room = plain.size + 2000
    assert not tried.add_within(room, large)
    assert tried.size == plain.size
    assert tried.add_within(room, kept)
    plain.add(kept)
    assert tried.finish() == plain.finish()


def test_it_is_one_file_that_asks_nothing_of_a_network(tmp_path):
    w = made(images=pictures())
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
    assert header["traits"] == {
        "nprobe": 2,
        "k": 5,
        "include_self": False,
        "cluster": None,
        "selection": [],
        "view": "clusters",
        "theme": "auto",
    }
    assert {"map", "search", "medoids", "projection", "thumbnails"} <= set(kinds_of(header))


def test_it_says_the_answer_where_no_script_runs():
    w = made(labels=[f"row of {row}" for row in range(2000)])
    w.search(7)
    page = w.to_html(title="Why?")
    document = html.unescape(re.search(r'srcdoc="([^"]*)"', page)[1])
    explanation = w.index.explain(7, 5)
    missed = explanation.missed(2)
    assert len(missed)
    assert "<h1>Why?</h1>" in document
    assert f"{5 - len(missed)} of 5 true neighbours of row 7 came back." in document
    assert f"nprobe = {explanation.nprobe_needed} finds all." in document
    for row in explanation.ids:
        assert f"<td>{row}</td><td></td><td>row of {row}</td>" in document
    assert document.count("<td>missed: its cluster was not probed</td>") == len(missed)
    assert 'sandbox="allow-scripts allow-downloads"' in page


@pytest.mark.parametrize("place", ["labels", "title", "data"])
def test_hostile_text_stays_text(place):
    pd = pytest.importorskip("pandas")
    options = {"labels": [HOSTILE] * 2000} if place == "labels" else {}
    if place == "data":
        options = {"data": pd.DataFrame({HOSTILE: [HOSTILE] * 2000}), "label": HOSTILE}
    w = made(**options)
    w.search(7)
    page = w._page("save_html", (), 20, None, HOSTILE if place == "title" else None)
    assert page.count("</script>") == 2
    assert "<img src=x" not in page
    assert html.escape(HOSTILE) in page


def test_names_of_files_and_folders_are_not_in_it(tmp_path):
    folder = tmp_path / "secret folder"
    folder.mkdir()
    for row in range(40):
        Image.new("RGB", (8, 8), (row, 0, 0)).save(folder / f"private-{row}.png")
    (folder / "private-7.png").write_bytes(b"no picture")
    few = X[:40]
    index = faiss.index_factory(16, "IVF4,Flat")
    index.train(few)
    index.add(few)
    w = fw.FederWidget(index, images=[str(folder / f"private-{row}.png") for row in range(40)], nprobe=4)
    w.search(3)
    page = w._page("save_html", (), 20, None, None)
    raw = gzip.decompress(base64.b64decode(re.search(r'data-length="\d+">([^<]*)<', page)[1]))
    for text in ("secret", "private-", str(tmp_path)):
        assert text not in page
        assert text.encode() not in raw


def test_each_query_is_recorded_once_and_the_one_on_screen_comes_last():
    w = made()
    w.search(7)
    page = w._page("save_html", [7, 12, 12, 3], 20, None, None)
    header, _ = header_of(page)
    asked = [e["asked"]["query"] for e in header["exchanges"] if e["asked"]["kind"] == "search"]
    assert [query["id"] for query in asked] == ["12", "3", "7"]


def test_vectors_are_queries_too():
    w = made()
    header, _ = header_of(w._page("save_html", X[:2] + 0.01, 20, None, None))
    asked = [e["asked"]["query"] for e in header["exchanges"] if e["asked"]["kind"] == "search"]
    assert asked == [{"vector": True}] * 2


def test_a_picture_that_was_the_query_is_still_its_picture():
    shown = pictures()
    w = made(images=shown, embed=lambda images: X[[3] * len(images)])
    w.search(Image.fromarray(shown[3]))
    header, _ = header_of(w._page("save_html", (), 0, None, None))
    (search,) = [e for e in header["exchanges"] if e["asked"]["kind"] == "search"]
    coarse = search["answers"][0]
    assert coarse["content"]["title"] == "Your picture"
    lengths = dict(zip([name for name, *_ in coarse["content"]["buffers"]], coarse["lengths"], strict=True))
    assert lengths["picture"] > 100


def test_labels_of_all_rows_and_numbers_of_a_column_are_recorded():
    pd = pytest.importorskip("pandas")
    columns = {"kind": ["a", "b"] * 1000, "tone": ["c"] * 2000, "size": np.arange(2000) / 3}
    w = made(data=pd.DataFrame(columns), label="kind")
    w.search(7)
    header, _ = header_of(w._page("save_html", (), 0, None, None))
    for kind, column in (("row_labels", None), ("row_labels", 0), ("row_levels", 1)):
        told = [
            answer
            for exchange in header["exchanges"]
            if (exchange["asked"]["kind"], exchange["asked"].get("column")) == (kind, column)
            for answer in exchange["answers"]
        ]
        shapes = [{name: shape for name, _, shape in one["content"]["buffers"]} for one in told]
        assert sum(shape["ids"][0] for shape in shapes) == 2000


def test_the_hardest_queries_of_the_workload_are_saved_with_it():
    w = made()
    w.search(7)
    workload = w.evaluate(100, progress=False)
    header, _ = header_of(w._page("save_html", (), 4, None, None))
    asked = [e["asked"]["query"] for e in header["exchanges"] if e["asked"]["kind"] == "search"]
    assert [query.get("workload") for query in asked[:-1]] == workload.hardest(4, nprobe=2).tolist()
    hardest = [e["asked"] for e in header["exchanges"] if e["asked"]["kind"] == "hardest"]
    assert {asked["nprobe"] for asked in hardest} == set(range(1, 21))
    assert "workload" in kinds_of(header)


@pytest.mark.parametrize("description", ["IVF20,Flat", "IVF20_HNSW,SQ8", "IVF20,PQ4x4,RFlat"])
def test_what_only_the_engine_tells_is_recorded_at_every_nprobe(description):
    w = made(description)
    w.search(7)
    header, _ = header_of(w._page("save_html", (), 0, None, None))
    asked = [exchange["asked"] for exchange in header["exchanges"]]
    results = {one["nprobe"] for one in asked if one["kind"] == "results"}
    searches = [one["nprobe"] for one in asked if one["kind"] == "search"]
    if w.index.replayable:
        assert results == set()
    else:
        assert results == set(range(1, 21))
    if w.index.guarantees.ranked_once:
        assert searches == [20]
    else:
        assert searches == [1, 4, 8, 16, 20, 2]


class TestBudget:
    def test_pictures_are_left_out_beyond_it_and_it_says_so(self):
        w = made(images=pictures())
        w.search(7)
        bare = int(re.search(r"at least ([\d,]+)", self.refusal(w))[1].replace(",", ""))
        page = w._page("save_html", (), 0, bare + 300_000, None)
        assert len(page) <= bare + 300_000
        said = re.search(r"Holds the pictures of ([\d,]+) of the 2,000 rows", page)
        assert 0 < int(said[1].replace(",", "")) < 2000
        header, _ = header_of(page)
        first = next(e["asked"] for e in header["exchanges"] if e["asked"]["kind"] == "thumbnails")
        # What is on screen first comes first.
        assert set(map(str, w.index.explain(7, 5).ids)) <= set(first["ids"])

    def test_the_true_neighbours_by_the_original_vectors_come_first(self):
        index = faiss.index_factory(16, "IVF20,PQ2x4")
        index.train(X)
        index.add(X)
        opened = fw.open_index(index, vectors=X)
        w = fw.FederWidget(opened, images=pictures(), nprobe=2, k=5)
        w.search(7)
        header, _ = header_of(w._page("save_html", (), 0, 700_000, None))
        first = next(e["asked"] for e in header["exchanges"] if e["asked"]["kind"] == "thumbnails")
        assert set(map(str, opened.explain(7, 5).ids)) <= set(first["ids"])

    def test_it_is_kept_by_itself(self):
        w = made(images=pictures())
        w.search(7)
        assert len(w._page("save_html", (), 0, None, None)) <= 1_500_000

    @staticmethod
    def refusal(w):
        with pytest.raises(ValueError, match="max_bytes must be at least") as caught:
            w._page("save_html", (), 0, 1000, None)
        return str(caught.value)

    @pytest.mark.parametrize("value", [0, -1, 1.5, "1 MB", True])
    def test_it_is_a_whole_number(self, value):
        w = made()
        w.search(7)
        with pytest.raises((TypeError, ValueError), match="max_bytes"):
            w.save_html("unused.html", max_bytes=value)


class TestBadInput:
    def test_no_search_yet(self, tmp_path):
        with pytest.raises(ValueError, match="search first, or pass queries="):
            made().save_html(tmp_path / "a.html")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("queries", ["seven", [1.5], [2000], X[:2, :3], {"a": 1}, [None]])
    def test_queries_that_are_none(self, tmp_path, queries):
        w = made()
        w.search(7)
        with pytest.raises((TypeError, ValueError)):
            w.save_html(tmp_path / "a.html", queries=queries)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_does_not_exist(self, tmp_path):
        w = made()
        w.search(7)
        with pytest.raises(FileNotFoundError, match="path must be in a folder that exists"):
            w.save_html(tmp_path / "none" / "a.html")
        with pytest.raises(IsADirectoryError):
            w.save_html(tmp_path)

    def test_the_old_file_stays_whole_where_the_new_one_fails(self, tmp_path, monkeypatch):
        w = made()
        w.search(7)
        path = tmp_path / "a.html"
        path.write_text("old")
        monkeypatch.setattr(
            os, "fdopen", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left"))
        )
        with pytest.raises(OSError, match="No space"):
            w.save_html(path)
        monkeypatch.undo()
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]
        w.save_html(path)
        assert path.read_text().startswith("<!doctype html>")

    def test_an_index_that_grew_is_saved_as_it_is(self):
        w = made()
        w.search(7)
        w.index.faiss_index.add(X[:10] + 1)
        header, _ = header_of(w._page("save_html", (), 0, None, None))
        assert header["summary"]["content"]["ntotal"] == 2010


class TestWhatTheLiveWidgetSurvives:
    def test_a_hardest_query_that_was_removed_is_left_out(self):
        w = made()
        workload = w.evaluate(50, progress=False)
        gone = int(workload.ids[workload.hardest(1, nprobe=2)[0]])
        w.index.faiss_index.remove_ids(np.array([gone]))
        w.search(next(row for row in range(2000) if row != gone))
        header, _ = header_of(w._page("save_html", (), 5, None, None))
        asked = [e["asked"]["query"] for e in header["exchanges"] if e["asked"]["kind"] == "search"]
        assert len(asked) == 5

    def test_a_projection_that_fails_leaves_the_rest(self):
        def broken(_rows):
            raise RuntimeError("no")

        w = made(projection=broken)
        w.search(7)
        header, _ = header_of(w._page("save_html", (), 0, None, None))
        assert "search" in kinds_of(header)

    def test_pictures_of_other_sites_are_named_as_such_and_their_addresses_left_out(self):
        w = made(images=[f"https://example.org/{row}.jpg?token=secret" for row in range(2000)])
        w.search(7)
        page = w._page("save_html", (), 0, None, None)
        raw = gzip.decompress(base64.b64decode(re.search(r'data-length="\d+">([^<]*)<', page)[1]))
        assert b"secret" not in raw
        assert "secret" not in page
        assert "Holds the pictures of 0 of the" in page


def test_listed_rows_have_their_pictures_whatever_the_search_takes():
    rng = np.random.default_rng(0)
    many = rng.random((60_000, 8), np.float32)
    index = faiss.index_factory(8, "IVF1500,Flat")
    index.train(many[:20_000])
    index.add(many)
    w = fw.FederWidget(index, images=lambda row: np.full((8, 8, 3), row % 251, np.uint8), nprobe=2, k=5)
    w.search(7)
    page = w._page("save_html", (), 0, None, None)
    held = re.search(r"Holds the pictures of ([\d,]+) of", page)
    assert held is None or int(held[1].replace(",", "")) > 100
    assert len(page) < 3_000_000


def test_an_index_that_changes_while_the_page_is_made_is_told():
    w = made()
    w.search(7)
    steps = w._page_steps(View(2, 5, False), [], 0, None, None)
    next(steps)
    w.index.faiss_index.add(X[:5])
    with pytest.raises(fw.IndexChangedError, match="save it again"):
        for _ in steps:
            pass


class TestAnswersWithoutAWidget:
    def test_the_page_of_an_explanation_is_that_of_a_widget(self, tmp_path):
        w = made(labels=[f"row of {row}" for row in range(2000)])
        w.search(7)
        of_widget, _ = header_of(w._page("save_html", (), 0, None, None))
        explanation = w.index.explain(7, 5)
        labels = [f"row of {row}" for row in range(2000)]
        path = explanation.save_html(tmp_path / "a.html", nprobe=2, labels=labels, title=HOSTILE)
        page = path.read_text(encoding="utf-8")
        assert page.count("</script>") == 2
        assert html.escape(HOSTILE) in page
        header, _ = header_of(page)
        assert kinds_of(header) == kinds_of(of_widget)
        assert header["traits"] == of_widget["traits"]
        assert [e["asked"] for e in header["exchanges"]] == [e["asked"] for e in of_widget["exchanges"]]

    def test_it_begins_at_the_nprobe_of_the_index_and_counts_the_row_as_it_was_counted(self):
        w = made()
        faiss.extract_index_ivf(w.index.faiss_index).nprobe = 3
        frame = w.index.explain(7, 4, include_self=True).to_html(height=300)
        assert "height:300px" in frame
        header, _ = header_of(html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]))
        shown = {name: header["traits"][name] for name in ("nprobe", "k", "include_self")}
        assert shown == {"nprobe": 3, "k": 4, "include_self": True}

    @pytest.mark.parametrize("queries", [60, [3, 4, 5, 6], X[:9] + 0.01], ids=["sample", "ids", "vectors"])
    def test_the_page_of_a_workload_shows_its_hardest_query_first(self, tmp_path, queries):
        index = made().index
        workload = index.evaluate(queries, 5, progress=False)
        page = workload.save_html(tmp_path / "w.html", nprobe=2, hardest=3).read_text(encoding="utf-8")
        header, _ = header_of(page)
        asked = [e["asked"]["query"] for e in header["exchanges"] if e["asked"]["kind"] == "search"]
        assert [query["workload"] for query in asked] == workload.hardest(3, nprobe=2).tolist()[::-1]
        assert {"workload", "query_recalls", "hardest"} <= set(kinds_of(header))
        assert "workload" not in kinds_of(header_of(w_page(index))[0])

    def test_an_index_that_has_changed_is_told(self, tmp_path):
        index = made().index
        answers = [index.explain(7, 5), index.evaluate(20, 5, progress=False)]
        index.faiss_index.add(X[:1])
        for answer in answers:
            with pytest.raises(fw.IndexChangedError, match="compute it again"):
                answer.save_html(tmp_path / "a.html")
        assert list(tmp_path.iterdir()) == []

    def test_a_copy_in_another_process_has_no_index_and_says_so(self, tmp_path):
        index = made().index
        for answer in (index.explain(7, 5), index.evaluate(20, 5, progress=False)):
            sent = pickle.loads(pickle.dumps(answer))
            np.testing.assert_array_equal(sent.ids, answer.ids)
            with pytest.raises(ValueError, match="another process"):
                sent.save_html(tmp_path / "a.html")
            assert copy.deepcopy(answer).origin.index is index

    def test_the_index_stays_for_as_long_as_the_answer(self, tmp_path):
        explanation = made().index.explain(7, 5)
        assert explanation.save_html(tmp_path / "a.html").exists()

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"nprobe": 21}, ValueError),
            ({"nprobe": "two"}, TypeError),
            ({"hardest": 3}, TypeError),
            ({"max_bytes": 1000}, ValueError),
            ({"pictures": []}, TypeError),
            ({"label": "name"}, ValueError),
        ],
    )
    def test_wrong_options_are_named(self, tmp_path, options, error):
        with pytest.raises(error, match=next(iter(options))):
            made().index.explain(7, 5).save_html(tmp_path / "a.html", **options)
        assert list(tmp_path.iterdir()) == []


def w_page(index):
    w = fw.FederWidget(index, nprobe=2, k=5)
    w.search(7)
    return w._page("save_html", (), 0, None, None)


def test_a_widget_without_a_search_saves_the_hardest_queries_of_its_workload():
    w = made()
    workload = w.evaluate(50, progress=False)
    header, _ = header_of(w._page("save_html", (), 2, None, None))
    asked = [e["asked"]["query"] for e in header["exchanges"] if e["asked"]["kind"] == "search"]
    assert [query["workload"] for query in asked] == workload.hardest(2, nprobe=2).tolist()[::-1]
