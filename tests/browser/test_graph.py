"""A graph in JupyterLab: what the screen says is what Faiss did, at every efSearch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from scripts.lab import LabPage

from .conftest import OpenNotebook

CELLS = """
import faiss, numpy as np
import feder_widget as fw

faiss.omp_set_num_threads(1)
rng = np.random.default_rng(1)
middles = rng.normal(size=(40, 10))
X = (middles[rng.integers(0, 40, 4000)] + 0.6 * rng.normal(size=(4000, 10))) @ rng.normal(size=(10, 24))
X = np.tanh(X / 4).astype("float32")
index = faiss.IndexHNSWFlat(24, 4)
index.hnsw.efConstruction = 12
index.add(X)
opened = fw.open_index(index)
workload = opened.evaluate(np.arange(300), 8, ef_max=64, progress=False)
hard = int(workload.hardest(1)[0])
# Its walk need not be made longer for its true neighbours.
easy = int(np.flatnonzero(workload.ef_needed <= 8)[0])
pictures = (rng.random((4000, 12, 12, 3)) * 255).astype("uint8")
w = fw.FederWidget(opened, images=pictures, labels=[f"<b>{i}" for i in range(4000)], k=8, ef_search=4)
w.search(hard)

def faiss_says(query, k, ef):
    index.hnsw.efSearch = ef
    found = index.search(X[query:query + 1], k + 1)[1][0]
    index.hnsw.efSearch = 16
    return ",".join(str(row) for row in found[found != query][:k])

def truly(query, k):
    distances = ((X.astype("float64") - X[query]) ** 2).sum(1)
    distances[query] = np.inf
    return [int(row) for row in np.argsort(distances)[:k]]
"""


@pytest.fixture
def lab(open_notebook: OpenNotebook) -> LabPage:
    lab = open_notebook([CELLS, "w"])
    lab.wait_state("done")
    # True neighbours follow the walk.
    expect(lab.widget.get_by_role("list", name="True neighbours")).to_be_visible()
    return lab


def test_every_ef_search_shows_the_results_and_misses_of_faiss(lab: LabPage) -> None:
    widget = lab.widget
    query = lab.kernel_json("hard")
    truth = lab.kernel_json("truly(hard, 8)")
    number = widget.get_by_role("spinbutton", name="efSearch as a number")
    for ef in (1, 2, 3, 5, 8, 13, 30, 64, 120):
        number.fill(str(ef))
        number.press("Enter")
        expect(widget).to_have_attribute("data-ef", str(ef))
        wanted = lab.kernel_json(f"faiss_says({query}, 8, {ef})")
        expect(widget).to_have_attribute("data-results", wanted)
        missed = [row for row in truth if str(row) not in wanted.split(",")]
        expect(widget).to_have_attribute("data-missed-ids", ",".join(map(str, missed)))
        expect(widget.get_by_role("list", name="Missed").get_by_role("listitem")).to_have_count(len(missed))
    lab.wait_kernel("w.ef_search", 120)


def test_one_click_finds_all_and_the_way_back_keeps_ef_search(lab: LabPage) -> None:
    widget = lab.widget
    before = widget.get_attribute("data-query")
    widget.get_by_role("button", name="finds all").click()
    expect(widget).to_have_attribute("data-missed-ids", "")
    needed = lab.kernel_json("opened.explain(hard, 8).ef_needed")
    expect(widget).to_have_attribute("data-ef", str(needed))
    widget.get_by_role("button", name="Random query").click()
    expect(widget).not_to_have_attribute("data-query", before or "")
    lab.wait_state("done")
    widget.get_by_role("slider", name="efSearch", exact=True).press("ArrowRight")
    expect(widget).to_have_attribute("data-ef", str(needed + 1))
    widget.get_by_role("button", name="Back to the query before").click()
    expect(widget).to_have_attribute("data-query", before or "")
    expect(widget).to_have_attribute("data-ef", str(needed))


def test_a_search_in_a_cell_and_from_the_page_reach_each_other(lab: LabPage) -> None:
    widget = lab.widget
    lab.kernel("w.search(17)")
    expect(widget).to_have_attribute("data-query", "17")
    widget.get_by_role("textbox", name="Search by id").fill("23")
    widget.get_by_role("textbox", name="Search by id").press("Enter")
    expect(widget).to_have_attribute("data-query", "23")
    expect(widget).to_have_attribute("data-state", "done")
    lab.wait_kernel("w.query_id", 23)
    widget.get_by_role("textbox", name="Search by id").fill("4000")
    widget.get_by_role("textbox", name="Search by id").press("Enter")
    expect(widget.get_by_role("alert")).to_contain_text("row id 4000 is not in the index of 4,000 vectors")
    expect(widget).to_have_attribute("data-query", "23")


def test_an_index_that_grows_is_noticed(lab: LabPage) -> None:
    widget = lab.widget
    lab.kernel("w.search(easy)")
    expect(widget).to_have_attribute("data-query", str(lab.kernel_json("easy")))
    expect(widget).not_to_have_attribute("data-missed", "")
    lab.kernel("index.add(X[easy:easy + 1] + 0.0005)")
    expect(widget.get_by_role("alert")).to_contain_text("The index has changed since this search.")
    widget.get_by_role("button", name="Search again").click()
    expect(widget).to_have_attribute("data-results", lab.kernel_json("faiss_says(easy, 8, 4)"))
    new = widget.get_by_role("list", name="True neighbours").locator("[data-id='4000']")
    expect(new).to_be_visible()


def test_the_player_goes_from_the_entry_point_to_the_end(lab: LabPage) -> None:
    widget = lab.widget
    steps = lab.kernel_json("len(list(opened.steps(hard, 8, 4)))")
    step = widget.get_by_role("slider", name="Step")
    expect(step).to_have_attribute("max", str(steps))
    step.press("Home")
    expect(widget.get_by_text("The search begins at the entry point")).to_be_visible()
    widget.get_by_role("button", name="Step forward").click()
    expect(widget.locator(".feder-step")).to_contain_text("Level")
    step.press("End")
    expect(widget).to_have_attribute("data-results", lab.kernel_json("faiss_says(hard, 8, 4)"))


def test_the_table_lists_the_visits_in_order(lab: LabPage) -> None:
    widget = lab.widget
    widget.get_by_role("tab", name="Walk").click()
    widget.get_by_role("button", name="View as table").click()
    rows = widget.get_by_role("group", name="Visited nodes as a table, scrollable").locator("tbody tr")
    visited = lab.kernel_json("opened.trace(hard, 8, 4).visited.tolist()")
    missed = len((widget.get_attribute("data-missed-ids") or "").split(","))
    shown = [row.get_attribute("data-id") for row in rows.all()]
    assert shown[missed:] == [str(row) for row in visited[:50]]


def test_labels_are_text_and_a_card_leads_to_another_query(lab: LabPage) -> None:
    widget = lab.widget
    tiles = widget.get_by_role("list", name="True neighbours").get_by_role("button")
    first = widget.get_by_role("list", name="True neighbours").get_by_role("listitem").first
    row = first.get_attribute("data-id")
    expect(first).to_contain_text(f"<b>{row}")
    tiles.first.click()
    card = widget.get_by_role("dialog")
    expect(card).to_contain_text(str(row))
    lab.wait_kernel("list(w.selection)", [int(row or 0)])
    card.get_by_role("button", name="Use as query").click()
    expect(widget).to_have_attribute("data-query", str(row))
    # What was selected in one search is not selected in the next.
    lab.wait_kernel("list(w.selection)", [])


def test_the_map_says_where_the_search_went(lab: LabPage) -> None:
    widget = lab.widget
    widget.get_by_role("tab", name="Map").click()
    picture = widget.get_by_role("application")
    visited = lab.kernel_json("len(opened.trace(hard, 9, 4).visited)")
    wanted = rf"{visited} of 4,000 nodes visited, in [1-9]\d* districts, [1-9]"
    expect(picture).to_have_accessible_name(re.compile(wanted))
    before = picture.get_attribute("aria-label") or ""
    number = widget.get_by_role("spinbutton", name="efSearch as a number")
    number.fill("64")
    number.press("Enter")
    expect(picture).not_to_have_attribute("aria-label", before)
    widget.get_by_role("button", name="View as table").click()
    rows = widget.get_by_role("group", name="Districts as a table, scrollable").locator("tbody tr")
    visited = lab.kernel_json("len(opened.trace(hard, 9, 64).visited)")
    counts = [int(cell.inner_text().replace(",", "")) for cell in rows.locator("td:nth-of-type(5)").all()]
    assert sum(counts) == visited


def test_distances_and_the_plane_hold_the_same_search(lab: LabPage) -> None:
    widget = lab.widget
    picture = widget.get_by_role("application")
    number = widget.get_by_role("spinbutton", name="efSearch as a number")
    for view, words in (("Distances", "around the query"), ("Projection", "in two dimensions, by t-SNE")):
        widget.get_by_role("tab", name=view).click()
        for ef in (4, 32):
            number.fill(str(ef))
            number.press("Enter")
            visited = lab.kernel_json(f"len(opened.trace(hard, 9, {ef}).visited)")
            expect(picture).to_have_accessible_name(re.compile(rf"^{visited} visited nodes? .*{words}"))
        # Missed neighbours come first, then the results by rank.
        missed, results = (widget.get_attribute(name) or "" for name in ("data-missed-ids", "data-results"))
        first = (missed or results).split(",")[0]
        picture.focus()
        picture.press("Home")
        expect(widget.locator(".feder-graph-map > .feder-sr")).to_contain_text(f"Row {first}, ")
    lab.page.keyboard.press("+")
    assert lab.console_errors == []
