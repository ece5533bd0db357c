"""The harness itself: what the other browser tests take for granted."""

from __future__ import annotations

import pytest

from scripts.lab import LabError

from .conftest import OpenNotebook


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
