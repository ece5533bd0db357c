"""JupyterLab and Chromium once for all browser tests of a worker, and a notebook of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.lab import PATIENCE, LabPage, Server, find_chromium
from scripts.lab import chromium as running_chromium
from scripts.lab import jupyterlab as running_jupyterlab

from .pages import Pages

OpenNotebook = Callable[..., LabPage]
OpenFile = Callable[..., Page]

PASSED = pytest.StashKey[bool]()

# Five seconds by default, which a busy machine takes.
expect.set_options(timeout=1000 * PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parent.parts:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


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


@pytest.fixture(scope="package")
def pages(jupyterlab: Server, chromium: Browser) -> Pages:
    return Pages(jupyterlab, chromium)


@pytest.fixture
def expected_console_errors() -> list[str]:
    """Parts of console errors that the test provokes; append to it."""
    return []


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest, pages: Pages, expected_console_errors: list[str]
) -> Iterator[OpenNotebook]:
    """A function: cells and the options of `Pages.open_notebook` in, a `LabPage` that has run them out.

    When the test ends, nothing unexpected may stand in the page's console.
    """
    opened: list[LabPage] = []
    with ExitStack() as stack:

        def open_one(cells: Sequence[str], **options: Any) -> LabPage:
            lab = stack.enter_context(pages.open_notebook(cells, **options))
            opened.append(lab)
            return lab

        yield open_one
        if not request.node.stash.get(PASSED, False):
            for lab in opened:
                pages.spoil(lab)
        errors = [error for lab in opened for error in lab.console_errors]
    assert [e for e in errors if not any(part in e for part in expected_console_errors)] == []


@pytest.fixture
def open_file(chromium: Browser) -> Iterator[OpenFile]:
    """A function: a file in, its page out; nothing may stand in the console when the test ends."""
    contexts = []
    said: list[str] = []

    def open_one(path: Path, **options: Any) -> Page:
        context = chromium.new_context(
            **{"offline": True, "viewport": {"width": 1440, "height": 900}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert said == []
