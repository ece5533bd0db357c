"""Turns on the kernel's loop, or on a loop of asyncio: between cells."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from feder_widget.session.driver import Driver, Turn

LOOKS_APART = 1.0
"""Seconds between two turns of a loop that has no job: a callback may have changed the index."""


class LoopDriver(Driver):
    """Turns are callbacks of an event loop: none runs while a cell does, but at a cell's awaits.

    Parameters
    ----------
    call_soon
        Has the loop call a function; from any thread.
    call_later
        The same after some seconds; from the loop's thread.
    thread
        The loop's thread, the owner.
    """

    drives = True
    is_paced = True

    def __init__(
        self,
        call_soon: Callable[[Callable[[], None]], Any],
        call_later: Callable[[float, Callable[[], None]], Any],
        thread: int,
    ) -> None:
        self._call_soon = call_soon
        self._call_later = call_later
        self._thread = thread
        self._turn: Turn | None = None
        self._is_due = False
        self._due_at = float("inf")

    def start(self, turn: Turn) -> None:
        """Remember the turn to call."""
        self._turn = turn

    def wake(self) -> None:
        """Have a turn called soon; from any thread."""
        if self._turn is not None and not self._is_due:
            self._is_due = True
            # A loop that is over takes nothing up: a call of its thread still works.
            with suppress(RuntimeError):
                self._call_soon(self._run)

    def may_own(self) -> bool:
        """Say whether this is the thread of the loop."""
        return threading.get_ident() == self._thread

    def stop(self) -> None:
        """Call no turn any more."""
        self._turn = None

    def _run(self) -> None:
        self._is_due = False
        due: float | None = LOOKS_APART
        try:
            due = None if self._turn is None else self._turn()
        finally:
            if due is None and self.looks:
                due = LOOKS_APART
            if due is not None and self._turn is not None:
                self._come_back_in(due)

    def _come_back_in(self, seconds: float) -> None:
        at = time.monotonic() + seconds
        # A turn that is due earlier will see to this one.
        if at < self._due_at:
            self._due_at = at
            self._call_later(seconds, lambda: self._come_back(at))

    def _come_back(self, at: float) -> None:
        # An earlier turn has seen to the one that was due now.
        if at == self._due_at:
            self._due_at = float("inf")
            self.wake()


def kernel_loop() -> Driver | None:
    """Return a driver on the loop of the kernel that this process is; None where it is none."""
    app = sys.modules.get("ipykernel.kernelapp")
    if app is None or not app.IPKernelApp.initialized():
        return None
    loop = getattr(getattr(app.IPKernelApp.instance(), "kernel", None), "io_loop", None)
    if loop is None:
        return None
    return LoopDriver(loop.add_callback, loop.call_later, threading.main_thread().ident or 0)


def asyncio_loop() -> Driver | None:
    """Return a driver on the loop that runs on this thread; None where none does."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    return LoopDriver(loop.call_soon_threadsafe, loop.call_later, threading.get_ident())
