"""Which driver calls the turns of a session."""

from __future__ import annotations

from feder_widget.session.driver import Driver
from feder_widget.session.loop_driver import asyncio_loop, kernel_loop
from feder_widget.session.thread_driver import ThreadDriver


def driver_for(frozen: bool) -> Driver:
    """Return the driver of a session that begins on this thread.

    Parameters
    ----------
    frozen
        Whether the index may be read while a cell runs, because nobody changes it.
    """
    if frozen:
        return ThreadDriver()
    return kernel_loop() or asyncio_loop() or Driver()
