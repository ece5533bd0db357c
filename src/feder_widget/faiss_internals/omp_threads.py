"""The number of OpenMP's threads, which decides how matrix products round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import faiss


def faiss_threads() -> int:
    """Return the number of threads that Faiss uses in what this thread calls."""
    return int(faiss.omp_get_max_threads())


@contextmanager
def omp_threads(count: int) -> Iterator[None]:
    """Let Faiss use so many threads in what this thread calls; restores the number afterwards."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
