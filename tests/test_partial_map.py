"""The map of very many clusters: centres of all cells, and shapes of those in a box."""

import itertools

import numpy as np
import pytest
from conversation import PATIENCE
from makers import ivf_around

from feder_widget.session.answers import map as map_answer
from feder_widget.session.answers import map_shapes

UNITS = 1 << 16
ALL = {"left": 0, "right": UNITS, "bottom": 0, "top": UNITS}
DTYPES = {"int32": "<i4", "uint16": "<u2", "float32": "<f4"}


@pytest.fixture
def drawn(talk):
    """A session whose final map is sent in part, its page, and the map."""
    centroids = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    index = ivf_around(centroids)
    index.add(centroids[np.random.default_rng(1).integers(0, 39, 500)])
    session, page = talk(index, most_whole=10)
    found = session.map_within(PATIENCE)
    assert found.is_final
    return session, page, found.cells


def arrays(packets, name):
    found = []
    for content, buffers in packets:
        for (field, dtype, shape), buffer in zip(content["buffers"], buffers, strict=True):
            if field == name:
                found.append(np.frombuffer(buffer, DTYPES[dtype]).reshape(shape))
    return found


def asked(session, page, box, request="s", drawing=None):
    if drawing is None:
        session.handle({"kind": "map", "request": "m"})
        drawing = page.of("m")[-1][0]["drawing"]
    session.handle({"kind": "map_shapes", "request": request, "drawing": drawing, **box})
    return page.of(request)


def test_the_centres_come_within_a_unit(drawn):
    session, page, cells = drawn
    session.handle({"kind": "map", "request": "m"})
    packets = page.of("m")
    assert {content["kind"] for content, _ in packets} == {"map_centres"}
    (centres,) = arrays(packets, "centres")
    expected = cells.centres / [cells.aspect, 1] * UNITS
    assert (np.abs(centres + 0.5 - expected) <= 1).all()
    assert packets[0][0]["final"]


@pytest.mark.parametrize("chunk", [1 << 20, 200, 1])
@pytest.mark.parametrize("box", [ALL, {"left": 9000, "right": 30_000, "bottom": 20_000, "top": 41_000}])
def test_the_shapes_are_those_of_all_cells_that_touch_the_box(drawn, monkeypatch, chunk, box):
    monkeypatch.setattr(map_answer, "CHUNK", chunk)
    session, page, cells = drawn
    packets = asked(session, page, box)
    found = np.concatenate(arrays(packets, "clusters"))
    expected = []
    for cell in range(len(cells)):
        corners = cells.points[cells.offsets[cell] : cells.offsets[cell + 1]] / [cells.aspect, 1] * UNITS
        if len(corners) == 0:
            continue
        reaches = corners.max(axis=0) >= [box["left"], box["bottom"]]
        begins = corners.min(axis=0) <= [box["right"], box["top"]]
        if reaches.all() and begins.all():
            expected.append(cell)
    assert found.tolist() == expected
    assert len(expected) > 2
    np.testing.assert_array_equal(np.concatenate(arrays(packets, "centres")), cells.centres[expected])
    np.testing.assert_array_equal(np.concatenate(arrays(packets, "inradii")), cells.inradii[expected])
    corners = [
        points[first:last]
        for points, offsets in zip(arrays(packets, "points"), arrays(packets, "offsets"), strict=True)
        for first, last in itertools.pairwise(offsets)
    ]
    for shape, cell in zip(corners, expected, strict=True):
        np.testing.assert_array_equal(shape, cells.points[cells.offsets[cell] : cells.offsets[cell + 1]])
    assert {content["rows"] for content, _ in packets} == {len(expected)}
    assert (len(packets) == 1) == (chunk > 10_000)


def test_shapes_of_another_map_are_refused(drawn):
    session, page, _ = drawn
    (packet,) = asked(session, page, ALL, drawing=99)
    assert packet[0]["code"] == "superseded"


def test_more_shapes_than_a_page_can_use_are_refused(drawn, monkeypatch):
    monkeypatch.setattr(map_shapes, "MOST_SHAPES", 5)
    session, page, _ = drawn
    (packet,) = asked(session, page, ALL)
    assert packet[0]["code"] == "invalid"
    assert "39 cells touch the box, the most is 5" in packet[0]["message"]


@pytest.mark.parametrize(
    "box",
    [
        {**ALL, "left": -1},
        {**ALL, "right": UNITS + 1},
        {**ALL, "left": 9, "right": 8},
        {**ALL, "top": 0.5},
        {"left": 0, "right": 1, "bottom": 0},
    ],
)
def test_what_is_no_box_is_refused(drawn, box):
    session, page, _ = drawn
    (packet,) = asked(session, page, box)
    assert packet[0]["kind"] == "error"
