"""Roles of Sphinx in docstrings, such as ``:class:`FederWidget```, as links of the documentation."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:func|class|meth|mod):`~?(?P<name>[\w.]+)`")

PACKAGE = "feder_widget"
HOLDER = {
    "clusters": "figures",
    "distances": "figures",
    "embedder": "embedders",
    "report": "FederWidget",
    "results": "FederWidget",
    "save_html": "FederWidget",
}
"""Names that a docstring gives without the class or module that holds them."""

NOT_PUBLIC = ("feder_widget.embedding.descriptor",)
"""Modules that have no page."""


class DocstringRoles(griffe.Extension):
    """Rewrites the docstrings of every object that is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = ROLE.sub(_link, obj.docstring.value)


def _link(found: re.Match[str]) -> str:
    name = found["name"]
    if name in NOT_PUBLIC:
        return f"``{name}``"
    path = name.removeprefix(f"{PACKAGE}.")
    holder = HOLDER.get(path)
    target = ".".join(part for part in (PACKAGE, holder, path) if part)
    return f"[`{path}`][{PACKAGE if name == PACKAGE else target}]"
