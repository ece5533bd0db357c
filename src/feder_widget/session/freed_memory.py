"""Memory that was freed, given back to the system.

The allocator of glibc keeps what a thread has freed, for each thread apart. A layout or a count of all rows
takes tens of megabytes for a moment, which the kernel would then hold for good.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from feder_widget.session.runner import Job, Priority, Runner, Step, Until

T = TypeVar("T")

HEAP_BYTES = 1 << 26
"""Size of a heap of glibc: what is free at the end of a thread's memory is less."""

BLOCK_BYTES = 112 << 10
"""Less than the 128 KiB from which on glibc may take memory from elsewhere."""

QUIET = 1.0
"""Seconds without a search after which memory is given back: the next one would take it again."""


def give_back() -> None:
    """Give freed memory back to the system; call it on the thread whose work took much, after it."""
    trim = _malloc_trim()
    if trim is None:
        return
    if threading.current_thread() is threading.main_thread():
        trim(0)
        return
    above = _block_above()
    trim(0)
    del above


def give_back_when_quiet(
    runner: Runner, in_thread: Callable[..., Future[Any]], seconds: float = QUIET
) -> None:
    """Give freed memory back once nobody has asked for that again for some seconds.

    Parameters
    ----------
    runner
        Waits, and steps the jobs whose memory it is.
    in_thread
        Has a thread call a function: the thread that runs cells does not wait.
    seconds
        How long to wait.
    """

    def steps() -> Iterator[Step]:
        yield Until(runner.now() + seconds)
        if threading.current_thread() is threading.main_thread():
            yield in_thread(give_back)
        else:
            give_back()

    runner.start(Job(steps, None, kind="give back", priority=Priority.SURVEY))


def sparing(function: Callable[..., T]) -> Callable[..., T]:
    """Return a function that gives back the memory that it has used and freed."""

    def spare(*arguments: Any, **options: Any) -> T:
        try:
            return function(*arguments, **options)
        finally:
            give_back()

    return spare


def _block_above() -> npt.NDArray[np.uint8]:
    """Return a block of memory that lies above all that this thread has freed.

    ``malloc_trim`` cuts the end of the main thread's memory, but leaves what is free at the end of another's.
    Below this block, it is not at the end. None of the blocks is written to.
    """
    blocks = [np.empty(BLOCK_BYTES, np.uint8) for _ in range(HEAP_BYTES // BLOCK_BYTES)]
    return blocks.pop()


@cache
def _malloc_trim() -> Any:
    """Return glibc's ``malloc_trim``; None for any other allocator."""
    if not sys.platform.startswith("linux"):
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim.argtypes = [ctypes.c_size_t]
    return trim
