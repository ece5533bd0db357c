"""Figures of a widget, and what the output of a cell holds where no widget runs."""

from __future__ import annotations

import base64
import io
import sys
import threading
import time
import warnings

import faiss
import numpy as np
import pytest
from makers import make_ivf
from matplotlib.figure import Figure
from PIL import Image

from feder_widget import FederWidget, figures, open_index
from feder_widget.figures.cell_output import picture as static_picture_module
from feder_widget.figures.cell_output import view as static_view_module
from feder_widget.figures.cell_output.small_png import APART, MOST_BYTES
from feder_widget.figures.search_text import search_lines
from feder_widget.figures.shown_search import shown_search
from feder_widget.model.query import Query

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
VIEWS = ("clusters", "distances", "projection", "recall", "results")


@pytest.fixture
def made():
    """Return a function that makes widgets, and close them in the end."""
    widgets = []

    def make(faiss_index=None, **options):
        widgets.append(FederWidget(make_ivf()[0] if faiss_index is None else faiss_index, **options))
        return widgets[-1]

    yield make
    for widget in widgets:
        widget.close()


def picture_of(bundle):
    return Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))


def saved(figure):
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(target)
    return target.getvalue()


@pytest.mark.parametrize("view", [*VIEWS, None])
def test_every_view_of_a_search_is_a_figure(made, view):
    widget = made()
    widget.search(7)
    figure = widget.figure(view)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == (2 if view is None else 1)
    saved(figure)


def test_a_figure_of_the_map_needs_no_search(made):
    widget = made()
    for view in (None, "clusters"):
        assert len(widget.figure(view).axes) == 1


@pytest.mark.parametrize("view", VIEWS[1:])
def test_a_figure_of_a_search_needs_one(made, view):
    with pytest.raises(ValueError, match=f"a figure of {view} needs a search"):
        made().figure(view)


def test_a_figure_of_the_workload_needs_one(made):
    widget = made()
    with pytest.raises(ValueError, match=r"call evaluate\(queries\) first"):
        widget.figure("workload")
    widget.evaluate(20, progress=False)
    saved(widget.figure("workload"))


@pytest.mark.parametrize("wrong", ["pie", 3, ["clusters"]])
def test_a_view_that_does_not_exist_is_named(made, wrong):
    with pytest.raises(ValueError, match="view must be one of clusters, distances"):
        made().figure(wrong)


def test_a_figure_has_the_theme_of_the_widget(made):
    widget = made(theme="dark")
    assert widget.figure().get_facecolor()[0] < 0.2
    assert widget.figure(style="print").get_facecolor()[0] == 1


def test_a_figure_follows_an_index_that_has_grown(made):
    faiss_index, vectors = make_ivf(n=300, nlist=6)
    widget = made(faiss_index)
    widget.search(3)
    before = widget.figure("clusters").axes[0].collections[0].get_paths()[0].vertices
    faiss_index.add(vectors[:200])
    after = widget.figure("clusters").axes[0].collections[0].get_paths()[0].vertices
    assert not np.array_equal(before, after)


def test_an_output_holds_the_widget_a_picture_and_text(made):
    widget = made(nprobe=2, k=5)
    widget.search(7)
    bundle, _ = widget._repr_mimebundle_()
    assert set(bundle) == {WIDGET_MIME, "image/png", "text/plain"}
    assert bundle[WIDGET_MIME]["model_id"] == widget.model_id
    assert len(base64.b64decode(bundle["image/png"])) <= MOST_BYTES
    with picture_of(bundle) as picture:
        assert picture.width > picture.height > 300
    lines = bundle["text/plain"].splitlines()
    assert lines[1] == "Query: row 7, nprobe 2 of 20, k 5"
    explanation = widget.index.explain(7, 5)
    found = round(5 * explanation.recall(2))
    came = "All 5 true neighbours" if found == 5 else f"{found} of 5 true neighbours"
    assert lines[2].startswith(f"Answer: {came} of ")


def test_before_the_first_search_an_output_holds_the_map(made):
    bundle, _ = made()._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[1] == "Query: none yet"
    picture_of(bundle).close()


def test_static_false_leaves_picture_and_text_out(made):
    widget = made(static=False)
    bundle, _ = widget._repr_mimebundle_()
    assert set(bundle) == {WIDGET_MIME, "text/plain"}
    assert "FederWidget" in bundle["text/plain"]
    with pytest.raises((TypeError, ValueError), match="static"):
        FederWidget(make_ivf()[0], static="no")


def test_pictures_of_noise_stay_within_the_bytes(made):
    images = np.random.default_rng(0).integers(0, 255, size=(2000, 96, 96, 3), dtype=np.uint8)
    widget = made(images=images, k=40)
    widget.search(7)
    bundle, _ = widget._repr_mimebundle_()
    assert len(base64.b64decode(bundle["image/png"])) <= MOST_BYTES


def test_slow_pictures_do_not_hold_up_the_display(made):
    asked = threading.Event()
    release = threading.Event()

    def slow(_row):
        asked.set()
        release.wait(60)

    widget = made(images=slow)
    widget.search(7)
    start = time.perf_counter()
    bundle, _ = widget._repr_mimebundle_()
    taken = time.perf_counter() - start
    release.set()
    assert asked.is_set()
    assert "text/plain" in bundle
    # The machine may be busy: far less than the pictures would take.
    assert taken < 20


def test_a_picture_that_fails_leaves_the_widget(made, monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("no picture")

    monkeypatch.setattr(static_view_module, "static_picture", broken)
    widget = made()
    bundle, _ = widget._repr_mimebundle_()
    assert WIDGET_MIME in bundle
    assert "image/png" not in bundle


def test_an_output_needs_no_matplotlib(made, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    widget = made()
    widget.search(7)
    assert "image/png" in widget._repr_mimebundle_()[0]


def test_a_removed_query_is_still_shown(made):
    faiss_index, _ = make_ivf(n=300, nlist=6)
    widget = made(faiss_index)
    widget.search(3)
    faiss_index.remove_ids(np.array([3]))
    assert "row 3" in widget._repr_mimebundle_()[0]["text/plain"]


def test_another_thread_leaves_the_index_alone(made):
    widget = made()
    widget.search(7)
    bundles = []
    thread = threading.Thread(target=lambda: bundles.append(widget._repr_mimebundle_()[0]))
    thread.start()
    thread.join()
    assert WIDGET_MIME in bundles[0]


def test_the_words_name_what_was_missed_and_what_finds_it():
    index = open_index(make_ivf()[0])
    query = np.random.default_rng(4).normal(size=16).astype(np.float32) * 2
    explanation = index.explain(query, 9)
    nprobe = 1
    search = shown_search(index, query, nprobe, 9)
    lines = search_lines(index, search)
    missed = explanation.missed(nprobe)
    assert len(missed)
    assert lines[3].startswith(f"Missed: row {missed[0]} (cluster ranked ")
    assert lines[4] == f"Remedy: nprobe = {explanation.nprobe_needed} finds all."
    needed = shown_search(index, query, explanation.nprobe_needed, 9)
    assert search_lines(index, needed)[-1] == "Answer: All 9 true neighbours of a vector came back."


def test_what_no_nprobe_finds_is_said():
    vectors = np.random.default_rng(1).normal(size=(900, 16)).astype(np.float32)
    coded = faiss.index_factory(16, "IVF16,PQ4x4")
    coded.train(vectors)
    coded.add(vectors)
    index = open_index(coded, vectors=vectors)
    explanation = index.explain(vectors[3], 9)
    best = int(np.count_nonzero(explanation.found_at <= index.nlist))
    least = int(explanation.found_at[best - 1])
    assert best < 9
    words = search_lines(index, shown_search(index, vectors[3], least, 9))[-1]
    assert words == "Remedy: No nprobe finds more."
    words = search_lines(index, shown_search(index, vectors[3], 1, 9))[-1]
    assert words == f"Remedy: nprobe = {least} finds {best}; no nprobe finds all."


def test_a_map_of_too_many_cells_shows_those_near_the_query(made, monkeypatch):
    monkeypatch.setattr(static_picture_module, "MOST_CELLS", 3)
    widget = made(nprobe=2)
    before = picture_of(widget._repr_mimebundle_()[0]).convert("RGB")
    # Nothing but the ground and the title.
    assert len(before.crop((60, 90, before.width - 60, before.height - 60)).getcolors()) == 1
    widget.search(7)
    after = picture_of(widget._repr_mimebundle_()[0]).convert("RGB")
    assert len(after.getcolors()) > 20


def test_a_frozen_index_is_shown_too(made):
    widget = made(open_index(make_ivf()[0], frozen=True))
    widget.search(7)
    assert "image/png" in widget._repr_mimebundle_()[0]
    saved(widget.figure())


def test_a_closed_widget_waits_for_no_map(made):
    widget = made()
    widget.search(7)
    widget.close()
    start = time.perf_counter()
    saved(widget.figure("clusters"))
    assert time.perf_counter() - start < 30


def test_a_title_stays_on_its_line_of_text():
    index = open_index(make_ivf()[0])
    asked = Query(np.zeros(16, np.float32), title="two\nlines \x1b[31m" + "x" * 1000)
    lines = search_lines(index, shown_search(index, asked, 2, 9))
    assert lines[1].startswith("Query: two lines \N{REPLACEMENT CHARACTER}[31mxxx")
    assert len(lines[1]) < 120
    saved(figures.clusters(index, asked, 2).get_figure())


def test_pale_pictures_leave_the_cells_their_colours():
    rng = np.random.default_rng(0)
    pale = [Image.fromarray(one) for one in rng.integers(230, 256, (9, 16, 16, 3), np.uint8)]
    palette = static_picture_module.PALETTES["light"]
    cells = [static_picture_module.ramp_colour(palette, shade / 47) for shade in range(48)]

    def held(images):
        flat = static_picture_module._colours(palette, images).getpalette()
        return set(zip(*[iter(flat)] * 3, strict=True))

    added = np.array(sorted(held(pale) - held([])))
    assert len(added)
    apart = np.linalg.norm(added[:, None] - np.array(cells)[None], axis=2)
    assert apart.min() > APART
