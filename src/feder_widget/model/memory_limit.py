"""``memory_limit``: the bytes that a pass over vectors may hold."""

from __future__ import annotations

import os
import re
from typing import Any

LEAST = 64 << 20
"""The least limit."""

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{name}I": 1 << 10 * power for power, name in enumerate("KMGT", 1)}


def as_memory_limit(value: Any) -> int:
    """Return a caller's ``memory_limit`` in bytes; by default a quarter of the machine's memory.

    Raises
    ------
    TypeError, ValueError
        If it is neither bytes nor a text such as "2GB", or less than ``LEAST``.
    """
    if value is None:
        return max(LEAST, _machine() // 4)
    if isinstance(value, str):
        parts = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([KMGT]I?)?B?\s*", value.upper())
        if parts is None:
            raise ValueError(
                f'memory_limit must be bytes, or a text such as "2GB" or "512MiB", got {value!r}'
            )
        value = int(float(parts[1]) * _UNITS[parts[2] or ""])
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f'memory_limit must be bytes, or a text such as "2GB", got {type(value).__name__}')
    limit = int(value)
    if limit < LEAST:
        raise ValueError(f"memory_limit must be at least {LEAST:,} bytes, got {limit:,}")
    return limit


def _machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        # Not known on Windows.
        return 8 << 30
