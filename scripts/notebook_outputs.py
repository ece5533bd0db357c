"""Run the quick start in JupyterLab and save it with its outputs, so that code hosts show them.

    python -m scripts.notebook_outputs

Code hosts cannot show a widget: its output is a picture of it, taken when the cell has just run. JupyterLab
shows the picture until the reader runs the cell, and the widget from then on.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from scripts.lab import PATIENCE, REPOSITORY, LabError, LabPage, chromium, jupyterlab, open_notebook

QUICKSTART = REPOSITORY / "notebooks" / "quickstart.ipynb"

WIDTH = 1008
"""CSS pixels of the widget, and pixels of its picture."""

COLOURS = 256
"""Colours in a picture: its palette makes it a third as large."""

SETTLED = 4
"""Equal pictures in a row after which the widget has come to rest."""

BETWEEN = 0.5
"""Seconds between two of them."""

CODE_HASH = "outputs_of_code"
"""Key in the notebook's metadata: the code that the outputs are of."""

UNSEEN = 12
"""Levels, of 256, by which pixels of two runs may differ: edges of letters and the palette do by a few."""

PICTURE = "image/png"

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

Notebook = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.notebook_outputs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=QUICKSTART, help="where to write it (default: in place)")
    options = parser.parse_args(argv)
    notebook = json.loads(QUICKSTART.read_text())
    save_outputs(notebook, run(code_of(notebook)))
    options.out.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    print(options.out, f"{options.out.stat().st_size:,} bytes")
    return 0


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """Return the cells that can be run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def code_of(notebook: Notebook) -> list[str]:
    """Return the source of each code cell."""
    return ["".join(cell["source"]) for cell in code_cells(notebook)]


def code_hash(notebook: Notebook) -> str:
    """Return what tells the code of a notebook from any other."""
    return hashlib.sha256(json.dumps(code_of(notebook)).encode()).hexdigest()


def save_outputs(notebook: Notebook, outputs: list[list[dict[str, Any]]]) -> None:
    """Put the outputs of each code cell into a notebook, and number its cells as they were run."""
    for number, (cell, made) in enumerate(zip(code_cells(notebook), outputs, strict=True), start=1):
        keep_pictures(cell["outputs"], made)
        cell["execution_count"] = number
        cell["outputs"] = made
        for output in made:
            if "execution_count" in output:
                output["execution_count"] = number
    notebook["metadata"][CODE_HASH] = code_hash(notebook)


def keep_pictures(before: list[dict[str, Any]], made: list[dict[str, Any]]) -> None:
    """Put the pictures of the last run in place of new ones that look the same."""
    for old, new in zip(before, made, strict=False):
        pictures = [output.get("data", {}).get(PICTURE) for output in (old, new)]
        if all(pictures) and look_the_same(*map(base64.b64decode, pictures)):
            new["data"][PICTURE] = old["data"][PICTURE]


def look_the_same(one: bytes, other: bytes) -> bool:
    """Say whether no channel of any pixel of two pictures differs by more than ``UNSEEN``."""
    images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in (one, other)]
    if images[0].size != images[1].size:
        return False
    channels = ImageChops.difference(*images).getextrema()
    return all(most <= UNSEEN for _, most in channels)


def run(sources: list[str]) -> list[list[dict[str, Any]]]:
    """Run cells one after another in JupyterLab; return the outputs of each, with pictures for widgets."""
    made = []
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(
            server,
            browser,
            sources,
            viewport=(WIDTH + 220, 900),
            reduced_motion="reduce",
            run=False,
        ) as lab,
    ):
        for number in range(len(sources)):
            before = lab.widget.count()
            outputs = lab.run_nth_cell(number)
            widgets = [output for output in outputs if WIDGET_VIEW in output.get("data", {})]
            for nth, output in enumerate(widgets, start=before):
                show_picture(output, lab, nth)
            made.append(outputs)
        if lab.console_errors:
            raise LabError("the page logged errors:\n" + "\n".join(lab.console_errors))
    return made


def show_picture(output: dict[str, Any], lab: LabPage, nth: int) -> None:
    """Replace the widget in an output by a picture of the nth view."""
    view = lab.wait_state("done", nth=nth)
    lab.fit_widget(width=WIDTH, nth=nth)
    picture = compressed(settled_picture(lab, nth))
    query, nprobe, k = (view.get_attribute(f"data-{name}") for name in ("query", "nprobe", "k"))
    text = f"FederWidget: the search for row {query} at nprobe {nprobe} and k {k}"
    output["data"] = {PICTURE: base64.b64encode(picture).decode(), "text/plain": [text]}
    output["metadata"] = {PICTURE: {"alt": text}}


def settled_picture(lab: LabPage, nth: int) -> bytes:
    """Return a PNG of the nth view, once everything in it has arrived and nothing moves."""
    deadline = time.monotonic() + PATIENCE
    picture, equal = b"", 0
    while equal < SETTLED:
        if time.monotonic() > deadline:
            raise LabError(f"the widget changed for {PATIENCE} s")
        lab.page.wait_for_timeout(1000 * BETWEEN)
        before, picture = picture, lab.widget.nth(nth).screenshot()
        equal = equal + 1 if picture == before else 0
    return picture


def compressed(picture: bytes) -> bytes:
    """Return a PNG with a palette, and with nothing in it but the picture."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    reduced = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    reduced.save(stream, "PNG", optimize=True)
    return stream.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
