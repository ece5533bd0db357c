"""Names that have moved, so that the same benchmark measures a checkout of before the move as well."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def moved(*places: str) -> Any:
    """Return what is found at the first ``"module:name"`` that this checkout has; the newest comes first."""
    for place in places:
        module, name = place.split(":")
        try:
            return getattr(import_module(f"feder_widget.{module}"), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"none of {', '.join(places)} is in feder_widget")
