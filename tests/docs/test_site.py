"""The documentation: its links, what it loads, the names in its reference, and its code."""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import faiss
import numpy as np
import pytest

import feder_widget as fw
from scripts import live_examples
from scripts.docs_hooks import facts_in
from scripts.lab import REPOSITORY

from .conftest import Site
from .pages_of_site import DOCS, LIVE, SOURCES, parts_of, shown_in

STYLE_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
MARKDOWN_LINK = re.compile(r"(?<!`)\]\(([^)\s]+)\)")
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
"""Code that runs here; what needs other data is marked ``py``."""

MODULE_HEADING = re.compile(r'<h2 id="([\w.]+)" class="doc doc-heading">\s*<code class="[^"]*-module">')

README = REPOSITORY / "README.md"

# The index that an example searches, and what else its lines use.
ROW, MISSED_ROW = 42, 43


def pages_of(site: Site) -> list[Path]:
    return [path for path in sorted(site.folder.rglob("*.html")) if path.parent.name != "live"]


def is_elsewhere(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def test_it_is_built_without_warnings(site: Site) -> None:
    assert site.exit_status == 0, site.log
    assert not re.search("WARNING|ERROR|Traceback", site.log), site.log
    assert len(pages_of(site)) > len(SOURCES)


def test_every_link_leads_to_a_page_and_to_a_place_in_it(site: Site) -> None:
    parts = {path: parts_of(path) for path in pages_of(site)}
    broken = []
    for page, found in parts.items():
        # mkdocs writes this page for servers, with addresses from their root.
        if page.name == "404.html":
            continue
        for address in [*found.links, *found.loaded]:
            split = urlsplit(address)
            if split.scheme or split.netloc:
                continue
            target = (page.parent / unquote(split.path)).resolve() if split.path else page
            has_place = target not in parts or not split.fragment or split.fragment in parts[target].ids
            # A browser lists a folder that it opens from a file.
            if not target.is_file() or not has_place:
                broken.append(f"{page.name}: {address}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Site) -> None:
    loaded = [
        f"{path.name}: {address}"
        for path in site.folder.rglob("*.html")
        for address in parts_of(path).loaded
        if is_elsewhere(address)
    ]
    for sheet in site.folder.rglob("*.css"):
        addresses = ["".join(found) for found in STYLE_URL.findall(sheet.read_text(encoding="utf-8"))]
        loaded += [f"{sheet.name}: {address}" for address in addresses if is_elsewhere(address)]
    assert loaded == []


def test_a_code_host_finds_what_the_sources_link_to() -> None:
    broken = []
    for source in [README, REPOSITORY / "DEVELOP.md", *SOURCES]:
        for address in MARKDOWN_LINK.findall(source.read_text(encoding="utf-8")):
            split = urlsplit(address)
            if split.netloc or not split.path:
                continue
            if not (source.parent / split.path).exists():
                broken.append(f"{source.name}: {address}")
    assert broken == []


def test_every_live_page_is_shown_and_every_question_shows_one() -> None:
    shown = [name for source in SOURCES for name in shown_in(source)]
    assert set(shown) == set(LIVE) == set(facts_in(DOCS))
    questions = [source for source in SOURCES if source.parent.name == "questions" and source.stem != "index"]
    assert len(questions) >= 8
    assert [source.name for source in questions if not shown_in(source)] == []


# The reference.


def public_names() -> list[str]:
    """Return all names that a user may use, as the reference has them: modules, classes and their methods."""
    names = []
    for name in fw.__all__:
        value = getattr(fw, name)
        names.append(name)
        if inspect.ismodule(value):
            # What it takes from elsewhere has a place of its own.
            names += [f"{name}.{each}" for each in value.__all__ if each not in fw.__all__]
        elif inspect.isclass(value):
            names += [f"{name}.{each}" for each, held in vars(value).items() if is_public_method(each, held)]
    return names


def is_public_method(name: str, value: object) -> bool:
    kinds = (property, classmethod, staticmethod, functools.cached_property)
    # Slots are fields, which the docstring of their class lists.
    return not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds))


def test_the_reference_has_every_public_name(site: Site) -> None:
    pages = (site.folder / "reference").glob("*.html")
    ids = set().union(*(parts_of(page).ids for page in pages))
    names = public_names()
    assert "FederWidget.save_html" in names
    assert "IvfIndex.explain" in names
    assert "embedders.timm" in names
    assert [name for name in names if f"feder_widget.{name}" not in ids] == []


def test_each_name_is_what_it_says(site: Site) -> None:
    """A function may have the name of its module, whose page would be that of the module."""
    modules = []
    for page in (site.folder / "reference").glob("*.html"):
        modules += MODULE_HEADING.findall(page.read_text(encoding="utf-8"))
    assert sorted(modules) == ["feder_widget.embedders", "feder_widget.figures"]


def test_the_first_page_of_the_reference_lists_them() -> None:
    text = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    assert [name for name in fw.__all__ if f"[`{name}`][feder_widget.{name}]" not in text] == []


def test_no_role_of_another_tool_is_left_in_it(site: Site) -> None:
    for page in (site.folder / "reference").glob("*.html"):
        assert not re.search(r":(func|class|meth|mod|attr):", page.read_text(encoding="utf-8")), page.name


# The code.


@pytest.fixture
def names() -> dict[str, Any]:
    return {
        "faiss": faiss,
        "fw": fw,
        "np": np,
        "X": live_examples.vectors(),
        "index": live_examples.index_of("IVF64,Flat"),
        "pictures": live_examples.tiles(),
        "queries": live_examples.sample()[:50],
        "row": ROW,
        "missed_row": MISSED_ROW,
        "embed": live_examples.embed,
    }


@pytest.mark.parametrize(
    "source",
    [source for source in [README, *SOURCES] if BLOCK.search(source.read_text(encoding="utf-8"))],
    ids=lambda source: source.stem,
)
def test_the_lines_of_python_run(
    source: Path, names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in BLOCK.findall(source.read_text(encoding="utf-8")):
        exec(compile(block, str(source), "exec"), names)
