"""The menu of ways to share a search of a graph, in JupyterLab: it copies and saves what is on screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import expect

from .conftest import OpenFile, OpenNotebook
from .test_graph import CELLS
from .test_share import finding, menu_entry, rows_in, saved


@pytest.fixture
def lab(open_notebook: OpenNotebook) -> Any:
    lab = open_notebook([CELLS, "w"])
    lab.wait_state("done")
    # True neighbours follow the walk.
    expect(lab.widget.get_by_role("list", name="True neighbours")).to_be_visible()
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return lab


def test_what_is_copied_and_saved_is_what_is_on_screen(lab: Any, tmp_path: Path) -> None:
    page, widget = lab.page, lab.widget
    number = widget.get_by_role("spinbutton", name="efSearch as a number")
    for ef in (4, 2, 120):
        number.fill(str(ef))
        number.press("Enter")
        lab.wait_kernel("w.ef_search", ef)
        lab.wait_attribute("data-ef", str(ef))
        lab.wait_attribute("data-results", lab.kernel_json(f"faiss_says(hard, 8, {ef})"))
        assert finding(page, widget) == lab.kernel_json("w.finding()")

    number.fill("2")
    number.press("Enter")
    lab.wait_kernel("w.ef_search", 2)
    results = widget.get_attribute("data-results") or ""
    missed = widget.get_attribute("data-missed-ids") or ""
    rows = rows_in(saved(page, widget, "Download results (CSV)", tmp_path))
    assert ",".join(row["id"] for row in rows) == results
    wanted = lab.kernel_json("[one.distance for one in w.report().results]")
    assert [float(row["distance"]) for row in rows] == pytest.approx(wanted, rel=1e-6)
    rows = rows_in(saved(page, widget, "Download missed (CSV)", tmp_path))
    assert ",".join(row["id"] for row in rows) == missed
    needs = lab.kernel_json("[one.ef_needed for one in w.report().missed]")
    assert [int(row["needs efSearch"]) for row in rows] == needs
    assert all(row["why"].startswith(f"Needs efSearch {row['needs efSearch']}.") for row in rows)

    menu_entry(widget, "Copy Python for this state")
    expect(widget.get_by_text("Python copied")).to_be_visible()
    code = page.evaluate("navigator.clipboard.readText()").rpartition("\n")[0]
    assert lab.kernel_json(f"(exec({code!r}), w.report().as_json()['ef_search'])[1]") == 2


def test_of_a_graph_that_is_re_ranked_the_finding_is_that_of_python(open_notebook: OpenNotebook) -> None:
    cell = """
coded = faiss.index_factory(24, "HNSW8_SQ4,RFlat")
coded.train(X)
coded.add(X)
w = fw.FederWidget(fw.open_index(coded), k=8, ef_search=4)
w.search(hard)
w
"""
    lab = open_notebook([CELLS, cell])
    lab.wait_state("done")
    expect(lab.widget.get_by_role("list", name="True neighbours")).to_be_visible()
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    number = lab.widget.get_by_role("spinbutton", name="efSearch as a number")
    for ef in (4, 40):
        number.fill(str(ef))
        number.press("Enter")
        lab.wait_kernel("w.ef_search", ef)
        lab.wait_attribute("data-results", lab.kernel_json("','.join(map(str, w.results()['id']))"))
        assert finding(lab.page, lab.widget) == lab.kernel_json("w.finding()")


def test_the_kernel_draws_the_walk(lab: Any, tmp_path: Path) -> None:
    query = lab.widget.get_attribute("data-query")
    path = saved(lab.page, lab.widget, "Save walk (SVG)", tmp_path)
    assert path.name == f"row-{query}-efSearch-4.svg"
    root = ElementTree.parse(path).getroot()
    text = " ".join("".join(one.itertext()) for one in root.iter() if one.tag.endswith("}text"))
    assert f"row {query}, efSearch 4" in text
    path = saved(lab.page, lab.widget, "Save walk (PNG)", tmp_path)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000


def test_the_kernel_saves_the_search_as_a_page(lab: Any, open_file: OpenFile, tmp_path: Path) -> None:
    widget = lab.widget
    query = widget.get_attribute("data-query")
    path = saved(lab.page, widget, "Save as a page (HTML)", tmp_path)
    assert path.name == f"row-{query}-efSearch-4.html"
    page = open_file(path)
    shown = page.locator(".feder-widget")
    for name in ("data-state", "data-query", "data-ef", "data-k", "data-results", "data-missed-ids"):
        expect(shown).to_have_attribute(name, widget.get_attribute(name) or "")


def test_it_works_by_keys_alone(lab: Any) -> None:
    widget = lab.widget
    widget.get_by_role("slider", name="efSearch", exact=True).focus()
    lab.page.keyboard.press("s")
    expect(widget.get_by_role("menuitem").first).to_be_focused()
    expect(widget.get_by_role("menuitem", name=re.compile("page"))).to_have_count(1)
    lab.page.keyboard.press("Escape")
    expect(widget.get_by_role("menu")).to_have_count(0)
    expect(widget.get_by_role("button", name="Share")).to_be_focused()
    lab.page.keyboard.press("s")
    lab.page.keyboard.press("m")
    expect(widget.get_by_text("Finding copied")).to_be_visible()
