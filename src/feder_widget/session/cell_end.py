"""The end of a cell, where there are cells."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def at_cell_end(method: Callable[[], None]) -> Callable[[], None]:
    """Call a method after every cell, as long as its object lives.

    Returns
    -------
    function
        Ends it.
    """
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None:
        return lambda: None
    reference = weakref.WeakMethod(method)

    def call(_result: object = None) -> None:
        if (alive := reference()) is not None:
            alive()
        else:
            end()

    def end() -> None:
        with suppress(ValueError):
            shell.events.unregister("post_run_cell", call)

    shell.events.register("post_run_cell", call)
    return end
