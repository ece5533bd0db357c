"""The menu of ways to share, in JupyterLab and in a saved page: it copies and saves what is on screen."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from .conftest import OpenNotebook

PREPARE = """
import faiss
import numpy as np
import feder_widget as fw

X = np.random.default_rng(4).random((1200, 16), np.float32)
index = faiss.index_factory(16, "IVF16,Flat")
index.train(X)
index.add(X)
labels = [f'=1+1, "row" | {row}' for row in range(len(X))]
"""
SHOW = """
w = fw.FederWidget(index, labels=labels, nprobe=2, k=8)
w.search(5)
w
"""


def menu_entry(widget: Any, name: str) -> None:
    widget.get_by_role("button", name="Share").click()
    widget.get_by_role("menuitem", name=name).click()


def saved(page: Page, widget: Any, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        menu_entry(widget, name)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def finding(page: Page, widget: Any) -> str:
    """Copy the finding and return what is in the clipboard."""
    page.evaluate("navigator.clipboard.writeText('')")
    menu_entry(widget, "Copy finding (Markdown)")
    page.wait_for_function("navigator.clipboard.readText()")
    return str(page.evaluate("navigator.clipboard.readText()"))


def rows_in(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def lab(open_notebook: OpenNotebook) -> Any:
    lab = open_notebook([PREPARE, SHOW])
    lab.wait_attribute("data-state", "done")
    lab.wait_attribute("data-map", "final")
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return lab


def test_what_is_copied_and_saved_is_what_is_on_screen(lab: Any, tmp_path: Path) -> None:
    page, widget = lab.page, lab.widget
    results = [int(one) for one in (widget.get_attribute("data-results") or "").split(",")]
    missed = [int(one) for one in (widget.get_attribute("data-missed-ids") or "").split(",")]
    rows = rows_in(saved(page, widget, "Download results (CSV)", tmp_path))
    assert [int(row["id"]) for row in rows] == results
    found = lab.kernel_json("w.report().as_json()['results']")
    assert [float(row["distance"]) for row in rows] == pytest.approx(
        [one["distance"] for one in found], rel=1e-6
    )
    assert [(int(row["cluster"]), int(row["rank"])) for row in rows] == [
        (one["cluster"], one["rank"]) for one in found
    ]

    rows = rows_in(saved(page, widget, "Download missed (CSV)", tmp_path))
    assert [int(row["id"]) for row in rows] == missed
    assert all(row["label"] == f'\'=1+1, "row" | {row["id"]}' for row in rows)
    assert all(row["why"].startswith("not probed") for row in rows)

    text = finding(page, widget)
    assert text == lab.kernel_json("w.finding()")
    assert re.findall(r"^\| \d+ \| (\d+) \|", text, re.M) == [str(one) for one in missed]

    menu_entry(widget, "Copy Python for this state")
    expect(widget.get_by_text("Python copied")).to_be_visible()
    code = page.evaluate("navigator.clipboard.readText()")
    shown = lab.kernel_json(f"(exec({code.rpartition(chr(10))[0]!r}), w.report().as_json()['nprobe'])[1]")
    assert shown == 2


@pytest.mark.parametrize(
    ("description", "vectors"),
    [
        ("IVF16,SQ4", "X"),
        ("IVF16,PQ2x4", "X"),
        ("IVF16,PQ4x4", "None"),
        ("IVF16,PQ4x4,RFlat", "X"),
        ("IVF16,PQ4x4,RFlat", "None"),
        ("IVF16_HNSW,Flat", "None"),
    ],
)
def test_the_finding_is_that_of_python(open_notebook: OpenNotebook, description: str, vectors: str) -> None:
    cell = f"""
other = faiss.index_factory(16, {description!r})
other.train(X)
other.add(X)
w = fw.FederWidget(fw.open_index(other, vectors={vectors}), labels=labels, nprobe=2, k=8)
w.search(5)
w
"""
    lab = open_notebook([PREPARE, cell])
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget = lab.widget
    for nprobe in (2, 5, 16):
        widget.get_by_role("slider", name="nprobe", exact=True).fill(str(nprobe))
        wanted, results, missed = lab.kernel_json(
            f"(setattr(w, 'nprobe', {nprobe}), w.finding(), "
            "[one.id for one in w.report().results], [one.id for one in w.report().missed])[1:]"
        )
        for name, ids in (("data-results", results), ("data-missed-ids", missed)):
            lab.wait_attribute(name, ",".join(map(str, ids)))
        lab.wait_attribute("data-state", "done")
        assert finding(lab.page, widget) == wanted


def test_a_picture_is_saved_at_twice_the_size(lab: Any, tmp_path: Path) -> None:
    for view in ("Clusters", "Distances", "Projection"):
        lab.widget.get_by_role("tab", name=view).click()
        canvas = lab.widget.locator(".feder-stage canvas").first
        expect(canvas).to_be_visible()
        before = canvas.evaluate("one => [one.width, one.clientWidth]")
        path = saved(lab.page, lab.widget, "Save picture (PNG)", tmp_path)
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert picture.width == 2 * before[1]
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 20
        lab.page.wait_for_function(
            "([before]) => document.querySelector('.feder-stage canvas').width === before", arg=before
        )


def test_the_kernel_draws_the_view_as_svg(lab: Any, tmp_path: Path) -> None:
    for view in ("Clusters", "Distances", "Projection"):
        lab.widget.get_by_role("tab", name=view).click()
        path = saved(lab.page, lab.widget, "Save picture (SVG)", tmp_path)
        assert path.name == "row-5-nprobe-2.svg"
        root = ElementTree.parse(path).getroot()
        text = " ".join("".join(one.itertext()) for one in root.iter() if one.tag.endswith("}text"))
        assert "row 5, nprobe 2 of 16" in text
    lab.widget.get_by_role("button", name="Step back").click()
    menu_entry(lab.widget, "Save picture (SVG)")
    expect(lab.widget.get_by_text("An SVG shows a finished search")).to_be_visible()


def test_the_kernel_saves_the_page_and_the_page_saves_itself(
    lab: Any, tmp_path: Path, chromium: Browser
) -> None:
    path = saved(lab.page, lab.widget, "Save as a page (HTML)", tmp_path)
    results = lab.widget.get_attribute("data-results")
    for copy in ("first.html", "second.html"):
        context = chromium.new_context(offline=True, accept_downloads=True)
        page = context.new_page()
        page.goto(path.as_uri())
        widget = page.locator(".feder-widget")
        expect(widget).to_have_attribute("data-state", "done")
        expect(widget).to_have_attribute("data-results", results or "")
        widget.get_by_role("button", name="Share").click()
        # Nobody is there to draw.
        expect(widget.get_by_role("menuitem", name="Save picture (SVG)")).to_have_count(0)
        page.keyboard.press("Escape")
        path = saved(page, widget, "Save as a page (HTML)", tmp_path).rename(tmp_path / copy)
        rows = rows_in(saved(page, widget, "Download results (CSV)", tmp_path))
        assert ",".join(row["id"] for row in rows) == results
        context.close()


def test_it_works_by_keys_alone(lab: Any) -> None:
    widget = lab.widget
    widget.get_by_role("slider", name="nprobe", exact=True).focus()
    lab.page.keyboard.press("s")
    expect(widget.get_by_role("menuitem").first).to_be_focused()
    lab.page.keyboard.press("ArrowUp")
    expect(widget.get_by_role("menuitem").last).to_be_focused()
    lab.page.keyboard.press("Escape")
    expect(widget.get_by_role("menu")).to_have_count(0)
    expect(widget.get_by_role("button", name="Share")).to_be_focused()
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.press("m")
    expect(widget.get_by_text("Finding copied")).to_be_visible()
    lab.page.keyboard.press("s")
    widget.get_by_role("heading").first.click()
    expect(widget.get_by_role("menu")).to_have_count(0)
