"""The recording that the page's tests read is what this package sends."""

import json

import numpy as np
import wire_fixture


def test_the_recording_is_what_is_sent_today():
    recorded = wire_fixture.PATH.read_text(encoding="utf-8")
    assert wire_fixture.build() == recorded, "run tests/wire_fixture.py and look at what has changed"


def test_the_recording_holds_the_hard_cases():
    cases = {case["name"]: case for case in json.loads(wire_fixture.PATH.read_text(encoding="utf-8"))}

    def messages(name, kind):
        return [packet for packet in cases[name]["messages"] if packet["content"]["kind"] == kind]

    def buffer(text, dtype):
        return np.frombuffer(wire_fixture.base64.b64decode(text), dtype)

    assert {case["similarity"] for case in cases.values()} == {True, False}
    for name in ("L2, ties", "inner product, ties"):
        five, twelve = (
            buffer(expected["distances"], "<f4").reshape(-1, expected["k"])
            for expected in cases[name]["expected"]
            if expected["k"] in (5, 12)
        )
        assert (five[:, 4] == twelve[:, 5]).any(), "the fifth and the sixth are at one distance"
    ids = buffer(messages("ids beyond 2^53, some negative", "fine")[0]["buffers"][1], "<i8")
    assert ids.min() < -(2**53)
    assert ids.max() > 2**53
    ranks = [packet["content"]["first_rank"] for packet in messages("clusters larger than a chunk", "fine")]
    assert max(map(ranks.count, ranks)) > 1, "a cluster in several messages"
    assert messages("pruned", "coarse")[0]["content"]["complete"] is False
    assert len(messages("pruned", "nearest")) > 0
    assert all(0 in case["sizes"] for case in cases.values())
    assert any(-1 in buffer(e["ids"], "<i8") for e in cases["fewer vectors than k"]["expected"])
