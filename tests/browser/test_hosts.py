"""The widget in other hosts than JupyterLab: it draws, answers as Faiss does, and keeps keys to itself."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import faiss
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect

import feder_widget as fw
from scripts import voc_like
from scripts.lab import REPOSITORY, LabPage
from scripts.marimo import marimo
from scripts.voila import voila

from .conftest import OpenNotebook
from .test_widget import DIGITS, WIDGET, result_ids, searched, slider

KEYS = ("x", "a", "b", "d", "d", "m", "Enter")


def press_keys_of_hosts(view: Locator) -> None:
    for control in (slider(view, "nprobe"), view.get_by_role("application")):
        for key in KEYS:
            control.press(key)


def cells_of(lab: LabPage) -> object:
    """Return the kind of each cell."""
    return lab.page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => model.type)"
    )


def test_notebook_7(open_notebook: OpenNotebook, expected_console_errors: list[str]) -> None:
    # Its own: it reads the settings of JupyterLab's shell and asks its file browser, and has neither.
    expected_console_errors += ["reading 'schema'", "Command 'filebrowser:open-path' not registered"]
    lab = open_notebook([DIGITS, WIDGET], at="notebooks")
    assert lab.page.evaluate("window.jupyterapp.name") == "Jupyter Notebook"
    lab.wait_attribute("data-map", "final")
    view = searched(lab, 42)
    assert result_ids(view) == lab.kernel_json("faiss_ids(42, 4, 9)")
    slider(view, "nprobe").press("ArrowRight")
    lab.wait_attribute("data-nprobe", "5")
    lab.wait_painted()
    assert result_ids(view) == lab.kernel_json("faiss_ids(42, 5, 9)")
    lab.wait_kernel("w.nprobe", 5)
    press_keys_of_hosts(view)
    assert cells_of(lab) == ["code", "code"]
    # One of these keys is the widget's own, and looks for a query that misses something: it comes later.
    expect(view).not_to_have_attribute("data-query", "42")
    lab.wait_state("done")
    assert result_ids(searched(lab, 43)) == lab.kernel_json("faiss_ids(43, w.nprobe, 9)")


MARIMO = [
    f"""
import marimo as mo
{DIGITS.strip()}
shown = mo.ui.anywidget(fw.FederWidget(fw.open_index(index), images=images, labels=labels, nprobe=4, k=9))
return X, faiss_ids, mo, shown
""",
    "shown",
    """
mo.plain_text(f"nprobe {shown.nprobe} finds " + " ".join(faiss_ids(42, shown.nprobe, 9)) + ".")
""",
]


def faiss_ids_said(page_text: str, nprobe: int) -> list[str]:
    said = re.search(rf"nprobe {nprobe} finds ([\d ]+)\.", page_text)
    assert said is not None
    return said[1].split()


def test_marimo(chromium: Browser) -> None:
    with marimo(MARIMO) as url:
        context = chromium.new_context(viewport={"width": 1400, "height": 1000})
        try:
            page = context.new_page()
            errors: list[str] = []
            asked: list[str] = []
            page.on("pageerror", lambda error: errors.append(f"{error.name}: {error.message}"))
            page.on("request", lambda request: asked.append(request.url))
            page.goto(url)
            view = page.locator(".feder-widget")
            expect(view).to_have_attribute("data-map", "final")
            view.get_by_role("textbox", name="Search by id").fill("42")
            view.get_by_role("textbox", name="Search by id").press("Enter")
            expect(view).to_have_attribute("data-query", "42")
            expect(view).to_have_attribute("data-state", "done")
            for nprobe in (4, 5):
                expect(view).to_have_attribute("data-nprobe", str(nprobe))
                said = page.get_by_text(f"nprobe {nprobe} finds")
                expect(said).to_be_visible()
                assert result_ids(view) == faiss_ids_said(said.inner_text(), nprobe)
                slider(view, "nprobe").press("ArrowRight")
            cells = page.locator(".marimo-cell")
            before = cells.count()
            press_keys_of_hosts(view)
            expect(cells).to_have_count(before)
            assert before == len(MARIMO)
            assert errors == []
            assert [address for address in asked if not address.startswith((url, "data:", "blob:"))] == []
        finally:
            context.close()


def test_voila_shows_the_search_by_picture_without_a_notebook(chromium: Browser, tmp_path: Path) -> None:
    notebook = REPOSITORY / "notebooks" / "reverse_image_search.ipynb"
    with voila(notebook, {"VOC2012": str(voc_like.make(tmp_path))}) as url:
        context = chromium.new_context(viewport={"width": 1400, "height": 1000})
        try:
            page = context.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(f"{error.name}: {error.message}"))
            # The whole notebook runs before the page comes.
            page.goto(url, timeout=300_000)
            view = page.locator(".feder-widget")
            expect(view).to_have_attribute("data-map", "final")
            expect(view).to_have_attribute("data-state", "done")
            chosen = tmp_path / "JPEGImages" / "2007_000042.jpg"
            view.locator("input[type=file]").set_input_files(chosen)
            expect(view.get_by_role("img", name=f"Query, {chosen.name}")).to_be_visible()
            expect(view.get_by_text("Row 42 is this picture.")).to_be_visible()
            assert result_ids(view)[0] == "42"
            nprobe = int(view.get_attribute("data-nprobe") or 0)
            slider(view, "nprobe").press("ArrowRight")
            expect(view).to_have_attribute("data-nprobe", str(nprobe + 1))
            assert errors == []
        finally:
            context.close()


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and its address."""
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_frame_as_vs_code_has_it_takes_the_theme_from_around_it(
    served: tuple[Path, str], chromium: Browser
) -> None:
    folder, address = served
    rng = np.random.default_rng(0)
    rows = rng.random((500, 8), np.float32)
    index = faiss.index_factory(8, "IVF8,Flat")
    index.train(rows)
    index.add(rows)
    w = fw.FederWidget(index, nprobe=2, k=4)
    w.search(3)
    w.save_html(folder / "output.html")
    (folder / "window.html").write_text(
        '<!doctype html><body data-vscode-theme-kind="vscode-dark" style="height:3000px">'
        '<iframe src="output.html" style="width:900px;height:700px"></iframe></body>',
        encoding="utf-8",
    )
    context = chromium.new_context(viewport={"width": 1000, "height": 800}, color_scheme="light")
    page = context.new_page()
    page.goto(f"{address}/window.html")
    view = page.frame_locator("iframe").locator(".feder-widget")
    expect(view).to_have_attribute("data-state", "done")
    for kind, mode in (("dark", "dark"), ("light", "light"), ("high-contrast", "dark")):
        page.evaluate("kind => { document.body.dataset.vscodeThemeKind = `vscode-${kind}`; }", kind)
        expect(view).to_have_attribute("data-mode", mode)
    # The wheel zooms the map, and leaves the window around it where it is.
    page.evaluate("scrollTo(0, 60)")
    view.get_by_role("application").hover()
    page.mouse.wheel(0, -300)
    expect(view.get_by_role("button", name="Zoom out")).to_be_enabled()
    assert page.evaluate("scrollY") == 60
    context.close()
