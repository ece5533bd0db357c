"""Photograph the widget as it is in JupyterLab.

The picture for the README::

    python -m scripts.screenshot --out docs/images/photographs.png

Any state of it, from any cells, after any clicks::

    python -m scripts.screenshot --data ../shared/data --theme dark --width 900 --out /tmp/dark.png
    python -m scripts.screenshot --cells cells.py --out /tmp/a.png \\
        --do "button('Random query')" --do "lab.wait_state('done')" --do "shot('after')"

``--cells`` is a Python file, cut into cells at lines ``# %%``. ``--do`` is Python (or the path of a Python
file) that sees ``lab`` (`scripts.lab.LabPage`), ``page`` (Playwright's page), ``widget`` (the locator of the
first view), ``button(name)``, which clicks, ``press(role, name, *keys)``, ``kernel(code)`` and
``shot(suffix)``, which writes another picture beside ``--out``. What the page logs as an error is printed,
and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from scripts.lab import REPOSITORY, LabPage, chromium, jupyterlab, open_notebook

PHOTOGRAPHS = """
import faiss
import numpy as np
from sklearn.datasets import load_sample_images

import feder_widget as fw

photographs = load_sample_images().images
windows = [np.lib.stride_tricks.sliding_window_view(photo, (64, 64, 3)) for photo in photographs]
tiles = np.concatenate([found[::8, ::8].reshape(-1, 64, 64, 3) for found in windows])
X = tiles.reshape(-1, 8, 8, 8, 8, 3).mean(axis=(2, 4)).reshape(len(tiles), -1).astype("float32") / 255
index = faiss.index_factory(X.shape[1], "IVF64,Flat")
index.train(X)
index.add(X)
opened = fw.open_index(index)
labels = np.repeat(["temple", "flower"], len(tiles) // 2)
w = fw.FederWidget(opened, images=tiles, labels=labels, nprobe={nprobe}, k={k})
w.search({query})
w
"""

FOLDER = """
from pathlib import Path

import faiss
import numpy as np

import feder_widget as fw

data = np.load({embeddings!r})
vectors = data["vectors"].astype("float32")
index = faiss.index_factory(vectors.shape[1], {factory!r})
index.train(vectors)
index.add(vectors)
images = [str(Path({images!r}) / name) for name in data["files"]]
labels = data["names"][data["labels"]] if "names" in data else data["labels"] if "labels" in data else None
w = fw.FederWidget(fw.open_index(index), images=images, labels=labels, nprobe={nprobe}, k={k})
w.search({query})
w
"""


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    cells = _cells(options)
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(
            server,
            browser,
            cells,
            theme=options.theme,
            viewport=(max(700, options.width + 220), 1100),
            device_scale_factor=options.scale,
            reduced_motion="reduce",
        ) as lab,
    ):
        if options.wait:
            lab.wait_state(options.wait)
        lab.fit_widget(width=options.width)
        _perform(lab, options)
        lab.fit_widget(width=options.width)
        print(lab.screenshot(options.out, whole_page=options.page))
        for error in lab.console_errors:
            print("console error:", error, file=sys.stderr)
        return int(bool(lab.console_errors))


def _perform(lab: LabPage, options: argparse.Namespace) -> None:
    def button(name: str) -> None:
        lab.widget.first.get_by_role("button", name=name).click()

    def press(role: str, name: str, *keys: str) -> None:
        control = lab.widget.first.get_by_role(role, name=name)  # type: ignore[arg-type]
        for key in keys:
            control.press(key)

    def shot(suffix: str) -> None:
        path = options.out.with_stem(f"{options.out.stem}-{suffix}")
        print(lab.screenshot(path, whole_page=options.page))

    names = {
        "lab": lab,
        "page": lab.page,
        "widget": lab.widget.first,
        "button": button,
        "press": press,
        "kernel": lab.kernel,
        "shot": shot,
    }
    for step in options.do:
        source = Path(step).read_text() if step.endswith(".py") else step
        exec(compile(source, step, "exec"), names)


def _cells(options: argparse.Namespace) -> list[str]:
    if options.cells is not None:
        parts = re.split(r"^# %%.*$", options.cells.read_text(), flags=re.MULTILINE)
        return [part.strip() for part in parts if part.strip()]
    if options.data is not None:
        return [_folder_cell(options).strip()]
    shown = {"nprobe": options.nprobe, "k": options.k, "query": options.query}
    return [PHOTOGRAPHS.strip().format(**shown)]


def _folder_cell(options: argparse.Namespace) -> str:
    folder = options.data.resolve()
    embeddings = sorted(folder.glob("*.npz"))
    if len(embeddings) != 1:
        raise SystemExit(
            f"--data {folder} must hold one .npz with vectors and files, it holds {len(embeddings)}"
        )
    images = folder
    for archive in sorted(folder.glob("*.zip")):
        images = Path(tempfile.gettempdir()) / "feder-widget-screenshots" / archive.stem
        if not images.exists():
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(images)
    return FOLDER.format(
        embeddings=str(embeddings[0]),
        images=str(images),
        factory=options.factory,
        nprobe=options.nprobe,
        k=options.k,
        query=options.query,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.screenshot",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what is shown (default: tiles of scikit-learn's photographs)")
    what.add_argument("--cells", type=Path, help="Python file with the cells, cut at '# %%%%'")
    what.add_argument(
        "--data",
        type=Path,
        help="folder with the images, or a zip of them, and an .npz of vectors, files [, labels, names]",
    )
    what.add_argument("--factory", default="IVF100,Flat", help="Faiss index factory for --data")
    what.add_argument("--query", type=int, default=2959, help="row id searched for")
    what.add_argument("--nprobe", type=int, default=3)
    what.add_argument("--k", type=int, default=12)
    how = parser.add_argument_group("how")
    how.add_argument("--theme", choices=("light", "dark"), default="light")
    how.add_argument("--width", type=int, default=1200, help="of the widget, in CSS pixels")
    how.add_argument("--scale", type=float, default=2, help="device pixels per CSS pixel")
    how.add_argument("--wait", default="done", help="data-state to wait for first; '' for none")
    how.add_argument("--do", action="append", default=[], metavar="PYTHON", help="may be given again")
    how.add_argument("--page", action="store_true", help="the whole JupyterLab page, not only the widget")
    how.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "images" / "photographs.png")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
