"""The functions behind ``save_html``: ``export`` makes a page of data when it is asked for.

No room below imports ``export``, which stands above all of them.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any


def save_html(shown: object, path: str | os.PathLike[str], options: dict[str, Any]) -> Path:
    """Write the page of an explanation or a workload."""
    written: Path = importlib.import_module("feder_widget.export").save_answer(shown, path, **options)
    return written


def to_html(shown: object, height: int, options: dict[str, Any]) -> str:
    """Return the page of an explanation or a workload as a frame for another page."""
    frame: str = importlib.import_module("feder_widget.export").frame_of_answer(shown, height, **options)
    return frame
