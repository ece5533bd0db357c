"""The way out: messages one at a time, errors in words, nothing after the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from feder_widget.session.error_text import told
from feder_widget.session.messages import Message, Request, encode
from feder_widget.session.messages.parse import SupersededError
from feder_widget.session.messages.to_page import Failure

_log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any], list[bytes]], None]
"""Takes a message as one JSON object and its buffers."""


class Outbox:
    """Passes messages on from any thread, one call of ``send`` at a time, until it is closed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing goes out any more."""
        return self._closed.is_set()

    def close(self) -> None:
        """Let nothing out from here on."""
        self._closed.set()

    def wait(self, seconds: float) -> bool:
        """Wait, at most until closed; return whether it is."""
        return self._closed.wait(seconds)

    def deliver(self, message: Message) -> None:
        """Send a message with its buffers."""
        with self._lock:
            if not self.closed:
                self._send(*encode(message))

    def guard(self, request: Request | None, work: Callable[[], None]) -> None:
        """Do the work that a request asks for; what it raises becomes an ``error`` message."""
        try:
            work()
        except Exception as error:
            self.fail(request, error)

    def fail(self, request: Request | None, error: Exception) -> None:
        """Tell the page; what is not the caller's mistake also goes to the log with its traceback."""
        if self.closed:
            return
        expected = isinstance(error, (ValueError, TypeError, OSError))
        if not expected:
            _log.error("feder_widget: %s", error, exc_info=error)
        text = told(error)
        code = "superseded" if isinstance(error, SupersededError) else "invalid" if expected else "internal"
        said = text if expected else f"{type(error).__name__}: {text}"
        try:
            self.deliver(Failure(request=request, code=code, message=said))
        except Exception:
            _log.exception("feder_widget: the page could not be told of an error")
