"""What mkdocs does besides for the documentation: live pages with their numbers, and the changelog as a page.

A page holds a live page as a comment, which a code host does not show::

    <!-- live: why-missed
    Row {row} misses {missed} of its {k} true neighbours.
    -->

The site has the page in a frame there, and the text below it, with the numbers of `scripts.live_pages`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

LIVE = re.compile(r"<!-- live: (?P<name>[\w-]+)\n(?P<text>.*?)-->", re.DOTALL)
NUMBER = re.compile(r"\{(\w+)\}")

FRAME = """
<div class="live" markdown="0">
<iframe src="{address}" title="{title}" height="760" loading="lazy"
  allow="fullscreen *; clipboard-write *"></iframe>
<p><a href="{address}" target="_blank">Open “{title}” in a page of its own</a></p>
</div>

{text}
"""

Facts = Mapping[str, Mapping[str, str]]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, which stands where code hosts and packages look for it."""
    changelog = Path(config.config_file_path).parent / "CHANGELOG.md"
    files.append(File.generated(config, "changelog.md", content=changelog.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the live pages where their comments are."""
    if not LIVE.search(markdown):
        return markdown
    facts = facts_in(Path(config.docs_dir))
    # The frame gets the room of the table of contents.
    page.meta["hide"] = ["toc"]

    def frame(found: re.Match[str]) -> str:
        name = found["name"]
        path = f"live/{name}.html"
        if name not in facts or files.get_file_from_path(path) is None:
            raise PluginError(f"{page.file.src_path} shows {path}, which is not there: run `make docs`")
        return FRAME.format(
            address=get_relative_url(path, page.url),
            title=escape(facts[name]["title"]),
            text=filled(found["text"], facts[name], page.file.src_path),
        )

    return LIVE.sub(frame, markdown)


def facts_in(docs: Path) -> Facts:
    path = docs / "live" / "facts.json"
    if not path.exists():
        raise PluginError("docs/live/facts.json is not there: run `make docs`")
    facts: Facts = json.loads(path.read_text(encoding="utf-8"))
    return facts


def filled(text: str, facts: Mapping[str, str], where: str) -> str:
    """Return a text with its numbers.

    Raises
    ------
    PluginError
        If an example does not tell one of them.
    """

    def number(found: re.Match[str]) -> str:
        if found[1] not in facts:
            raise PluginError(f"{where} names {found[0]}; the example tells {', '.join(facts)}")
        return facts[found[1]]

    return NUMBER.sub(number, text)
