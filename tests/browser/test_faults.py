"""What goes wrong around a widget: interrupted cells, kernels that die, pages that are loaded anew."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.lab import LabPage

from .conftest import OpenNotebook
from .test_recall import L2
from .test_recall import WIDGET as PLAIN
from .test_widget import DIGITS, WIDGET, result_ids, searched, slider

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
SAVE = "window.jupyterapp.commands.execute('docmanager:save')"

# The search waits, between its coarse step and its candidates, until the gate is open.
GATE = """
from feder_widget.session.answers import search as answers
gate = threading.Event()
scanned = answers.scanned

def gated(*args):
    while not gate.is_set():
        yield None
    yield from scanned(*args)

answers.scanned = gated
"""


def save_widget_state(lab: LabPage, wanted: bool) -> None:
    """Have JupyterLab save widget state with notebooks, or not; it hears of its setting a moment later."""
    command = "window.jupyterapp.commands.{}('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
    lab.page.evaluate(command.format("execute"))
    lab.page.wait_for_function(f"{command.format('isToggled')} === {str(wanted).lower()}")


def begin_cell(lab: LabPage, code: str) -> None:
    """Run code in the kernel as a cell does, and wait until it runs but not for its end."""
    lab.page.evaluate(_BEGIN, "print('begun', flush=True)\n" + code)
    lab.page.wait_for_function("window.begun")


_BEGIN = f"""code => {{
  const future = {KERNEL}.requestExecute({{ code }});
  window.begun = false;
  window.running = future.done;
  future.onIOPub = ({{ header }}) => {{ window.begun ||= header.msg_type === 'stream'; }};
}}"""


def interrupt(lab: LabPage) -> str:
    """Interrupt what was begun; returns how it ended."""
    lab.page.evaluate(f"{KERNEL}.interrupt()")
    ended = lab.page.evaluate("window.running.then(({ content }) => content.ename ?? content.status)")
    assert isinstance(ended, str)
    return ended


def found(lab: LabPage, query: int, nprobe: int, k: int = 9) -> list[str]:
    ids: Any = lab.kernel_json(f"[str(row) for row in found({query}, {nprobe}, {k})]")
    assert isinstance(ids, list)
    return ids


def test_a_notebook_without_its_kernel_shows_a_picture_and_a_sentence(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET, "w"])
    searched(lab, 42)
    lab.wait_attribute("data-map", "final")
    lab.wait_kernel("w._snapshot[1:]", ["query 42, nprobe 4, k 9"])
    save_widget_state(lab, True)
    try:
        lab.page.evaluate(SAVE)
        lab.kernel_shutdown()
        lab.open()
        for nth in (0, 1):
            view = lab.wait_state("disconnected", nth=nth)
            expect(view.get_by_role("alert")).to_have_text(
                "Saved picture: query 42, nprobe 4, k 9. The kernel is not running; run the cell to explore."
            )
            picture = view.get_by_role("img", name="query 42, nprobe 4, k 9")
            expect(picture).to_be_visible()
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 560
    finally:
        save_widget_state(lab, False)
    lab.run_all()
    lab.wait_state("idle")
    assert result_ids(searched(lab, 43)) == lab.kernel_json("faiss_ids(43, 4, 9)")


def test_cells_that_are_interrupted_or_search_in_threads_leave_the_widget_working(
    open_notebook: OpenNotebook,
) -> None:
    lab = open_notebook([L2, PLAIN])
    view = searched(lab, 42)
    view.get_by_role("tab", name="Workload").click()
    begin_cell(lab, "w.evaluate(np.tile(X, (200, 1)), progress=False)")
    expect(view.get_by_role("progressbar", name="Evaluating")).to_be_visible()
    assert interrupt(lab) in ("ok", "KeyboardInterrupt")
    expect(view.get_by_role("progressbar", name="Evaluating")).to_be_hidden()
    for work in ("w.index.explain(X[7], 9)", "w.trace()", "w.search(7)"):
        begin_cell(lab, f"while True:\n    {work}")
        assert interrupt(lab) == "KeyboardInterrupt"
    # The last search is either whole or said to be interrupted; the next one works.
    expect(view).to_have_attribute("data-state", re.compile("^(done|error)$"))
    if view.get_attribute("data-state") == "error":
        expect(view.get_by_role("alert")).to_contain_text("interrupted from the keyboard; ask again")
    assert result_ids(searched(lab, 43)) == found(lab, 43, 4)
    # Threads of a cell that search the same index while the widget does.
    lab.kernel(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "threads_before = faiss.omp_get_max_threads()\n"
        "pool = ThreadPoolExecutor(4)\n"
        "answers = [pool.submit(lambda row: w.index.trace(X[row], 4, 9).ids, row) for row in range(400)]\n"
    )
    assert result_ids(searched(lab, 44)) == found(lab, 44, 4)
    assert result_ids(searched(lab, 45)) == found(lab, 45, 4)
    # A vector has no row of its own to leave out.
    lab.kernel(
        "four = faiss.SearchParametersIVF(nprobe=4)\n"
        "alone = [w.index.faiss_index.search(X[row][None], 9, params=four)[1][0] for row in range(400)]\n"
    )
    assert lab.kernel_json("[a.result().tolist() for a in answers] == [ids.tolist() for ids in alone]")
    assert lab.kernel_json("faiss.omp_get_max_threads() == threads_before")


def test_a_page_that_is_loaded_anew_during_a_search_gets_its_answer(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, PLAIN])
    searched(lab, 42)
    lab.kernel(GATE)
    lab.widget.get_by_role("textbox", name="Search by id").fill("43")
    lab.widget.get_by_role("textbox", name="Search by id").press("Enter")
    lab.wait_attribute("data-query", "43")
    assert lab.widget.get_attribute("data-state") == "searching"
    lab.reload()
    lab.widget.wait_for()
    lab.kernel("gate.set()")
    lab.wait_attribute("data-query", "43")
    assert result_ids(lab.wait_state("done")) == found(lab, 43, 4)


def test_a_kernel_that_dies_during_a_workload_is_told_and_the_answer_stays(
    open_notebook: OpenNotebook, expected_console_errors: list[str]
) -> None:
    expected_console_errors += ["Kernel", "kernel", "Canceled", "status of 404"]
    lab = open_notebook([L2, PLAIN])
    view = searched(lab, 42)
    at_4, at_5 = found(lab, 42, 4), found(lab, 42, 5)
    view.get_by_role("tab", name="Workload").click()
    view.get_by_role("spinbutton", name="Queries drawn from the index").fill("1000000")
    view.get_by_role("button", name="Evaluate queries").click()
    expect(view.get_by_role("progressbar", name="Evaluating")).to_be_visible()
    lab.kernel_crash()
    lab.wait_state("disconnected")
    expect(view.get_by_role("alert")).to_contain_text("kernel disconnected")
    expect(view.get_by_role("progressbar", name="Evaluating")).to_be_hidden()
    assert result_ids(view) == at_4
    # JupyterLab tells of it too, over the page.
    lab.page.get_by_role("button", name="Ok", exact=True).click()
    slider(view, "nprobe").press("ArrowRight")
    lab.wait_attribute("data-nprobe", "5")
    lab.wait_painted()
    assert result_ids(view) == at_5
    lab.page.wait_for_function(f"{KERNEL}.connectionStatus === 'connected' && {KERNEL}.status === 'idle'")
    lab.run_all()
    lab.wait_state("idle")
    assert result_ids(searched(lab, 43)) == found(lab, 43, 4)


@pytest.mark.parametrize("job", ["a workload", "a search"])
def test_a_kernel_that_restarts_in_the_middle_of_a_job_is_told_and_the_next_one_works(
    open_notebook: OpenNotebook, expected_console_errors: list[str], job: str
) -> None:
    expected_console_errors += ["Canceled", "status of 404"]
    lab = open_notebook([L2, PLAIN])
    view = searched(lab, 42)
    at_4, at_5 = found(lab, 42, 4), found(lab, 42, 5)
    if job == "a workload":
        view.get_by_role("tab", name="Workload").click()
        view.get_by_role("spinbutton", name="Queries drawn from the index").fill("1000000")
        view.get_by_role("button", name="Evaluate queries").click()
        expect(view.get_by_role("progressbar", name="Evaluating")).to_be_visible()
    else:
        lab.kernel(GATE)
        view.get_by_role("textbox", name="Search by id").fill("43")
        view.get_by_role("textbox", name="Search by id").press("Enter")
        lab.wait_attribute("data-query", "43")
        assert view.get_attribute("data-state") == "searching"
    lab.kernel_restart()
    lab.wait_state("disconnected")
    expect(view.get_by_role("alert")).to_contain_text("kernel disconnected")
    expect(view.get_by_role("progressbar", name="Evaluating")).to_be_hidden()
    # The page goes on with what it has.
    assert result_ids(view) == (at_4 if job == "a workload" else [])
    slider(view, "nprobe").press("ArrowRight")
    lab.wait_attribute("data-nprobe", "5")
    lab.wait_painted()
    assert result_ids(view) == (at_5 if job == "a workload" else [])
    view.get_by_role("button", name="Random query").click()
    lab.wait_painted()
    assert view.get_attribute("data-state") == "disconnected"
    lab.run_all()
    view = lab.wait_state("idle")
    expect(view.get_by_role("alert")).to_be_hidden()
    for query in (43, 44):
        assert result_ids(searched(lab, query)) == found(lab, query, 4)
    view.get_by_role("tab", name="Workload").click()
    view.get_by_role("spinbutton", name="Queries drawn from the index").fill("100")
    view.get_by_role("button", name="Evaluate queries").click()
    expect(view).to_contain_text("100 queries, drawn with seed")


TEN = """
from IPython.display import display
opened = fw.open_index(index)
ws = [fw.FederWidget(opened, nprobe=1 + n, k=5) for n in range(10)]
display(*ws)
for row, w in enumerate(ws):
    w.search(row)
"""


def test_ten_widgets_on_one_index_all_answer(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([L2, TEN])
    expect(lab.widget).to_have_count(10)
    expected = lab.kernel_json("[[str(i) for i in found(row, 1 + row, 5)] for row in range(10)]")
    shown = []
    for nth in range(10):
        lab.wait_attribute("data-query", str(nth), nth=nth)
        shown.append(result_ids(lab.wait_state("done", nth=nth)))
    assert shown == expected
