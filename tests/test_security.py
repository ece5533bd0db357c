"""What reaches the page of a machine that it knows nothing of: texts as texts, and no folder."""

import base64
import io
import json
import os
import re
from pathlib import Path

import faiss
import numpy as np
import pytest
from conversation import Page, converse, search_request
from makers import make_ivf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from feder_widget.engines import open_index
from feder_widget.media import IdRange, Media
from feder_widget.projection import resolve_method

SECRET = "secret-folder"
SOURCES = Path(__file__).parents[1] / "js" / "src"


@pytest.fixture
def folder(tmp_path):
    """A folder whose name may not leave this machine."""
    path = tmp_path / SECRET / "photos of ann"
    path.mkdir(parents=True)
    return path


def with_metadata(folder, fmt):
    """An image file that names its folder in every kind of metadata that Pillow can write."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = str(folder)
    texts = PngInfo()
    texts.add_text("Comment", str(folder))
    texts.add_itxt("XML:com.adobe.xmp", str(folder))
    profile = b"icc " + os.fsencode(folder)
    path = folder / f"told.{fmt.lower()}"
    options = (
        {"pnginfo": texts} if fmt == "PNG" else {"comment": str(folder)} if fmt in ("JPEG", "GIF") else {}
    )
    if fmt != "GIF":
        options |= {"exif": exif, "icc_profile": profile}
    pixels = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    Image.fromarray(pixels).save(path, fmt, **options)
    assert os.fsencode(SECRET) in path.read_bytes()
    return path


def sent_by(page):
    """Everything that has left for the page, as text."""
    return "\n".join(
        json.dumps(message) + "".join(buffer.decode("latin-1") for buffer in buffers)
        for message, buffers in list(page.packets)
    )


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
@pytest.mark.parametrize("size", [64, 512])
def test_metadata_of_an_image_stays_behind(folder, fmt, size):
    path = with_metadata(folder, fmt)
    with Image.open(path) as image:
        images = [path, path.read_bytes(), image]
        thumbnails = Media(images, None, IdRange(3, lambda: 2)).thumbnails([0, 1, 2], size)
    for thumbnail in thumbnails:
        assert thumbnail.data is not None
        assert os.fsencode(SECRET) not in thumbnail.data


def test_pictures_that_cannot_be_shown_do_not_say_where_they_were_looked_for(folder):
    (folder / "empty.png").write_bytes(b"")
    (folder / "page.png").write_bytes(b"<!DOCTYPE html><title>404</title>")
    (folder / "noise.jpg").write_bytes(bytes(range(256)))
    (folder / "album").mkdir()
    whole = io.BytesIO()
    Image.new("RGB", (60, 60), "red").save(whole, "PNG")
    (folder / "half.png").write_bytes(whole.getvalue()[:60])

    def images(row_id):
        entries = [
            folder / "gone.png",
            str(folder / "gone.png"),
            f"file://{folder}/gone.png",
            folder / "empty.png",
            folder / "page.png",
            folder / "noise.jpg",
            folder / "album",
            folder / "half.png",
            folder,
            f"{folder}/",
            object(),
        ]
        if row_id == len(entries):
            raise FileNotFoundError(2, "No such file", str(folder / "gone.png"))
        return entries[row_id]

    def labels(row_id):
        raise KeyError(str(folder), row_id)

    index, _ = make_ivf(n=300, nlist=6)
    page = Page()
    session = converse(index, page, images=images, labels=labels)
    try:
        request = {"kind": "thumbnails", "request": "t", "ids": [str(i) for i in range(12)], "size": 64}
        session.handle(request)
        page.wait(kind="thumbnails", final=True)
        # Pictures come in the order of the request.
        reasons = [item["reason"] for message, _ in page.of("t") for item in message["items"]]
        assert len(reasons) == 12
        assert "images raised FileNotFoundError: No such file: gone.png" in reasons[11]
        assert all(reasons)
        assert [name for name in ("gone.png", "empty.png", "half.png") if name in " ".join(reasons)]
        assert str(folder) not in sent_by(page)
        # Only where a path ends in the folder is it the name of what was asked for.
        named = [i for i, reason in enumerate(reasons) if folder.name in reason]
        assert named == [8, 9]
        assert SECRET not in sent_by(page)
    finally:
        session.close()


class Broken:
    """An index whose files can no longer be read, as the system says it and as Faiss does."""

    def __init__(self, index, error):
        self._index = open_index(index)
        self._error = error

    def __getattr__(self, name):
        return getattr(self._index, name)

    def scan_steps(self, *_args, **_options):
        raise self._error


@pytest.mark.parametrize("make_error", [
    lambda folder: FileNotFoundError(2, "No such file", str(folder / "voc.ivfdata")),
    lambda folder: OSError(f"[Errno 5] Input/output error: '{folder / 'voc.ivfdata'}'"),
    lambda folder: RuntimeError(f"Error in faiss at /root/x/io.cpp:67: could not open {folder}/voc.ivfdata"),
    lambda folder: ValueError(f"{folder}/voc.ivfdata holds nothing"),
    lambda folder: KeyError(str(folder / "voc.ivfdata")),
], ids=["missing", "text", "faiss", "value", "key"])  # fmt: skip
def test_an_index_that_cannot_be_read_does_not_say_where_it_lies(folder, make_error):
    index, _ = make_ivf(n=300, nlist=6)
    page = Page()
    session = converse(Broken(index, make_error(folder)), page)
    try:
        session.handle(search_request("bad"))
        message, _ = page.wait(kind="error", request="bad")
        assert "voc.ivfdata" in message["message"]
        assert SECRET not in sent_by(page)
        assert "photos of ann" not in sent_by(page)
    finally:
        session.close()


def test_a_projection_that_fails_does_not_say_where(folder):
    def project(_rows):
        return np.load(folder / "coordinates.npy")

    index, _ = make_ivf(n=300, nlist=6)
    page = Page()
    session = converse(index, page, projection=resolve_method(project))
    try:
        session.search(0, 4, 5)
        session.drain()
        serial = page.wait(kind="coarse")[0]["serial"]
        projection = {"ranks": 4, "k": 5, "flips": [], "extra": [], "extra_clusters": []}
        session.handle({"kind": "projection", "request": "p", "serial": serial, **projection})
        message, _ = page.wait(kind="error", request="p")
        assert "coordinates.npy" in message["message"]
        assert SECRET not in sent_by(page)
    finally:
        session.close()


def test_a_file_on_disk_is_searched_without_a_word_of_where_it_lies(folder):
    index, _ = make_ivf(n=300, nlist=6)
    faiss.write_index(index, str(folder / "voc.index"))
    page = Page()
    session = converse(open_index(folder / "voc.index"), page)
    try:
        session.handle(search_request("a"))
        page.wait(kind="done", request="a")
        assert SECRET not in sent_by(page)
    finally:
        session.close()


def test_a_picture_in_an_address_is_decoded_here_when_it_is_large(folder):
    path = with_metadata(folder, "PNG")
    url = "data:image/png;base64," + base64.b64encode(path.read_bytes() + bytes(60_000)).decode()
    (thumbnail,) = Media([url], None, IdRange(1, lambda: 0)).thumbnails([0], 64)
    assert thumbnail.data is not None
    assert os.fsencode(SECRET) not in thumbnail.data


@pytest.mark.parametrize("way", [
    "innerHTML", "outerHTML", "dangerouslySetInnerHTML", "insertAdjacentHTML", "document.write", "DOMParser",
    "createContextualFragment", "srcdoc", "eval(", "new Function", "fetch(", "XMLHttpRequest", "WebSocket",
    "EventSource", "sendBeacon", "importScripts", "import(", "<iframe", "<object", "<embed", "href=",
    "@import url", "@import '", '@import "http', '@import "/',
])  # fmt: skip
def test_the_page_has_no_way_to_make_html_of_data_nor_to_ask_a_host(way):
    files = [path for path in SOURCES.rglob("*") if path.suffix in (".ts", ".tsx", ".css")]
    assert len(files) > 50
    found = re.compile(rf"(?<![#\w]){re.escape(way)}")
    using = [path.name for path in files if found.search(path.read_text(encoding="utf-8"))]
    # A saved page reads itself, to save itself. A cluster's dashboard opens when it is clicked.
    allowed = {"outerHTML": ["openPage.ts"], "href=": ["DashboardLink.tsx"]}
    assert using == allowed.get(way, [])


def test_a_saved_page_only_reads_itself():
    text = (SOURCES / "page" / "openPage.ts").read_text(encoding="utf-8")
    assert re.findall(r"\w+\.outerHTML(.)", text) == ["}"]


def test_style_sheets_import_one_another_only_by_their_places():
    imports = [
        line.strip()
        for path in SOURCES.rglob("*.css")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "@import" in line
    ]
    assert imports
    assert [line for line in imports if not re.fullmatch(r'@import "\.{1,2}/[\w./-]+\.css";', line)] == []
