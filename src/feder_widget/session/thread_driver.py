"""Turns on a thread of their own, while cells run: for a frozen index."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import faiss

from feder_widget.session.driver import Driver, Turn


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
