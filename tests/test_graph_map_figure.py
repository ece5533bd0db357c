"""The figure of a graph's map: the page's map and places, the search on it, hostile input."""

from __future__ import annotations

import io
import warnings

import faiss
import graphs
import hnswlib_stand_in
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_graph_map import Asked

import feder_widget as fw
from feder_widget import figures
from feder_widget.figures.district_map.districts_drawn import drawn_districts
from feder_widget.figures.district_map.scene import map_scene
from feder_widget.figures.graph_walk.scene import EXPANDED, MISSED, RESULT
from feder_widget.figures.graph_walk.shown_walk import shown_walk

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = [each for each in graphs.VARIANTS if "PQ" not in each.name]


def saved(figure):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO())


def texts(axes):
    return {text.get_text() for text in axes.findobj(Text)}


@pytest.fixture(scope="module")
def index():
    return fw.open_index(graphs.build("HNSW4,Flat", construction=8))


@pytest.fixture(scope="module")
def hard(index):
    """Return a row that misses neighbours, of which some are visited by no search at efSearch 4."""
    return next(row for row in range(300) if 0 < index.explain(row, 9).recall(4) < 1)


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
def test_it_is_the_map_of_the_page(metric):
    index = graphs.build("HNSW6,Flat", metric)
    asked = Asked(index)
    page = asked.map()
    walk = asked.walk(7)
    places = asked.places(walk)
    drawn = drawn_districts(fw.open_index(index))
    assert drawn.map.cells.points.shape[0] > 0
    search = shown_walk(fw.open_index(index), 7, 16, 1)
    scene = map_scene(search, drawn)
    assert scene.ids[: len(search.trace.visited)].tolist() == walk.ids[: len(search.trace.visited)].tolist()
    np.testing.assert_allclose(
        scene.places[: len(search.trace.visited)],
        places.places[: len(search.trace.visited)].reshape(-1, 2),
        atol=1e-5,
    )
    assert page is not None


def test_it_shows_what_the_search_did(index, hard):
    search = shown_walk(index, hard, 4, 9)
    scene = map_scene(search, drawn_districts(index))
    visits = len(search.trace.visited)
    assert scene.ids[:visits].tolist() == search.trace.visited.tolist()
    assert set(scene.ids[scene.kinds == RESULT]) == set(search.results.ids.tolist())
    assert set(scene.ids[scene.kinds == MISSED]) == set(search.missed.ids.tolist())
    assert len(scene.edges) == visits - 1
    for start, end in scene.edges.tolist():
        led = search.trace.walk.led_by[end]
        assert search.trace.walk.expanded[led] == start
    assert len(scene.gates) > 0
    for start, end in scene.gates.tolist():
        row = int(scene.ids[end])
        approach = search.explanation.approaches[search.explanation.ids.tolist().index(row)]
        assert int(scene.ids[start]) in (approach.led_by, approach.gate)
    levels = [stop.level for stop in scene.descent]
    assert levels == sorted(levels, reverse=True)
    assert np.isfinite(scene.places).all()
    assert (scene.kinds == EXPANDED).any()
    assert 0 <= scene.shares.min() <= scene.shares.max() == 1


def test_its_names_are_inside_and_say_what_is_shown(index, hard):
    axes = figures.graph_map(index, hard, 4, 9)
    saved(axes.get_figure())
    said = texts(axes)
    assert {"visited", "missed", "descent", "query"} <= said
    assert "deleted: never returned" not in said
    assert any("true neighbours" in text for text in said)


@pytest.mark.parametrize("variant", QUICK, ids=lambda variant: variant.name)
def test_the_map_of_every_kind_of_graph_is_drawn(variant):
    index = variant.make()
    row = 3 if variant.ids is None else int(variant.ids[3])
    saved(figures.graph_map(index, row, 12, 5, style="dark").get_figure())


def test_deleted_elements_and_bits_are_drawn_too():
    of_hnswlib = fw.open_index(hnswlib_stand_in.recorded("l2 with deleted"))
    axes = figures.graph_map(of_hnswlib, hnswlib_stand_in.data_of("l2 with deleted")[3][0], 12, 5)
    assert "deleted: never returned" in texts(axes)
    saved(axes.get_figure())
    saved(figures.graph_map(graphs.build_binary(), 5, 12, style="print").get_figure())


@pytest.mark.parametrize(
    "vectors",
    [
        np.zeros((1, 4)),
        np.zeros((50, 4)),
        np.eye(2, 4),
        np.full((9, 4), 1e15),
        np.arange(40.0).reshape(10, 4),
    ],
    ids=["one", "equal", "two", "huge", "line"],
)
def test_odd_vectors_are_drawn(vectors):
    index = faiss.IndexHNSWFlat(4, 4)
    index.add(vectors.astype(np.float32))
    saved(figures.graph_map(index, 0, 1, 1, include_self=True).get_figure())


def test_without_a_search_it_is_the_map_alone(index):
    axes = figures.graph_map(index)
    saved(axes.get_figure())
    assert "visited" not in texts(axes)
    assert drawn_districts(index) is drawn_districts(index)


def test_a_map_of_a_graph_that_grew_is_drawn_anew():
    index = graphs.build("HNSW4,Flat", data=graphs.vectors(300))
    opened = fw.open_index(index)
    before = drawn_districts(opened)
    index.add(graphs.vectors(40, seed=2))
    after = drawn_districts(opened)
    assert after is not before
    assert after.members.sizes.sum() == 340


def test_on_axes_of_ones_own_and_wrong_arguments(index):
    ax = Figure().add_subplot()
    assert figures.graph_map(index, 3, ax=ax) is ax
    lists = faiss.index_factory(4, "IVF2,Flat")
    lists.train(np.eye(4, dtype=np.float32))
    lists.add(np.eye(4, dtype=np.float32))
    with pytest.raises(fw.UnsupportedIndexError, match="index must be a graph"):
        figures.graph_map(lists, 0)
    with pytest.raises(ValueError, match="style must be one of"):
        figures.graph_map(index, 3, style="red")
    with pytest.raises(fw.UnknownIdError):
        figures.graph_map(index, 99_999)
