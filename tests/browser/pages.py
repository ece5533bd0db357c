"""Pages of JupyterLab that one test after the other uses: to load one takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Page

from scripts.lab import PATIENCE, LabPage, Server, Theme, open_notebook, write_notebook


class Pages:
    """Opens notebooks, where it can in a page whose last notebook has been closed.

    A page is used again only if the test passed, nothing was logged as an error and no dialog is left. What a
    notebook may change otherwise (size, theme, media, mouse) is put back; a test that does more to the page,
    such as scripts that run at every load, asks for ``own_page``.
    """

    def __init__(self, server: Server, browser: Browser) -> None:
        self._server = server
        self._browser = browser
        self._idle: dict[float, Page] = {}
        self._spoilt: list[LabPage] = []

    @contextmanager
    def open_notebook(
        self, cells: Sequence[str], *, own_page: bool = False, **options: Any
    ) -> Iterator[LabPage]:
        """Do as `scripts.lab.open_notebook` does, with its options."""
        if own_page or not options.keys() <= _KNOWN:
            with open_notebook(self._server, self._browser, cells, **options) as lab:
                yield lab
        else:
            with self._shared(cells, **options) as lab:
                yield lab

    def spoil(self, lab: LabPage) -> None:
        """Let nobody else have this page."""
        self._spoilt.append(lab)

    @contextmanager
    def _shared(
        self,
        cells: Sequence[str],
        *,
        theme: Theme = "light",
        viewport: tuple[int, int] = (1400, 900),
        device_scale_factor: float = 1,
        reduced_motion: Literal["no-preference", "reduce"] = "no-preference",
        run: bool = True,
    ) -> Iterator[LabPage]:
        page = self._idle.pop(device_scale_factor, None)
        used = page is not None
        if page is None:
            context = self._browser.new_context(device_scale_factor=device_scale_factor)
            context.set_default_timeout(1000 * PATIENCE)
            page = context.new_page()
        page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        page.emulate_media(reduced_motion=reduced_motion, color_scheme="light")
        page.mouse.move(0, 0)
        name = write_notebook(self._server, cells)
        lab = LabPage(page, f"{self._server.url}/lab/tree/{name}", theme)
        finished = False
        try:
            if used:
                page.evaluate(_OPEN, name)
                lab.wait_ready()
            else:
                lab.open(reset=True)
            if run:
                lab.run_all()
            yield lab
            finished = True
        finally:
            # What JupyterLab says when a kernel goes away is nobody's error.
            well = finished and lab not in self._spoilt and not lab.console_errors
            lab.kernel_shutdown()
            if well and device_scale_factor not in self._idle and _closed(lab):
                self._idle[device_scale_factor] = page
            else:
                page.context.close()


def _closed(lab: LabPage) -> bool:
    """Close what is open, wait until it is said what there is to say, and tell if nothing is left."""
    clean = lab.page.evaluate(_CLOSE)
    lab.wait_painted()
    lab.detach()
    return bool(clean)


_KNOWN = {"theme", "viewport", "device_scale_factor", "reduced_motion", "run"}

_OPEN = """async path => {
  const { commands, shell } = window.jupyterapp;
  const before = [...shell.widgets('main')];
  await commands.execute('docmanager:open', { path, factory: 'Notebook' });
  for (const widget of before) widget.dispose();
}"""

# Disposed rather than closed, which would ask whether to save.
_CLOSE = """() => {
  for (const widget of [...window.jupyterapp.shell.widgets('main')]) widget.dispose();
  return document.querySelector('.jp-Dialog, .feder-widget') === null;
}"""
