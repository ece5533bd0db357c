"""An error as the page is told of it: a code, and words for the person who asked."""

from __future__ import annotations

from feder_widget.errors import IndexChangedError, WorkerError
from feder_widget.media.error_text import public_text
from feder_widget.session.messages.parse import SupersededError

NO_MEMORY = "the kernel has too little memory for this; a smaller k or nprobe takes less"


def failure_text(error: BaseException) -> tuple[str, str]:
    """Return the code of ``Failure`` and the text of an error.

    Everything that the caller can mend is told by its own text. "internal" is what nobody expected, with the
    name of its class.
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "interrupted from the keyboard; ask again"
    text = public_text(error)
    if isinstance(error, SupersededError):
        return "superseded", text
    if isinstance(error, IndexChangedError):
        return "changed", text
    if isinstance(error, MemoryError):
        return "invalid", f"{NO_MEMORY} ({text})" if text else NO_MEMORY
    # An executor is the caller's too.
    if isinstance(error, (ValueError, TypeError, OSError, WorkerError)):
        return "invalid", text
    return "internal", f"{type(error).__name__}: {text}"
