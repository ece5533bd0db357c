"""How the caller stops a long computation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Check: TypeAlias = Callable[[], None]
"""Called between steps of a few milliseconds. Its exceptions pass through and so end the computation."""


def never_stop() -> None:
    """Let the computation run to its end."""
