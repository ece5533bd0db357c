"""What was missed and why, on the page, against Faiss in the same kernel."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from scripts.lab import LabPage

from .conftest import OpenNotebook
from .test_widget import ids_in, items, result_ids, searched, slider

# No clusters to speak of, so that neighbours are in many.
SPREAD = """
import faiss, numpy as np, threading
import feder_widget as fw

rng = np.random.default_rng(5)
X = rng.normal(size=(4000, 16)).astype("float32")
index = faiss.index_factory(16, "IVF50,Flat{metric}"{kind})
index.train(X)
index.add(X)

def found(query, nprobe, k):
    index.nprobe = nprobe
    return [row for row in index.search(X[query : query + 1], k + 1)[1][0].tolist() if row != query][:k]

def lost(query, nprobe, k):
    return [str(row) for row in found(query, 50, k) if row not in found(query, nprobe, k)]

def needed(query, k):
    return next(n for n in range(1, 51) if not lost(query, n, k))
"""
L2 = SPREAD.format(metric="", kind="")
INNER_PRODUCT = SPREAD.format(metric="", kind=", faiss.METRIC_INNER_PRODUCT")

WIDGET = """
w = fw.FederWidget(fw.open_index(index), nprobe=4, k=9)
asked = []
w.on_msg(lambda _widget, content, _buffers: asked.append(content["kind"]))
w
"""


def missed_items(view: Locator) -> list[Locator]:
    return items(view, "True neighbours").and_(view.locator("[data-state=missed]")).all()


def missed_ids(view: Locator) -> list[str]:
    """Return the true neighbours that the search on screen misses, nearest first."""
    return ids_in(view, "data-missed-ids")


def open_workload(view: Locator) -> None:
    view.get_by_role("tab", name="Workload").click()


def ids_of(items: Locator) -> list[str]:
    return [item.get_attribute("data-id") or "" for item in items.all()]


def kernel(lab: LabPage, expression: str) -> Any:
    return lab.kernel_json(expression)


@pytest.mark.parametrize("cells", [L2, INNER_PRODUCT], ids=["L2", "inner product"])
def test_the_missed_ones_are_what_faiss_misses_at_every_nprobe(
    open_notebook: OpenNotebook, cells: str
) -> None:
    lab = open_notebook([cells, WIDGET])
    view = searched(lab, 42)
    lab.kernel("asked.clear()")
    handle = slider(view, "nprobe")
    handle.press("Home")
    shown = {}
    for nprobe in range(1, 13):
        lab.wait_attribute("data-nprobe", str(nprobe))
        lab.wait_painted()
        shown[nprobe] = missed_ids(view)
        assert view.get_attribute("data-missed") == str(len(shown[nprobe]))
        assert [item.get_attribute("data-id") for item in missed_items(view)] == shown[nprobe]
        handle.press("ArrowRight")
    assert shown == {nprobe: kernel(lab, f"lost(42, {nprobe}, 9)") for nprobe in shown}
    assert kernel(lab, "[kind for kind in asked if kind not in ('thumbnails', 'members')]") == []


def test_one_button_finds_all(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, WIDGET])
    view = searched(lab, 42)
    needed = kernel(lab, "needed(42, 9)")
    ranks = [int(item.get_attribute("data-rank") or 0) for item in missed_items(view)]
    assert max(ranks) == needed
    expect(view).to_contain_text("true neighbours came back")
    view.get_by_role("button", name=f"nprobe = {needed} finds all").click()
    lab.wait_attribute("data-nprobe", str(needed))
    lab.wait_painted()
    assert missed_ids(view) == []
    assert result_ids(view) == [str(row) for row in kernel(lab, "found(42, 50, 9)")]
    expect(view).to_contain_text("All 9 true neighbours came back")
    lab.wait_kernel("w.nprobe", needed)


def test_dragging_while_the_kernel_is_busy_shows_what_faiss_finds(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, WIDGET])
    view = searched(lab, 42)
    expected = kernel(lab, "{n: [[str(i) for i in found(42, n, 9)], lost(42, n, 9)] for n in range(1, 51)}")
    chart = view.locator('[aria-label^="Recall at every nprobe"]')
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    seen = {}
    with lab.busy_kernel():
        lab.page.mouse.move(box["x"] + 60, box["y"] + 40)
        lab.page.mouse.down()
        for step in range(60):
            lab.page.mouse.move(box["x"] + 60 + step * (box["width"] - 80) / 60, box["y"] + 40)
            lab.wait_painted()
            seen[view.get_attribute("data-nprobe")] = [result_ids(view), missed_ids(view)]
        lab.page.mouse.up()
    assert len(seen) > 20
    assert seen == {nprobe: expected[nprobe] for nprobe in seen}


def test_any_row_is_told_why_it_did_not_come_back(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, WIDGET])
    view = searched(lab, 42)
    lost = missed_ids(view)
    box = view.get_by_role("textbox", name="Row that did not come back")
    box.fill(lost[0])
    box.press("Enter")
    card = view.get_by_role("dialog", name=f"Row {lost[0]}")
    rank = kernel(lab, f"int(w.index.verdict(42, {lost[0]}).rank)")
    expect(card).to_contain_text("Missed by the index")
    expect(card).to_contain_text(f"nprobe = {rank} finds it.")
    lab.page.keyboard.press("Escape")
    far = kernel(lab, "found(42, 50, 4000)[1500]")
    box.fill(str(far))
    box.press("Enter")
    card = view.get_by_role("dialog", name=f"Row {far}")
    expect(card).to_contain_text("it is the 1,501st nearest of all")
    lab.page.keyboard.press("Escape")
    box.fill("123456789")
    box.press("Enter")
    expect(view.get_by_role("alert")).to_contain_text("123456789 is not in the index")


def test_clusters_can_be_switched_by_hand(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, WIDGET])
    view = searched(lab, 42)
    lost = missed_items(view)[0]
    rank, row = int(lost.get_attribute("data-rank") or 0), lost.get_attribute("data-id")
    lab.run_cell(f"w.cluster = int(w.index.rank(42).clusters[{rank} - 1])")
    view.get_by_role("button", name="Probe it too").click()
    lab.wait_painted()
    assert row in result_ids(view)
    expected = kernel(
        lab,
        "(lambda order: [str(int(i)) for i in np.array("
        "sorted((d, i) for s in [w.index.scan(42, order)] for d, i in zip(s.distances, s.ids)))[1:10, 1]])"
        f"(np.r_[w.index.rank(42).clusters[:4], w.index.rank(42).clusters[{rank} - 1]])",
    )
    assert result_ids(view) == expected
    expect(view).to_contain_text("1 cluster switched by hand")
    view.get_by_role("button", name="Reset").click()
    lab.wait_painted()
    assert row not in result_ids(view)


# Far apart, so that the first cluster holds all true neighbours of its rows.
SEPARATED = """
centres = 30 * rng.normal(size=(50, 16)).astype("float32")
X = np.repeat(centres, 160, axis=0) + rng.normal(size=(8000, 16)).astype("float32")
quantizer = faiss.IndexFlatL2(16)
quantizer.add(centres)
index = faiss.IndexIVFFlat(quantizer, 16, 50)
index.is_trained = True
index.add(X)

def best(query, ranks, k):
    '''The k best of the clusters at these ranks, by distances that Faiss computes for all vectors.'''
    clusters = w.index.rank(query).clusters[np.array(ranks) - 1]
    rows = np.concatenate([w.index.list_ids(int(cluster)) for cluster in clusters])
    flat = faiss.IndexIDMap(faiss.IndexFlatL2(16))
    flat.add_with_ids(X[rows], rows)
    return [str(row) for row in flat.search(X[query : query + 1], k + 1)[1][0] if row != query][:k]
"""


def test_clusters_are_switched_by_hand_where_only_the_best_candidates_were_sent(
    open_notebook: OpenNotebook,
) -> None:
    # A million rows in 8,192 clusters are too many for a test, and so the limit is lower.
    limit = "from feder_widget.session.answers import search\nsearch.COMPLETE_ENTRIES = 0"
    lab = open_notebook([L2, SEPARATED, limit, WIDGET.replace("nprobe=4", "nprobe=1")])
    view = searched(lab, 42)
    ids = lambda ranks, k=9: ",".join(kernel(lab, f"best(42, {ranks}, {k})"))  # noqa: E731
    expect(view).to_have_attribute("data-results", ids([1]))
    assert kernel(lab, "asked.count('clusters')") == 0
    cells = view.get_by_role("application")
    cells.press("Home")
    cells.press("s")
    expect(view).to_have_attribute("data-results", "")
    cells.press("PageDown")
    cells.press("s")
    expect(view).to_have_attribute("data-results", ids([2]))
    assert kernel(lab, "asked.count('clusters')") == 1
    for _ in range(4):
        cells.press("PageDown")
    cells.press("s")
    expect(view).to_have_attribute("data-results", ids([2, 6]))
    lab.run_cell("w.k = 100")
    expect(view).to_have_attribute("data-results", ids([2, 6], 100))
    cells.press("Home")
    cells.press("s")
    expect(view).to_have_attribute("data-results", ids([1, 2, 6], 100))
    expect(view.get_by_role("alert")).to_be_hidden()


BANDS = """view => {
  // Just beyond the step, where the present nprobe holds.
  const now = view.querySelector('.feder-now').getAttribute('d');
  const [, at, top, bottom] = now.match(/M(.+) (.+)V(.+)/).map(Number);
  const x = at + 0.5;
  return [...view.querySelectorAll('.feder-band')].map(band => {
    const filled = [];
    for (let y = top; y <= bottom; y += 0.25) {
      if (band.isPointInFill(new DOMPoint(x, y))) filled.push((bottom - y) / (bottom - top));
    }
    return filled.length === 0 ? [] : [filled[0], filled.at(-1)];
  });
}"""
"""The highest and the lowest recall that each band of the chart covers at the current nprobe."""

STORED = """view => {
  const middle = name => {
    const { left, right } = view.querySelector(name).getBoundingClientRect();
    return (left + right) / 2;
  };
  const { left, right } = view.querySelector('.feder-gridline').getBoundingClientRect();
  return (middle('.feder-stored') - left) / (right - left);
}"""
"""How far along the axis the mark of the stored nprobe stands."""


COUNTS = """
def neighbours(nprobe):
    index.nprobe = nprobe
    return [[i for i in ids if i != row][:9] for row, ids in zip(rows, index.search(X[rows], 10)[1])]

true = neighbours(50)
counts = {
    nprobe: np.array([len({*ids} & {*best}) for ids, best in zip(neighbours(nprobe), true)])
    for nprobe in range(1, 51)
}
# The page follows the index's own nprobe.
index.nprobe = 5

index.nprobe = 5

def hardest(size):
    '''The rows that need the largest nprobe for all nine, then for eight of them, and so on.'''
    def needed(i):
        return [-min(n for n in counts if counts[n][i] >= j) for j in range(9, 0, -1)]
    return [str(rows[i]) for i in sorted(range(len(rows)), key=needed)[:size]]
"""
"""How many of nine true neighbours Faiss's own search finds for each of ``rows``."""


def test_a_workload_is_evaluated_and_its_hardest_query_opens(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, "index.nprobe = 5\n" + WIDGET])
    lab.wait_state("idle")
    view = lab.widget.first
    open_workload(view)
    view.get_by_role("spinbutton", name="Queries drawn from the index").fill("200")
    view.get_by_role("button", name="Evaluate queries").click()
    hardest = view.get_by_role("list", name="Hardest queries").get_by_role("listitem")
    expect(hardest).to_have_count(24)
    expect(view).to_contain_text("200 queries, drawn with seed")
    said = re.search(r"200 queries, drawn with seed (\d+)", view.inner_text())
    assert said is not None
    lab.kernel(f"rows = w.index.evaluate(200, 9, seed={said[1]}, progress=False).ids\n" + COUNTS)
    # The worst at the present nprobe, or those that need the largest one.
    worst = [kernel(lab, f"int(counts[4][rows.tolist().index({i})])") for i in ids_of(hardest)]
    assert worst == kernel(lab, "np.sort(counts[4])[:24].tolist()")
    expect(hardest.first).to_contain_text(f"{worst[0]} of 9 now")
    order = view.get_by_role("combobox", name="Order of the hardest queries")
    order.select_option("largest nprobe needed")
    expect(hardest.first).to_have_attribute("data-id", kernel(lab, "hardest(1)[0]"))
    assert ids_of(hardest) == kernel(lab, "hardest(24)")
    handle = slider(view, "nprobe")
    handle.press("Home")
    for _ in range(6):
        handle.press("ArrowRight")
    lab.wait_attribute("data-nprobe", "7")
    # The sample is another one in each run: a mean half way between two hundredths is rounded either way.
    expect(view).to_contain_text(re.compile(r"mean recall@9 = [\d.]+"))
    lab.wait_painted()
    shown = re.search(r"mean recall@9 = (\d\.\d\d)", view.text_content() or "")
    assert shown is not None
    assert float(shown[1]) == pytest.approx(kernel(lab, "counts[7].mean() / 9"), abs=0.005 + 1e-6)
    # The recall that half of the queries reach, 95 %, 99 % and all of them.
    reached = [kernel(lab, f"int(np.sort(counts[7])[-{n}]) / 9") for n in (100, 190, 198, 200)]
    for band, (upper, lower) in zip(view.evaluate(BANDS), itertools.pairwise(reached), strict=True):
        assert band == pytest.approx([upper, lower] if upper > lower else [], abs=0.01)
    assert view.evaluate(STORED) == pytest.approx(np.log(5) / np.log(50), abs=2e-3)
    first = hardest.first.get_attribute("data-id")
    hardest.first.get_by_role("button").click()
    lab.wait_attribute("data-query", str(first))
    lab.wait_state("done")
    lab.wait_painted()
    assert missed_ids(view) == kernel(lab, f"lost({first}, 7, 9)")


def test_a_workload_from_python_is_shown_and_survives_a_reload(open_notebook: OpenNotebook) -> None:
    evaluate = "asked_for = rng.normal(size=(50, 16))\nworkload = w.evaluate(asked_for, k=5, progress=False)"
    lab = open_notebook([L2, WIDGET, evaluate])
    view = lab.widget.first
    open_workload(view)
    expect(view).to_contain_text("50 queries, vectors")
    lab.reload()
    open_workload(lab.widget.first)
    expect(lab.widget.first).to_contain_text("50 queries, vectors")
    hardest = lab.widget.first.get_by_role("list", name="Hardest queries").get_by_role("button")
    hardest.first.click()
    lab.wait_state("done")
    lab.kernel("hard = asked_for[workload.hardest(1, nprobe=4)].astype('float32'); index.nprobe = 4")
    assert result_ids(view) == kernel(lab, "[str(row) for row in index.search(hard, 9)[1][0]]")
    assert kernel(lab, "bool((w.trace().distances == index.search(hard, 9)[0][0]).all())")


def test_it_is_said_when_no_other_cluster_can_hold_anything_nearer(open_notebook: OpenNotebook) -> None:
    limit = "from feder_widget.session.answers import search\nsearch.EXHAUSTIVE_WORK = 1"
    lab = open_notebook([L2, limit, WIDGET.replace("k=9", "k=1")])
    view = searched(lab, 42)
    certain = next(n for n in range(1, 51) if kernel(lab, f"w.index.certainty(42, {n}, 1).certified"))
    assert certain < 50
    expect(view).not_to_contain_text("Certified exact")
    lab.run_cell(f"w.nprobe = {certain}")
    lab.wait_attribute("data-nprobe", str(certain))
    expect(view).to_contain_text("Certified exact")
    view.get_by_role("button", name="Compare the other").click()
    expect(view).to_contain_text("The true neighbour came back")
    expect(view).not_to_contain_text("Certified exact")
    assert missed_ids(view) == []


def test_two_pages_of_one_widget_go_on_with_a_search_without_end_to_neither(
    open_notebook: OpenNotebook,
) -> None:
    limit = "from feder_widget.session.answers import search\nsearch.EXHAUSTIVE_WORK = 1"
    lab = open_notebook([L2, limit, WIDGET], own_page=True)
    view = searched(lab, 42)
    lab.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    other = lab.page.context.new_page()
    other.goto(lab.url)
    theirs = other.locator(".feder-widget").first
    expect(theirs).to_have_attribute("data-query", "42")
    expect(theirs).to_have_attribute("data-state", "done")
    lab.kernel("asked.clear()")
    slider(view, "nprobe").press("ArrowRight")
    for each in (view, theirs):
        expect(each).to_have_attribute("data-nprobe", "5")
        expect(each).to_have_attribute("data-state", "done")
        assert result_ids(each) == kernel(lab, "[str(i) for i in found(42, 5, 9)]")
    assert kernel(lab, "asked.count('rest')") <= 2
    other.close()


def test_a_very_large_index_is_compared_whole_only_when_asked(open_notebook: OpenNotebook) -> None:
    limit = "from feder_widget.session.answers import search\nsearch.EXHAUSTIVE_WORK = 1"
    lab = open_notebook([L2, limit, WIDGET])
    view = searched(lab, 42)
    assert view.get_attribute("data-missed") == ""
    expect(view).to_contain_text("could hold a vector nearer than the last result")
    slider(view, "nprobe").press("ArrowRight")
    lab.wait_attribute("data-nprobe", "5")
    view = lab.wait_state("done")
    assert result_ids(view) == [str(row) for row in kernel(lab, "found(42, 5, 9)")]
    view.get_by_role("button", name="Compare the other").click()
    expect(view).to_have_attribute("data-missed", str(len(kernel(lab, "lost(42, 5, 9)"))))
    assert missed_ids(view) == kernel(lab, "lost(42, 5, 9)")
