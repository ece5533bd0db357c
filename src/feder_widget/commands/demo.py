"""``feder-widget demo``: the quick start in JupyterLab."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NOTEBOOK = "quickstart.ipynb"

_PACKAGE = Path(__file__).parents[1]
_PLACES = (_PACKAGE / "notebooks" / NOTEBOOK, _PACKAGE.parents[1] / "notebooks" / NOTEBOOK)
"""Where the quick start is: in the package, or beside it in a checkout."""

_NEEDED = {"jupyterlab": "jupyterlab", "sklearn": "scikit-learn"}
"""Modules that the quick start needs, and the packages that hold them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--no-browser", action="store_true", help="only start the server and print its address"
    )
    parser.add_argument("--port", type=int, help="port of the server; unless given, a free one from 8888 on")


def open_demo(options: argparse.Namespace) -> int:
    """Do what the arguments say, and return the exit status."""
    missing = [package for module, package in _NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        return _fail(f"the demo needs {' and '.join(missing)}: pip install 'feder-widget[demo]'")
    notebook = next((place for place in _PLACES if place.exists()), None)
    if notebook is None:
        return _fail(f"{NOTEBOOK} is not where this package keeps it: install the package again")
    with tempfile.TemporaryDirectory(prefix="feder-widget-") as folder:
        shutil.copy(notebook, folder)
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            f"--ServerApp.root_dir={folder}",
            # In the default address rather than an argument, so that the address printed leads to it too.
            f"--LabApp.default_url=/lab/tree/{NOTEBOOK}",
            *(["--no-browser"] if options.no_browser else []),
            *([] if options.port is None else [f"--port={options.port}"]),
            *(["--allow-root"] if _is_root() else []),
        ]
        return _run(command)


def _run(command: Sequence[str]) -> int:
    """Run a server until it ends, and return its exit status; 0 where Ctrl-C ended it.

    The server hears Ctrl-C too: at the first it asks whether to stop, and saves. The second stops it, and the
    third kills it.
    """
    process = subprocess.Popen(command)
    if _ends(process):
        return process.returncode
    if not _ends(process):
        process.terminate()
        if not _ends(process):
            process.kill()
            process.wait()
    return 0


def _ends(process: subprocess.Popen[bytes]) -> bool:
    """Wait for a process to end; False where Ctrl-C comes first."""
    try:
        process.wait()
    except KeyboardInterrupt:
        return False
    return True


def _fail(reason: str) -> int:
    sys.stderr.write(f"feder-widget: {reason}\n")
    return 1


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
