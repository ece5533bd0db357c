"""Figures of graphs: the walk, recall, workloads, results; and what the output of a cell holds."""

from __future__ import annotations

import base64
import functools
import io
import sys
import threading
import time
import warnings

import graphs
import hnswlib_stand_in
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import feder_widget as fw
from feder_widget import figures
from feder_widget.figures.cell_output import graph_view as static_graph_view_module
from feder_widget.figures.cell_output.small_png import MOST_BYTES
from feder_widget.figures.graph_text import missed_tags, walk_lines
from feder_widget.figures.graph_walk.scene import BEYOND, MISSED, RESULT, Frame, nth_nearest, walk_scene
from feder_widget.figures.graph_walk.shown_walk import ahead_of, shown_walk

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
VIEWS = ("map", "walk", "recall", "results")
FRAME = Frame(60, 40, 660, 440)
K = 9


def saved(figure):
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(target)
    return target.getvalue()


@pytest.fixture(scope="module")
def index():
    return fw.open_index(graphs.build("HNSW4,Flat", construction=8))


# Training product codes takes long, and tells nothing more here.
VARIANTS = {each.name: each for each in graphs.VARIANTS if "PQ" not in each.name}


@functools.cache
def opened(name):
    return fw.open_index(VARIANTS[name].make())


@pytest.fixture(scope="module")
def hard(index):
    """A row for which efSearch 4 misses some neighbours, all of which efSearch 60 finds."""
    needed = index.evaluate(np.arange(300), K, ef_max=64, progress=False).ef_needed
    return int(np.flatnonzero((needed > 8) & (needed <= 60))[0])


@pytest.fixture
def made(index):
    """Return a function that makes widgets, and close them in the end."""
    widgets = []

    def make(source=None, **options):
        widgets.append(fw.FederWidget(index if source is None else source, **{"ef_search": 4, **options}))
        return widgets[-1]

    yield make
    for widget in widgets:
        widget.close()


def scene_of(search):
    return walk_scene(search.trace, ahead_of(search), search.k, search.results.ids, search.marks, FRAME)


class TestScene:
    @pytest.mark.parametrize("ef", [1, 4, 30])
    @pytest.mark.parametrize("name", VARIANTS)
    def test_it_holds_every_distance_in_order(self, name, ef):
        ids = VARIANTS[name].ids
        search = shown_walk(opened(name), 5 if ids is None else int(ids[5]), ef, K)
        scene, trace = scene_of(search), search.trace
        of_search = scene.kinds != BEYOND
        of_search &= scene.kinds != MISSED
        # The entry point's distance is no point of the plot: it is where the line begins.
        assert np.count_nonzero(of_search) == trace.n_distances + 1
        assert (np.diff(scene.points[:, 0]) >= 0).all()
        walked = scene.ids[scene.ids >= 0]
        assert walked[: len(trace.visited)].tolist() == trace.visited.tolist()
        found = scene.ids[scene.kinds == RESULT]
        assert set(found.tolist()) == set(search.results.ids.tolist())
        for points in (scene.points, scene.expanded, scene.beyond, scene.bar, scene.nearest):
            assert np.isfinite(points).all()
            assert (points[:, 0] >= FRAME.left - 1e-6).all()
            assert (points[:, 0] <= FRAME.right + 1e-6).all()
            assert (points[:, 1] >= FRAME.top).all()
            assert (points[:, 1] <= FRAME.bottom).all()

    def test_nearer_stands_lower(self, index, hard):
        search = shown_walk(index, hard, 16, K)
        scene = scene_of(search)
        before = search.trace.descent.n_distances
        distances = ahead_of(search).walk.distances
        heights = scene.points[before:, 1]
        order = np.argsort(distances, kind="stable")
        assert (np.diff(heights[order]) <= 1e-9).all()

    def test_a_missed_one_stands_beyond_where_the_search_stops_at_its_ef_search(self, index, hard):
        search = shown_walk(index, hard, 6, K)
        scene, needs = scene_of(search), {mark.place: mark.need for mark in search.marks.values()}
        assert scene.lost or scene.later
        for lost in scene.lost:
            assert lost.x > scene.stop_x
            assert lost.need == needs[lost.place]
        assert len(scene.lost) + len(scene.later) == len(search.missed)

    def test_it_stops_where_so_many_are_nearer(self, index, hard):
        search = shown_walk(index, hard, 7, K)
        scene = scene_of(search)
        nearer = search.trace.walk.distances < scene.stop[2]
        assert np.count_nonzero(nearer) >= 7
        assert search.trace.stopped_at in search.trace.visited

    def test_deleted_ones_are_no_nearest(self):
        keys = np.array([5.0, 1.0, 4.0, 3.0])
        deleted = np.array([False, True, False, False])
        assert nth_nearest(keys, deleted, 2).tolist() == [np.inf, np.inf, 5.0, 4.0]
        assert nth_nearest(keys, np.zeros(4, bool), 1).tolist() == [5, 1, 1, 1]

    def test_a_longer_walk_begins_with_the_search(self, index, hard):
        search = shown_walk(index, hard, 5, K)
        ahead = ahead_of(search)
        assert ahead.walk.ef_search > 5
        count = len(search.trace.visited)
        assert ahead.visited[:count].tolist() == search.trace.visited.tolist()

    def test_where_distances_tie_only_the_search_itself_is_shown(self):
        data = graphs.whole_numbers()
        tied = fw.open_index(graphs.build("HNSW4,Flat", data=data))
        for row in range(20):
            search = shown_walk(tied, row, 8, K)
            ahead, count = ahead_of(search), len(search.trace.visited)
            assert ahead.visited[:count].tolist() == search.trace.visited.tolist()
            scene_of(search)


class TestFunctions:
    @pytest.mark.parametrize("style", ["light", "dark", "print"])
    def test_they_draw_on_axes_given_and_on_their_own(self, index, hard, style):
        trace, explanation = index.trace(hard, K, 4), index.explain(hard, K)
        workload = index.evaluate(30, K, ef_max=32, progress=False)
        for draw in (
            lambda **given: figures.walk(trace, **given),
            lambda **given: trace.plot(explanation=explanation, ahead=index.trace(hard, K, 64), **given),
            lambda **given: explanation.plot(ef_search=4, **given),
            lambda **given: figures.recall(explanation, **given),
            lambda **given: workload.plot(ef_search=8, **given),
            lambda **given: figures.results(trace, explanation=explanation, **given),
        ):
            own = draw(style=style)
            saved(own.get_figure())
            ax = Figure().subplots()
            assert draw(ax=ax, style=style) is ax
            saved(ax.get_figure())

    def test_the_walk_of_every_kind_of_graph_is_drawn(self):
        for name in VARIANTS:
            trace = opened(name).trace(graphs.vectors()[3], K, 12)
            saved(trace.plot().get_figure())
        variant = "l2 with deleted"
        of_hnswlib = fw.open_index(hnswlib_stand_in.recorded(variant))
        trace = of_hnswlib.trace(hnswlib_stand_in.data_of(variant)[3][0], 12, 3)
        assert trace.deleted.any()
        figure = trace.plot().get_figure()
        saved(figure)
        assert "deleted: never returned" in {text.get_text() for text in figure.findobj(Text)}
        scene = scene_of(shown_walk(of_hnswlib, hnswlib_stand_in.data_of(variant)[3][0], 3, 12))
        assert scene.deleted.any()
        assert RESULT not in scene.kinds[scene.deleted]

    def test_pictures_and_labels_stand_below_the_walk(self, index, hard):
        hostile = ["$x$ <b>", "two\nlines", "漢" * 50] * (graphs.ROWS // 3 + 1)
        trace = index.trace(hard, K, 4)
        drawn = trace.plot(labels=hostile, explanation=index.explain(hard, K, include_self=True))
        saved(drawn.get_figure())
        shades = np.zeros((graphs.ROWS, 8, 8, 3), np.uint8)
        assert len(trace.plot(images=shades).images) == K

    def test_recall_is_that_of_the_explanation(self, index, hard):
        explanation = index.explain(hard, K)
        axes = figures.recall(explanation, ef_search=4)
        xs, ys = axes.lines[0].get_data()
        assert xs[0] == 1
        for ef in range(1, int(xs[-1]) + 1):
            assert ys[np.searchsorted(xs, ef, side="right") - 1] == explanation.recall(ef)
        marked = axes.lines[1].get_xdata()
        assert set(np.asarray(marked).tolist()) <= set(explanation.returned_from.tolist())
        assert len(marked)

    def test_where_distances_tie_recall_beyond_is_dots(self):
        data = graphs.vectors()
        data[2000:2250] = data[1000:1250]
        tied = fw.open_index(graphs.build("HNSW4,Flat", data=data, construction=8))
        explained = (tied.explain(row, K) for row in range(500))
        explanation = next(each for each in explained if 2 < each.holds_until < 60)
        axes = explanation.plot()
        xs, ys = axes.lines[1].get_data()
        assert (np.asarray(xs) > explanation.holds_until).all()
        assert np.asarray(ys).tolist() == explanation.recall(np.asarray(xs)).tolist()
        saved(axes.get_figure())

    def test_a_workload_is_drawn_with_its_share_of_brute_force(self, index):
        workload = index.evaluate(40, K, ef_max=32, progress=False)
        axes = workload.plot()
        assert axes.get_xlabel() == "efSearch"
        assert "share of brute force" in [text.get_text() for text in axes.get_legend().get_texts()]
        xs, ys = axes.lines[0].get_data()
        assert np.asarray(ys).tolist() == [workload.recall[x - 1] for x in np.asarray(xs).tolist()]

    def test_wrong_arguments_are_named(self, index, hard):
        trace, explanation = index.trace(hard, K, 8), index.explain(hard, K)
        workload = index.evaluate(10, K, ef_max=16, progress=False)
        other = index.trace(hard + 1, K, 64)
        for call, kind, message in (
            (lambda: figures.walk(3), TypeError, "trace must be a GraphTrace, got int"),
            (lambda: figures.walk(trace, ahead=3), TypeError, "ahead must be a GraphTrace"),
            (lambda: figures.walk(trace, explanation=3), TypeError, "explanation must be a GraphExplanation"),
            (lambda: figures.walk(trace, ahead=trace), ValueError, "larger efSearch than 8"),
            (lambda: figures.walk(trace, ahead=other), ValueError, "the same query"),
            (lambda: figures.walk(trace, style="red"), ValueError, "style must be one of"),
            (lambda: figures.recall(explanation, nprobe=3), TypeError, "pass ef_search for a graph"),
            (lambda: explanation.plot(ef_search=0), ValueError, "ef_search must be"),
            (lambda: workload.plot(nprobe=3), TypeError, "pass ef_search for a graph"),
            (lambda: workload.plot(ef_search=17), ValueError, "ef_search must be between 1 and ef_max=16"),
            (lambda: figures.results(trace, explanation=3), TypeError, "must be a GraphExplanation"),
        ):
            with pytest.raises(kind, match=message):
                call()

    def test_settings_of_matplotlib_are_left_alone(self, index, hard):
        before = dict(mpl.rcParams)
        index.trace(hard, K, 4).plot()
        assert dict(mpl.rcParams) == before


class TestWidget:
    @pytest.mark.parametrize("view", [*VIEWS, None])
    @pytest.mark.parametrize("style", ["light", "print"])
    def test_every_view_of_a_search_is_a_figure(self, made, hard, view, style):
        widget = made()
        widget.search(hard)
        figure = widget.figure(view, style=style)
        assert isinstance(figure, Figure)
        assert len(figure.axes) == (2 if view is None else 1)
        assert all(isinstance(axes, Axes) for axes in figure.axes)
        saved(figure)

    @pytest.mark.parametrize("view", [*VIEWS, None])
    def test_a_graph_that_is_re_ranked_is_drawn_too(self, made, view):
        widget = made(graphs.build("HNSW8_SQ4,RFlat"))
        widget.search(7)
        saved(widget.figure(view))
        assert "image/png" in widget._repr_mimebundle_()[0]

    @pytest.mark.parametrize("view", ["walk", "recall", "results", None])
    def test_a_figure_of_a_search_needs_one(self, made, view):
        with pytest.raises(ValueError, match=r"needs a search: call search\(query\) first"):
            made().figure(view)

    def test_the_map_needs_no_search(self, made):
        saved(made().figure("map"))

    def test_a_figure_of_the_workload_needs_one(self, made):
        widget = made()
        with pytest.raises(ValueError, match=r"call evaluate\(queries\) first"):
            widget.figure("workload")
        widget.evaluate(20, ef_max=16, progress=False)
        widget.ef_search = 200
        saved(widget.figure("workload"))

    @pytest.mark.parametrize("wrong", ["clusters", 3, ["walk"]])
    def test_a_view_that_does_not_exist_is_named(self, made, wrong):
        with pytest.raises(ValueError, match="view must be one of map, walk, recall"):
            made().figure(wrong)

    def test_a_figure_has_the_theme_of_the_widget(self, made, hard):
        widget = made(theme="dark")
        widget.search(hard)
        assert widget.figure().get_facecolor()[0] < 0.2
        assert widget.figure(style="print").get_facecolor()[0] == 1

    def test_a_missed_row_says_what_finds_it(self, index, hard):
        search = shown_walk(index, hard, 4, K)
        tags = missed_tags(search.explanation, search.losses)
        for row, tag in tags.items():
            needed = int(tag.removeprefix("ef "))
            assert row not in index.explain(hard, K).missed(needed)


class TestOutput:
    def test_it_holds_the_widget_a_picture_and_text(self, made, index, hard):
        widget = made(k=K)
        widget.search(hard)
        bundle, _ = widget._repr_mimebundle_()
        assert set(bundle) == {WIDGET_MIME, "image/png", "text/plain"}
        data = base64.b64decode(bundle["image/png"])
        assert len(data) <= MOST_BYTES
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.width > picture.height > 300
        lines = bundle["text/plain"].splitlines()
        assert lines[0] == f"Index: HNSW4,Flat, 2,500 vectors of {graphs.DIM} dimensions, L2"
        assert lines[1] == f"Query: row {hard}, efSearch 4, k {K}"
        explanation = index.explain(hard, K)
        missed = explanation.missed(4)
        assert lines[2] == f"Answer: {K - len(missed)} of {K} true neighbours of row {hard} came back."
        assert lines[3].startswith(f"Missed: row {missed[0]} (needs efSearch ")
        assert lines[4] == f"Remedy: efSearch = {explanation.ef_needed} finds all."

    def test_before_the_first_search_it_holds_text(self, made):
        bundle, _ = made()._repr_mimebundle_()
        assert bundle["text/plain"].splitlines()[1] == "Query: none yet"
        assert "image/png" not in bundle

    def test_static_false_leaves_picture_and_text_out(self, made, hard):
        widget = made(static=False)
        widget.search(hard)
        bundle, _ = widget._repr_mimebundle_()
        assert set(bundle) == {WIDGET_MIME, "text/plain"}
        assert "GraphWidget" in bundle["text/plain"]
        with pytest.raises((TypeError, ValueError), match="static"):
            made(static="no")

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_pictures_of_noise_stay_within_the_bytes(self, made, hard, theme):
        images = np.random.default_rng(0).integers(0, 255, size=(graphs.ROWS, 64, 64, 3), dtype=np.uint8)
        widget = made(images=images, k=40, theme=theme)
        widget.search(hard)
        bundle, _ = widget._repr_mimebundle_()
        assert len(base64.b64decode(bundle["image/png"])) <= MOST_BYTES

    def test_slow_pictures_do_not_hold_up_the_display(self, made, hard):
        asked, release = threading.Event(), threading.Event()

        def slow(_row):
            asked.set()
            release.wait(60)

        widget = made(images=slow)
        widget.search(hard)
        start = time.perf_counter()
        bundle, _ = widget._repr_mimebundle_()
        taken = time.perf_counter() - start
        release.set()
        assert asked.is_set()
        assert "text/plain" in bundle
        # The machine may be busy: far less than the pictures would take.
        assert taken < 20

    def test_a_picture_that_fails_leaves_the_widget(self, made, hard, monkeypatch):
        def broken(*_args, **_options):
            raise RuntimeError("no picture")

        monkeypatch.setattr(static_graph_view_module, "static_walk", broken)
        widget = made()
        widget.search(hard)
        bundle, _ = widget._repr_mimebundle_()
        assert WIDGET_MIME in bundle
        assert "image/png" not in bundle

    def test_it_needs_no_matplotlib(self, made, hard, monkeypatch):
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        widget = made()
        widget.search(hard)
        assert "image/png" in widget._repr_mimebundle_()[0]

    def test_of_hnswlib_it_says_which_ef_search_is_used(self, made):
        variant = "l2 with deleted"
        widget = made(fw.open_index(hnswlib_stand_in.recorded(variant)), k=12, ef_search=3)
        widget.search(hnswlib_stand_in.data_of(variant)[3][0])
        bundle, _ = widget._repr_mimebundle_()
        line = bundle["text/plain"].splitlines()[1]
        assert line == "Query: a vector, efSearch 3 (the search uses 12), k 12"
        assert "image/png" in bundle
        saved(widget.figure("walk"))

    def test_what_is_late_is_said_not_to_be_known(self, index, hard, monkeypatch):
        monkeypatch.setattr(static_graph_view_module, "NEIGHBOURS_BY", -1)
        shown = static_graph_view_module.static_graph_view(
            index,
            index.query(hard),
            4,
            K,
            include_self=False,
            media=fw.FederWidget(index)._media,
            mode="light",
        )
        assert shown["text/plain"].splitlines()[-1].startswith("Answer: unknown")
        assert "image/png" in shown

    def test_a_frozen_graph_is_shown_too(self, made):
        widget = made(fw.open_index(graphs.build("HNSW8,SQ8"), frozen=True))
        widget.search(7)
        assert "image/png" in widget._repr_mimebundle_()[0]
        saved(widget.figure())

    def test_words_for_what_no_ef_search_finds(self):
        vectors = graphs.vectors()
        coded = fw.open_index(graphs.build("HNSW8,SQ4"), vectors=vectors)
        texts = [walk_lines(coded, shown_walk(coded, row, 64, K)) for row in range(20)]
        last = {line for lines in texts for line in lines if line.startswith("Remedy")}
        assert any("o efSearch finds" in line for line in last)
        assert any("(its code made it look farther)" in lines[3] for lines in texts if len(lines) > 3)
