"""What an error may say to the page: one line of text, and no folder of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from feder_widget.media.one_line import one_line

LIMIT = 2000
"""Characters of an error that reach the page."""

_WITHIN = r"[^\\/\n'\":;,()<>|]*"
_NAME = r"[^\s\\/'\":;,()<>|=]+"
_FOLDERS = re.compile(
    # From a root, a drive, a home or a dot: names may hold spaces. Anywhere else they may not.
    rf"(?<![\w.])(?:~\w*|\.{{1,2}}|[A-Za-z]:)?[\\/](?:{_WITHIN}[\\/])+"
    rf"|(?<![\w.])(?:~\w*|\.{{1,2}}|[A-Za-z]:)[\\/]"
    rf"|{_NAME}[\\/](?:{_NAME}[\\/])+"
)


def public_text(error: BaseException) -> str:
    """Return the text of an error without the folders in it; names of files stay.

    A page may be shown to others, and what opens files names them by their whole paths.
    """
    if isinstance(error, OSError) and isinstance(error.filename, (str, bytes)):
        names = [error.filename, *filter(None, [error.filename2])]
        text = ": ".join([error.strerror or type(error).__name__, *map(_last_part, names)])
    else:
        try:
            text = str(error)
        except Exception:  # a user's error may do anything
            text = ""
    return one_line(_FOLDERS.sub("", text[: 2 * LIMIT]), LIMIT)


def named_text(error: BaseException) -> str:
    """Return the name of an error's class, and its text where it has one, without the folders in it."""
    text = public_text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _last_part(path: str | bytes) -> str:
    return Path(os.fsdecode(path)).name
