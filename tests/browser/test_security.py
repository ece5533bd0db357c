"""Hostile labels, names, addresses and errors in the real page: texts stay texts, and no host is asked."""

from __future__ import annotations

import base64

from playwright.sync_api import Route, expect

from .conftest import OpenNotebook
from .test_widget import DIGITS, result_ids, search_by_id, searched

HOSTILE = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 2</script>"
PICTURES = "https://pictures.example/"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVQIHWNgAAAAAgABz8g15QAAAABJRU5ErkJggg=="

WIDGET = f"""
hostile = {HOSTILE!r}
svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>window.hacked = 3</script></svg>"
entries = [
    "javascript:window.hacked=4", " java\\nscript:window.hacked=4", "file:///etc/passwd",
    "data:text/html,<script>window.hacked=5</script>", "data:image/svg+xml," + svg, "blob:https://evil.example/1",
    "ftp://evil.example/a.png", "//evil.example/a.png", hostile + ".png", "/no/such/secret-folder/a.png",
    svg.encode(), "https://pictures.example/a.png", "https://pictures.example/" + hostile,
]
found = [int(row) for row in faiss_ids(42, 40, 30)]
images = dict(zip(found, entries * 3))

def project(rows):
    raise OSError(2, hostile, "/no/such/secret-folder/" + hostile)

w = fw.FederWidget(fw.open_index(index), images=images, labels=[hostile] * len(X), projection=project,
                   nprobe=40, k=30)
w
"""

ELEMENTS = (
    "script, iframe, object, embed, a, link, style, base, form[action], [srcdoc], [href], [onerror], [onload]"
)


def test_nothing_of_the_data_becomes_html_or_a_request(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET], run=False)
    asked: list[str] = []

    def picture(route: Route) -> None:
        route.fulfill(body=base64.b64decode(DOT), content_type="image/png")

    lab.page.context.route(PICTURES + "**", picture)
    lab.page.on("request", lambda request: asked.append(request.url))
    lab.run_all()
    view = searched(lab, 42)
    assert result_ids(view) == lab.kernel_json("faiss_ids(42, 40, 30)")
    results = view.get_by_role("list", name="True neighbours", exact=True)
    for reason in ("javascript: addresses", "file: addresses", "data: addresses", "ftp: addresses", "SVG"):
        expect(results.locator(f".feder-broken[title*='{reason}']").first).to_be_attached()
    expect(view.locator(f"img[src^='{PICTURES}']").first).to_be_attached()
    expect(view.get_by_text(HOSTILE).first).to_be_visible()
    results.get_by_role("button").first.click()
    expect(view.get_by_role("dialog").get_by_text(HOSTILE).first).to_be_visible()
    lab.page.keyboard.press("Escape")
    search_by_id(lab, HOSTILE)
    expect(view.get_by_role("alert")).to_contain_text("<img")
    view.get_by_role("tab", name="Projection").click()
    said = view.get_by_text("custom: project raised")
    expect(said).to_be_visible()
    assert "secret-folder" not in said.inner_text()
    view.get_by_role("tab", name="Distances").click()
    lab.wait_painted()
    assert view.locator(ELEMENTS).count() == 0
    sources = view.locator("img").evaluate_all("images => images.map(image => image.src)")
    assert [
        s for s in sources if not s.startswith(("data:image/png", "data:image/jpeg", "blob:", PICTURES))
    ] == []
    assert lab.page.evaluate("window.hacked") is None
    server = lab.url.split("/lab/")[0]
    allowed = (server, server.replace("http", "ws", 1), PICTURES, "data:", "blob:")
    assert [url for url in asked if not url.startswith(allowed)] == []
    assert "secret-folder" not in lab.page.evaluate("document.querySelector('.feder-widget').outerHTML")
