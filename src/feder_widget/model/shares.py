"""Shares and recalls in words, as ``js/src/model/format.ts`` writes them.

A rounded share never reads as all unless it is all, nor as none unless it is none.
"""

from __future__ import annotations

import math

NO_BREAK = "\N{NO-BREAK SPACE}"

FLOAT32 = 1e-3
"""More than float32 takes from a thousand."""


def percent(share: float) -> str:
    """Return a share in percent, with the digits that a small share needs; no line breaks inside it."""
    value = 100 * share
    if 0 < value < 0.01:
        digits = f"<{NO_BREAK}0.01"
    elif 99.95 <= value < 100:
        digits = "99.9"
    elif 100 < value < 100.5:
        digits = f">{NO_BREAK}100"
    else:
        digits = _rounded(value, 0 if value == 0 or value >= 99.95 else 2 if value < 1 else 1)
    return f"{digits}{NO_BREAK}%"


def recall_number(recall: float, decimals: int = 2) -> str:
    """Return a recall between 0 and 1 in so many decimals, or in one more where these would say 0 or 1."""
    text = _rounded(recall, decimals)
    if recall in (0, 1) or float(text) not in (0, 1):
        return text
    finer = decimals + 1
    steps = 10**finer
    if recall < 1 / steps:
        return f"<{1 / steps:.{finer}f}"
    return f"{min(math.floor(recall * steps + FLOAT32), steps - 1) / steps:.{finer}f}"


def _rounded(value: float, decimals: int) -> str:
    """Return a number of at least 0 in so many decimals, halves upwards: JavaScript computes the same."""
    steps = 10**decimals
    return f"{math.floor(value * steps + 0.5) / steps:.{decimals}f}"
