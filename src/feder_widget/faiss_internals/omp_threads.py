"""The number of OpenMP's threads, which decides how matrix products round."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import faiss

_process = os.getpid()


@contextmanager
def omp_threads(count: int) -> Iterator[None]:
    """Let Faiss use so many threads in what this thread calls; restores the number afterwards."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def is_forked() -> bool:
    """Return whether this process was forked after Faiss was loaded.

    OpenMP's threads do not exist in it, and GNU's library waits for them for ever: only one thread may work.
    """
    return os.getpid() != _process
