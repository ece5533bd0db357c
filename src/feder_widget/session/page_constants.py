"""Numbers and names that the page needs and the kernel checks by."""

from __future__ import annotations

from typing import Any

from feder_widget.media import SIZES
from feder_widget.session.messages.to_kernel import MAX_SAMPLE
from feder_widget.session.snapshot_check import MAX_PICTURE

VIEWS = ("clusters", "distances", "projection")


def page_constants() -> dict[str, Any]:
    """Return ``views``, ``thumbnail_sizes``, ``snapshot_limit`` (characters), ``sample_limit``."""
    return {
        "views": list(VIEWS),
        "thumbnail_sizes": list(SIZES),
        "snapshot_limit": MAX_PICTURE,
        "sample_limit": MAX_SAMPLE,
    }
