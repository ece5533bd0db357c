"""Labels counted in clusters, and shown in place of pictures, against what was given."""

import threading
from collections import Counter
from math import nan

import hypothesis
import numpy as np
import pandas
import pytest
from hypothesis import strategies as st

from feder_widget.media import IdRange, Media
from feder_widget.session.answers import counted_labels as labels
from feder_widget.session.answers import label_tally
from tests.conversation import PATIENCE, step_until
from tests.makers import make_ivf

KINDS = ["deer", "cat", "horse", "frog", "ship", "truck", "dog", "bird", "plane", "car"]
KINDS += ["bus", "boat", "goat", "tram"]
ROWS = 2000


@pytest.fixture
def speak(talk):
    """Begin a conversation about an index with these labels."""
    return lambda given, index=None, **options: talk(index or make_ivf()[0], labels=given, **options)


def kinds_of_rows(seed=0):
    """Return a label for each row; "deer" is the commonest, "tram" the rarest."""
    shares = np.arange(len(KINDS), 0, -1) / sum(range(len(KINDS) + 1))
    return [str(kind) for kind in np.random.default_rng(seed).choice(KINDS, ROWS, p=shares)]


@st.composite
def labelled_rows(draw):
    """Entries that are easily taken for one another, and the cluster of each row."""
    entries = draw(st.lists(st.sampled_from(["a", " a", "b", "c", "1", "True", 1, 1.0, True, 2, None, nan])))
    clusters = draw(st.lists(st.integers(0, 4), min_size=len(entries), max_size=len(entries)))
    return entries, np.array(clusters, np.int32)


@pytest.mark.parametrize("form", [list, tuple, lambda entries: entries.__getitem__, pandas.Series])
@hypothesis.given(rows=labelled_rows(), named=st.integers(1, 8))
def test_a_tally_counts_as_a_counter_does(form, rows, named):
    entries, clusters = rows
    index_ids = IdRange(len(entries), lambda: len(entries) - 1)
    held = form(entries) if form is not pandas.Series else pandas.Series(entries, dtype=object)
    tally = label_tally.LabelTally(Media(None, held, index_ids), seconds=PATIENCE)
    for part in np.array_split(np.arange(len(entries)), 3):
        rest = part
        while len(rest):
            rest = rest[tally.read(rest, clusters[rest]) :]
    counted = tally.counts(5, named, limit=9)
    texts = [None if entry is None or entry is nan else " ".join(str(entry).split()) for entry in entries]
    total = Counter(text for text in texts if text is not None)
    ranked = [text for text, _ in total.most_common()]
    assert counted.names == ranked[:named]
    assert (counted.counted, counted.unlabelled) == (len(entries), texts.count(None))
    assert (counted.distinct, counted.failed) == (len(total), 0)
    for cluster in range(5):
        here = Counter(text for text, home in zip(texts, clusters, strict=True) if home == cluster and text)
        assert counted.counts[cluster, :-1].tolist() == [here[name] for name in ranked[:named]]
        assert counted.counts[cluster, -1] == sum(here[name] for name in ranked[named:])
        assert counted.most[cluster] == max(here.values(), default=0)
        size = len(counted.names)
        leader = min(
            (text for text in here if here[text] == counted.most[cluster]), key=ranked.index, default=None
        )
        expected = size + 1 if leader is None else min(size, ranked.index(leader))
        assert counted.commonest[cluster] == expected
    places = [size + 1 if text is None else min(size, ranked.index(text)) for text in texts]
    assert tally.codes(counted.names).tolist() == places


@hypothesis.given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    limit=st.integers(1, 9),
    least=st.integers(0, 9),
)
def test_two_draws_together_are_rows_of_each_cluster(sizes, limit, least):
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    least = min(least, limit)
    first, then = (
        labels.drawn_rows(clusters, limit, np.random.default_rng(1), *part)
        for part in ((0, least), (least, limit))
    )
    drawn = [*first, *then]
    assert len(set(drawn)) == len(drawn)
    for part, most in ((first, least), (drawn, limit)):
        assert np.bincount(clusters[part], minlength=len(sizes)).tolist() == [
            min(size, most) for size in sizes
        ]


@pytest.mark.parametrize("kind", ["U", "S", "i", "f", "O"])
def test_arrays_of_labels_are_read_as_row_by_row(speak, kind):
    values = np.arange(ROWS) % 7
    given_labels = (values / 4 if kind == "f" else values).astype(kind if kind != "i" else np.int32)
    at_once = asked(*speak(given_labels))
    one_by_one = asked(*speak(lambda row: given_labels[row]))
    assert at_once[0] == one_by_one[0]
    assert [array.tolist() for array in at_once[1:]] == [array.tolist() for array in one_by_one[1:]]


def asked(session, page, request="l"):
    session.handle({"kind": "labels", "request": request})
    session.drain()
    return received(page, request)


def received(page, request="l"):
    """Return the final ``labels`` message, with its parts joined."""
    parts = [packet for packet in page.of(request) if packet[0].get("final")]
    message = parts[0][0]
    width = len(message["names"]) + 1
    arrays = [[], [], []]
    for part, buffers in parts:
        assert part["offset"] == sum(map(len, arrays[1]))
        for into, buffer, dtype in zip(arrays, buffers, ("<i4", "u1", "<i4"), strict=True):
            into.append(np.frombuffer(buffer, dtype))
    counts, commonest, most = map(np.concatenate, arrays)
    assert len(most) == message["rows"]
    return message, counts.reshape(-1, width), commonest, most


def test_labels_are_counted_in_every_cluster(speak):
    index, _ = make_ivf()
    given = kinds_of_rows()
    session, page = speak(given, index=index)
    message, counts, commonest, most = asked(session, page)
    total = Counter(given)
    names = [name for name, _ in total.most_common(labels.NAMED)]
    assert message["names"] == names
    assert (message["counted"], message["total"], message["distinct"]) == (ROWS, ROWS, len(KINDS))
    assert (message["unlabelled"], message["failed"]) == (0, 0)
    for cluster in range(20):
        here = Counter(given[row] for row in session._index.list_ids(cluster))
        assert counts[cluster, :-1].tolist() == [here[name] for name in names]
        assert counts[cluster, -1] == sum(here.values()) - sum(here[name] for name in names)
        assert most[cluster] == max(here.values())
        leaders = {
            names.index(name) if name in names else len(names) for name in here if here[name] == most[cluster]
        }
        assert commonest[cluster] == min(leaders), "of equally common ones, the commoner in all clusters"


def test_a_first_count_comes_from_a_few_rows_of_each_cluster(speak, monkeypatch):
    monkeypatch.setattr(labels, "OF_CLUSTER", (3, 50))
    session, page = speak(kinds_of_rows())
    message, counts, _, _ = asked(session, page)
    first = page.of("l")[0][0]
    assert not first["final"]
    assert first["counted"] == 3 * 20
    assert message["limit"] == 50
    sizes = session._index.list_sizes
    assert counts.sum(axis=1).tolist() == np.minimum(sizes, 50).tolist()
    assert message["counted"] == np.minimum(sizes, 50).sum()


def test_the_same_rows_are_drawn_every_time(speak, monkeypatch):
    monkeypatch.setattr(labels, "OF_CLUSTER", (3, 20))
    one, other = (asked(*speak(kinds_of_rows())) for _ in range(2))
    assert one[1].tolist() == other[1].tolist()


def test_no_row_is_read_twice_for_the_map(speak, monkeypatch):
    monkeypatch.setattr(labels, "OF_CLUSTER", (3, 20))
    read = []
    session, page = speak(lambda row: read.append(row) or "x")
    message, *_ = asked(session, page)
    assert len(read) == len(set(read)) == message["counted"]
    asked(session, page, "again")
    assert len(read) == message["counted"], "the count is kept"


def test_a_large_map_comes_in_parts(speak, monkeypatch):
    session, page = speak(kinds_of_rows())
    whole = asked(session, page)
    monkeypatch.setattr(labels, "PART", 7)
    parts = asked(session, page, "p")
    assert len(page.of("p")) == 3
    assert [array.tolist() for array in parts[1:]] == [array.tolist() for array in whole[1:]]


def test_a_slow_function_is_not_waited_for_without_end(speak, monkeypatch):
    monkeypatch.setattr(labels, "MAP_SECONDS", 0)
    monkeypatch.setattr(label_tally, "AT_ONCE", 0)
    session, page = speak(lambda row: "even" if row % 2 == 0 else "odd")
    message, counts, _, _ = asked(session, page)
    # The time was up before the first row.
    assert message["counted"] == counts.sum() == 0
    assert message["names"] == []


def test_a_cell_is_not_kept_waiting_by_a_label(speak):
    begun, go_on = threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        assert go_on.wait(PATIENCE)
        return "x"

    session, page = speak(slow, by_hand=True)
    session.handle({"kind": "labels", "request": "l"})
    while not begun.is_set():
        session._runner.turn(0)
    session.handle({"kind": "members", "request": "m", "clusters": [0], "offset": 0, "limit": 5})
    step_until(session, page, kind="members")
    assert page.kinds("l") == []
    go_on.set()
    step_until(session, page, kind="labels", final=True)


class Hostile:
    def __str__(self):
        raise RuntimeError("no")


def test_hostile_labels_are_counted_as_failed(speak):
    values = ["deer", None, Hostile(), float("nan")] * (ROWS // 4)

    def given(row):
        if row % 8 == 0:
            raise ValueError("no")
        return values[row]

    session, page = speak(given)
    message, counts, _, _ = asked(session, page)
    assert message["names"] == ["deer"]
    assert message["failed"] == ROWS // 4 + ROWS // 8
    assert message["unlabelled"] == ROWS // 2
    assert counts[:, 0].sum() == ROWS // 8
    assert counts[:, 1].sum() == 0


def test_clusters_without_labels_have_no_commonest(speak):
    session, page = speak([None] * ROWS)
    message, counts, commonest, most = asked(session, page)
    assert message["names"] == []
    assert counts.tolist() == [[0]] * 20
    assert set(commonest) == {1}
    assert not most.any()


def test_texts_that_hardly_repeat_are_not_all_read(speak, monkeypatch):
    monkeypatch.setattr(label_tally, "TEXT_ROWS", 100)
    monkeypatch.setattr(labels, "TOGETHER", 200)
    session, page = speak([f"text {row}" for row in range(ROWS)])
    message, *_ = asked(session, page)
    assert 100 <= message["counted"] < ROWS
    assert message["distinct"] == message["counted"]


def test_a_changed_index_is_counted_anew(speak):
    index, vectors = make_ivf()
    session, page = speak(lambda row: "old" if row < ROWS else "new", index=index)
    assert asked(session, page)[0]["names"] == ["old"]
    index.add(vectors)
    session.notice_changes()
    message, *_ = asked(session, page, "again")
    assert sorted(message["names"]) == ["new", "old"]
    assert (message["index_version"], message["counted"]) == (1, 2 * ROWS)


def composition(session, page, cluster, request="c"):
    session.handle({"kind": "composition", "request": request, "cluster": cluster})
    session.drain()
    ((message, _),) = page.of(request)
    return message


def test_a_composition_names_the_commonest_labels_of_a_cluster(speak):
    given = kinds_of_rows()
    session, page = speak(given)
    message = composition(session, page, 4)
    here = Counter(given[row] for row in session._index.list_ids(4))
    assert message["counted"] == message["total"] == sum(here.values())
    assert message["distinct"] == len(here)
    assert message["counts"] == sorted(here.values(), reverse=True)[: labels.NAMED]
    assert [here[name] for name in message["names"]] == message["counts"]


def test_a_composition_of_a_large_cluster_says_how_many_rows_it_is_of(speak, monkeypatch):
    monkeypatch.setattr(labels, "IN_CLUSTER", 10)
    session, page = speak(kinds_of_rows())
    message = composition(session, page, 4)
    assert message["counted"] == 10 < message["total"]
    assert sum(message["counts"]) <= 10


def test_a_composition_is_kept_until_the_index_changes(speak):
    index, vectors = make_ivf()
    read = []
    session, page = speak(lambda row: read.append(row) or "x", index=index)
    first = composition(session, page, 4)
    assert composition(session, page, 4, "again") == {**first, "request": "again"}
    assert len(read) == first["total"]
    index.add(vectors)
    session.notice_changes()
    assert composition(session, page, 4, "later")["total"] == 2 * first["total"]


def row_labels(session, page, clusters, request="r"):
    session.handle({"kind": "row_labels", "request": request, "clusters": clusters})
    session.drain()
    ((message, buffers),) = page.of(request)
    arrays = [
        np.frombuffer(buffer, dtype)
        for buffer, dtype in zip(buffers, ("<i4", "<i4", "<i8", "u1"), strict=True)
    ]
    return message, *arrays


def test_the_labels_of_rows_are_places_among_the_names(speak):
    given = [None if row % 9 == 0 else label for row, label in enumerate(kinds_of_rows())]
    session, page = speak(given)
    names = asked(session, page)[0]["names"]
    message, clusters, counts, ids, codes = row_labels(session, page, [4, 7, 4])
    assert message["names"] == names
    assert clusters.tolist() == [4, 7]
    assert counts.tolist() == session._index.list_sizes[[4, 7]].tolist()
    assert ids.tolist() == [*session._index.list_ids(4), *session._index.list_ids(7)]
    for row, code in zip(ids, codes, strict=True):
        place = names.index(given[row]) if given[row] in names else len(names)
        expected = len(names) + 1 if given[row] is None else place
        assert code == expected


def test_the_labels_of_rows_that_do_not_fit_can_be_asked_for_again(speak, monkeypatch):
    session, page = speak(kinds_of_rows())
    asked(session, page)
    size = int(session._index.list_sizes[4])
    monkeypatch.setattr(labels, "ROWS", size + 1)
    _, clusters, counts, ids, codes = row_labels(session, page, [4, 7])
    assert clusters.tolist() == [4]
    assert counts.tolist() == [size] == [len(ids)] == [len(codes)]
    monkeypatch.setattr(labels, "ROWS", 10)
    _, clusters, counts, ids, _ = row_labels(session, page, [7, 4], "s")
    assert (clusters.tolist(), counts.tolist(), len(ids)) == ([7], [10], 10)


def test_the_labels_of_rows_need_names(speak):
    session, page = speak(kinds_of_rows())
    session.handle({"kind": "row_labels", "request": "r", "clusters": [4]})
    session.drain()
    ((message, _),) = page.of("r")
    assert (message["kind"], message["code"]) == ("error", "invalid")


def thumbnails(session, page, rows):
    session.handle({"kind": "thumbnails", "request": "t", "ids": rows, "clusters": None, "size": 64})
    session.drain()
    page.wait(kind="thumbnails", final=True)
    sent = {
        place: item
        for message, _ in page.of("t")
        for place, item in zip(message["places"], message["items"], strict=True)
    }
    return [sent[place] for place in range(len(rows))]


def test_without_an_image_the_label_stands_alone(speak):
    read = []
    session, page = speak(lambda row: read.append(row) or (f"text {row}" if row else None))
    without, labelled = thumbnails(session, page, ["0", "5"])
    assert (labelled["label"], labelled["length"], labelled["url"], labelled["reason"]) == (
        "text 5",
        0,
        None,
        None,
    )
    assert without["label"] is None
    assert without["length"] > 0, "a row without a label is drawn as its vector"
    assert read == [0, 5], "each label is read once"


def test_with_an_image_the_label_comes_with_it(speak):
    images = [np.zeros((4, 4), np.uint8) if row % 2 else None for row in range(ROWS)]
    session, page = speak([f"text {row}" for row in range(ROWS)], images=images)
    alone, both = thumbnails(session, page, ["4", "5"])
    assert (alone["label"], alone["length"]) == ("text 4", 0)
    assert both["label"] == "text 5"
    assert both["length"] > 0
