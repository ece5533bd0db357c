"""Drivers call the runner's turns: on the kernel's loop, on a loop of asyncio, or on a thread."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import faiss

LOOKS_APART = 1.0
"""Seconds between two turns of a loop that has no job: a callback may have changed the index."""

Turn = Callable[[], "float | None"]
"""Returns the seconds until the next one is due, or None."""


class Driver:
    """Calls no turn: the caller of ``Runner.hear`` works until the answer is sent."""

    drives = False
    """Whether turns are called at all."""

    is_paced = False
    """Whether messages go over a Jupyter server, which drops what comes too fast."""

    looks = True
    """Whether a turn is called now and then where no job is left."""

    def start(self, turn: Turn) -> None:
        """Remember the turn to call."""

    def wake(self) -> None:
        """Have a turn called soon, on the owner's thread; from any thread."""

    def may_own(self) -> bool:
        """Say whether the calling thread may read the index."""
        return True

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Let a call go before the next turn."""
        yield

    def stop(self) -> None:
        """Call no turn any more."""


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


class ThreadDriver(Driver):
    """Turns are called on a thread, which ends when no job is left: for a frozen index.

    Any thread may own such an index for a call, between two turns.
    """

    drives = True
    is_paced = True

    def __init__(self) -> None:
        self._turn: Turn | None = None
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._omp_threads = faiss.omp_get_max_threads()

    def start(self, turn: Turn) -> None:
        """Remember the turn to call."""
        self._turn = turn

    def wake(self) -> None:
        """Have a turn called soon; from any thread."""
        self._woken.set()
        with self._lock:
            if self._thread is None and self._turn is not None:
                self._thread = threading.Thread(target=self._run, name="feder-runner")
                try:
                    self._thread.start()
                except RuntimeError:
                    # None can be started when the interpreter exits, or when there are too many.
                    self._thread = None

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Let a call go before the next turn."""
        with self._lock:
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def stop(self) -> None:
        """Call no turn any more."""
        self._turn = None
        self._woken.set()

    def _run(self) -> None:
        try:
            self._turns()
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _turns(self) -> None:
        faiss.omp_set_num_threads(self._omp_threads)
        # The interpreter waits for this thread when the program is over.
        while (turn := self._turn) is not None and threading.main_thread().is_alive():
            self._woken.clear()
            due = turn()
            while self._waiting and self._turn is not None:
                time.sleep(0.0005)
            if due is not None:
                self._woken.wait(due)
                continue
            with self._lock:
                if not self._woken.is_set() or self._turn is None:
                    self._thread = None
                    return


def driver_for(frozen: bool) -> Driver:
    """Return the driver of a session that begins on this thread.

    Parameters
    ----------
    frozen
        Whether the index may be read while a cell runs, because nobody changes it.
    """
    if frozen:
        return ThreadDriver()
    return _kernel_loop() or _asyncio_loop() or Driver()


def _kernel_loop() -> Driver | None:
    app = sys.modules.get("ipykernel.kernelapp")
    if app is None or not app.IPKernelApp.initialized():
        return None
    loop = getattr(getattr(app.IPKernelApp.instance(), "kernel", None), "io_loop", None)
    if loop is None:
        return None
    return LoopDriver(loop.add_callback, loop.call_later, threading.main_thread().ident or 0)


def _asyncio_loop() -> Driver | None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    return LoopDriver(loop.call_soon_threadsafe, loop.call_later, threading.get_ident())
