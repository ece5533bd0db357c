"""The saved page of a graph in Chromium, from a file and without a network: it shows what the index finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import graphs
import hnswlib_stand_in
import numpy as np
import pytest
from playwright.sync_api import Page, expect

import feder_widget as fw

from .conftest import OpenFile
from .test_saved_page import ids_in, root_of

K = 6
ROWS = 900
X = graphs.vectors(ROWS)
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    faiss.omp_set_num_threads(1)


def made(index: Any = None, **options: Any) -> Any:
    index = graphs.build("HNSW6,Flat", data=X, construction=10) if index is None else index
    return fw.FederWidget(index, **{"ef_search": 4, "k": K, **options})


def wait_done(page: Page) -> None:
    expect(root_of(page)).to_have_attribute("data-state", "done")


def joined(ids: Any) -> str:
    return ",".join(str(one) for one in ids)


def shown_by(w: Any, row: Any, ef_search: int, k: int = K) -> list[int]:
    """Return what the engine finds, without the row itself."""
    own = isinstance(row, int)
    ids = w.index.trace(row, k + own, ef_search).ids
    return [int(one) for one in ids if one not in (row if own else None, -1)][:k]


def set_ef(page: Page, ef_search: int) -> None:
    field = page.get_by_role("textbox", name="efSearch").or_(page.get_by_role("spinbutton", name="efSearch"))
    field.first.fill(str(ef_search))
    field.first.press("Enter")
    expect(root_of(page)).to_have_attribute("data-ef", str(ef_search))


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
def test_every_ef_search_shows_what_faiss_finds(metric: int, tmp_path: Path, open_file: OpenFile) -> None:
    w = made(graphs.build("HNSW6,Flat", metric, X, construction=10))
    rows = [3, 700]
    w.search(rows[1])
    page = open_file(w.save_html(tmp_path / "search.html", queries=rows[:1]))
    wait_done(page)
    missed = 0
    for row in reversed(rows):
        if row != rows[1]:
            page.get_by_label("Saved queries").select_option(label=f"1 of 2: row {row}")
            expect(root_of(page)).to_have_attribute("data-query", str(row))
        explanation = w.index.explain(row, K)
        for ef_search in (1, 2, 3, 4, 7, 12, 30, 63, 200, 512):
            set_ef(page, ef_search)
            expect(root_of(page)).to_have_attribute("data-results", joined(shown_by(w, row, ef_search)))
            lacking = explanation.missed(ef_search)
            expect(root_of(page)).to_have_attribute("data-missed-ids", joined(lacking))
            expect(root_of(page)).to_have_attribute("data-state", "done")
            missed += len(lacking)
    assert missed > 0
    # It was recorded no farther.
    expect(page.get_by_text("Shows efSearch up to 512 and k up to 30.")).to_be_visible()


def test_every_k_shows_what_faiss_finds_and_misses(tmp_path: Path, open_file: OpenFile) -> None:
    w = made()
    w.search(9)
    page = open_file(w.save_html(tmp_path / "search.html"))
    wait_done(page)
    for k in (1, 2, 5, 30, 17):
        page.get_by_role("slider", name="k", exact=True).fill(str(k))
        expect(root_of(page)).to_have_attribute("data-results", joined(shown_by(w, 9, 4, k)))
        lacking = w.index.explain(9, k).missed(4)
        expect(root_of(page)).to_have_attribute("data-missed-ids", joined(lacking))
    page.get_by_role("checkbox", name="Count the query itself").check()
    expect(root_of(page)).to_have_attribute(
        "data-results", joined(one for one in w.index.trace(9, 17, 4).ids if one >= 0)
    )
    lacking = w.index.explain(9, 17, include_self=True).missed(4)
    expect(root_of(page)).to_have_attribute("data-missed-ids", joined(lacking))
    expect(page.get_by_role("alert")).to_have_count(0)


def test_all_views_player_table_and_card_work_without_a_kernel(tmp_path: Path, open_file: OpenFile) -> None:
    images = np.random.default_rng(0).integers(0, 255, (ROWS, 16, 16, 3), np.uint8)
    w = made(images=images, labels=[HOSTILE] * ROWS)
    w.search(9)
    page = open_file(w.save_html(tmp_path / "search.html", title=HOSTILE), color_scheme="dark")
    wait_done(page)
    expect(root_of(page)).to_have_attribute("data-mode", "dark")
    for view in ("Map", "Layers", "Distances", "Projection", "Walk"):
        page.get_by_role("tab", name=view).click()
        expect(page.locator(".feder-stage canvas").first).to_be_visible()
        page.wait_for_load_state()
    page.get_by_role("button", name="Step back").click()
    expect(page.get_by_role("slider", name="Step")).to_be_visible()
    page.get_by_role("button", name="View as table").click()
    expect(page.locator(".feder-stage table")).to_be_visible()
    page.get_by_role("button", name="View as table").click()
    page.locator("ol[aria-label='True neighbours'] button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("ol[aria-label='True neighbours'] img.feder-picture").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Explain")).to_have_count(0)
    # Labels and titles are text.
    assert page.locator("img[src='x']").count() == 0
    assert page.title() == HOSTILE


def test_share_copies_the_finding_and_saves_the_page_once_more(tmp_path: Path, open_file: OpenFile) -> None:
    w = made()
    w.search(9)
    path = w.save_html(tmp_path / "search.html")
    page = open_file(path)
    wait_done(page)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("menuitem", name="Copy finding (Markdown)")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Save walk (PNG)")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Save as a page (HTML)").click()
    again = tmp_path / "again.html"
    download.value.save_as(again)
    second = open_file(again)
    wait_done(second)
    assert ids_in(second, "data-results") == ids_in(page, "data-results")


def test_the_workload_opens_its_hardest_queries(tmp_path: Path, open_file: OpenFile) -> None:
    w = made()
    w.search(9)
    workload = w.evaluate(100, progress=False)
    page = open_file(w.save_html(tmp_path / "search.html", hardest=3))
    wait_done(page)
    page.get_by_role("tab", name="Workload").click()
    queries = page.locator("ol[aria-label='Hardest queries'] li button")
    hardest = workload.ids[workload.hardest(3, ef_search=4)]
    expect(queries.first).to_be_enabled()
    expect(queries.nth(5)).to_be_disabled()
    queries.first.click()
    expect(root_of(page)).to_have_attribute("data-query", str(hardest[0]))
    wait_done(page)


@pytest.mark.parametrize("kind", ["whole numbers", "bits", "re-ranked", "hnswlib"])
def test_where_one_walk_does_not_tell_what_was_saved_is_what_the_engine_finds(
    kind: str,
    tmp_path: Path,
    open_file: OpenFile,
) -> None:
    query: Any = 7
    if kind == "whole numbers":
        w = made(graphs.build("HNSW6,Flat", data=graphs.whole_numbers(ROWS)), ef_search=8)
    elif kind == "bits":
        w, query = made(graphs.build_binary(), ef_search=8), graphs.binary_codes(1, seed=3)[0]
    elif kind == "re-ranked":
        w = made(graphs.reranked("HNSW8_SQ4,RFlat", k_factor=2.0, data=X), ef_search=8)
    else:
        w = made(hnswlib_stand_in.recorded("l2"), ef_search=8, k=5)
        query = hnswlib_stand_in.data_of("l2")[3][0]
    w.search(query)
    page = open_file(w.save_html(tmp_path / "search.html"))
    wait_done(page)
    k = w.k
    if kind == "hnswlib":
        found = [one.id for one in w.report().results]
        expect(root_of(page)).to_have_attribute("data-results", joined(found))
        return
    for ef_search in (8, 1, 2, 16, 64, 8) if kind != "re-ranked" else (8, 1, 3, 5, 21, 64, 200):
        set_ef(page, ef_search)
        expect(root_of(page)).to_have_attribute("data-results", joined(shown_by(w, query, ef_search, k)))
        expect(root_of(page)).to_have_attribute("data-state", "done")
    if kind == "re-ranked":
        return
    set_ef(page, 37)
    said = page.get_by_text("Distances tie in this search")
    expect(said.or_(page.get_by_text("at the efSearch, that were")).first).to_be_visible()


def test_a_query_that_was_not_saved_is_refused_and_the_answer_stays(
    tmp_path: Path, open_file: OpenFile
) -> None:
    w = made()
    w.search(9)
    page = open_file(w.save_html(tmp_path / "search.html"))
    wait_done(page)
    shown = root_of(page).get_attribute("data-results")
    page.locator("ol[aria-label='True neighbours'] button").first.click()
    page.get_by_role("button", name="Use as query").click()
    expect(page.get_by_text("answers the queries that were saved")).to_be_visible()
    assert root_of(page).get_attribute("data-results") == shown


def test_a_page_that_is_cut_off_says_so(tmp_path: Path, open_file: OpenFile) -> None:
    w = made()
    w.search(9)
    path = w.save_html(tmp_path / "search.html")
    text = path.read_text(encoding="utf-8")
    start = text.index('id="feder-recording"')
    path.write_text(text[: start + 5000] + text[start + 9000 :], encoding="utf-8")
    page = open_file(path)
    expect(page.get_by_role("alert")).to_contain_text("it is cut off")
    expect(page.locator("#feder-static table")).to_be_visible()
