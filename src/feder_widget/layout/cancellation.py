"""How a layout is stopped from another thread."""

from __future__ import annotations

from collections.abc import Callable


class LayoutCancelled(Exception):  # noqa: N818 - the caller's wish, not an error
    """Raised once ``cancelled()`` is true, before the layout is finished."""


def never() -> bool:
    """Return False: nobody cancels."""
    return False


def checking(cancelled: Callable[[], bool]) -> Callable[[], None]:
    """Return a function that raises `LayoutCancelled` once ``cancelled()`` is true."""

    def check() -> None:
        if cancelled():
            raise LayoutCancelled

    return check
