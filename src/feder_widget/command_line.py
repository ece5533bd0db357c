"""``feder-widget``: what can be done from a shell."""

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

from feder_widget.explain_command import add_arguments, explain_index

NOTEBOOK = "quickstart.ipynb"

_PACKAGE = Path(__file__).parent
_PLACES = (_PACKAGE / "notebooks" / NOTEBOOK, _PACKAGE.parents[1] / "notebooks" / NOTEBOOK)
"""Where the quick start is: in the package, or beside it in a checkout."""

_NEEDED = {"jupyterlab": "jupyterlab", "sklearn": "scikit-learn"}
"""Modules that the quick start needs, and the packages that hold them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="feder-widget", description="See how one nearest-neighbour query was answered by a Faiss index."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    demo = commands.add_parser("demo", help="open the quick start in JupyterLab, in a temporary folder")
    demo.add_argument("--no-browser", action="store_true", help="only start the server and print its address")
    demo.add_argument("--port", type=int, help="port of the server; unless given, a free one from 8888 on")
    explain = commands.add_parser(
        "explain",
        help="say what a search of an index returned and missed, and why",
        description="Search an index, compare with an exhaustive search, and say what is missed and why. The "
        "exit status is 1 where recall is below --fail-under, and 2 where an argument is wrong.",
    )
    add_arguments(explain)
    options = parser.parse_args(argv)
    if options.command == "explain":
        return explain_index(options)
    return _demo(options.no_browser, options.port)


def _demo(no_browser: bool, port: int | None) -> int:
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
            *(["--no-browser"] if no_browser else []),
            *([] if port is None else [f"--port={port}"]),
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


if __name__ == "__main__":
    raise SystemExit(main())
