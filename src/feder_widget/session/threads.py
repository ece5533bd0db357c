"""Threads for work on copies: pictures, layouts, the caller's functions."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import faiss


def pool(count: int, name: str) -> ThreadPoolExecutor:
    """Return threads in which Faiss uses as many of its own as in the caller's."""
    return ThreadPoolExecutor(
        count,
        thread_name_prefix=f"feder-{name}",
        initializer=faiss.omp_set_num_threads,
        initargs=(faiss.omp_get_max_threads(),),
    )


@contextmanager
def one_less() -> Iterator[None]:
    """Have Faiss use one thread less in this thread, if it has more than one."""
    most = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, most - 1))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(most)
