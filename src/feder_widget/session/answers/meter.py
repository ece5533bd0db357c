"""Seconds of work and bytes of messages of one search."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np

from feder_widget.session.messages import Message
from feder_widget.session.messages.declare import buffer_fields
from feder_widget.session.messages.to_page import Seconds


class Meter:
    """Measures the steps of a generator, not the time between them, in which other jobs have their turn."""

    def __init__(self) -> None:
        self._seconds = {"coarse": 0.0, "fine": 0.0, "nearest": 0.0}
        self.bytes = 0

    @property
    def seconds(self) -> Seconds:
        """Seconds of work, by step."""
        return Seconds(**self._seconds)

    def timed(
        self, stage: str, steps: Iterator[Message | Future[None] | None]
    ) -> Iterator[Message | Future[None] | None]:
        """Go through the steps of a stage."""
        while True:
            begun = time.thread_time()
            try:
                step = next(steps)
            except StopIteration:
                return
            finally:
                self._seconds[stage] += time.thread_time() - begun
            if step is not None and not isinstance(step, Future):
                self.bytes += size_of(step)
            yield step


def size_of(message: Message) -> int:
    """Return the bytes of a message's buffers."""
    declared: Any = type(message)
    fields = buffer_fields(declared).items()
    return sum(np.dtype(spec.dtype).itemsize * np.size(getattr(message, name)) for name, spec in fields)
