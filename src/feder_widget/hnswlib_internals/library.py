"""The library hnswlib: told by its classes, imported only when something of it is to be made."""

from __future__ import annotations

import importlib
from typing import Any

from feder_widget.errors import UnsupportedIndexError

INSTALL = "pip install feder-widget[hnswlib]"


def is_index(source: Any) -> bool:
    """Return whether an object is an ``hnswlib.Index``, or of a class derived from it."""
    return _class_of(source, "Index") is not None


def like(source: Any, parts: dict[str, Any]) -> Any:
    """Return an ``hnswlib.Index`` with a state, of the library that an index comes from."""
    kind: Any = _class_of(source, "Index")
    return kind(params=parts)


def refuse_brute_force(source: Any) -> None:
    """Raise if an object is an ``hnswlib.BFIndex``, which has no graph."""
    if _class_of(source, "BFIndex") is not None:
        raise UnsupportedIndexError(
            "source must be an hnswlib.Index, got an hnswlib.BFIndex: it compares all vectors, so that it "
            "misses nothing"
        )


def index_class() -> Any:
    """Return ``hnswlib.Index``.

    Raises
    ------
    ImportError
        If hnswlib is not installed, with what installs it.
    """
    try:
        return importlib.import_module("hnswlib").Index
    except ImportError as error:
        raise ImportError(
            f"hnswlib searches its own files, and cannot be imported ({error}): {INSTALL}"
        ) from error


def _class_of(source: Any, name: str) -> type | None:
    """Return the class of hnswlib that an object is of."""
    for kind in type(source).__mro__:
        if (kind.__module__, kind.__qualname__) == ("hnswlib", name):
            return kind
    return None
