"""From a folder of pictures to the map, and a picture dropped on it, in a real page and a real kernel."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from scripts.lab import LabPage

from .conftest import OpenNotebook

# Two photographs that ship with scikit-learn, cut into files.
CELLS = """
import tempfile
from pathlib import Path
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images
import feder_widget as fw

folder = Path(tempfile.mkdtemp())
for name, photograph in zip(("temple", "flower"), load_sample_images().images):
    for y in range(0, 400, 50):
        for x in range(0, 600, 50):
            Image.fromarray(photograph[y : y + 48, x : x + 48]).save(folder / f"{name}-{y}-{x}.png")
w = fw.explore(str(folder / "*.png"), nprobe=2, k=6, cache=False)
files = sorted(path.name for path in folder.iterdir())

def shown(row):
    return w.image_source(row).name
"""

GIVE = """async ([kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, base64] of files) {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  const root = document.querySelector('.feder-widget');
  const event = { bubbles: true, cancelable: true };
  if (kind === 'paste') {
    root.dispatchEvent(new ClipboardEvent('paste', { ...event, clipboardData: data }));
    return;
  }
  for (const each of ['dragenter', 'dragover', 'drop'])
    root.dispatchEvent(new DragEvent(each, { ...event, dataTransfer: data }));
}"""


@pytest.fixture
def lab(open_notebook: OpenNotebook) -> LabPage:
    lab = open_notebook([CELLS, "w"])
    lab.wait_attribute("data-map", "final")
    return lab


def file(lab: LabPage, row: int) -> list[str]:
    """Return the name, the type and the bytes of the picture of a row."""
    name, content = lab.kernel_json(
        f"[shown({row}), __import__('base64').b64encode((folder / shown({row})).read_bytes()).decode()]"
    )
    return [name, "image/png", content]


def give(lab: LabPage, kind: str, *files: list[str]) -> None:
    lab.page.evaluate(GIVE, [kind, list(files)])


def results(lab: LabPage) -> list[int]:
    said = lab.widget.get_attribute("data-results") or ""
    return [int(row) for row in said.split(",") if row]


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_is_searched_for_and_recognised(lab: LabPage, kind: str) -> None:
    row = 70
    name, *_ = picture = file(lab, row)
    give(lab, kind, picture)
    expect(lab.widget.get_by_role("img", name=f"Query, {name}")).to_be_visible()
    lab.wait_state("done")
    expect(lab.widget.get_by_text(f"Row {row} is this picture.")).to_be_visible()
    traced = lab.kernel_json("[int(row) for row in w.index.trace(w.history[-1].vector, 2, 6).ids]")
    assert results(lab) == traced
    assert results(lab)[0] == row


def test_one_that_no_row_has_finds_its_neighbours_and_back_leads_to_it_again(lab: LabPage) -> None:
    lab.kernel("other = Image.fromarray(load_sample_images().images[0][25:73, 310:358])")
    lab.kernel("other.save(folder.parent / 'other.png')")
    content = lab.kernel_json(
        "__import__('base64').b64encode((folder.parent / 'other.png').read_bytes()).decode()"
    )
    give(lab, "drop", ["found on the way.png", "image/png", content])
    query = lab.widget.get_by_role("img", name="Query, found on the way.png")
    expect(query).to_be_visible()
    lab.wait_state("done")
    expect(lab.widget.get_by_text("is this picture")).to_have_count(0)
    before = results(lab)
    lab.widget.get_by_role("button", name="Random query").click()
    expect(query).to_have_count(0)
    lab.wait_state("done")
    lab.widget.get_by_role("button", name=re.compile("^Back")).click()
    expect(query).to_be_visible()
    lab.wait_state("done")
    assert results(lab) == before


def test_what_is_no_picture_is_told_and_the_answer_stays(lab: LabPage) -> None:
    lab.kernel("w.search(7)")
    lab.wait_attribute("data-query", "7")
    lab.wait_state("done")
    before = results(lab)
    give(lab, "drop", ["paper.pdf", "application/pdf", "JVBERi0="])
    expect(lab.widget.get_by_role("alert")).to_contain_text("paper.pdf is no picture of pixels")
    give(lab, "drop", ["torn.png", "image/png", "iVBORw0K"])
    expect(lab.widget.get_by_role("alert")).to_contain_text("query:")
    assert (lab.widget.get_attribute("data-query"), results(lab)) == ("7", before)


def test_a_cell_asks_with_a_file(lab: LabPage) -> None:
    said = lab.kernel_json("w.search(folder / files[3])")
    name = lab.kernel_json("files[3]")
    expect(lab.widget.get_by_role("img", name=f"Query, {name}")).to_be_visible()
    row = int(re.search(r"\d+", said)[0])
    assert lab.kernel_json(f"shown({row})") == name
