"""The Distances view of the widget on digits in JupyterLab, with Faiss as the oracle."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from scripts.lab import LabPage

from .conftest import OpenNotebook
from .test_widget import DIGITS

CELL = f"""
{DIGITS}
ivf = fw.open_index(index)
w = fw.FederWidget(ivf, images=np.array(images), labels=digits[:, 64].astype(int), nprobe=4, k=9)
w.view = "distances"
w

def faiss_ids(query, nprobe, k):
    index.nprobe = nprobe
    return [row for row in index.search(X[query : query + 1], k + 1)[1][0].tolist() if row != query][:k]

def candidates(query, nprobe):
    _, *fine = ivf.steps(X[query], nprobe, 9)
    return sorted(int(row) for step in fine for row in step.ids)
"""

SEARCH = "w.search(42)"


def searched(open_notebook: OpenNotebook) -> LabPage:
    lab = open_notebook([CELL, "w", SEARCH])
    lab.wait_state("done")
    expect(lab.widget.get_by_role("application", name=re.compile(r"^[1-9]\d* candidates"))).to_be_visible()
    lab.fit_widget()
    lab.wait_painted()
    return lab


def picture(lab: LabPage) -> Locator:
    return lab.widget.get_by_role("application")


def drag(lab: LabPage, *places: tuple[float, float]) -> None:
    """Drag through places, in shares of the picture's width and height."""
    box = picture(lab).bounding_box()
    assert box is not None
    mouse = lab.page.mouse
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    mouse.move(*points[0])
    mouse.down()
    for point in points[1:]:
        mouse.move(*point, steps=4)
    mouse.up()


def test_without_a_query_it_says_so(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([CELL, "w"])
    expect(lab.widget.get_by_text("No query yet")).to_be_visible()


def test_it_says_what_it_shows(open_notebook: OpenNotebook) -> None:
    lab = searched(open_notebook)
    count = len(lab.kernel_json("candidates(42, 4)"))
    expect(picture(lab)).to_have_accessible_name(
        f"{count} candidates of 4 probed clusters around the query, as far from it as their squared L2 "
        "distance. Arrow keys move from candidate to candidate, Page Up and Page Down go through the "
        "results, Enter opens, Space selects, Escape clears the selection."
    )


def test_a_box_around_everything_selects_every_candidate_and_escape_none(open_notebook: OpenNotebook) -> None:
    lab = searched(open_notebook)
    drag(lab, (0.01, 0.01), (0.99, 0.99))
    lab.wait_kernel("sorted(w.selection)", lab.kernel_json("candidates(42, 4)"))
    picture(lab).focus()
    picture(lab).press("Escape")
    lab.wait_kernel("w.selection", [])


@pytest.mark.parametrize("way", ["shift", "button"])
def test_a_lasso_selects_what_it_goes_around(open_notebook: OpenNotebook, way: str) -> None:
    lab = searched(open_notebook)
    outline = [(0.5, 0.01), (0.99, 0.01), (0.99, 0.99), (0.5, 0.99), (0.5, 0.02)]
    if way == "shift":
        lab.page.keyboard.down("Shift")
    else:
        lab.widget.get_by_role("button", name="Select", exact=True).click()
    drag(lab, *outline)
    lab.page.keyboard.up("Shift")
    lab.wait_kernel("len(w.selection) > 0", True)
    selected = set(lab.kernel_json("w.selection"))
    assert 0 < len(selected) < len(lab.kernel_json("candidates(42, 4)"))
    assert selected <= set(lab.kernel_json("candidates(42, 4)"))


def test_keys_go_through_the_results_select_and_open(open_notebook: OpenNotebook) -> None:
    lab = searched(open_notebook)
    results = lab.kernel_json("faiss_ids(42, 4, 9)")
    view = picture(lab)
    view.focus()
    view.press("Home")
    live = lab.widget.locator(".feder-points [aria-live]")
    expect(live).to_contain_text(f"Row {results[0]}, ")
    expect(live).to_contain_text("a result, 1st nearest of all")
    view.press("PageDown")
    view.press("PageDown")
    expect(live).to_contain_text(f"Row {results[2]}, ")
    view.press(" ")
    lab.wait_kernel("w.selection", [results[2]])
    tile = lab.widget.locator(f'li[data-id="{results[2]}"][data-state="found"] button')
    expect(tile).to_have_attribute("data-hovered", "true")
    expect(tile).to_have_attribute("aria-pressed", "true")
    view.press("Enter")
    expect(lab.widget.get_by_role("dialog", name=f"Row {results[2]}")).to_be_visible()
    lab.page.keyboard.press("Escape")
    expect(lab.widget.get_by_role("dialog")).to_have_count(0)
    lab.page.keyboard.press("ArrowRight")
    expect(live).not_to_contain_text(f"Row {results[2]}, ")


def test_a_click_on_the_card_that_follows_the_pointer_selects_its_row(open_notebook: OpenNotebook) -> None:
    lab = searched(open_notebook)
    picture(lab).scroll_into_view_if_needed()
    box = picture(lab).bounding_box()
    assert box is not None
    card = lab.widget.locator(".feder-point-card")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for away in range(30, 200, 6):
        lab.page.mouse.move(x + away, y - away / 3)
        lab.wait_painted()
        if card.count() == 1:
            break
    expect(card).to_be_visible()
    row = int(card.locator("b").inner_text().removeprefix("Row "))
    lab.page.mouse.down()
    lab.page.mouse.up()
    lab.wait_kernel("w.selection", [row])
    lab.page.mouse.down()
    lab.page.mouse.up()
    expect(lab.widget.get_by_role("dialog", name=f"Row {row}")).to_be_visible()


def test_the_circle_of_nprobe_moves_by_keys_and_by_dragging(open_notebook: OpenNotebook) -> None:
    lab = searched(open_notebook)
    step = lab.widget.get_by_role("slider", name="Step", exact=True)
    step.press("Home")
    expect(lab.widget.get_by_text("Nothing has been compared with the query yet")).to_be_visible()
    step.press("ArrowRight")
    handle = lab.widget.get_by_role("slider", name="nprobe circle")
    handle.press("ArrowRight")
    lab.wait_attribute("data-nprobe", "5")
    expect(handle).to_have_attribute("aria-valuenow", "5")
    handle.press("Home")
    lab.wait_attribute("data-nprobe", "1")
    lab.wait_painted()
    place = handle.locator("i").bounding_box()
    box = picture(lab).bounding_box()
    assert place is not None
    assert box is not None
    lab.page.mouse.move(place["x"] + 9, place["y"] + 9)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 4, steps=5)
    lab.page.mouse.up()
    lab.wait_attribute("data-nprobe", "40")
    lab.wait_kernel("w.nprobe", 40)


def test_the_table_lists_the_candidates_as_faiss_orders_them(open_notebook: OpenNotebook) -> None:
    lab = searched(open_notebook)
    lab.widget.get_by_role("button", name="View as table").click()
    rows = lab.widget.locator(".feder-table tbody tr td:nth-child(3)")
    expect(rows.first).to_have_text("42")
    shown = [int(text) for text in rows.all_inner_texts()]
    assert shown == [42, *lab.kernel_json("faiss_ids(42, 4, 49)")]
    lab.widget.get_by_role("button", name="Farther").click()
    expect(rows.first).to_have_text(str(lab.kernel_json("faiss_ids(42, 4, 50)")[-1]))


def test_clusters_beyond_the_first_search_come_whole_when_they_are_looked_at(
    open_notebook: OpenNotebook,
) -> None:
    lab = open_notebook([CELL.replace("nprobe=4, k=9", "nprobe=4, k=9, k_max=9"), "w", SEARCH])
    lab.wait_state("done")
    lab.kernel("w.nprobe = 20")
    count = len(lab.kernel_json("candidates(42, 20)"))
    expect(lab.widget.get_by_role("application", name=f"{count:,} candidates of 20")).to_be_visible()
