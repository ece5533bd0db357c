"""JupyterLab and Chromium once for all browser tests, and a notebook of its own for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from scripts.lab import LabPage, Server, find_chromium
from scripts.lab import chromium as running_chromium
from scripts.lab import jupyterlab as running_jupyterlab
from scripts.lab import open_notebook as opened_notebook

OpenNotebook = Callable[..., LabPage]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parent.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def jupyterlab() -> Iterator[Server]:
    with running_jupyterlab() as server:
        yield server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # In continuous integration a missing browser is an error, which running_chromium() raises.
    if find_chromium() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium: install the package chromium or Google Chrome, or set CHROMIUM to its path")
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def expected_console_errors() -> list[str]:
    """Parts of console errors that the test provokes; append to it."""
    return []


@pytest.fixture
def open_notebook(
    jupyterlab: Server, chromium: Browser, expected_console_errors: list[str]
) -> Iterator[OpenNotebook]:
    """A function: cells and the options of `scripts.lab.open_notebook` in, a `LabPage` that has run them out.

    When the test ends, nothing unexpected may stand in the page's console.
    """
    opened: list[LabPage] = []
    with ExitStack() as stack:

        def open_one(cells: Sequence[str], **options: Any) -> LabPage:
            lab = stack.enter_context(opened_notebook(jupyterlab, chromium, cells, **options))
            opened.append(lab)
            return lab

        yield open_one
        errors = [error for lab in opened for error in lab.console_errors]
    assert [e for e in errors if not any(part in e for part in expected_console_errors)] == []
