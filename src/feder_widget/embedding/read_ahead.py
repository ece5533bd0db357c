"""Pictures decoded on a few threads, ahead of the embedder."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_THREADS = 4


def read_ahead(
    items: Iterable[Item], read: Callable[[Item], Result], ahead: int
) -> Generator[tuple[Item, Result], None, None]:
    """Yield every item with what ``read`` makes of it, in order.

    Parameters
    ----------
    items : iterable
        Taken one by one, on the calling thread.
    read : callable
        Called on threads. What it raises is raised here.
    ahead : int
        Most items that are read before they are taken, which bounds memory.
    """
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="feder-pictures")
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(read, item)))
            if len(waiting) > ahead:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
