"""Calls the runner's turns, or leaves the work to the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Turn = Callable[[], "float | None"]
"""Returns the seconds until the next one is due, or None."""


class Driver:
    """Calls no turn: the caller of ``Runner.hear`` works until the answer is sent."""

    drives = False
    """Whether turns are called at all."""

    is_paced = False
    """Whether messages go over a Jupyter server, which drops what comes too fast."""

    looks = True
    """Whether a turn is called now and then where no job is left."""

    def start(self, turn: Turn) -> None:
        """Remember the turn to call."""

    def wake(self) -> None:
        """Have a turn called soon, on the owner's thread; from any thread."""

    def may_own(self) -> bool:
        """Say whether the calling thread may read the index."""
        return True

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Let a call go before the next turn."""
        yield

    def stop(self) -> None:
        """Call no turn any more."""
