"""Measures the index in the background, so that every search can say how certain it is."""

from __future__ import annotations

import threading
from collections.abc import Callable

import faiss
import numpy as np

from feder_widget.engines import IvfIndex
from feder_widget.session.outbox import Outbox


class Surveying:
    """Runs the survey of an index on a thread of its own, as soon as it is made and whenever it has grown.

    Parameters
    ----------
    index
        The opened index.
    outbox
        Hears of what goes wrong.
    learned
        Called from the thread whenever more is known.
    """

    def __init__(self, index: IvfIndex, outbox: Outbox, learned: Callable[[], None]) -> None:
        self._index = index
        self._outbox = outbox
        self._learned = learned
        self._closed = threading.Event()
        self._busy = threading.Lock()
        self.go_on()

    def go_on(self) -> None:
        """Measure what has not been measured, unless that is being done or has failed.

        Lists that are not in memory are read when somebody asks for them.
        """
        if self._index.on_disk or self._closed.is_set() or not self._busy.acquire(blocking=False):
            return
        threading.Thread(target=self._outbox.guard, args=(None, self._run), name="feder-survey").start()

    def close(self) -> None:
        """Stop at the next chance, and measure nothing more."""
        self._closed.set()

    def _run(self) -> None:
        # This thread's limit alone: searches and drawing come first.
        faiss.omp_set_num_threads(1)
        sizes = self._index.list_sizes
        try:
            for geometry in self._index.survey():
                # A program that has come to its end waits for this thread.
                if self._closed.is_set() or not threading.main_thread().is_alive():
                    return
                if geometry is not None:
                    self._learned()
                # One that goes on growing would be measured from the start without end.
                if not np.array_equal(sizes, self._index.list_sizes):
                    return
        except BaseException:
            self.close()
            raise
        finally:
            self._busy.release()
