"""Threads for work on copies: pictures, layouts, the caller's functions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss


def pool(count: int, name: str) -> ThreadPoolExecutor:
    """Return threads in which Faiss uses as many of its own as in the caller's."""
    return ThreadPoolExecutor(
        count,
        thread_name_prefix=f"feder-{name}",
        initializer=faiss.omp_set_num_threads,
        initargs=(faiss.omp_get_max_threads(),),
    )
