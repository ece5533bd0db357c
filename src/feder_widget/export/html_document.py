"""A page of its own: the widget, what it answers from, and the answer in words for where no script runs."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

STATIC = Path(__file__).parents[1] / "static"

Bundle = Literal["page", "graph_page"]
"""The front end of a page: that of an index with lists, or of a graph."""


@dataclass(frozen=True, slots=True)
class PageParts:
    """What a page is made of.

    Attributes
    ----------
    bundle : "page" or "graph_page"
        The widget of lists or of graphs.
    title : str
        Of the document, and its heading.
    packed : bytes
        The recording, compressed.
    answer : str
        The first answer as HTML, for where no script runs.
    remarks : list of str
        What the page does not hold.
    """

    bundle: Bundle
    title: str
    packed: bytes
    answer: str
    remarks: list[str]


def page_bytes(bundle: Bundle) -> int:
    """Return the bytes that a page takes before it holds anything."""
    return sum((STATIC / f"{bundle}.{kind}").stat().st_size for kind in ("js", "css"))


def one_page(parts: PageParts) -> str:
    """Return an HTML document that works from a file, without a network and without a kernel.

    Nothing but its own script runs in it: the policy names that by its hash. Data stands in it as text and as
    base64, and the script makes no HTML of it.
    """
    script = (STATIC / f"{parts.bundle}.js").read_text(encoding="utf-8")
    style = (STATIC / f"{parts.bundle}.css").read_text(encoding="utf-8")
    # A script ends at the first such tag, wherever it stands; in JavaScript these are the same string.
    script = script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    recording = base64.b64encode(parts.packed).decode("ascii")
    title = escape(parts.title)
    about = " ".join(["Saved with feder_widget.", *parts.remarks])
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        '<div id="feder-explorer"></div>\n'
        f'<main id="feder-static">\n<h1>{title}</h1>\n{parts.answer}\n</main>\n'
        f'<p class="feder-page-about">{escape(about)}</p>\n'
        f'<script type="text/plain" id="feder-recording" data-length="{len(recording)}">{recording}'
        "</script>\n"
        '<template id="feder-end"></template>\n'
        f'<script type="module">{script}</script>\n'
        "</body>\n</html>\n"
    )


def srcdoc_frame(document: str, title: str, height: int) -> str:
    """Return a page as a fragment of another: a frame that holds it, and may do nothing else."""
    return (
        f'<iframe title="{escape(title)}" sandbox="allow-scripts allow-downloads" '
        'allow="fullscreen; clipboard-write" loading="lazy" '
        f'style="width:100%;height:{height}px;border:0" srcdoc="{escape(document)}"></iframe>'
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
