"""Notebooks as files: run without a page, saved with the state of widgets, converted, opened offline."""

from __future__ import annotations

import base64
import copy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter
from playwright.sync_api import Browser, expect

CELLS = [
    """
import faiss
import numpy as np
import feder_widget as fw

X = np.random.default_rng(0).random((1000, 16), np.float32)
index = faiss.index_factory(16, "IVF16,Flat")
index.train(X)
index.add(X)
w = fw.FederWidget(index, nprobe=2, k=6)
w.search(7)
""",
    "w",
    "print(w.finding())",
]


@pytest.fixture(scope="module")
def notebook() -> Any:
    """A notebook that was run without any page, with the state of its widgets."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    NotebookClient(made, timeout=600, store_widget_state=True).execute()
    return made


def output_of(notebook: Any) -> Any:
    (output,) = notebook.cells[1].outputs
    return output["data"]


def test_it_is_valid_with_the_state_of_its_widgets(notebook: Any) -> None:
    nbformat.validate(notebook)
    states = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    shown = output_of(notebook)["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert states[shown]["state"]["query_id"] == "7"


def test_its_output_holds_a_picture_and_text(notebook: Any) -> None:
    data = output_of(notebook)
    assert len(base64.b64decode(data["image/png"])) <= 120_000
    missed = [line for line in notebook.cells[2].outputs[0]["text"].splitlines() if line.startswith("| ")][1:]
    said = data["text/plain"]
    assert "Query: row 7, nprobe 2 of 16, k 6" in said
    assert f"{6 - len(missed)} of 6" in said


def test_converted_to_markdown_it_shows_the_picture(notebook: Any) -> None:
    body, resources = MarkdownExporter().from_notebook_node(notebook)
    (name,) = [name for name in resources["outputs"] if name.endswith(".png")]
    assert f"({name})" in body
    assert resources["outputs"][name] == base64.b64decode(output_of(notebook)["image/png"])


def test_converted_to_html_it_shows_the_picture_without_a_kernel_and_a_network(
    notebook: Any, tmp_path: Path, chromium: Browser
) -> None:
    # With the state of widgets, nbconvert takes the view, whose manager comes from a CDN.
    stateless = copy.deepcopy(notebook)
    del stateless.metadata["widgets"]
    body, _ = HTMLExporter().from_notebook_node(stateless)
    path = tmp_path / "notebook.html"
    path.write_text(body, encoding="utf-8")
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    picture = page.locator("img[src^='data:image/png']").first
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.naturalWidth") > 400
    context.close()
