"""A real Voilà server, for the browser tests: it runs a notebook for each page and shows what it displays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.lab import REPOSITORY, free_port, stop, wait_for_server


@contextmanager
def voila(notebook: Path, environment: Mapping[str, str], *, start_timeout: float = 90) -> Iterator[str]:
    """Serve a notebook, with more in its environment; gives the address to open."""
    with tempfile.TemporaryDirectory(prefix="feder-voila-", ignore_cleanup_errors=True) as temporary:
        home = Path(temporary)
        python_path = [os.environ.get("PYTHONPATH", ""), str(REPOSITORY / "src")]
        settings = os.environ | {
            "HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "run"),
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
        }
        port = free_port()
        log = home / "voila.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "voila", str(notebook)),
                    *("--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"),
                ],
                env=settings | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_server(f"{url}/voila/static/voila.js", process, log, start_timeout)
            yield url
        finally:
            stop(process)
