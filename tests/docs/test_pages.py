"""Every page in Chromium, from a file and without a network: it loads nothing else and logs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site
from .pages_of_site import LIVE, SOURCES, shown_in, site_page

OpenPage = Callable[[Path], Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """A function: a file in, its page out; the page may log nothing, and ask for files only."""
    contexts = []
    said: list[str] = []

    def open_one(path: Path) -> Page:
        context = chromium.new_context(offline=True, viewport={"width": 1440, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.extend(elsewhere(request.url)))
        page.goto(path.as_uri())
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert said == []


def elsewhere(url: str) -> list[str]:
    return [] if url.startswith(("file:", "data:", "blob:", "about:")) else [url]


@pytest.mark.parametrize("name", LIVE)
def test_a_live_page_shows_its_search(name: str, site: Site, open_page: OpenPage) -> None:
    page = open_page(site.folder / "live" / f"{name}.html")
    expect(page.locator(".feder-widget")).to_have_attribute("data-state", "done")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_page_opens_with_its_live_pages(source: Path, site: Site, open_page: OpenPage) -> None:
    page = open_page(site.folder / site_page(source))
    expect(page.locator("h1")).to_be_visible()
    frames = page.locator(".live iframe")
    assert frames.count() == len(shown_in(source))
    for place in range(frames.count()):
        frame = frames.nth(place)
        frame.scroll_into_view_if_needed()
        expect(frame.content_frame.locator(".feder-widget")).to_have_attribute("data-state", "done")
        assert frame.get_attribute("title")


def test_the_search_of_the_site_works_from_a_file(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.folder / "index.html")
    page.get_by_role("textbox", name="Search").fill("re-ranking")
    found = page.locator(".md-search-result__item a[href*='questions/re-ranking.html']").first
    expect(found).to_be_visible()
