"""The way out: messages one at a time, errors in words, nothing after the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from feder_widget.session.failure_text import failure_text
from feder_widget.session.messages import Message, Request, encode
from feder_widget.session.messages.to_page import Failure

_log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any], list[bytes]], None]
"""Takes a message as one JSON object and its buffers."""


class Outbox:
    """Passes messages on, one call of ``send`` at a time, until it is closed.

    The owner's thread sends answers, and threads send pictures.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self.is_closed = False

    def close(self) -> None:
        """Let nothing out from here on."""
        self.is_closed = True

    def deliver(self, message: Message) -> None:
        """Send a message with its buffers."""
        content, buffers = encode(message)
        with self._lock:
            if not self.is_closed:
                self._send(content, buffers)

    def fail(self, request: Request | None, error: BaseException) -> None:
        """Tell the page; an error that is not the caller's goes to the log too, with its traceback."""
        if self.is_closed:
            return
        code, text = failure_text(error)
        if code == "internal":
            _log.error("feder_widget: %s", error, exc_info=error)
        try:
            self.deliver(Failure(request=request, code=code, message=text))
        except Exception:
            _log.exception("feder_widget: an error could not be sent to the page")
