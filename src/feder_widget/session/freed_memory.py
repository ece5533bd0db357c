"""Memory that was freed, given back to the system.

The allocator of glibc keeps what a thread has freed, for each thread apart. A layout or a count of all rows
takes tens of megabytes for a moment, which the kernel would then hold for good.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def give_back() -> None:
    """Give freed memory back to the system; call it on a thread, after work that took much."""
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


def sparing(function: Callable[..., T]) -> Callable[..., T]:
    """Return a function that gives back the memory that it has used and freed."""

    def spare(*arguments: Any, **options: Any) -> T:
        try:
            return function(*arguments, **options)
        finally:
            give_back()

    return spare


@cache
def _malloc_trim() -> Any:
    """Return glibc's ``malloc_trim``; None for any other allocator."""
    if not sys.platform.startswith("linux"):
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim.argtypes = [ctypes.c_size_t]
    return trim
