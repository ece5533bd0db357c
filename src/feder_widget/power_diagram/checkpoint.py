"""How a long computation is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from feder_widget.map import LayoutCancelled

Check: TypeAlias = Callable[[], None]
"""Called between steps of some milliseconds; raises `LayoutCancelled` to stop."""


def checking(cancelled: Callable[[], bool]) -> Check:
    """Return a function that raises `LayoutCancelled` once `cancelled()` is true."""

    def check() -> None:
        if cancelled():
            raise LayoutCancelled

    return check
