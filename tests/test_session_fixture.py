"""The recorded session that the page's tests read is what this package sends, in a message of every kind."""

import base64
import json

import graph_fixture
import numpy as np
import pytest
import session_fixture
from session_fixture import PATH, PLACED

from feder_widget.session.messages import MESSAGES
from feder_widget.session.messages.declare import kinds_of

DTYPES = {"uint8": "u1", "uint16": "<u2", "int32": "<i4", "int64": "<i8", "float32": "<f4", "float64": "<f8"}


@pytest.fixture(scope="module")
def sent():
    return session_fixture.build()


@pytest.fixture(scope="module")
def kept():
    return json.loads(PATH.read_text(encoding="utf-8"))


def arrays(packet):
    described = packet["content"].get("buffers", [])
    return {
        name: np.frombuffer(base64.b64decode(data), DTYPES[dtype]).reshape(shape)
        for (name, dtype, shape), data in zip(described, packet["buffers"], strict=True)
    }


def settled(packets):
    """Leave out what a later message of the same request replaces: how often it comes depends on threads."""
    kept = []
    for packet in packets:
        content = packet["content"]
        before = kept[-1]["content"] if kept else {}
        if content["kind"] in ("bounds", "labels") and (before.get("kind"), before.get("request")) == (
            content["kind"],
            content["request"],
        ):
            kept.pop()
        kept.append(packet)
    return kept


def test_every_kind_of_message_is_recorded(kept):
    packets = [*kept["messages"], *kept["refined"]["messages"], *kept["picture"]["messages"]]
    graph = json.loads(graph_fixture.PATH.read_text(encoding="utf-8"))
    packets += kept["partial_map"]["messages"]
    packets += graph["apart"]["messages"] + graph["map"]["messages"]
    assert {packet["content"]["kind"] for packet in packets} == {
        kind for declared in MESSAGES for kind in kinds_of(declared)
    }


def test_a_query_that_is_the_picture_of_a_row_is_told_so(sent, kept):
    for recording in (sent, kept):
        by_kind = {packet["content"]["kind"]: packet for packet in recording["picture"]["messages"]}
        coarse = by_kind["coarse"]
        assert (coarse["content"]["id"], coarse["content"]["title"]) == (None, "A.png")
        assert arrays(coarse)["picture"][:2].tolist() == [0xFF, 0xD8]
        (finding,) = by_kind["remarks"]["content"]["findings"]
        assert finding["sentence"] == f"Row {session_fixture.ROW} is this picture."


@pytest.mark.parametrize("part", ["messages", "refined"])
def test_the_recording_is_what_is_sent_today(sent, kept, part):
    now, then = (
        settled(d["messages"] if part == "messages" else d["refined"]["messages"]) for d in (sent, kept)
    )
    assert [p["content"]["kind"] for p in now] == [p["content"]["kind"] for p in then]
    for new, old in zip(now, then, strict=True):
        kind = old["content"]["kind"]
        if kind == "thumbnails":
            # Encoders of pictures differ in their bytes.
            assert [item["id"] for item in new["content"]["items"]] == [
                item["id"] for item in old["content"]["items"]
            ]
            continue
        if kind == "progress":
            assert new["content"].keys() == old["content"].keys()
            continue
        if kind not in PLACED:
            assert new["content"] == old["content"]
        for name, values in arrays(old).items():
            again = arrays(new)[name]
            assert again.dtype == values.dtype
            if kind in PLACED:
                assert again.shape[1:] == values.shape[1:]
            elif values.dtype.kind == "f":
                np.testing.assert_allclose(again, values, rtol=1e-5)
            else:
                np.testing.assert_array_equal(again, values)


@pytest.mark.parametrize("part", ["truth", "workload", "summary"])
def test_so_are_the_answers_of_python(sent, kept, part):
    now, then = json.loads(json.dumps(sent[part])), kept[part]
    assert now.keys() == then.keys()
    for name, value in then.items():
        if isinstance(value, list) and value and isinstance(value[0], float):
            np.testing.assert_allclose(now[name], value, rtol=1e-6)
        else:
            assert now[name] == value


def test_the_recording_holds_a_miss_of_each_kind(kept):
    missed = kept["truth"]["missed"]
    assert missed[-1], "one is lost to its code at any nprobe"
    assert len(missed[1]) > len(missed[-1]), "others are found with more clusters"
