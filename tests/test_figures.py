"""Figures: the page's geometry and colours, numbers that are right, and texts that break nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import warnings

import faiss
import figure_fixture
import matplotlib as mpl
import numpy as np
import pytest
from makers import make_ivf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from feder_widget import figures, open_index
from feder_widget.figures.fonts import shown_text
from feder_widget.figures.graph_walk.height_scale import HeightScale
from feder_widget.figures.shown_search import shown_search
from feder_widget.figures.thumbnails import RowImage
from feder_widget.palette import PALETTES, hex_of

HOSTILE = (
    "$\\frac{1}{0}$ and $x",
    "two\nlines\r\tand\x00nul",
    "\ud800 alone",
    "x" * 3_000_000,
    "\N{CJK UNIFIED IDEOGRAPH-6F22}\N{PILE OF POO}\N{TAMIL LETTER A}",
    "\N{RIGHT-TO-LEFT OVERRIDE}moc.elpmaxe",
    "\\usepackage{x} 100 % & _ ^ #",
    "",
    " ",
)

ON_ONE_SEARCH = ("clusters", "distances", "projection")


@pytest.fixture(scope="module")
def index():
    return open_index(make_ivf(n=1500, nlist=24)[0])


@pytest.fixture(scope="module")
def query():
    return np.random.default_rng(4).normal(size=16).astype(np.float32) * 2


@pytest.fixture(scope="module")
def drawn(index, query):
    """Every figure, by name: a function of ``ax`` and ``style``."""
    explanation = index.explain(query, 9)
    workload = index.evaluate(40, 9, progress=False)
    trace, ledger = index.trace(query, 2, 9), index.ledger(query, 9, 2)
    return {
        **{name: _of_search(name, index, query) for name in ON_ONE_SEARCH},
        "recall": lambda **given: explanation.plot(nprobe=2, **given),
        "workload": lambda **given: workload.plot(**given),
        "results": lambda **given: trace.plot(explanation=explanation, **given),
        "ledger": lambda **given: ledger.plot(**given),
        "cluster_sizes": lambda **given: figures.cluster_sizes(index, **given),
        "map alone": lambda **given: figures.clusters(index, **given),
    }


def _of_search(name, index, query):
    return lambda **given: getattr(figures, name)(index, query, 2, 9, **given)


NAMES = (
    *ON_ONE_SEARCH, "recall", "workload", "results", "ledger", "cluster_sizes", "map alone",
)  # fmt: skip


def saved(ax, kind="png", **options):
    """Return the bytes of a figure, drawn without a warning."""
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.get_figure().savefig(target, format=kind, **options)
    return target.getvalue()


def test_positions_radii_sectors_and_colours_are_those_of_the_page():
    recorded = json.loads(figure_fixture.PATH.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(figure_fixture.recorded()))
    for part in ("cells", "heights", "trays"):
        assert recorded[part] == now[part]
    for before, after in zip(recorded["distances"], now["distances"], strict=True):
        assert before["name"] == after["name"]
        for part in ("circle", "radii", "positions", "sectors"):
            np.testing.assert_allclose(after[part], before[part], atol=2e-6)
        assert [ring[1:] for ring in after["rings"]] == [ring[1:] for ring in before["rings"]]
        assert after["pictures"][1] == before["pictures"][1]


@pytest.mark.parametrize(
    "keys", [[-31.31, -29.29, -29.29, -2.02], [0, 3, 3, 90], [1, 2], [0, 0, 0], [5e8, 6e8, 7e8]]
)
def test_heights_of_a_walk_that_stops_at_the_nearest_are_numbers_in_order(keys):
    heights = HeightScale.of(keys, keys[0], 40, 400).y(keys)
    assert np.isfinite(heights).all()
    assert (np.diff(heights) <= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_axes_that_are_given_are_drawn_on_and_returned(drawn, name):
    figure = Figure(layout="constrained")
    first, second = figure.subplots(1, 2)
    assert drawn[name](ax=second) is second
    assert len(second.get_children()) > len(first.get_children())
    assert figure.axes == [first, second]
    FigureCanvasAgg(figure)
    saved(second)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", ["light", "dark", "print"])
def test_every_style_draws_without_a_warning(drawn, name, style):
    ax = drawn[name](style=style)
    figure = ax.get_figure()
    assert figure.get_size_inches()[0] == (3.3 if style == "print" else 6.4)
    assert to_hex(figure.get_facecolor()) == PALETTES["dark" if style == "dark" else "light"].background
    assert saved(ax).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", NAMES[:-1])
def test_text_stays_text_in_vector_files(drawn, name):
    before = dict(mpl.rcParams)
    ax = drawn[name](style="print")
    svg, pdf = saved(ax, "svg").decode(), saved(ax, "pdf")
    assert "<text" in svg
    # Fonttype 42 embeds TrueType; fonttype 3 would draw letters as procedures.
    assert b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf
    assert dict(mpl.rcParams) == before


def test_a_notebook_shows_the_figure_of_axes_that_were_made(drawn):
    ax = drawn["recall"]()
    assert ax._repr_png_().startswith(b"\x89PNG")
    assert ax.get_figure()._repr_png_().startswith(b"\x89PNG")


def test_figures_need_no_pyplot_and_matplotlib_is_imported_late():
    program = (
        "import sys, numpy as np, feder_widget\n"
        "from feder_widget import FederWidget, figures, build_index\n"
        "assert 'matplotlib' not in sys.modules, 'matplotlib is imported early'\n"
        "index = build_index(np.random.default_rng(0).normal(size=(300, 8)).astype('f4'), nlist=8)\n"
        "figures.clusters(index, 3, 2).figure.savefig('/dev/null', format='png')\n"
        "feder_widget.open_index(index).explain(3, 5).plot()\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot is imported'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_curve_of_recall_has_the_numbers_of_the_explanation(index, query):
    explanation = index.explain(query, 9)
    ax = explanation.plot()
    x, y = ax.get_lines()[0].get_data()
    nprobes = np.arange(1, index.nlist + 1)
    drawn = np.asarray(y)[np.searchsorted(x, nprobes, side="right") - 1]
    np.testing.assert_array_equal(drawn, explanation.recall(nprobes))


def test_the_curve_of_a_workload_is_its_mean_recall(index):
    workload = index.evaluate(40, 5, progress=False)
    x, y = workload.plot().get_lines()[0].get_data()
    drawn = np.asarray(y)[np.searchsorted(x, np.arange(1, index.nlist + 1), side="right") - 1]
    np.testing.assert_allclose(drawn, workload.recall)


def test_the_map_has_a_cell_for_each_cluster_and_the_colours_of_the_ranks(index, query):
    ax = figures.clusters(index, query, 3)
    cells, probed = [one for one in ax.collections if isinstance(one, PathCollection)][:2]
    assert len(cells.get_paths()) == index.nlist
    ranks = [hex_of(colour) for colour in PALETTES["light"].ranks[:3]]
    assert sorted(to_hex(colour) for colour in probed.get_edgecolors()) == sorted(ranks)


def test_a_search_is_the_one_of_the_index(index, query):
    shown = shown_search(index, query, 2, 9)
    trace, explanation = index.trace(query, 2, 9), index.explain(query, 9)
    assert shown.results.ids.tolist() == trace.ids.tolist()
    assert shown.missed.ids.tolist() == explanation.missed(2).tolist()
    assert shown.found == round(explanation.recall(2) * 9)
    for row_id, cluster in zip(shown.results.ids, shown.results.clusters, strict=True):
        assert index.locate(row_id)[0] == cluster


def test_the_row_searched_for_is_no_result_unless_it_is_asked_for(index):
    assert 7 not in shown_search(index, 7, 3, 9).results.ids
    assert 7 in shown_search(index, 7, 3, 9, include_self=True).results.ids
    assert len(shown_search(index, 7, 3, 9).results) == 9


def test_artists_do_not_grow_with_the_vectors(query):
    counts = []
    for n in (500, 6000):
        some = open_index(make_ivf(n=n, nlist=24)[0])
        counts.append(len(figures.distances(some, query, 24, 9).get_children()))
    assert abs(counts[0] - counts[1]) < 60


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_no_label_breaks_a_figure(index, query, label, kind):
    labels = dict.fromkeys(range(1500), label)
    trace, explanation = index.trace(query, 2, 9), index.explain(query, 9)
    saved(trace.plot(explanation=explanation, labels=labels), kind)
    saved(figures.distances(index, query, 2, labels=labels), kind)


def test_a_label_is_no_math_and_no_tex(index, query):
    ax = index.trace(query, 2, 9).plot(labels=dict.fromkeys(range(1500), "$x^2$"))
    texts = [text for text in ax.texts if "$" in text.get_text()]
    assert texts
    assert not any(text.get_parse_math() or text.get_usetex() for text in ax.texts)


def test_characters_without_a_glyph_are_replaced():
    assert shown_text("a\N{PILE OF POO}b") in ("a\N{REPLACEMENT CHARACTER}b", "a\N{PILE OF POO}b")
    assert len(shown_text("y" * 1_000_000)) == 60


@pytest.mark.parametrize("pixels", [32, 100])
def test_pictures_have_the_resolution_asked_for(index, query, pixels):
    images = np.random.default_rng(0).integers(0, 255, size=(1500, 150, 200, 3), dtype=np.uint8)
    ax = index.trace(query, 2, 9).plot(images=images, pixels=pixels)
    held = [image for image in ax.images if isinstance(image, RowImage)]
    assert len(held) == 9
    assert all(max(image.get_array().shape[:2]) == pixels for image in held)
    # The file holds all pixels, not those of a screen.
    assert f"/Width {pixels}".encode() in saved(ax, "pdf")
    saved(ax, "svg")


def test_a_picture_that_cannot_be_read_is_left_out(index, query):
    saved(figures.distances(index, query, 2, images=lambda _: b"no picture"))
    saved(index.trace(query, 2, 9).plot(images=lambda _: 1 / 0))


def test_an_empty_index_has_an_honest_figure():
    faiss_index, _ = make_ivf(n=40, nlist=4, d=4)
    index = open_index(faiss_index)
    faiss_index.reset()
    query = np.ones(4, np.float32)
    for ax in (
        figures.clusters(index), figures.clusters(index, query), figures.distances(index, query),
        figures.projection(index, query), index.trace(query, 1, 3).plot(), figures.cluster_sizes(index),
        index.explain(query, 3).plot(),
    ):  # fmt: skip
        saved(ax)


def test_an_index_that_has_grown_has_a_new_map():
    faiss_index, vectors = make_ivf(n=400, nlist=8)
    index = open_index(faiss_index)

    def outline():
        return figures.clusters(index).collections[0].get_paths()[0].vertices

    before = outline()
    np.testing.assert_array_equal(outline(), before)
    faiss_index.add(vectors[:150] + 0.01)
    assert not np.array_equal(outline(), before)


def test_codes_with_the_vectors_given_are_drawn():
    vectors = np.random.default_rng(1).normal(size=(900, 16)).astype(np.float32)
    coded = faiss.index_factory(16, "IVF16,PQ4x4")
    coded.train(vectors)
    coded.add(vectors)
    index = open_index(coded, vectors=vectors)
    assert len(shown_search(index, vectors[3], 4, 9).missed)
    saved(figures.distances(index, vectors[3], 4))
    saved(index.ledger(vectors[3], 9, 4).plot())
    saved(figures.projection(index, vectors[3], 4))


def test_inner_products_and_many_results_are_drawn(query):
    index = open_index(make_ivf(metric="inner product")[0])
    saved(figures.distances(index, query, 20, 60))
    saved(figures.projection(index, query, 20, 60))
    saved(index.trace(query, 20, 300).plot())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda index: figures.clusters(index, 3, style="neon"), "style must be one of light, dark, print"),
        (lambda index: figures.clusters(index, 3, 99), "nprobe must be"),
        (lambda index: figures.clusters(index, 3, ax=object()), "ax must be matplotlib Axes, got object"),
        (lambda index: figures.distances(index, None), "needs a query"),
        (lambda index: figures.distances(index, 99_999), "99999"),
        (lambda index: figures.distances(index, 3, pixels=0), "pixels must be"),
        (lambda _: figures.recall("e"), "explanation must be an Explanation"),
        (lambda _: figures.workload(3), "workload must be a Workload"),
        (lambda _: figures.results(None), "trace must be a SearchTrace"),
        (lambda _: figures.ledger(None), "ledger must be a Ledger"),
        (lambda index: index.explain(3, 5).plot(nprobe=0), "nprobe must be"),
    ],
)
def test_wrong_arguments_are_named(index, wrong, words):
    with pytest.raises((ValueError, TypeError), match=words):
        wrong(index)


def test_an_unknown_figure_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'pie'"):
        _ = figures.pie
    assert set(figures.__all__) <= set(dir(figures))


def test_a_png_has_the_size_of_its_resolution(drawn):
    with Image.open(io.BytesIO(saved(drawn["clusters"](style="print"), dpi=100))) as picture:
        assert picture.width == 330
