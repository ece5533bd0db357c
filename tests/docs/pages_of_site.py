"""The pages of the documentation: their sources, and what a built one links to, loads and holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from scripts.lab import REPOSITORY
from scripts.live_examples import EXAMPLES

DOCS = REPOSITORY / "docs"
SOURCES = sorted([*DOCS.glob("*.md"), *DOCS.glob("questions/*.md"), *DOCS.glob("reference/*.md")])
LIVE = sorted(EXAMPLES)

LOADED_BY_LINK = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}


@dataclass
class PageParts:
    """What an HTML document refers to."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts = PageParts()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.parts.ids |= {held[name] for name in ("id", "name") if name in held}
        if tag == "a" and "href" in held:
            self.parts.links.append(held["href"])
        elif tag == "link" and LOADED_BY_LINK & set(held.get("rel", "").split()):
            self.parts.loaded.append(held["href"])
        elif "src" in held:
            self.parts.loaded.append(held["src"])
        self.parts.loaded += [part.split()[0] for part in held.get("srcset", "").split(",") if part.strip()]


def parts_of(path: Path) -> PageParts:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.parts


def site_page(source: Path) -> str:
    """Return the page that a source becomes, from the folder of the site."""
    return source.relative_to(DOCS).with_suffix(".html").as_posix().replace("README.html", "index.html")


def shown_in(source: Path) -> list[str]:
    """Return the live pages that a source shows."""
    text = source.read_text(encoding="utf-8")
    return [name for name in LIVE if f"<!-- live: {name}\n" in text]
