"""The bar that counts pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def picture_bar(count: int, progress: bool) -> Iterator[Callable[[int], object]]:
    """Lend a function that moves the bar on by some pictures."""
    if not progress:
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=count, desc="pictures", unit="picture") as bar:
        yield bar.update
