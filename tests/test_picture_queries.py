"""Pictures and words as queries, as the page asks for them and as cells do."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from conversation import Page, converse, search_request
from makers import make_ivf
from PIL import Image

import feder_widget as fw
from feder_widget.embedding import Embedder
from feder_widget.session.messages.limits import MAX_QUERY_BYTES, MAX_WORDS

X = make_ivf()[1]


def encoded(row, kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (16, 12), (row % 256, row // 256, 77)).save(out, kind)
    return out.getvalue()


def row_in(image):
    red, green, _ = image.getpixel((0, 0))
    return red + 256 * green


def look_up(images, _files):
    # Other pictures than those of rows stand for some row too.
    return X[[row_in(image) % len(X) for image in images]]


def say(texts):
    return X[[int(text.split()[-1]) for text in texts]]


def talk(embedder, **options):
    page = Page()
    return page, converse(make_ivf()[0], page, images=encoded, embedder=embedder, **options)


def asked(session, query, buffers=(), request="a"):
    session.handle(search_request(request, query=query, nprobe=20), buffers)
    session.drain()


def said(page, kind):
    return [packet for packet in page.packets if packet[0]["kind"] == kind]


def error_of(page):
    ((message, _),) = said(page, "error")
    return message["message"]


def embedder(call=look_up, texts=say):
    return Embedder(call, name="by colour", width=X.shape[1], texts=texts)


def test_a_picture_is_searched_for_by_its_vector_and_recognised():
    page, session = talk(embedder())
    asked(session, {"picture": "leaf.png"}, [encoded(700)])
    ((coarse, buffers),) = said(page, "coarse")
    assert (coarse["id"], coarse["title"], coarse["label"]) == (None, "leaf.png", None)
    named = dict(zip((name for name, *_ in coarse["buffers"]), buffers, strict=True))
    np.testing.assert_array_equal(np.frombuffer(named["vector"], np.float32), X[700])
    assert Image.open(io.BytesIO(named["picture"])).format == "JPEG"
    ((remarks, _),) = said(page, "remarks")
    assert remarks["serial"] == coarse["serial"]
    assert [finding["sentence"] for finding in remarks["findings"]] == ["Row 700 is this picture."]


def test_a_picture_that_no_row_has_is_not_said_to_be_one():
    page, session = talk(embedder())
    # The same vector, but another picture.
    picture = Image.open(io.BytesIO(encoded(700)))
    picture.paste((250, 250, 250), (3, 3, 16, 12))
    out = io.BytesIO()
    picture.save(out, "PNG")
    asked(session, {"picture": "leaf.png"}, [out.getvalue()])
    assert said(page, "coarse")
    assert not said(page, "remarks")


def test_a_picture_that_was_compressed_is_nearly_one():
    page, session = talk(embedder())
    picture = Image.open(io.BytesIO(encoded(700)))
    picture.putpixel((9, 9), (0, 0, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    asked(session, {"picture": "leaf.png"}, [out.getvalue()])
    ((remarks, _),) = said(page, "remarks")
    assert remarks["findings"][0]["sentence"] == "Row 700 is nearly this picture."


def test_words_are_searched_for_and_never_read_as_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "row 12").write_bytes(encoded(3))
    page, session = talk(embedder())
    asked(session, {"words": "row 12"})
    ((coarse, buffers),) = said(page, "coarse")
    assert coarse["title"] == "row 12"
    named = dict(zip((name for name, *_ in coarse["buffers"]), buffers, strict=True))
    np.testing.assert_array_equal(np.frombuffer(named["vector"], np.float32), X[12])
    assert named["picture"] == b""


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("leaf\ud800.png", "leaf\N{REPLACEMENT CHARACTER}.png"),
        ("a\nb\u202etxt.png", "a b\N{REPLACEMENT CHARACTER}txt.png"),
        ("x" * 2000, "x" * 199 + "…"),
    ],
)
def test_the_name_of_a_picture_is_one_short_line_of_unicode(name, title):
    page, session = talk(embedder())
    asked(session, {"picture": name}, [encoded(700)])
    ((coarse, _),) = said(page, "coarse")
    assert coarse["title"] == title


def test_the_title_of_many_words_is_short():
    w = fw.FederWidget(make_ivf()[0], embed=lambda images: look_up(images, None), embed_text=say)
    w.search("\ud800 " + "word\n" * 1_000_000 + "12")
    title = w.history[-1].title
    assert title.startswith("\N{REPLACEMENT CHARACTER} word word")
    assert len(title) <= 200
    assert w.history[-1].vector.tolist() == X[12].tolist()
    w.close()


@pytest.mark.parametrize("texts", [None, lambda texts: texts[0] / 0])
def test_an_error_about_many_words_is_short(texts):
    w = fw.FederWidget(make_ivf()[0], embed=lambda images: look_up(images, None), embed_text=texts)
    with pytest.raises((TypeError, ValueError)) as raised:
        w.search("word " * 1_000_000)
    assert len(str(raised.value)) < 500
    w.close()


@pytest.mark.parametrize("blank", ["", " \n"])
def test_blank_words_are_refused_as_such(blank):
    w = fw.FederWidget(
        make_ivf()[0], images=encoded, embed=lambda images: look_up(images, None), embed_text=say
    )
    with pytest.raises(
        ValueError, match=r"query must hold words or the path of a picture, got '.?', which is blank"
    ):
        w.search(blank)
    w.close()


def test_going_back_to_a_vector_brings_its_picture_back():
    page, session = talk(embedder())
    asked(session, {"picture": "leaf.png"}, [encoded(700)])
    asked(session, {"id": "5", "cluster": None}, request="b")
    asked(session, {"vector": True}, [X[700].tobytes()], request="c")
    last, buffers = said(page, "coarse")[-1]
    assert last["title"] == "leaf.png"
    assert buffers[-1] == said(page, "coarse")[0][1][-1]
    assert [past.title for past in session.past_queries] == ["leaf.png", None, "leaf.png"]


@pytest.mark.parametrize(
    ("query", "buffers", "words"),
    [
        ({"picture": "a.png"}, [b"%PDF-1.7"], "query:"),
        ({"picture": "a.png"}, [b"<svg onload='x()'/>"], "query:"),
        ({"picture": "a.png"}, [], "a search by picture needs one buffer, got 0"),
        ({"picture": "a.png"}, [b"x" * (MAX_QUERY_BYTES + 1)], "a picture must have 1 to 1,048,576 bytes"),
        ({"picture": ""}, [b"x"], "picture must be a text of 1 to 2000 characters"),
        ({"picture": 3}, [b"x"], "picture must be a text"),
        ({"words": " "}, [], "words must be a text of 1 to 2000 characters"),
        ({"words": "x" * (MAX_WORDS + 1)}, [], "words must be a text of 1 to 2000 characters"),
    ],
)
def test_what_is_no_query_is_refused_and_the_answer_stays(query, buffers, words):
    page, session = talk(embedder())
    asked(session, {"id": "5", "cluster": None})
    before = session.query
    asked(session, query, buffers, request="b")
    assert words in error_of(page)
    assert session.query is before


@pytest.mark.parametrize(
    ("given", "query", "buffers", "words"),
    [
        (None, {"picture": "a.png"}, [encoded(3)], "pass embed= to FederWidget"),
        (None, {"words": "row 3"}, [], "pass embed="),
        (embedder(texts=None), {"words": "row 3"}, [], "embed has no text side"),
        (embedder(lambda *_: 1 / 0), {"picture": "a.png"}, [encoded(3)], "embed raised ZeroDivisionError"),
        (embedder(lambda *_: np.full((1, 16), np.nan)), {"picture": "a.png"}, [encoded(3)], "embed:"),
        (embedder(lambda *_: np.zeros((1, 3))), {"picture": "a.png"}, [encoded(3)], "wanted 16"),
        (embedder(texts=lambda _: np.zeros((2, 16))), {"words": "row 3"}, [], "embed_text:"),
    ],
)
def test_an_embedder_that_fails_is_told_in_words(given, query, buffers, words):
    page, session = talk(given)
    asked(session, query, buffers)
    assert words in error_of(page)
    asked(session, {"id": "5", "cluster": None}, request="b")
    assert session.query.row_id == 5


def test_nothing_waits_for_a_slow_embedder():
    may_end = threading.Event()

    def slowly(images, files):
        may_end.wait(60)
        return look_up(images, files)

    page, session = talk(embedder(slowly), by_hand=True)
    session.handle(search_request("slow", query={"picture": "a.png"}), [encoded(3)])
    session.handle(search_request("quick", query={"id": "5", "cluster": None}))
    for _ in range(10_000):
        if any(packet[0]["kind"] == "done" for packet in page.packets):
            break
        session._runner.turn(0)
    assert session.query.row_id == 5
    may_end.set()
    session.drain()
    # The newer search has taken the place of the slow one.
    assert session.query.row_id == 5
    session.close()


def test_a_superseded_picture_that_has_not_begun_is_not_embedded():
    has_begun, may_end, embedded = threading.Event(), threading.Event(), []

    def slowly(images, files):
        embedded.append(row_in(images[0]))
        has_begun.set()
        may_end.wait(60)
        return look_up(images, files)

    _, session = talk(embedder(slowly), by_hand=True)
    for row in (3, 4, 5):
        session.handle(search_request(f"{row}", query={"picture": "a.png"}), [encoded(row)])
        session._runner.turn(0)
        assert has_begun.wait(60)
    may_end.set()
    session.drain()
    assert embedded == [3, 5]
    session.close()


def test_a_picture_is_compared_with_the_nearest_rows_once():
    entries = []

    def entry(row):
        entries.append(row)
        return encoded(row)

    w = fw.FederWidget(make_ivf()[0], images=entry, embed=lambda images: look_up(images, None))
    entries.clear()
    assert w.search(encoded(300)) == "Row 300 is this picture."
    w._session.drain()
    assert entries.count(300) == 1
    w.close()


def test_a_cell_searches_with_a_picture_or_words():
    w = fw.FederWidget(
        make_ivf()[0], images=encoded, embed=lambda images: look_up(images, None), embed_text=say
    )
    assert w.search(encoded(300)) == "Row 300 is this picture."
    assert w.search(Image.new("RGB", (16, 12), (44, 1, 77))) == "Row 300 is this picture."
    assert w.search("row 12") is None
    assert [past.title for past in w.history] == ["Your picture", "Your picture", "row 12"][-len(w.history) :]
    assert (w.query_id, w.history[-1].vector.tolist()) == (None, X[12].tolist())
    assert repr(w.history[-1]).startswith("<row 12, nprobe")
    w.close()


def test_the_page_is_told_what_can_be_a_query():
    kinds = {
        (False, False): {},
        (True, False): {"embed": lambda images: look_up(images, None)},
        (True, True): {"embed": lambda images: look_up(images, None), "embed_text": say},
    }
    for (pictures, words), options in kinds.items():
        w = fw.FederWidget(make_ivf()[0], images=encoded, **options)
        assert (w._summary["asks_pictures"], w._summary["asks_words"]) == (pictures, words)
        w.close()
