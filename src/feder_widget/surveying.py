"""Measures the index in the background, so that every search can say how certain it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import faiss

from .index import IvfIndex
from .outbox import Outbox


class Surveying:
    """Runs the survey of an index on a thread of its own, as soon as it is made.

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
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="feder-survey")
        # Lists that are not in memory are read when somebody asks for them.
        if not index.on_disk:
            self._pool.submit(outbox.guard, None, self._run)

    def close(self) -> None:
        """Stop at the next chance."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        # This thread's limit alone: searches and drawing come first.
        faiss.omp_set_num_threads(1)
        for geometry in self._index.survey():
            if self._closed.is_set():
                return
            if geometry is not None:
                self._learned()
