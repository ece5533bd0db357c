"""A saved page in Chromium, from a file and without a network: it shows what the index answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from playwright.sync_api import Page, expect

import feder_widget as fw

from .conftest import OpenFile

RNG = np.random.default_rng(11)
X = RNG.random((1500, 12), np.float32)
K = 6
NLIST = 12


def made(description: str, metric: int = faiss.METRIC_L2, *, is_given: bool = False, **options: Any) -> Any:
    index = faiss.index_factory(12, description, metric)
    index.train(X)
    index.add(X)
    opened = fw.open_index(index, vectors=X) if is_given else fw.open_index(index)
    return fw.FederWidget(opened, nprobe=2, k=K, **options)


def root_of(page: Page) -> Any:
    return page.locator(".feder-widget")


def wait_done(page: Page) -> None:
    expect(root_of(page)).to_have_attribute("data-state", "done")
    expect(root_of(page)).to_have_attribute("data-map", "final")


def ids_in(page: Page, name: str) -> list[int]:
    text = root_of(page).get_attribute(name) or ""
    return [int(one) for one in text.split(",") if one]


def results_of(w: Any, row: int, nprobe: int) -> list[int]:
    """Return what Faiss finds, without the row itself."""
    faiss.extract_index_ivf(w.index.faiss_index).nprobe = nprobe
    ids = w.index.faiss_index.search(w.index.query_vector(row)[None], K + 1)[1][0]
    return [int(one) for one in ids if one not in (row, -1)][:K]


@pytest.mark.parametrize(
    ("description", "metric", "is_given"),
    [
        ("IVF12,Flat", faiss.METRIC_L2, False),
        ("IVF12,Flat", faiss.METRIC_INNER_PRODUCT, False),
        ("IVF12,SQ8", faiss.METRIC_L2, True),
        ("IVF12,PQ4x4,RFlat", faiss.METRIC_L2, True),
        ("IVF12,PQ4x4fs", faiss.METRIC_L2, False),
    ],
)
def test_every_nprobe_shows_what_faiss_finds(
    description: str, metric: int, is_given: bool, tmp_path: Path, open_file: OpenFile
) -> None:
    w = made(description, metric, is_given=is_given)
    rows = [3, 700]
    w.search(rows[1])
    page = open_file(w.save_html(tmp_path / "search.html", queries=rows[:1]))
    wait_done(page)
    for row in reversed(rows):
        if row != rows[1]:
            page.get_by_label("Saved queries").select_option(label=f"1 of 2: row {row}")
            expect(root_of(page)).to_have_attribute("data-query", str(row))
        explanation = w.index.explain(row, K)
        for nprobe in range(1, NLIST + 1):
            page.get_by_role("slider", name="nprobe", exact=True).fill(str(nprobe))
            wanted = ",".join(map(str, results_of(w, row, nprobe)))
            expect(root_of(page)).to_have_attribute("data-results", wanted)
            missed = ",".join(map(str, explanation.missed(nprobe)))
            expect(root_of(page)).to_have_attribute("data-missed-ids", missed)
            expect(root_of(page)).to_have_attribute("data-state", "done")


def test_every_k_shows_what_faiss_finds(tmp_path: Path, open_file: OpenFile) -> None:
    w = made("IVF12,Flat")
    w.search(9)
    page = open_file(w.save_html(tmp_path / "search.html"))
    wait_done(page)
    faiss.extract_index_ivf(w.index.faiss_index).nprobe = 2
    for k in (1, 2, 20, 100):
        page.get_by_role("slider", name="k", exact=True).fill(str(k))
        found = w.index.faiss_index.search(X[9:10], k + 1)[1][0]
        wanted = ",".join(str(one) for one in found if one != 9)
        expect(root_of(page)).to_have_attribute("data-results", wanted)


def test_all_views_player_cluster_and_keys_work_without_a_kernel(tmp_path: Path, open_file: OpenFile) -> None:
    w = made("IVF12,Flat", images=RNG.integers(0, 255, (1500, 16, 16, 3), np.uint8))
    w.search(9)
    page = open_file(w.save_html(tmp_path / "search.html"), color_scheme="dark")
    wait_done(page)
    expect(root_of(page)).to_have_attribute("data-mode", "dark")
    for view in ("Distances", "Projection", "Clusters"):
        page.get_by_role("tab", name=view).click()
        expect(page.locator(".feder-stage canvas").first).to_be_visible()
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


def test_the_workload_opens_its_hardest_queries(tmp_path: Path, open_file: OpenFile) -> None:
    w = made("IVF12,Flat")
    w.search(9)
    workload = w.evaluate(100, progress=False)
    page = open_file(w.save_html(tmp_path / "search.html", hardest=3))
    wait_done(page)
    page.get_by_role("tab", name="Workload").click()
    queries = page.locator("ol[aria-label='Hardest queries'] li button")
    hardest = workload.ids[workload.hardest(3, nprobe=2)]
    expect(queries.first).to_be_enabled()
    expect(queries.nth(5)).to_be_disabled()
    queries.first.click()
    expect(root_of(page)).to_have_attribute("data-query", str(hardest[0]))
    wait_done(page)


def test_pages_of_an_explanation_and_of_a_workload(tmp_path: Path, open_file: OpenFile) -> None:
    w = made("IVF12,Flat")
    index = w.index
    workload = index.evaluate(100, K, progress=False)
    hardest = int(workload.ids[workload.hardest(1, nprobe=2)[0]])
    for answer, row in ((index.explain(9, K), 9), (workload, hardest)):
        page = open_file(answer.save_html(tmp_path / f"{row}.html", nprobe=2))
        wait_done(page)
        expect(root_of(page)).to_have_attribute("data-query", str(row))
        expect(root_of(page)).to_have_attribute("data-results", ",".join(map(str, results_of(w, row, 2))))
    page.get_by_role("tab", name="Workload").click()
    expect(page.locator("ol[aria-label='Hardest queries'] li button").first).to_be_enabled()


def test_a_query_that_was_not_saved_is_refused_and_the_answer_stays(
    tmp_path: Path, open_file: OpenFile
) -> None:
    w = made("IVF12,Flat")
    w.search(9)
    page = open_file(w.save_html(tmp_path / "search.html"))
    wait_done(page)
    shown = root_of(page).get_attribute("data-results")
    page.locator("ol[aria-label='True neighbours'] button").first.click()
    page.get_by_role("button", name="Use as query").click()
    expect(page.get_by_text("answers the queries that were saved")).to_be_visible()
    assert root_of(page).get_attribute("data-results") == shown


def test_a_page_that_is_cut_off_says_so(tmp_path: Path, open_file: OpenFile) -> None:
    w = made("IVF12,Flat")
    w.search(9)
    path = w.save_html(tmp_path / "search.html")
    text = path.read_text(encoding="utf-8")
    start = text.index('id="feder-recording"')
    # Cut in the recording: the script never comes, and the answer in words is there.
    path.write_text(text[: start + 5000], encoding="utf-8")
    page = open_file(path)
    expect(page.get_by_role("heading")).to_be_visible()
    expect(page.locator("#feder-static table")).to_be_visible()
    # Cut and put together wrongly, as an editor or a mail filter may do.
    path.write_text(text[: start + 5000] + text[start + 9000 :], encoding="utf-8")
    page = open_file(path)
    expect(page.get_by_role("alert")).to_contain_text("it is cut off")
    expect(page.locator("#feder-static table")).to_be_visible()


def test_two_of_them_in_one_document(tmp_path: Path, open_file: OpenFile) -> None:
    frames = []
    for row in (9, 10):
        w = made("IVF12,Flat")
        w.search(row)
        frames.append(w.to_html(title=f"Row {row}"))
    path = tmp_path / "both.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><h1>Report</h1>{frames[0]}{frames[1]}", encoding="utf-8"
    )
    page = open_file(path)
    for row in (9, 10):
        inside = page.frame_locator(f"iframe[title='Row {row}']").locator(".feder-widget")
        inside.scroll_into_view_if_needed()
        expect(inside).to_have_attribute("data-query", str(row))
        expect(inside).to_have_attribute("data-state", "done")
