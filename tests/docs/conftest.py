"""The documentation, built once, and a Chromium without a network that opens it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from scripts.lab import PATIENCE, REPOSITORY, find_chromium
from scripts.lab import chromium as running_chromium
from scripts.live_pages import FACTS, OUT

# Five seconds by default, which a busy machine takes.
expect.set_options(timeout=1000 * PATIENCE)


@dataclass(frozen=True)
class Site:
    """A built site, and what mkdocs said meanwhile."""

    folder: Path
    exit_status: int
    log: str


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Build the site; `make test-docs` makes the live pages first where anything has changed."""
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "OMP_WAIT_POLICY": "passive"}
    if not (OUT / FACTS).exists():
        pages = [sys.executable, "-m", "scripts.live_pages"]
        subprocess.run(pages, cwd=REPOSITORY, env=environment, check=True)
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # A warning fails one test, not all of them.
    return Site(folder, built.returncode, built.stdout + built.stderr)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # In continuous integration a missing browser is an error, which running_chromium() raises.
    if find_chromium() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium: install the package chromium or Google Chrome, or set CHROMIUM to its path")
    with running_chromium() as browser:
        yield browser
