"""The harness itself: what the other browser tests take for granted."""

from __future__ import annotations

import pytest

from scripts.lab import LabError

from .conftest import OpenNotebook
from .pages import Pages

STATE = """[
  document.body.dataset.jpThemeName,
  innerWidth,
  innerHeight,
  matchMedia('(prefers-reduced-motion: reduce)').matches,
  jupyterapp.shell.currentWidget.content.widgets.length,
]"""


def test_a_cell_that_raises_is_an_error_of_the_test(open_notebook: OpenNotebook) -> None:
    with pytest.raises(LabError, match="ZeroDivisionError"):
        open_notebook(["1 / 0"])


def test_the_kernel_answers_with_values_and_with_its_exceptions(open_notebook: OpenNotebook) -> None:
    lab = open_notebook(["x = 20"])
    lab.run_cell("x += 1")
    assert lab.kernel_json("x") == 21
    with pytest.raises(LabError, match="NameError: name 'y' is not defined"):
        lab.kernel("y")


def test_an_error_in_the_page_is_seen(
    open_notebook: OpenNotebook, expected_console_errors: list[str]
) -> None:
    lab = open_notebook([])
    lab.page.evaluate("console.error('provoked by the test')")
    assert [error for error in lab.console_errors if "provoked" in error]
    expected_console_errors.append("provoked by the test")


def test_a_page_is_used_again_unless_something_went_wrong_in_it(pages: Pages) -> None:
    with pages.open_notebook(
        ["x = 1", "print(x)"], theme="dark", viewport=(900, 700), reduced_motion="reduce"
    ) as first:
        assert first.page.evaluate(STATE) == ["JupyterLab Dark", 900, 700, True, 2]
    with pages.open_notebook(["y = 1"]) as second:
        assert second.page is first.page
        assert second.page.evaluate(STATE) == ["JupyterLab Light", 1400, 900, False, 1]
        assert second.kernel_json("'x' in globals()") is False
        second.page.evaluate("console.error('provoked by the test')")
    assert [error for error in second.console_errors if "provoked" in error]
    assert second.page.is_closed()
    with pages.open_notebook([]) as third:
        assert third.page is not first.page
        assert third.console_errors == []
        pages.spoil(third)
    assert third.page.is_closed()
