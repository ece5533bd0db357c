"""What a user installs: the wheel made from the sdist, on a machine without Node.js."""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import feder_widget

REPOSITORY = Path(__file__).resolve().parents[1]
BUNDLE_LIMIT = 450_000
COMPRESSED_LIMIT = 140_000


def run(command: list[str], **options: object) -> str:
    """Run to the end and return what was printed; what it printed is in the failure if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run([sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(REPOSITORY)])
    (path,) = folder.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
def path_without_node(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with nothing in it: no node, no npm."""
    return str(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, path_without_node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(sdist)],
        env=os.environ | {"PATH": path_without_node},
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, path_without_node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    run(
        [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(folder), str(wheel)],
        env=os.environ | {"PATH": path_without_node},
    )
    return folder


def test_the_sdist_holds_the_built_front_end_and_its_source(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "src/feder_widget/static/widget.js",
        "js/src/widget.ts",
        "js/package-lock.json",
        "LICENSE",
    } <= names
    assert not [name for name in names if "node_modules" in name or name.startswith(".venv")]


def test_the_wheel_holds_the_front_end_the_types_and_the_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "feder_widget/static/widget.js",
        "feder_widget/static/widget.css",
        "feder_widget/static/graph_widget.js",
        "feder_widget/static/graph_widget.css",
        "feder_widget/static/page.js",
        "feder_widget/static/page.css",
        "feder_widget/static/graph_page.js",
        "feder_widget/static/graph_page.css",
        "feder_widget/py.typed",
        "feder_widget/notebooks/quickstart.ipynb",
        f"feder_widget-{feder_widget.__version__}.dist-info/entry_points.txt",
        f"feder_widget-{feder_widget.__version__}.dist-info/licenses/LICENSE",
    } <= names
    assert not [name for name in names if not name.startswith(("feder_widget/", "feder_widget-"))]


@pytest.mark.parametrize("name", ["widget", "graph_widget", "page", "graph_page"])
def test_a_bundle_is_small_enough_to_be_saved_with_every_notebook(wheel: Path, name: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        bundle = archive.read(f"feder_widget/static/{name}.js")
    assert len(bundle) < BUNDLE_LIMIT
    assert len(gzip.compress(bundle)) < COMPRESSED_LIMIT


def test_the_wheel_installs_and_imports_without_node(installed: Path) -> None:
    code = "import feder_widget; print(feder_widget.__file__); print(feder_widget.FederWidget._esm)"
    printed = run(
        [sys.executable, "-c", code], cwd=installed, env=os.environ | {"PYTHONPATH": str(installed)}
    ).splitlines()
    assert Path(printed[0]).parent == installed / "feder_widget"
    # anywidget has read the file: a bundle that is missing or empty would not print so.
    assert len("\n".join(printed[1:])) > 1000


def test_the_version_is_the_same_everywhere(installed: Path) -> None:
    (found,) = importlib.metadata.distributions(name="feder-widget", path=[str(installed)])
    assert found.version == feder_widget.__version__
    assert json.loads((REPOSITORY / "js" / "package.json").read_text())["version"] == feder_widget.__version__


def test_importing_brings_in_nothing_heavy() -> None:
    code = "import sys, feder_widget; print('\\n'.join(sys.modules))"
    loaded = {name.partition(".")[0] for name in run([sys.executable, "-c", code]).splitlines()}
    assert loaded & {"jupyterlab", "matplotlib", "pandas", "scipy", "sklearn", "torch"} == set()
