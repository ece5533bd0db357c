"""The notebooks are run without a network: pictures in the layout of VOC 2012 are made here."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts import voc_like

FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_sessionstart(session: pytest.Session) -> None:
    folder = tempfile.TemporaryDirectory(prefix="voc-")
    session.config.stash[FOLDER] = folder
    os.environ["VOC2012"] = str(voc_like.make(Path(folder.name)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[FOLDER].cleanup()
