"""A real marimo editor, for the browser tests. It runs its notebook as soon as a page opens it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.lab import REPOSITORY, free_port, stop, wait_for_server

CONFIG = """
[runtime]
auto_instantiate = true
"""


@contextmanager
def marimo(cells: Sequence[str], *, start_timeout: float = 90) -> Iterator[str]:
    """Serve a notebook of these cells, with settings of its own; gives the address to open.

    Each cell is the body of a function whose arguments and results marimo finds by itself.
    """
    with tempfile.TemporaryDirectory(prefix="feder-marimo-", ignore_cleanup_errors=True) as temporary:
        home = Path(temporary)
        (home / "config" / "marimo").mkdir(parents=True)
        (home / "config" / "marimo" / "marimo.toml").write_text(CONFIG)
        notebook = home / "notebook.py"
        notebook.write_text(_notebook(cells))
        python_path = [str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
        }
        port = free_port()
        log = home / "marimo.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "marimo", "--yes", "edit", str(notebook)),
                    *("--headless", "--no-token", "--no-sandbox", "--skip-update-check", f"--port={port}"),
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_server(f"{url}/health", process, log, start_timeout)
            yield url
        finally:
            stop(process)


def _notebook(cells: Sequence[str]) -> str:
    functions = (
        "@app.cell\ndef _():\n" + "".join(f"    {line}\n" for line in cell.strip().splitlines())
        for cell in cells
    )
    return "\n\n".join(["import marimo\n\napp = marimo.App()\n", *functions])
