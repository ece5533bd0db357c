"""The quick start as a code host shows it: with outputs, of the code that stands there."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
from typing import Any

import pytest
from PIL import Image

from scripts.notebook_outputs import (
    CODE_HASH,
    QUICKSTART,
    UNSEEN,
    WIDGET_VIEW,
    WIDTH,
    code_cells,
    code_hash,
    code_of,
    look_the_same,
)

NOTEBOOK_LIMIT = 1_000_000
PICTURE_LIMIT = 400_000

MACHINE_PATH = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:\\|/(?:home|root|tmp|work|Users|var|usr|opt|mnt)/)")


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(QUICKSTART.read_text())
    return loaded


def outputs_of(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for cell in code_cells(notebook) for output in cell["outputs"]]


def pictures_of(notebook: dict[str, Any]) -> list[bytes]:
    found = [output.get("data", {}).get("image/png") for output in outputs_of(notebook)]
    return [base64.b64decode(data) for data in found if data]


def shows_something(source: str) -> bool:
    """Whether a cell prints, or ends with an expression."""
    return "print(" in source or isinstance(ast.parse(source).body[-1], ast.Expr)


def test_the_outputs_are_of_this_code(notebook: dict[str, Any]) -> None:
    assert notebook["metadata"].get(CODE_HASH) == code_hash(notebook), "run `make notebook-outputs`"


def test_every_cell_that_shows_something_has_its_output(notebook: dict[str, Any]) -> None:
    shown = [bool(cell["outputs"]) for cell in code_cells(notebook)]
    assert shown == [shows_something(source) for source in code_of(notebook)]
    assert not [output for output in outputs_of(notebook) if output["output_type"] == "error"]
    assert not [output for output in outputs_of(notebook) if output.get("name") == "stderr"]


def test_cells_are_numbered_as_they_run(notebook: dict[str, Any]) -> None:
    numbers = [cell["execution_count"] for cell in code_cells(notebook)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_picture_stands_where_a_widget_is_shown(notebook: dict[str, Any]) -> None:
    shown = [cell for cell in code_cells(notebook) if "fw.FederWidget(" in "".join(cell["source"])]
    assert len(shown) == len(pictures_of(notebook)) > 0
    for cell in shown:
        (output,) = cell["outputs"]
        assert re.match(r"FederWidget: the search for row \d+ at nprobe", output["data"]["text/plain"][0])
        assert output["metadata"]["image/png"]["alt"] == output["data"]["text/plain"][0]
        # Without its kernel the view would be an error in place of the picture.
        assert WIDGET_VIEW not in output["data"]


def test_pictures_are_small_and_hold_no_more_than_pixels(notebook: dict[str, Any]) -> None:
    for picture in pictures_of(notebook):
        image = Image.open(io.BytesIO(picture))
        assert abs(image.width - WIDTH) <= 2
        assert image.info == {}
        assert len(picture) < PICTURE_LIMIT
    assert QUICKSTART.stat().st_size < NOTEBOOK_LIMIT


def test_nothing_of_the_machine_or_the_moment_is_in_it(notebook: dict[str, Any]) -> None:
    for output in outputs_of(notebook):
        output.get("data", {}).pop("image/png", None)
    assert not MACHINE_PATH.search(json.dumps(notebook))
    assert "widgets" not in notebook["metadata"]
    for cell in code_cells(notebook):
        assert set(cell["metadata"]) <= {"tags"}, "times of execution change with every run"


def test_a_machine_path_would_be_seen() -> None:
    assert MACHINE_PATH.search('File "/home/somebody/x.py"')
    assert not MACHINE_PATH.search("https://example.org/tmp/x")


def test_pictures_that_differ_by_what_nobody_sees_look_the_same() -> None:
    def grey(level: int, width: int = 4) -> bytes:
        stream = io.BytesIO()
        Image.new("RGB", (width, 4), (level, 90, 90)).save(stream, "PNG")
        return stream.getvalue()

    assert look_the_same(grey(90), grey(90 + UNSEEN))
    assert not look_the_same(grey(90), grey(91 + UNSEEN))
    assert not look_the_same(grey(90), grey(90, width=5))
