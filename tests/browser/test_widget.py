"""What a person sees and does: the widget on digits in JupyterLab, against Faiss in the same kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from scripts.lab import LabPage, Theme

from .conftest import OpenNotebook

# The file that sklearn.datasets.load_digits() reads: to import scikit-learn takes a kernel two seconds.
DIGITS = """
import faiss, numpy as np
from importlib.util import find_spec
from pathlib import Path
import feder_widget as fw

digits = np.loadtxt(Path(find_spec("sklearn").origin).parent / "datasets/data/digits.csv.gz", delimiter=",")
X = digits[:, :64].astype("float32")
index = faiss.index_factory(64, "IVF40,Flat")
index.train(X)
index.add(X)
images, labels = list(digits[:, :64].reshape(-1, 8, 8)), [str(int(digit)) for digit in digits[:, 64]]

def faiss_ids(query, nprobe, k):
    index.nprobe = nprobe
    ids = index.search(X[query : query + 1], k + 1)[1][0]
    return [str(row) for row in ids if row >= 0 and row != query][:k]
"""

WIDGET = """
w = fw.FederWidget(fw.open_index(index), images=images, labels=labels, nprobe=4, k=9)
asked = []
w.on_msg(lambda _widget, content, _buffers: asked.append(content["kind"]))
w
"""

COUNT_COLOURS = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


def result_ids(view: Locator) -> list[str]:
    """Return the rows that the search on screen returns, nearest first."""
    return ids_in(view, "data-results")


def ids_in(view: Locator, attribute: str) -> list[str]:
    said = view.get_attribute(attribute)
    assert said is not None
    return said.split(",") if said else []


def items(view: Locator, name: str) -> Locator:
    """Return the items of the list of this name."""
    return view.get_by_role("list", name=name, exact=True).get_by_role("listitem")


def listed(view: Locator, name: str) -> list[tuple[str, str]]:
    """Return the row and the state of each item of a list."""
    return [
        (item.get_attribute("data-id") or "", item.get_attribute("data-state") or "")
        for item in items(view, name).all()
    ]


def faiss_ids(lab: LabPage, query: str, nprobe: int, k: int = 9) -> list[str]:
    found = lab.kernel_json(f"faiss_ids({query}, {nprobe}, {k})")
    assert isinstance(found, list)
    return found


def search_by_id(lab: LabPage, text: str) -> None:
    lab.widget.first.get_by_role("textbox", name="Search by id").fill(text)
    lab.widget.first.get_by_role("textbox", name="Search by id").press("Enter")


def searched(lab: LabPage, query: int) -> Locator:
    """Search for a row by its id and return the view that shows its answer."""
    search_by_id(lab, str(query))
    lab.wait_attribute("data-query", str(query))
    lab.wait_kernel("w.query_id", query)
    return lab.wait_state("done")


def slider(view: Locator, name: str) -> Locator:
    return view.get_by_role("slider", name=name, exact=True)


def test_the_map_is_drawn_before_any_search(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    lab.wait_attribute("data-map", "final")
    assert lab.widget.get_attribute("data-state") == "idle"
    assert result_ids(lab.widget) == []
    canvas = lab.widget.locator("canvas").first
    expect(canvas).to_be_visible()
    lab.wait_painted()
    assert canvas.evaluate(COUNT_COLOURS) > 10


def test_a_random_query_is_answered_as_faiss_answers_it(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    lab.widget.get_by_role("button", name="Random query").click()
    view = lab.wait_state("done")
    query = view.get_attribute("data-query")
    assert query is not None
    assert result_ids(view) == faiss_ids(lab, query, nprobe=4)
    lab.wait_kernel("w.query_id", int(query))


def test_a_search_by_id_is_answered_as_faiss_answers_it(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    assert result_ids(view) == faiss_ids(lab, "42", nprobe=4)
    assert "42" not in result_ids(view)


def test_the_true_neighbours_stand_in_order_and_the_results_that_are_none_beside_them(
    open_notebook: OpenNotebook,
) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    lab.kernel("w.nprobe = 1")
    view = searched(lab, 42)
    results = faiss_ids(lab, "42", nprobe=1)
    true = faiss_ids(lab, "42", nprobe=40)
    expect(items(view, "True neighbours")).to_have_count(9)
    assert listed(view, "True neighbours") == [(row, "found" if row in results else "missed") for row in true]
    assert [row for row, _ in listed(view, "Came instead")] == [row for row in results if row not in true]
    assert ids_in(view, "data-missed-ids") == [row for row in true if row not in results]
    assert view.get_by_role("list", name="Came instead", exact=True).count() > 0
    expect(view.get_by_role("list", name="Results", exact=True)).to_have_count(0)


def test_moving_nprobe_changes_the_results_without_asking_the_kernel(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    lab.kernel("asked.clear()")
    handle = slider(view, "nprobe")
    handle.press("Home")
    shown = {}
    for nprobe in range(1, 11):
        lab.wait_attribute("data-nprobe", str(nprobe))
        lab.wait_painted()
        shown[nprobe] = result_ids(view)
        handle.press("ArrowRight")
    handle.press("End")
    lab.wait_attribute("data-nprobe", "40")
    lab.wait_painted()
    shown[40] = result_ids(view)
    assert shown == {nprobe: faiss_ids(lab, "42", nprobe) for nprobe in shown}
    assert "search" not in lab.kernel_json("asked")
    lab.wait_kernel("w.nprobe", 40)


def test_moving_k_changes_the_number_of_results(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 7)
    lab.kernel("asked.clear()")
    for _ in range(3):
        slider(view, "k").press("ArrowRight")
    lab.wait_attribute("data-k", "12")
    lab.wait_painted()
    assert result_ids(view) == faiss_ids(lab, "7", nprobe=4, k=12)
    assert "search" not in lab.kernel_json("asked")
    lab.wait_kernel("w.k", 12)


def test_the_keys_of_the_notebook_do_nothing_while_the_widget_has_the_focus(
    open_notebook: OpenNotebook,
) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 7)
    for control in (slider(view, "nprobe"), view.get_by_role("button", name="Random query")):
        for key in ("x", "a", "b", "d", "d", "m"):
            control.press(key)
    kinds = "window.jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => model.type)"
    assert lab.page.evaluate(kinds) == ["code", "code"]
    assert view.is_visible()


def test_python_moves_the_page(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    lab.run_cell("w.search(42)")
    lab.wait_attribute("data-query", "42")
    view = lab.wait_state("done")
    lab.run_cell("w.nprobe = 12")
    lab.wait_attribute("data-nprobe", "12")
    lab.wait_painted()
    assert result_ids(view) == faiss_ids(lab, "42", nprobe=12)
    lab.run_cell("w.k = 5; w.query_id = 100")
    lab.wait_attribute("data-query", "100")
    lab.wait_state("done")
    lab.wait_painted()
    assert result_ids(view) == faiss_ids(lab, "100", nprobe=12, k=5)


def test_the_trace_in_python_is_what_the_page_shows(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    lab.kernel("w.include_self = True")
    view = searched(lab, 42)
    expect(view.get_by_role("checkbox", name="Count the query itself")).to_be_checked()
    assert result_ids(view)[0] == "42"
    assert lab.kernel_json("[str(row) for row in w.trace().ids]") == result_ids(view)


def test_two_displays_of_one_widget_stay_in_step(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET, "w"])
    lab.wait_state("idle", nth=1)
    searched(lab, 42)
    slider(lab.widget.nth(1), "nprobe").press("ArrowRight")
    for nth in (0, 1):
        lab.wait_attribute("data-query", "42", nth=nth)
        lab.wait_attribute("data-nprobe", "5", nth=nth)
    lab.wait_painted()
    expected = faiss_ids(lab, "42", nprobe=5)
    assert [result_ids(lab.widget.nth(nth)) for nth in (0, 1)] == [expected, expected]


def test_a_bad_id_is_named_and_the_answer_stays(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    before = result_ids(searched(lab, 42))
    for entry in ("99999999", "9223372036854775807", "-1", "four"):
        search_by_id(lab, entry)
        expect(lab.widget.get_by_role("alert")).to_contain_text(entry)
        view = lab.wait_state("error")
        assert view.get_attribute("data-query") == "42"
        assert result_ids(view) == before
    assert result_ids(searched(lab, 43)) == faiss_ids(lab, "43", nprobe=4)
    expect(lab.widget.get_by_role("alert")).to_be_hidden()


def test_after_a_kernel_restart_the_picture_stays_and_says_so(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    before = result_ids(searched(lab, 42))
    lab.kernel_restart()
    lab.widget.get_by_role("button", name="Random query").click()
    view = lab.wait_state("disconnected")
    expect(view.get_by_role("alert")).to_contain_text("kernel disconnected")
    assert result_ids(view) == before
    handle = slider(view, "nprobe")
    handle.press("Home")
    lab.wait_attribute("data-nprobe", "1")
    assert view.get_attribute("data-state") == "disconnected"


def test_after_a_kernel_shutdown_the_picture_stays_and_says_so(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    before = result_ids(searched(lab, 42))
    lab.kernel_shutdown()
    lab.widget.get_by_role("button", name="Random query").click()
    view = lab.wait_state("disconnected")
    assert result_ids(view) == before


def test_an_unreadable_image_is_a_placeholder_that_says_why(open_notebook: OpenNotebook) -> None:
    broken = "images[42] = 'no/such/file.png'\nimages[43] = b'neither a PNG nor a JPEG'"
    lab = open_notebook([DIGITS, broken, WIDGET])
    for query, reason in ((42, "file"), (43, "image")):
        view = searched(lab, query)
        placeholder = view.get_by_role("img", name=re.compile(rf"row {query}: .*{reason}", re.IGNORECASE))
        expect(placeholder.first).to_be_visible()
    assert result_ids(view) == faiss_ids(lab, "43", nprobe=4)


def test_a_label_full_of_html_stays_text(open_notebook: OpenNotebook) -> None:
    label = "<img src=x onerror='window.hacked = 1'><b>bold</b>"
    lab = open_notebook([DIGITS, f"labels[42] = {label!r}", WIDGET])
    lab.kernel("w.include_self = True")
    view = searched(lab, 42)
    items(view, "True neighbours").get_by_role("button").first.click()
    card = view.get_by_role("dialog")
    expect(card).to_contain_text("<b>bold</b>")
    assert card.get_by_text("bold", exact=True).count() == 0
    assert lab.page.evaluate("window.hacked") is None


def test_a_picture_opens_with_its_facts_and_searches_from_there(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    third = result_ids(view)[2]
    view.locator(f'li[data-id="{third}"][data-state="found"]').get_by_role("button").click()
    card = view.get_by_role("dialog")
    expect(card).to_contain_text(third)
    lab.wait_kernel("w.selection", [int(third)])
    card.get_by_role("button", name="Use as query").click()
    lab.wait_attribute("data-query", third)
    lab.wait_state("done")
    assert result_ids(view) == faiss_ids(lab, third, nprobe=4)


def test_a_pinned_cluster_lists_all_its_images_nearest_to_the_query_first(
    open_notebook: OpenNotebook,
) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    lab.kernel("w.cluster = int(np.argmax(w.index.list_sizes))")
    size, nearest = lab.kernel_json(
        "(lambda rows: [len(rows), str(rows[np.argmin(((X[rows] - X[42]) ** 2).sum(1))])])"
        "(faiss.rev_swig_ptr(index.invlists.get_ids(w.cluster), index.invlists.list_size(w.cluster)))"
    )
    images = items(view, "Cluster images")
    expect(images.first).to_have_attribute("data-id", nearest)
    expect(images.first).to_have_attribute("aria-setsize", str(size))


def test_stepping_through_the_search_ends_at_its_results(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET], reduced_motion="reduce")
    view = searched(lab, 42)
    lab.run_cell("w.nprobe = 2")
    lab.wait_attribute("data-nprobe", "2")
    lab.wait_painted()
    at_the_end = result_ids(view)
    view.get_by_role("button", name="Step back").click()
    lab.wait_painted()
    assert result_ids(view) == faiss_ids(lab, "42", nprobe=1)
    view.get_by_role("button", name="Step back").click()
    lab.wait_painted()
    assert result_ids(view) == []
    for _ in range(2):
        view.get_by_role("button", name="Step forward").click()
    lab.wait_painted()
    assert result_ids(view) == at_the_end
    expect(view.get_by_role("button", name="Step forward")).to_be_disabled()


def test_playing_ends_at_the_results(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    at_the_end = result_ids(view)
    with lab.seeing("root.querySelector('button[aria-label=Pause]')"):
        view.get_by_role("button", name="Play", exact=True).click()
    expect(view.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert result_ids(view) == at_the_end


def test_the_picture_can_be_read_as_a_table(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    view.get_by_role("button", name="View as table").click()
    expect(view.get_by_role("table")).to_be_visible()
    nearest = lab.kernel_json("int(w.trace().coarse.clusters[0])")
    expect(view.get_by_role("table").get_by_role("row").nth(1)).to_contain_text(str(nearest))


def test_reloading_the_page_brings_back_the_same_answer(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    slider(view, "nprobe").press("ArrowRight")
    lab.wait_attribute("data-nprobe", "5")
    lab.wait_painted()
    before = result_ids(view)
    lab.wait_kernel("w.nprobe", 5)
    lab.reload()
    lab.wait_attribute("data-query", "42")
    view = lab.wait_state("done")
    assert view.get_attribute("data-nprobe") == "5"
    assert result_ids(view) == before


def test_a_closed_widget_leaves_the_page(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    searched(lab, 42)
    lab.run_cell("w.close()")
    expect(lab.widget).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_widget_fits_cells_from_480_to_1600_pixels_in_both_themes(
    open_notebook: OpenNotebook, theme: Theme
) -> None:
    lab = open_notebook([DIGITS, WIDGET], theme=theme, device_scale_factor=2)
    view = searched(lab, 42)
    for width in (480, 900, 1600):
        lab.fit_widget(width=width)
        wide, inside = view.evaluate("e => [e.offsetWidth, e.scrollWidth]")
        assert wide == width
        assert inside <= wide
    background = view.evaluate("e => getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number)")
    assert (sum(background[:3]) < 384) == (theme == "dark")


def test_searching_with_ids_beyond_32_bits_keeps_every_digit(open_notebook: OpenNotebook) -> None:
    ids = "2**53 + 1 + np.arange(len(X))"
    cells = [
        DIGITS,
        f"big = faiss.index_factory(64, 'IVF40,Flat'); big.train(X); big.add_with_ids(X, {ids})",
        "w = fw.FederWidget(fw.open_index(big), nprobe=4, k=9)\nw",
    ]
    lab = open_notebook(cells)
    view = searched(lab, 2**53 + 1 + 42)
    big = [int(row) for row in result_ids(view)]
    assert [2**53 + 1 + 42, *big[:8]] == lab.kernel_json("[int(row) for row in w.trace().ids]")


def test_a_screenshot_shows_the_widget_with_its_map(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    view = searched(lab, 42)
    lab.wait_attribute("data-map", "final")
    lab.fit_widget(width=900)
    path = lab.screenshot(tmp_path / "widget.png")
    whole, canvas = view.bounding_box(), view.locator("canvas").first.bounding_box()
    assert whole is not None
    assert canvas is not None
    left, top = canvas["x"] - whole["x"], canvas["y"] - whole["y"]
    with Image.open(path) as picture:
        assert picture.size == (900, pytest.approx(whole["height"], abs=1))
        part = picture.convert("RGB").crop((left, top, left + canvas["width"], top + canvas["height"]))
        # Cells by distance, borders, names: a blank picture has one colour.
        assert len(part.getcolors(part.width * part.height)) > 100


TABLE = """
import pandas as pd
rows = np.arange(len(X))[::-1]
frame = pd.DataFrame({"key": rows, "mirror": [f"<b>{row}</b>" for row in rows]})
frame["digit"] = [labels[row] for row in rows]
frame["brightness"] = [images[row].mean() for row in rows]
frame["odd"] = frame["digit"].astype(int) % 2 == 1
w = fw.FederWidget(index, images=images, data=frame, id="key", label="digit", nprobe=4, k=9)
w.search(42)
w
"""


def test_metadata_stands_beside_rows_and_colours_the_map(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, TABLE])
    widget = lab.widget.first
    lab.wait_state("done")
    row = result_ids(widget)[0]
    widget.locator(f'li[data-id="{row}"][data-state="found"]').get_by_role("button").click()
    facts = widget.get_by_role("dialog").get_by_role("group", name="Metadata, scrollable")
    expect(facts.get_by_text(f"<b>{row}</b>", exact=True)).to_be_visible()
    lab.wait_kernel("w.selected()['mirror'].tolist()", [f"<b>{row}</b>"])
    lab.page.keyboard.press("Escape")
    widget.get_by_role("combobox", name="Colour by").select_option(label="odd")
    expect(widget.get_by_role("group", name="odd", exact=True).get_by_role("button")).to_have_text(
        ["True", "False"], use_inner_text=True
    )


def test_a_column_of_numbers_colours_the_map_on_a_scale(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, TABLE])
    widget = lab.widget.first
    lab.wait_state("done")
    widget.get_by_role("combobox", name="Colour by").select_option(label="brightness")
    legend = widget.get_by_role("group", name="Scale of brightness")
    expect(legend).to_contain_text("≤")
    expect(widget.get_by_role("status").get_by_text("2nd to 98th percentile of 1,797 rows")).to_be_visible()
    row = result_ids(widget)[0]
    found = widget.locator(f'li[data-id="{row}"][data-state="found"]').get_by_role("button")
    expect(found).to_have_accessible_name(re.compile(r", brightness [\d.]+$"))
    widget.get_by_role("button", name="View as table").click()
    table = widget.get_by_role("table")
    expect(table.get_by_role("columnheader", name="mean brightness")).to_be_visible()
    cluster = int(table.get_by_role("row").nth(1).get_by_role("button").inner_text())
    mean = float(table.get_by_role("row").nth(1).get_by_role("cell").nth(3).inner_text())
    rows = f"[images[int(row)].mean() for row in fw.open_index(index).list_ids({cluster})]"
    lab.wait_kernel(f"bool(abs(np.mean({rows}) - {mean}) < 0.1)", True)


def test_an_output_holds_a_picture_and_text_for_where_no_widget_runs(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET, "w.search(42)\nw"])
    lab.wait_state("done", nth=1)
    (output,) = lab.run_nth_cell(2)
    assert {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(output["data"])
    lines = "".join(output["data"]["text/plain"]).splitlines()
    assert lines[1] == "Query: row 42, nprobe 4 of 40, k 9"
    # JupyterLab shows the widget, and no picture beside it.
    lab.wait_state("done", nth=1)
    assert lab.widget.count() == 2
    assert lab.page.locator(".jp-OutputArea img[src^='data:image/png']:not(.feder-widget img)").count() == 0


@pytest.mark.parametrize("width", [1008, 700])
def test_the_keys_of_ten_labels_are_all_in_view(open_notebook: OpenNotebook, width: int) -> None:
    lab = open_notebook([DIGITS, WIDGET])
    searched(lab, 42)
    lab.fit_widget(width=width)
    lab.widget.get_by_role("radio", name="label").click()
    row = lab.widget.locator(".feder-label-row")
    expect(row.get_by_role("button")).to_have_count(10)
    hidden = row.evaluate(
        """row => {
          const room = row.getBoundingClientRect();
          const keys = [...row.querySelectorAll('.feder-label-key, .feder-label-others')];
          return keys.filter(key => {
            const box = key.getBoundingClientRect();
            return box.right > room.right + 1 || box.bottom > room.bottom + 1 || box.left < room.left - 1;
          }).map(key => key.textContent);
        }"""
    )
    assert hidden == []
