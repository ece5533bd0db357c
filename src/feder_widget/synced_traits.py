"""Traits that a widget shares with its page, and the page itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import traitlets

THEMES = ("auto", "light", "dark")

_STATIC = Path(__file__).parent / "static"


def bundled(name: str) -> Path | str:
    """Return a part of the page: its file while that is being developed, otherwise its text.

    anywidget notes every widget that was made of a file, to tell it of changes, and so keeps it and its index
    in memory for good.
    """
    path = _STATIC / name
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


def id_to_json(value: int | None, _: object) -> str | None:
    """Return a row id as the page gets it."""
    return None if value is None else str(value)


def id_from_json(value: object, _: object) -> int | None:
    """Return a row id as the page sends it."""
    return None if value is None else int(str(value))


def ids_to_json(value: list[int], _: object) -> list[str]:
    """Return row ids as the page gets them."""
    return [str(row_id) for row_id in value]


def ids_from_json(value: list[object], _: object) -> list[int]:
    """Return row ids as the page sends them."""
    return [int(str(row_id)) for row_id in value]


def one_of(value: object, name: str, choices: tuple[str, ...]) -> str:
    """Return a value that is one of some names, or raise."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
    return value


class Checked(traitlets.TraitType[Any, Any]):
    """A synced trait whose values the widget's method ``_check_<name>`` accepts, converts or refuses.

    Traitlets' own ``@validate`` lets a bad value stand when the check raises anything but a ``TraitError``
    while notifications are held back, as they are whenever the page sets a value.
    """

    def __init__(self, default: object, **metadata: object) -> None:
        super().__init__(default)
        self.tag(sync=True, **metadata)

    def validate(self, obj: Any, value: object) -> object:
        """Return the value to keep."""
        return getattr(obj, f"_check_{self.name}")(value)
