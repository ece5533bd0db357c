"""What people come for, and how many clicks each takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect

from scripts.lab import LabPage

from .conftest import OpenNotebook
from .test_recall import missed_items, open_workload

# Five groups of rows with a label each, and neighbours across the borders of clusters.
CELLS = """
import faiss, numpy as np
import feder_widget as fw

rng = np.random.default_rng(3)
middles = 2 * rng.normal(size=(5, 16))
kinds = rng.integers(0, 5, 3000)
X = (middles[kinds] + rng.normal(size=(3000, 16))).astype("float32")
names = ["deer", "ship", "frog", "truck", "horse"]
index = faiss.index_factory(16, "IVF40,Flat")
index.train(X)
index.add(X)
opened = fw.open_index(index)
hardest = int(np.argmin(opened.evaluate(np.arange(200), 10, progress=False).recall_of(2)))
w = fw.FederWidget(opened, labels=[names[kind] for kind in kinds], nprobe=2, k=10)
w.search(hardest)
"""

COUNT = """() => {
  window.clicks = 0;
  if (window.counted) return;
  window.counted = true;
  document.addEventListener('click', event => { if (event.isTrusted) window.clicks += 1; }, true);
}"""


@pytest.fixture
def lab(open_notebook: OpenNotebook) -> LabPage:
    lab = open_notebook([CELLS, "w"])
    lab.wait_state("done")
    return lab


@contextmanager
def clicks(lab: LabPage, most: int) -> Iterator[None]:
    """Count the clicks of a task."""
    lab.page.evaluate(COUNT)
    yield
    counted = lab.page.evaluate("window.clicks")
    assert 0 < counted <= most


def press(widget: Locator, name: str | re.Pattern[str]) -> None:
    widget.get_by_role("button", name=name).first.click()


def test_why_a_neighbour_is_missed_takes_one_click(lab: LabPage) -> None:
    with clicks(lab, 1):
        missed_items(lab.widget)[0].click()
        card = lab.widget.get_by_role("dialog")
        expect(card).to_contain_text(re.compile(r"Missed by the index: .* nprobe = \d+ finds it\."))
    rank = int(missed_items(lab.widget)[0].get_attribute("data-rank") or 0)
    expect(card).to_contain_text(f"nprobe = {rank} finds it")


def test_finding_all_neighbours_of_a_query_takes_one(lab: LabPage) -> None:
    with clicks(lab, 1):
        press(lab.widget, re.compile(r"nprobe = \d+ finds all"))
        expect(lab.widget.get_by_text("All 10 true neighbours came back")).to_be_visible()
    assert lab.widget.get_attribute("data-nprobe") == str(
        lab.kernel_json("int(opened.explain(hardest, 10).nprobe_needed)")
    )


def test_the_nprobe_for_most_queries_takes_two_or_three(lab: LabPage) -> None:
    with clicks(lab, 3):
        open_workload(lab.widget)
        press(lab.widget, "Evaluate queries")
        needed = lab.widget.get_by_role("button", name=re.compile(r"^Use nprobe"))
        needed.click()
    nprobe = lab.widget.get_attribute("data-nprobe")
    assert f"needs nprobe {nprobe}" in lab.widget.inner_text()
    seed = re.search(r"seed (\d+)", lab.widget.inner_text())
    assert seed is not None
    count = int(re.search(r"([\d,]+) queries, drawn", lab.widget.inner_text())[1].replace(",", ""))
    evaluated = f"opened.evaluate({count}, 10, seed={seed[1]}, progress=False)"
    assert nprobe == str(lab.kernel_json(f"{evaluated}.nprobe_for(share=0.99, recall=0.95)"))


def test_the_worst_query_and_why_takes_two(lab: LabPage) -> None:
    open_workload(lab.widget)
    press(lab.widget, "Evaluate queries")
    worst = lab.widget.get_by_role("list", name="Hardest queries").get_by_role("button").first
    expect(worst).to_be_visible()
    words = re.search(r"(\d+) of 10 now", worst.inner_text())
    assert words is not None
    before = lab.widget.get_attribute("data-query")
    with clicks(lab, 2):
        worst.click()
        # The answer before may say the same of as many.
        expect(lab.widget).not_to_have_attribute("data-query", before or "")
        expect(lab.widget).not_to_have_attribute("data-missed", "")
        expect(lab.widget.get_by_text(f"{words[1]} of 10 true neighbours came back")).to_be_visible()
        missed_items(lab.widget)[0].click()
        expect(lab.widget.get_by_role("dialog")).to_contain_text("Missed by the index")


def test_the_query_before_takes_one(lab: LabPage) -> None:
    before = lab.widget.get_attribute("data-query")
    press(lab.widget, "Random query")
    expect(lab.widget).not_to_have_attribute("data-query", before or "")
    with clicks(lab, 1):
        press(lab.widget, re.compile("^Back"))
        expect(lab.widget).to_have_attribute("data-query", before or "")


def test_where_a_label_lives_takes_two(lab: LabPage) -> None:
    with clicks(lab, 2):
        lab.widget.get_by_role("radio", name="label").click()
        frog = lab.widget.get_by_role("button", name=re.compile("^frog"))
        frog.first.click()
        expect(frog.first).to_have_attribute("aria-pressed", "true")


def test_a_query_that_misses_something_takes_one(lab: LabPage) -> None:
    with clicks(lab, 1):
        press(lab.widget, re.compile("^Find a miss"))
        expect(lab.widget.get_by_text(re.compile(r"[0-9] of 10 true neighbours came back"))).to_be_visible()
        expect(lab.widget).not_to_have_attribute("data-query", str(lab.kernel_json("hardest")))


def test_asking_with_a_result_takes_two(lab: LabPage) -> None:
    with clicks(lab, 2):
        item = lab.widget.get_by_role("list", name="True neighbours").locator("[data-state=found]").first
        row = item.get_attribute("data-id")
        item.click()
        press(lab.widget, "Use as query")
        expect(lab.widget).to_have_attribute("data-query", row or "")


def test_why_a_row_did_not_come_takes_its_id_and_one_click(lab: LabPage) -> None:
    row = lab.kernel_json("int(opened.explain(hardest, 300).ids[-1])")
    with clicks(lab, 2):
        lab.widget.get_by_label("Row that did not come back").fill(str(row))
        press(lab.widget, "Explain")
        expect(lab.widget.get_by_role("dialog")).to_contain_text("300th nearest of all")


def test_watching_the_search_takes_one(lab: LabPage) -> None:
    with clicks(lab, 1):
        press(lab.widget, re.compile("^Play"))
        expect(lab.widget.get_by_text(re.compile("Fine search: cluster"))).to_be_visible()
