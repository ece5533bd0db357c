"""The projection as a person sees it: digits in JupyterLab, with the kernel as the witness."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from scripts.lab import LabPage

from .conftest import OpenNotebook
from .test_widget import COUNT_COLOURS, DIGITS, searched, slider

WIDGET = """
w = fw.FederWidget(fw.open_index(index), images=images, labels=labels, nprobe=4, k={k}{options})
asked = []
w.on_msg(lambda _widget, content, _buffers: asked.append(content))
w
"""


def opened(open_notebook: OpenNotebook, options: str = "", k: int = 9) -> tuple[LabPage, Locator]:
    """Return the page, and the view that shows the projection of a search."""
    lab = open_notebook([DIGITS, WIDGET.format(options=options, k=k)])
    view = searched(lab, 42)
    view.get_by_role("tab", name="Projection").click()
    return lab, view


def stated(view: Locator) -> Locator:
    return view.locator(".feder-projection-method")


def picture(view: Locator) -> Locator:
    return view.get_by_role("application")


def projections_asked(lab: LabPage) -> object:
    return lab.kernel_json("[[a['ranks'], a['k']] for a in asked if a['kind'] == 'projection']")


def test_a_linear_picture_is_refined_in_place_and_both_name_their_method(open_notebook: OpenNotebook) -> None:
    lab, view = opened(open_notebook)
    expect(stated(view)).to_have_text(re.compile("PCA|t-SNE"))
    expect(stated(view)).to_have_text("t-SNE")
    candidates = lab.kernel_json("int(w.trace().n_distances) - 40")
    expect(picture(view)).to_have_attribute(
        "aria-label", re.compile(f"^{candidates} candidates and the query")
    )
    assert view.locator(".feder-points canvas").first.evaluate(COUNT_COLOURS) > 10
    assert projections_asked(lab) == [[4, 9]]


def test_without_a_query_it_says_so_and_asks_for_nothing(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET.format(options=", projection='linear'", k=9)])
    lab.widget.get_by_role("tab", name="Projection").click()
    expect(lab.widget.get_by_text("No query yet")).to_be_visible()
    assert projections_asked(lab) == []


def test_the_player_draws_cluster_by_cluster_and_asks_for_nothing_more(open_notebook: OpenNotebook) -> None:
    lab, view = opened(open_notebook, ", projection='linear'")
    expect(stated(view)).to_have_text("PCA")
    sizes = lab.kernel_json("[len(step.ids) for step in w.trace().fine]")
    assert isinstance(sizes, list)
    for shown in (3, 2, 1):
        view.get_by_role("button", name="Step back").click()
        expect(picture(view)).to_have_attribute(
            "aria-label", re.compile(f"^{sum(sizes[:shown])} candidates? and the query")
        )
    view.get_by_role("button", name="Step back").click()
    expect(view.get_by_text("Only centroids are compared")).to_be_visible()
    view.get_by_role("button", name="Step back").click()
    expect(view.get_by_text("Nothing has been compared")).to_be_visible()
    assert projections_asked(lab) == [[4, 9]]


def test_another_nprobe_is_asked_for_once_the_slider_rests(open_notebook: OpenNotebook) -> None:
    lab, view = opened(open_notebook, ", projection='linear'")
    expect(stated(view)).to_have_text("PCA")
    for _ in range(3):
        slider(view, "nprobe").press("ArrowRight")
    lab.wait_attribute("data-nprobe", "7")
    candidates = lab.kernel_json("sum(len(s.ids) for s in w.index.trace(42, 7, 9).fine)")
    expect(picture(view)).to_have_attribute("aria-label", re.compile(f"^{candidates} candidates and"))
    asked = projections_asked(lab)
    assert isinstance(asked, list)
    assert asked[0] == [4, 9]
    assert asked[-1] == [7, 9]


def test_a_function_that_fails_says_why_and_the_linear_picture_stays(open_notebook: OpenNotebook) -> None:
    lab, view = opened(open_notebook, ", projection=lambda rows: rows")
    expect(stated(view)).to_contain_text(re.compile(r"custom: <lambda> must return \d+ x 2 finite numbers"))
    expect(stated(view)).to_contain_text("The linear picture stays.")
    expect(stated(view)).to_contain_text("PCA")
    lab.wait_state("done")


def test_results_are_walked_through_and_selected_by_keys(open_notebook: OpenNotebook) -> None:
    lab, view = opened(open_notebook, ", projection='linear'")
    expect(stated(view)).to_have_text("PCA")
    results = lab.kernel_json("faiss_ids(42, 4, 9)")
    assert isinstance(results, list)
    picture(view).focus()
    for row in results[:3]:
        picture(view).press("PageDown" if row != results[0] else "Home")
        expect(view.locator(".feder-points [aria-live]").last).to_contain_text(f"Row {row},")
        picture(view).press("Space")
    lab.wait_kernel("[str(row) for row in w.selection]", results[:3])


def test_motion_is_left_out_for_those_who_asked_for_that(open_notebook: OpenNotebook) -> None:
    # One result, so that no other picture can arrive between the two looks.
    lab, view = opened(open_notebook, "", k=1)
    view.page.emulate_media(reduced_motion="reduce")
    expect(stated(view)).to_have_text("t-SNE")
    canvas = view.locator(".feder-points canvas").first
    lab.wait_painted()
    lab.wait_painted()
    first = canvas.evaluate("canvas => canvas.toDataURL()")
    lab.wait_painted()
    lab.wait_painted()
    assert canvas.evaluate("canvas => canvas.toDataURL()") == first
