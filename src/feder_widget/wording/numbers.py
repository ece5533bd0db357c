"""Numbers in words, as ``js/src/model/format.ts`` writes them."""

from __future__ import annotations

import math
import re


def grouped(value: float, decimals: int = 0) -> str:
    """Return a number with thousands separators."""
    return f"{value:,.{decimals}f}"


def plural(value: int, noun: str, many: str = "") -> str:
    """Return "1 vector", "12 vectors"."""
    return f"{value:,} {noun if value == 1 else many or noun + 's'}"


def ordinal(value: int) -> str:
    """Return "1st", "2nd", "3rd", "4th" …."""
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value:,}{ending}"


def distance_text(value: float, digits: int = 4) -> str:
    """Return a distance in four significant digits; three serve small tiles."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == 0:
        return "0"
    size = abs(value)
    if size >= (1e6 if digits == 4 else 1e5) or size < (1e-4 if digits == 4 else 1e-3):
        return f"{_exponent(value, digits - 2)}"
    # Rounding may add a digit before the point.
    rounded = abs(float(f"{value:.{digits - 1}e}"))
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(rounded)))}f}"


def in_powers(value: float, digits: int) -> str:
    """Return a number with an exponent and no needless zeros: "2e+6"."""
    return re.sub(r"\.?0+e", "e", _exponent(value, digits))


def _exponent(value: float, digits: int) -> str:
    """Return a number with an exponent as JavaScript writes it, "1.50e+6"."""
    mantissa, power = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(power):+d}"
