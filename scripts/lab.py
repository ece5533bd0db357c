"""A real JupyterLab in a real Chromium, for the browser tests, the screenshots and the benchmark of the page.

>>> with jupyterlab() as server, chromium() as browser:
...     with open_notebook(server, browser, ["import feder_widget"]) as lab:
...         lab.kernel_json("feder_widget.__version__")

Everything waits for a state, never for a time. The server listens on loopback without a token: good enough
for a test on one machine, never for what a user is told to run.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

REPOSITORY = Path(__file__).resolve().parents[1]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A container's /dev/shm is often 64 MiB, less than a canvas-heavy page wants.
    "--disable-dev-shm-usage",
)

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    # Cells outside the viewport must stay attached, or their widgets cannot be found.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "kernelShutdown": True},
    "@jupyterlab/application-extension:shell": {"startMode": "single"},
}

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

# Said by JupyterLab itself on every page, whatever the notebook holds.
LAB_NOISE = ("favicon", "WebSocket connection to", "/api/me", "/lab/api/workspaces", "/api/contents/")

Theme = Literal["light", "dark"]

PATIENCE = 120
"""Seconds after which what is waited for counts as never coming; a busy machine takes several of them."""


class LabError(RuntimeError):
    """JupyterLab, Chromium or the code in the notebook did not do what was asked."""


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome: ``$CHROMIUM`` when set, else the first known name in ``PATH``."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    url: str
    """Address without a trailing slash."""
    notebooks: Path
    """The folder it serves."""
    log: Path


@contextmanager
def jupyterlab(*, start_timeout: float = PATIENCE) -> Iterator[Server]:
    """Start JupyterLab with folders of its own on a free port; stop it and its kernels at the end.

    ``src`` is put on the kernels' path, behind the caller's own, so that a checkout without an install works
    too, and another checkout can be measured.
    """
    with tempfile.TemporaryDirectory(prefix="feder-lab-", ignore_cleanup_errors=True) as temporary:
        home = Path(temporary)
        notebooks = home / "nb"
        labconfig = home / "config" / "labconfig"
        notebooks.mkdir()
        labconfig.mkdir(parents=True)
        (labconfig / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
        python_path = [os.environ.get("PYTHONPATH", ""), str(REPOSITORY / "src")]
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "run"),
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
        }
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        log = home / "lab.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab"),
                    *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
                    "--ServerApp.port_retries=0",
                    "--IdentityProvider.token=",
                    "--ServerApp.password=",
                    "--ServerApp.disable_check_xsrf=True",
                    f"--ServerApp.root_dir={notebooks}",
                    "--LabApp.expose_app_in_browser=True",
                    "--JupyterNotebookApp.expose_app_in_browser=True",
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for_server(f"{url}/api/status", process, log, start_timeout)
            yield Server(url, notebooks, log)
        finally:
            stop(process)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that `find_chromium` finds."""
    path = find_chromium()
    if path is None:
        raise LabError(
            "no Chromium found: install the package chromium (or Google Chrome), or name one in the "
            f"environment variable CHROMIUM; looked for {', '.join(CHROMIUM_NAMES)} in PATH"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_notebook(
    server: Server,
    browser: Browser,
    cells: Sequence[str],
    *,
    theme: Theme = "light",
    viewport: tuple[int, int] = (1400, 900),
    device_scale_factor: float = 1,
    reduced_motion: Literal["no-preference", "reduce"] = "no-preference",
    run: bool = True,
    timeout: float = PATIENCE,
    at: str = "lab/tree",
) -> Iterator[LabPage]:
    """Write `cells` to a new notebook, open it alone on the page, run it; shut its kernel down at the end.

    Parameters
    ----------
    viewport
        Width and height of the page in CSS pixels.
    run
        Run all cells and wait until they have ended without an error.
    timeout
        Seconds that any single step may take.
    at
        Where the server has the application: ``"notebooks"`` is that of Notebook 7.

    Raises
    ------
    LabError
        When a cell raises.
    """
    name = write_notebook(server, cells)
    context = browser.new_context(
        viewport={"width": viewport[0], "height": viewport[1]},
        device_scale_factor=device_scale_factor,
        reduced_motion=reduced_motion,
    )
    context.set_default_timeout(timeout * 1000)
    lab = LabPage(context.new_page(), f"{server.url}/{at}/{name}", theme)
    try:
        lab.open(reset=True)
        if run:
            lab.run_all()
        yield lab
    finally:
        lab.kernel_shutdown()
        context.close()


def write_notebook(server: Server, cells: Sequence[str]) -> str:
    """Write a new notebook where the server serves it, and return its name."""
    name = f"n{uuid.uuid4().hex[:10]}.ipynb"
    (server.notebooks / name).write_text(json.dumps(_notebook(cells)))
    return name


@dataclass
class LabPage:
    """One notebook, open in JupyterLab."""

    page: Page
    url: str
    theme: Theme = "light"
    console_errors: list[str] = field(default_factory=list)
    """What the page has logged as errors or thrown, without JupyterLab's own noise."""

    def __post_init__(self) -> None:
        for event, listener in self._listeners():
            self.page.on(event, listener)

    def detach(self) -> None:
        """Listen to the page no longer."""
        for event, listener in self._listeners():
            self.page.remove_listener(event, listener)

    @property
    def widget(self) -> Locator:
        """Every FederWidget view on the page; take ``.first`` where a notebook shows it twice."""
        return self.page.locator(".feder-widget")

    def open(self, *, reset: bool = False) -> None:
        """Load the page and wait for the notebook's kernel."""
        self.page.goto(self.url + ("?reset" if reset else ""))
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait for the notebook's kernel, and for the theme."""
        self.page.wait_for_function(_KERNEL_IS_IDLE)
        self.page.evaluate(_TIDY, THEMES[self.theme])
        self.page.wait_for_function(f"document.body.dataset.jpThemeName === '{THEMES[self.theme]}'")

    def reload(self) -> None:
        """Save the notebook and load the page anew; the kernel lives on."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        self.open()

    def run_all(self) -> None:
        """Run every cell and wait for the last; a cell that raised is a LabError."""
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self._raise_cell_errors()

    def run_cell(self, code: str) -> None:
        """Append a cell and run it, as a person would; its output is on the page."""
        self.page.evaluate(_RUN_NEW_CELL, code)
        self._raise_cell_errors()

    def run_nth_cell(self, number: int) -> list[dict[str, Any]]:
        """Run the cell at this place, from 0 on, and return its outputs as they stand in a notebook."""
        outputs: list[dict[str, Any]] = self.page.evaluate(_RUN_NTH_CELL, number)
        self._raise_cell_errors()
        return outputs

    def kernel(self, code: str) -> str:
        """Run `code` in the notebook's kernel without a cell, and return what it printed."""
        answer = self.page.evaluate(_EXECUTE, code)
        if answer["error"]:
            raise LabError(f"the kernel raised {answer['error']}")
        return str(answer["text"])

    def kernel_json(self, expression: str) -> Any:
        """Value of a Python expression in the notebook's kernel, by way of JSON."""
        return json.loads(self.kernel(f"import json as _json\nprint(_json.dumps({expression}))"))

    @contextmanager
    def busy_kernel(self) -> Iterator[None]:
        """Hold the kernel's main thread for as long as the block runs, as a cell that takes long does."""
        self.kernel("import pathlib, tempfile, time; _gate = pathlib.Path(tempfile.mkdtemp()) / 'gate'")
        gate = Path(self.kernel_json("str(_gate)"))
        self.page.evaluate(
            "code => { window.busy = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
            ".requestExecute({ code }).done; }",
            "while not _gate.exists():\n    time.sleep(0.01)",
        )
        try:
            yield
        finally:
            gate.touch()
            self.page.evaluate("window.busy")

    def wait_kernel(self, expression: str, wanted: object, *, timeout: float = PATIENCE) -> None:
        """Wait until a Python expression in the kernel has a value: the page saves its state now and then."""
        deadline = time.monotonic() + timeout
        while (value := self.kernel_json(expression)) != wanted:
            if time.monotonic() > deadline:
                raise LabError(f"waited {timeout:g} s for {expression} to be {wanted!r}, it is {value!r}")
            time.sleep(0.02)

    def wait_state(self, state: str, *, timeout: float = PATIENCE, nth: int = 0) -> Locator:
        """Wait until the nth widget view says ``data-state`` = `state`; returns that view."""
        view = self.widget.nth(nth)
        try:
            self.page.locator(f'.feder-widget[data-state="{state}"]').nth(nth).wait_for(
                state="attached", timeout=timeout * 1000
            )
        except PlaywrightError as error:
            seen = view.get_attribute("data-state", timeout=1000) if view.count() else "no widget"
            raise LabError(
                f"waited {timeout:g} s for data-state {state!r}, the page has {seen!r}; "
                f"console errors: {self.console_errors}"
            ) from error
        return view

    def wait_attribute(self, name: str, value: str, *, timeout: float = PATIENCE, nth: int = 0) -> None:
        """Wait until the nth widget view has the attribute `name` with this value."""
        self.page.wait_for_function(
            "([name, value, nth]) => "
            "document.querySelectorAll('.feder-widget')[nth]?.getAttribute(name) === value",
            arg=[name, value, nth],
            timeout=timeout * 1000,
        )

    @contextmanager
    def seeing(self, condition: str) -> Iterator[None]:
        """Wait at the end of the block until a condition was true in it, however briefly.

        It is JavaScript about ``root``, the first widget view, and tried whenever that changes: a look now
        and then can miss a state that passes.
        """
        self.page.evaluate(_WATCH.replace("CONDITION", condition))
        yield
        self.page.wait_for_function("window.federSeen")

    def wait_painted(self) -> None:
        """Wait for two animation frames: what was decided before has then been painted."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def kernel_shutdown(self) -> None:
        """End the kernel; the page stays."""
        self.page.evaluate("window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()")

    def kernel_crash(self) -> None:
        """Let the kernel's process end at once, as a crash does; no reply to this is waited for."""
        self.page.evaluate(_EXECUTE_UNANSWERED, "import os; os._exit(1)")

    def kernel_restart(self) -> None:
        """Restart the kernel, without the question a person gets, and wait until it is idle."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        self.page.wait_for_function(_KERNEL_IS_IDLE)

    def fit_widget(self, *, width: int | None = None, nth: int = 0) -> None:
        """Resize the page until the nth widget view is `width` CSS pixels wide and shown whole."""
        for _ in range(2):
            box = self.widget.nth(nth).bounding_box()
            size = self.page.viewport_size
            if box is None or size is None:
                raise LabError("no visible .feder-widget on the page")
            wide = size["width"] if width is None else size["width"] + round(width - box["width"])
            self.page.set_viewport_size({"width": wide, "height": max(600, round(box["height"]) + 260)})
            self.wait_painted()

    def screenshot(self, path: str | Path, *, whole_page: bool = False) -> Path:
        """Write a PNG of the first widget view, or of the page around it."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.wait_painted()
        if whole_page:
            self.page.screenshot(path=path)
        else:
            self.widget.first.screenshot(path=path)
        return path

    def _listeners(self) -> tuple[tuple[Any, Callable[[Any], None]], ...]:
        return (
            ("console", self._on_console),
            ("pageerror", self._on_error),
            # Leaving a notebook with unsaved output asks first.
            ("dialog", self._on_dialog),
        )

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} ({message.location.get('url', '')})")

    def _on_error(self, error: PlaywrightError) -> None:
        self._note(f"{error.name}: {error.message}")

    def _on_dialog(self, dialog: Dialog) -> None:
        dialog.accept()

    def _note(self, text: str) -> None:
        if not any(noise in text for noise in LAB_NOISE):
            self.console_errors.append(text)

    def _raise_cell_errors(self) -> None:
        raised = self.page.evaluate(_CELL_ERRORS)
        if raised:
            raise LabError("a cell raised:\n" + "\n".join(raised))


_KERNEL_IS_IDLE = """() => {
  const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""

_WATCH = """() => {
  const root = document.querySelector('.feder-widget');
  window.federSeen = false;
  const observer = new MutationObserver(() => {
    if (!(CONDITION)) return;
    window.federSeen = true;
    observer.disconnect();
  });
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
}"""

_TIDY = """async theme => {
  const { shell, commands } = window.jupyterapp;
  shell.collapseLeft();
  shell.collapseRight();
  await commands.execute('apputils:change-theme', { theme });
}"""

_RUN_NEW_CELL = """async source => {
  const { commands, shell } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  await commands.execute('notebook:insert-cell-below');
  notebook.activeCell.model.sharedModel.setSource(source);
  await commands.execute('notebook:run-cell');
}"""

_RUN_NTH_CELL = """async number => {
  const { commands, shell } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.activeCellIndex = number;
  notebook.deselectAll();
  await commands.execute('notebook:run-cell');
  return notebook.model.sharedModel.cells[number].toJSON().outputs;
}"""

_EXECUTE = """async code => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const future = kernel.requestExecute({ code, store_history: false, stop_on_error: false });
  const answer = { text: '', error: null };
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === 'stream' && content.name === 'stdout') answer.text += content.text;
    if (header.msg_type === 'error') answer.error = `${content.ename}: ${content.evalue}`;
  };
  await future.done;
  return answer;
}"""

_EXECUTE_UNANSWERED = """code => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  kernel.requestExecute({ code, store_history: false }).done.catch(() => {});
}"""

_CELL_ERRORS = r"""() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  return cells.flatMap(cell => (cell.toJSON().outputs ?? [])
    .filter(output => output.output_type === 'error')
    .map(output => output.traceback.join('\n').replace(/\u001b\[[0-9;]*m/g, '')));
}"""


def _notebook(cells: Sequence[str]) -> dict[str, Any]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        },
        "cells": [
            {
                "id": f"cell{number}",
                "cell_type": "code",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_server(url: str, process: subprocess.Popen[bytes], log: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-4000:]
            raise LabError(f"{url} did not answer within {timeout:g} s:\n{tail}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    # On SIGTERM the server shuts its kernels down before it leaves.
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
